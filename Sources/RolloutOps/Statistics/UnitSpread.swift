import Glibc

/// How far a mean would move if other units had been drawn: the variance when records of one unit resemble each other.
package enum UnitSpread {
  /// Of the ratio of unit sums to unit counts, by the delta method; nil below two units. With K units, residuals
  /// e = sum - mean · count and N records in all it is K/(K-1) Σe² / N² (W. G. Cochran, "Sampling techniques", chapter 2;
  /// the same as the sandwich that regressions call cluster-robust).
  package static func variance(_ totals: [UnitTotal]) -> Double? {
    var (units, count, sum) = (0, 0, 0.0)
    for total in totals where total.count > 0 {
      units += 1
      count += total.count
      sum += total.sum
    }
    guard units > 1 else { return nil }
    let mean = sum / Double(count)
    var squares = 0.0
    for total in totals where total.count > 0 {
      let residual = total.sum - mean * Double(total.count)
      squares += residual * residual
    }
    return squares * Double(units) / Double(units - 1) / (Double(count) * Double(count))
  }
}

extension Sample {
  /// Every record belongs to a unit, and some unit has several: only then are there clusters to adjust for.
  package var isClustered: Bool {
    var (units, records) = (0, 0)
    for total in totals where total.count > 0 {
      units += 1
      records += total.count
    }
    return records == count && units < count
  }

  package var unitCount: Int? {
    let known = totals.reduce(into: (0, 0)) {
      $0.0 += $1.count > 0 ? 1 : 0
      $0.1 += $1.count
    }
    return known.1 == count && count > 0 ? known.0 : nil
  }
}
