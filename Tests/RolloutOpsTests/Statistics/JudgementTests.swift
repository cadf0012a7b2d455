import Testing

@testable import RolloutOps

@Suite struct JudgementTests {
  static func rates(_ canary: (Int, Int), _ control: (Int, Int)?) -> [Stratum] {
    [
      Stratum(
        canary: Sample(events: canary.0, of: canary.1), control: control.map { Sample(events: $0.0, of: $0.1) })
    ]
  }

  static func means(_ canary: Moments, _ control: Moments?) -> [Stratum] {
    [Stratum(canary: Sample(canary), control: control.map { Sample($0) })]
  }

  static let up20 = Trigger.Test.relative(.up, 0.2)
  static let above2 = Trigger.Test.above(.init(0.02, .percent))
  static let cost = Moments(count: 50_000, mean: 0.01, squares: 49_999 * 1e-4)
  static func cost(_ mean: Double, _ count: Int = 5_000) -> Moments {
    Moments(count: count, mean: mean, squares: Double(count - 1) * 1e-4)
  }

  // MARK: Verdicts

  @Test func aDoubledErrorRateIsABreach() {
    let finding = Judgement(Self.up20).judge(Self.rates((60, 3000), (300, 30_000)))
    #expect(finding.verdict == .breach && finding.reason == .beyond && finding.method == .pooled)
    #expect(abs((finding.relative ?? 0) - 1) < 1e-12 && abs((finding.difference ?? 0) - 0.01) < 1e-12)
    #expect((finding.pValue ?? 1) < 0.05 && (finding.interval?.lower ?? 0) > 0.2)
    #expect((finding.smallestVisible ?? 9) < 1 && (finding.smallestVisible ?? 0) > 0.2)
  }

  @Test func anEqualRateIsAPassAndSaysWhatItCouldHaveSeen() {
    let finding = Judgement(Self.up20).judge(Self.rates((30, 3000), (300, 30_000)))
    #expect(finding.verdict == .pass && finding.reason == .inside)
    #expect((finding.smallestVisible ?? 0) > 0.4 && (finding.interval?.upper ?? 0) > 0.2)
  }

  @Test func worseByChanceHolds() {
    let finding = Judgement(Self.up20).judge(Self.rates((4, 300), (300, 30_000)))
    #expect(finding.verdict == .hold && finding.reason == .beyondByChance)
  }

  @Test func proofIsMoreThanAGoodEstimate() {
    let few = Judgement(Self.up20, isProven: true).judge(Self.rates((30, 3000), (300, 30_000)))
    #expect(few.verdict == .hold && few.reason == .insideUnproven)
    let many = Judgement(Self.up20, isProven: true).judge(Self.rates((9000, 1_000_000), (100_000, 10_000_000)))
    #expect(many.verdict == .pass && many.reason == .provenInside && (many.interval?.upper ?? 1) < 0.2)
  }

  /// A canary without a single event has no variance of its own; it must not count as proof.
  @Test func noEventsYetProveNothing() {
    let finding = Judgement(Self.up20, minimumSamples: 50, isProven: true).judge(Self.rates((0, 100), (20, 10_000)))
    #expect(finding.verdict == .hold && finding.reason == .insideUnproven)
  }

  @Test func aTinyCanaryThatBreaksIsSeenAtOnce() {
    let finding = Judgement(Self.above2).judge(Self.rates((5, 20), nil))
    #expect(finding.verdict == .breach && finding.method == .events)
    let against = Judgement(Self.up20).judge(Self.rates((6, 20), (20, 2000)))
    #expect(against.verdict == .breach && against.method == .events)
    let newError = Judgement(Self.up20).judge(Self.rates((8, 40), (0, 2000)))
    #expect(newError.verdict == .breach, "new with the canary")
  }

