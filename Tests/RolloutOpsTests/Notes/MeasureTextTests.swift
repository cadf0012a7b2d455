import Testing

@testable import RolloutOps

@Suite struct MeasureTextTests {
  private func measure(_ text: String) throws -> Measure? { try MeasureText(Substring(text))?.measure }

  @Test(arguments: [
    ("rate(parse_error)", Measure.rate("parse_error")), ("mean(quality)", .mean("quality")),
    ("avg(quality)", .mean("quality")), ("p95(latency_ms)", .quantile(0.95, "latency_ms")),
    ("p99.9(latency_ms)", .quantile(0.999, "latency_ms")), ("median(tokens)", .quantile(0.5, "tokens")),
    ("quantile(0.9, latency_ms)", .quantile(0.9, "latency_ms")), ("sum(cost_usd)", .sum("cost_usd", per: nil)),
    ("sum(cost_usd) per hour", .sum("cost_usd", per: .hours(1))), ("count(refusal)", .count("refusal", per: nil)),
    ("count(refusal) per day", .count("refusal", per: .days(1))),
    ("share(feedback = down)", .share("feedback", of: "down")), ("`mean(usage.cost)`", .mean("usage.cost")),
    (" Mean( quality ) ", .mean("quality")),
  ]) func understood(text: String, meant: Measure) throws {
    #expect(try measure(text) == meant)
    // What is printed can be read again.
    #expect(try measure(meant.description) == meant)
  }

  @Test(arguments: ["the judge's score", "quality", "", "p95 of latency", "(x)"])
  func proseIsNoDefinition(text: String) throws {
    #expect(try measure(text) == nil)
  }

  @Test(arguments: [
    ("means(quality)", "did you mean `mean`?", 0), ("mean(quality", "the bracket is not closed", 12),
    ("mean(a b)", "a field is one name", 5), ("share(feedback)", "write `share(feedback = value)`", 6),
    ("mean(x) per hour", "nothing may follow here", 8), ("sum(x) per week-end", "only `per hour`", 7),
    ("p0(x)", "there is no function", 0), ("p100(x)", "there is no function", 0), ("quantile(95, x)", "write", 9),
  ]) func faultsSayWhere(text: String, reason: String, at offset: Int) {
    let fault = #expect(throws: MeasureText.Fault.self) { try measure(text) }
    #expect(fault?.reason.contains(reason) == true, "\(String(describing: fault?.reason))")
    #expect(fault.map { text.utf8.distance(from: text.startIndex, to: $0.at) } == offset)
  }

  @Test func aNotesBadDefinitionIsAnErrorAndItsProseAWarning() {
    let note = Note.read(
      Array("Flag: f\nEvidence: x\nMetrics to watch:\n- quality: mean(quality\n- cost: what it costs\n".utf8), path: "n"
    )
    #expect(note.diagnostics.contains { $0.rule == "bad-metric" && $0.severity == .error && $0.position.line == 4 })
    #expect(note.diagnostics.contains { $0.rule == "prose-metric" && $0.severity == .warning })
    let prose = Note.read(Array("Flag: f\nEvidence: x\nMetrics to watch:\n- cost: what it costs\n".utf8), path: "n")
    #expect(prose.plan?.metrics.last?.measure == .mean("cost_usd"))
  }

  /// A query belongs to a metrics server: a log must not answer with its usual field.
  @Test func aQueryIsNoMeasureOfALog() {
    #expect(Metric(name: "cost", definition: "`sum(rate(cost_total[5m]))`").measure == nil)
  }

  @Test func everyUsualDefinitionCanBeRead() {
    for signal in Signal.known where signal.usual != nil { #expect(signal.measure != nil, "\(signal.name)") }
  }
}
