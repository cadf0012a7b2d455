import Testing

@testable import RolloutOps

@Suite struct CompositeScoreTests {
  /// Where every record carries every signal and stands for itself, the score is the mean of what each record scores.
  @Test(arguments: [UInt64(7), 21, 4711]) func isTheMeanOfTheRecordsScores(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var (judge, done, all) = (Sample(.mean), Sample(.rate), Moments())
    for unit in 0..<UInt32(200) {
      let success = Double.random(in: 0..<1, using: &random) < 0.7
      // The two go together, which a sum of separate variances would miss.
      let value = (success ? 0.8 : 0.3) + Double.random(in: 0..<0.1, using: &random)
      judge.add(value, unit: unit)
      done.add(event: success, unit: unit)
      all.add(0.6 * value + 0.4 * (success ? 1 : 0))
    }
    var score = CompositeScore()
    score.add(0.6, judge)
    score.add(0.4, done)
    let made = score.sample
    #expect(made.count == 200 && made.unitCount == 200)
    #expect(abs(made.moments.mean - all.mean) < 1e-12, "seed \(seed)")
    #expect(abs((made.moments.variance ?? 0) / (all.variance ?? 1) - 1) < 1e-9, "seed \(seed)")
  }

  /// The same unit stands at different positions in two samples.
  @Test func unitsAreFoundByTheirNumbers() {
    let judge = Sample(
      .mean, count: 2, events: 0, missing: 0, moments: Moments([0.2, 0.8]),
      totals: [UnitTotal(count: 1, sum: 0.2), UnitTotal(count: 1, sum: 0.8)], unitNumbers: [5, 9], values: [],
      owners: [])
    let done = Sample(
      .rate, count: 2, events: 1, missing: 0, moments: Moments(),
      totals: [UnitTotal(count: 1, sum: 1), UnitTotal(count: 1, sum: 0)], unitNumbers: [9, 5], values: [], owners: [])
    var score = CompositeScore()
    score.add(1, judge)
    score.add(1, done)
    let made = score.sample
    #expect(made.unitNumbers == [5, 9])
    #expect(zip(made.totals.map(\.sum), [0.2, 1.8]).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  /// Without units nobody knows how the signals go together: the widest spread counts.
  @Test func withoutUnitsTheErrorsAddUp() {
    var score = CompositeScore()
    score.add(0.5, Sample(Moments(count: 100, mean: 1, squares: 99)))
    score.add(-2, Sample(Moments(count: 400, mean: 3, squares: 399)))
    let made = score.sample
    #expect(made.count == 100 && made.moments.mean == -5.5)
    let error = ((made.moments.variance ?? 0) / 100).squareRoot()
    #expect(abs(error - (0.5 * 0.1 + 2 * 0.05)) < 1e-12)
  }

  @Test func aSignalWithoutAValueLeavesNoScore() {
    var score = CompositeScore()
    score.add(0.5, Sample(Moments([1, 2])))
    score.add(0.5, Sample(.rate))
    #expect(score.sample.count == 0)
  }
}
