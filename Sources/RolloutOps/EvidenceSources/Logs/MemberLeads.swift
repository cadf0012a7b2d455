/// The beginning of a member, from the comma or brace in front of it to the value, and what is to be done with the value.
struct MemberLead {
  enum Action: UInt8 {
    case skip
    /// An object may hold something that is wanted.
    case descend
    case time, number, event, text
    /// Wanted in several columns: what to do stands in `also`.
    case several

    var kind: FieldRequest.Kind? {
      switch self {
      case .skip, .descend, .several: nil
      case .time: .time
      case .number: .number
      case .event: .event
      case .text: .text
      }
    }

    init(_ kind: FieldRequest.Kind) {
      switch kind {
      case .time: self = .time
      case .number: self = .number
      case .event: self = .event
      case .text: self = .text
      }
    }
  }

  /// The text, and which bits of it there are. No word is 1 where the mask is empty: a lead that is not learned yet
  /// matches nothing.
  var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (1, 0, 0, 0, 0, 0)
  var masks: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
  var length: Int32 = 0
  var column: Int32 = 0
  var rank: UInt8 = 0
  var action = Action.skip
  /// Of its values, where they have one.
  var shape = ValueShape()
  /// The lead that came next the last time.
  var next: UnsafeMutablePointer<MemberLead>
  /// The next target of the same member.
  var also: UnsafeMutablePointer<MemberLead>?
  /// Another lead whose name begins alike.
  var sibling: UnsafeMutablePointer<MemberLead>?

  static let longest = 48
}

/// All beginnings of members that were met.
///
/// Whoever compares reads up to `MemberLead.longest` and eight more bytes of the text.
struct MemberLeads: ~Copyable {
  typealias Cursor = UnsafePointer<UInt8>
  typealias Lead = UnsafeMutablePointer<MemberLead>

  private static let most = 96
  private static let headBits: UInt64 = 6
  private let map: FieldMap
  /// Leads, and in the second half what they have as `also`, which no text finds.
  private let leads: Lead
  private var count = 0
  private var alsoCount = 0
  /// By the first bytes of the text.
  private let heads: UnsafeMutablePointer<Lead?>
  /// The one that began the last record.
  var first: Lead

  init(_ map: FieldMap) {
    self.map = map
    // The one behind them all is never learned, so it matches nothing: what follows a new lead is looked for.
    leads = .allocate(capacity: Self.most * 2 + 1)
    let nobody = leads + Self.most * 2
    leads.initialize(repeating: MemberLead(next: nobody), count: Self.most * 2 + 1)
    heads = .allocate(capacity: 1 << Self.headBits)
    heads.initialize(repeating: nil, count: 1 << Self.headBits)
    first = nobody
  }

  deinit {
    leads.deallocate()
    heads.deallocate()
  }

  /// A new piece of the log, whose values may look otherwise.
  func begin() { for lead in 0..<count { leads[lead].shape.forget() } }

  @inline(__always)
  static func matches(_ lead: Lead, _ at: Cursor) -> Bool {
    let words = lead.pointee.words
    let masks = lead.pointee.masks
    let differences =
      ((TextCodes.word(at) & masks.0) ^ words.0) | ((TextCodes.word(at + 8) & masks.1) ^ words.1)
    if differences != 0 { return false }
    return lead.pointee.length <= 16 || matchesBehind(lead, at)
  }

  @inline(__always)
  private static func matchesBehind(_ lead: Lead, _ at: Cursor) -> Bool {
    if (TextCodes.word(at + 16) & lead.pointee.masks.2) ^ lead.pointee.words.2 != 0 { return false }
    return lead.pointee.length <= 24 || matchesEnd(lead, at)
  }

  @inline(never)
  private static func matchesEnd(_ lead: Lead, _ at: Cursor) -> Bool {
    let (words, masks) = (lead.pointee.words, lead.pointee.masks)
    return
      ((TextCodes.word(at + 24) & masks.3) ^ words.3 | (TextCodes.word(at + 32) & masks.4) ^ words.4
      | (TextCodes.word(at + 40) & masks.5) ^ words.5) == 0
  }

  @inline(never)
  mutating func find(_ at: Cursor) -> Lead? {
    var candidate = heads[Self.head(at)]
    while let lead = candidate {
      if Self.matches(lead, at) { return lead }
      candidate = lead.pointee.sibling
    }
    return learn(at)
  }

  /// From four bytes, which every lead has: a comma, two quotation marks and a colon.
  private static func head(_ at: Cursor) -> Int {
    let start = (TextCodes.word(at) & 0xFFFF_FFFF) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: start &>> (64 - headBits))
  }

  /// From a comma or brace on; nil where the member's beginning is not plain.
  private mutating func learn(_ at: Cursor) -> Lead? {
    guard count < Self.most else { return nil }
    var end = 1
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
    guard end <= MemberLead.longest, let lead = lead(for: name) else { return nil }
    lead.pointee.length = Int32(end)
    withUnsafeMutableBytes(of: &lead.pointee.masks) { masks in
      for index in 0..<end { masks[index] = 0xFF }
    }
    withUnsafeMutableBytes(of: &lead.pointee.words) { words in
      for index in words.indices { words[index] = index < end ? at[index] : 0 }
    }
    lead.pointee.sibling = heads[Self.head(at)]
    heads[Self.head(at)] = lead
    return lead
  }

  /// A new lead that says what to do with that member's value.
  private mutating func lead(for name: String) -> Lead? {
    let targets = map.targets[name] ?? []
    guard targets.count < 2 || alsoCount + targets.count <= Self.most else { return nil }
    let lead = leads + count
    count += 1
    if let target = targets.first, targets.count == 1 {
      Self.aim(lead, target)
    } else if targets.count > 1 {
      lead.pointee.action = .several
      for target in targets.reversed() {
        let part = leads + (Self.most + alsoCount)
        alsoCount += 1
        Self.aim(part, target)
        (part.pointee.also, lead.pointee.also) = (lead.pointee.also, part)
      }
    } else if map.parents.contains(name) || name == FieldMap.envelope {
      lead.pointee.action = .descend
    }
    return lead
  }

  private static func aim(_ lead: Lead, _ target: FieldMap.Target) {
    lead.pointee.action = MemberLead.Action(target.kind)
    (lead.pointee.rank, lead.pointee.column) = (target.rank, Int32(target.request))
  }
}
