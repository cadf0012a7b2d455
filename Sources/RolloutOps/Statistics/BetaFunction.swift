import Glibc

/// The regularized incomplete beta function, and the weights that it and its relatives start from.
package enum BetaFunction {
  /// I_x(a, b), given x and 1 - x apart, because the smaller of the two must not be had by subtraction.
  ///
  /// A continued fraction on the side of the mean where it converges fast.
  package static func regularized(_ share: Double, _ rest: Double, _ first: Double, _ second: Double) -> Double {
    if share <= 0 { return 0 }
    if rest <= 0 { return 1 }
    if isNear(share, first, second) { return series(share, rest, first, second) }
    if share > (first + 1) / (first + second + 2) || isNear(rest, second, first) {
      return 1 - regularized(rest, share, second, first)
    }
    return exp(logWeight(share, rest, first, second)) * fraction(share, rest, first, second)
  }

  /// ln(x^a (1-x)^b / B(a, b)). Written around the mean a/(a+b), where two large logarithms would otherwise cancel
  /// (C. Loader, "Fast and accurate computation of binomial probabilities", 2000).
  package static func logWeight(_ share: Double, _ rest: Double, _ first: Double, _ second: Double) -> Double {
    let whole = first + second
    let distance = (second * share - first * rest) / whole
    return first * logExcess(distance * whole / first, of: share * whole / first)
      + second * logExcess(-distance * whole / second, of: rest * whole / second)
      + log(first / whole * second / (2 * Double.pi)) / 2
      - (stirlingError(first) + stirlingError(second) - stirlingError(whole))
  }

  /// Where the series is short, and the fraction slow because its two parameters lie far apart.
  private static func isNear(_ share: Double, _ first: Double, _ second: Double) -> Bool {
    first < 2 && share < 0.5 && share * second < 3
  }

  /// DLMF 8.17.8: terms of one sign, and few of them where the share is small beside 1/b.
  private static func series(_ share: Double, _ rest: Double, _ first: Double, _ second: Double) -> Double {
    var (term, sum, step) = (1.0, 1.0, 0.0)
    while term > sum * 1e-17 {
      term *= (first + second + step) / (first + 1 + step) * share
      sum += term
      step += 1
    }
    return exp(logWeight(share, rest, first, second)) / first * sum
  }

  /// The even part of the continued fraction, arranged so that 1 - x is never formed from x (DiDonato and Morris,
  /// "Significant digit computation of the incomplete beta function ratios", 1992, formula 9), by Lentz's method.
  private static func fraction(_ share: Double, _ rest: Double, _ first: Double, _ second: Double) -> Double {
    let tiny = 1e-300
    let guarded = { (value: Double) in abs(value) < tiny ? tiny : value }
    let slope = (first + second) * rest - second
    var result = guarded(first / (first + 1) * (slope + 1))
    var (numerator, denominator) = (result, 0.0)
    for index in 1...100_000 {
      let step = Double(index)
      let odd = first + 2 * step - 1
      let factor =
        (first + step - 1) / odd * ((first + second + step - 1) / odd) * step * (second - step) * share * share
      let base =
        step + step * (second - step) * share / odd + (first + step) / (odd + 2) * (slope + 1 + step * (1 + rest))
      denominator = 1 / guarded(base + factor * denominator)
      numerator = guarded(base + factor / numerator)
      let change = denominator * numerator
      result *= change
      if abs(change - 1) < 2e-16 { break }
    }
    return 1 / result
  }

  /// ln(1 + u) - u without cancellation: with r = u/(2+u) the logarithm is 2(r + r³/3 + r⁵/5 + …) and u is 2r/(1-r).
  /// The sum 1 + u comes along, because near u = -1 it has the digits that u has lost.
  package static func logExcess(_ value: Double, of sum: Double) -> Double {
    guard abs(value) < 0.4 else { return log(sum) - value }
    let ratio = value / (2 + value)
    let square = ratio * ratio
    var (series, power, index) = (0.0, 1.0, 3.0)
    while true {
      let next = series + power / index
      if next == series { break }
      series = next
      power *= square
      index += 2
    }
    return 2 * ratio * square * series - ratio * value
  }

  /// What Stirling's formula leaves out of ln Γ(x): ln Γ(x) - ((x - ½) ln x - x + ½ ln 2π).
  package static func stirlingError(_ value: Double) -> Double {
    guard value > 16 else {
      var sign: Int32 = 0
      return lgamma_r(value, &sign) - ((value - 0.5) * log(value) - value + log(2 * Double.pi) / 2)
    }
    let inverse = 1 / (value * value)
    let tail = 1.0 / 1260 - inverse * (1.0 / 1680 - inverse * (1.0 / 1188 - inverse * (691.0 / 360_360)))
    return (1.0 / 12 - inverse * (1.0 / 360 - inverse * tail)) / value
  }
}
