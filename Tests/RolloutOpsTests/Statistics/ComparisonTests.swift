import Testing

@testable import RolloutOps

/// Two versions on one metric, by value.
@Suite struct ComparisonTests {
  private func near(_ value: Double?, _ expected: Double, _ tolerance: Double = 1e-9) -> Bool {
    value.map { abs($0 - expected) <= tolerance * max(abs(expected), 1e-300) } ?? false
  }

  private func reading(_ values: [Double]) -> ArmReading { ArmReading(Sample(values)) }

  /// statsmodels: proportions_ztest([33, 120], [2000, 10000]) and confint_proportions_2indep(method="newcomb").
  @Test func ratesByThePooledTest() {
    let comparison = Comparison(
      canary: ArmReading(Sample(events: 33, of: 2000)), control: ArmReading(Sample(events: 120, of: 10000)))
    #expect(near(comparison.pValue, 0.10153631, 1e-6))
    #expect(near(comparison.difference, 0.0045))
    #expect(near(comparison.relative, 0.375))
    #expect(near(comparison.interval?.lower, -0.0007699, 1e-4) && near(comparison.interval?.upper, 0.0113651, 1e-4))
    // exp(ln(1.375) ± 1.959964 · sqrt((1 - 0.0165)/33 + (1 - 0.012)/120)) - 1
    #expect(near(comparison.relativeInterval?.lower, -0.0618039564, 1e-6))
    #expect(near(comparison.relativeInterval?.upper, 1.0151705104, 1e-6))
    #expect(comparison.gap == nil && comparison.designEffect == 1)
  }

  /// R: t.test(c(1.1, 2.9, 4.2), c(1, 2, 3)).
  @Test func meansByWelch() {
    let comparison = Comparison(canary: reading([1.1, 2.9, 4.2]), control: reading([1, 2, 3]))
    #expect(near(comparison.pValue, 0.5361949075312669))
    #expect(near(comparison.difference, 0.7333333333333334))
  }

  /// 1...1000 beside 1.05 times that: quantile 950.05, standard error 6.885132; z = 4.758129.
  @Test func quantilesByOuterIntervals() throws {
    let values = (1...1000).map(Double.init)
    let control = Sample(values, kind: .quantile)
    let canary = Sample(values.map { $0 * 1.05 }, kind: .quantile)
    let comparison = Comparison(
      canary: try #require(ArmReading.quantiles(canary, at: [0.5, 0.95]).last),
      control: try #require(ArmReading.quantiles(control, at: [0.5, 0.95]).last))
    #expect(near(comparison.control.value, 950.05) && near(comparison.difference, 47.5025))
    #expect(near(comparison.pValue, 1.954e-6, 1e-3))
    #expect(near(comparison.interval?.lower, 47.5025 - 1.959964 * 9.983442, 1e-6))
  }

  @Test func levelsOfOneSampleAreThoseOfEachAlone() {
    var random = SplitMix64(seed: 41)
    let sample = Sample((0..<500).map { _ in Double(random.next() % 1000) / 7 }, kind: .quantile)
    let levels = [0.95, 0.5, 0.05, 0.99, 0.5]
    for (level, reading) in zip(levels, ArmReading.quantiles(sample, at: levels)) {
      let alone = ArmReading.quantiles(sample, at: [level])[0]
      #expect(reading.value == alone.value && reading.estimate?.variance == alone.estimate?.variance, "\(level)")
    }
  }

  /// Records that repeat each other within their unit say nothing new: the test is that of one record a unit.
  @Test func repeatedRecordsOfAUnitChangeNothing() {
    let (mine, theirs) = ([3.0, 5, 4, 8, 6], [1.0, 2, 2, 4, 3, 5])
    let repeated = { (values: [Double], times: Int) in
      var sample = Sample(.mean)
      for (unit, value) in values.enumerated() {
        for _ in 0..<times { sample.add(value, unit: UInt32(unit)) }
      }
      return ArmReading(sample)
    }
    let once = Comparison(canary: reading(mine), control: reading(theirs))
    let often = Comparison(canary: repeated(mine, 40), control: repeated(theirs, 40))
    #expect(near(often.pValue, once.pValue ?? .nan) && near(often.interval?.lower, once.interval?.lower ?? .nan))
    #expect(often.designEffect > 40 && often.canary.units == 5)
    #expect((Comparison(canary: reading(mine + mine), control: reading(theirs + theirs)).pValue ?? 1) < 0.05)
  }

  @Test func clusteredRatesReachFurther() {
    let clustered = { (events: [Int], each: Int) in
      var sample = Sample(.rate)
      for (unit, events) in events.enumerated() {
        for record in 0..<each { sample.add(event: record < events, unit: UInt32(unit)) }
      }
      return sample
    }
    let canary = clustered([40, 0, 2, 38, 1], 100)
    let control = clustered([5, 7, 6, 4, 8, 5, 6, 7], 100)
    let adjusted = Comparison(canary: ArmReading(canary), control: ArmReading(control))
    let plain = Comparison(
      canary: ArmReading(canary.withoutUnits), control: ArmReading(control.withoutUnits))
    #expect((plain.pValue ?? 1) < 1e-6 && (adjusted.pValue ?? 0) > 0.1)
    #expect((adjusted.interval?.lower ?? 1) < 0 && (plain.interval?.lower ?? -1) > 0)
  }

  @Test func whatCannotBeToldIsSaid() {
    let (some, none) = (reading([1, 2, 3]), reading([]))
    #expect(Comparison(canary: none, control: some).gap == .noCanary)
    #expect(Comparison(canary: some, control: none).gap == .noControl)
    #expect(Comparison(canary: reading([1]), control: some).gap == .tooFewValues)
    #expect(Comparison(canary: reading([2, 2]), control: reading([2, 2, 2])).gap == .noSpread)
    let neverHappens = Comparison(
      canary: ArmReading(Sample(events: 0, of: 50)), control: ArmReading(Sample(events: 0, of: 500)))
    #expect(neverHappens.gap == .noSpread && neverHappens.pValue == nil && neverHappens.relative == nil)
    #expect((neverHappens.interval?.upper ?? 0) > 0.05, "no event in 50 is no proof of none")
    // 73 values would leave the outer interval of a p95 outside of the sample.
    let few = ArmReading.quantiles(Sample((1...72).map(Double.init), kind: .quantile), at: [0.95])[0]
    #expect(few.value == 68.45 && Comparison(canary: few, control: few).gap == .tooFewValues)
    var single = Sample(.mean)
    for value in 1...50 { single.add(Double(value), unit: 0) }
    let alone = Comparison(canary: ArmReading(single), control: some)
    #expect(alone.gap == .singleUnit && alone.pValue == nil && alone.difference == 23.5)
  }

  @Test func repeatedLooksTakeMore() throws {
    let (canary, control) = (Sample(events: 60, of: 2000), Sample(events: 400, of: 20000))
    let once = Comparison(canary: ArmReading(canary), control: ArmReading(control))
    let often = Comparison(canary: ArmReading(canary), control: ArmReading(control), looks: .repeated)
    let finding = Judgement(.points(.either, 0), minimumSamples: 0).judge([Stratum(canary: canary, control: control)])
    #expect(often.pValue == finding.pValue && often.interval == finding.interval)
    #expect(try #require(often.pValue) > #require(once.pValue))
    #expect(try #require(often.interval).lower < #require(once.interval).lower)
  }
}
