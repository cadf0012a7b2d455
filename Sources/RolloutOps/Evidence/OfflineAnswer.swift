/// The before/after comparison of a stage that lets nobody in: both versions on the same cases, from the note's
/// evaluation. What it says of each trigger.
///
/// The cases are what they are, so one look is all there is, and the tests are those for a fixed sample.
struct OfflineAnswer {
  private let plan: Plan
  private let question: TraceQuestion
  private let evidence: TraceEvidence
  private let canary: TraceEvidence.Cell?
  private let control: TraceEvidence.Cell?
  private let sets: [Kind]

  /// The cases of one kind, however it is spelled.
  private struct Kind {
    let name: String
    var records = (canary: 0, control: 0)
    var samples: (canary: [Sample], control: [Sample])

    mutating func add(_ cell: TraceEvidence.Cell) {
      if cell.key.arm == TraceQuestion.canary {
        records.canary += cell.records
        for at in cell.samples.indices { samples.canary[at].merge(cell.samples[at]) }
      } else {
        records.control += cell.records
        for at in cell.samples.indices { samples.control[at].merge(cell.samples[at]) }
      }
    }
  }

  /// A kind that looks worse counts as worse where chance brings that about no more often than this; in a few cases of a
  /// kind the estimate alone says little.
  private static let suspicious = 0.2
  /// The kinds' shares in the two versions may differ by so much.
  private static let mostUneven = 0.05
  private static let mostUnlabelled = 0.05

  init(_ plan: Plan, _ question: TraceQuestion, _ evidence: TraceEvidence) {
    (self.plan, self.question, self.evidence) = (plan, question, evidence)
    canary = evidence.cell(arm: TraceQuestion.canary)
    control = evidence.cell(arm: TraceQuestion.control)
    var sets: [Kind] = []
    for cell in evidence.cells {
      guard let segment = cell.key.segment, segment.field == Evaluation.setField else { continue }
      let name = Evaluation.set(segment.value)
      if !sets.contains(where: { $0.name == name }) {
        let none = question.measures.map { Sample($0.kind) }
        sets.append(Kind(name: name, samples: (none, none)))
      }
      for at in sets.indices where sets[at].name == name { sets[at].add(cell) }
    }
    self.sets = sets
  }

  // MARK: As a whole

  func describe(_ stage: inout StageEvidence) {
    stage.canary = StageEvidence.Arm(records: canary?.records ?? 0)
    stage.control = control.map { StageEvidence.Arm(records: $0.records) }
    stage.sets = sets.map { .init($0.name, canary: $0.records.canary, control: $0.records.control) }
    stage.faults += faults
    if let leftOut = evidence.brokenLeftOut { stage.remarks.append(leftOut) }
  }

  private var faults: [String] {
    var faults = evidence.tooManyBroken.map { [$0] } ?? []
    guard evidence.records > 0 else { return faults + ["the evaluation has no case at all"] }
    if Double(evidence.withoutLabel) > Self.mostUnlabelled * Double(evidence.records) {
      faults.append("\(evidence.withoutLabel) of \(evidence.records) cases carry no \(question.label)")
    }
    for (arm, cell) in zip(question.arms, [canary, control]) where cell == nil {
      faults.append("no case carries \(question.label) = \(arm.values[0])\(evidence.othersInBrackets)")
    }
    return faults + uneven
  }

  /// Other cases for each version would show a difference between cases.
  private var uneven: [String] {
    guard let canary, let control else { return [] }
    return sets.compactMap { set in
      let mine = Double(set.records.canary) / Double(canary.records)
      let others = Double(set.records.control) / Double(control.records)
      guard abs(mine - others) > Self.mostUneven else { return nil }
      return "\(set.name) is \(Figures.percent(mine)) of the canary's cases and \(Figures.percent(others)) of the "
        + "control's: run both versions on the same cases"
    }
  }

  // MARK: By trigger

  /// The fields that no case carries; a weighted measure has several.
  private func missing(_ measure: Measure) -> String {
    guard case .weighted(let terms) = measure else { return measure.field }
    let cells = [canary, control].compactMap(\.self)
    let none = terms.map(\.measure).filter { term in
      cells.allSatisfy { (question.sample(of: term, in: $0.samples)?.count ?? 0) == 0 }
    }
    var fields: [String] = []
    for term in none where !fields.contains(term.field) { fields.append(term.field) }
    return fields.isEmpty ? measure.field : fields.joined(separator: " or ")
  }

  func row(_ watch: MeasuredTrigger) -> StageEvidence.Row {
    let sample = { (cell: TraceEvidence.Cell?) in
      cell.flatMap { question.sample(of: watch.measure, in: $0.samples) }
    }
    let (mine, others) = (sample(canary) ?? Sample(.mean), sample(control))
    guard mine.count > 0 || others?.count ?? 0 > 0 else {
      return .init(
        watch.trigger, .unmeasured("no case of the evaluation carries \(missing(watch.measure))"),
        measure: watch.measure)
    }
    let judgement = watch.judgement(in: plan, looks: .once)
    let whole = judgement.judge([Stratum(canary: mine, control: others)])
    var row = StageEvidence.Row(watch.trigger, .found(whole), measure: watch.measure)
    if case .count = watch.measure { return row }
    let large = sets.filter { min($0.records.canary, $0.records.control) >= Evaluation.fewestOfASet }
    let findings = [whole] + large.map { judge(judgement, $0, watch) }
    guard let worst = Judgement.worst(findings), worst.index > 0, worst.finding.verdict > whole.verdict else {
      return row
    }
    row.outcome = .found(worst.finding)
    row.set = large[worst.index - 1].name
    return row
  }

  /// A kind of cases that is meant to be hard may be past an absolute limit in both versions: worse is only what the old
  /// one does better. What a few cases cannot show counts for nothing.
  private func judge(_ judgement: Judgement, _ set: Kind, _ watch: MeasuredTrigger) -> Finding {
    let mine = question.sample(of: watch.measure, in: set.samples.canary) ?? Sample(.mean)
    let others = question.sample(of: watch.measure, in: set.samples.control) ?? Sample(.mean)
    var finding = judgement.judge([Stratum(canary: mine, control: others)])
    let isShown: Bool
    switch finding.reason {
    case .beyond, .firstEvent: isShown = true
    case .beyondByChance: isShown = (finding.pValue ?? 1) <= Self.suspicious
    default: isShown = false
    }
    guard isShown, !watch.isAbsolute || watch.isWorse(mine, than: others) else {
      (finding.verdict, finding.pValue) = (.pass, nil)
      return finding
    }
    return finding
  }
}

extension MeasuredTrigger {
  /// Where the old version cannot be told, nothing speaks for the new one.
  fileprivate func isWorse(_ canary: Sample, than control: Sample) -> Bool {
    guard let mine = value(canary), let others = value(control) else { return true }
    return test.limit?.harm == .down ? mine < others : mine > others
  }

  private func value(_ sample: Sample) -> Double? {
    guard sample.count > 0 else { return nil }
    guard case .quantile(let level, _) = measure else { return sample.moments.mean }
    var order = OrderStatistics(sample.values)
    return order.quantile(level)
  }
}
