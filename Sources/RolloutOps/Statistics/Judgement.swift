/// From evidence to a verdict. Never fails open: what cannot be judged holds, with the reason.
///
/// A breach needs an always-valid test; a pass needs enough samples and an estimate inside the threshold, or with
/// `proven` a test that excludes everything beyond it.
package struct Judgement: Sendable {
  package enum Reference: Hashable, Sendable {
    case control
    /// A baseline, a forecast, or a level frozen earlier.
    case number(Double)
  }

  /// With its limit in the metric's own unit.
  package let test: Trigger.Test
  package let reference: Reference
  /// Of a quantile.
  package let level: Double?
  /// What is judged is how often it happened in all, not the rate.
  package let isCount: Bool
  package let minimumSamples: Int
  package let isProven: Bool
  private let tuning: Tuning
  /// Where both directions count, each has half the risk.
  private let halved: Tuning

  package init(
    _ test: Trigger.Test, against reference: Reference = .control, level: Double? = nil, isCount: Bool = false,
    alpha: Double = 0.05, minimumSamples: Int = 200, isProven: Bool = false, looks: Looks = .repeated
  ) {
    (self.test, self.reference, self.level, self.isCount) = (test, reference, level, isCount)
    (self.minimumSamples, self.isProven) = (minimumSamples, isProven)
    (tuning, halved) = (Tuning(alpha: alpha, looks: looks), Tuning(alpha: alpha / 2, looks: looks))
  }

  // MARK: The sides of a threshold

  /// One way to be worse.
  struct Limit: Sendable {
    let side: EventEvidence.Side
    /// In the threshold's own scale.
    let threshold: Double
    let scale: Finding.Scale
  }

  /// Both sides of a threshold that looks either way; the worse for the canary first.
  var limits: [Limit] {
    let ways = { (direction: Trigger.Direction, size: Double, scale: Finding.Scale) in
      let up = Limit(side: .more, threshold: size, scale: scale)
      let down = Limit(side: .fewer, threshold: -size, scale: scale)
      switch direction {
      case .up: return [up]
      case .down: return [down]
      case .either: return [up, down]
      }
    }
    switch test {
    case .above(let limit): return [Limit(side: .more, threshold: limit.value, scale: .level)]
    case .below(let limit): return [Limit(side: .fewer, threshold: limit.value, scale: .level)]
    case .relative(let direction, let share): return ways(direction, share, .relative)
    case .points(let direction, let points): return ways(direction, points, .points)
    case .multiple(let factor): return [Limit(side: .more, threshold: factor, scale: .multiple)]
    case .beyond(let direction): return ways(direction, 0, .relative)
    }
  }

  func tuning(of limits: [Limit]) -> Tuning { limits.count > 1 ? halved : tuning }

  var isAbsolute: Bool { limits[0].scale == .level }

  // MARK: Judging

  /// Interval and smallest visible change take some hundred tests each; without `details` they are left out, and the
  /// verdict is the same.
  package func judge(_ strata: [Stratum], details: Bool = true) -> Finding {
    let canaries = strata.map(\.canary).filter { $0.count > 0 }
    var finding = Finding(
      verdict: .hold, reason: .noCanary, canary: Self.arm(strata.map(\.canary)),
      control: isAbsolute || reference != .control ? nil : Self.arm(strata.compactMap(\.control)),
      scale: limits[0].scale, threshold: limits[0].threshold, method: .plain)
    guard limits.allSatisfy({ $0.threshold.isFinite }) else { return finding.holding(.notANumber) }
    guard !canaries.isEmpty else { return finding }
    guard strata.allSatisfy({ $0.canary.isPossible && $0.control?.isPossible != false }) else {
      return finding.holding(.impossible)
    }
    if isAbsolute, isCount || canaries[0].kind == .rate && limits[0].threshold == 0 {
      // Only a sample of events can be counted; any other would have none.
      guard canaries.allSatisfy({ $0.kind == .rate }) else { return finding.holding(.impossible) }
      return counted(canaries.reduce(0) { $0 + $1.events }, finding)
    }
    if !isAbsolute, case .number(let number) = reference {
      guard number.isFinite else { return finding.holding(.notANumber) }
      return judgeLevel(canaries, finding, number, details)
    }
    if isAbsolute { return judgeLevel(canaries, finding, nil, details) }
    guard let control = finding.control, control.count > 0 else { return finding.holding(.noControl) }
    guard let comparison = SequentialComparison(strata, level: level) else {
      return finding.holding(.nothingComparable)
    }
    finding.unusedStrata = comparison.unused
    finding.designEffect = comparison.designEffect
    return judgeComparison(comparison, finding, details)
  }

  /// A count is what it is; where none is tolerated the first one decides.
  private func counted(_ events: Int, _ start: Finding) -> Finding {
    var finding = start
    finding.canary.value = Double(events)
    let broken = limits[0].side == .more ? Double(events) > finding.threshold : Double(events) < finding.threshold
    if broken {
      (finding.verdict, finding.reason) = (.breach, finding.threshold == 0 ? .firstEvent : .beyond)
      return finding
    }
    return finding.passing(.inside, have: finding.canary.count, need: minimumSamples)
  }

  /// A number without samples behind it, as a bare query returns one: used as it is, without an interval.
  package func judge(bare canary: Double, control: Double?) -> Finding {
    var finding = Finding(
      verdict: .hold, reason: .notANumber, canary: Finding.Arm(count: 0, units: nil, missing: 0, value: canary),
      control: control.map { Finding.Arm(count: 0, units: nil, missing: 0, value: $0) }, scale: limits[0].scale,
      threshold: limits[0].threshold, method: .plain)
    var base = control
    if case .number(let number) = reference { base = number }
    guard canary.isFinite, limits.allSatisfy({ $0.threshold.isFinite }) else { return finding }
    if !isAbsolute {
      guard let base else { return finding.holding(.noControl) }
      guard base.isFinite else { return finding }
      if base == 0, finding.scale != .points { return finding.holding(.controlIsZero) }
      finding.difference = canary - base
      finding.relative = base == 0 ? nil : (canary - base) / abs(base)
    }
    let broken = limits.first { limit in
      let border = limit.border(base ?? 0)
      return limit.side == .more ? canary > border : canary < border
    }
    if let broken {
      (finding.verdict, finding.reason, finding.threshold) = (.breach, .beyond, broken.threshold)
      return finding
    }
    return finding.passing(.inside, have: 0, need: 0)
  }

  private static func arm(_ samples: [Sample]) -> Finding.Arm {
    var units: Int? = 0
    for sample in samples where sample.count > 0 {
      units = sample.unitCount.flatMap { count in units.map { max($0, count) } }
    }
    return Finding.Arm(
      count: samples.reduce(0) { $0 + $1.count }, units: units == 0 ? nil : units,
      missing: samples.reduce(0) { $0 + $1.missing }, value: nil)
  }
}

