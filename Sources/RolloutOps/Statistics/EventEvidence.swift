import Glibc

/// How strongly counts of events speak against a limit, exactly, however few they are.
///
/// If every event falls on the canary with a known probability, its share of them is a fair bet, and a mixture of bets on
/// higher odds is a martingale: that it ever exceeds 1/alpha has probability alpha at most (J. Ville, 1939; mixtures:
/// H. Robbins, 1970). No normal approximation is made, so ten parse failures in the first twenty conversations count for
/// what they are, at any canary share.
package enum EventEvidence {
  /// So many of `events` were the canary's, of which it should have had the share `fair`.
  package struct Bet: Hashable, Sendable {
    package let canary: Double
    package let events: Double
    package let fair: Double
  }

  package enum Side: Hashable, Sendable {
    case more, fewer

    package var opposite: Self { self == .more ? .fewer : .more }
  }

  /// The odds betted on, as logarithms: exponentially distributed, so half the money lies on less than a doubling and
  /// there is still some on a hundredfold.
  private static let grid: [(odds: Double, weight: Double)] = {
    let step = 0.1
    let places = (0..<70).map { (Double($0) + 0.5) * step }
    let whole = places.reduce(0) { $0 + exp(-$1) }
    return places.map { ($0, -$0 - log(whole)) }
  }()

  /// At most 1. `designEffect` is how many records of a unit are worth one.
  package static func pValue(_ bets: [Bet], _ side: Side, designEffect: Double = 1) -> Double {
    var terms: [Double] = []
    terms.reserveCapacity(grid.count)
    for (size, weight) in grid {
      let odds = side == .more ? size : -size
      var gain = 0.0
      for bet in bets { gain += bet.canary * odds - bet.events * log1p(expm1(odds) * bet.fair) }
      terms.append(weight + gain / designEffect)
    }
    let largest = terms.max() ?? 0
    guard largest.isFinite else { return largest > 0 ? 0 : 1 }
    let sum = terms.reduce(0) { $0 + exp($1 - largest) }
    return min(1, exp(-largest) / sum)
  }
}
