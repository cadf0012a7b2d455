/// Several tests in one look, and the check that traffic was split as it was meant to be.
package enum Corrections {
  /// S. Holm's step-down p-values (1979), in the order given. A nil was never tested and does not count.
  package static func holm(_ values: [Double?]) -> [Double?] {
    let order = values.indices.filter { values[$0] != nil }.sorted { (values[$0] ?? 1) < (values[$1] ?? 1) }
    var adjusted = values
    var largest = 0.0
    for (rank, index) in order.enumerated() {
      largest = max(largest, min(1, (values[index] ?? 1) * Double(order.count - rank)))
      adjusted[index] = largest
    }
    return adjusted
  }

  /// How likely counts at least so far from the shares are; nil where a share is not positive or nothing was counted.
  /// Pearson's chi-square with one degree of freedom less than there are arms. Counts are of units: requests of one unit
  /// are not split one by one.
  package static func sampleRatio(_ counts: [Int], shares: [Double]) -> (statistic: Double, pValue: Double)? {
    let (count, whole) = (Double(counts.reduce(0, +)), shares.reduce(0, +))
    guard counts.count == shares.count, counts.count > 1, count > 0, shares.allSatisfy({ $0 > 0 && $0.isFinite })
    else { return nil }
    var statistic = 0.0
    for (observed, share) in zip(counts, shares) {
      let expected = count * share / whole
      statistic += (Double(observed) - expected) * (Double(observed) - expected) / expected
    }
    return (statistic, ChiSquareCurve.above(statistic, freedom: Double(counts.count - 1)))
  }
}
