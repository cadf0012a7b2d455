import Glibc

/// From `lower` to `upper`; an end that the data do not bound is infinite.
package struct Interval: Hashable, Sendable {
  package let lower: Double
  package let upper: Double

  package init(_ lower: Double, _ upper: Double) { (self.lower, self.upper) = (lower, upper) }
}

/// An estimate with its standard error: what every fixed-sample test here comes down to.
package struct Difference: Hashable, Sendable {
  package let estimate: Double
  package let variance: Double
  /// Of Student's t; infinite for a normal one.
  package let freedom: Double

  package init(_ estimate: Double, variance: Double, freedom: Double = .infinity) {
    (self.estimate, self.variance, self.freedom) = (estimate, variance, freedom)
  }

  /// Without spread there is nothing to measure the estimate by: then it gives no verdict.
  package var isUsable: Bool { estimate.isFinite && variance.isFinite && variance > 0 && freedom > 0 }

  package var error: Double { variance.squareRoot() }

  /// In standard errors.
  package var deviate: Double { estimate / error }

  package var pValue: Double { min(1, 2 * StudentCurve(freedom: freedom).above(abs(deviate))) }

  /// Against "not above 0".
  package var upperPValue: Double { StudentCurve(freedom: freedom).above(deviate) }

  /// With `alpha` split between both ends.
  package func interval(_ alpha: Double) -> Interval {
    let width = StudentCurve(freedom: freedom).quantile(above: alpha / 2) * error
    return Interval(estimate - width, estimate + width)
  }

  /// The difference of two means with their variances as a share of the control's, by the delta method; nil where the
  /// control's mean is 0. The variance is that of a ratio of independent means.
  package static func relative(
    canary: (mean: Double, variance: Double), control: (mean: Double, variance: Double)
  ) -> Difference? {
    guard control.mean != 0 else { return nil }
    let ratio = canary.mean / control.mean
    let square = control.mean * control.mean
    return Difference(
      (canary.mean - control.mean) / abs(control.mean),
      variance: canary.variance / square + ratio * ratio * (control.variance / square))
  }
}
