/// From what the logs answered to a comparison, with all that is wrong with the logs in words.
struct ComparisonAnswer {
  private let request: ComparisonRequest
  private let metrics: [ComparedMetric]
  private let question: TraceQuestion
  private let evidence: TraceEvidence
  private let calendar: LocalCalendar
  private let folder: String
  private let cells: [TraceEvidence.Cell.Key: TraceEvidence.Cell]

  private var start: Instant? {
    if case .between(let moments) = question.periods { moments.first } else { nil }
  }

  private var period: Int { start == nil ? 0 : 1 }

  /// A segment with fewer records in an arm says nothing.
  private static let smallestSegment = 30
  /// Below so many events in both arms the normal curve is a rough guide.
  private static let fewEvents = 30

  init(
    _ request: ComparisonRequest, _ metrics: [ComparedMetric], _ question: TraceQuestion, _ evidence: TraceEvidence,
    _ calendar: LocalCalendar, _ folder: String
  ) {
    (self.request, self.metrics, self.question, self.evidence) = (request, metrics, question, evidence)
    (self.calendar, self.folder) = (calendar, folder)
    cells = Dictionary(evidence.cells.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
  }

  var report: ComparisonReport {
    let arms = question.arms.indices.map { cell($0) }
    var report = ComparisonReport(
      label: request.label, control: request.control, canaries: request.canaries, ratio: ratio(arms),
      calendar: calendar)
    (report.looks, report.unit) = (request.looks, knowsUnits ? question.unit : nil)
    (report.first, report.last) = (evidence.first, evidence.last)
    if let start, let first = report.first { report.first = max(start, first) }
    let control = arms[0].map(readings)
    let canaries = arms.dropFirst().map { $0.map(readings) }
    for (metric, index) in zip(metrics, metrics.indices) {
      let isCarried = (control?[index].count ?? 0) > 0 || canaries.contains { ($0?[index].count ?? 0) > 0 }
      guard isCarried || !request.metrics.isEmpty, let control else { continue }
      for (name, canary) in zip(request.canaries, canaries) {
        guard let canary else { continue }
        report.rows.append(row(metric, name, canary[index], control[index]))
      }
    }
    if let field = request.segment { addSegments(field, control, &report) }
    report.correct()
    report.remarks = remarks(arms, report)
    report.reasons = reasons(arms, report)
    return report
  }

  // MARK: Arms

  private func cell(_ arm: Int, _ segment: TraceEvidence.Cell.Segment? = nil) -> TraceEvidence.Cell? {
    cells[TraceEvidence.Cell.Key(arm: arm, period: period, segment: segment)]
  }

  /// In the order of the metrics.
  private func readings(_ cell: TraceEvidence.Cell) -> [ArmReading] {
    var found: [ComparedMetric: ArmReading] = [:]
    var samples: [TraceQuestion.Measure: Sample] = [:]
    for (measure, sample) in zip(question.measures, cell.samples) {
      let sample = knowsUnits ? sample : sample.withoutUnits
      samples[measure] = sample
      let asking = metrics.filter {
        [measure] == TraceQuestion.Measure.asked(for: $0.measure) && !$0.measure.isComposite
      }
      if sample.kind == .quantile {
        let levels = asking.map { if case .quantile(let level, _) = $0.measure { level } else { 0.5 } }
        for (metric, reading) in zip(asking, ArmReading.quantiles(sample, at: levels)) { found[metric] = reading }
      } else {
        for metric in asking { found[metric] = ArmReading(sample) }
      }
    }
    for metric in metrics {
      if metric.measure.isComposite, let score = metric.measure.sample({ samples[$0] }) {
        found[metric] = ArmReading(score)
      }
    }
    return metrics.map { found[$0] ?? ArmReading(Sample(.mean)) }
  }

  private func row(
    _ metric: ComparedMetric, _ name: String, _ canary: ArmReading, _ control: ArmReading
  ) -> ComparisonReport.Row {
    ComparisonReport.Row(
      metric, name, Comparison(canary: canary, control: control, looks: request.looks, alpha: ComparisonReport.alpha))
  }

  /// Where no record has the unit, each would be one of its own, which is no count of units.
  private var knowsUnits: Bool {
    question.unit != nil && cells.values.contains { $0.records > 0 } && evidence.withoutUnit < inArms
  }

  private var inArms: Int {
    evidence.cells.reduce(0) { $0 + ($1.key.segment == nil ? $1.records : 0) }
  }

  private func ratio(_ arms: [TraceEvidence.Cell?]) -> ComparisonReport.SampleRatio {
    let counted = zip(question.arms, arms).map { arm, cell in
      ComparisonReport.Arm(arm.name, records: cell?.records ?? 0, units: knowsUnits ? cell?.units ?? 0 : nil)
    }
    guard let share = request.share else { return ComparisonReport.SampleRatio(counted, shares: nil, tested: nil) }
    let each = share.percent / 100
    let shares = [1 - each * Double(request.canaries.count)] + request.canaries.map { _ in each }
    let tested = Corrections.sampleRatio(counted.map { $0.units ?? $0.records }, shares: shares)
    return ComparisonReport.SampleRatio(counted, shares: shares, tested: tested)
  }

  // MARK: Segments

  /// Each value of the field for itself, the largest first.
  private func addSegments(_ field: String, _ whole: [ArmReading]?, _ report: inout ComparisonReport) {
    report.segmentField = field
    // A unit is in one arm only: it is held against all of the control.
    let isUnit = field == question.unit
    var sizes: [String: Int] = [:]
    for cell in cells.values where cell.key.segment?.field == field && cell.key.period == period {
      if let value = cell.key.segment?.value { sizes[value, default: 0] += cell.records }
    }
    for (value, records) in sizes.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      let segment = TraceEvidence.Cell.Segment(field: field, value: value)
      let own = isUnit ? nil : cell(0, segment)
      var rows: [ComparisonReport.Row] = []
      if isUnit || (own?.records ?? 0) >= Self.smallestSegment, let control = isUnit ? whole : own.map(readings) {
        for (arm, name) in request.canaries.enumerated() {
          guard let canary = cell(arm + 1, segment), canary.records >= Self.smallestSegment else { continue }
          let canaries = isUnit ? readings(canary.withoutUnits) : readings(canary)
          for index in metrics.indices where canaries[index].count > 0 && control[index].count > 0 {
            rows.append(row(metrics[index], name, canaries[index], control[index]))
          }
        }
      }
      if !rows.isEmpty {
        report.segments.append(ComparisonReport.Segment(value, records: records, rows: rows))
      } else if !isUnit || request.canaries.indices.contains(where: { cell($0 + 1, segment) != nil }) {
        report.smallSegments += 1
      }
    }
  }