  @Test func meansAndMultiples() {
    #expect(Judgement(Self.up20).judge(Self.means(Self.cost(0.014), Self.cost)).verdict == .breach)
    #expect(Judgement(Self.up20).judge(Self.means(Self.cost(0.0101), Self.cost)).verdict == .pass)
    #expect(Judgement(.multiple(5)).judge(Self.means(Self.cost(0.06), Self.cost)).verdict == .breach)
    #expect(Judgement(.multiple(5)).judge(Self.means(Self.cost(0.04), Self.cost)).verdict == .pass)
    let down = Judgement(.relative(.down, 0.05)).judge(Self.means(Self.cost(0.009), Self.cost))
    #expect(down.verdict == .breach && down.threshold == -0.05 && (down.interval?.upper ?? 0) < -0.05)
    let fixed = Judgement(.above(.init(0.02, .currency))).judge(Self.means(Self.cost(0.021), nil))
    #expect(fixed.verdict == .breach && fixed.method == .mean)
  }

  @Test(arguments: [(0.013, 0.1), (0.007, -0.1)])
  func eitherDirectionNamesTheOneThatBroke(mean: Double, threshold: Double) {
    let finding = Judgement(.relative(.either, 0.1)).judge(Self.means(Self.cost(mean), Self.cost))
    #expect(finding.verdict == .breach && finding.threshold == threshold)
  }

  @Test func aQuantileAgainstALimitIsAShare() {
    let values = (0..<400).map { Double($0 % 100) }
    let strata = [Stratum(canary: Sample(values, kind: .quantile), control: nil)]
    let breach = Judgement(.above(.init(80, .seconds)), level: 0.95).judge(strata)
    #expect(breach.verdict == .breach && breach.method == .share && (breach.interval?.lower ?? 0) > 80)
    #expect(Judgement(.above(.init(97, .seconds)), level: 0.95).judge(strata).verdict == .pass)
  }

  @Test func numbersInPlaceOfAControl() {
    let judge = { Judgement(.relative(.up, 0.1), against: .number($0)).judge(Self.means(Self.cost(0.012), nil)) }
    #expect(judge(0.01).verdict == .breach)
    #expect(judge(0.012).verdict == .pass)
    #expect(judge(0).reason == .controlIsZero)
    #expect(judge(.nan).reason == .notANumber)
    let below = Judgement(.beyond(.down), against: .number(0.9)).judge(Self.rates((700, 1000), nil))
    #expect(below.verdict == .breach)
  }

  // MARK: Nothing fails open

  @Test(arguments: [
    (rates((0, 0), (1, 100)), Finding.Reason.noCanary), (rates((1, 1000), nil), .noControl),
    (rates((1, 1000), (0, 0)), .noControl), ([], .noCanary), (rates((0, 1000), (0, 1000)), .controlIsZero),
    (rates((0, 20), (5, 1000)), .tooFewSamples(have: 20, need: 200)),
    (means(Moments(Array(repeating: 1, count: 500)), Moments(Array(repeating: 1, count: 500))), .noSpread),
    (means(Moments([1]), cost), .nothingComparable), (rates((5, 4), (1, 100)), .impossible),
    (rates((5, 400), (-1, 100)), .impossible), (means(Moments(count: 9, mean: .nan, squares: 1), cost), .impossible),
    (rates((9, 900), nil) + rates((0, 10), (5, 1000)), .tooFewSamples(have: 10, need: 200)),
    (means(cost(0.01), Moments(count: 900, mean: 0, squares: 5)), .controlIsZero),
  ])
  func whatCannotBeJudgedHolds(strata: [Stratum], reason: Finding.Reason) {
    let finding = Judgement(Self.up20).judge(strata)
    #expect(finding.verdict == .hold && finding.reason == reason, "\(finding)")
  }

  @Test func aThresholdThatIsNoNumberHolds() {
    let finding = Judgement(.relative(.up, .nan)).judge(Self.rates((1, 1000), (1, 1000)))
    #expect(finding.verdict == .hold && finding.reason == .notANumber)
  }

  @Test func oneTenantIsNoVersion() {
    var (canary, control) = (Sample(.mean), Sample(.mean))
    for record in 0..<1000 {
      canary.add(Double(record % 7) + 9, unit: 0)
      control.add(Double(record % 5), unit: UInt32(1 + record % 20))
    }
    let strata = [Stratum(canary: canary, control: control)]
    #expect(Judgement(Self.up20).judge(strata).reason == .singleUnit)
    // Asked about that tenant alone, its records are the draws.
    let alone = [Stratum(canary: canary.withoutUnits, control: control.withoutUnits)]
    #expect(Judgement(Self.up20).judge(alone).verdict == .breach)
  }

