/// Adds up what one piece of a log says, cell by cell. The next floor of the sum is `TraceTally`, which takes the pieces
/// in their order.
struct PieceTally: ~Copyable {
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
    var measures: [Measured] = []
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
    /// By position in the cell's units; none at all where no record has a value.
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
    var times = TimesSeen()
    var cells: [Cell] = []
    /// Of the lines that were remembered; see `RepeatedLines`.
    var digests: [UInt64] = []
    /// What the codes of segments and units mean.
    var codes: TextCodes?
  }

  let plan: TracePlan
  let scores: ScoreTable?
  private let boundaries: [Int64]
  var places: PieceCells
  /// By code: the arm, -1 for none, -2 where it was not looked up yet.
  private var armOf: [Int16] = []
  /// By code: records with that label, which no arm has.
  private var otherCounts: [Int] = []
  /// By leaf and code: 0 no, 1 yes, 2 not looked up yet.
  var accepted: [[UInt8]] = []

  init(_ plan: TracePlan, _ scores: ScoreTable? = nil) {
    (self.plan, self.scores) = (plan, scores)
    boundaries = if case .between(let moments) = plan.question.periods { moments.map(\.microseconds) } else { [] }
    places = PieceCells(
      arms: plan.question.arms.count, views: plan.segments.count + 1, hasUnits: plan.unit != nil)
  }

  mutating func add(_ scan: borrowing LogScan) -> Part {
    var part = Part(columns: [])
    part.lines = LineCounts(scan)
    begin(scan)
    place(scan, &part)
    places.close()
    (part.withoutUnit, part.uncounted) = (places.withoutUnit, places.uncounted)
    part.cells = cells()
    measure(scan, &part)
    part.digests = scan.repeated?.digests ?? []
    part.columns = plan.requests.indices.map { column($0, scan) }
    for (code, records) in otherCounts.enumerated() where records > 0 {
      part.otherLabels.append((scan.codes.text(code), records))
    }
    if plan.unit != nil || !plan.segments.isEmpty { part.codes = scan.codes }
    return part
  }

  private mutating func begin(_ scan: borrowing LogScan) {
    places.begin(rows: scan.rows.count)
    armOf.removeAll(keepingCapacity: true)
    armOf.append(contentsOf: repeatElement(-2, count: scan.codes.count))
    otherCounts.removeAll(keepingCapacity: true)
    otherCounts.append(contentsOf: repeatElement(0, count: scan.codes.count))
    if let filter = plan.filter {
      accepted = filter.leaves.map { _ in Array(repeating: 2, count: scan.codes.count) }
    }
  }

  // MARK: Where a record belongs

  private mutating func place(_ scan: borrowing LogScan, _ part: inout Part) {
    let (times, labels) = (scan.rows.column(plan.time), scan.rows.column(plan.label))
    let units = plan.unit.map { scan.rows.column($0) }
    let (isFiltered, isWhole) = (plan.filter != nil, plan.question.periods == .whole)
    var seen = TimesSeen()
    for row in 0..<scan.rows.count {
      if isFiltered, !isAccepted(row, scan) {
        part.filteredOut += 1
        places.leaveOut(row)
        continue
      }
      let time = Int64(bitPattern: times[row])
      if time > Int64.min + 1 { seen.add(time) }
      let label = Int(labels[row]) - RowTable.Absence.firstText
      guard label >= 0 else {
        part.withoutLabel += 1
        places.leaveOut(row)
        continue
      }
      let arm = arm(of: label, scan)
      guard arm >= 0 else {
        part.withOtherLabels += 1
        otherCounts[label] += 1
        places.leaveOut(row)
        continue
      }
      guard let period = isWhole ? 0 : period(of: time) else {
        part.withoutTime += 1
        places.leaveOut(row)
        continue
      }
      var unit: Int32 = -1
      if let units { unit = Int32(truncatingIfNeeded: units[row]) - Int32(RowTable.Absence.firstText) }
      places.enter(row, arm: arm, period: period, unit: max(unit, -1))
      for (index, column) in plan.segments.enumerated() {
        let code = Int(scan.rows[row, column]) - RowTable.Absence.firstText
        if code < 0 {
          places.leaveOut(row, view: index + 1)
        } else {
          places.enter(row, view: index + 1, arm: arm, period: period, code: code, unit: max(unit, -1))
        }
      }
    }
    seen.close()
    part.times = seen
  }

  @inline(__always)
  private mutating func arm(of code: Int, _ scan: borrowing LogScan) -> Int {
    let known = armOf[code]
    return known == -2 ? findArm(of: code, scan) : Int(known)
  }

  @inline(never)
  private mutating func findArm(of code: Int, _ scan: borrowing LogScan) -> Int {
    armOf[code] = Int16(plan.arms[scan.codes.text(code)] ?? -1)
    return Int(armOf[code])
  }

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

  private mutating func isAccepted(_ row: Int, _ scan: borrowing LogScan) -> Bool {
    guard let filter = plan.filter else { return true }
    for (index, leaf) in filter.leaves.enumerated() {
      let code = Int(scan.rows[row, leaf.column]) - RowTable.Absence.firstText
      guard code >= 0, accepted[index][code] == 2 else { continue }
      accepted[index][code] = leaf.accepts(scan.codes.text(code), isBare: scan.codes.entry(code).isBare) ? 1 : 0
    }
    return filter.accepts { index in
      let code = Int(scan.rows[row, filter.leaves[index].column]) - RowTable.Absence.firstText
      return code >= 0 && accepted[index][code] == 1
    }
  }

  /// The cells with their units, and nothing measured yet.
  private func cells() -> [Cell] {
    places.cells.enumerated().map { index, cell in
      let slots = places.slots(of: index)
      return Cell(
        view: cell.view, arm: cell.arm, period: cell.period, code: cell.code, records: cell.records,
        units: slots.map { places.slots[Int($0)].unit }, unitRecords: slots.map { places.slots[Int($0)].records })
    }
  }
}

/// The times of a piece's records, one after another.
struct TimesSeen: Sendable {
  private(set) var earliest = Int64.max
  private(set) var latest = Int64.min
  private(set) var first = Int64.min
  private(set) var last = Int64.min
  /// Records that are older than the one before them.
  private(set) var backwards = 0
  /// How many came in which hour since 1970, as one after the other saw them.
  private(set) var hours: [(number: Int64, records: Int)] = []
  private var (hourStart, hourEnd) = (Int64.max, Int64.min)
  /// In the hour that is not among them yet.
  private var inHour = 0

  private static let hour: Int64 = 3_600_000_000

  var isEmpty: Bool { first == .min }

  @inline(__always)
  mutating func add(_ time: Int64) {
    if time < hourStart || time >= hourEnd { begin(hourOf: time) }
    if time < last { backwards &+= 1 }
    if first == .min { first = time }
    last = time
    earliest = min(earliest, time)
    latest = max(latest, time)
    inHour &+= 1
  }

  /// When all times are in.
  mutating func close() {
    guard inHour > 0 else { return }
    hours.append((last.quotientRoundedDown(by: Self.hour), inHour))
    inHour = 0
  }

  @inline(never)
  private mutating func begin(hourOf time: Int64) {
    close()
    let number = time.quotientRoundedDown(by: Self.hour)
    let (start, overflows) = number.multipliedReportingOverflow(by: Self.hour)
    (hourStart, hourEnd) = overflows ? (time, time) : (start, start &+ Self.hour)
  }
}
