/// Draws records from logs: one pass, with no more in memory than the sample.
package struct Draw: Sendable {
  private let inputs: any Inputs
  private let crew: Crew

  package init(_ inputs: any Inputs, crew: Crew = .ofMachine) { (self.inputs, self.crew) = (inputs, crew) }

  /// Paths are absolute, or `-`.
  package func draw(_ question: DrawQuestion, _ paths: [String]) throws(FileTrouble) -> DrawAnswer {
    let plan = DrawPlan(question)
    let map = FieldMap(plan.requests)
    let feed = Pieces(feed: LogFeed(inputs, paths, map))
    return try crew.run(Job(plan: plan, map: map), feed, into: DrawTally(question, paths)).result()
  }

  /// Pieces with their place in the log: of a stream only whoever takes one piece after another knows it.
  private struct Pieces: Sendable {
    var feed: LogFeed
    var log = -1
    var passed = 0
  }

  private struct Job: CrewJob {
    let plan: DrawPlan
    let map: FieldMap

    final class Bench {
      var log: LogBench
      var picker: DrawPicker
      /// Where the buffer begins in the log.
      var start = 0
      var layout: SeparatedLayout?

      init(_ plan: DrawPlan, _ map: FieldMap) {
        log = LogBench(plan.requests, map)
        log.scan.keepsPlaces = true
        picker = DrawPicker(plan)
      }
    }

    func isSmall(_ pieces: Pieces) -> Bool { pieces.feed.isSmall }
    func bench() -> Bench { Bench(plan, map) }

    func claim(_ pieces: inout Pieces, _ bench: inout Bench) throws(FileTrouble) -> Bool {
      guard try bench.log.claim(&pieces.feed) else { return false }
      if bench.log.log != pieces.log { (pieces.log, pieces.passed) = (bench.log.log, 0) }
      switch bench.log.piece {
      case .part(_, let range, _):
        // One byte more in front is read, to see whether a line begins there.
        (bench.start, bench.layout) = (max(range.lowerBound - 1, 0), nil)
      case .text(let range, let layout, _):
        (bench.start, bench.layout) = (pieces.passed, layout)
        pieces.passed += range.count
      case .longLine, .strange: break
      }
      return true
    }

    func work(_ bench: inout Bench) throws(FileTrouble) -> DrawTally.Part {
      try bench.log.read()
      return bench.picker.pick(bench.log, from: bench.start, bench.layout)
    }

    func merge(_ part: DrawTally.Part, into whole: inout DrawTally) { whole.add(part) }
  }
}

/// A question made ready: which columns to read, and where each part of the question finds its own.
struct DrawPlan: Sendable {
  let question: DrawQuestion
  private(set) var requests: [FieldRequest] = []
  private(set) var time = 0
  private(set) var strata: [Int] = []
  private(set) var labels: [(column: Int, value: String)] = []
  private(set) var filter: FilterPlan?

  init(_ question: DrawQuestion) {
    self.question = question
    time = column(.time, "ts")
    strata = question.strata.map { column(.text, $0) }
    labels = question.versions.map { (column(.text, $0.field), $0.value) }
    filter = question.filter.map { FilterPlan($0) { column(.text, $0) } }
    // A file of cells is known by a name in its header, also where nothing of it is asked for.
    for field in ["prompt_version", "model_version", "tenant", "category"] { _ = column(.text, field) }
  }

  private mutating func column(_ kind: FieldRequest.Kind, _ field: String) -> Int {
    let request = FieldRequest(kind, question.names.names(of: field))
    if let known = requests.firstIndex(of: request) { return known }
    requests.append(request)
    return requests.count - 1
  }

  /// No stratum ever gives more.
  var most: Int {
    switch question.allocation {
    case .inAll(let size), .ofEach(let size): size
    }
  }
}

/// Sorts the records of a piece into strata and keeps those with the lowest numbers of each.
struct DrawPicker {
  private let plan: DrawPlan
  /// By leaf of the filter, then by label, and by code: 0 no, 1 yes, 2 not looked up yet.
  private var known: [[UInt8]] = []
  private var tables: [PairTable]
  private var rows: [[(number: DrawNumber, row: Int)]] = []

  init(_ plan: DrawPlan) {
    self.plan = plan
    tables = plan.strata.map { _ in PairTable() }
  }

  mutating func pick(_ bench: borrowing LogBench, from start: Int, _ layout: SeparatedLayout?) -> DrawTally.Part {
    var part = DrawTally.Part()
    (part.log, part.lines) = (bench.log, LineCounts(bench.scan))
    begin(bench.scan)
    for row in 0..<bench.scan.rows.count where isWanted(row, bench.scan, &part) {
      let number = DrawNumber(
        plan.question.seed, log: bench.log, offset: start + bench.scan.places[row].range.lowerBound)
      let stratum = stratum(of: row, bench.scan)
      if stratum == rows.count { rows.append([]) }
      rows[stratum].append((number, row))
    }
    for all in rows where !all.isEmpty {
      var stratum = DrawTally.Stratum(values: values(of: all[0].row, bench.scan))
      stratum.seen = all.count
      let lowest = all.count > plan.most ? all.sorted { $0.number < $1.number }.prefix(plan.most + 1) : all[...]
      stratum.kept = lowest.map { number, row in
        let place = bench.scan.places[row]
        var text = UnsafeBufferPointer(start: bench.buffer.text + place.range.lowerBound, count: place.range.count)
        if text.last == 0x0A { text = UnsafeBufferPointer(rebasing: text.dropLast()) }
        return DrawTally.Candidate(number: number, line: place.line, text: Array(text), layout: layout)
      }
      part.strata.append(stratum)
    }
    return part
  }