  @Test func aCountThatMustBeZeroFiresAtTheFirstEvent() {
    let zero = Trigger.Test.above(.init(0, .plain))
    let judge = { Judgement(zero, isCount: true).judge(Self.rates(($0, $1), nil)) }
    #expect(judge(1, 3).verdict == .breach && judge(1, 3).reason == .firstEvent)
    #expect(judge(0, 300).verdict == .pass)
    #expect(judge(0, 3).reason == .tooFewSamples(have: 3, need: 200))
    #expect(Judgement(zero).judge(Self.rates((1, 100_000), nil)).reason == .firstEvent, "a rate that must be zero")
    let three = Judgement(.above(.init(3, .plain)), isCount: true)
    #expect(three.judge(Self.rates((4, 900), nil)).verdict == .breach)
    #expect(three.judge(Self.rates((3, 900), nil)).verdict == .pass)
    let wrong = Judgement(zero, isCount: true).judge(Self.means(Self.cost, nil))
    #expect(wrong.verdict == .hold && wrong.reason == .impossible, "nothing was counted")
  }

  @Test(arguments: [
    (Trigger.Test.above(.init(3, .seconds)), 3.1, nil, Verdict.breach), (.above(.init(3, .seconds)), 2.9, nil, .pass),
    (.below(.init(3, .seconds)), 2.9, nil, .breach), (.above(.init(3, .seconds)), .nan, nil, .hold),
    (.above(.init(3, .seconds)), .infinity, nil, .hold), (.multiple(5), 6, 1, .breach), (.multiple(5), 6, 2, .pass),
    (.multiple(5), 6, 0, .hold), (.multiple(5), 6, nil, .hold), (.multiple(5), 6, .nan, .hold),
    (.points(.up, 1), 2, 0, .breach), (.relative(.down, 0.1), 0.8, 1, .breach),
  ])
  func aBareNumberIsTakenAsItIs(test: Trigger.Test, canary: Double, control: Double?, verdict: Verdict) {
    let finding = Judgement(test).judge(bare: canary, control: control)
    #expect(finding.verdict == verdict && finding.interval == nil && finding.pValue == nil, "\(finding)")
  }

  // MARK: Promises

