/// Two means compared once, each with its own variance (B. L. Welch, 1947).
package struct TwoMeans: Hashable, Sendable {
  package let canary: Moments
  package let control: Moments

  /// Nil below two values an arm, and where neither arm varies.
  package var welch: Difference? {
    guard let one = canary.variance, let other = control.variance else { return nil }
    let difference = Difference.welch(
      canary.mean - control.mean, (one / Double(canary.count), Double(canary.count - 1)),
      (other / Double(control.count), Double(control.count - 1)))
    return difference.isUsable ? difference : nil
  }

  /// Relative to the control's mean; nil as `welch`, and where that mean is 0.
  package var lift: Difference? {
    guard welch != nil, let one = canary.variance, let other = control.variance else { return nil }
    return Difference.relative(
      canary: (canary.mean, one / Double(canary.count)), control: (control.mean, other / Double(control.count)))
  }
}

extension Difference {
  /// An estimate whose variance is the sum of two, each known with so many degrees of freedom: Satterthwaite's.
  package static func welch(
    _ estimate: Double, _ one: (variance: Double, freedom: Double), _ other: (variance: Double, freedom: Double)
  ) -> Difference {
    let variance = one.variance + other.variance
    // As shares of the whole, so that no square can overflow or vanish.
    let (left, right) = (one.variance / variance, other.variance / variance)
    return Difference(
      estimate, variance: variance, freedom: 1 / (left * left / one.freedom + right * right / other.freedom))
  }
}
