/// What a trigger asks of the evidence: which measure, over which time, in which segment, against what.
package struct MeasuredTrigger: Hashable, Sendable {
  package let trigger: Trigger
  package let measure: Measure
  /// With its limit in the measure's own unit.
  package let test: Trigger.Test
  package let counterpart: Counterpart
  /// The cases of an evaluation that stand in for the control.
  package let figure: EvaluationFigures.Figure?

  /// What stands beside the canary's records.
  package enum Counterpart: Hashable, Sendable {
    case control
    /// A baseline or a forecast that somebody named.
    case number(Double)
    /// The canary itself, at the stage before this one.
    case previousStage
    /// The canary itself, earlier in this stay.
    case normal
  }

  /// Against its own normal level the present is what came last: an hour, unless the trigger says otherwise.
  package var window: TimeSpan? {
    trigger.condition.window ?? (counterpart == .normal ? trigger.condition.per ?? .hours(1) : nil)
  }
  package var segment: Trigger.Segment? { trigger.condition.segment }

  /// Whether it is compared with the control's records rather than with a number.
  package var comparesArms: Bool { !isAbsolute && counterpart == .control }

  package var isAbsolute: Bool { test.limit != nil }

  package init(
    _ trigger: Trigger, in plan: Plan, figure: EvaluationFigures.Figure? = nil
  ) throws(Unwatchable) {
    (self.trigger, self.figure) = (trigger, figure)
    let named = try Self.measure(of: trigger.condition, in: plan)
    test = try Self.test(of: trigger.condition, named)
    switch trigger.condition.against {
    case _ where figure != nil: counterpart = .control
    case .none, .control: counterpart = .control
    case .baseline(let value?), .forecast(let value?): counterpart = .number(value)
    case .baseline(nil) where plan.controlVersion != nil: counterpart = .control
    case .baseline(nil): throw .noFigure("baseline")
    case .forecast(nil): throw .noFigure("forecast")
    case .normal where plan.controlVersion != nil: counterpart = .control
    case .normal: counterpart = .normal
    case .previousStage: counterpart = .previousStage
    }
    // What one version shows in all, in an hour, is compared with its own hours, never with another version's.
    measure = test.limit != nil || counterpart == .normal ? named : named.perRecord
    if case .novel = measure, test.limit == nil { throw .function("comparison", measure) }
    if measure.queries != nil, counterpart == .normal || counterpart == .previousStage {
      throw .noEarlierQueries
    }
  }

  /// Why evidence cannot answer a trigger; a person has to look.
  package enum Unwatchable: Error, Hashable, Sendable {
    case unmeasured(signal: String)
    case function(String, Measure)
    /// A threshold in seconds on a field whose name tells no unit.
    case unit(field: String)
    case noFigure(String)
    case noEarlierQueries

    package var sentence: String {
      switch self {
      case .unmeasured(let signal): "nothing in the evidence measures \(signal)"
      case .function(let function, let measure): "there is no \(function) of \(measure)"
      case .unit(let field):
        "the unit of \(field) is unknown: name it \(field)_ms or \(field)_s, or map it under `Fields:`"
      case .noFigure(let what):
        "the note gives no figure for the \(what): write `\(what) 0.86`, or name a control version"
          + ", or a file of cases, such as `Evaluation: eval/*.ndjson`"
      case .noEarlierQueries:
        "a metrics server is asked about the present only: write the earlier level into the note, as `baseline 0.86`"
      }
    }
  }

  /// What two arms are compared by, or an arm and a figure.
  package static func compared(by trigger: Trigger, in plan: Plan) throws(Unwatchable) -> Measure {
    try measure(of: trigger.condition, in: plan).perRecord
  }

  private static func measure(of condition: Trigger.Condition, in plan: Plan) throws(Unwatchable) -> Measure {
    let named = plan.metrics.first { Signal.key($0.name) == Signal.key(condition.signal) }
    guard var measure = named.map(\.measure) ?? Signal.named(condition.signal)?.measure else {
      throw .unmeasured(signal: condition.signal)
    }
    if let function = condition.function, case .queries(let queries) = measure {
      guard let other = queries.applying(function) else { throw .function(function, measure) }
      measure = .queries(other)
    } else if let function = condition.function, function != "rate" || !measure.isShare {
      guard let other = Measure(function: function, of: measure.field) else { throw .function(function, measure) }
      measure = other
    }
    if let span = condition.per {
      guard let per = measure.per(span) else { throw .function("amount per \(span)", measure) }
      measure = per
    }
    return measure
  }

  private static func test(of condition: Trigger.Condition, _ measure: Measure) throws(Unwatchable) -> Trigger.Test {
    guard let limit = condition.test.limit?.quantity, limit.unit == .seconds else { return condition.test }
    guard let second = measure.second else { throw .unit(field: measure.field) }
    return condition.test.limited(to: Trigger.Quantity(limit.value * second, .plain))
  }

  /// Against a number where there is one, else against samples.
  package func judgement(
    in plan: Plan, level given: Double? = nil, looks: Looks = .repeated
  ) -> Judgement {
    var level: Double?
    if case .quantile(let share, _) = measure { level = share }
    var isCount = false
    if case .count = measure { isCount = true }
    var reference = Judgement.Reference.control
    if case .number(let number) = counterpart { reference = .number(number) }
    if let given { reference = .number(given) }
    // How many samples are enough is a gate of its own.
    return Judgement(
      test, against: reference, level: level, isCount: isCount, minimumSamples: 0, isProven: plan.provenEvidence,
      looks: looks)
  }
}
