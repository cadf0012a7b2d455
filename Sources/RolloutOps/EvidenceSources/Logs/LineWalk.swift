/// The fast way through a log of flat JSON objects, one a line.
///
/// Programs write the same members again and again, so each member's beginning (the comma, the name, the colon) is
/// expected as a whole and compared a word at a time; the member that followed it last time is expected next. Any other
/// order is found by the first letters of the name, and what is new is learned. Whatever is not plain, an escape in a
/// value that is wanted, an object that may hold something wanted, a broken line, is left to `CarefulLine`, which alone
/// says what is wrong: both ways give the same rows.
///
/// Nothing checks for the end of the text: it must be followed by `padding` zero bytes, and no step goes on behind a byte
/// that is not as it should be.
struct LineWalk: ~Copyable {
  static let padding = 128

  typealias Cursor = UnsafePointer<UInt8>

  /// What a line was.
  enum Outcome {
    /// A record; the next line starts there.
    case record(next: Int)
    case unclear
  }

  private var leads: MemberLeads
  private var day = Day()
  private let recent = RecentTexts()

  init(_ map: FieldMap) { leads = MemberLeads(map) }

  /// A new piece, in which texts have other codes.
  mutating func begin() {
    recent.removeAll()
    leads.begin()
  }

  /// Reads one record that starts at `start` of the text.
  @inline(__always)
  mutating func read(
    _ text: Cursor, _ start: Int, end: Int, into rows: borrowing RowTable, _ codes: inout TextCodes
  ) -> Outcome {
    var at = text + start
    var lead = leads.first
    if !MemberLeads.matches(lead, at) {
      guard at[0] == UInt8(ascii: "{"), let found = leads.find(at) else { return .unclear }
      (lead, leads.first) = (found, found)
    }
    while true {
      at += Int(lead.pointee.length)
      if let behind = plain(lead, at, rows, &codes) {
        at = behind
      } else {
        guard let behind = odd(lead, at, text, end, rows, &codes) else { return .unclear }
        at = behind
      }
      let next = lead.pointee.next
      if MemberLeads.matches(next, at) {
        lead = next
        continue
      }
      while at[0] == 0x20 { at += 1 }
      guard at[0] == UInt8(ascii: ",") else { break }
      guard let found = leads.find(at) else { return .unclear }
      lead.pointee.next = found
      lead = found
    }
    guard at[0] == UInt8(ascii: "}") else { return .unclear }
    at += 1
    if at[0] == 0x0A { return .record(next: at - text + 1) }
    while at[0] == 0x20 || at[0] == 0x0D || at[0] == 0x09 { at += 1 }
    if at[0] == 0x0A { return .record(next: at - text + 1) }
    return at - text == end ? .record(next: end) : .unclear
  }

  // MARK: Values

  /// The place behind the value; nil where it is not as plain as most of its kind.
  @inline(__always)
  private mutating func plain(
    _ lead: UnsafeMutablePointer<MemberLead>, _ at: Cursor, _ rows: borrowing RowTable, _ codes: inout TextCodes
  ) -> Cursor? {
    // Most values are wanted by nobody: asked for first, they need no jump to who knows where.
    if lead.pointee.action == .skip {
      if at[0] == UInt8(ascii: "\"") {
        guard let stop = textEnd(lead, at) else { return nil }
        return stop + 1
      }
      if let behind = lead.pointee.shape.numberEnd(at) { return behind }
      guard let behind = PlainValue.skipBare(at) else { return nil }
      lead.pointee.shape.learn(at, until: behind)
      return behind
    }
    let (column, rank) = (Int(lead.pointee.column), lead.pointee.rank)
    switch lead.pointee.action {
    case .number:
      if let behind = lead.pointee.shape.number(at, { rows.store($0.bitPattern, column, rank: rank) }) { return behind }
      guard let behind = PlainNumber.read(at, { rows.store($0.bitPattern, column, rank: rank) }) else { return nil }
      lead.pointee.shape.learn(at, until: behind)
      return behind
    case .time: return day.time(at) { rows.store(UInt64(bitPattern: $0), column, rank: rank) }
    case .event:
      return PlainValue.truth(at) {
        rows.store($0 ? RowTable.Absence.event : RowTable.Absence.noEvent, column, rank: rank)
      }
    case .text:
      if PlainValue.isNull(at) {
        rows.storeNull(.text, column, rank: rank)
        return at + 4
      }
      // An empty one is none.
      guard let stop = textEnd(lead, at), stop > at + 1 else { return nil }
      let code = recent.code(of: at + 1, stop - at - 1, &codes)
      rows.store(UInt64(truncatingIfNeeded: code &+ RowTable.Absence.firstText), column, rank: rank)
      return stop + 1
    case .skip, .descend, .several: return nil
    }
  }

  /// The closing quotation mark of a text.
  @inline(__always)
  private func textEnd(_ lead: UnsafeMutablePointer<MemberLead>, _ at: Cursor) -> Cursor? {
    if let stop = lead.pointee.shape.textEnd(at) { return stop }
    guard let stop = PlainValue.textEnd(at) else { return nil }
    lead.pointee.shape.learn(at, until: stop + 1)
    return stop
  }

  /// Values that are not what is usual for their member, but easily understood; nil for what only `CarefulLine` can tell.
  @inline(never)
  private mutating func odd(
    _ lead: UnsafeMutablePointer<MemberLead>, _ start: Cursor, _ text: Cursor, _ end: Int, _ rows: borrowing RowTable,
    _ codes: inout TextCodes
  ) -> Cursor? {
    var at = start
    // The same name was learned without the blanks that follow its colon here.
    while at[0] == 0x20 || at[0] == 0x09 { at += 1 }
    if at > start, let behind = plain(lead, at, rows, &codes) { return behind }
    if lead.pointee.action == .several { return several(lead, at, text, end, rows, &codes) }
    guard let kind = lead.pointee.action.kind else {
      if lead.pointee.action == .descend, PlainValue.isNested(at) { return nil }
      return PlainNumber.readLong(at)?.end ?? PlainValue.skipByReader(at, text, end)
    }
    let target = FieldMap.Target(request: Int(lead.pointee.column), kind: kind, rank: lead.pointee.rank)
    if PlainValue.isNull(at) {
      rows.storeNull(kind, target.request, rank: target.rank)
      return at + 4
    }
    if kind == .number, let (value, behind) = PlainNumber.readLong(at) {
      rows.store(value.bitPattern, target.request, rank: target.rank)
      return behind
    }
    guard let (value, behind) = PlainValue.other(at, text, end) else { return nil }
    value.store(target, in: rows, &codes)
    return behind
  }

  /// A value that is wanted in several columns.
  private mutating func several(
    _ lead: UnsafeMutablePointer<MemberLead>, _ at: Cursor, _ text: Cursor, _ end: Int, _ rows: borrowing RowTable,
    _ codes: inout TextCodes
  ) -> Cursor? {
    var part = lead.pointee.also
    var behind: Cursor?
    while let each = part {
      behind = plain(each, at, rows, &codes) ?? odd(each, at, text, end, rows, &codes)
      guard behind != nil else { return nil }
      part = each.pointee.also
    }
    return behind
  }
}
