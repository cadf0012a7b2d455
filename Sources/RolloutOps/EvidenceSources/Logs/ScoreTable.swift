/// Scores that live in a file of their own, by the request that they judge.
struct ScoreTable: Sendable {
  /// What reading them met.
  private(set) var logs: [TraceEvidence.Log]
  private(set) var fields: [String]
  private var ids = TextCodes()
  /// By field and request; NaN where there is no score.
  private var scores: [[Double]]

  init(_ fields: [String], _ paths: [String]) {
    self.fields = fields
    scores = fields.map { _ in [] }
    logs = paths.map(TraceEvidence.Log.init)
  }

  var count: Int { ids.count }

  @inline(__always)
  func score(_ field: Int, _ code: Int, _ codes: TextCodes) -> Double {
    guard let request = ids.existing(code, in: codes) else { return .nan }
    return scores[field][request]
  }

  /// Of two scores for one request the later one counts.
  mutating func add(_ part: Part) {
    logs[part.log].add(part.lines)
    for (row, code) in part.ids.enumerated() {
      let request = ids.code(of: code, in: part.codes)
      for field in fields.indices {
        if request == scores[field].count { scores[field].append(.nan) }
        let score = part.scores[row * fields.count + field]
        if !score.isNaN { scores[field][request] = score }
      }
    }
  }

  /// What no request has a score of is no field of these files.
  mutating func dropUnscored() {
    let kept = fields.indices.filter { scores[$0].contains { !$0.isNaN } }
    (fields, scores) = (kept.map { fields[$0] }, kept.map { scores[$0] })
  }

  struct Part: Sendable {
    let log: Int
    let lines: LineCounts
    let codes: TextCodes
    let ids: [Int]
    let scores: [Double]
  }

  /// Reads one file of scores after another.
  struct Job: CrewJob {
    let map: FieldMap
    let requests: [FieldRequest]

    final class Bench {
      var log: LogBench
      init(_ requests: [FieldRequest], _ map: FieldMap) { log = LogBench(requests, map) }
    }

    init(_ fields: [String], _ names: FieldNames) {
      requests =
        [FieldRequest(.text, names.names(of: "trace_id"))]
        + fields.map { FieldRequest(.number, names.names(of: $0)) }
      map = FieldMap(requests)
    }

    func isSmall(_ feed: LogFeed) -> Bool { feed.isSmall }
    func bench() -> Bench { Bench(requests, map) }

    func claim(_ feed: inout LogFeed, _ bench: inout Bench) throws(FileTrouble) -> Bool {
      try bench.log.claim(&feed)
    }

    func work(_ bench: inout Bench) throws(FileTrouble) -> Part {
      try bench.log.read()
      var (ids, scores): ([Int], [Double]) = ([], [])
      for row in 0..<bench.log.scan.rows.count {
        let code = Int(bench.log.scan.rows[row, 0]) - RowTable.Absence.firstText
        guard code >= 0 else { continue }
        ids.append(code)
        for column in 1..<requests.count { scores.append(Double(bitPattern: bench.log.scan.rows[row, column])) }
      }
      return Part(
        log: bench.log.log, lines: LineCounts(bench.log.scan), codes: bench.log.scan.codes, ids: ids, scores: scores)
    }

    func merge(_ part: Part, into whole: inout ScoreTable) { whole.add(part) }
  }
}

/// What one piece adds to the report on its log.
struct LineCounts: Sendable {
  let lines: Int
  let records: Int
  let broken: Int
  let faults: [LogScan.Fault]
  let isUnfinished: Bool
  let isBelowHeader: Bool

  init(_ scan: borrowing LogScan) {
    (lines, records, broken) = (scan.lines, scan.rows.count, scan.broken)
    (faults, isUnfinished, isBelowHeader) = (scan.faults, scan.isUnfinished, scan.isBelowHeader)
  }
}

extension TraceEvidence.Log {
  /// How many lines there were before.
  @discardableResult
  mutating func add(_ part: LineCounts) -> Int {
    if part.isBelowHeader, lines == 0 { lines = 1 }
    let before = lines
    for fault in part.faults where faults.count < LogScan.keptFaults {
      faults.append(Fault(line: lines + fault.line + 1, reason: fault.reason))
    }
    lines += part.lines
    records += part.records
    broken += part.broken
    if part.isUnfinished { isUnfinished = true }
    return before
  }
}