  // MARK: In words

  private func reasons(_ arms: [TraceEvidence.Cell?], _ report: ComparisonReport) -> [String] {
    guard evidence.records > 0 else {
      if evidence.broken > 0 || evidence.logs.contains(where: { !$0.faults.isEmpty }) {
        return ["no line could be read as a record"]
      }
      return ["the logs are empty"]
    }
    if evidence.broken > evidence.records {
      return [
        "\(Figures.grouped(evidence.broken)) lines are broken and only \(Figures.grouped(evidence.records)) are not"
      ]
    }
    if evidence.repeated > StageQuestion.mostRepeated {
      return [
        "about \(Figures.percent(evidence.repeated)) of the records stand in the logs more than once: count each once"
      ]
    }
    if let filter = request.filter, evidence.filteredOut >= evidence.records { return ["no record is \(filter)"] }
    if arms[0] == nil { return [missing(request.control)] }
    if arms.dropFirst().allSatisfy({ $0 == nil }) { return request.canaries.map(missing) }
    guard report.rows.contains(where: { $0.comparison.difference != nil }) else {
      if request.metrics.isEmpty { return ["the records carry none of the usual fields; name a metric with --metric"] }
      return ["no metric that was asked for has a value in both versions"]
    }
    let isHopeless = report.rows.allSatisfy { $0.comparison.pValue == nil && $0.comparison.gap != .noSpread }
    return isHopeless ? ["the versions have too few values to be compared"] : []
  }

  private func missing(_ version: String) -> String {
    if evidence.withoutLabel >= evidence.records - evidence.filteredOut { return "no record carries \(request.label)" }
    let when = request.since == nil ? "" : " in that time"
    let seen = evidence.othersCounted
    let hint = seen.isEmpty ? "" : "; there are \(seen)"
    return "no record\(when) has \(request.label) = \(version)\(hint)"
  }

