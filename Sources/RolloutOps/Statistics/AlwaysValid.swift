import Glibc

/// Tests and intervals that hold however often one looks: with probability 1 - alpha the interval covers the truth at
/// every look at once, so a gate may be asked every minute.
///
/// The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (arXiv 2103.06476): a normal
/// mixture over effects. `ratio` is the mixture's variance in units of the estimate's own, which grows as the samples do.
/// The p-values are the same formulas solved for alpha, so they do not depend on the metric's unit.
package enum AlwaysValid {
  /// ρ², the mixture's variance for one sample, that makes the two-sided interval narrowest around `tuning` samples
  /// (there, section 3.4); a one-sided test at alpha takes that of 2 alpha.
  package static func squaredScale(_ alpha: Double, tuning: Double) -> Double {
    (-2 * log(alpha) + log1p(-2 * log(alpha))) / tuning
  }

  /// How many standard errors the interval reaches to each side.
  package static func multiplier(_ alpha: Double, ratio: Double) -> Double {
    ((1 + 1 / ratio) * (log1p(ratio) - 2 * log(alpha))).squareRoot()
  }

  package static func pValue(deviate: Double, ratio: Double) -> Double {
    min(1, exp(log1p(ratio) / 2 - ratio / (1 + ratio) * deviate * deviate / 2))
  }

  /// How many standard errors a one-sided bound lies off, alpha below ½.
  package static func upperMultiplier(_ alpha: Double, ratio: Double) -> Double {
    (2 * (1 + 1 / ratio) * log1p((1 + ratio).squareRoot() / (2 * alpha))).squareRoot()
  }

  /// Against "not above 0". Above ½ the bound says nothing, and so does this.
  package static func upperPValue(deviate: Double, ratio: Double) -> Double {
    guard deviate > 0 else { return deviate.isNaN ? .nan : 1 }
    let p = (1 + ratio).squareRoot() / (2 * expm1(deviate * deviate * ratio / (2 * (1 + ratio))))
    return p < 0.5 ? p : 1
  }
}
