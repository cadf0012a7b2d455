import Testing

@testable import RolloutOps

/// Evidence that does not grow is looked at once.
@Suite struct OneLookTests {
  /// The example of the reference page: 120 of 10,000 against 33 of 2,000 is 0.0507682 one-sided, by the pooled test.
  @Test func ratesByThePooledTest() throws {
    let strata = [Stratum(canary: Sample(events: 33, of: 2000), control: Sample(events: 120, of: 10_000))]
    let once = try #require(Judgement(.beyond(.up), minimumSamples: 0, looks: .once).judge(strata).pValue)
    #expect(abs(once - 0.0507682) < 1e-4)
    let repeated = try #require(Judgement(.beyond(.up), minimumSamples: 0).judge(strata).pValue)
    #expect(repeated > 4 * once)
  }

  /// Welch's test of [1, 2, 3] against [1.1, 2.9, 4.2]: p = 0.5361949 two-sided (R), half of it on the side of more.
  @Test func meansByStudentsCurve() throws {
    let strata = [Stratum(canary: Sample([1.1, 2.9, 4.2]), control: Sample([1, 2, 3]))]
    let once = try #require(Judgement(.beyond(.up), minimumSamples: 0, looks: .once).judge(strata).pValue)
    #expect(abs(once - 0.5361949 / 2) < 1e-3)
  }

  @Test func theIntervalIsNarrower() throws {
    let strata = [
      Stratum(
        canary: Sample((0..<100).map { 0.8 + Double($0 % 9) / 100 }),
        control: Sample((0..<100).map { 0.8 + Double($0 % 7) / 100 }))
    ]
    func width(_ looks: Looks) throws -> Double {
      let interval = try #require(
        Judgement(.relative(.down, 0.05), minimumSamples: 0, looks: looks).judge(strata).interval)
      return interval.upper - interval.lower
    }
    #expect(try width(.once) < 0.8 * width(.repeated))
  }
}
