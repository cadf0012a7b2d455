/// All pieces added up, in their order.
struct TraceTally: Sendable {
  /// Beyond these numbers memory stops growing, and the evidence says so.
  struct Limits: Sendable {
    /// Values kept for quantiles.
    var values = 1 << 24
    /// Units told apart.
    var units = 1 << 18
    /// Arms by periods by segments.
    var cells = 1 << 14
    /// Labels that belong to no arm.
    var labels = 1 << 10
    /// Lines remembered to find those that stand there twice.
    var digests = 1 << 21
    /// Hours told apart.
    var hours = 1 << 16
  }

  struct Key: Hashable, Sendable {
    let view: Int
    let arm: Int
    let period: Int
    /// Of the segment's value among `segments`; -1 in the view of all records.
    let code: Int
  }

  struct Cell: Sendable {
    let key: Key
    var records = 0
    /// By position: the unit's number, and how many records it has.
    var units: [UInt32] = []
    var unitRecords: [UInt32] = []
    var measures: [Measured]
  }

  struct Measured: Sendable {
    var count = 0
    var events = 0
    var absent = 0
    var unreadable = 0
    var moments = Moments()
    var totals: [UnitTotal] = []
    var values: [Double] = []
    var owners: [UInt32] = []
    /// Values there were, kept or not.
    var met = 0

    /// Long lists grow by far more than is needed: memory that nobody has written to costs nothing, moving does.
    mutating func reserve(_ more: Int, atMost limit: Int, withOwners: Bool) {
      guard values.count + more > values.capacity, values.count >= 1 << 12 else { return }
      let room = max(min((values.count + more) * 8, limit), values.count + more)
      values.reserveCapacity(room)
      if withOwners { owners.reserveCapacity(room) }
    }
  }

  let plan: TracePlan
  let limits: Limits
  private(set) var logs: [TraceEvidence.Log]
  private(set) var cells: [Cell] = []
  private(set) var columns: [PieceTally.Column]
  private(set) var segments = TextCodes()
  private(set) var units = TextCodes()
  /// By period and unit: a bit for each arm that it was seen in. Who has the old version at one stage may have the new one
  /// at the next. Times of equal width are not told apart.
  private(set) var armsOfUnit: [[UInt64]]
  private(set) var hasPooledUnits = false
  private(set) var otherLabels: [String: Int] = [:]
  /// Sums of what has no cell.
  private(set) var sums: PieceTally.Part
  /// One of 2^`thinning` values is kept.
  private(set) var thinning = 0
  private var keptValues = 0
  private var index: [Key: Int] = [:]
  private var positions = PairTable()
  private var nextNumber: UInt32
  private var log = -1
  private var lastTime: Int64?
  private(set) var earliest = Int64.max
  private(set) var latest = Int64.min
  /// Records that are older than the one before them.
  private(set) var backwards = 0
  private(set) var digests = SeenDigests()
  private(set) var hours: [Int64: Int] = [:]

  init(_ plan: TracePlan, _ paths: [String], _ limits: Limits) {
    self.plan = plan
    self.limits = limits
    logs = paths.map(TraceEvidence.Log.init)
    columns = Array(repeating: PieceTally.Column(), count: plan.requests.count)
    sums = PieceTally.Part(columns: [])
    nextNumber = UInt32(limits.units)
    let periods = if case .between(let moments) = plan.question.periods { moments.count + 1 } else { 1 }
    armsOfUnit = Array(repeating: [], count: periods)
  }

  mutating func add(_ part: PieceTally.Part) {
    if let lines = part.lines, logs.indices.contains(part.log) { logs[part.log].add(lines) }
    sums.filteredOut += part.filteredOut
    sums.withoutLabel += part.withoutLabel
    sums.withOtherLabels += part.withOtherLabels
    sums.withoutTime += part.withoutTime
    sums.withoutUnit += part.withoutUnit
    sums.uncounted += part.uncounted
    for (value, records) in part.otherLabels where otherLabels[value] != nil || otherLabels.count < limits.labels {
      otherLabels[value, default: 0] += records
    }
    for index in columns.indices {
      columns[index].present += part.columns[index].present
      columns[index].missing += part.columns[index].missing
      columns[index].unreadable += part.columns[index].unreadable
      columns[index].events += part.columns[index].events
    }
    addTimes(part)
    if digests.count < limits.digests { digests.add(part.digests) }
    var numbers: [Int32] = []
    if plan.unit != nil, let codes = part.codes { numbers = Array(repeating: -1, count: codes.count) }
    for cell in part.cells { add(cell, part.codes, &numbers) }
    while keptValues > limits.values { thin() }
  }

  private mutating func addTimes(_ part: PieceTally.Part) {
    backwards += part.times.backwards
    // One log need not go on where the one before it ended.
    if part.log == log, let lastTime, !part.times.isEmpty, part.times.first < lastTime { backwards += 1 }
    if part.log != log { lastTime = nil }
    log = part.log
    guard !part.times.isEmpty else { return }
    lastTime = part.times.last
    earliest = min(earliest, part.times.earliest)
    latest = max(latest, part.times.latest)
    for hour in part.times.hours where hours[hour.number] != nil || hours.count < limits.hours {
      hours[hour.number, default: 0] += hour.records
    }
  }

  // MARK: Cells

