/// Adds up what one piece of a log says, cell by cell. The next floor of the sum is `TraceTally`, which takes the pieces
/// in their order.
struct PieceTally {
  /// One cell's share of the piece.
  struct Cell: Sendable {
    let view: Int
    let arm: Int
    let period: Int
    /// Of the segment's value among the piece's texts; -1 in the view of all records.
    let code: Int
    var records = 0
    /// The codes of its units, -1 for a record that has none, and how many records each has.
    var units: [Int32] = []
    var unitRecords: [UInt32] = []
    var measures: [Measured]
  }

  struct Measured: Sendable {
    var events = 0
    /// Records that have no such field.
    var absent = 0
    /// Records whose value cannot be used.
    var unreadable = 0
    /// For rates of ones and zeros, without their squares.
    var count = 0
    var moments = Moments()
    var totals: [UnitTotal] = []
    var values: [Double] = []
    /// By position in the cell's units.
    var owners: [UInt32] = []
  }

  struct Column: Sendable {
    var present = 0
    var missing = 0
    var unreadable = 0
    var events = 0
  }

  struct Part: Sendable {
    var log = 0
    var lines: LineCounts?
    var filteredOut = 0
    var withoutLabel = 0
    var withOtherLabels = 0
    var otherLabels: [(value: String, records: Int)] = []
    var withoutTime = 0
    var withoutUnit = 0
    var uncounted = 0
    var columns: [Column]
    /// The earliest and latest time, and those of the first and last record that has one.
    var earliest = Int64.max
    var latest = Int64.min
    var firstTime: Int64?
    var lastTime: Int64?
    var backwards = 0
    var cells: [Cell] = []
    /// What the codes of segments and units mean.
    var codes: TextCodes?
  }

  let plan: TracePlan
  private let boundaries: [Int64]
  private var cellTable = PairTable()
  private var slotTable = PairTable()
  private var periods: [Int] = []
  /// By view and row: the number of the record's cell in the piece, -1 for none.
  private(set) var cellOf: [Int32] = []
  /// By view and row: the position of the record's unit in its cell.
  private(set) var slotOf: [UInt32] = []
  private var positions: [UInt32] = []
  /// By code: the arm, -1 for none, -2 where it was not looked up yet.
  private var armOf: [Int16] = []
  private var otherCounts: [Int: Int] = [:]
  /// By leaf and code: 0 no, 1 yes, 2 not looked up yet.
  var accepted: [[UInt8]] = []
  /// A piece has few cells, unless a field with a value of its own per record is taken for a segment.
  private static let mostCells = 1 << 14

  let scores: ScoreTable?

  init(_ plan: TracePlan, _ scores: ScoreTable? = nil) {
    (self.plan, self.scores) = (plan, scores)
    boundaries = if case .between(let moments) = plan.question.periods { moments.map(\.microseconds) } else { [] }
  }

  mutating func add(_ scan: borrowing LogScan) -> Part {
    var part = Part(columns: Array(repeating: Column(), count: plan.requests.count))
    part.lines = LineCounts(scan)
    let count = scan.rows.count
    guard count > 0 else { return part }
    begin(scan)
    let views = plan.segments.count + 1
    if cellOf.count < count * views {
      cellOf = Array(repeating: -1, count: count * views)
      if plan.unit != nil { slotOf = Array(repeating: 0, count: count * views) }
    }
    for row in 0..<count { place(row, count, scan, &part) }
    for (index, measuring) in plan.measures.enumerated() {
      for view in 0..<views { measure(index, measuring, view * count, count, scan, &part) }
    }
    addColumns(scan, count, &part)
    for (code, records) in otherCounts.sorted(by: { $0.key < $1.key }) {
      part.otherLabels.append((scan.codes.text(code), records))
    }
    if plan.unit != nil || !plan.segments.isEmpty { part.codes = scan.codes }
    return part
  }

  private mutating func begin(_ scan: borrowing LogScan) {
    cellTable.removeAll()
    slotTable.removeAll()
    positions.removeAll(keepingCapacity: true)
    periods.removeAll(keepingCapacity: true)
    otherCounts.removeAll(keepingCapacity: true)
    armOf.removeAll(keepingCapacity: true)
    armOf.append(contentsOf: repeatElement(-2, count: scan.codes.count))
    if let filter = plan.filter {
      accepted = filter.leaves.map { _ in Array(repeating: 2, count: scan.codes.count) }
    }
  }

  // MARK: Where a record belongs

