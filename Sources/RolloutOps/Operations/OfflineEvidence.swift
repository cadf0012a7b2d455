/// The before/after comparison of a stage that lets nobody in: both versions on the same cases, from the note's
/// evaluation.
///
/// The cases are what they are, so one look is all there is, and the tests are those for a fixed sample.
extension Measurement {
  func offlineEvidence(_ since: Instant) -> StageEvidence {
    var evidence = StageEvidence(from: since)
    evidence.origin = plan.evaluationFiles
    guard let version = plan.version, let old = plan.controlVersion, old.field == version.field else {
      evidence.faults = [
        "the note does not name both versions by one field, so before and after cannot be told apart"
      ]
      evidence.rows = plan.triggers.map { .init($0, .silent("no version label tells before and after apart")) }
      return evidence
    }
    let asked = plan.triggers.map { ($0, OfflineTrigger($0, in: plan)) }
    let answer: OfflineAnswer
    do throws(FileTrouble) {
      guard let files = try EvaluationFiles(plan, below: folder, context) else { return evidence }
      var question = files.question(version, old, bySet: true)
      for case (_, .asked(let watch)) in asked { question.ask(watch.measure) }
      answer = OfflineAnswer(plan, question, try files.ask(question))
    } catch {
      (evidence.faults, evidence.isUnread) = ([Sentences.file(error)], true)
      evidence.rows = plan.triggers.map { .init($0, .silent("the evaluation could not be read")) }
      return evidence
    }
    answer.describe(&evidence)
    evidence.rows = asked.map { trigger, asked in
      switch asked {
      case .asked(let watch): answer.row(watch)
      case .notAsked(let why): .init(trigger, .notAsked(why))
      case .unwatchable(let reason): .init(trigger, .unmeasured(reason.sentence))
      }
    }
    if !plan.triggers.isEmpty, evidence.rows.allSatisfy({ if case .notAsked = $0.outcome { true } else { false } }) {
      evidence.faults.append("no trigger of the note can be asked before traffic: add one, such as quality drops")
    }
    evidence.correct()
    return evidence
  }
}

/// What the evaluation says of each trigger.
private struct OfflineAnswer {
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
      if cell.key.arm == EvaluationFiles.canary {
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
  private static let (mostBroken, mostUnlabelled) = (0.01, 0.05)

  init(_ plan: Plan, _ question: TraceQuestion, _ evidence: TraceEvidence) {
    (self.plan, self.question, self.evidence) = (plan, question, evidence)
    canary = evidence.cell(arm: EvaluationFiles.canary)
    control = evidence.cell(arm: EvaluationFiles.control)
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
    if evidence.broken > 0 {
      stage.remarks.append("\(evidence.broken) broken line\(evidence.broken == 1 ? "" : "s") left out")
    }
  }

  private var faults: [String] {
    var faults: [String] = []
    let lines = evidence.logs.reduce(0) { $0 + $1.lines }
    if Double(evidence.broken) > Self.mostBroken * Double(lines) {
      let first = evidence.logs.first { !$0.faults.isEmpty }
      let place = first.flatMap { log in log.faults.first.map { ": \(log.path):\($0.line): \($0.reason)" } } ?? ""
      faults.append("\(evidence.broken) of \(lines) lines are broken\(place)")
    }
    guard evidence.records > 0 else { return faults + ["the evaluation has no case at all"] }
    if Double(evidence.withoutLabel) > Self.mostUnlabelled * Double(evidence.records) {
      faults.append("\(evidence.withoutLabel) of \(evidence.records) cases carry no \(question.label)")
    }
    let seen = evidence.otherLabels.prefix(3).map { "\($0.value) \($0.records)" }.joined(separator: ", ")
    for (arm, cell) in zip(question.arms, [canary, control]) where cell == nil {
      faults.append(
        "no case carries \(question.label) = \(arm.values[0])" + (seen.isEmpty ? "" : " (others: \(seen))"))
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
  /// On which side of a fixed limit the harm lies.
  private var harm: Trigger.Direction? {
    switch test {
    case .above: .up
    case .below: .down
    case .relative, .points, .multiple, .beyond: nil
    }
  }

  /// Where the old version cannot be told, nothing speaks for the new one.
  fileprivate func isWorse(_ canary: Sample, than control: Sample) -> Bool {
    guard let mine = value(canary), let others = value(control) else { return true }
    return harm == .down ? mine < others : mine > others
  }

  private func value(_ sample: Sample) -> Double? {
    guard sample.count > 0 else { return nil }
    guard case .quantile(let level, _) = measure else { return sample.moments.mean }
    var order = OrderStatistics(sample.values)
    return order.quantile(level)
  }
}
