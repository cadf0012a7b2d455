/// The bytes of a flag file with what one pass found in them about some flags.
struct FlagDocument: Sendable {
  let path: String
  /// Who reads it; what others refuse is no fault.
  let readers: FlagReaders
  let keys: [FlagKey]
  let bytes: [UInt8]
  /// Why ordinary writes refuse this file; the first of them.
  let fault: FlagScan.Fault?
  /// The first fault that writing our flags does not mend and that makes readers reject the file.
  private let rejection: FlagScan.Fault?
  private let flags: Range<Int>
  /// Where each flag stands, in the order of the keys.
  private let found: [FlagScan.Span?]

  init(_ bytes: [UInt8], keys: [FlagKey], path: String, for readers: FlagReaders = .all) throws(StoreTrouble) {
    let scan = try Self.scan(bytes, keys, path: path)
    (self.bytes, self.keys, self.path, self.readers) = (bytes, keys, path, readers)
    (flags, found) = (scan.flags, scan.found)
    let faults = scan.faults.filter { $0.kind != .rejected || !$0.by.isDisjoint(with: readers) }
    fault = faults.first
    let rejections = faults.filter { $0.kind == .rejected && !$0.isOurs }
    rejection = rejections.first.map { first in
      var first = first
      first.by = rejections.reduce(FlagReaders()) { $0.union($1.by) }.intersection(readers)
      return first
    }
  }

  init(_ bytes: [UInt8], key: FlagKey, path: String, for readers: FlagReaders = .all) throws(StoreTrouble) {
    try self.init(bytes, keys: [key], path: path, for: readers)
  }

  static func list(_ bytes: [UInt8], path: String) throws(StoreTrouble) -> [ListedFlag] {
    try scan(bytes, [], path: path).listed
  }

  private static func scan(_ bytes: [UInt8], _ keys: [FlagKey], path: String) throws(StoreTrouble) -> FlagScan {
    do throws(FlagScan.Fault) {
      return try bytes.withUnsafeBufferPointer { (buffer) throws(FlagScan.Fault) in try FlagScan(buffer, keys: keys) }
    } catch {
      throw trouble(error, in: bytes, path)
    }
  }

  // MARK: Reading

  /// The first of its flags, of a document that was read for one.
  func reading() throws(StoreTrouble) -> FlagReading { try reading(at: 0) }

  /// Each of its flags; what is wrong with one hides no other.
  func readings() -> [FlagKey: Result<FlagReading, StoreTrouble>] {
    var readings: [FlagKey: Result<FlagReading, StoreTrouble>] = [:]
    // A fault that readers take must not hide one that they do not.
    let trouble = rejectedByReaders ?? refusal
    for index in keys.indices {
      do throws(StoreTrouble) {
        readings[keys[index]] = .success(try reading(at: index, trouble))
      } catch {
        readings[keys[index]] = .failure(error)
      }
    }
    return readings
  }

  /// Each of its flags, for looking over many: one that cannot be read is shown as none.
  func overview() -> [FlagKey: FlagReading] {
    Dictionary(
      readings().map { key, reading in
        (key, (try? reading.get()) ?? FlagReading(key: key, flag: nil, version: "", spelled: nil))
      }
    ) { first, _ in first }
  }

  private func reading(at index: Int) throws(StoreTrouble) -> FlagReading { try reading(at: index, refusal) }

  private func reading(at index: Int, _ trouble: StoreTrouble?) throws(StoreTrouble) -> FlagReading {
    let key = keys[index]
    guard let found = found[index] else {
      return FlagReading(key: key, flag: nil, version: Self.absent, spelled: nil, trouble: trouble)
    }
    let object = try object(at: found.value)
    guard object.members != nil else {
      let fault = FlagScan.Fault(
        kind: .rejected, offset: found.value.lowerBound, sentence: "flag \"\(key)\": it is not an object")
      throw Self.trouble(fault, in: bytes, path)
    }
    return FlagReading(
      key: key, flag: FlagdFlag(key: key).decode(object), version: version(at: index),
      spelled: String(decoding: bytes[found.value], as: UTF8.self), trouble: trouble)
  }

  private static let absent = "absent"

  /// Of the flag's own text, so that changes of other flags are none of this one.
  private func version(at index: Int) -> String { found[index].map { SHA256.hex(bytes[$0.value]) } ?? Self.absent }

