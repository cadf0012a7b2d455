import Testing

@testable import RolloutOps

/// Worked examples with known results, for a machine without any reference installed.
@Suite struct StatisticsExampleTests {
  static let rates = TwoRates(canary: Share(33, of: 2000), control: Share(120, of: 10000))

  static func near(_ value: Double?, _ expected: Double, _ digits: Double = 1e-6) -> Bool {
    value.map { abs($0 - expected) <= digits * abs(expected) } ?? false
  }

  static func near(_ interval: Interval, _ lower: Double, _ upper: Double, _ digits: Double = 1e-4) -> Bool {
    near(interval.lower, lower, digits) && near(interval.upper, upper, digits)
  }

  @Test func twoProportions() {
    #expect(Self.near(Self.rates.pooled.deviate, 1.6374507))
    #expect(Self.near(Self.rates.pooled.pValue, 0.1015363))
    #expect(Self.near(Self.rates.pooled.upperPValue, 0.0507682))
    #expect(Self.near(Self.rates.unpooled.error, 0.0030495041))
    #expect(Self.near(Self.rates.unpooled.interval(0.05), -0.0014769, 0.0104769))
    #expect(Self.near(Self.rates.agrestiCaffo.interval(0.05), -0.0011663, 0.0109372))
    #expect(Self.near(Self.rates.newcombe(0.05), -0.0007699, 0.0113651))
  }

  /// By hand: weights 100 · 100 / 200 and 400 · 100 / 500, differences 0.05 and -0.2.
  @Test func mantelHaenszel() throws {
    let stratum = { (a: Int, b: Int, c: Int, d: Int) in
      Stratum(canary: Sample(events: a, of: b), control: Sample(events: c, of: d))
    }
    let strata = [stratum(10, 100, 5, 100), stratum(40, 400, 30, 100)]
    let test = try #require(SequentialComparison(strata, level: nil)?.tests(at: .init()).first)
    #expect(Self.near(test.estimate, (50 * 0.05 - 80 * 0.2) / 130, 1e-12))
  }

  @Test func welch() throws {
    let means = TwoMeans(canary: Moments([1, 2, 3]), control: Moments([1.1, 2.9, 4.2]))
    let welch = try #require(means.welch)
    #expect(Self.near(welch.deviate, -0.6864951273557263, 1e-12))
    #expect(Self.near(welch.pValue, 0.5361949075312669, 1e-12))
    #expect(TwoMeans(canary: Moments([5, 5, 5]), control: Moments([6, 6])).welch == nil, "no spread, no verdict")
    #expect(TwoMeans(canary: Moments([1, 2]), control: Moments([-1, 1])).lift == nil, "nothing is a share of 0")
  }

  @Test func alwaysValidIntervals() {
    let two = AlwaysValid.squaredScale(0.05, tuning: 12000)
    #expect(Self.near(two.squareRoot(), 0.0257166525))
    #expect(Self.near(12000 * two, 7.9361546))
    #expect(Self.near(AlwaysValid.multiplier(0.05, ratio: 12000 * two), 3.0352090))
    #expect(AlwaysValid.pValue(deviate: 0.0045 / 0.0030495041, ratio: 12000 * two) == 1)
    let one = AlwaysValid.squaredScale(0.1, tuning: 12000)
    #expect(Self.near(one.squareRoot(), 0.0229652992))
    let multiplier = AlwaysValid.upperMultiplier(0.05, ratio: 12000 * one)
    #expect(Self.near(multiplier, 2.7790942))
    #expect(Self.near(0.0045 - multiplier * Self.rates.unpooled.error, -0.0039749, 1e-4))
  }

  @Test(arguments: [0.01, 0.05, 0.2], [0.1, 1, 8, 1000])
  func alwaysValidPValuesAreTheIntervalsSolved(alpha: Double, ratio: Double) {
    let two = AlwaysValid.multiplier(alpha, ratio: ratio)
    #expect(Self.near(AlwaysValid.pValue(deviate: two, ratio: ratio), alpha, 1e-12))
    let one = AlwaysValid.upperMultiplier(alpha, ratio: ratio)
    #expect(Self.near(AlwaysValid.upperPValue(deviate: one, ratio: ratio), alpha, 1e-12))
  }

