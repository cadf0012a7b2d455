/// Which cell, and which unit of it, each record of a piece belongs to.
struct PieceCells: ~Copyable {
  /// The records of one arm, one period and, in every view but the first, one segment.
  struct Cell {
    let view: Int
    let arm: Int
    let period: Int
    /// Of the segment's value among the piece's texts; -1 in the view of all records.
    let code: Int
    fileprivate(set) var records = 0
  }

  /// One unit of one cell.
  struct Slot {
    let cell: Int32
    /// Its code; -1 for a record that has none, which has a slot of its own.
    let unit: Int32
    fileprivate(set) var records: UInt32 = 0
    /// Among the slots of its cell.
    let position: UInt32
  }

  /// A piece has few cells, unless a field with a value of its own per record is taken for a segment.
  private static let mostCells = 1 << 14

  private(set) var cells: [Cell] = []
  private(set) var slots: [Slot] = []
  private(set) var uncounted = 0
  private(set) var withoutUnit = 0
  private(set) var rows = 0
  /// By view and row: the record's cell, -1 for none, and its slot.
  private var cellOf: UnsafeMutablePointer<Int32>
  private var slotOf: UnsafeMutablePointer<UInt32>
  private var room = 1024
  private let hasUnits: Bool
  let views: Int
  private var cellTable = PairTable()
  private var slotTable = PairTable()
  /// By number in `slotTable`.
  private var slotNumbers: [UInt32] = []
  /// By cell.
  private var unitCounts: [UInt32] = []
  private var slotsByCell: [UInt32] = []
  /// By cell: where its slots start there.
  private var starts: [Int] = []
  private var periods: [Int] = []
  /// By arm: the cell of all records in the latest period.
  private let latest: UnsafeMutablePointer<Int32>
  private let arms: Int

  init(arms: Int, views: Int, hasUnits: Bool) {
    (self.views, self.hasUnits) = (views, hasUnits)
    self.arms = arms
    latest = .allocate(capacity: arms)
    latest.initialize(repeating: -1, count: arms)
    cellOf = .allocate(capacity: room)
    slotOf = .allocate(capacity: room)
  }

  deinit {
    latest.deallocate()
    cellOf.deallocate()
    slotOf.deallocate()
  }

  mutating func begin(rows: Int) {
    self.rows = rows
    cellTable.removeAll()
    slotTable.removeAll()
    cells.removeAll(keepingCapacity: true)
    slots.removeAll(keepingCapacity: true)
    slotNumbers.removeAll(keepingCapacity: true)
    unitCounts.removeAll(keepingCapacity: true)
    periods.removeAll(keepingCapacity: true)
    latest.update(repeating: -1, count: arms)
    (uncounted, withoutUnit) = (0, 0)
    guard rows * views > room else { return }
    room = rows * views * 2
    cellOf.deallocate()
    slotOf.deallocate()
    cellOf = .allocate(capacity: room)
    slotOf = .allocate(capacity: room)
  }

  // MARK: Reading

  /// By row; -1 for a record that belongs to no cell.
  func cells(in view: Int) -> UnsafePointer<Int32> { UnsafePointer(cellOf + view * rows) }

  /// By row, where the record belongs to a cell and the question has units.
  func slots(in view: Int) -> UnsafePointer<UInt32> { UnsafePointer(slotOf + view * rows) }

  /// Among the units of its cell.
  @inline(__always)
  func position(of slot: UInt32) -> UInt32 { slots[Int(slot)].position }

  /// The slots of a cell, in their order.
  func slots(of cell: Int) -> ArraySlice<UInt32> {
    hasUnits ? slotsByCell[starts[cell]..<starts[cell + 1]] : []
  }

  /// Counts the records and sorts the slots by their cells, when all records are in.
  mutating func close() {
    cells.withUnsafeMutableBufferPointer { cells in
      for place in 0..<(rows * views) where cellOf[place] >= 0 { cells[Int(cellOf[place])].records &+= 1 }
    }
    guard hasUnits else { return }
    slots.withUnsafeMutableBufferPointer { slots in
      for place in 0..<(rows * views) where cellOf[place] >= 0 { slots[Int(slotOf[place])].records &+= 1 }
    }
    starts.removeAll(keepingCapacity: true)
    starts.append(0)
    for (cell, count) in unitCounts.enumerated() { starts.append(starts[cell] + Int(count)) }
    slotsByCell.removeAll(keepingCapacity: true)
    slotsByCell.append(contentsOf: repeatElement(0, count: slots.count))
    for (index, slot) in slots.enumerated() {
      slotsByCell[starts[Int(slot.cell)] + Int(slot.position)] = UInt32(index)
    }
  }

  // MARK: Entering

  @inline(__always)
  mutating func leaveOut(_ row: Int, view: Int) { cellOf[view &* rows &+ row] = -1 }

  @inline(__always)
  mutating func leaveOut(_ row: Int) { for view in 0..<views { leaveOut(row, view: view) } }

  /// Into the view of all records.
  @inline(__always)
  mutating func enter(_ row: Int, arm: Int, period: Int, unit: Int32) {
    if unit < 0, hasUnits { withoutUnit &+= 1 }
    let known = latest[arm]
    if known >= 0, periods[periods.count &- 1] == period, cells.count < Self.mostCells {
      enter(row, cell: Int(known), unit)
    } else {
      enterAnew(row, arm, period, unit)
    }
  }

  @inline(never)
  private mutating func enterAnew(_ row: Int, _ arm: Int, _ period: Int, _ unit: Int32) {
    let count = periods.count
    enter(row, view: 0, arm: arm, period: period, code: -1, unit: unit)
    if periods.count > count { latest.update(repeating: -1, count: arms) }
    latest[arm] = periods.last == period ? cellOf[row] : -1
  }

  @inline(__always)
  mutating func enter(_ row: Int, view: Int, arm: Int, period: Int, code: Int, unit: Int32) {
    // Periods of one piece are few and come one after another.
    var at = periods.count - 1
    while at >= 0, periods[at] != period { at -= 1 }
    if at < 0 {
      at = periods.count
      periods.append(period)
    }
    if cells.count >= Self.mostCells || at > 0x3FFFF {
      uncounted += 1
      return leaveOut(row, view: view)
    }
    let key = UInt64(view) << 58 | UInt64(arm) << 50 | UInt64(at & 0x3FFFF) << 32 | UInt64(UInt32(code + 1))
    let (cell, isNew) = cellTable.number(of: key)
    if isNew {
      cells.append(Cell(view: view, arm: arm, period: period, code: code))
      unitCounts.append(0)
    }
    enter(view &* rows &+ row, cell: cell, unit)
  }

  @inline(__always)
  private mutating func enter(_ place: Int, cell: Int, _ unit: Int32) {
    cellOf[place] = Int32(truncatingIfNeeded: cell)
    guard hasUnits else { return }
    var slot = slots.count
    if unit < 0 {
      addSlot(cell, unit)
    } else {
      let (number, isNew) = slotTable.number(of: UInt64(cell) << 32 | UInt64(unit))
      if isNew {
        slotNumbers.append(UInt32(slot))
        addSlot(cell, unit)
      } else {
        slot = Int(slotNumbers[number])
      }
    }
    slotOf[place] = UInt32(truncatingIfNeeded: slot)
  }

  private mutating func addSlot(_ cell: Int, _ unit: Int32) {
    slots.append(Slot(cell: Int32(cell), unit: unit, position: unitCounts[cell]))
    unitCounts[cell] += 1
  }
}
