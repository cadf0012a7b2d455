/// A histogram: how many values fell between which bounds. Made from series with `le` labels, or from a native histogram.
package struct BucketedValues: Hashable, Sendable {
  package struct Bucket: Hashable, Sendable {
    package let lower: Double
    package let upper: Double
    package let count: Double
  }

  /// In rising order, without overlap.
  package let buckets: [Bucket]

  package init(_ buckets: [Bucket]) { self.buckets = buckets.sorted { $0.upper < $1.upper } }

  /// From classic buckets, each the count of all values up to its bound. Nil without the one that counts everything, or
  /// with a count that is no number.
  package init?(cumulative: [(upper: Double, count: Double)]) {
    let sorted = cumulative.sorted { $0.upper < $1.upper }
    guard sorted.count > 1, sorted.last?.upper == .infinity,
      sorted.allSatisfy({ $0.count.isFinite && $0.count >= 0 && !$0.upper.isNaN }),
      zip(sorted, sorted.dropFirst()).allSatisfy({ $0.upper < $1.upper })
    else { return nil }
    // The lowest bucket starts at 0, unless it lies below.
    var (lower, reached) = (min(0, sorted[0].upper), 0.0)
    buckets = sorted.map { upper, count in
      // Buckets are scraped one after the other, so that a count may be a little behind the one before it.
      let bucket = Bucket(lower: lower, upper: upper, count: max(0, count - reached))
      (lower, reached) = (upper, max(reached, count))
      return bucket
    }
  }

  package var total: Double { buckets.reduce(0) { $0 + $1.count } }

  /// The quantile by linear interpolation inside its bucket, as `histogram_quantile` has it for classic histograms. With
  /// `isAtLeast` it lies somewhere beyond the last bound, which is all that a histogram tells.
  package func quantile(_ level: Double) -> (value: Double, isAtLeast: Bool)? {
    let total = total
    guard total > 0, total.isFinite else { return nil }
    var rank = level * total
    for bucket in buckets where bucket.count > 0 {
      guard rank > bucket.count else {
        if bucket.upper == .infinity { return (bucket.lower, true) }
        if bucket.lower == -.infinity { return (bucket.upper, false) }
        return (bucket.lower + (bucket.upper - bucket.lower) * (rank / bucket.count), false)
      }
      rank -= bucket.count
    }
    // Only rounding leads here.
    return buckets.last { $0.count > 0 }.map { ($0.upper.isFinite ? $0.upper : $0.lower, !$0.upper.isFinite) }
  }

  /// How many values lie over the limit; nil where it is no bound, and so nobody can tell.
  package func count(over limit: Double) -> Double? {
    guard let at = buckets.firstIndex(where: { abs($0.upper - limit) <= 1e-9 * abs(limit) }) else { return nil }
    return buckets[(at + 1)...].reduce(0) { $0 + $1.count }
  }
}
