import Testing

@testable import RolloutOps

/// Questions put to logs, by value.
@Suite struct TraceLogsTests {
  static let arms = [TraceQuestion.Arm("control", values: ["v6"]), TraceQuestion.Arm("canary", values: ["v7"])]

  static func question(
    unit: String? = nil, segments: [String] = [], filter: Selector? = nil, periods: TraceQuestion.Periods = .whole,
    _ measures: TraceQuestion.Measure...
  ) -> TraceQuestion {
    TraceQuestion(
      label: "prompt_version", arms: arms, unit: unit, periods: periods, segments: segments, filter: filter,
      measures: measures)
  }

  static func ask(_ log: String, _ question: TraceQuestion, as path: String = "/l", stream: Bool = false)
    throws -> TraceEvidence
  {
    var inputs = MemoryInputs([path: log])
    if stream { inputs.streams = [path] }
    return try TraceLogs(inputs, crew: Crew(threads: 1)).ask(question, [path])
  }

  static let log = """
    {"ts":"2026-11-21T10:00:00Z","prompt_version":"v6","tenant":"acme","latency_ms":100,"cost_usd":0.5,"error":false}
    {"ts":"2026-11-21T10:30:00Z","prompt_version":"v7","tenant":"acme","latency_ms":300,"cost_usd":1.5,"error":true}
    {"ts":"2026-11-21T10:20:00Z","prompt_version":"v6","tenant":"globex","latency_ms":200,"cost_usd":0.7,"error":null}
    {"ts":"2026-11-21T12:00:00Z","prompt_version":"v7","latency_ms":"400","error":"timeout"}
    {"ts":"2026-11-21T12:00:01Z","prompt_version":"v5","tenant":"acme"}
    {"ts":"2026-11-21T12:00:02Z","tenant":"acme"}

    """

  @Test func eachArmHasItsNumbers() throws {
    let evidence = try Self.ask(
      Self.log,
      Self.question(.rate("error"), .mean("cost_usd"), .quantile("latency_ms"), .share("timeout", of: "error")))
    let control = try #require(evidence.cell(arm: 0))
    let canary = try #require(evidence.cell(arm: 1))
    #expect((control.records, canary.records) == (2, 2))
    #expect(control.samples.map(\.count) == [2, 2, 2, 1])
    #expect(control.samples.map(\.events) == [0, 0, 0, 0])
    #expect(canary.samples.map(\.events) == [2, 0, 0, 1])
    #expect(canary.samples.map(\.missing) == [0, 1, 0, 0])
    #expect(abs(control.samples[1].moments.mean - 0.6) < 1e-15)
    #expect(canary.samples[2].values == [300, 400])
    #expect(evidence.withoutLabel == 1)
    #expect(evidence.otherLabels == [TraceEvidence.Label(value: "v5", records: 1)])
    #expect(evidence.first == ISO8601.instant("2026-11-21T10:00:00Z"))
    #expect(evidence.last == ISO8601.instant("2026-11-21T12:00:02Z"))
    #expect(evidence.backwards == 1)
    #expect(evidence.log("/l")?.records == 6)
    #expect(evidence.field("cost_usd")?.missing == 1)
  }

  @Test func unitsAndThoseInBothArms() throws {
    let evidence = try Self.ask(Self.log, Self.question(unit: "tenant", .mean("latency_ms"), .quantile("latency_ms")))
    let control = try #require(evidence.cell(arm: 0))
    let canary = try #require(evidence.cell(arm: 1))
    #expect((control.units, canary.units) == (2, 2))
    #expect(evidence.crossing() == TraceEvidence.Crossing(units: 1, examples: ["acme"]))
    #expect(evidence.withoutUnit == 1)
    #expect(control.samples[0].totals == [UnitTotal(count: 1, sum: 100), UnitTotal(count: 1, sum: 200)])
    #expect(canary.samples[0].totals == [UnitTotal(count: 1, sum: 300), UnitTotal(count: 1, sum: 400)])
    #expect(canary.samples[1].owners == [0, 1])
    // The same number is the same unit, and a record without one is nobody else's.
    #expect(control.samples[0].unitNumbers[0] == canary.samples[0].unitNumbers[0])
    #expect(!control.samples[0].unitNumbers.contains(canary.samples[0].unitNumbers[1]))
  }

