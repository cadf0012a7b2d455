import Testing

@testable import RolloutOps

@Suite struct PercentageTests {
  @Test(arguments: [("5", 5_000_000), ("0.25", 250_000), ("100", 100_000_000), ("100.5", 100_500_000), ("0.000001", 1)])
  func readsPlainDecimals(text: String, micro: Int) {
    #expect(Percentage(digits: text)?.micro == micro)
    #expect(Percentage(micro: micro).digits == text)
  }

  @Test(arguments: ["", ".5", "5.", "1e2", "-1", "+1", "0.0000001", "5%", "٥", "12345678901"])
  func refusesEverythingElse(text: String) {
    #expect(Percentage(digits: text) == nil)
  }
}
