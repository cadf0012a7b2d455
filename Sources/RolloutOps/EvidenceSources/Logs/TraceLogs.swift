/// Trace logs as evidence: questions are put to files, patterns and standard input.
package struct TraceLogs: Sendable {
  private let inputs: any Inputs
  private let crew: Crew
  private let limits: TraceTally.Limits

  package init(_ inputs: any Inputs, crew: Crew = .ofMachine) {
    self.init(inputs, crew: crew, limits: TraceTally.Limits())
  }

  init(_ inputs: any Inputs, crew: Crew, limits: TraceTally.Limits) {
    (self.inputs, self.crew, self.limits) = (inputs, crew, limits)
  }

  /// One pass over all of them. Paths are absolute, or `-`.
  package func ask(_ question: TraceQuestion, _ paths: [String]) throws(FileTrouble) -> TraceEvidence {
    var question = question
    let scores = try scores(question)
    if let scores { question.scores?.fields = scores.fields }
    let plan = TracePlan(question)
    let map = FieldMap(plan.requests)
    let whole = try crew.run(
      Job(plan: plan, map: map, scores: scores), LogFeed(inputs, paths, map), into: TraceTally(plan, paths, limits))
    var evidence = whole.evidence()
    if let scores {
      (evidence.scoreLogs, evidence.scores, evidence.scored) = (scores.logs, scores.count, scores.fields)
    }
    return evidence
  }

  private func scores(_ question: TraceQuestion) throws(FileTrouble) -> ScoreTable? {
    guard let asked = question.scores else { return nil }
    let job = ScoreTable.Job(asked.fields, question.names)
    var table = try crew.run(job, LogFeed(inputs, asked.paths, job.map), into: ScoreTable(asked.fields, asked.paths))
    if asked.yields { table.dropUnscored() }
    return table
  }

  private struct Job: CrewJob {
    let plan: TracePlan
    let map: FieldMap
    let scores: ScoreTable?

    final class Bench {
      var log: LogBench
      var tally: PieceTally

      init(_ plan: TracePlan, _ map: FieldMap, _ scores: ScoreTable?) {
        log = LogBench(plan.requests, map)
        log.scan.repeated = RepeatedLines(plan.question.names.names(of: "trace_id"))
        tally = PieceTally(plan, scores)
      }
    }

    func isSmall(_ feed: LogFeed) -> Bool { feed.isSmall }
    func bench() -> Bench { Bench(plan, map, scores) }

    func claim(_ feed: inout LogFeed, _ bench: inout Bench) throws(FileTrouble) -> Bool {
      try bench.log.claim(&feed)
    }

    func work(_ bench: inout Bench) throws(FileTrouble) -> PieceTally.Part {
      try bench.log.read()
      var part = bench.tally.add(bench.log.scan)
      part.log = bench.log.log
      return part
    }

    func merge(_ part: PieceTally.Part, into whole: inout TraceTally) { whole.add(part) }
  }
}

extension TraceTally {
  func evidence() -> TraceEvidence {
    var evidence = TraceEvidence()
    evidence.logs = logs
    evidence.fields = zip(plan.columnNames, columns).enumerated().map { index, field in
      var report = TraceEvidence.Field(field.0)
      (report.present, report.missing, report.unreadable) = (field.1.present, field.1.missing, field.1.unreadable)
      report.isSparse = isSparse(index)
      return report
    }
    evidence.records = logs.reduce(0) { $0 + $1.records }
    (evidence.filteredOut, evidence.withoutLabel) = (sums.filteredOut, sums.withoutLabel)
    (evidence.withOtherLabels, evidence.withoutTime) = (sums.withOtherLabels, sums.withoutTime)
    (evidence.withoutUnit, evidence.uncounted) = (sums.withoutUnit, sums.uncounted)
    evidence.otherLabels = otherLabels.map(TraceEvidence.Label.init)
      .sorted { ($1.records, $0.value) < ($0.records, $1.value) }.prefix(10).map(\.self)
    if earliest <= latest {
      evidence.first = Instant(microseconds: earliest)
      evidence.last = Instant(microseconds: latest)
    }
    evidence.backwards = backwards
    evidence.repeated = digests.repeatedShare
    evidence.hours = hours
    evidence.crossings = armsOfUnit.map { arms in
      let crossing = arms.indices.filter { arms[$0].nonzeroBitCount > 1 }
      return TraceEvidence.Crossing(units: crossing.count, examples: crossing.prefix(5).map(units.text))
    }
    evidence.pooledUnits = hasPooledUnits
    evidence.thinning = 1 << thinning
    evidence.cells = cells.map(finished).sorted { $0.key < $1.key }
    return evidence
  }

  /// Nobody ever writes that it did not happen, so not writing it says that.
  private func isSparse(_ column: Int) -> Bool {
    plan.requests[column].kind == .event && columns[column].events > 0
      && columns[column].events == columns[column].present
  }

  private func finished(_ cell: Cell) -> TraceEvidence.Cell {
    let segment =
      cell.key.view == 0
      ? nil
      : TraceEvidence.Cell.Segment(
        field: plan.question.segments[cell.key.view - 1], value: segments.text(cell.key.code))
    let key = TraceEvidence.Cell.Key(arm: cell.key.arm, period: cell.key.period, segment: segment)
    let samples = zip(plan.measures, cell.measures).map { sample($0, $1, cell) }
    return TraceEvidence.Cell(
      key: key, records: cell.records, samples: samples, units: plan.unit == nil ? nil : cell.units.count)
  }

  private func sample(_ measurement: TracePlan.Measurement, _ sum: Measured, _ cell: Cell) -> Sample {
    var (count, missing) = (sum.count, sum.absent + sum.unreadable)
    var totals = sum.totals
    totals.append(contentsOf: repeatElement(UnitTotal(), count: cell.units.count - totals.count))
    if measurement.kind == .rate, measurement.value == nil, isSparse(measurement.column) {
      (count, missing) = (count + sum.absent, sum.unreadable)
      for place in totals.indices { totals[place].count = Int(cell.unitRecords[place]) }
    }
    if measurement.kind == .quantile, thinning > 0 {
      // What was not kept cannot speak of how sure the quantile is.
      var sample = Sample(.quantile)
      for (index, value) in sum.values.enumerated() {
        sample.add(value, unit: sum.owners.isEmpty ? Sample.noUnit : sum.owners[index])
      }
      (sample.missing, sample.unitNumbers) = (missing, cell.units)
      return sample
    }
    return Sample(
      measurement.kind, count: measurement.kind == .rate ? count : sum.moments.count, events: sum.events,
      missing: missing, moments: sum.moments, totals: totals, unitNumbers: cell.units, values: sum.values,
      owners: sum.owners)
  }
}

extension TraceEvidence.Cell.Key: Comparable {
  package static func < (left: Self, right: Self) -> Bool {
    let (one, other) = (left.segment, right.segment)
    if one != other { return (one?.field ?? "", one?.value ?? "") < (other?.field ?? "", other?.value ?? "") }
    return (left.arm, left.period) < (right.arm, right.period)
  }
}