  private mutating func begin(_ scan: borrowing LogScan) {
    for at in tables.indices { tables[at].removeAll() }
    rows.removeAll(keepingCapacity: true)
    let leaves = (plan.filter?.leaves.count ?? 0) + plan.labels.count
    let empty = Array(repeating: UInt8(2), count: scan.codes.count)
    known = Array(repeating: empty, count: leaves)
  }

  // MARK: What a record says

  private mutating func isWanted(_ row: Int, _ scan: borrowing LogScan, _ part: inout DrawTally.Part) -> Bool {
    if let filter = plan.filter {
      for (index, leaf) in filter.leaves.enumerated() {
        learn(index, leaf.column, row, scan) { leaf.accepts($0, isBare: $1) }
      }
      guard filter.accepts({ says($0, filter.leaves[$0].column, row, scan) }) else {
        part.filteredOut += 1
        return false
      }
    }
    if !plan.labels.isEmpty {
      let first = plan.filter?.leaves.count ?? 0
      for (index, label) in plan.labels.enumerated() {
        learn(first + index, label.column, row, scan) { text, _ in text == label.value }
      }
      guard plan.labels.indices.contains(where: { says(first + $0, plan.labels[$0].column, row, scan) }) else {
        part.withOtherLabels += 1
        return false
      }
    }
    return isInTime(Int64(bitPattern: scan.rows[row, plan.time]), &part)
  }

  private func isInTime(_ time: Int64, _ part: inout DrawTally.Part) -> Bool {
    let question = plan.question
    guard time > Int64.min + 1 else {
      guard question.since != nil || question.until != nil else { return true }
      part.withoutTime += 1
      return false
    }
    if let since = question.since, time < since.microseconds {
      part.outsideTime += 1
      return false
    }
    if let until = question.until, time >= until.microseconds {
      part.outsideTime += 1
      return false
    }
    (part.earliest, part.latest) = (min(part.earliest, time), max(part.latest, time))
    return true
  }

  private mutating func learn(
    _ index: Int, _ column: Int, _ row: Int, _ scan: borrowing LogScan, _ accepts: (String, Bool) -> Bool
  ) {
    let code = Int(scan.rows[row, column]) - RowTable.Absence.firstText
    guard code >= 0, known[index][code] == 2 else { return }
    known[index][code] = accepts(scan.codes.text(code), scan.codes.entry(code).isBare) ? 1 : 0
  }

  private func says(_ index: Int, _ column: Int, _ row: Int, _ scan: borrowing LogScan) -> Bool {
    let code = Int(scan.rows[row, column]) - RowTable.Absence.firstText
    return code >= 0 && known[index][code] == 1
  }

  private mutating func stratum(of row: Int, _ scan: borrowing LogScan) -> Int {
    var number = 0
    for (index, column) in plan.strata.enumerated() {
      let word = scan.rows[row, column]
      number = tables[index].number(of: UInt64(number) << 32 | word & 0xFFFF_FFFF).number
    }
    return number
  }

  private func values(of row: Int, _ scan: borrowing LogScan) -> [String?] {
    plan.strata.map { column in
      let code = Int(scan.rows[row, column]) - RowTable.Absence.firstText
      return code >= 0 ? scan.codes.text(code) : nil
    }
  }
}

// MARK: - Records as JSON

extension DrawAnswer.Record {
  /// Of a row of cells an object of texts; what is not to be read stays a text.
  package var json: JSON {
    guard let layout else {
      return text.withUnsafeBufferPointer { bytes in
        var reader = JSONReader(bytes, lastWins: true)
        return (try? reader.value()) ?? .string(String(decoding: bytes, as: UTF8.self))
      }
    }
    return .object(zip(layout.names, layout.cells(of: text)).map { JSON.Member($0, .string($1)) })
  }
}

extension SeparatedLayout {
  /// The texts of the cells of a row that was read without a fault.
  func cells(of row: [UInt8]) -> [String] {
    var cells: [String] = []
    var cell: [UInt8] = []
    var at = 0
    let end = row.last == 0x0D ? row.count - 1 : row.count
    while at <= end {
      if at < end, cell.isEmpty, row[at] == UInt8(ascii: "\"") {
        at += 1
        while at < end {
          if row[at] == UInt8(ascii: "\"") {
            guard at + 1 < end, row[at + 1] == UInt8(ascii: "\"") else { break }
            at += 1
          }
          cell.append(row[at])
          at += 1
        }
        at += 1
      }
      while at < end, row[at] != separator {
        cell.append(row[at])
        at += 1
      }
      cells.append(String(decoding: cell, as: UTF8.self))
      cell.removeAll(keepingCapacity: true)
      at += 1
    }
    return cells
  }
}