  @Test func outerIntervalOfAQuantile() throws {
    let control = Sample((1...1000).map(Double.init), kind: .quantile)
    let estimate = try #require(QuantileEstimate(control, level: 0.95))
    #expect(Self.near(estimate.value, 950.05, 1e-12))
    #expect(Self.near(estimate.variance.squareRoot(), 6.885132))
    let slower = Sample((1...1000).map { Double($0) * 1.05 }, kind: .quantile)
    let comparison = try #require(SequentialComparison([Stratum(canary: slower, control: control)], level: 0.95))
    let test = try #require(comparison.tests(at: .init()).first)
    #expect(Self.near(test.estimate, 47.5025, 1e-9))
    #expect(Self.near(test.error, 9.983442))
    #expect(Self.near(NormalCurve.above(test.deviate) * 2, 1.954e-6, 1e-3))
  }

  @Test func aQuantileNeedsEnoughValuesAndSpread() {
    let enough = (1...74).map(Double.init)
    #expect(QuantileEstimate(Sample(enough, kind: .quantile), level: 0.95) != nil)
    #expect(QuantileEstimate(Sample(Array(enough.dropLast()), kind: .quantile), level: 0.95) != nil)
    #expect(QuantileEstimate(Sample(Array(enough.dropLast(2)), kind: .quantile), level: 0.95) == nil)
    let rounded = (1...1000).map { Double($0 / 500) }
    #expect(QuantileEstimate(Sample(rounded, kind: .quantile), level: 0.95) == nil)
  }

  /// The share below the quantile varies more, not less, where records of a user resemble each other: documentation
  /// elsewhere prints this ratio the wrong way round.
  @Test func clustersWidenAQuantilesInterval() throws {
    var sample = Sample(.quantile)
    for user in 0..<200 {
      for call in 0..<8 { sample.add(Double(user) + Double(call) / 100, unit: UInt32(user)) }
    }
    let estimate = try #require(QuantileEstimate(sample, level: 0.95))
    #expect(estimate.designEffect > 7 && estimate.designEffect < 9)
    let alone = try #require(QuantileEstimate(sample.withoutUnits, level: 0.95))
    #expect(alone.designEffect == 1 && alone.plainVariance == estimate.plainVariance)
  }

  @Test func holm() {
    #expect(Corrections.holm([0.01, nil, 0.04, 0.03]) == [0.03, nil, 0.06, 0.06])
    #expect(Corrections.holm([]) == [])
  }

  @Test func sampleRatio() {
    let even = Corrections.sampleRatio([500, 9500], shares: [5, 95])
    #expect(even?.statistic == 0 && even?.pValue == 1)
    let odd = Corrections.sampleRatio([600, 9400], shares: [5, 95])
    #expect(Self.near(odd?.statistic, 10000 / 475.0, 1e-12))
    #expect(Corrections.sampleRatio([0, 0], shares: [1, 1]) == nil, "nothing counted")
    #expect(Corrections.sampleRatio([1, 2], shares: [0, 1]) == nil, "nothing expected")
  }

  @Test func theTailsKeepTheirDigits() {
    #expect(Self.near(NormalCurve.above(10), 7.619853024160527e-24, 1e-13))
    #expect(Self.near(NormalCurve.quantile(above: 0.025), 1.959963984540054, 1e-15))
    #expect(Self.near(StudentCurve(freedom: 1).above(1e9), 1 / (1e9 * Double.pi), 1e-12))
    #expect(Self.near(StudentCurve(freedom: 2).quantile(above: 0.025), 4.302652729749464, 1e-12))
    #expect(Self.near(StudentCurve(freedom: 1e9).above(1.96), NormalCurve.above(1.96), 1e-8))
    #expect(Self.near(ChiSquareCurve.above(3.841458820694124, freedom: 1), 0.05, 1e-12))
    #expect(StudentCurve(freedom: 5).above(-2) == 1 - StudentCurve(freedom: 5).above(2))
    #expect(NormalCurve.quantile(above: 0) == .infinity && NormalCurve.quantile(above: 1.5).isNaN)
  }

  /// Known from Ville's inequality: whoever bets wrong loses, whoever bets right cannot be sure before the evidence is.
  @Test func eventsAsBets() {
    let bet = { (canary: Double) in EventEvidence.Bet(canary: canary, events: 10, fair: 0.1) }
    #expect(EventEvidence.pValue([bet(1)], .more) == 1)
    #expect(EventEvidence.pValue([bet(5)], .more) < 0.05)
    #expect(EventEvidence.pValue([bet(10)], .more) < 1e-5)
    // Ten events that all fell on the canary, at a tenth of the traffic, have probability 1e-10: no bet beats that.
    #expect(EventEvidence.pValue([bet(10)], .more) >= 1e-10)
    #expect(EventEvidence.pValue([bet(10), bet(10)], .more, designEffect: 2) == EventEvidence.pValue([bet(10)], .more))
  }
}
