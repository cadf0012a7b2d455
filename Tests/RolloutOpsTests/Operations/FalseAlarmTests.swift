import Testing

@testable import RolloutOps

/// The control against itself: what fires there fires falsely.
@Suite struct FalseAlarmTests {
  /// Tenants that differ much from each other, and a version that does not differ from the other.
  private func day(_ random: inout SplitMix64, tenants: Int = 80) -> BacktestTests.Day {
    let levels = (0..<tenants).map { Double.random(in: $0.isMultiple(of: 2) ? 0...0.05 : 0.5...0.6, using: &random) }
    var day = BacktestTests.Day()
    for (version, count, seconds) in [("v6", tenants, 6), ("v7", tenants / 3, 24)] {
      day.add(version, every: seconds, tenants: count) { index in
        let fails = Double.random(in: 0..<1, using: &random) < levels[index % count]
        let slow = 200 + levels[index % count] * 3000 + Double.random(in: 0...200, using: &random)
        return ",\"parse_error\":\(fails),\"latency_ms\":\(slow),\"quality\":\(0.9 - levels[index % count])"
      }
    }
    return day
  }

  private func report(
    _ triggers: String, _ day: BacktestTests.Day, _ adjust: (inout Backtest.Request) -> Void = { _ in }
  ) throws -> BacktestReport {
    let world = World(
      note: World.plainNote.replacing("Rollback trigger:\n- parse failures above 2%", with: "")
        + "\nEvidence: traces/*.ndjson\nBands: none\n\(BacktestTests.metrics)\n\(triggers)\n")
    world.files.put(World.log, day.text)
    var request = Backtest.Request()
    (request.target, request.every, request.splits) = (World.note, .minutes(30), 40)
    adjust(&request)
    return try Backtest(context: world.context(), choices: OperatorChoices()).report(request)
  }

  private static let comparisons = """
    Hold trigger:
    - p95 latency above control
    Rollback trigger:
    - parse failures above control
    - quality below control
    - parse failures above control over 1h
    """

  @Test func comparisonsAreSeldomWrong() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    let report = try report(Self.comparisons, day(&random)) { $0.seed = "\(seed)" }
    let most = SimulatedRollouts.most(0.05, of: 40)
    for row in report.rows {
      #expect((row.falseAlarms ?? .max) <= most, "seed \(seed): \(row.trigger.text)")
    }
    let splits = try #require(report.splits)
    #expect(splits.units == 80 && splits.count == 40 && abs(splits.share - 0.25) < 0.01)
  }

  /// Three of ten requests of the control fail: a limit of 2% speaks of the control, not of the canary.
  @Test func aLimitBelowTheOrdinaryLevelAlwaysFires() throws {
    var random = SplitMix64(seed: 7)
    let report = try report("Rollback trigger:\n- parse failures above 2%\n- parse failures above 70%", day(&random))
    #expect(report.rows.map(\.falseAlarms) == [40, 0] && report.splits?.any == 40)
    #expect(report.firesTooOften(report.rows[0]) && !report.firesTooOften(report.rows[1]))
    let text = BacktestText(report, ink: .none, width: 100).text
    #expect(text.contains("false alarms: 40 of 40 splits (100%)\n") && text.contains("its limit lies within"))
    #expect(text.contains("false alarms: 0 of 40 splits (0%, at most 8.76%)"))
  }

  @Test func theSeedDecides() throws {
    var random = SplitMix64(seed: 7)
    let day = day(&random, tenants: 30)
    let limit = "Rollback trigger:\n- parse failures above 20%"
    let counts = try ["1", "1", "2", "3", "4"].map { seed in
      try report(limit, day) { $0.seed = seed }.rows[0].falseAlarms
    }
    #expect(counts[0] == counts[1] && Set(counts).count > 1)
  }

  /// Both parts together are the control, and no unit is in both.
  @Test func aSplitPartsTheControl() throws {
    var random = SplitMix64(seed: 7)
    var log = day(&random, tenants: 20)
    log.lines += ["{\"ts\":\"2026-11-20T03:00:00Z\",\"prompt_version\":\"v6\",\"parse_error\":true,\"latency_ms\":5}"]
    let question = TraceQuestion(
      label: "prompt_version", arms: [.init("canary", values: ["v7"]), .init("control", values: ["v6"])],
      unit: "tenant", periods: .every(.hours(1)), segments: ["plan"],
      measures: [.rate("parse_error"), .mean("latency_ms"), .quantile("latency_ms")])
    let evidence = try TraceLogs(MemoryInputs(["/log": log.text])).ask(question, ["/log"])
    let tape = EvidenceTape(evidence, width: .hours(1))
    #expect(tape.times.count == 6 && tape.units(of: 1).count == 21)
    var (whole, parts) = (
      GatheredEvidence(tape, kinds: [.rate, .mean, .quantile], from: [0, 1, 2]),
      GatheredEvidence(tape, kinds: [.rate, .mean, .quantile], from: [0, 2, 2])
    )
    for piece in tape.times.flatMap(\.pieces) where piece.arm == 1 {
      whole.add(piece)
      parts.add(piece) { $0.isMultiple(of: 2) }
    }
    let control = try #require(whole.cells(period: 2).first { $0.key.segment == nil })
    let halves = parts.cells(period: 2).filter { $0.key.segment == nil }
    #expect(control.records == 3601 && halves.map(\.key.arm) == [0, 1])
    #expect(halves.reduce(0) { $0 + $1.records } == control.records)
    for measure in 0..<3 {
      let (sum, one, other) = (control.samples[measure], halves[0].samples[measure], halves[1].samples[measure])
      #expect(one.count + other.count == sum.count && one.events + other.events == sum.events && one.count > 0)
      #expect((one.unitCount ?? 0) + (other.unitCount ?? 0) == 21 && sum.unitCount == 21)
      #expect(abs(one.moments.sum + other.moments.sum - sum.moments.sum) < 1e-6 * max(1, sum.moments.sum))
      #expect(one.values.count + other.values.count == sum.values.count)
      #expect((one.values + other.values).sorted() == sum.values.sorted())
    }
    // As one question over all the time would have it.
    var once = question
    once.periods = .whole
    let asked = try TraceLogs(MemoryInputs(["/log": log.text])).ask(once, ["/log"])
    let cell = try #require(asked.cell(arm: 1))
    for (mine, theirs) in zip(control.samples, cell.samples) {
      #expect(mine.count == theirs.count && mine.events == theirs.events)
      #expect(abs(mine.moments.mean - theirs.moments.mean) < 1e-9 * max(1, theirs.moments.mean))
      #expect(
        abs((mine.moments.variance ?? 0) - (theirs.moments.variance ?? 0)) < 1e-6 * max(1, theirs.moments.variance ?? 0)
      )
      #expect(mine.totals.map(\.count).filter { $0 > 0 }.sorted() == theirs.totals.map(\.count).sorted())
    }
  }

  @Test func aLargeLogGetsFewerSplits() {
    #expect(FalseAlarms.usual(records: 1000, triggers: 5) == 200)
    #expect(FalseAlarms.usual(records: 60_000, triggers: 5) == 166)
    #expect(FalseAlarms.usual(records: 50_000_000, triggers: 5) == 40)
  }

  @Test func withoutAControlNothingIsSplit() throws {
    var day = BacktestTests.Day()
    day.add("v7") { _ in ",\"parse_error\":false" }
    let report = try report("Rollback trigger:\n- parse failures above 2%", day)
    #expect(report.splits == nil && report.rows[0].falseAlarms == nil)
    #expect(report.remarks.contains("the control has too few tenants to be split: nothing tells of false alarms"))
  }
}
