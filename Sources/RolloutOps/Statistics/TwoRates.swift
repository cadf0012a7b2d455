import Glibc

/// Events out of a count. Real numbers, because some methods add to both.
package struct Share: Hashable, Sendable {
  package let events: Double
  package let count: Double

  package init(_ events: Double, of count: Double) { (self.events, self.count) = (events, count) }

  package var rate: Double { events / count }

  /// E. B. Wilson's interval, "Probable inference", 1927.
  package func wilson(_ alpha: Double) -> Interval {
    let z = NormalCurve.quantile(above: alpha / 2)
    let square = z * z / count
    let center = rate + square / 2
    let width = (square * (rate * (1 - rate) + square / 4)).squareRoot()
    // At no events and at events alone one end is known; rounding must not move it.
    return Interval(
      events == 0 ? 0 : (center - width) / (1 + square), events == count ? 1 : (center + width) / (1 + square))
  }
}

/// Two rates compared once: the tests and intervals for a fixed sample. `difference` is always canary minus control.
package struct TwoRates: Hashable, Sendable {
  package let canary: Share
  package let control: Share

  /// With the variance that both would have if they were equal: for the test.
  package var pooled: Difference {
    let rate = (canary.events + control.events) / (canary.count + control.count)
    return Difference(
      canary.rate - control.rate, variance: rate * (1 - rate) * (1 / canary.count + 1 / control.count))
  }

  /// With each rate's own variance: for the interval (A. Wald's).
  package var unpooled: Difference {
    Difference(
      canary.rate - control.rate,
      variance: canary.rate * (1 - canary.rate) / canary.count + control.rate * (1 - control.rate) / control.count)
  }

  /// One event and one non-event more in each arm (Agresti and Caffo, 2000): a canary without a single event then still
  /// has a variance.
  package var agrestiCaffo: Difference {
    TwoRates(
      canary: Share(canary.events + 1, of: canary.count + 2), control: Share(control.events + 1, of: control.count + 2)
    ).unpooled
  }

  private static func length(_ x: Double, _ y: Double) -> Double { (x * x + y * y).squareRoot() }

  /// From the Wilson intervals of both (R. G. Newcombe, 1998, method 10): the display interval of choice.
  package func newcombe(_ alpha: Double) -> Interval {
    let (one, other) = (canary.wilson(alpha), control.wilson(alpha))
    let estimate = canary.rate - control.rate
    return Interval(
      estimate - Self.length(canary.rate - one.lower, other.upper - control.rate),
      estimate + Self.length(one.upper - canary.rate, control.rate - other.lower))
  }

  /// Relative to the control's rate; nil where the control had no event.
  package var lift: Difference? {
    Difference.relative(
      canary: (canary.rate, canary.rate * (1 - canary.rate) / canary.count),
      control: (control.rate, control.rate * (1 - control.rate) / control.count))
  }
}
