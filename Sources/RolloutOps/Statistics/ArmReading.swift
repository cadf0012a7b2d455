/// One metric of one arm, made ready to be compared: read once, however many arms it is held against.
package struct ArmReading: Sendable {
  package let kind: Sample.Kind
  package let count: Int
  package let missing: Int
  /// Nil where records carry no unit.
  package let units: Int?
  /// Also where it has no variance to be judged by; nil without any value.
  package let value: Double?
  let estimate: ArmEstimate?
  let spread: ArmSpread?

  /// Of a rate or a mean.
  package init(_ sample: Sample) {
    let estimate = ArmEstimate(sample, level: nil)
    let value = sample.kind == .rate ? Double(sample.events) / Double(sample.count) : sample.moments.mean
    self.init(sample, value, estimate)
  }

  /// Several quantiles of one sample: the values that the first search has parted serve the next ones.
  package static func quantiles(_ sample: Sample, at levels: [Double]) -> [ArmReading] {
    var order = OrderStatistics(sample.values)
    return levels.map { level in
      let estimate = ArmEstimate(sample, level: level, from: &order)
      return ArmReading(sample, estimate?.value ?? order.quantile(level), estimate)
    }
  }

  private init(_ sample: Sample, _ value: Double, _ estimate: ArmEstimate?) {
    (kind, count, missing, units) = (sample.kind, sample.count, sample.missing, sample.unitCount)
    self.value = sample.count > 0 ? value : nil
    self.estimate = estimate
    spread = estimate.map { ArmSpread([(1, $0)]) }
  }
}
