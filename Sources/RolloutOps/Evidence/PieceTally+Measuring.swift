/// The sums of one piece.
extension PieceTally {
  /// Adds one measure over one view: `base` is where its rows begin in `cellOf`.
  func measure(
    _ index: Int, _ measuring: TracePlan.Measuring, _ base: Int, _ count: Int, _ scan: borrowing LogScan,
    _ part: inout Part
  ) {
    var sums = part.cells.map { $0.measures[index] }
    let hasUnits = plan.unit != nil
    if hasUnits {
      for (cell, each) in part.cells.enumerated() where sums[cell].totals.count < each.units.count {
        sums[cell].totals = Array(repeating: UnitTotal(), count: each.units.count)
      }
    }
    switch (measuring.kind, measuring.value) {
    case (.rate, nil) where measuring.joined != nil:
      for row in 0..<count {
        let cell = Int(cellOf[base + row])
        guard cell >= 0 else { continue }
        let score = measuring.joined.map { joined($0, scan.rows[row, measuring.column], scan) } ?? .nan
        if score.isNaN { sums[cell].absent += 1 } else { add(score != 0, hasUnits, base + row, &sums[cell]) }
      }
    case (.rate, nil):
      for row in 0..<count {
        let cell = Int(cellOf[base + row])
        guard cell >= 0 else { continue }
        let word = scan.rows[row, measuring.column]
        guard word != RowTable.Absence.eventMissing else {
          sums[cell].absent += 1
          continue
        }
        add(word == RowTable.Absence.event, hasUnits, base + row, &sums[cell])
      }
    case (.rate, let value?):
      let codes = Self.codes(of: value, scan.codes)
      for row in 0..<count {
        let cell = Int(cellOf[base + row])
        guard cell >= 0 else { continue }
        let word = scan.rows[row, measuring.column]
        if word < UInt64(RowTable.Absence.firstText) {
          if word == RowTable.Absence.text { sums[cell].absent += 1 } else { sums[cell].unreadable += 1 }
        } else {
          add(codes.text == word || codes.bare == word, hasUnits, base + row, &sums[cell])
        }
      }
    case (.mean, _), (.quantile, _):
      for row in 0..<count {
        let cell = Int(cellOf[base + row])
        guard cell >= 0 else { continue }
        let word = scan.rows[row, measuring.column]
        let value = measuring.joined.map { joined($0, word, scan) } ?? Double(bitPattern: word)
        guard !value.isNaN else {
          if word == RowTable.Absence.noNumber { sums[cell].unreadable += 1 } else { sums[cell].absent += 1 }
          continue
        }
        sums[cell].moments.add(value)
        if measuring.kind == .quantile { sums[cell].values.append(value) }
        if hasUnits {
          let slot = slotOf[base + row]
          sums[cell].totals[Int(slot)].count += 1
          sums[cell].totals[Int(slot)].sum += value
          if measuring.kind == .quantile { sums[cell].owners.append(slot) }
        }
      }
    }
    for cell in sums.indices { part.cells[cell].measures[index] = sums[cell] }
  }

  private func joined(_ field: Int, _ word: UInt64, _ scan: borrowing LogScan) -> Double {
    guard let scores, word >= UInt64(RowTable.Absence.firstText) else { return .nan }
    return scores.score(field, Int(word) - RowTable.Absence.firstText, scan.codes)
  }

  @inline(__always)
  private func add(_ happened: Bool, _ hasUnits: Bool, _ place: Int, _ sum: inout Measured) {
    sum.count += 1
    if happened { sum.events += 1 }
    guard hasUnits else { return }
    let slot = Int(slotOf[place])
    sum.totals[slot].count += 1
    if happened { sum.totals[slot].sum += 1 }
  }

  /// The words by which rows say that value, as a text and bare.
  private static func codes(of value: String, _ codes: TextCodes) -> (text: UInt64?, bare: UInt64?) {
    let padded = Array(value.utf8) + [UInt8](repeating: 0, count: 8)
    return padded.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return (nil, nil) }
      func word(_ isBare: Bool) -> UInt64? {
        codes.existing(base, buffer.count - 8, isBare: isBare).map { UInt64($0 + RowTable.Absence.firstText) }
      }
      return (word(false), word(true))
    }
  }

  /// What became of each field, over the records that belong to an arm.
  func addColumns(_ scan: borrowing LogScan, _ count: Int, _ part: inout Part) {
    for (column, request) in plan.requests.enumerated() {
      var sums = Column()
      let (absent, unreadable) = (RowTable.absent(request.kind), RowTable.unreadable(request.kind))
      for row in 0..<count where cellOf[row] >= 0 {
        let word = scan.rows[row, column]
        if word == absent {
          sums.missing += 1
        } else if request.kind == .event {
          sums.present += 1
          if word == RowTable.Absence.event { sums.events += 1 }
        } else if word == unreadable {
          sums.unreadable += 1
        } else {
          sums.present += 1
        }
      }
      part.columns[column] = sums
    }
  }

  mutating func isAccepted(_ row: Int, _ scan: borrowing LogScan) -> Bool {
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
}