  @Test func segmentsAndPeriods() throws {
    let noon = try #require(ISO8601.instant("2026-11-21T12:00:00Z"))
    let evidence = try Self.ask(
      Self.log, Self.question(segments: ["tenant"], periods: .between([noon]), .quantile("latency_ms")))
    func values(_ arm: Int, _ period: Int, _ tenant: String?) -> [Double]? {
      let segment = tenant.map { TraceEvidence.Cell.Segment(field: "tenant", value: $0) }
      return evidence.cell(arm: arm, period: period, segment: segment)?.samples[0].values
    }
    #expect(values(0, 0, nil) == [100, 200])
    #expect(values(0, 0, "acme") == [100])
    #expect(values(0, 0, "globex") == [200])
    #expect(values(1, 0, nil) == [300])
    #expect(values(1, 1, nil) == [400])
    #expect(values(1, 1, "acme") == nil)
    let hours = try Self.ask(Self.log, Self.question(periods: .every(TimeSpan(seconds: 3600)), .rate("error")))
    #expect(hours.cells.map(\.key.period) == [498_682, 498_682, 498_684])
  }

  @Test func onlyWhatTheFilterSelects() throws {
    let acme = Selector.equals(attribute: "tenant", AttributeValue("acme"))
    let inside = try Self.ask(Self.log, Self.question(filter: acme, .quantile("latency_ms")))
    #expect(inside.cells.map { $0.samples[0].values } == [[100], [300]])
    #expect(inside.filteredOut == 2)
    let outside = try Self.ask(Self.log, Self.question(filter: .not(acme), .quantile("latency_ms")))
    #expect(outside.cells.map { $0.samples[0].values } == [[200], [400]])
    let log =
      #"{"prompt_version":"v6","plan":5,"latency_ms":1}"# + "\n" + #"{"prompt_version":"v6","plan":"5","latency_ms":2}"#
    let bare = Self.question(filter: .equals(attribute: "plan", AttributeValue("5")), .quantile("latency_ms"))
    #expect(try Self.ask(log, bare).cells.map { $0.samples[0].values } == [[1, 2]])
    let quoted = Self.question(
      filter: .equals(attribute: "plan", AttributeValue("5", quoted: true)), .quantile("latency_ms"))
    #expect(try Self.ask(log, quoted).cells.map { $0.samples[0].values } == [[2]])
  }

