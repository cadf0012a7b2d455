/// How a metric is computed by queries to a metrics server.
package struct Queries: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// How often something happened, and out of how many: two counters.
    case ratio(events: QueryTemplate, all: QueryTemplate)
    case mean(sum: QueryTemplate, count: QueryTemplate)
    /// A quantile of a histogram; the level is a fraction.
    case quantile(Double, buckets: QueryTemplate)
    /// The share of a histogram beyond one of its bounds: what a limit on a quantile comes down to.
    case over(Double, buckets: QueryTemplate)
    /// One number, taken as it is.
    case bare(QueryTemplate)
  }

  /// The metric's name in the note.
  package let metric: String
  package let kind: Kind

  package init(_ metric: String, _ kind: Kind) { (self.metric, self.kind) = (metric, kind) }

  package var templates: [QueryTemplate] {
    switch kind {
    case .ratio(let one, let other), .mean(let one, let other): [one, other]
    case .quantile(_, let one), .over(_, let one), .bare(let one): [one]
    }
  }

  /// The query that has an answer whenever there is traffic at all.
  package var traffic: QueryTemplate {
    switch kind {
    case .ratio(_, let all): all
    case .mean(_, let count): count
    case .quantile(_, let buckets), .over(_, let buckets): buckets
    case .bare(let query): query
    }
  }

  package var isShare: Bool {
    switch kind {
    case .ratio, .over: true
    case .mean, .quantile, .bare: false
    }
  }

  /// What a trigger means that names a function of the metric: `p95 latency` where the note has a histogram.
  package func applying(_ function: String) -> Queries? {
    switch (kind, function) {
    case (.ratio, "rate"), (.mean, "mean"), (.mean, "average"), (.bare, _): return self
    case (.quantile(_, let buckets), _):
      guard case .quantile(let level, _)? = Measure(function: function, of: metric) else { return nil }
      return Queries(metric, .quantile(level, buckets: buckets))
    default: return nil
    }
  }

  /// What a second is in the metric's unit, by the unit that ends its name, as servers of this kind have it.
  package var second: Double? {
    for name in templates.flatMap(\.names) {
      var name = name.lowercased()
      for ending in ["_bucket", "_sum", "_count", "_total"] where name.hasSuffix(ending) {
        name.removeLast(ending.count)
      }
      if name.hasSuffix("_seconds") { return 1 }
      if name.hasSuffix("_milliseconds") || name.hasSuffix("_ms") { return 1000 }
      if name.hasSuffix("_microseconds") { return 1_000_000 }
    }
    return nil
  }
}

extension Queries: CustomStringConvertible {
  /// As a note would write it.
  package var description: String {
    switch kind {
    case .ratio(let events, let all): "ratio(`\(events.text)`, `\(all.text)`)"
    case .mean(let sum, let count): "mean(`\(sum.text)`, `\(count.text)`)"
    case .quantile(let level, let buckets): "quantile(\(level), `\(buckets.text)`)"
    case .over(let limit, let buckets): "share over \(limit) of `\(buckets.text)`"
    case .bare(let query): "`\(query.text)`"
    }
  }
}
