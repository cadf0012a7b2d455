import Testing

@testable import RolloutOps

/// A comparison, word by word.
@Suite struct ComparisonTextTests {
  private func report(_ rows: [(metric: String, canary: Sample, control: Sample)]) throws -> ComparisonReport {
    let arms = [
      ComparisonReport.Arm("v6", records: 10_000, units: nil), ComparisonReport.Arm("v7", records: 2000, units: nil),
    ]
    var report = ComparisonReport(
      label: "prompt_version", control: "v6", canaries: ["v7"],
      ratio: ComparisonReport.SampleRatio(arms, shares: nil, tested: nil),
      calendar: LocalCalendar(zone: .utc, now: Instant(microseconds: 0)))
    report.rows = try rows.map { row in
      ComparisonReport.Row(
        try ComparedMetric(row.metric), "v7",
        Comparison(canary: ArmReading(row.canary), control: ArmReading(row.control)))
    }
    report.correct()
    return report
  }

  private func errors() throws -> ComparisonReport {
    try report([
      ("rate(error)", Sample(events: 33, of: 2000), Sample(events: 120, of: 10_000)),
      ("rate(tool_error)", Sample(events: 80, of: 2000), Sample(events: 100, of: 10_000)),
    ])
  }

  /// statsmodels: p = 0.1015 and 1.6e-25. By the logarithm of the ratio: [-6.18%, 101.5%] and [199%, 435%].
  @Test func aTable() throws {
    let text = ComparisonText(try errors(), ink: .none, width: 100).text
    #expect(
      text == """
        prompt_version   v6 → v7

                            v6 (n 10,000)  v7 (n 2,000)    difference              relative        p
        · rate(error)                1.2%         1.65%  +0.45 points  +37.5% [−6.18, +102]    0.102
        ▼ rate(tool_error)             1%            4%     +3 points    +300% [+199, +435]  <0.0001  worse

        · p is corrected for 2 tests (Holm); each interval is one of 95%

        → v7 is worse in rate(tool_error)
        """)
  }

  @Test func withoutRoomForOne() throws {
    let text = ComparisonText(try errors(), ink: .none, width: 40).text
    #expect(
      text == """
        prompt_version   v6 → v7

        · rate(error)
            v6 1.2% (10,000), v7 1.65% (2,000)
            +0.45 points, +37.5% [−6.18, +102],
            p=0.102
        ▼ rate(tool_error)  worse
            v6 1% (10,000), v7 4% (2,000)
            +3 points, +300% [+199, +435],
            p<0.0001

        · p is corrected for 2 tests (Holm);
          each interval is one of 95%

        → v7 is worse in rate(tool_error)
        """)
  }

  @Test func colourOnlyRepeatsWhatIsWritten() throws {
    let text = ComparisonText(try errors(), ink: Ink(isOn: true), width: 100).text
    #expect(text.contains("\u{1B}[31m▼\u{1B}[39m rate(tool_error)") && text.contains("\u{1B}[31mworse\u{1B}[39m"))
    #expect(text.replacing(#/\u{1B}\[\d+m/#, with: "") == ComparisonText(try errors(), ink: .none, width: 100).text)
  }

  @Test func markdown() throws {
    #expect(
      try errors().markdown == """
        ## prompt\\_version: v6 → v7

        | Metric | v6 | n | v7 | n | Difference | Relative | p |  |
        | --- | --- | --- | --- | --- | --- | --- | --- | --- |
        | rate(error) | 1.2% | 10,000 | 1.65% | 2,000 | +0.45 points | +37.5% \\[−6.18, +102\\] | 0.102 |  |
        | rate(tool\\_error) | 1% | 10,000 | 4% | 2,000 | +3 points | +300% \\[+199, +435\\] | \\<0.0001 | worse |

        - p is corrected for 2 tests (Holm); each interval is one of 95%

        **v7 is worse in rate(tool\\_error)**
        """)
  }

  @Test func betterAndOnlyDifferent() throws {
    let report = try report([
      ("mean(quality)", Sample([0.9, 0.91, 0.92, 0.9]), Sample([0.5, 0.52, 0.51, 0.5])),
      ("mean(shoe_size)", Sample([40, 41, 40, 41]), Sample([44, 45, 44, 45])),
      ("mean(cost_usd)", Sample([0.01, 0.02, 0.01, 0.03]), Sample([0.02, 0.02, 0.01, 0.02])),
    ])
    #expect(report.rows.map(\.outcome) == [.better, .differs, nil])
    #expect(
      report.conclusions.map(\.text) == ["v7 is better in mean(quality)", "v7 differs in mean(shoe_size)"])
    #expect(ComparisonText(report, ink: .none, width: 100).text.contains("$0.0175"))
  }

  /// What is not known is null, never NaN, and never left out.
  @Test func jsonHasNoNaN() throws {
    let report = try report([
      ("rate(error)", Sample(events: 0, of: 20), Sample(events: 0, of: 200)),
      ("rate(timeout)", Sample(events: 0, of: 0), Sample(events: 0, of: 0)),
    ])
    let metrics = try #require(report.json["metrics"]?.items)
    #expect(metrics[0]["p_value"] == .null && metrics[0]["relative"] == .null && metrics[0]["difference"] == 0)
    #expect(metrics[1]["interval"] == .null && metrics[1]["canary"]?["value"] == .null)
    #expect(metrics[1]["canary"]?["n"] == 0 && metrics[1]["reason"] == "the canary has no value")
    #expect(!report.json.written(.compact).contains("nan"))
  }
}
