import Testing

@testable import RolloutOps

@Suite struct FiguresTests {
  @Test(arguments: [
    (0.0, "0"), (1, "1"), (0.861, "0.861"), (2.3149, "2.31"), (12.345, "12.3"), (123.45, "123"), (22_871, "22,871"),
    (0.0142, "0.0142"), (-0.05, "−0.05"), (1_234_567, "1,234,567"), (0.000_012_3, "0.0000123"), (.infinity, "∞"),
    (-.infinity, "−∞"), (.nan, "–"), (999.96, "1,000"), (-0.0001e-20, "0"),
  ]) func plain(value: Double, text: String) {
    #expect(Figures.plain(value) == text)
  }

  @Test(arguments: [(0.0083, "0.83%"), (0.125, "12.5%"), (2.4, "240%"), (0.05, "5%"), (-0.006, "−0.6%"), (0, "0%")])
  func percent(value: Double, text: String) {
    #expect(Figures.percent(value) == text)
  }

  @Test func valuesHaveTheUnitOfTheirField() {
    #expect(Figures.value(2310, of: .quantile(0.95, "latency_ms")) == "2.31 s")
    #expect(Figures.value(231, of: .mean("latency_ms")) == "231 ms")
    #expect(Figures.value(0.0142, of: .mean("cost_usd")) == "$0.0142")
    #expect(Figures.value(0.0083, of: .rate("parse_error")) == "0.83%")
    #expect(Figures.value(3, of: .count("policy_violation", per: nil)) == "3")
    #expect(Figures.place(0.12, .relative, of: .mean("cost_usd")) == "+12%")
    #expect(Figures.place(-0.02, .points, of: .rate("refusal")) == "−2 points")
    #expect(Figures.place(5.04, .multiple, of: .mean("cost_usd")) == "5.04x")
  }
}
