import Glibc

/// The settings of a test: how sure, and how often it is made; for the always-valid one also for which size of sample.
package struct Tuning: Hashable, Sendable {
  package let alpha: Double
  /// ρ² per effective canary sample beside a much larger control, one-sided.
  package let squaredScale: Double
  package let looks: Looks

  /// `samples` in both arms together, if they were equally large. Others start from 5000; a fifth of that costs 6% of
  /// the interval's width at 2000 canary samples and saves a quarter of it at 100, where a prompt that breaks should be
  /// stopped.
  package init(alpha: Double, samples: Double = 1000, looks: Looks = .repeated) {
    (self.alpha, self.looks) = (alpha, looks)
    squaredScale = AlwaysValid.squaredScale(min(2 * alpha, 0.99), tuning: samples / 4)
  }

  func ratio(_ information: Double) -> Double { squaredScale * information }

  /// A Student's deviate is first turned into the normal one of the same tail.
  func pValue(_ test: Difference, _ side: EventEvidence.Side, _ ratio: Double) -> Double {
    var deviate = side == .more ? test.deviate : -test.deviate
    guard deviate > 0 else { return 1 }
    if looks == .once { return StudentCurve(freedom: test.freedom).above(deviate) }
    if test.freedom < 1e6 {
      deviate = NormalCurve.quantile(above: StudentCurve(freedom: test.freedom).above(deviate))
    }
    return AlwaysValid.upperPValue(deviate: deviate, ratio: ratio)
  }

  /// The smallest estimate with this error that would be seen.
  func reach(_ test: Difference, _ ratio: Double) -> Double {
    let multiplier =
      looks == .once ? NormalCurve.quantile(above: alpha) : AlwaysValid.upperMultiplier(alpha, ratio: ratio)
    guard test.freedom < 1e6 else { return multiplier * test.error }
    return StudentCurve(freedom: test.freedom).quantile(above: NormalCurve.above(multiplier)) * test.error
  }
}
