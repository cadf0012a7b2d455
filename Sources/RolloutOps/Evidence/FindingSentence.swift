/// What a finding says, in one line with its numbers.
struct FindingSentence {
  private let finding: Finding
  private let measure: Measure?
  private let segment: String?
  private let trigger: Trigger
  private let set: String?
  private let figure: EvaluationFigures.Figure?
  /// Whether what is missing is said in full elsewhere.
  private let isBrief: Bool

  init(_ finding: Finding, _ row: StageEvidence.Row, isBrief: Bool = false) {
    self.isBrief = isBrief
    (self.finding, measure, segment, trigger) = (finding, row.measure, row.segment, row.trigger)
    (set, figure) = (row.set, row.figure)
  }

  var text: String {
    var attribute = trigger.condition.segment?.attribute
    if case .novel(let field)? = measure { attribute = field }
    let place =
      set.map { "worse in \($0): " }
      ?? segment.flatMap { segment in attribute.map { "\($0) \(segment): " } } ?? ""
    let origin = figure.map { $0.told(finding.control?.value, of: measure) } ?? ""
    return place + [numbers, origin, remark, bareness].filter { !$0.isEmpty }.joined(separator: "; ")
  }

  /// Surely better by as much as the trigger would not allow it to be worse.
  private var isSurprise: Bool {
    guard let interval = finding.interval, finding.threshold != 0 else { return false }
    switch (finding.scale, trigger.condition.test) {
    case (.relative, .relative(.up, _)), (.points, .points(.up, _)): return interval.upper <= -finding.threshold
    case (.relative, .relative(.down, _)), (.points, .points(.down, _)): return interval.lower >= -finding.threshold
    default: return false
    }
  }

  private var numbers: String {
    guard let canary = finding.canary.value else { return "" }
    var text = Figures.value(canary, of: measure)
    if let control = finding.control?.value { text += " vs " + Figures.value(control, of: measure) }
    // Estimate, interval and limit on the trigger's own scale: two scales in a line have to be converted by the reader.
    if let difference { text += (finding.control?.value == nil ? ", " : ": ") + place(difference) }
    if let interval = finding.interval, interval.lower.isFinite || interval.upper.isFinite {
      text += " [\(place(interval.lower)), \(place(interval.upper))]"
    }
    if finding.threshold.isFinite, finding.reason != .firstEvent, finding.scale != .level {
      text += ", limit \(place(finding.threshold))"
    }
    return text
  }

  /// How far canary and control are apart; nil where the canary's own value is what is limited.
  private var difference: Double? {
    guard finding.scale != .level, let canary = finding.canary.value else { return nil }
    let control = finding.control?.value
    return switch finding.scale {
    case .level: nil
    case .relative: finding.relative
    case .points: control.map { canary - $0 }
    case .multiple: finding.relative.map { 1 + $0 }
    }
  }

  /// What the numbers of queries are worth.
  private var bareness: String {
    guard let queries = measure?.queries, finding.canary.value != nil else { return "" }
    if case .over(let limit, _) = queries.kind {
      return "share beyond \(Figures.value(limit, of: .queries(Queries(queries.metric, .bare(queries.traffic)))))"
    }
    return finding.method == .plain && !queries.isShare ? "a bare number, without an interval" : ""
  }

  private func place(_ value: Double) -> String { Figures.place(value, finding.scale, of: measure) }

  private var within: String { trigger.condition.window.map { " in the last \($0)" } ?? "" }

  private var remark: String {
    switch finding.reason {
    case .inside where isSurprise: "a surprise: better by more than it may be worse; is the right thing measured?"
    case .inside:
      // A pass on few samples is seen for what it is.
      finding.smallestVisible.map { "a breach would show from \(place($0)) on" } ?? ""
    case .provenInside: "proven"
    case .likeControl: "past the limit, and so is the control"
    case .beyond: ""
    case .firstEvent: "none is tolerated"
    case .beyondByChance: "past the limit, and that may be chance"
    case .beyondUncorrected(let tests): "past the limit, and not surely among \(tests) tests at once"
    case .insideUnproven: "inside, and the note asks for proof"
    case .tooFewSamples(let have, let need): "\(Figures.grouped(have)) records, \(Figures.grouped(need)) needed"
    case .noCanary where measure?.queries != nil: "no request of the canary was counted in this time"
    case .noCanary: "no record of the canary\(within) carries \(measure?.field ?? "the field")"
    case .noControl: isBrief ? "no control" : "no record of the control to compare with"
    case .nothingComparable: "too few records in both versions to compare"
    case .noSpread: "every value is the same, so no difference can be judged"
    case .controlIsZero: "the control shows 0, so no change can be put as a share of it"
    case .singleUnit: "one single unit shows how that one fares, not the version"
    case .notANumber: "the figure is no number"
    case .impossible: "the figures contradict each other"
    }
  }
}
