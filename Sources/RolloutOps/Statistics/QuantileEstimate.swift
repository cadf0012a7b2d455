import Glibc

/// A sample quantile with its variance, by the outer interval of Deng, Knoblich and Lu ("Applying the delta method in
/// metric analytics", KDD 2018, section 4): the distance between two neighbouring quantiles stands for the density.
package struct QuantileEstimate: Hashable, Sendable {
  package let value: Double
  /// As if every record were drawn for itself.
  package let plainVariance: Double
  /// How much more the share below the quantile varies because records come in units; at least 1.
  package let designEffect: Double
  /// The units' counts of values that are at most `value`; none where records come without units.
  let totals: [UnitTotal]

  package var variance: Double { plainVariance * designEffect }

  /// Nil where the outer interval would leave the sample, n <= z²ν/(1-ν) or its mirror, and where it has no width, as in
  /// rounded values.
  package init?(_ sample: Sample, level: Double, z: Double = 1.959963984540054) {
    var order = OrderStatistics(sample.values)
    self.init(sample, level: level, z: z, from: &order)
  }

  /// The order of the sample's values, so that several levels of it share the searching.
  init?(_ sample: Sample, level: Double, z: Double = 1.959963984540054, from order: inout OrderStatistics) {
    let count = Double(sample.values.count)
    let needed = z * z * max(level / (1 - level), (1 - level) / level)
    guard level > 0, level < 1, count > needed else { return nil }
    let reach = z * (level * (1 - level) / count).squareRoot()
    value = order.quantile(level)
    let width = order.quantile(level + reach) - order.quantile(level - reach)
    guard width > 0, width.isFinite else { return nil }
    plainVariance = (width / (2 * z)) * (width / (2 * z))
    var effect = 1.0
    totals = sample.isClustered ? sample.totals(below: value) : []
    if sample.isClustered, let clustered = UnitSpread.variance(totals) {
      effect = max(1, clustered / (level * (1 - level) / count))
    }
    designEffect = effect
  }
}

extension Sample {
  /// The units' counts of values that are at most `limit`.
  package func totals(below limit: Double) -> [UnitTotal] {
    var totals = [UnitTotal](repeating: UnitTotal(), count: self.totals.count)
    for (value, owner) in zip(values, owners) where owner != Self.noUnit {
      totals[Int(owner)].count += 1
      if value <= limit { totals[Int(owner)].sum += 1 }
    }
    return totals
  }

  /// How often a value lay above `limit`: a quantile against an absolute limit is a question about this rate.
  package func exceeding(_ limit: Double) -> Sample {
    var rate = Sample(.rate)
    for (value, owner) in zip(values, owners) { rate.add(event: value > limit, unit: owner) }
    rate.missing = missing
    rate.unitNumbers = unitNumbers
    return rate
  }
}
