/// What is asked of trace logs about one stage, and what the answers mean for each trigger.
///
/// Like is compared with like: the stage's own cohort, without those whom earlier stages let in whole, in the same time.
/// Where a stage leaves no control (a whole cohort, everybody), the old version's records from before it stand in.
struct StageQuestion {
  /// One pass over the logs. Each window is a pass of its own, so that no record is counted in two.
  struct Part {
    let window: TimeSpan?
    var question: TraceQuestion
  }

  struct Answer {
    let part: Part
    let evidence: TraceEvidence
    /// No record was in the stage's cohort, so all were taken.
    let isWidened: Bool
  }

  private let plan: Plan
  private let stage: Stage
  private let version: VersionLabel
  private let since: Instant
  let now: Instant
  /// Where the control comes from: nil for the same time as the canary.
  let before: Instant?
  private let filter: Selector?
  private(set) var parts: [Part] = []

  static let (canary, control) = (0, 1)
  /// A segment with fewer canary records says nothing yet.
  static let smallestSegment = 30

  init(_ plan: Plan, at index: Int, version: VersionLabel, progress: Progress, since: Instant, now: Instant) {
    (self.plan, self.version, self.since, self.now) = (plan, version, since, now)
    stage = plan.stages[index]
    let isSplit = stage.isPercentage && !stage.share.isWhole
    let lastSplit = progress.visits.last { visit in
      visit.stage < index && plan.stages[visit.stage].isPercentage && !plan.stages[visit.stage].share.isWhole
    }
    before = isSplit ? nil : lastSplit?.entered ?? Instant(microseconds: since.microseconds - 7 * 86_400_000_000)
    filter = Self.cohort(plan, at: index, excluding: progress.exclusions)
    parts = [part(nil)]
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

  private func part(_ window: TimeSpan?) -> Part {
    let end = Instant(microseconds: now.microseconds + 1)
    var arms = [TraceQuestion.Arm("canary", values: [version.value])]
    if let old = plan.controlVersion, old.field == version.field {
      arms.append(TraceQuestion.Arm("control", values: [old.value]))
    }
    return Part(
      window: window,
      question: TraceQuestion(
        label: version.field, arms: arms, unit: plan.unit,
        periods: .between([before ?? start(window), start(window), end]), filter: filter, measures: [],
        names: FieldNames(overrides: plan.fields)))
  }

  mutating func add(_ watch: Watch) {
    guard let measure = Self.asked(watch.measure) else { return }
    var index = 0
    if let known = parts.firstIndex(where: { $0.window == watch.window }) {
      index = known
    } else {
      index = parts.count
      parts.append(part(watch.window))
    }
    if !parts[index].question.measures.contains(measure) { parts[index].question.measures.append(measure) }
    if let attribute = watch.segment?.attribute, !parts[index].question.segments.contains(attribute) {
      parts[index].question.segments.append(attribute)
    }
  }

  /// Nil for what no log can answer.
  private static func asked(_ measure: Measure) -> TraceQuestion.Measure? {
    switch measure {
    case .queries: nil
    case .rate(let field), .count(let field, _): .rate(field)
    case .share(let field, let value): .share(value, of: field)
    case .mean(let field), .sum(let field, _): .mean(field)
    case .quantile(_, let field): .quantile(field)
    }
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
    // Of the periods the first lies before everything that is asked about, the second before the stage, the third is
    // the stage. Where the control is of the same time the second is empty.
    answer.evidence.cell(arm: arm, period: arm == Self.control && !isSplit ? 1 : 2, segment: segment)
  }

  func row(_ watch: Watch, _ answer: Answer) -> StageEvidence.Row {
    guard let wanted = Self.asked(watch.measure), let at = answer.part.question.measures.firstIndex(of: wanted) else {
      return .init(watch.trigger, .silent("it was not asked about"), measure: watch.measure)
    }
    guard let asked = watch.segment else {
      let finding = judge(watch, cell(Self.canary, answer), cell(Self.control, answer), at, answer)
      return .init(watch.trigger, .found(finding), measure: watch.measure)
    }
    let segments = answer.evidence.cells.filter { cell in
      guard cell.key.arm == Self.canary, cell.key.period == 2, let segment = cell.key.segment else { return false }
      return segment.field == asked.attribute && (asked.value == nil || asked.value == segment.value)
    }
    let large = segments.filter { $0.records >= Self.smallestSegment }
    guard !large.isEmpty else {
      let why =
        segments.isEmpty
        ? "no record of the canary carries \(asked.attribute)"
        : "no \(asked.attribute) has \(Self.smallestSegment) records of the canary yet"
      return .init(watch.trigger, .silent(why), measure: watch.measure)
    }
    // A segment that is a unit itself has nobody like it in the control: then it is held against all of that.
    let isUnit = asked.attribute == plan.unit
    let findings = large.map { canary in
      judge(watch, canary, cell(Self.control, answer, isUnit ? nil : canary.key.segment), at, answer, single: isUnit)
    }
    guard let worst = Judgement.worst(findings) else {
      return .init(watch.trigger, .silent("no segment could be judged"), measure: watch.measure)
    }
    return .init(
      watch.trigger, .found(worst.finding), measure: watch.measure,
      segment: large[worst.index].key.segment?.value)
  }

  private func judge(
    _ watch: Watch, _ canary: TraceEvidence.Cell?, _ control: TraceEvidence.Cell?, _ at: Int, _ answer: Answer,
    single: Bool = false
  ) -> Finding {
    let judgement = watch.judgement(in: plan)
    let empty = Sample(.mean)
    let mine = canary?.samples[at] ?? empty
    let others = control?.samples[at]
    var span: TimeSpan?
    switch watch.measure {
    case .sum(_, let per): span = per
    case .count(_, let per?): span = per
    case .rate, .share, .mean, .quantile, .count(_, nil), .queries:
      return judgement.judge([Stratum(canary: single ? mine.withoutUnits : mine, control: others)])
    }
    // A total is what it is; per hour it is spread over the time that was looked at.
    var total = mine.kind == .rate ? Double(mine.events) : mine.moments.mean * Double(mine.moments.count)
    if let span {
      let seconds = Double(max(1, now.since(start(answer.part.window)).seconds))
      total *= Double(span.seconds) / seconds
    }
    var finding = judgement.judge(bare: mine.count > 0 ? total : .nan, control: nil)
    finding.canary.count = mine.count
    return mine.count > 0 ? finding : finding.holding(.noCanary)
  }
}