extension Judgement.Limit {
  /// The value at which the threshold lies, beside a known reference.
  func border(_ reference: Double) -> Double {
    switch scale {
    case .level: threshold
    case .relative: reference + threshold * abs(reference)
    case .points: reference + threshold
    case .multiple: threshold * reference
    }
  }

  /// The other way round: where a value lies in the threshold's scale.
  func place(_ value: Double, _ reference: Double) -> Double? {
    let place: Double
    switch scale {
    case .level: return value
    case .relative: place = (value - reference) / abs(reference)
    case .points: return value - reference
    case .multiple: place = value / reference
    }
    return reference == 0 ? nil : place
  }

  /// The threshold as the border of a comparison. Below zero a relative change is one of the control's size.
  func border(of control: Double) -> SequentialComparison.Border {
    switch scale {
    case .level: SequentialComparison.Border(factor: 0, shift: threshold)
    case .relative: SequentialComparison.Border(factor: control < 0 ? 1 - threshold : 1 + threshold)
    case .points: SequentialComparison.Border(shift: threshold)
    case .multiple: SequentialComparison.Border(factor: threshold)
    }
  }
}

extension Finding {
  package func holding(_ reason: Reason) -> Finding {
    var copy = self
    (copy.verdict, copy.reason) = (.hold, reason)
    return copy
  }

  func passing(_ reason: Reason, have: Int, need: Int) -> Finding {
    var copy = self
    (copy.verdict, copy.reason) = have < need ? (.hold, .tooFewSamples(have: have, need: need)) : (.pass, reason)
    return copy
  }
}

extension Sample {
  /// Counters that were reset, or sums that overflowed, can say what no record ever said.
  var isPossible: Bool {
    switch kind {
    case .rate: (0...count).contains(events)
    case .mean, .quantile: moments.mean.isFinite && moments.squares.isFinite && moments.squares >= 0
    }
  }
}
