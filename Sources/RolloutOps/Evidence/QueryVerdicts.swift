/// What the figures of a metric's queries mean for a trigger. Figures are by the segment's value; that of the whole is
/// under "".
package struct QueryVerdicts: Sendable {
  private let plan: Plan

  package init(_ plan: Plan) { self.plan = plan }

  package func row(
    _ watch: MeasuredTrigger, _ queries: Queries, canary: [String: QueryFigure], control: [String: QueryFigure]?
  ) throws(Impossible) -> StageEvidence.Row {
    guard let asked = watch.segment else {
      let (mine, others) = (canary[""], control?[""])
      guard let mine else { return .init(watch.trigger, .silent("no answer about the canary"), measure: watch.measure) }
      let (finding, measure) = try judge(watch, queries, mine, others)
      let row = StageEvidence.Row(watch.trigger, .found(finding), measure: measure)
      return watch.trigger.isBand && watch.isAbsolute ? row.beside(control: others?.value) : row
    }
    return try worst(watch, queries, asked, canary, control)
  }

  private func worst(
    _ watch: MeasuredTrigger, _ queries: Queries, _ asked: Trigger.Segment, _ canary: [String: QueryFigure],
    _ control: [String: QueryFigure]?
  ) throws(Impossible) -> StageEvidence.Row {
    let names = canary.keys.filter { name in
      !name.isEmpty && (asked.value == nil || asked.value == name)
        && (canary[name]?.count ?? StageQuestion.smallestSegment) >= StageQuestion.smallestSegment
    }.sorted()
    guard !names.isEmpty else {
      let why =
        canary.keys.contains { !$0.isEmpty }
        ? "no \(asked.attribute) has \(StageQuestion.smallestSegment) requests of the canary yet"
        : "no series of the canary carries \(asked.attribute)"
      return .init(watch.trigger, .silent(why), measure: watch.measure)
    }
    var found: [(segment: String, finding: Finding)] = []
    var measure = watch.measure
    for name in names {
      guard let mine = canary[name] else { continue }
      let (finding, shown) = try judge(watch, queries, mine, control?[name])
      found.append((name, finding))
      measure = shown
    }
    return .init(watch.trigger, worstOf: found, measure: measure)
  }

  /// The finding, and what its numbers measure.
  private func judge(
    _ watch: MeasuredTrigger, _ queries: Queries, _ mine: QueryFigure, _ others: QueryFigure?
  ) throws(Impossible) -> (Finding, Measure) {
    let judgement = watch.judgement(in: plan)
    switch mine {
    case .rate(let events, let count):
      var control: Sample?
      if case .rate(let events, let count)? = others { control = Sample(events: events, of: count) }
      let finding = judgement.judge([Stratum(canary: Sample(events: events, of: count), control: control)])
      return (finding, watch.measure)
    case .mean(let value, let count):
      var control: (value: Double, count: Int)?
      if case .mean(let value, let count)? = others { control = (value, count) }
      return (bare(judgement, (value, count), control), watch.measure)
    case .bare(let value):
      var control: (value: Double, count: Int?)?
      if case .bare(let value)? = others { control = (value, nil) }
      return (bare(judgement, (value, nil), control), watch.measure)
    case .buckets(let values):
      var control: BucketedValues?
      if case .buckets(let values)? = others { control = values }
      return try judge(watch, queries, values, control)
    }
  }

  private func bare(
    _ judgement: Judgement, _ mine: (value: Double, count: Int?), _ others: (value: Double, count: Int?)?
  ) -> Finding {
    var finding = judgement.judge(bare: mine.value, control: others?.value)
    finding.canary.count = mine.count ?? 0
    finding.control?.count = others?.count ?? 0
    if mine.count == 0 { return finding.holding(.noCanary) }
    return others?.count == 0 ? finding.holding(.noControl) : finding
  }

  /// A quantile over a limit is a share of values over it: where the limit is one of the histogram's bounds that share is
  /// known exactly, and has an interval. Else the quantile is a number taken as it is.
  private func judge(
    _ watch: MeasuredTrigger, _ queries: Queries, _ mine: BucketedValues, _ others: BucketedValues?
  ) throws(Impossible) -> (Finding, Measure) {
    let judgement = watch.judgement(in: plan)
    guard case .quantile(let level, let template) = queries.kind else {
      throw Impossible("a histogram has only quantiles")
    }
    if case .above(let limit) = watch.test, let over = mine.count(over: limit.value) {
      let share = Judgement(
        .above(Trigger.Quantity(1 - level, .plain)), minimumSamples: 0, isProven: plan.provenEvidence)
      guard case .rate(let events, let count) = try QueryFigure.rate(over, of: mine.total) else {
        throw Impossible("no share")
      }
      let finding = share.judge([Stratum(canary: Sample(events: events, of: count), control: nil)])
      return (finding, .queries(Queries(queries.metric, .over(limit.value, buckets: template))))
    }
    guard let value = mine.quantile(level) else {
      return (bare(judgement, (.nan, 0), nil), watch.measure)
    }
    let other = others?.quantile(level)
    if value.isAtLeast || other?.isAtLeast == true {
      // Beyond the last bound nobody knows how far: that is more than any limit below it, and else no answer.
      guard case .above(let limit) = watch.test, value.value >= limit.value else {
        throw Impossible(
          "the quantile lies beyond the histogram's last bound, \(Figures.plain(max(value.value, other?.value ?? 0)))")
      }
    }
    let control = others.map { (value: other?.value ?? .nan, count: QueryFigure.buckets($0).count) }
    return (bare(judgement, (value.value, QueryFigure.buckets(mine).count), control), watch.measure)
  }
}

extension StageEvidence.Row {
  /// Of the segments that could be judged, the one that fares worst.
  init(
    _ trigger: Trigger, worstOf found: [(segment: String, finding: Finding)], measure: Measure,
    else silence: String? = nil
  ) {
    guard let worst = Judgement.worst(found.map(\.finding)) else {
      self.init(trigger, .silent(silence ?? "no segment could be judged"), measure: measure)
      return
    }
    self.init(trigger, .found(worst.finding), measure: measure, segment: found[worst.index].segment)
  }
}