  /// Whether the first of its flags is the one that was read.
  func isUnchanged(since reading: FlagReading) -> Bool { isUnchanged(at: 0, since: reading) }

  /// Whoever only spaces the file anew, orders members or spells characters and numbers in another way changed no flag.
  private func isUnchanged(at index: Int, since reading: FlagReading) -> Bool {
    if version(at: index) == reading.version { return true }
    guard let place = found[index], let now = try? object(at: place.value), let spelled = reading.spelled else {
      return false
    }
    let old = try? Array(spelled.utf8).withUnsafeBufferPointer { (buffer) throws(JSONError) in
      var reader = JSONReader(buffer, at: 0, lastWins: true)
      return try reader.value()
    }
    return old?.means(now) == true
  }

  private func object(at span: Range<Int>) throws(StoreTrouble) -> JSON {
    try proven { (buffer) throws(JSONError) in
      var reader = JSONReader(buffer, at: span.lowerBound, lastWins: true)
      return try reader.value()
    }
  }

  /// The flag's own text.
  var spelled: [UInt8]? { found[0].map { Array(bytes[$0.value]) } }

  // MARK: Changing

  /// The file with the first of its flags as it shall be.
  ///
  /// A kill mends its own flag on the way: a member that no flag may have goes, since readers that reject the file for
  /// it have not been serving the flag anyway.
  func setting(_ flag: Flag, urgency: Urgency) throws(StoreTrouble) -> FlagDocument {
    let edit = try edit(flag, at: 0, urgency)
    guard fault == nil, keys.count == 1, let place = found[0] else {
      return try FlagDocument(splicing([edit]), keys: keys, path: path, for: readers)
    }
    return FlagDocument(editing: self, at: place, edit.text)
  }

  /// What carrying out many orders makes of the file, in one pass over its bytes.
  struct Revision {
    let bytes: [UInt8]
    /// Why an order was not carried out, by its place.
    let refused: [Int: StoreTrouble]
  }

  /// The document must have been read for the flags that the orders are about.
  func carryingOut(_ orders: [KillOrder]) throws(StoreTrouble) -> Revision {
    let places = Dictionary(keys.enumerated().map { ($1, $0) }) { first, _ in first }
    var edits: [Edit] = []
    var born: [Int] = []
    var refused: [Int: StoreTrouble] = [:]
    var done: Set<FlagKey> = []
    for (number, order) in orders.enumerated() {
      guard let index = places[order.key], done.insert(order.key).inserted, isUnchanged(at: index, since: order.reading)
      else {
        refused[number] = .changedMeanwhile(path: path)
        continue
      }
      // A flag that is not there yet makes the others move: it comes last, by itself.
      if found[index] == nil {
        born.append(number)
        continue
      }
      do throws(StoreTrouble) {
        edits.append(try edit(FlagdFlag.normal(order.flag), at: index, order.occasion.urgency))
      } catch {
        refused[number] = error
      }
    }
    var bytes = splicing(edits)
    for number in born {
      let order = orders[number]
      do throws(StoreTrouble) {
        let meant = FlagdFlag.normal(order.flag)
        bytes = try FlagDocument(bytes, key: order.key, path: path, for: readers)
          .setting(meant, urgency: order.occasion.urgency).bytes
      } catch {
        refused[number] = error
      }
    }
    return Revision(bytes: bytes, refused: refused)
  }

  private struct Edit {
    let span: Range<Int>
    let text: [UInt8]
  }

  private func edit(_ flag: Flag, at index: Int, _ urgency: Urgency) throws(StoreTrouble) -> Edit {
    let shape = FlagdFlag(key: keys[index])
    guard let found = found[index] else {
      let members = try shape.members(for: flag, over: nil).compactMap { change in
        change.value.map { JSON.Member(change.name, $0) }
      }
      let text = try proven { (buffer) throws(JSONError) in
        try ObjectEdit(buffer, object: flags, unit: unit).text([
          ObjectEdit.Change(keys[index].text, .object(members))
        ])
      }
      return Edit(span: flags, text: text)
    }
    let old = try object(at: found.value)
    let changes = try shape.members(for: flag, over: old)
    let text = try proven { (buffer) throws(JSONError) in
      try ObjectEdit(buffer, object: found.value, unit: unit).text(changes) { name in
        urgency.isKill && !FlagdFlag.memberNames.contains(name)
      }
    }
    return Edit(span: found.value, text: text)
  }