  /// No absolute tolerance anywhere: milliseconds and seconds, or a unit a million times smaller, judge alike.
  @Test(arguments: [1e-9, 1e-3, 1e6, 1e12])
  func theUnitDoesNotMatter(scale: Double) throws {
    var random = SplitMix64(seed: 5)
    for shift in [1, 1.1, 1.3, 2] {
      var arms = [Sample(.quantile), Sample(.quantile)]
      var scaled = arms
      for record in 0..<1200 {
        let arm = record % 3 == 0 ? 0 : 1
        let value = Double.random(in: 1..<3, using: &random) * (arm == 0 ? shift : 1)
        arms[arm].add(value, unit: UInt32(record % 100))
        scaled[arm].add(value * scale, unit: UInt32(record % 100))
      }
      for level in [nil, 0.9] {
        let judgement = Judgement(.relative(.up, 0.1), level: level)
        let one = judgement.judge([Stratum(canary: arms[0], control: arms[1])])
        let other = judgement.judge([Stratum(canary: scaled[0], control: scaled[1])])
        #expect(one.verdict == other.verdict && one.reason == other.reason)
        let (p, q) = (try #require(one.pValue), try #require(other.pValue))
        #expect(abs(p - q) <= 1e-6 * p)
        let (left, right) = (try #require(one.interval), try #require(other.interval))
        #expect(abs(left.lower - right.lower) < 1e-6 && abs(left.upper - right.upper) < 1e-6)
      }
    }
  }

  /// The interval is what the test does not reject, so the two can never disagree.
  @Test func aBreachIsAnIntervalBeyondTheThreshold() {
    var random = SplitMix64(seed: 3)
    for _ in 0..<150 {
      let (n1, n0) = (Int.random(in: 5...3000, using: &random), Int.random(in: 50...9000, using: &random))
      let rate = Double.random(in: 0.001...0.4, using: &random)
      let (x1, x0) = (
        min(n1, Int(Double(n1) * rate * Double.random(in: 0...3, using: &random))), max(1, Int(Double(n0) * rate))
      )
      for test: Trigger.Test in [Self.up20, .points(.up, 0.01), .multiple(1.5), Self.above2, .beyond(.up)] {
        let finding = Judgement(test).judge(Self.rates((x1, n1), (x0, n0)))
        guard let interval = finding.interval else { continue }
        #expect((interval.lower > finding.threshold) == (finding.verdict == .breach), "\(finding)")
        #expect(interval.lower <= interval.upper)
      }
    }
  }

  /// Errors rise with the hour and the canary's share rises too: adding up would blame the canary.
  @Test func aRampDoesNotFeignADifference() {
    let stages = [((10, 1000), (990, 99_000)), ((250, 5000), (4750, 95_000)), ((4000, 40_000), (6000, 60_000))]
    let strata = stages.flatMap { Self.rates($0.0, $0.1) }
    let finding = Judgement(.beyond(.up)).judge(strata)
    #expect(abs(finding.difference ?? 1) < 1e-15 && finding.pValue == 1 && finding.verdict != .breach)
    let sums = Self.rates((4260, 46_000), (11_740, 254_000))
    #expect(Judgement(.beyond(.up)).judge(sums).verdict == .breach, "what adding up would have said")
  }

  /// Worse in every segment, and better in the sum (E. H. Simpson).
  @Test func aMixDoesNotHideADifference() {
    let strata = Self.rates((90, 9000), (5, 1000)) + Self.rates((300, 1000), (1800, 9000))
    #expect(Judgement(.beyond(.up)).judge(strata).verdict == .breach)
    #expect(Judgement(.beyond(.up)).judge(Self.rates((390, 10_000), (1805, 10_000))).verdict == .pass)
  }

  /// A tenant that is slow this week was slow last week: two periods of the same tenants are not twice the evidence.
  @Test func unitsAreOneOverAllStrata() throws {
    var random = SplitMix64(seed: 8)
    func stratum(_ numbers: [UInt32]) -> Stratum {
      var arms = [Sample(.mean), Sample(.mean)]
      for arm in 0...1 {
        for unit in 0..<20 {
          for _ in 0..<10 { arms[arm].add(Double(unit % 10) + .random(in: 0..<1, using: &random), unit: UInt32(unit)) }
        }
        arms[arm].unitNumbers = numbers.map { $0 + UInt32(arm) * 100 }
      }
      return Stratum(canary: arms[0], control: arms[1])
    }
    let (first, other) = (Array(0..<20 as Range<UInt32>), Array(20..<40 as Range<UInt32>))
    let same = try #require(SequentialComparison([stratum(first), stratum(first)], level: nil))
    let apart = try #require(SequentialComparison([stratum(first), stratum(other)], level: nil))
    #expect(same.canary.units == 20 && apart.canary.units == 40)
    #expect(abs(apart.designEffect - 10) < 1.5 && abs(same.designEffect - 20) < 3)
  }

  @Test func severalTriggersShareTheRisk() {
    let broken = Judgement(.beyond(.up)).judge(Self.rates((35, 1000), (200, 10_000)))
    #expect(broken.verdict == .breach && (broken.pValue ?? 0) > 0.01)
    let quiet = Judgement(.beyond(.up)).judge(Self.rates((20, 1000), (200, 10_000)))
    let first = Judgement(.above(.init(0, .plain)), isCount: true).judge(Self.rates((1, 10), nil))
    #expect(Judgement.corrected([broken]) == [broken])
    let several = Judgement.corrected([broken, quiet, first] + Array(repeating: quiet, count: 8))
    #expect(several[0].verdict == .hold && several[0].reason == .beyondUncorrected(tests: 10))
    #expect(several[2] == first, "a count is not a matter of chance")
  }
}
