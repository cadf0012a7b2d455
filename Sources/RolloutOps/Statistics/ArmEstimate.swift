import Glibc

/// What one arm showed in one stratum, reduced to what a test needs: the estimate, its variance as if every record had
/// been drawn for itself, and how each unit pulls at it.
package struct ArmEstimate: Sendable {
  package let count: Double
  package let value: Double
  package let variance: Double
  /// By position: how far the estimate lies where it does because of this unit; they add up to 0.
  let pulls: [Double]
  let shares: [Double]
  let unitNumbers: [UInt32]

  /// Nil where the sample cannot carry an estimate with a variance: too few values, or no spread among quantiles.
  package init?(_ sample: Sample, level: Double?) {
    var order = OrderStatistics(sample.values)
    self.init(sample, level: level, from: &order)
  }

  init?(_ sample: Sample, level: Double?, from order: inout OrderStatistics) {
    let count = Double(sample.count)
    guard sample.count > 0 else { return nil }
    var totals = sample.isClustered ? sample.totals : []
    var center: Double
    // One record's weight in the estimate.
    var weight = 1 / count
    switch sample.kind {
    case .rate:
      center = Double(sample.events) / count
      value = center
      variance = center * (1 - center) / count
    case .mean, .quantile:
      if sample.kind == .quantile, let level {
        guard let estimate = QuantileEstimate(sample, level: level, from: &order) else { return nil }
        if !totals.isEmpty { totals = estimate.totals }
        center = totals.reduce(0) { $0 + $1.sum } / count
        // One record more below the quantile lowers it by 1/(n f), and the variance knows f.
        weight = -(estimate.plainVariance / (level * (1 - level) * count)).squareRoot()
        (value, variance) = (estimate.value, estimate.plainVariance)
      } else {
        let moments = sample.moments
        guard let spread = moments.variance else { return nil }
        center = moments.mean
        (value, variance) = (center, spread / count)
      }
    }
    self.count = count
    let (middle, step) = (center, weight)
    pulls = totals.map { ($0.sum - middle * Double($0.count)) * step }
    shares = totals.map { Double($0.count) / count }
    unitNumbers = sample.unitNumbers
  }

  func number(at position: Int) -> Int {
    position < unitNumbers.count ? Int(unitNumbers[position]) : position
  }
}

/// One arm over all strata: how much its estimate varies because records come in units. The pulls of a unit are added up
/// over the strata before they are squared, since a tenant that was slow last week is slow this week.
package struct ArmSpread: Hashable, Sendable {
  /// Against independent records; at least 1.
  package let designEffect: Double
  /// Records or effective units, less one.
  package let freedom: Double
  /// Nil where records do not share units.
  package let units: Int?

  init(_ parts: [(weight: Double, estimate: ArmEstimate)]) {
    let plain = parts.reduce(0) { $0 + $1.weight * $1.weight * $1.estimate.variance }
    let records = parts.reduce(0) { $0 + $1.estimate.count }
    guard parts.contains(where: { !$0.estimate.pulls.isEmpty }) else {
      (designEffect, freedom, units) = (1, max(records - Double(parts.count), 0), nil)
      return
    }
    var (pulls, shares) = ([Double](), [Double]())
    for (weight, estimate) in parts {
      for position in estimate.pulls.indices where estimate.shares[position] > 0 {
        let number = estimate.number(at: position)
        if number >= pulls.count {
          pulls.append(contentsOf: repeatElement(0, count: number + 1 - pulls.count))
          shares.append(contentsOf: repeatElement(0, count: number + 1 - shares.count))
        }
        pulls[number] += weight * estimate.pulls[position]
        shares[number] += weight * estimate.shares[position]
      }
    }
    let used = Double(shares.count { $0 > 0 })
    let sum = shares.reduce(0, +)
    let squares = shares.reduce(0) { $0 + $1 * $1 }
    let clustered: Double = pulls.reduce(0) { $0 + $1 * $1 } * used / max(used - 1, 1)
    designEffect = plain > 0 ? max(1, clustered / plain) : 1
    freedom = max(sum * sum / squares - 1, 0)
    units = Int(used)
  }
}
