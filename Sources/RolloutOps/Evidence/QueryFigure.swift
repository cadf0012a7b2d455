/// What one definition's queries showed of one version.
package enum QueryFigure: Hashable, Sendable {
  case rate(events: Int, of: Int)
  case mean(Double, count: Int)
  case buckets(BucketedValues)
  case bare(Double)

  /// The figure itself; nil where there is none, or where a level has to be asked for.
  package var value: Double? {
    switch self {
    case .rate(let events, let count): count == 0 ? nil : Double(events) / Double(count)
    case .mean(let value, _), .bare(let value): value.isFinite ? value : nil
    case .buckets: nil
    }
  }

  /// Requests behind it; nil where the queries do not tell.
  package var count: Int? {
    switch self {
    case .rate(_, let count), .mean(_, let count): count
    case .buckets(let values): Self.whole(values.total)
    case .bare: nil
    }
  }

  package static func whole(_ value: Double) -> Int { value < 1e15 ? Int(value.rounded()) : Int(1e15) }

  /// `increase()` estimates, so counts come as fractions. An event that is there at all is never rounded away.
  package static func rate(_ events: Double, of all: Double) throws(Impossible) -> QueryFigure {
    guard events >= 0, all >= 0 else {
      throw Impossible("a count below zero: the queries want `increase` of counters")
    }
    // Two estimates of one number may differ a little; more than that is a mistake in the queries.
    guard events <= all * 1.02 + 1 else {
      throw Impossible("more events (\(Figures.plain(events))) than requests (\(Figures.plain(all)))")
    }
    let whole = Self.whole(all)
    let happened = events > 0 ? max(1, Self.whole(events)) : 0
    return .rate(events: min(happened, max(whole, 1)), of: happened > 0 ? max(whole, 1) : whole)
  }
}

/// Figures that cannot be: the queries mean something else than the note says.
package struct Impossible: Error, Hashable, Sendable {
  package let why: String

  package init(_ why: String) { self.why = why }
}
