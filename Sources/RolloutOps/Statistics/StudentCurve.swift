import Glibc

/// Student's t distribution, by the incomplete beta function (DLMF 8.17; Abramowitz and Stegun 26.7.1).
package struct StudentCurve: Hashable, Sendable {
  /// Degrees of freedom, not necessarily whole; infinitely many make it the normal curve.
  package let freedom: Double

  package func above(_ value: Double) -> Double {
    guard freedom.isFinite else { return NormalCurve.above(value) }
    if value.isNaN { return .nan }
    return value >= 0 ? tail(value) : 1 - tail(-value)
  }

  package func below(_ value: Double) -> Double { above(-value) }

  /// Where `share` lies above; NaN outside 0...1.
  ///
  /// Newton's method on the logarithm of the tail against the logarithm of t, where a power law is a straight line; in
  /// the middle on the logarithm of the mass between 0 and t.
  package func quantile(above share: Double) -> Double {
    guard freedom.isFinite else { return NormalCurve.quantile(above: share) }
    guard share >= 0, share <= 1, freedom > 0 else { return .nan }
    if share > 0.5 { return -quantile(above: 1 - share) }
    if share == 0.5 { return 0 }
    if share == 0 { return .infinity }
    let inTail = share < 0.25
    let target = log(inTail ? share : 0.5 - share)
    var place = log(NormalCurve.quantile(above: share))
    for _ in 0..<200 {
      let value = exp(place)
      let mass = inTail ? tail(value) : middle(value)
      guard mass > 0 else {
        place -= 1
        continue
      }
      // The slope of ln(mass) against ln(t) is ± t f(t) / mass.
      let change = (target - log(mass)) * mass / (value * density(value)) * (inTail ? -1 : 1)
      place += min(max(change, -40), 40)
      if abs(change) < 1e-15 { break }
    }
    return exp(place)
  }

  package func quantile(below share: Double) -> Double { -quantile(above: share) }

  package func density(_ value: Double) -> Double {
    let (near, far) = parts(value)
    return exp(BetaFunction.logWeight(near, far, freedom / 2, 0.5)) / abs(value)
  }

  /// ν/(ν+t²) and t²/(ν+t²); the square is never formed where it would overflow.
  private func parts(_ value: Double) -> (near: Double, far: Double) {
    let ratio = value / freedom.squareRoot()
    if abs(ratio) > 1 {
      let inverse = 1 / (ratio * ratio)
      return (inverse / (1 + inverse), 1 / (1 + inverse))
    }
    let square = ratio * ratio
    return (1 / (1 + square), square / (1 + square))
  }

  private func tail(_ value: Double) -> Double {
    let (near, far) = parts(value)
    return BetaFunction.regularized(near, far, freedom / 2, 0.5) / 2
  }

  private func middle(_ value: Double) -> Double {
    let (near, far) = parts(value)
    return BetaFunction.regularized(far, near, 0.5, freedom / 2) / 2
  }
}
