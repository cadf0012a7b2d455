/// The fast way through a log of flat JSON objects, one a line.
///
/// Programs write the same members again and again, so each member's beginning (the blanks, the name, the colon) is
/// expected as a whole and compared a word at a time; the member that followed it last time is expected next. Any other
/// order is found by looking through all that are known, and what is new is learned. Whatever is not plain, an escape
/// in a value that is wanted, an object that may hold something wanted, a broken line, is left to `CarefulLine`, which
/// alone says what is wrong: both ways give the same rows.
///
/// Nothing checks for the end of the text: it must be followed by `padding` zero bytes, and no step goes on behind a byte
/// that is not as it should be.
struct LineWalk: ~Copyable {
  static let padding = 128

  /// What a line was.
  enum Outcome {
    /// A record; the next line starts there.
    case record(next: Int)
    case unclear
  }

  enum Action: UInt8 {
    case skip
    /// An object may hold something that is wanted.
    case descend
    case time, number, event, text
  }

  /// The beginning of a member, from behind the comma or brace to the value.
  struct Lead {
    var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
    /// For the last word.
    var mask: UInt64 = 0
    var full: Int32 = 0
    var length: Int32 = 0
    /// The lead that came next the last time.
    var next: UnsafeMutablePointer<Lead>
    var action = Action.skip
    var rank: UInt8 = 0
    var column: Int32 = 0
    /// Another target of the same member, further back in `leads`; never found by its words.
    var also: UnsafeMutablePointer<Lead>?
  }

  private static let longest = 48
  private static let most = 64

  private let map: FieldMap
  private let leads: UnsafeMutablePointer<Lead>
  private var count = 0
  private var alsoCount = 0
  private var first: UnsafeMutablePointer<Lead>
  private var day = Day()

  init(_ map: FieldMap) {
    self.map = map
    leads = .allocate(capacity: Self.most * 2)
    first = leads
    // No word is 1 where the mask is empty: a lead that is not learned yet matches nothing.
    var unknown = Lead(next: leads)
    unknown.words.0 = 1
    leads.initialize(repeating: unknown, count: Self.most * 2)
  }

  deinit { leads.deallocate() }

  /// Reads one record that starts at `start` of the text.
  mutating func read(
    _ text: UnsafePointer<UInt8>, _ start: Int, end: Int, into rows: borrowing RowTable, _ codes: inout TextCodes
  ) -> Outcome {
    var at = text + start
    guard at[0] == UInt8(ascii: "{") else { return .unclear }
    at += 1
    var lead = first
    if !Self.matches(lead, at) {
      guard let found = find(at) else { return .unclear }
      (lead, first) = (found, found)
    }
    while true {
      at += Int(lead.pointee.length)
      // The same name was learned without the blanks that follow its colon here.
      while at[0] == 0x20 || at[0] == 0x09 { at += 1 }
      guard let behind = take(lead, at, text, end, rows, &codes) else { return .unclear }
      at = behind
      while at[0] == 0x20 { at += 1 }
      guard at[0] == UInt8(ascii: ",") else { break }
      at += 1
      let next = lead.pointee.next
      if Self.matches(next, at) {
        lead = next
      } else {
        guard let found = find(at) else { return .unclear }
        lead.pointee.next = found
        lead = found
      }
    }
    guard at[0] == UInt8(ascii: "}") else { return .unclear }
    at += 1
    while at[0] == 0x20 || at[0] == 0x0D || at[0] == 0x09 { at += 1 }
    if at[0] == 0x0A { return .record(next: at - text + 1) }
    return at - text == end ? .record(next: end) : .unclear
  }

  // MARK: Members

  @inline(__always)
  private static func matches(_ lead: UnsafeMutablePointer<Lead>, _ at: UnsafePointer<UInt8>) -> Bool {
    let words = UnsafeRawPointer(lead).assumingMemoryBound(to: UInt64.self)
    let full = Int(lead.pointee.full)
    var word = 0
    while word < full {
      guard words[word] == TextCodes.word(at + word &* 8) else { return false }
      word &+= 1
    }
    return words[full] == TextCodes.word(at + full &* 8) & lead.pointee.mask
  }

  @inline(never)
  private mutating func find(_ at: UnsafePointer<UInt8>) -> UnsafeMutablePointer<Lead>? {
    for index in 0..<count where Self.matches(leads + index, at) { return leads + index }
    return learn(at)
  }

