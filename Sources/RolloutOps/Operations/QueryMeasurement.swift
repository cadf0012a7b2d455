/// Puts the triggers whose metrics are defined by queries to the note's metrics server.
///
/// Like trace logs it measures the canary since the stage began, or over the trigger's window, and the control in the
/// same time; where everybody has the canary, the control's time is the one before.
struct QueryMeasurement {
  private let plan: Plan
  private let question: StageQuestion
  private let version: String
  private let server: Prometheus
  /// Why the server cannot be asked. What kept one answer away is not waited for again.
  private(set) var fault: String?
  /// Requests that queries have counted, of the canary and of the control.
  private(set) var counted: (canary: Int?, control: Int?) = (nil, nil)

  init(_ plan: Plan, _ question: StageQuestion, version: String, server: Prometheus) {
    (self.plan, self.question, self.version, self.server) = (plan, question, version, server)
  }

  mutating func row(_ watch: MeasuredTrigger, _ queries: Queries) -> StageEvidence.Row {
    if fault != nil {
      return .init(watch.trigger, .silent("the metrics server gave no answer"), measure: watch.measure)
    }
    do throws(QueryTrouble) {
      return try judged(watch, queries)
    } catch {
      if error.isOfServer { fault = error.sentence }
      return .init(watch.trigger, .silent(error.sentence), measure: watch.measure)
    }
  }

  private mutating func judged(_ watch: MeasuredTrigger, _ queries: Queries) throws(QueryTrouble) -> StageEvidence.Row {
    if let window = watch.window, !queries.templates.allSatisfy(\.hasWindow) { throw .noWindow(window) }
    let label = watch.segment.map { plan.fields[$0.attribute] ?? $0.attribute }
    let start = question.start(watch.window)
    let canary = try server.read(
      queries, .init(version: version, from: start, to: question.now, segment: label), isNow: true)
    var control: [String: Prometheus.Figure]?
    if watch.comparesArms || watch.trigger.isBand, let old = plan.controlVersion {
      let before = question.before
      control = try server.read(
        queries,
        .init(version: old.value, from: before ?? start, to: before == nil ? question.now : start, segment: label),
        isNow: before == nil)
    }
    guard let asked = watch.segment else {
      let (mine, others) = (canary[""], control?[""])
      if let mine, watch.window == nil { count(mine, others) }
      guard let mine else { return .init(watch.trigger, .silent("no answer about the canary"), measure: watch.measure) }
      let (finding, measure) = try judge(watch, queries, mine, others)
      let row = StageEvidence.Row(watch.trigger, .found(finding), measure: measure)
      return watch.trigger.isBand && watch.isAbsolute ? row.beside(control: others?.value) : row
    }
    return try worst(watch, queries, asked, canary, control)
  }

  private mutating func count(_ mine: Prometheus.Figure, _ others: Prometheus.Figure?) {
    if let count = mine.count { counted.canary = max(counted.canary ?? 0, count) }
    if let count = others?.count { counted.control = max(counted.control ?? 0, count) }
  }

  private func worst(
    _ watch: MeasuredTrigger, _ queries: Queries, _ asked: Trigger.Segment, _ canary: [String: Prometheus.Figure],
    _ control: [String: Prometheus.Figure]?
  ) throws(QueryTrouble) -> StageEvidence.Row {
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
    var findings: [Finding] = []
    var measure = watch.measure
    for name in names {
      guard let mine = canary[name] else { continue }
      let (finding, shown) = try judge(watch, queries, mine, control?[name])
      findings.append(finding)
      measure = shown
    }
    guard let worst = Judgement.worst(findings) else {
      return .init(watch.trigger, .silent("no segment could be judged"), measure: watch.measure)
    }
    return .init(watch.trigger, .found(worst.finding), measure: measure, segment: names[worst.index])
  }

  // MARK: Judging

  /// The finding, and what its numbers measure.
  private func judge(
    _ watch: MeasuredTrigger, _ queries: Queries, _ mine: Prometheus.Figure, _ others: Prometheus.Figure?
  ) throws(QueryTrouble) -> (Finding, Measure) {
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
  ) throws(QueryTrouble) -> (Finding, Measure) {
    let judgement = watch.judgement(in: plan)
    guard case .quantile(let level, let template) = queries.kind else {
      throw .impossible("a histogram has only quantiles")
    }
    if case .above(let limit) = watch.test, let over = mine.count(over: limit.value) {
      let share = Judgement(
        .above(Trigger.Quantity(1 - level, .plain)), minimumSamples: 0, isProven: plan.provenEvidence)
      let figure = try Prometheus.rate(over, of: mine.total)
      guard case .rate(let events, let count) = figure else { throw .impossible("no share") }
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
        throw .impossible(
          "the quantile lies beyond the histogram's last bound, \(Figures.plain(max(value.value, other?.value ?? 0)))")
      }
    }
    let control = others.map { (value: other?.value ?? .nan, count: Prometheus.Figure.buckets($0).count) }
    return (bare(judgement, (value.value, Prometheus.Figure.buckets(mine).count), control), watch.measure)
  }
}

extension Measurement {
  /// The metrics server that the note names; nil where it names none.
  func server() throws(SourceTrouble) -> Prometheus? {
    var found: Prometheus?
    for source in plan.evidence {
      let address: WebAddress?
      do throws(WebAddress.Fault) {
        address = try Prometheus.address(source)
      } catch {
        throw SourceTrouble(sentence: "a metrics server named under `Evidence:` cannot be asked: \(error.reason)")
      }
      guard let address else { continue }
      guard found == nil else {
        throw SourceTrouble(sentence: "the note names several metrics servers, and nobody knows which one counts")
      }
      let token = context.surroundings.variables["PROMETHEUS_TOKEN"].flatMap { $0.isEmpty ? nil : Secret($0) }
      found = Prometheus(address, context.http, token: token, allowsPlain: allowsPlain)
    }
    return found
  }
}
