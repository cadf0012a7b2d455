/// Canary against control from trace logs alone: no note, no flag, no journal.
package struct Compare: Sendable {
  package typealias Request = ComparisonRequest

  private let context: Context

  package init(context: Context) { self.context = context }

  package func report(_ request: Request) throws(Trouble) -> ComparisonReport {
    let calendar = LocalCalendar(zone: .utc, now: context.clock.now())
    let metrics = try metrics(request)
    let since = try start(request.since, calendar)
    try refuseSenseless(request)
    let filter: Selector?
    if let text = request.filter { filter = try TypedSelector.included(text) } else { filter = nil }
    let arms = ([request.control] + request.canaries).map { TraceQuestion.Arm($0, values: [$0]) }
    var measures: [TraceQuestion.Measure] = []
    for measure in metrics.flatMap({ TraceQuestion.Measure.asked(for: $0.measure) }) where !measures.contains(measure) {
      measures.append(measure)
    }

    let evidence: TraceEvidence
    var question: TraceQuestion
    do throws(FileTrouble) {
      let folder = context.surroundings.workingFolder
      let paths = try LogPattern(context.files).paths(
        request.traces.map { $0 == "-" ? $0 : Path.tidied(Path.joined(folder, $0)) })
      guard let first = paths.first else { throw FileTrouble(.reading, "the traces", .noMatch) }
      let head = try LogHead(context.inputs, of: first)
      var unit = request.unit
      if unit == nil { unit = head.firstField(of: Request.usualUnits, label: request.label, arms: arms) }
      if unit == Request.noUnit { unit = nil }
      question = TraceQuestion(
        label: request.label, arms: arms, unit: unit, periods: since.map { .between([$0]) } ?? .whole,
        segments: request.segment.map { [$0] } ?? [], filter: filter, measures: measures)
      evidence = try TraceLogs(head).ask(question, paths)
    } catch {
      throw .file(error)
    }
    return ComparisonAnswer(request, metrics, question, evidence, calendar, context.surroundings.workingFolder).report
  }

  // MARK: What makes no sense

  private func metrics(_ request: Request) throws(Trouble) -> [ComparedMetric] {
    guard !request.metrics.isEmpty else { return ComparedMetric.usual }
    var metrics: [ComparedMetric] = []
    for text in request.metrics {
      do throws(ComparedMetric.Fault) {
        let metric = try ComparedMetric(text)
        if !metrics.contains(where: { $0.measure == metric.measure }) { metrics.append(metric) }
      } catch {
        throw .usage("--metric \(text): \(error.reason)")
      }
    }
    return metrics
  }

  private func start(_ text: String?, _ calendar: LocalCalendar) throws(Trouble) -> Instant? {
    guard let text else { return nil }
    guard let since = calendar.since(text) else {
      throw .usage("--since \(text) is no time; write 2h, or \(LocalCalendar.timeForms)")
    }
    return since
  }

  private func refuseSenseless(_ request: Request) throws(Trouble) {
    let names = [request.control] + request.canaries
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw .usage("\(twice) cannot be compared with itself: name each version once")
    }
    if names.count > 60 { throw .usage("\(names.count) versions are more than one look can compare; 60 at most") }
    if let share = request.share, share.micro * request.canaries.count >= Percentage.whole.micro || share == .zero {
      throw .usage("--share \(share) leaves nobody for one of the versions")
    }
  }
}
