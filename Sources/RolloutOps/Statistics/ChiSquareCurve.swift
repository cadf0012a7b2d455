import Glibc

/// The upper tail of the chi-square distribution, by the incomplete gamma function (DLMF 8.7.1 and 8.9.2).
package enum ChiSquareCurve {
  package static func above(_ value: Double, freedom: Double) -> Double {
    guard value > 0 else { return value.isNaN ? .nan : 1 }
    let (shape, place) = (freedom / 2, value / 2)
    guard place.isFinite else { return 0 }
    // ln(x^a e^-x / Γ(a+1)), around x = a as for the beta function.
    let logWeight =
      shape * BetaFunction.logExcess((place - shape) / shape, of: place / shape) - log(2 * Double.pi * shape) / 2
      - BetaFunction.stirlingError(shape)
    return place < shape + 1
      ? 1 - exp(logWeight) * series(shape, place) : exp(logWeight) * shape * fraction(shape, place)
  }

  private static func series(_ shape: Double, _ place: Double) -> Double {
    var (term, sum, index) = (1.0, 1.0, shape)
    while term > sum * 1e-17 {
      index += 1
      term *= place / index
      sum += term
    }
    return sum
  }

  private static func fraction(_ shape: Double, _ place: Double) -> Double {
    let tiny = 1e-300
    var base = place + 1 - shape
    var numerator = 1 / tiny
    var denominator = 1 / base
    var result = denominator
    for index in 1...100_000 {
      let factor = -Double(index) * (Double(index) - shape)
      base += 2
      let down = factor * denominator + base
      denominator = 1 / (abs(down) < tiny ? tiny : down)
      let up = base + factor / numerator
      numerator = abs(up) < tiny ? tiny : up
      let change = denominator * numerator
      result *= change
      if abs(change - 1) < 2e-16 { break }
    }
    return result
  }
}