  /// Nil where the member's beginning is not plain.
  private mutating func learn(_ at: UnsafePointer<UInt8>) -> UnsafeMutablePointer<Lead>? {
    guard count < Self.most else { return nil }
    var end = 0
    func skipBlanks() { while at[end] == 0x20 || at[end] == 0x09 { end += 1 } }
    skipBlanks()
    guard at[end] == UInt8(ascii: "\"") else { return nil }
    let start = end + 1
    end = start
    while at[end] >= 0x20, at[end] < 0x80, at[end] != UInt8(ascii: "\""), at[end] != UInt8(ascii: "\\") { end += 1 }
    guard at[end] == UInt8(ascii: "\"") else { return nil }
    let name = String(decoding: UnsafeBufferPointer(start: at + start, count: end - start), as: UTF8.self)
    end += 1
    skipBlanks()
    guard at[end] == UInt8(ascii: ":") else { return nil }
    end += 1
    skipBlanks()
    guard end <= Self.longest else { return nil }
    let targets = map.targets[name] ?? []
    guard alsoCount + max(targets.count - 1, 0) <= Self.most else { return nil }
    var lead = Lead(next: leads)
    let full = (end - 1) / 8
    (lead.full, lead.length, lead.mask) = (Int32(full), Int32(end), TextCodes.mask(end - full * 8))
    withUnsafeMutableBytes(of: &lead.words) { words in
      for index in 0...full {
        let word = TextCodes.word(at + index * 8) & (index == full ? lead.mask : .max)
        words.storeBytes(of: word, toByteOffset: index * 8, as: UInt64.self)
      }
    }
    if map.parents.contains(name) || name == FieldMap.envelope { lead.action = .descend }
    for (index, target) in targets.enumerated().reversed() {
      var part = index == 0 ? lead : Lead(next: leads)
      part.action = Self.action(target.kind)
      (part.rank, part.column, part.also) = (target.rank, Int32(target.request), lead.also)
      if index == 0 {
        lead = part
      } else {
        leads[Self.most + alsoCount] = part
        lead.also = leads + Self.most + alsoCount
        alsoCount += 1
      }
    }
    leads[count] = lead
    count += 1
    return leads + count - 1
  }

  private static func action(_ kind: FieldRequest.Kind) -> Action {
    switch kind {
    case .time: .time
    case .number: .number
    case .event: .event
    case .text: .text
    }
  }

  // MARK: Values

  /// The place behind the value; nil where it is not plain.
  @inline(__always)
  private mutating func take(
    _ first: UnsafeMutablePointer<Lead>, _ at: UnsafePointer<UInt8>, _ text: UnsafePointer<UInt8>, _ end: Int,
    _ rows: borrowing RowTable, _ codes: inout TextCodes
  ) -> UnsafePointer<UInt8>? {
    var lead = first
    while true {
      let (column, rank) = (Int(lead.pointee.column), lead.pointee.rank)
      let behind: UnsafePointer<UInt8>?
      switch lead.pointee.action {
      case .skip: behind = PlainValue.skip(at, text, end)
      case .descend: behind = PlainValue.isNested(at) ? nil : PlainValue.skip(at, text, end)
      case .number: behind = PlainValue.number(at) { rows.store($0.bitPattern, column, rank: rank) }
      case .time: behind = day.time(at) { rows.store(UInt64(bitPattern: $0), column, rank: rank) }
      case .event:
        behind = PlainValue.truth(at) { rows.store($0 ? 1 : 0, column, rank: rank) }
      case .text:
        behind = PlainValue.text(at, text, end) { start, count in
          let code = codes.code(of: start, count) &+ RowTable.Absence.firstText
          rows.store(UInt64(truncatingIfNeeded: code), column, rank: rank)
        }
      }
      guard let behind = behind ?? special(lead, at, text, end, rows, &codes) else { return nil }
      guard let also = lead.pointee.also else { return behind }
      lead = also
    }
  }

  /// Values that are not what is usual for their member, but easily understood.
  @inline(never)
  private func special(
    _ lead: UnsafeMutablePointer<Lead>, _ at: UnsafePointer<UInt8>, _ text: UnsafePointer<UInt8>, _ end: Int,
    _ rows: borrowing RowTable, _ codes: inout TextCodes
  ) -> UnsafePointer<UInt8>? {
    let kind: FieldRequest.Kind
    switch lead.pointee.action {
    case .skip, .descend: return nil
    case .time: kind = .time
    case .number: kind = .number
    case .event: kind = .event
    case .text: kind = .text
    }
    guard let (value, behind) = PlainValue.other(at, text, end) else { return nil }
    let target = FieldMap.Target(request: Int(lead.pointee.column), kind: kind, rank: lead.pointee.rank)
    value.store(target, in: rows, &codes)
    return behind
  }
}
