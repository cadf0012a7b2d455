/// A metric of the note: its name and, where the note gives one, how it is measured.
package struct Metric: Hashable, Sendable {
  package let name: String
  /// `mean(quality)`, queries in backticks, or prose; nil where the note only names it.
  package let definition: String?
}

/// A condition in the note with an action.
package struct Trigger: Hashable, Sendable {
  package let action: Action
  package let condition: Condition
  /// As the note spells it.
  package let text: String
  /// A healthy band that holds where the note says nothing of a signal.
  package let isBand: Bool

  package init(action: Action, condition: Condition, text: String, isBand: Bool = false) {
    (self.action, self.condition, self.text, self.isBand) = (action, condition, text, isBand)
  }

  /// `policy violations above 0`: the first event fires it.
  package var toleratesNothing: Bool {
    if case .above(let limit) = condition.test { limit.value == 0 } else { false }
  }

  package enum Action: Hashable, Sendable {
    case hold
    case rollback
    /// To that variant.
    case degrade(to: String)
    case kill

    package var name: String {
      switch self {
      case .hold: "hold"
      case .rollback: "rollback"
      case .degrade: "degrade"
      case .kill: "kill"
      }
    }
  }

  /// `p95 latency up more than 10%` is (latency, p95, worse by 10% of control).
  package struct Condition: Hashable, Sendable {
    package var signal: String
    /// A quantile or function named before the signal: `p95`, `mean`, `rate`, `count`, `sum`.
    package var function: String?
    package var test: Test
    package var against: Reference
    /// `over 1h`.
    package var window: TimeSpan?
    /// `per hour`.
    package var per: TimeSpan?
    /// `in any tenant` is (tenant, any), `by category` is the same; `in tenant acme` names one.
    package var segment: Segment?

    package init(signal: String, function: String? = nil, test: Test, against: Reference) {
      (self.signal, self.function, self.test, self.against) = (signal, function, test, against)
    }
  }

  package enum Direction: String, Sendable { case up, down, either }

  package enum Test: Hashable, Sendable {
    /// `above 2%`, `exceeds 3 s`, `below 0.8`: the value itself, in base units (shares, seconds, the metric's own).
    case above(Quantity)
    case below(Quantity)
    /// `up more than 10%`, `drops by more than 5%`: relative to the reference.
    case relative(Direction, Double)
    /// `change by more than 2 points`: absolute difference, as a share.
    case points(Direction, Double)
    /// `exceeds 5x control`.
    case multiple(Double)
    /// `below baseline`, `above control`: any difference at all.
    case beyond(Direction)

    /// The value itself that must not be passed, and on which side of it the harm lies; nil where it is held against
    /// something else.
    package var limit: (quantity: Quantity, harm: Direction)? {
      switch self {
      case .above(let quantity): (quantity, .up)
      case .below(let quantity): (quantity, .down)
      case .relative, .points, .multiple, .beyond: nil
      }
    }

    /// The same test at another value.
    package func limited(to quantity: Quantity) -> Test {
      switch limit?.harm {
      case .up: .above(quantity)
      case .down: .below(quantity)
      case .either, nil: self
      }
    }
  }

  package struct Quantity: Hashable, Sendable {
    package enum Unit: String, Sendable { case plain, percent, seconds, currency }

    package let value: Double
    package let unit: Unit

    package init(_ value: Double, _ unit: Unit) {
      self.value = value
      self.unit = unit
    }
  }

  package enum Reference: Hashable, Sendable {
    case none
    case control
    case baseline(Double?)
    case forecast(Double?)
    /// The feature's own ordinary level, where no control exists.
    case normal
    case previousStage
  }

  package struct Segment: Hashable, Sendable {
    package let attribute: String
    /// Nil: any of them.
    package let value: String?
  }
}
