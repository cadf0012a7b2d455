/// The sums of one piece.
///
/// Each measure takes the records in their order.
extension PieceTally {
  /// What one measure has come to in one cell.
  private struct Running {
    var count = 0
    var events = 0
    var absent = 0
    var unreadable = 0
    var moments = ShiftedMoments()
    /// Where the cell's values begin among all that are kept, and how many they are.
    var start = 0
    var kept = 0
  }

  /// A measure whose field some record has. It is trivial, so that going over several costs no reference counts.
  private struct Summing {
    let index: Int
    let column: RowColumn
    /// Which of the scores' fields it is, -1 for one of the log's own.
    let joined: Int
    let keepsValues: Bool
    /// By cell, and by slot.
    let running: UnsafeMutablePointer<Running>
    let totals: UnsafeMutablePointer<UnitTotal>
  }

  /// Every value and its unit, cell by cell, for quantiles.
  private struct Kept {
    let values: UnsafeMutablePointer<Double>
    let owners: UnsafeMutablePointer<UInt32>
  }

  /// Adds all measures.
  func measure(_ scan: borrowing LogScan, _ part: inout Part) {
    let (cells, slots) = (places.cells.count, hasUnits ? places.slots.count : 0)
    let columns = plan.measures.map { scan.rows.column($0.column) }
    let carried = columns.indices.filter { !columns[$0].isEmpty }
    let records = places.cells.reduce(0) { $0 + $1.records }
    let quantiles = carried.count { plan.measures[$0].kind == .quantile }
    // One more of each, so that there is memory to point at.
    var running = [Running](repeating: Running(), count: carried.count * cells + 1)
    var totals = [UnitTotal](repeating: UnitTotal(), count: carried.count * slots + 1)
    var values = [Double](repeating: 0, count: quantiles * records + 1)
    var owners = [UInt32](repeating: 0, count: hasUnits ? values.count : 1)
    running.withUnsafeMutableBufferPointer { running in
      totals.withUnsafeMutableBufferPointer { totals in
        values.withUnsafeMutableBufferPointer { values in
          owners.withUnsafeMutableBufferPointer { owners in
            guard let running = running.baseAddress, let totals = totals.baseAddress,
              let values = values.baseAddress, let owners = owners.baseAddress
            else { return }
            let summings = carried.enumerated().map { place, index in
              Summing(
                index: index, column: columns[index], joined: plan.measures[index].joined ?? -1,
                keepsValues: plan.measures[index].kind == .quantile, running: running + place * cells,
                totals: totals + place * slots)
            }
            let kept = Kept(values: values, owners: owners)
            measure(summings, kept, scan)
            finish(summings, kept, &part)
          }
        }
      }
    }
  }

  private var hasUnits: Bool { plan.unit != nil }

  private func measure(_ summings: [Summing], _ kept: Kept, _ scan: borrowing LogScan) {
    var start = 0
    for summing in summings where summing.keepsValues {
      // Each cell has room for as many values as it has records.
      for (cell, counted) in places.cells.enumerated() {
        summing.running[cell].start = start
        start += counted.records
      }
    }
    for summing in summings where plan.measures[summing.index].kind == .rate {
      if let value = plan.measures[summing.index].value {
        addShares(of: value, summing, scan.codes)
      } else if summing.joined >= 0 {
        addScored(summing, scan)
      } else {
        addEvents(summing)
      }
    }
    for summing in summings where plan.measures[summing.index].kind != .rate {
      for view in 0..<places.views { addNumbers(summing, in: view, kept, scan) }
    }
  }

  private func finish(_ summings: [Summing], _ kept: Kept, _ part: inout Part) {
    for cell in part.cells.indices {
      var absent = Measured()
      absent.absent = part.cells[cell].records
      var measures = Array(repeating: absent, count: plan.measures.count)
      let slots = places.slots(of: cell)
      for summing in summings {
        let sum = summing.running[cell]
        var measured = Measured(
          events: sum.events, absent: sum.absent, unreadable: sum.unreadable, count: sum.count,
          moments: sum.moments.moments)
        measured.totals = slots.map { summing.totals[Int($0)] }
        if sum.kept > 0 {
          measured.values = Array(UnsafeBufferPointer(start: kept.values + sum.start, count: sum.kept))
          if hasUnits { measured.owners = Array(UnsafeBufferPointer(start: kept.owners + sum.start, count: sum.kept)) }
        }
        measures[summing.index] = measured
      }
      part.cells[cell].measures = measures
    }
  }

  // MARK: All records

  private func addEvents(_ summing: Summing) {
    for view in 0..<places.views {
      let (cells, slots) = (places.cells(in: view), places.slots(in: view))
      for row in 0..<places.rows where cells[row] >= 0 {
        let word = summing.column[row]
        if word == RowTable.Absence.eventMissing {
          summing.running[Int(cells[row])].absent &+= 1
        } else {
          add(word == RowTable.Absence.event, summing, Int(cells[row]), slots + row)
        }
      }
    }
  }

