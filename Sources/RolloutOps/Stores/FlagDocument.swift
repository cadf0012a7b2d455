/// The bytes of a flag file with what one pass found in them about one flag.
struct FlagDocument: Sendable {
  let path: String
  let key: FlagKey
  let bytes: [UInt8]
  /// Why ordinary writes refuse this file; the first of them.
  let fault: FlagScan.Fault?
  /// The first fault that writing our flag does not mend and that makes readers reject the file.
  private let rejection: FlagScan.Fault?
  private let flags: Range<Int>
  private let found: FlagScan.Place?

  init(_ bytes: [UInt8], key: FlagKey, path: String) throws(StoreTrouble) {
    let scan = try Self.scan(bytes, key: key, path: path)
    (self.bytes, self.key, self.path) = (bytes, key, path)
    (flags, found) = (scan.flags, scan.found)
    (fault, rejection) = (scan.faults.first, scan.faults.first { $0.kind == .rejected && !$0.isOurs })
  }

  static func list(_ bytes: [UInt8], path: String) throws(StoreTrouble) -> [ListedFlag] {
    try scan(bytes, key: nil, path: path).listed
  }

  private static func scan(_ bytes: [UInt8], key: FlagKey?, path: String) throws(StoreTrouble) -> FlagScan {
    do throws(FlagScan.Fault) {
      return try bytes.withUnsafeBufferPointer { (buffer) throws(FlagScan.Fault) in try FlagScan(buffer, key: key) }
    } catch {
      throw trouble(error, in: bytes, path)
    }
  }

  // MARK: Reading

  func reading() throws(StoreTrouble) -> FlagReading {
    let trouble = fault.map { Self.trouble($0, in: bytes, path) }
    guard let found else {
      return FlagReading(key: key, flag: nil, version: "absent", spelled: nil, trouble: trouble)
    }
    let object = try object(at: found.value)
    guard object.members != nil else {
      let fault = FlagScan.Fault(
        kind: .rejected, offset: found.value.lowerBound, sentence: "flag \"\(key)\": it is not an object")
      throw Self.trouble(fault, in: bytes, path)
    }
    let text = bytes[found.value]
    return FlagReading(
      key: key, flag: FlagdFlag(key: key).decode(object), version: SHA256.hex(text),
      spelled: String(decoding: text, as: UTF8.self), trouble: trouble)
  }

  private func object(at span: Range<Int>) throws(StoreTrouble) -> JSON {
    try proven { (buffer) throws(JSONError) in
      var reader = JSONReader(buffer, at: span.lowerBound, lastWins: true)
      return try reader.value()
    }
  }

  /// The flag's own text.
  var spelled: [UInt8]? { found.map { Array(bytes[$0.value]) } }

  // MARK: Changing

  /// The file with the flag as it shall be.
  ///
  /// A kill mends its own flag on the way: a member that no flag may have goes, since readers that reject the file for
  /// it have not been serving the flag anyway.
  func setting(_ flag: Flag, urgency: Urgency) throws(StoreTrouble) -> FlagDocument {
    let shape = FlagdFlag(key: key)
    guard let found else {
      let members = try shape.members(for: flag, over: nil).compactMap { change in
        change.value.map { JSON.Member(change.name, $0) }
      }
      let text = try proven { (buffer) throws(JSONError) in
        try ObjectEdit(buffer, object: flags, unit: unit).text([ObjectEdit.Change(key.text, .object(members))])
      }
      return try FlagDocument(replacing(flags, with: text), key: key, path: path)
    }
    let old = try object(at: found.value)
    var changes = try shape.members(for: flag, over: old)
    if urgency.isKill {
      let strangers = (old.members ?? []).map(\.name).filter { !FlagdFlag.memberNames.contains($0) }
      changes += strangers.map { ObjectEdit.Change($0, nil) }
    }
    let text = try proven { (buffer) throws(JSONError) in
      try ObjectEdit(buffer, object: found.value, unit: unit).text(changes)
    }
    guard fault == nil else { return try FlagDocument(replacing(found.value, with: text), key: key, path: path) }
    return FlagDocument(editing: self, at: found, text)
  }

  /// The same file but for the text of our flag, so that nothing has to be looked for again.
  private init(editing old: FlagDocument, at place: FlagScan.Place, _ text: [UInt8]) {
    let value = place.value.lowerBound..<(place.value.lowerBound + text.count)
    (path, key, fault, rejection) = (old.path, old.key, nil, nil)
    bytes = old.replacing(place.value, with: text)
    found = FlagScan.Place(name: place.name, value: value)
    flags = old.flags.lowerBound..<(old.flags.upperBound + text.count - place.value.count)
  }

  private func replacing(_ span: Range<Int>, with text: [UInt8]) -> [UInt8] {
    var new: [UInt8] = []
    new.reserveCapacity(bytes.count - span.count + text.count)
    new.append(contentsOf: bytes[..<span.lowerBound])
    new.append(contentsOf: text)
    new.append(contentsOf: bytes[span.upperBound...])
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

  private static func trouble(_ fault: FlagScan.Fault, in bytes: [UInt8], _ path: String) -> StoreTrouble {
    let position = position(of: fault.offset, in: bytes)
    return switch fault.kind {
    case .malformed, .ambiguous: .malformed(path: path, position, fault.sentence)
    case .rejected: .rejectedByReaders(path: path, position, fault.sentence)
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
