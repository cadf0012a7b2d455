import Glibc

/// The canary alone against a fixed limit, under repeated looks. A limit is absolute, so here strata are added up.
package struct SequentialLevel: Sendable {
  /// Of whom it is asked: a rate, a mean, or the share of values beyond the limit of a quantile.
  private let subject: Subject
  package let value: Double
  package let designEffect: Double
  package let units: Int?

  private enum Subject: Sendable {
    case rate(Share)
    case mean(Difference, count: Double)
    /// How often the limit is exceeded, and how often it may be.
    case quantile(Share, allowed: Double, limit: Double)
  }

  /// Nil where there is nothing to estimate from. A quantile's limit must be known beforehand.
  package init?(_ samples: [Sample], level: Double?, limit: Double) {
    guard let first = samples.first else { return nil }
    if first.kind == .quantile, let level {
      let values = samples.flatMap(\.values)
      guard !values.isEmpty else { return nil }
      var order = OrderStatistics(values)
      value = order.quantile(level)
      guard let (share, spread) = Self.rate(samples.map { $0.exceeding(limit) }) else { return nil }
      subject = .quantile(share, allowed: 1 - level, limit: limit)
      (designEffect, units) = (spread.designEffect, spread.units)
    } else if first.kind == .rate {
      guard let (share, spread) = Self.rate(samples) else { return nil }
      subject = .rate(share)
      value = share.rate
      (designEffect, units) = (spread.designEffect, spread.units)
    } else {
      var moments = Moments()
      for sample in samples { moments.merge(sample.moments) }
      let parts = samples.compactMap { ArmEstimate($0, level: nil) }
      guard let variance = moments.variance, !parts.isEmpty else { return nil }
      let spread = ArmSpread(Self.weighted(parts))
      let count = Double(moments.count)
      value = moments.mean
      (designEffect, units) = (spread.designEffect, spread.units)
      subject = .mean(
        Difference(moments.mean, variance: variance / count * spread.designEffect, freedom: spread.freedom),
        count: count / spread.designEffect)
    }
  }

  private static func rate(_ samples: [Sample]) -> (Share, ArmSpread)? {
    let parts = samples.compactMap { ArmEstimate($0, level: nil) }
    guard !parts.isEmpty else { return nil }
    let (events, count) = samples.reduce((0, 0)) { ($0.0 + $1.events, $0.1 + $1.count) }
    return (Share(Double(events), of: Double(count)), ArmSpread(weighted(parts)))
  }

  private static func weighted(_ parts: [ArmEstimate]) -> [(weight: Double, estimate: ArmEstimate)] {
    let whole = parts.reduce(0) { $0 + $1.count }
    return parts.map { ($0.count / whole, $0) }
  }

  // MARK: Tests

  package var method: Finding.Method {
    switch subject {
    case .rate: .events
    case .mean: .mean
    case .quantile: .share
    }
  }

  /// Against "not above" (or below) the limit, which for a quantile must be the one given at the start.
  package func pValue(_ side: EventEvidence.Side, _ limit: Double, tuning: Tuning) -> Double {
    switch subject {
    case .rate(let share): counted(share, side, limit)
    case .quantile(let share, let allowed, _): counted(share, side, allowed)
    case .mean(let mean, let count):
      moved(mean, limit).map { tuning.pValue($0, side, tuning.ratio(count)) } ?? .nan
    }
  }

  private func moved(_ mean: Difference, _ limit: Double) -> Difference? {
    let moved = Difference(mean.estimate - limit, variance: mean.variance, freedom: mean.freedom)
    return moved.isUsable ? moved : nil
  }

  private func counted(_ share: Share, _ side: EventEvidence.Side, _ limit: Double) -> Double {
    // What must never happen, or always, is decided by a single event.
    if limit <= 0 { return side == .more && share.events > 0 ? 0 : 1 }
    if limit >= 1 { return side == .fewer && share.events < share.count ? 0 : 1 }
    return EventEvidence.pValue(
      [EventEvidence.Bet(canary: share.events, events: share.count, fair: limit)], side, designEffect: designEffect)
  }

  // MARK: Interval

  /// Every limit that the test would not reject, with the samples' values for a quantile's ends.
  package func interval(_ samples: [Sample], tuning: Tuning) -> Interval? {
    let alpha = tuning.alpha
    switch subject {
    case .rate(let share):
      let lower = Bisection.edge(from: share.rate, to: 0) { counted(share, .more, $0) > alpha }
      let upper = Bisection.edge(from: share.rate, to: 1) { counted(share, .fewer, $0) > alpha }
      return Interval(lower ?? share.rate, upper ?? share.rate)
    case .mean(let mean, let count):
      guard mean.isUsable else { return nil }
      let reach = tuning.reach(mean, tuning.ratio(count))
      return Interval(mean.estimate - reach, mean.estimate + reach)
    case .quantile(let share, let allowed, _):
      var order = OrderStatistics(samples.flatMap(\.values))
      let end = { (side: EventEvidence.Side, last: Double) in
        Bisection.edge(from: allowed, to: last) {
          counted(Share($0 * share.count, of: share.count), side, allowed) > alpha
        }
      }
      return Interval(
        end(.more, 1).map { order.quantile(1 - $0) } ?? -.infinity,
        end(.fewer, 0).map { order.quantile(1 - $0) } ?? .infinity)
    }
  }

  /// Where the value would have to lie for the test to fire; nil where it could not, and for a quantile, whose shape
  /// beyond the limit is not known.
  package func smallestVisible(_ side: EventEvidence.Side, _ limit: Double, tuning: Tuning) -> Double? {
    switch subject {
    case .rate(let share):
      return Bisection.edge(from: limit, to: side == .more ? 1 : 0) {
        counted(Share($0 * share.count, of: share.count), side, limit) > tuning.alpha
      }
    case .mean(let mean, let count):
      guard mean.isUsable else { return nil }
      let reach = tuning.reach(mean, tuning.ratio(count))
      return side == .more ? limit + reach : limit - reach
    case .quantile: return nil
    }
  }
}
