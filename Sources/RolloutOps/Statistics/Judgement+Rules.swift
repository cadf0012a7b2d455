/// The two long ways through a judgement: against a number, and against the control.
extension Judgement {
  /// `number` is what a relative threshold refers to; nil where the threshold itself is absolute.
  func judgeLevel(_ samples: [Sample], _ start: Finding, _ number: Double?, _ details: Bool) -> Finding {
    var finding = start
    let limits = self.limits
    let tuning = self.tuning(of: limits)
    if number == 0, finding.scale == .relative || finding.scale == .multiple, limits[0].threshold != 0 {
      return finding.holding(.controlIsZero)
    }
    var results: [Result] = []
    for limit in limits {
      let border = limit.border(number ?? 0)
      guard let level = SequentialLevel(samples, level: self.level, limit: border) else {
        return finding.holding(.tooFewSamples(have: finding.canary.count, need: max(minimumSamples, 2)))
      }
      finding.canary.value = level.value
      (finding.method, finding.designEffect) = (level.method, level.designEffect)
      if let units = level.units { finding.canary.units = units }
      if level.units == 1 { return finding.holding(.singleUnit) }
      results.append(
        Result(
          limit: limit, beyond: limit.side == .more ? level.value > border : level.value < border,
          breach: level.pValue(limit.side, border, tuning: tuning),
          safe: level.pValue(limit.side.opposite, border, tuning: tuning),
          visible: details ? level.smallestVisible(limit.side, border, tuning: tuning) : nil))
      if details, results.count == 1, let interval = level.interval(samples, tuning: tuning) {
        finding.interval = Interval(
          limit.place(interval.lower, number ?? 0) ?? .nan, limit.place(interval.upper, number ?? 0) ?? .nan)
      }
    }
    if let number, let value = finding.canary.value {
      finding.difference = value - number
      finding.relative = number == 0 ? nil : (value - number) / abs(number)
    }
    return concluded(finding, results, number ?? 0, tuning, have: finding.canary.count)
  }

  func judgeComparison(_ comparison: SequentialComparison, _ start: Finding, _ details: Bool) -> Finding {
    var finding = start
    let limits = self.limits
    let tuning = self.tuning(of: limits)
    let (canary, control) = (comparison.canaryValue, comparison.controlValue)
    finding.canary.value = canary
    finding.control?.value = control
    if let units = comparison.canary.units { finding.canary.units = units }
    if let units = comparison.control.units { finding.control?.units = units }
    finding.difference = canary - control
    finding.relative = control == 0 ? nil : (canary - control) / abs(control)
    finding.method = comparison.method(at: limits[0].border(of: control)).named
    if comparison.canary.units == 1 || comparison.control.units == 1 { return finding.holding(.singleUnit) }
    let results = limits.map { limit in
      let border = limit.border(of: control)
      let edge = border.factor * control + border.shift
      return Result(
        limit: limit, beyond: limit.side == .more ? canary > edge : canary < edge,
        breach: comparison.pValue(limit.side, border, tuning: tuning),
        safe: comparison.pValue(limit.side.opposite, border, tuning: tuning),
        visible: details ? comparison.smallestVisible(limit.side, border, tuning: tuning) : nil)
    }
    if details { finding.interval = interval(comparison, limits[0], tuning) }
    // What could not take part says nothing in favour either.
    let concluded = concluded(finding, results, control, tuning, have: Int(comparison.canaryCount))
    // Nothing is a share of zero. Events of a kind that the control never has may still be a breach: their test needs
    // no ratio.
    let isShare = finding.scale == .relative && limits[0].threshold != 0 || finding.scale == .multiple
    guard control == 0, isShare, concluded.verdict != .breach || comparison.kind != .rate else { return concluded }
    return finding.holding(.controlIsZero)
  }

  /// One side, tested.
  struct Result {
    let limit: Limit
    let beyond: Bool
    let breach: Double
    let safe: Double
    let visible: Double?
  }

