import Testing

@testable import RolloutOps

@Suite struct ComparedMetricTests {
  @Test(arguments: [
    ("p95(latency_ms)", "p95(latency_ms)", "p95(latency_ms)", Trigger.Direction.up),
    ("p50(latency_ms)", "p50(latency_ms)", "median(latency_ms)", .up),
    (" mean( quality ) ", "mean( quality )", "mean(quality)", .down),
    ("cost", "mean(cost_usd)", "mean(cost_usd)", .up),
    ("count(policy_violation)", "rate(policy_violation)", "rate(policy_violation)", .up),
    ("sum(cost_usd) per hour", "mean(cost_usd)", "mean(cost_usd)", .up),
    ("share(feedback = down)", "share(feedback = down)", "share(feedback = down)", .up),
    ("mean(tokens_out)", "mean(tokens_out)", "mean(tokens_out)", .up),
    ("share(feedback = up)", "share(feedback = up)", "share(feedback = up)", nil),
    ("mean(shoe_size)", "mean(shoe_size)", "mean(shoe_size)", nil),
  ])
  func isRead(text: String, name: String, measure: String, worse: Trigger.Direction?) throws {
    let metric = try ComparedMetric(text)
    #expect(metric.name == name && "\(metric.measure)" == measure && metric.worse == worse, "\(metric)")
  }

  @Test(arguments: [
    ("latncy", "did you mean latency?"), ("p95(latency_ms", "bracket is not closed"),
    ("median95(x)", "there is no function"), ("the cost of it all", "a metric is written p95(latency_ms)"),
  ])
  func isRefused(text: String, reason: String) {
    #expect { try ComparedMetric(text) } throws: { error in
      (error as? ComparedMetric.Fault)?.reason.contains(reason) == true
    }
  }

  @Test func theUsualOnesAreReadAsTheyAreCalled() throws {
    for metric in ComparedMetric.usual { #expect(try ComparedMetric(metric.name) == metric) }
    #expect(
      ComparedMetric.usual.map(\.name).prefix(4) == [
        "mean(quality)", "mean(correctness)", "mean(alignment)", "p50(latency_ms)",
      ])
  }
}