  /// Whether it happened stands in the scores, by the record's request.
  private func addScored(_ summing: Summing, _ scan: borrowing LogScan) {
    for view in 0..<places.views {
      let (cells, slots) = (places.cells(in: view), places.slots(in: view))
      for row in 0..<places.rows where cells[row] >= 0 {
        let score = joined(summing.joined, summing.column[row], scan)
        if score.isNaN {
          summing.running[Int(cells[row])].absent &+= 1
        } else {
          add(score != 0, summing, Int(cells[row]), slots + row)
        }
      }
    }
  }

  private func addShares(of value: String, _ summing: Summing, _ codes: TextCodes) {
    let (text, bare) = Self.words(for: value, codes)
    for view in 0..<places.views {
      let (cells, slots) = (places.cells(in: view), places.slots(in: view))
      for row in 0..<places.rows where cells[row] >= 0 {
        let word = summing.column[row]
        if word >= UInt64(RowTable.Absence.firstText) {
          add(word == text || word == bare, summing, Int(cells[row]), slots + row)
        } else if word == RowTable.Absence.text {
          summing.running[Int(cells[row])].absent &+= 1
        } else {
          summing.running[Int(cells[row])].unreadable &+= 1
        }
      }
    }
  }

  @inline(__always)
  private func add(_ happened: Bool, _ summing: Summing, _ cell: Int, _ slot: UnsafePointer<UInt32>) {
    summing.running[cell].count &+= 1
    summing.running[cell].events &+= happened ? 1 : 0
    guard hasUnits else { return }
    summing.totals[Int(slot[0])].count &+= 1
    summing.totals[Int(slot[0])].sum += happened ? 1 : 0
  }

  /// A record's cell is mostly that of the record before it, so the moments stay at hand until another one's turn comes.
  private func addNumbers(_ summing: Summing, in view: Int, _ kept: Kept, _ scan: borrowing LogScan) {
    let hasUnits = hasUnits
    let (cells, slots) = (places.cells(in: view), places.slots(in: view))
    var (cell, moments) = (-1, ShiftedMoments())
    for row in 0..<places.rows where cells[row] >= 0 {
      if cell != Int(cells[row]) {
        if cell >= 0 { summing.running[cell].moments = moments }
        cell = Int(cells[row])
        moments = summing.running[cell].moments
      }
      let running = summing.running + cell
      let word = summing.column[row]
      let value = summing.joined < 0 ? Double(bitPattern: word) : joined(summing.joined, word, scan)
      if value.isNaN {
        let isUnreadable = word == RowTable.Absence.noNumber
        running.pointee.unreadable &+= isUnreadable ? 1 : 0
        running.pointee.absent &+= isUnreadable ? 0 : 1
        continue
      }
      moments.add(value)
      if hasUnits {
        summing.totals[Int(slots[row])].count &+= 1
        summing.totals[Int(slots[row])].sum += value
      }
      guard summing.keepsValues else { continue }
      let place = running.pointee.start &+ running.pointee.kept
      running.pointee.kept &+= 1
      kept.values[place] = value
      if hasUnits { kept.owners[place] = places.position(of: slots[row]) }
    }
    if cell >= 0 { summing.running[cell].moments = moments }
  }

  private func joined(_ field: Int, _ word: UInt64, _ scan: borrowing LogScan) -> Double {
    guard let scores, word >= UInt64(RowTable.Absence.firstText) else { return .nan }
    return scores.score(field, Int(word) - RowTable.Absence.firstText, scan.codes)
  }

  /// The words by which rows say that value, as a text and bare.
  private static func words(for value: String, _ codes: TextCodes) -> (text: UInt64?, bare: UInt64?) {
    let padded = Array(value.utf8) + [UInt8](repeating: 0, count: 8)
    return padded.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return (nil, nil) }
      func word(_ isBare: Bool) -> UInt64? {
        codes.existing(base, buffer.count - 8, isBare: isBare).map { UInt64($0 + RowTable.Absence.firstText) }
      }
      return (word(false), word(true))
    }
  }

  // MARK: Fields

  /// What became of a field, over the records that belong to an arm.
  func column(_ index: Int, _ scan: borrowing LogScan) -> Column {
    let kind = plan.requests[index].kind
    let column = scan.rows.column(index)
    let cells = places.cells(in: 0)
    var sums = Column()
    guard !column.isEmpty else {
      for cell in places.cells where cell.view == 0 { sums.missing += cell.records }
      return sums
    }
    let (absent, unreadable) = (RowTable.absent(kind), RowTable.unreadable(kind))
    let counted = places.cells.reduce(0) { $0 + ($1.view == 0 ? $1.records : 0) }
    // Mostly every record has a value, and belongs to an arm.
    if !column.isFull || kind == .event {
      let isAll = counted == places.rows
      for row in 0..<places.rows where isAll || cells[row] >= 0 {
        sums.missing &+= column[row] == absent ? 1 : 0
        sums.unreadable &+= column[row] == unreadable ? 1 : 0
      }
    }
    // An event that cannot be told from its value did happen.
    if kind == .event { (sums.events, sums.unreadable) = (sums.unreadable, 0) }
    sums.present = counted - sums.missing - sums.unreadable
    return sums
  }
}
