/// A score put together from several signals of the same arm, each with its weight: a judge's score, feedback, tasks done.
///
/// The signals need not stand in the same records: feedback is rare, a judge sees a sample. What is added up are their
/// means. Whoever gives good feedback also gets their task done, so the signals of one unit go together, and the spread of
/// the sum is taken over units: each unit's part in the sum, to first order, is Σ w (sum − mean · count) / N over the
/// signals (the linearization of R. S. Woodruff, "A simple method for approximating the variance of a complicated
/// estimate", 1971).
package struct CompositeScore {
  private var parts: [(weight: Double, sample: Sample)] = []

  package init() {}

  package mutating func add(_ weight: Double, _ sample: Sample) { parts.append((weight, sample)) }

  private var value: Double { parts.reduce(0) { $0 + $1.weight * $1.sample.moments.mean } }

  /// A sample whose mean is the score: with one value for each unit where units are known, else with a spread that is
  /// right however the signals go together. Empty where a signal has no value at all.
  package var sample: Sample {
    var empty = Sample(.mean)
    empty.missing = parts.map(\.sample.missing).max() ?? 0
    guard !parts.isEmpty, parts.allSatisfy({ $0.sample.count > 0 }) else { return empty }
    var made = parts.allSatisfy { $0.sample.unitCount != nil } ? ofUnits : ofRecords
    made.missing = empty.missing
    return made
  }

  private var ofUnits: Sample {
    var shares: [UInt32: Double] = [:]
    for (weight, sample) in parts {
      let (mean, count) = (sample.moments.mean, Double(sample.count))
      for (position, total) in sample.totals.enumerated() where total.count > 0 {
        let unit = sample.unitNumbers.isEmpty ? UInt32(position) : sample.unitNumbers[position]
        shares[unit, default: 0] += weight * (total.sum - mean * Double(total.count)) / count
      }
    }
    // In a fixed order, so that the last digit does not depend on the dictionary's.
    let units = shares.keys.sorted()
    var score = Sample(.mean)
    for (position, unit) in units.enumerated() {
      score.add(value + Double(units.count) * (shares[unit] ?? 0), unit: UInt32(position))
    }
    score.unitNumbers = units
    return score
  }

  /// Signals that go together in the worst way: their standard errors add up.
  private var ofRecords: Sample {
    let count = parts.map(\.sample.count).min() ?? 0
    let error = parts.reduce(0.0) { sum, part in
      let moments = part.sample.moments
      return sum + abs(part.weight) * ((moments.variance ?? 0) / Double(max(1, moments.count))).squareRoot()
    }
    let squares = error * error * Double(count) * Double(max(0, count - 1))
    return Sample(Moments(count: count, mean: value, squares: squares))
  }
}