  @inline(__always)
  private mutating func place(_ row: Int, _ count: Int, _ scan: borrowing LogScan, _ part: inout Part) {
    cellOf[row] = -1
    if plan.filter != nil, !isAccepted(row, scan) {
      part.filteredOut += 1
    } else {
      let time = Int64(bitPattern: scan.rows[row, plan.time])
      if time > Int64.min + 1 { see(time, &part) }
      let label = Int(scan.rows[row, plan.label])
      if label < RowTable.Absence.firstText {
        part.withoutLabel += 1
      } else if case let arm = arm(of: label - RowTable.Absence.firstText, scan), arm >= 0 {
        if let period = period(of: time) {
          enter(row, count, arm, period, scan, &part)
          return
        }
        part.withoutTime += 1
      } else {
        part.withOtherLabels += 1
        otherCounts[label - RowTable.Absence.firstText, default: 0] += 1
      }
    }
    for view in 0..<plan.segments.count { cellOf[(view + 1) * count + row] = -1 }
  }

  @inline(__always)
  private func see(_ time: Int64, _ part: inout Part) {
    if let last = part.lastTime, time < last { part.backwards += 1 }
    if part.firstTime == nil { part.firstTime = time }
    part.lastTime = time
    part.earliest = min(part.earliest, time)
    part.latest = max(part.latest, time)
  }

  @inline(__always)
  private mutating func arm(of code: Int, _ scan: borrowing LogScan) -> Int {
    if armOf[code] == -2 { armOf[code] = Int16(plan.arms[scan.codes.text(code)] ?? -1) }
    return Int(armOf[code])
  }

  @inline(__always)
  private func period(of time: Int64) -> Int? {
    switch plan.question.periods {
    case .whole: return 0
    case .between:
      guard time > Int64.min + 1 else { return nil }
      return boundaries.firstIndex { time < $0 } ?? boundaries.count
    case .every(let width):
      guard time > Int64.min + 1 else { return nil }
      return Int(time.quotientRoundedDown(by: Int64(max(width.seconds, 1)) * 1_000_000))
    }
  }

  @inline(__always)
  private mutating func enter(
    _ row: Int, _ count: Int, _ arm: Int, _ period: Int, _ scan: borrowing LogScan, _ part: inout Part
  ) {
    var unit: Int32 = -1
    if let column = plan.unit {
      unit = Int32(truncatingIfNeeded: scan.rows[row, column]) - Int32(RowTable.Absence.firstText)
      if unit < 0 { part.withoutUnit += 1 }
    }
    enter(row, 0, arm, period, -1, unit, &part)
    for (index, column) in plan.segments.enumerated() {
      let code = Int(scan.rows[row, column]) - RowTable.Absence.firstText
      if code < 0 {
        cellOf[(index + 1) * count + row] = -1
      } else {
        enter((index + 1) * count + row, index + 1, arm, period, code, unit, &part)
      }
    }
  }

  @inline(__always)
  private mutating func enter(
    _ place: Int, _ view: Int, _ arm: Int, _ period: Int, _ code: Int, _ unit: Int32, _ part: inout Part
  ) {
    // Periods of one piece are few and come one after another.
    var at = periods.count - 1
    while at >= 0, periods[at] != period { at -= 1 }
    if at < 0 {
      at = periods.count
      periods.append(period)
    }
    let key = UInt64(view) << 58 | UInt64(arm) << 50 | UInt64(at & 0x3FFFF) << 32 | UInt64(UInt32(code + 1))
    if cellTable.count >= Self.mostCells || at > 0x3FFFF {
      part.uncounted += 1
      cellOf[place] = -1
      return
    }
    let (cell, isNew) = cellTable.number(of: key)
    if isNew {
      let empty = Array(repeating: Measured(), count: plan.measures.count)
      part.cells.append(Cell(view: view, arm: arm, period: period, code: code, measures: empty))
    }
    cellOf[place] = Int32(cell)
    part.cells[cell].records += 1
    guard plan.unit != nil else { return }
    if unit < 0 {
      slotOf[place] = UInt32(part.cells[cell].units.count)
      part.cells[cell].units.append(-1)
      part.cells[cell].unitRecords.append(1)
      return
    }
    let (slot, isNewUnit) = slotTable.number(of: UInt64(cell) << 32 | UInt64(unit))
    if isNewUnit {
      positions.append(UInt32(part.cells[cell].units.count))
      part.cells[cell].units.append(unit)
      part.cells[cell].unitRecords.append(0)
    }
    slotOf[place] = positions[slot]
    part.cells[cell].unitRecords[Int(positions[slot])] += 1
  }
}
