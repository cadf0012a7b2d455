/// The gates between where a rollout stands and its next step, judged now.
package struct Requirements: Sendable {
  package let plan: Plan
  package let situation: Situation
  package let checklist: [ChecklistLine]

  package init(_ plan: Plan, _ situation: Situation) {
    self.plan = plan
    self.situation = situation
    self.checklist = Checklist.lines(plan, situation)
  }

  /// What stands before entering the stage at `target`.
  package func gates(before target: Int) -> [Gate] {
    let stage = plan.stages[target]
    let current = situation.startsAnew ? nil : situation.progress.place.stageIndex
    var gates = clock()
    if let current { gates += soak(current) + evidence(for: plan.stages[current]) }
    if let first = plan.stages.firstIndex(where: \.isPercentage), target >= first {
      gates += noted()
      gates += checklistGates()
    }
    if needsReview(before: target) { gates.append(review(before: stage)) }
    return gates
  }

  /// What stands before closing the rollout at 100%.
  package func gatesToFinish() -> [Gate] {
    guard let index = situation.progress.place.stageIndex else { return clock() }
    var gates = clock() + soak(index, atLeast: plan.steadyState)
    gates += evidence(for: plan.stages[index])
    if !situation.progress.exclusions.isEmpty {
      let who = situation.progress.exclusions.map(\.description).joined(separator: ", ")
      gates.append(
        Gate(
          "exclusions", .exclusions, .hold,
          "still taken out: \(who); include them, or finish --override exclusions --reason TEXT"))
    }
    return gates
  }

  // MARK: Time

  private func clock() -> [Gate] {
    guard let behind = situation.clockBehind else { return [] }
    return [
      Gate(
        "clock", .clock, .hold,
        "this machine's clock is \(behind) behind the journal's newest entry; set it right before anything widens")
    ]
  }

  private func soak(_ index: Int, atLeast other: TimeSpan? = nil) -> [Gate] {
    let asked = max(plan.stages[index].soak, other ?? .zero)
    guard asked > .zero, let since = situation.progress.since else { return [] }
    let opens = since + asked
    let stood = max(.zero, situation.now.since(since))
    guard situation.now < opens else { return [Gate("soak", .soak, .pass, "\(stood) of \(asked)")] }
    // Applications may be still on their way to it; a stage is not longer for that.
    let left = min(asked, max(TimeSpan(seconds: 1), opens.since(situation.now)))
    return [Gate("soak", .soak, .hold, "\(left.inFullMinutes) to go, \(stood) of \(asked) done", opens: opens)]
  }

  // MARK: Evidence by eye

  /// Every trigger is a gate; what no machine measures holds until a person has looked at this stage and said so.
  func evidence(for stage: Stage) -> [Gate] {
    if let evidence = situation.evidence, !plan.triggers.isEmpty || !evidence.rows.isEmpty {
      return MeasuredGates(plan: plan, situation: situation, evidence: evidence, stage: stage).gates
    }
    let word = situation.progress.attestation(StageAttestation.gates, for: stage.name)
    func gate(_ name: String, _ kind: Gate.Kind) -> Gate {
      if let word {
        let evidence = word.evidence.map { ": \($0)" } ?? ""
        return Gate(name, kind, .pass, "seen by \(word.actor)\(evidence)")
      }
      return Gate(
        name, kind, .hold, "nobody has looked at \(stage.name) yet",
        hint: "no machine measures them: \(placeToLook(stage)), then attest gates")
    }
    guard !plan.triggers.isEmpty else { return [gate("gates", .byEye)] }
    return plan.triggers.map { gate($0.text, .trigger($0)) }
  }

  private func placeToLook(_ stage: Stage) -> String {
    if stage.isOffline { return "compare before and after on the offline set" }
    if let dashboard = plan.dashboard { return "look at \(dashboard)" }
    if let evidence = plan.evidence.first { return "look at \(evidence)" }
    return "the note names no dashboard; look where you can"
  }

  // MARK: What the note must name

  private func noted() -> [Gate] {
    var gates: [Gate] = []
    if plan.owner == nil {
      gates.append(Gate("owner", .note, .hold, "the note names no owner: somebody must watch and call rollback"))
    }
    if plan.version == nil {
      gates.append(
        Gate("version", .note, .hold, "the note has no version label, so live traffic cannot be told apart"))
    }
    if plan.dashboard == nil, plan.evidence.isEmpty {
      gates.append(Gate("query", .note, .hold, "the note names no dashboard, query or evidence"))
    }
    return gates
  }

  // MARK: People

  private func checklistGates() -> [Gate] {
    checklist.filter { $0.state == .open }.map { line in
      Gate(line.item.rawValue, .checklist(line.item), .hold, line.reason, advisory: !plan.checklistHolds)
    }
  }

  private func needsReview(before target: Int) -> Bool {
    guard plan.effectiveTier <= 2 else { return false }
    return plan.firstWide == target
  }

  private func review(before stage: Stage) -> Gate {
    let words = situation.progress.attestations.filter {
      $0.item == StageAttestation.review && $0.stage == stage.name
    }
    if let word = words.last(where: { $0.actor != situation.actor }) {
      return Gate("review", .review, .pass, "reviewed by \(word.actor)")
    }
    let own = words.isEmpty ? "" : "; \(situation.actor) cannot review their own promotion"
    return Gate(
      "review", .review, .hold,
      "before \(stage.name) somebody else looks at quality samples, cost, errors and latency: rolloutctl attest "
        + "\(Shell.word(situation.key.text)) review --evidence \"…\"\(own)")
  }
}

extension Plan {
  /// The first stage of 10% or more of anybody by percentage: where small becomes real traffic.
  package var firstWide: Int? {
    stages.firstIndex { $0.isPercentage && $0.share >= Percentage(percent: 10) }
  }
}

extension Progress {
  /// The last word on an item for the present stay at a stage; words given before it began, or before the flag was
  /// killed, do not count.
  package func attestation(_ item: String, for stage: String) -> Attestation? {
    let began = kill?.time ?? visits.last?.moved
    return attestations.last { word in
      guard word.item == item, word.stage == stage else { return false }
      return began.map { word.time >= $0 } ?? true
    }
  }
}
