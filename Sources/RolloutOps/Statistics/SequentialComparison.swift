import Glibc

/// Canary against control over strata, under repeated looks.
///
/// Strata are joined with Mantel-Haenszel's weights n1 n0 / (n1 + n0): each stratum compares only with itself, so neither
/// a ramp nor a mix of segments can feign or hide a difference. A relative limit is tested as canary - factor · control
/// against 0, which needs no ratio and no unit of measurement.
package struct SequentialComparison: Sendable {
  /// The border of the harmless: canary = factor · control + shift.
  package struct Border: Hashable, Sendable {
    package let factor: Double
    package let shift: Double

    package init(factor: Double = 1, shift: Double = 0) { (self.factor, self.shift) = (factor, shift) }
  }

  struct Part: Sendable {
    let weight: Double
    let canary: ArmEstimate
    let control: ArmEstimate
  }

  let kind: Sample.Kind
  let parts: [Part]
  package let canary: ArmSpread
  package let control: ArmSpread
  /// Strata that could not take part: an arm without values, or too few of them.
  package let unused: Int
  let information: Double

  /// Nil where no stratum has both arms.
  package init?(_ strata: [Stratum], level: Double?) {
    var found: [(canary: ArmEstimate, control: ArmEstimate)] = []
    for stratum in strata {
      guard let control = stratum.control, let one = ArmEstimate(stratum.canary, level: level),
        let other = ArmEstimate(control, level: level)
      else { continue }
      found.append((one, other))
    }
    guard !found.isEmpty else { return nil }
    let weights = found.map { $0.canary.count / ($0.canary.count + $0.control.count) * $0.control.count }
    let whole = weights.reduce(0, +)
    parts = zip(weights, found).map { Part(weight: $0 / whole, canary: $1.canary, control: $1.control) }
    canary = ArmSpread(parts.map { ($0.weight, $0.canary) })
    control = ArmSpread(parts.map { ($0.weight, $0.control) })
    kind = strata[0].canary.kind
    unused = strata.count - found.count
    information = whole
  }

  /// One stratum whose arms are estimated already.
  init(_ kind: Sample.Kind, canary: ArmEstimate, control: ArmEstimate) {
    parts = [Part(weight: 1, canary: canary, control: control)]
    (self.canary, self.control) = (ArmSpread([(1, canary)]), ArmSpread([(1, control)]))
    self.kind = kind
    unused = 0
    information = canary.count / (canary.count + control.count) * control.count
  }

  package var canaryValue: Double { parts.reduce(0) { $0 + $1.weight * $1.canary.value } }
  package var controlValue: Double { parts.reduce(0) { $0 + $1.weight * $1.control.value } }
  var canaryCount: Double { parts.reduce(0) { $0 + $1.canary.count } }
  var controlCount: Double { parts.reduce(0) { $0 + $1.control.count } }

  /// The design effect of records in general, to which the larger arm contributes more.
  package var designEffect: Double {
    (canaryCount * canary.designEffect + controlCount * control.designEffect) / (canaryCount + controlCount)
  }

  // MARK: Tests

  /// Which formula carries the weight.
  package enum Method: String, Sendable { case events, pooled, means, quantiles }

  package func method(at border: Border) -> Method {
    switch kind {
    case .rate: enoughEvents(at: border) ? .pooled : .events
    case .mean: .means
    case .quantile: .quantiles
    }
  }

  /// How likely evidence at least so strong for "above the border" (or below) ever is, if the canary is on the border.
  package func pValue(_ side: EventEvidence.Side, _ border: Border, tuning: Tuning) -> Double {
    if method(at: border) == .events { return eventPValue(side, border) }
    let ratio = tuning.ratio(information / designEffect)
    // All of them must agree: one heavy value widens the canary's own variance, while the joint variance knows the heavy
    // values that a small canary has not met yet.
    var largest = 0.0
    for test in tests(at: border) {
      guard test.isUsable else { return .nan }
      largest = max(largest, tuning.pValue(test, side, ratio))
    }
    return largest
  }

  /// The same difference with each variance that has a claim.
  func tests(at border: Border) -> [Difference] {
    let estimate = canaryValue - border.factor * controlValue - border.shift
    guard kind == .rate else {
      let own = Difference.welch(
        estimate, (own(\.canary) * canary.designEffect, canary.freedom),
        (own(\.control) * border.factor * border.factor * control.designEffect, control.freedom))
      return [own, Difference(estimate, variance: joint(border.factor), freedom: canary.freedom + control.freedom)]
    }
    let expected = expectedVariance(at: border)
    if canary.units == nil, control.units == nil { return [Difference(estimate, variance: expected)] }
    let pooled = Difference(
      estimate, variance: expected * designEffect, freedom: canary.freedom + control.freedom)
    let own = Difference.welch(
      estimate, (own(\.canary) * canary.designEffect, canary.freedom),
      (own(\.control) * border.factor * border.factor * control.designEffect, control.freedom))
    return own.variance > pooled.variance ? [pooled, own] : [pooled]
  }

  private func own(_ arm: KeyPath<Part, ArmEstimate>) -> Double {
    parts.reduce(0) { $0 + $1.weight * $1.weight * $1[keyPath: arm].variance }
  }

  /// If the canary were the control times `factor`, both would tell about one variance.
  private func joint(_ factor: Double) -> Double {
    var sum = 0.0
    for part in parts {
      let (left, right) = (part.canary.count, part.control.count)
      let one = part.canary.variance * left
      let other = part.control.variance * right * factor * factor
      let variance = (one * left + other * right) / (left + right)
      sum += part.weight * part.weight * variance * (1 / left + 1 / right)
    }
    return sum * designEffect
  }

  // MARK: Rates

  /// Both rates of a stratum if the canary lay on the border, from all its events.
  private func rates(_ part: Part, _ border: Border) -> (canary: Double, control: Double) {
    let (left, right) = (part.canary.count, part.control.count)
    let events = part.canary.value * left + part.control.value * right
    let control = min(max((events - border.shift * left) / (border.factor * left + right), 0), 1)
    return (min(max(border.factor * control + border.shift, 0), 1), control)
  }

  /// Without factor and shift this is the test of Cochran, Mantel and Haenszel; with one stratum that is the pooled one
  /// of two proportions, but for N/(N-1), which matters where strata are many and small.
  private func expectedVariance(at border: Border) -> Double {
    var sum = 0.0
    for part in parts {
      let (one, other) = rates(part, border)
      let count = part.canary.count + part.control.count
      sum +=
        part.weight * part.weight * count / (count - 1)
        * (one * (1 - one) / part.canary.count
          + border.factor * border.factor * other * (1 - other) / part.control.count)
    }
    return sum
  }

  /// Below these the normal curve is no guide to the tail.
  private func enoughEvents(at border: Border) -> Bool {
    var (expected, unexpected, events) = (0.0, 0.0, 0.0)
    for part in parts {
      let (one, _) = rates(part, border)
      expected += one * part.canary.count
      unexpected += (1 - one) * part.canary.count
      events += part.canary.value * part.canary.count + part.control.value * part.control.count
    }
    let fewest = Self.fewestExpected * max(canary.designEffect, designEffect)
    return events >= Self.fewestEvents && expected >= fewest && unexpected >= fewest
  }

  static let fewestEvents = 30.0
  static let fewestExpected = 20.0

  /// Counts whichever is rarer, events or their absence. Given `times`, the canary is taken to have had so many times
  /// what it should have had on the border.
  private func eventPValue(_ side: EventEvidence.Side, _ border: Border, times: Double? = nil) -> Double {
    let rare = eventsAreRare(border)
    let bets = parts.map { part in
      let (one, other) = rates(part, border)
      let left = (rare ? one : 1 - one) * part.canary.count
      let right = (rare ? other : 1 - other) * part.control.count
      let (canary, control) = (part.canary, part.control)
      let mine = times.map { $0 * left } ?? (rare ? canary.value : 1 - canary.value) * canary.count
      let theirs = (rare ? control.value : 1 - control.value) * control.count
      return EventEvidence.Bet(
        canary: mine, events: mine + theirs, fair: left + right > 0 ? left / (left + right) : 0.5)
    }
    let effect = max(canary.designEffect, designEffect)
    return EventEvidence.pValue(bets, rare ? side : side.opposite, designEffect: effect)
  }

  private func eventsAreRare(_ border: Border) -> Bool {
    2 * parts.reduce(0) { $0 + rates($1, border).canary * $1.canary.count } <= canaryCount
  }

  // MARK: What could have been seen

  /// Where the canary's value would have to lie for the test to fire, with as many samples and as much spread as there
  /// are; nil where it could not.
  package func smallestVisible(_ side: EventEvidence.Side, _ border: Border, tuning: Tuning) -> Double? {
    let sign = side == .more ? 1.0 : -1.0
    let level = border.factor * controlValue + border.shift
    guard method(at: border) == .events else {
      let ratio = tuning.ratio(information / designEffect)
      let reach = tests(at: border).map { $0.isUsable ? tuning.reach($0, ratio) : .infinity }.max() ?? .infinity
      return reach.isFinite ? level + sign * reach : nil
    }
    let rare = eventsAreRare(border)
    let expected = parts.reduce(0) { $0 + $1.weight * rates($1, border).canary }
    let base = rare ? expected : 1 - expected
    // More of them, or in the mirrored count fewer, until it fires.
    let grows = (side == .more) == rare
    guard base > 0 else { return nil }
    let times = Bisection.edge(from: 1, to: grows ? 1 / base : 0) {
      eventPValue(side, border, times: $0) > tuning.alpha
    }
    return times.map { rare ? $0 * base : 1 - $0 * base }
  }
}