  /// The same file but for the text of our flag, so that nothing has to be looked for again.
  private init(editing old: FlagDocument, at place: FlagScan.Span, _ text: [UInt8]) {
    let value = place.value.lowerBound..<(place.value.lowerBound + text.count)
    (path, readers, keys, fault, rejection) = (old.path, old.readers, old.keys, nil, nil)
    bytes = old.splicing([Edit(span: place.value, text: text)])
    found = [FlagScan.Span(name: place.name, value: value)]
    flags = old.flags.lowerBound..<(old.flags.upperBound + text.count - place.value.count)
  }

  /// The bytes with each text in the place of its span. No two spans meet.
  private func splicing(_ edits: [Edit]) -> [UInt8] {
    var new: [UInt8] = []
    new.reserveCapacity(bytes.count + edits.reduce(0) { $0 + $1.text.count - $1.span.count })
    var position = 0
    for edit in edits.sorted(by: { $0.span.lowerBound < $1.span.lowerBound }) {
      new.append(contentsOf: bytes[position..<edit.span.lowerBound])
      new.append(contentsOf: edit.text)
      position = edit.span.upperBound
    }
    new.append(contentsOf: bytes[position...])
    return new
  }

  /// What the file indents by: the white space before its first member.
  private var unit: [UInt8] {
    let inside = bytes.drop { $0 != UInt8(ascii: "{") }.dropFirst()
    let space = inside.prefix { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    guard let newline = space.lastIndex(of: 0x0A), newline + 1 < space.endIndex else { return [0x20, 0x20] }
    return Array(space[(newline + 1)...])
  }

  // MARK: Troubles

  /// What makes readers go on serving the old file although our flag stands well in this one.
  var rejectedByReaders: StoreTrouble? { rejection.map { Self.trouble($0, in: bytes, path) } }

  var refusal: StoreTrouble? { fault.map { Self.trouble($0, in: bytes, path) } }

  private func proven<Answer>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(JSONError) -> Answer
  ) throws(StoreTrouble) -> Answer {
    do throws(JSONError) {
      return try bytes.withUnsafeBufferPointer(body)
    } catch {
      throw Self.trouble(
        FlagScan.Fault(kind: .malformed, offset: error.offset, sentence: error.sentence), in: bytes, path)
    }
  }

  /// Files that are right, and that rolloutctl does not edit, are called what they are.
  private static func other(_ bytes: [UInt8], _ path: String) -> StoreTrouble? {
    if let line = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
      .firstIndex(where: { $0.starts(with: "<<<<<<< ".utf8) })
    {
      let word = Shell.word(path)
      return .malformed(
        path: path, Position(line: line + 1, column: 1),
        "git left two sides of a merge in it: take one, git checkout --ours -- \(word) or --theirs, and try again")
    }
    if let json = try? JSON.parse(bytes) {
      guard json["flags"]?.items != nil else { return nil }
      return .badAddress(
        path,
        why:
          "\"flags\" is a list there, which flagd and Go read and other readers do not; rolloutctl edits an object, a "
          + "key and a flag for each")
    }
    let isYAML =
      [".yaml", ".yml"].contains { path.hasSuffix($0) }
      || bytes.split(separator: 0x0A).contains { line in
        line.starts(with: "flags:".utf8)
      }
    guard isYAML else { return nil }
    return .badAddress(
      path,
      why: "it is a flag file in YAML, and rolloutctl edits JSON, which flagd reads as well; convert it once: "
        + "yq -o json \(Shell.word(path)) > flags.json")
  }

  private static func trouble(_ fault: FlagScan.Fault, in bytes: [UInt8], _ path: String) -> StoreTrouble {
    if fault.kind == .malformed, let other = other(bytes, path) { return other }
    let position = position(of: fault.offset, in: bytes)
    return switch fault.kind {
    case .malformed, .ambiguous: .malformed(path: path, position, fault.sentence)
    case .rejected: .rejectedByReaders(path: path, position, fault.sentence, by: fault.by)
    }
  }

  private static func position(of offset: Int, in bytes: [UInt8]) -> Position {
    let before = bytes[..<min(offset, bytes.count)]
    let line = before.count { $0 == 0x0A }
    let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    // Bytes that continue a character are none of their own.
    return Position(line: line + 1, column: before[start...].count { $0 & 0xC0 != 0x80 } + 1)
  }
}