  private mutating func add(_ part: PieceTally.Cell, _ codes: TextCodes?, _ numbers: inout [Int32]) {
    let code = part.code < 0 ? -1 : codes.map { segments.code(of: part.code, in: $0) } ?? -1
    let key = Key(view: part.view, arm: part.arm, period: part.period, code: code)
    guard let at = index[key] ?? begin(key) else {
      sums.uncounted += part.records
      return
    }
    cells[at].records += part.records
    let places = codes.map { unitPlaces(part, at, $0, &numbers) } ?? []
    for (place, records) in zip(places, part.unitRecords) { cells[at].unitRecords[Int(place)] += records }
    for (measure, sum) in part.measures.enumerated() { add(sum, at, measure, places) }
  }

  private mutating func begin(_ key: Key) -> Int? {
    guard cells.count < limits.cells else { return nil }
    let empty = Array(repeating: Measured(), count: plan.measures.count)
    cells.append(Cell(key: key, measures: empty))
    index[key] = cells.count - 1
    return cells.count - 1
  }

  private mutating func add(_ sum: PieceTally.Measured, _ cell: Int, _ measure: Int, _ places: [UInt32]) {
    let thinning = thinning
    let room = cells[cell].unitRecords.count
    let kept = { (whole: inout Measured) -> Int in
      whole.count += sum.count
      whole.events += sum.events
      whole.absent += sum.absent
      whole.unreadable += sum.unreadable
      whole.moments.merge(sum.moments)
      if !places.isEmpty {
        whole.totals.append(contentsOf: repeatElement(UnitTotal(), count: room - whole.totals.count))
        for (place, total) in zip(places, sum.totals) {
          whole.totals[Int(place)].count += total.count
          whole.totals[Int(place)].sum += total.sum
        }
      }
      let before = whole.values.count
      if thinning == 0 {
        whole.reserve(sum.values.count, atMost: limits.values, withOwners: !sum.owners.isEmpty)
        whole.values.append(contentsOf: sum.values)
        for owner in sum.owners { whole.owners.append(places[Int(owner)]) }
      } else {
        for (offset, value) in sum.values.enumerated() where Self.isKept(whole.met + offset, thinning) {
          whole.values.append(value)
          if !sum.owners.isEmpty { whole.owners.append(places[Int(sum.owners[offset])]) }
        }
      }
      whole.met += sum.values.count
      return whole.values.count - before
    }(&cells[cell].measures[measure])
    keptValues += kept
  }

  // MARK: Units

  /// Where the piece's units stand in the whole's cell.
  private mutating func unitPlaces(
    _ part: PieceTally.Cell, _ cell: Int, _ codes: TextCodes, _ numbers: inout [Int32]
  ) -> [UInt32] {
    part.units.map { code in
      let number: UInt32
      if code < 0 {
        // Nobody else has this number: a record without a unit stands for itself.
        number = nextNumber
        nextNumber &+= 1
      } else {
        if numbers[Int(code)] < 0 { numbers[Int(code)] = unit(Int(code), codes) }
        number = UInt32(numbers[Int(code)])
        if part.view == 0, part.arm < 64, !isPooled(Int(code), codes) { mark(Int(number), part) }
      }
      let (place, isNew) = positions.number(of: UInt64(cell) << 32 | UInt64(number))
      if isNew {
        places.append(UInt32(cells[cell].units.count))
        cells[cell].units.append(number)
        cells[cell].unitRecords.append(0)
      }
      return places[place]
    }
  }

  private mutating func mark(_ unit: Int, _ part: PieceTally.Cell) {
    let period = armsOfUnit.count > 1 ? part.period : 0
    guard armsOfUnit.indices.contains(period) else { return }
    if unit >= armsOfUnit[period].count {
      armsOfUnit[period] += repeatElement(0, count: max(units.count, unit + 1) - armsOfUnit[period].count)
    }
    armsOfUnit[period][unit] |= 1 << UInt64(part.arm)
  }

  private var places: [UInt32] = []

  private mutating func unit(_ code: Int, _ codes: TextCodes) -> Int32 {
    if let known = units.existing(code, in: codes) { return Int32(known) }
    guard units.count < limits.units else {
      hasPooledUnits = true
      return Int32(codes.entry(code).hash % UInt64(limits.units))
    }
    return Int32(units.code(of: code, in: codes))
  }

  private func isPooled(_ code: Int, _ codes: TextCodes) -> Bool {
    hasPooledUnits && units.existing(code, in: codes) == nil
  }

  // MARK: Thinning

  /// Keeps every second of the values that are left, by their number alone: the same ones every time.
  private mutating func thin() {
    thinning += 1
    keptValues = 0
    for cell in cells.indices {
      for measure in cells[cell].measures.indices {
        let old = cells[cell].measures[measure]
        guard !old.values.isEmpty else { continue }
        let ordinals = (0..<old.met).lazy.filter { [thinning] in Self.isKept($0, thinning - 1) }
        var (values, owners): ([Double], [UInt32]) = ([], [])
        for (at, ordinal) in ordinals.enumerated() where Self.isKept(ordinal, thinning) {
          values.append(old.values[at])
          if !old.owners.isEmpty { owners.append(old.owners[at]) }
        }
        keptValues += values.count
        (cells[cell].measures[measure].values, cells[cell].measures[measure].owners) = (values, owners)
      }
    }
  }

  private static func isKept(_ ordinal: Int, _ thinning: Int) -> Bool {
    var mixed = UInt64(ordinal) &* 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ (mixed &>> 32)) &* 0xD6E8_FEB8_6659_FD93
    return (mixed ^ (mixed &>> 32)).trailingZeroBitCount >= thinning
  }
}