  private func remarks(_ arms: [TraceEvidence.Cell?], _ report: ComparisonReport) -> [String] {
    guard evidence.records > 0 else { return logRemarks }
    var remarks = logRemarks
    remarks += evidence.unusable(request.label)
    if arms[0] != nil, arms.dropFirst().contains(where: { $0 != nil }) {
      remarks += zip(request.canaries, arms.dropFirst()).filter { $0.1 == nil }.map { missing($0.0) }
    }
    remarks += unitRemarks(report) + fieldRemarks(report)
    if let thinned = evidence.thinned { remarks.append(thinned) }
    if evidence.uncounted > 0 {
      remarks.append(
        "\(evidence.amount(evidence.uncounted)) are in more segments than can be kept apart, and were left out there")
    }
    return remarks
  }

  private var logRemarks: [String] { evidence.logs.flatMap { $0.remarks(from: folder) } }

  private func unitRemarks(_ report: ComparisonReport) -> [String] {
    guard let unit = report.unit else {
      if request.unit == ComparisonRequest.noUnit || inArms == 0 { return [] }
      let wanted = request.unit ?? Self.either
      return ["no \(wanted) is known: every record counts for itself, which is too sure where records share one"]
    }
    var remarks: [String] = []
    if let unitless = evidence.unitless(unit) { remarks.append(unitless) }
    let crossing = evidence.crossing(in: period)
    if crossing.units > 0 {
      let examples = crossing.examples.prefix(3).joined(separator: ", ")
      let count = crossing.units
      remarks.append(
        "\(Figures.grouped(count)) \(unit)\(count == 1 ? " is" : "s are") in more than one version: \(examples)")
    }
    if evidence.pooledUnits { remarks.append("there are more \(unit)s than can be told apart; some were put together") }
    return remarks + ratioRemarks(report.ratio, unit)
  }

  private static let either = ComparisonRequest.usualUnits.joined(separator: " or ")

  private func ratioRemarks(_ ratio: ComparisonReport.SampleRatio, _ unit: String) -> [String] {
    var remarks: [String] = []
    guard let control = ratio.arms.first, let others = control.units, others > 0 else { return [] }
    for arm in ratio.arms.dropFirst() {
      guard let own = arm.units, own > 0 else { continue }
      let units = Double(own) / Double(own + others)
      let traffic = Double(arm.records) / Double(arm.records + control.records)
      if traffic > 2 * units || traffic * 2 < units {
        remarks.append(
          "\(arm.version) has \(Figures.percent(units)) of the \(unit)s and \(Figures.percent(traffic)) of the traffic")
      }
    }
    return remarks
  }

  private func fieldRemarks(_ report: ComparisonReport) -> [String] {
    var remarks: [String] = []
    let fields = Set(report.rows.map(\.metric.measure.field))
    for field in evidence.fields where fields.contains(field.name) {
      if field.unreadable > 0 {
        remarks.append("\(Figures.grouped(field.unreadable)) values of \(field.name) cannot be used")
      }
      if field.present == 0 { remarks.append("no record has \(field.name)") }
      if field.isSparse {
        remarks.append(
          "\(field.name) is only written where it happened: records without it count as those where it did not")
      } else if field.present > 0, field.missing > inArms / 20 {
        remarks.append("\(Figures.grouped(field.missing)) of \(Figures.grouped(inArms)) records have no \(field.name)")
      }
    }
    if request.looks == .once {
      for row in report.rows where row.metric.measure.isShare {
        let arms = [row.comparison.canary, row.comparison.control]
        let events = arms.reduce(0) { $0 + ($1.value ?? 0) * Double($1.count) }
        if row.comparison.pValue != nil, events < Double(Self.fewEvents) {
          remarks.append(
            "\(row.metric.name): with \(Int(events.rounded())) events in \(row.canary) and \(request.control) the test "
              + "is rough; --sequential counts exactly")
        }
      }
    }
    return remarks
  }
}

extension TraceEvidence.Cell {
  /// Its records, each for itself.
  fileprivate var withoutUnits: TraceEvidence.Cell {
    TraceEvidence.Cell(key: key, records: records, samples: samples.map(\.withoutUnits), units: nil)
  }
}