  @Test func anEventThatIsOnlyWrittenWhenItHappens() throws {
    let log = """
      {"prompt_version":"v6","tenant":"a"}
      {"prompt_version":"v6","tenant":"a","error":"timeout"}
      {"prompt_version":"v7","tenant":"b"}
      """
    let sparse = try Self.ask(log, Self.question(unit: "tenant", .rate("error")))
    #expect(sparse.field("error")?.isSparse == true)
    #expect(sparse.cells.map { $0.samples[0].count } == [2, 1])
    #expect(
      sparse.cells.map { $0.samples[0].totals } == [[UnitTotal(count: 2, sum: 1)], [UnitTotal(count: 1, sum: 0)]])
    // Once a record denies it, silence is no longer an answer.
    let dense = try Self.ask(log + "\n" + #"{"prompt_version":"v6","error":false}"#, Self.question(.rate("error")))
    #expect(dense.cells.map { $0.samples[0].count } == [2, 0])
    #expect(dense.cells.map { $0.samples[0].missing } == [1, 1])
    let never = try Self.ask(#"{"prompt_version":"v6"}"#, Self.question(.rate("error")))
    #expect(never.cells.map { $0.samples[0].count } == [0])
  }

  @Test func scoresOfTheirOwnFileAreJoined() throws {
    let log = """
      {"prompt_version":"v6","trace_id":"a"}
      {"prompt_version":"v7","trace_id":"b","quality":0.1}
      {"prompt_version":"v7","trace_id":"c"}
      {"prompt_version":"v7"}
      """
    let scores = "trace_id,quality\nb,0.9\na,0.5\nb,0.8\nz,0\nnone\n"
    var question = Self.question(.mean("quality"))
    question.scores = TraceQuestion.Scores(["/s.csv"], fields: ["quality"])
    let inputs = MemoryInputs(["/l": log, "/s.csv": scores])
    let evidence = try TraceLogs(inputs, crew: Crew(threads: 1)).ask(question, ["/l"])
    #expect(evidence.cells.map { $0.samples[0].moments.mean } == [0.5, 0.8])
    #expect(evidence.cells.map { $0.samples[0].missing } == [0, 2])
    #expect(evidence.scores == 3)
    #expect(evidence.scoreLogs.map(\.broken) == [1])
  }

  /// Shares of judged truths, and a field that no score has: that one is the log's own unless it must not be.
  @Test(arguments: [true, false])
  func truthsAreJoinedAndWhatIsNotScoredIsTheLogs(yields: Bool) throws {
    let log = """
      {"prompt_version":"v7","trace_id":"a","cost_usd":2,"grounded":false}
      {"prompt_version":"v7","trace_id":"b","cost_usd":4}
      {"prompt_version":"v7","trace_id":"c"}
      """
    let scores = [
      #"{"trace_id":"a","grounded":true}"#, #"{"trace_id":"b","grounded":0}"#, #"{"trace_id":"z","grounded":1}"#,
    ].joined(separator: "\n")
    var question = Self.question(unit: "trace_id", .rate("grounded"), .mean("cost_usd"))
    question.scores = TraceQuestion.Scores(["/s"], fields: ["cost_usd", "grounded"], yields: yields)
    let evidence = try TraceLogs(MemoryInputs(["/l": log, "/s": scores]), crew: Crew(threads: 1)).ask(question, ["/l"])
    let samples = try #require(evidence.cells.first?.samples)
    #expect(samples[0].events == 1 && samples[0].count == 2 && samples[0].missing == 1)
    #expect(samples[0].unitCount == 2)
    #expect(samples[1].count == (yields ? 2 : 0))
    #expect(evidence.scored == (yields ? ["grounded"] : ["cost_usd", "grounded"]))
  }

  @Test func theNotesNamesAndOpenTelemetrys() throws {
    let log = """
      {"timestamp":1795256829,"attributes":{"gen_ai.request.model":"m-4","gen_ai.usage.input_tokens":7,"ms":5}}
      """
    var question = TraceQuestion(
      label: "model_version", arms: [TraceQuestion.Arm("control", values: ["m-4"])],
      measures: [.mean("tokens_in"), .mean("latency_ms")])
    question.names = FieldNames(overrides: ["latency_ms": "attributes.ms"])
    let evidence = try Self.ask(log, question)
    #expect(evidence.cells.first?.samples.map(\.moments.mean) == [7, 5])
    #expect(evidence.first == Instant(seconds: 1_795_256_829))
  }

  @Test func onePassManySpellingsOneAnswer() throws {
    let rows = (0..<500).map { ["v\(6 + $0 % 2)", "\($0)", $0 % 3 == 0 ? "true" : "false"] }
    let lines = rows.map { #"{"prompt_version":"\#($0[0])","latency_ms":\#($0[1]),"error":\#($0[2])}"# + "\n" }.joined()
    let cells = "prompt_version,latency_ms,error\r\n" + rows.map { $0.joined(separator: ",") + "\r\n" }.joined()
    let question = Self.question(.quantile("latency_ms"), .rate("error"))
    let expected = try Self.ask(lines, question).cells.map(\.samples)
    #expect(expected.count == 2)
    #expect(try Self.ask(lines, question, stream: true).cells.map(\.samples) == expected)
    #expect(try Self.ask("\u{FEFF}" + lines, question).cells.map(\.samples) == expected)
    #expect(try Self.ask(cells, question).cells.map(\.samples) == expected)
    #expect(try Self.ask("\u{FEFF}" + cells, question, stream: true).cells.map(\.samples) == expected)
  }
}