  private func concluded(
    _ start: Finding, _ results: [Result], _ reference: Double, _ tuning: Tuning, have: Int
  ) -> Finding {
    var finding = start
    guard let worst = results.min(by: { $0.breach < $1.breach }) else { return finding }
    finding.threshold = worst.limit.threshold
    finding.smallestVisible = worst.visible.flatMap { worst.limit.place($0, reference) }
    guard results.allSatisfy({ !$0.breach.isNaN && !$0.safe.isNaN }) else { return finding.holding(.noSpread) }
    finding.pValue = min(1, worst.breach * Double(results.count))
    if worst.breach <= tuning.alpha {
      (finding.verdict, finding.reason) = (.breach, .beyond)
      return finding
    }
    if results.contains(where: \.beyond) { return finding.holding(.beyondByChance) }
    // Both sides must be excluded, each with the whole risk: the chance that both err is no larger.
    let isExcluded = results.allSatisfy { $0.safe <= tuning.alpha }
    let reason: Finding.Reason = isProven && isExcluded ? .provenInside : .inside
    let passed = finding.passing(reason, have: have, need: minimumSamples)
    return isProven && !isExcluded && passed.verdict == .pass ? finding.holding(.insideUnproven) : passed
  }

  /// All borders that neither test rejects, in the threshold's scale; nil where a share of the control means nothing.
  private func interval(_ comparison: SequentialComparison, _ limit: Limit, _ tuning: Tuning) -> Interval? {
    let (canary, control) = (comparison.canaryValue, comparison.controlValue)
    let holds = { (side: EventEvidence.Side, border: SequentialComparison.Border) in
      // What cannot be tested is not excluded.
      !(comparison.pValue(side, border, tuning: tuning) <= tuning.alpha)
    }
    if limit.scale == .points || control < 0 {
      let size = comparison.size
      let end = { (side: EventEvidence.Side, sign: Double) -> Double in
        let shift = { canary - control + sign * size * $0 / (1 - $0) }
        let edge = Bisection.edge(from: 0, to: 1 - 1e-9) { holds(side, .init(shift: shift($0))) }
        return edge.map(shift) ?? sign * .infinity
      }
      let interval = Interval(end(.more, -1), end(.fewer, 1))
      return limit.scale == .points ? interval : Interval(interval.lower / -control, interval.upper / -control)
    }
    guard control > 0, canary >= 0 else { return nil }
    let ratio = max(canary / control, 1e-12)
    let lower = canary == 0 ? 0 : Bisection.edge(from: 1, to: 0) { holds(.more, .init(factor: ratio * $0)) } ?? 0
    let upper = Bisection.edge(from: 1, to: 1e-15) { holds(.fewer, .init(factor: ratio / $0)) }
    let offset = limit.scale == .multiple ? 0.0 : 1
    return Interval(ratio * lower - offset, upper.map { ratio / $0 - offset } ?? .infinity)
  }

  // MARK: Several triggers at once

  /// Holm's correction over the triggers of one look: what alone would be a breach, but not among so many, holds. A
  /// count and a bare number carry no risk of chance and stay as they are.
  package static func corrected(_ findings: [Finding], alpha: Double = 0.05) -> [Finding] {
    let values = Corrections.holm(findings.map(\.pValue))
    let tests = values.count { $0 != nil }
    return zip(findings, values).map { finding, value in
      guard let value else { return finding }
      var copy = finding
      copy.pValue = value
      return finding.verdict == .breach && value > alpha ? copy.holding(.beyondUncorrected(tests: tests)) : copy
    }
  }

  /// The segment that fares worst among those of one look: by verdict, then by how unlikely it is to be chance.
  package static func worst(_ findings: [Finding]) -> (index: Int, finding: Finding)? {
    corrected(findings).enumerated().max { left, right in
      let (one, other) = (left.element, right.element)
      if one.verdict != other.verdict { return one.verdict < other.verdict }
      return (one.pValue ?? 1) > (other.pValue ?? 1)
    }.map { ($0.offset, $0.element) }
  }
}

extension SequentialComparison {
  /// A length to search with: some standard errors, whatever the unit.
  var size: Double {
    let error = tests(at: Border()).map(\.error).max() ?? 0
    if error > 0 { return error }
    return kind == .rate ? 1 / canaryCount : 1
  }
}

extension SequentialComparison.Method {
  var named: Finding.Method {
    switch self {
    case .events: .events
    case .pooled: .pooled
    case .means: .means
    case .quantiles: .quantiles
    }
  }
}
