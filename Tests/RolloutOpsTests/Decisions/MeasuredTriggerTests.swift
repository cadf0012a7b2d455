import Testing

@testable import RolloutOps

/// What a trigger of a note asks of the evidence.
@Suite struct MeasuredTriggerTests {
  private func plan(_ trigger: String, control: Bool = true, metrics: String = "") throws -> Plan {
    let old = control ? "Control version: prompt_version = v6\n" : ""
    let text =
      "Flag: f\nEvidence: x\nVersion: prompt_version = v7\n\(old)Metrics to watch:\n- quality: mean(quality)\n"
      + "- latency: p95(latency_ms)\n- answer time: median(answer)\n- spend: sum(cost_usd) per hour\n"
      + "- violations: count(policy_violation)\n\(metrics)Rollback trigger:\n- \(trigger)\n"
    let note = Note.read(Array(text.utf8), path: "n.md")
    return try #require(note.plan, "\(note.diagnostics)")
  }

  private func watch(_ trigger: String, control: Bool = true) throws -> MeasuredTrigger {
    let plan = try plan(trigger, control: control)
    return try MeasuredTrigger(try #require(plan.triggers.first, "\(trigger) is not understood"), in: plan)
  }

  @Test(arguments: [
    ("latency exceeds 3 s", Measure.quantile(0.95, "latency_ms")),
    ("mean latency exceeds 3 s", .mean("latency_ms")), ("p50 latency exceeds 3 s", .quantile(0.5, "latency_ms")),
    ("parse failures above 2%", .rate("parse_error")), ("spend above $20", .sum("cost_usd", per: .hours(1))),
    ("violations above 0", .count("policy_violation", per: nil)),
    // Known by name, whatever the note lists.
    ("functional correctness below 0.9", .mean("correctness")), ("behavioral alignment below 0.9", .mean("alignment")),
    ("abandonment rate above 20%", .rate("abandoned")), ("new error categories above 0", .novel("error_type")),
    ("throughput below 100 per hour", .records(per: .hours(1))), ("injection attempts above 1%", .rate("injection")),
    // Two arms of different size are compared by what one record shows.
    ("spend up more than 20%", .mean("cost_usd")), ("violations up more than 20%", .rate("policy_violation")),
    ("cost exceeds 5x control per hour", .mean("cost_usd")),
  ]) func measures(trigger: String, measure: Measure) throws {
    #expect(try watch(trigger).measure == measure)
  }

  /// A note speaks in seconds, a log in the unit that its field is named by.
  @Test func secondsBecomeTheFieldsUnit() throws {
    #expect(try watch("p95 latency exceeds 3 s").test == .above(.init(3000, .plain)))
    #expect(throws: MeasuredTrigger.Unwatchable.unit(field: "answer")) { try watch("answer time exceeds 3 s") }
  }

  @Test func referencesWithoutAFigureNeedAControl() throws {
    #expect(try watch("quality below baseline 0.86").counterpart == .number(0.86))
    #expect(try watch("quality below baseline").counterpart == .control)
    #expect(throws: MeasuredTrigger.Unwatchable.noFigure("baseline")) {
      try watch("quality below baseline", control: false)
    }
    #expect(try watch("quality down more than 2% vs the previous stage").counterpart == .previousStage)
  }

  /// Where no control exists the feature's own hours tell what is normal; a total stays a total then.
  @Test func itsOwnHoursStandInForAControl() throws {
    let own = try watch("cost exceeds 5x normal per hour", control: false)
    #expect(own.counterpart == .normal && own.measure == .sum("cost_usd", per: .hours(1)) && own.window == .hours(1))
    let other = try watch("cost exceeds 5x normal per hour")
    #expect(other.counterpart == .control && other.measure == .mean("cost_usd") && other.window == nil)
  }

  @Test func aMetricsServerIsNotAskedAboutThePast() throws {
    var plan = try plan("quality down more than 2% vs the previous stage")
    plan.metrics = [Metric(name: "quality", definition: "mean(`q{v=\"$version\"}`, `n{v=\"$version\"}`)")]
    let trigger = plan.triggers[0]
    #expect(throws: MeasuredTrigger.Unwatchable.noEarlierQueries) { try MeasuredTrigger(trigger, in: plan) }
  }

  @Test func whatNothingMeasuresIsSaid() throws {
    var plan = try plan("quality below 0.8")
    plan.metrics = [Metric(name: "quality", definition: "`avg(rate(quality[5m]))`")]
    let trigger = plan.triggers[0]
    #expect(throws: MeasuredTrigger.Unwatchable.unmeasured(signal: "quality")) {
      try MeasuredTrigger(trigger, in: plan)
    }
  }
}
