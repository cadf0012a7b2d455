/// The gates of a stage whose evidence was measured.
///
/// Nothing fails open: what could not be measured holds. A person may answer for a trigger that no machine can judge,
/// never for evidence that should have spoken and did not.
struct MeasuredGates {
  let plan: Plan
  let situation: Situation
  let evidence: StageEvidence
  let stage: Stage

  /// Fewer canary units than this are no sample, unless the note says otherwise.
  static let usualSamples = 200
  /// A split that chance brings about less often than this is no accident.
  static let ratioAlpha = 0.001

  var gates: [Gate] {
    evidence.faults.map { Gate("evidence", .evidence, .hold, $0) } + samples() + scores() + ratio()
      + evidence.rows.map(row)
  }

  /// Nil at a stage that may end without a minimum.
  var neededSamples: Int? {
    let isPercentage = plan.stages.prefix((plan.index(of: stage.name) ?? 0) + 1).contains(where: \.isPercentage)
    guard isPercentage || stage.samples != nil else { return nil }
    return stage.samples ?? plan.samples ?? Self.usualSamples
  }

  private func samples() -> [Gate] {
    if stage.isOffline { return cases() }
    guard let need = neededSamples else { return [] }
    let have = evidence.canary.samples
    let unit = evidence.canary.units == nil ? "records" : "\(plan.unit)s"
    let reason = "\(Figures.grouped(have)) of \(Figures.grouped(need)) canary \(unit)"
    return [Gate("samples", .samples, have >= need ? .pass : .hold, reason)]
  }

  private func ratio() -> [Gate] {
    guard let chance = evidence.sampleRatio(share: stage.share), let control = evidence.control?.units,
      let canary = evidence.canary.units
    else { return [] }
    let seen = Figures.percent(Double(canary) / Double(canary + control))
    guard chance < Self.ratioAlpha else {
      return [Gate("sample ratio", .sampleRatio, .pass, "\(seen) of the \(plan.unit)s")]
    }
    return [
      Gate(
        "sample ratio", .sampleRatio, .hold,
        "\(seen) of the \(plan.unit)s have the canary where \(stage.share) should: the arms cannot be compared")
    ]
  }

  private func row(_ row: StageEvidence.Row) -> Gate {
    let name = row.trigger.text
    switch row.outcome {
    case .found(let finding):
      let sentence = FindingSentence(finding, row, isBrief: true)
      if finding.isBeyondMachines, let word = attestation {
        return Gate(name, .trigger(row.trigger), .pass, word)
      }
      if finding.isBeyondMachines {
        return Gate(
          name, .trigger(row.trigger), finding.verdict, sentence.text,
          hint: "\(gap(finding)): look, then attest gates", needsPerson: isForGood(finding), found: row)
      }
      // That nothing came yet is said once, by the evidence itself.
      if finding.reason == .noCanary, evidence.canary.records == 0, row.measure?.queries == nil {
        return Gate(name, .trigger(row.trigger), finding.verdict, "no record yet", found: row)
      }
      return Gate(name, .trigger(row.trigger), finding.verdict, sentence.text, found: row)
    case .silent(let why):
      return Gate(name, .trigger(row.trigger), .hold, why, found: row)
    case .notAsked(let why):
      return Gate(name, .trigger(row.trigger), .hold, "not asked offline: \(why)", advisory: true, found: row)
    case .unmeasured(let why):
      if let word = attestation { return Gate(name, .trigger(row.trigger), .pass, word) }
      return Gate(
        name, .trigger(row.trigger), .hold, why, hint: "no machine measures some of them: look, then attest gates",
        found: row)
    }
  }

  /// Whether a control can still come: only from the traffic of a stage that leaves one.
  private func isForGood(_ finding: Finding) -> Bool {
    finding.reason == .noControl && (plan.controlVersion == nil || !isSplit)
  }

  private var isSplit: Bool { stage.isPercentage && !stage.share.isWhole }

  /// Why there is nothing to compare with, in a sentence for all triggers that want it.
  private func gap(_ finding: Finding) -> String {
    guard finding.reason == .noControl else { return "some cannot be compared" }
    guard let old = plan.controlVersion else { return "the note names no Control version to compare with" }
    if isSplit { return "no record of \(old) in this stage to compare with" }
    var who = ""
    if case .cohort(_, let selector, _) = stage.audience { who = " of \(selector)" }
    return "no \(old) record\(who) before this stage to compare with"
  }

  private var attestation: String? {
    guard let word = situation.progress.attestation(StageAttestation.gates, for: stage.name) else { return nil }
    return "seen by \(word.actor)" + (word.evidence.map { ": \($0)" } ?? "")
  }
}

extension Finding {
  /// Nothing to compare with is a question for a person; too little of it is one for time.
  var isBeyondMachines: Bool {
    switch reason {
    case .noControl, .nothingComparable, .controlIsZero: verdict == .hold
    default: false
    }
  }
}
