/// What a backtest asks of the logs, and what they answered.
struct BacktestCourse {
  struct AskedTrigger {
    let trigger: Trigger
    /// Nil where no log can answer it.
    let watch: MeasuredTrigger?
    let why: String?
  }

  struct Asked {
    let index: Int
    let watch: MeasuredTrigger
    var asked: Replay.Asked { Replay.Asked(trigger: watch.trigger, watch: watch) }
  }

  let plan: Plan
  let version: VersionLabel
  let triggers: [AskedTrigger]
  /// One reading answers all.
  private(set) var reading: TraceQuestion
  var evidence = TraceEvidence()
  private let filter: Selector?
  private let bounds: (since: Instant?, until: Instant?)
  private let width: TimeSpan

  /// What of past traffic is looked at, and how finely.
  struct Scope {
    var filter: Selector?
    var since: Instant?
    var until: Instant?
    /// Between two looks, at the finest.
    let step: TimeSpan
    /// Whether the control is also played against itself, which takes every value.
    let splits: Bool
  }

  init(_ plan: Plan, _ version: VersionLabel, _ scope: Scope, now: Instant) {
    (self.plan, self.version, filter) = (plan, version, scope.filter)
    bounds = (scope.since, scope.until)
    triggers = plan.triggers.map { trigger in
      do throws(MeasuredTrigger.Unwatchable) {
        let watch = try MeasuredTrigger(trigger, in: plan)
        guard watch.measure.queries == nil else {
          return AskedTrigger(
            trigger: trigger, watch: nil, why: "a metrics server measures it, whose past is not replayed")
        }
        switch watch.counterpart {
        case .control, .number: return AskedTrigger(trigger: trigger, watch: watch, why: nil)
        case .previousStage, .normal:
          let why = "it looks back at a rollout's own stages, and past traffic is played as one"
          return AskedTrigger(trigger: trigger, watch: nil, why: why)
        }
      } catch {
        return AskedTrigger(trigger: trigger, watch: nil, why: error.sentence)
      }
    }
    // Every look and every window ends and begins between two times of the tape.
    let spans = triggers.compactMap { $0.watch?.window?.seconds }
    width = TimeSpan(seconds: max(1, spans.reduce(scope.step.seconds, Self.commonDivisor)))
    reading = TraceQuestion(label: version.field, arms: [], measures: [])
    let asking = question(since: now)
    reading = asking.parts[0].question
    reading.periods = .every(width)
    for question in asking.parts.map(\.question) {
      for measure in question.measures where !reading.measures.contains(measure) { reading.measures.append(measure) }
      for field in question.segments where !reading.segments.contains(field) { reading.segments.append(field) }
    }
    guard scope.splits else { return }
    for measure in reading.measures.map(\.keepingValues) where !reading.measures.contains(measure) {
      reading.measures.append(measure)
    }
  }

  private static func commonDivisor(_ one: Int, _ other: Int) -> Int {
    var (one, other) = (one, other)
    while other != 0 { (one, other) = (other, one % other) }
    return one
  }

  var asked: [Asked] {
    triggers.enumerated().compactMap { index, asked in asked.watch.map { Asked(index: index, watch: $0) } }
  }

  func question(since: Instant) -> StageQuestion {
    var question = StageQuestion(plan, ofPastSince: since, version: version, filter: filter)
    for asked in asked { question.add(asked.watch) }
    return question
  }

  /// Within the bounds, as far as the times of the tape are fine enough for them.
  var tape: EvidenceTape {
    let number = { (moment: Instant) in moment.seconds.quotientRoundedDown(by: width.seconds) }
    return EvidenceTape(evidence, width: width, from: bounds.since.map(number), to: bounds.until.map { number($0) - 1 })
  }

  // MARK: What the logs lack

  /// Why the logs cannot answer a trigger at any look; nil where they may.
  func lack(_ watch: MeasuredTrigger) -> String? {
    let field = watch.measure.field
    if evidence.field(field)?.present == 0, evidence.field(field)?.unreadable == 0 {
      return "no record carries \(field)"
    }
    if let attribute = watch.segment?.attribute, evidence.field(attribute)?.present == 0 {
      return "no record carries \(attribute)"
    }
    return nil
  }

  var emptiness: String {
    guard evidence.records > 0 else {
      return evidence.logs.contains { !$0.faults.isEmpty }
        ? "no line could be read as a record" : "the logs are empty"
    }
    if filter != nil, evidence.filteredOut >= evidence.records { return "no record is selected" }
    if evidence.withoutTime >= evidence.records - evidence.withOtherLabels - evidence.withoutLabel,
      evidence.withoutTime > 0
    {
      return "no record carries a time, so nothing tells what came before what"
    }
    if !evidence.cells.isEmpty { return "no record is of that time" }
    let values = [version.value, plan.controlVersion?.value].compactMap(\.self).joined(separator: " or ")
    let seen = evidence.othersCounted
    let hint = seen.isEmpty ? "" : "; there are \(seen): see --canary and --control"
    return "no record has \(version.field) = \(values)\(hint)"
  }

  func remarks(_ folder: String) -> [String] {
    var remarks = evidence.logs.flatMap { $0.remarks(from: folder) }
    guard evidence.records > 0 else { return remarks }
    remarks += evidence.unusable(version.field)
    if let unitless = evidence.unitless(plan.unit) { remarks.append(unitless) }
    if evidence.pooledUnits {
      remarks.append("there are more \(plan.unit)s than can be told apart; some were put together")
    }
    if let thinned = evidence.thinned { remarks.append(thinned) }
    return remarks
  }
}
