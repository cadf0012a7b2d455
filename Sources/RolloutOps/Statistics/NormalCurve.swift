import Glibc

/// The standard normal distribution, with full relative accuracy in both tails.
package enum NormalCurve {
  package static func density(_ value: Double) -> Double { exp(-value * value / 2) / (2 * Double.pi).squareRoot() }

  package static func below(_ value: Double) -> Double { erfc(-value / 2.0.squareRoot()) / 2 }

  package static func above(_ value: Double) -> Double { erfc(value / 2.0.squareRoot()) / 2 }

  /// Where `share` lies below.
  package static func quantile(below share: Double) -> Double { -quantile(above: share) }

  /// Where `share` lies above; NaN outside 0...1.
  ///
  /// Newton's method. On the logarithm of the tail, which is concave, it converges from any start; near the middle,
  /// where the result is close to 0, the error function keeps the digits that the tail would lose.
  package static func quantile(above share: Double) -> Double {
    guard share >= 0, share <= 1 else { return .nan }
    if share > 0.5 { return -quantile(above: 1 - share) }
    if share == 0 { return .infinity }
    if share > 0.25 {
      let middle = 0.5 - share
      return newton(from: middle * (2 * Double.pi).squareRoot()) {
        (erf($0 / 2.0.squareRoot()) / 2 - middle) / density($0)
      }
    }
    let target = log(share)
    return newton(from: (-2 * target).squareRoot() - 0.8) {
      let tail = above($0)
      guard tail > 0 else { return 0.5 }
      return (target - log(tail)) * tail / density($0)
    }
  }

  /// Steps until a step no longer counts; the steps get smaller by themselves.
  private static func newton(from start: Double, step: (Double) -> Double) -> Double {
    var place = start
    for _ in 0..<60 {
      let change = step(place)
      place -= change
      if abs(change) <= 1e-15 * abs(place) { break }
    }
    return place
  }
}
