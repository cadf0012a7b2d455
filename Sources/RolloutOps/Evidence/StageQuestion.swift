/// What is asked of the evidence about one stage. What trace logs' answers mean for each trigger stands in the files
/// beside this one.
///
/// Like is compared with like: the stage's own cohort, without those whom earlier stages let in whole, in the same time.
/// Where a stage leaves no control (a whole cohort, everybody), the old version's records from before it stand in.
package struct StageQuestion: Sendable {
  /// One pass over the logs. Each window is a pass of its own, so that no record is counted in two.
  struct Part {
    let time: Time
    var question: TraceQuestion

    enum Time: Hashable {
      case stay
      case window(TimeSpan)
      /// The canary's stay at the stage before this one, with the cohort that it had then.
      case previousStage
      /// An earlier stay with this cohort, in which the canary had another share of it.
      case earlier(Int)

      var isEarlier: Bool { if case .earlier = self { true } else { false } }
    }
  }

  struct Answer {
    let part: Part
    let evidence: TraceEvidence
    /// No record was in the stage's cohort, so all were taken.
    let isWidened: Bool
  }

  let plan: Plan
  private let version: VersionLabel
  private let since: Instant
  private(set) var now: Instant
  /// Where the control comes from: nil for the same time as the canary.
  let before: Instant?
  private let filter: Selector?
  private let previous: Stay?
  /// Stays before this one that drew from the same cohort. Their records are never added to this stay's: each is a stratum
  /// of its own, since the canary's share, and the time, was another.
  let earlier: [Stay]
  private(set) var parts: [Part] = []
  /// Off, findings come without the interval and what could have been seen; the verdicts are the same, much sooner.
  var givesDetails = true

  static let (canary, control) = (0, 1)
  /// A segment with fewer canary records says nothing yet.
  static let smallestSegment = 30
  /// By these requests are told apart also where no trigger asks for it: what goes wrong for one kind of request hides in
  /// the whole.
  static let lookouts = ["category", "language"]

  /// More of them would each be one more reading of the logs.
  private static let mostEarlier = 3

  struct Stay {
    let filter: Selector?
    let from: Instant
    let to: Instant
  }

  /// `visits` are the stays at stages until now; the present one nobody has left.
  package init(
    _ plan: Plan, at index: Int, version: VersionLabel, after visits: [(stage: Int, entered: Instant, left: Instant?)],
    without exclusions: [Selector],
    since: Instant, now: Instant
  ) {
    (self.plan, self.version, self.since, self.now) = (plan, version, since, now)
    let stage = plan.stages[index]
    let isSplit = stage.isPercentage && !stage.share.isWhole
    let lastSplit = visits.last { visit in
      visit.stage < index && plan.stages[visit.stage].isPercentage && !plan.stages[visit.stage].share.isWhole
    }
    before = isSplit ? nil : lastSplit?.entered ?? Instant(microseconds: since.microseconds - 7 * 86_400_000_000)
    let cohort = Self.cohort(plan, at: index, excluding: exclusions)
    filter = cohort
    let stays = visits.compactMap { visit -> (stage: Int, stay: Stay)? in
      guard visit.stage < index, !plan.stages[visit.stage].isOffline, let left = visit.left else { return nil }
      let filter = Self.cohort(plan, at: visit.stage, excluding: exclusions)
      return (visit.stage, Stay(filter: filter, from: visit.entered, to: max(visit.entered, left)))
    }
    previous = stays.last?.stay
    earlier =
      isSplit
      ? stays.filter { $0.stay.filter == cohort && plan.stages[$0.stage].isPercentage }.map(\.stay)
        .suffix(Self.mostEarlier) : []
    parts = [part(.stay)]
    parts[0].question.segments = Self.lookouts + (pinnedModel == nil ? [] : [Self.servedModel])
  }

  /// About traffic that is over, as if all of it had been one stage with both versions: what a look at `now` would ask.
  init(_ plan: Plan, ofPastSince since: Instant, version: VersionLabel, filter: Selector?) {
    (self.plan, self.version, self.since, now, before) = (plan, version, since, since, nil)
    (self.filter, previous, earlier) = (filter, nil, [])
    parts = [part(.stay)]
  }

  /// The same question, asked at that time.
  func asked(at time: Instant) -> StageQuestion {
    var copy = self
    copy.now = time
    return copy
  }

  /// Who is newly let in at that stage.
  static func cohort(_ plan: Plan, at index: Int, excluding more: [Selector]) -> Selector? {
    var all: [Selector] = []
    if case .cohort(_, let selector, _) = plan.stages[index].audience { all.append(selector) }
    for stage in plan.stages.prefix(index) {
      if case .cohort(_, let selector, let share) = stage.audience, share.isWhole, !all.contains(selector) {
        all.append(.not(selector))
      }
    }
    all += (plan.exclusions + more).map { .not($0) }
    return all.isEmpty ? nil : all.count == 1 ? all[0] : .all(all)
  }

  func start(_ window: TimeSpan?) -> Instant {
    guard let window else { return since }
    return max(since, Instant(microseconds: now.microseconds - Int64(window.seconds) * 1_000_000))
  }

  /// Of the periods the first lies before everything that is asked about, the second before what is judged, the third is
  /// what is judged.
  private func part(_ time: Part.Time) -> Part {
    let end = Instant(microseconds: now.microseconds + 1)
    var (moments, filter) = ([before ?? since, since, end], filter)
    switch time {
    case .stay: break
    case .window(let window): moments = [before ?? since, start(window), end]
    case .previousStage:
      if let previous { (moments, filter) = ([previous.from, previous.from, previous.to], previous.filter) }
    case .earlier(let index): moments = [earlier[index].from, earlier[index].from, earlier[index].to]
    }
    var arms = [TraceQuestion.Arm("canary", values: [version.value])]
    if let old = plan.controlVersion, old.field == version.field {
      arms.append(TraceQuestion.Arm("control", values: [old.value]))
    }
    return Part(
      time: time,
      question: TraceQuestion(
        label: version.field, arms: arms, unit: plan.unit,
        periods: .between(moments), filter: filter, measures: [],
        names: FieldNames(overrides: plan.fields)))
  }

  mutating func add(_ watch: MeasuredTrigger) {
    guard watch.measure.queries == nil else { return }
    var times = [time(of: watch)]
    if watch.counterpart == .previousStage, previous != nil { times.append(.previousStage) }
    if isStratified(watch) { times += earlier.indices.map { .earlier($0) } }
    for time in times {
      let index = parts.firstIndex { $0.time == time } ?? parts.count
      if index == parts.count { parts.append(part(time)) }
      parts[index].question.ask(watch.measure)
      var fields = watch.segment.map { [$0.attribute] } ?? []
      if case .novel(let field) = watch.measure { fields.append(field) }
      for field in fields where !parts[index].question.segments.contains(field) {
        parts[index].question.segments.append(field)
      }
    }
  }

  /// Whether earlier stays speak too: about the two versions, not about how much came in some time.
  func isStratified(_ watch: MeasuredTrigger) -> Bool {
    watch.comparesArms && watch.figure == nil && watch.window == nil && watch.segment == nil
  }

  func time(of watch: MeasuredTrigger) -> Part.Time { watch.window.map { .window($0) } ?? .stay }

  // MARK: The model that answers

  static let servedModel = "served_model"

  /// The model that the canary is meant to be: by its variant, or by its version; nil where neither names one.
  var pinnedModel: String? {
    plan.variants[plan.variants.canary]?["model"]?.text ?? (version.field == "model_version" ? version.value : nil)
  }

  // MARK: Answers

  /// Whether a draw by the unit leaves a control in the same cohort.
  var isSplit: Bool { before == nil }
  var label: String { version.field }
  var canaryValue: String { version.value }
  var unitName: String { plan.unit }
  func cell(
    _ arm: Int, _ answer: Answer, _ segment: TraceEvidence.Cell.Segment? = nil
  ) -> TraceEvidence.Cell? {
    // Where the control is of the same time the second period is empty.
    answer.evidence.cell(arm: arm, period: arm == Self.control && !isSplit ? 1 : 2, segment: segment)
  }
}
