import Glibc

/// Canary against control on one metric, without a threshold: how far apart they are, and how surely.
package struct Comparison: Hashable, Sendable {
  /// Why there is no test.
  package enum Gap: Hashable, Sendable {
    case noCanary, noControl, tooFewValues, noSpread, singleUnit
  }

  package let canary: Finding.Arm
  package let control: Finding.Arm
  /// Canary minus control, and the same as a share of the control's size.
  package private(set) var difference: Double?
  package private(set) var relative: Double?
  package private(set) var interval: Interval?
  package private(set) var relativeInterval: Interval?
  /// Two-sided.
  package private(set) var pValue: Double?
  /// How many records are worth one, because records of a unit resemble each other.
  package private(set) var designEffect = 1.0
  package private(set) var gap: Gap?

  package init(canary: ArmReading, control: ArmReading, looks: Looks = .once, alpha: Double = 0.05) {
    (self.canary, self.control) = (canary.arm, control.arm)
    gap = compare(canary, control, looks, alpha)
  }

  private mutating func compare(_ canary: ArmReading, _ control: ArmReading, _ looks: Looks, _ alpha: Double) -> Gap? {
    guard let mine = canary.value else { return .noCanary }
    guard let theirs = control.value else { return .noControl }
    difference = mine - theirs
    relative = theirs == 0 ? nil : (mine - theirs) / abs(theirs)
    guard let one = Side(canary), let other = Side(control) else { return .tooFewValues }
    let sequence = SequentialComparison(canary.kind, canary: one.estimate, control: other.estimate)
    designEffect = sequence.designEffect
    guard one.spread.units != 1, other.spread.units != 1 else { return .singleUnit }
    switch looks {
    case .once: look(canary.kind, one, other, alpha)
    case .repeated: follow(sequence, alpha)
    }
    return pValue == nil ? .noSpread : nil
  }

  /// An arm that can be tested.
  private struct Side {
    let estimate: ArmEstimate
    let spread: ArmSpread

    init?(_ reading: ArmReading) {
      guard let estimate = reading.estimate, let spread = reading.spread else { return nil }
      (self.estimate, self.spread) = (estimate, spread)
    }

    var variance: Double { estimate.variance * spread.designEffect }
    /// What the records would amount to if each were drawn for itself (L. Kish's effective sample size).
    var share: Share {
      let count = estimate.count / spread.designEffect
      return Share(estimate.value * count, of: count)
    }
  }

  // MARK: One look

  private mutating func look(_ kind: Sample.Kind, _ one: Side, _ other: Side, _ alpha: Double) {
    let estimate = one.estimate.value - other.estimate.value
    var own = Difference.welch(
      estimate, (one.variance, one.spread.freedom), (other.variance, other.spread.freedom))
    let isClustered = one.spread.units != nil || other.spread.units != nil
    if kind != .mean, !isClustered { own = Difference(estimate, variance: own.variance) }
    let freedom = own.freedom.isNaN ? one.spread.freedom + other.spread.freedom : own.freedom
    if kind == .rate {
      let rates = TwoRates(canary: one.share, control: other.share)
      let test = Difference(estimate, variance: rates.pooled.variance, freedom: freedom)
      pValue = test.isUsable ? test.pValue : nil
      // With few units the interval reaches as far as Student's would.
      let reach = StudentCurve(freedom: freedom).quantile(above: alpha / 2)
      interval = rates.newcombe(freedom < .infinity ? 2 * NormalCurve.above(reach) : alpha)
    } else if own.isUsable {
      pValue = own.pValue
      interval = own.interval(alpha)
    }
    relativeInterval = lift(kind, one, other, freedom, alpha)
  }

  /// Of rates by the logarithm of their ratio (D. Katz and others, 1978), which never says less than nothing; else by
  /// the delta method on the ratio.
  private func lift(
    _ kind: Sample.Kind, _ one: Side, _ other: Side, _ freedom: Double, _ alpha: Double
  ) -> Interval? {
    let (mine, theirs) = (one.estimate.value, other.estimate.value)
    if kind == .rate {
      guard mine > 0, theirs > 0 else { return nil }
      let ratio = Difference(
        log(mine / theirs), variance: one.variance / (mine * mine) + other.variance / (theirs * theirs),
        freedom: freedom)
      guard ratio.isUsable else { return nil }
      let ends = ratio.interval(alpha)
      return Interval(expm1(ends.lower), expm1(ends.upper))
    }
    guard let lift = Difference.relative(canary: (mine, one.variance), control: (theirs, other.variance)) else {
      return nil
    }
    let spread = Difference(lift.estimate, variance: lift.variance, freedom: freedom)
    return spread.isUsable ? spread.interval(alpha) : nil
  }

  // MARK: Repeated looks

  private mutating func follow(_ sequence: SequentialComparison, _ alpha: Double) {
    let judged = { [canary, control] (test: Trigger.Test, scale: Finding.Scale) in
      Judgement(test, alpha: alpha, minimumSamples: 0).judgeComparison(
        sequence,
        Finding(
          verdict: .hold, reason: .nothingComparable, canary: canary, control: control, scale: scale, threshold: 0,
          method: .plain), true)
    }
    let points = judged(.points(.either, 0), .points)
    pValue = points.pValue
    interval = points.interval
    relativeInterval = judged(.relative(.either, 0), .relative).interval
  }
}

extension ArmReading {
  var arm: Finding.Arm { Finding.Arm(count: count, units: units, missing: missing, value: value) }
}
