/// The verbs that let more people in, or close a rollout.
extension Decider {
  func promote() -> Decision {
    guard let plan = situation.planToPromote, let next = situation.next else {
      return answer(.usage, ["promote needs the rollout note: no rollout of \(situation.key) is known"])
    }
    if let wanted = request.stage {
      switch plan.find(wanted) {
      case .found(next): break
      case .found(let other):
        return answer(
          .conflict,
          ["\(plan.stages[other].name) is not next: from \(place) the next stage is \(plan.stages[next].name)"])
      case .off, .unknown, .ambiguous: return unknownStage(wanted, plan)
      }
    }
    if let refusal = takesAway(plan) { return refusal }
    let requirements = Requirements(plan, situation)
    let gates = requirements.gates(before: next)
    let target = Place.stage(next, name: plan.stages[next].name)
    var replaced: [String] = []
    if situation.drift != nil, let spelled = situation.spelled {
      replaced = ["replaces what was set up by hand: \(spelled)"]
    }
    return pass(gates, checklist: requirements.checklist, to: plan.stages[next].name, also: replaced) { skipped in
      let opening = situation.startsAnew ? opening(plan) : nil
      let passage = Deed.Passage(skipped: skipped, opening: opening)
      return (target, steps(.promoted(passage), to: target, plan: plan, seen: seen(gates)))
    }
  }

  /// What a rollout freezes when it starts.
  private func opening(_ plan: Plan) -> Deed.Opening {
    Deed.Opening(plan: FrozenPlan(plan), storeIdentity: situation.store.identity)
  }

  /// After a finished rollout everybody has its canary. The next one may start only from there.
  private func takesAway(_ plan: Plan) -> Decision? {
    guard progress.phase == .finished, case .everyone(let variant)? = situation.shown?.serving,
      let served = situation.shown?[variant], plan.variants[plan.variants.control]?.means(served) != true
    else { return nil }
    return answer(
      .conflict,
      [
        "everybody gets \"\(variant)\" now, and the note's control would take it from them",
        "make that value the note's control variant, name another flag, or roll back first",
      ])
  }

  func finish() -> Decision {
    guard let plan = situation.plan else { return answer(.conflict, ["no rollout is known"]) }
    if let last = plan.stages.last, last.audience != .everyone(share: .whole) {
      return answer(
        .hold, ["the last stage is \(last.name), not everybody: add a stage of 100% to the note, then replan"])
    }
    let requirements = Requirements(plan, situation)
    let gates = requirements.gatesToFinish()
    return pass(gates, checklist: requirements.checklist, to: "finished") { skipped in
      (.finished, steps(.finished(Deed.Passage(skipped: skipped)), to: .finished, plan: plan, seen: seen(gates)))
    }
  }

  func restore() -> Decision {
    guard progress.phase == .open || progress.phase == .finished, let plan = progress.plan,
      let first = plan.firstExposing
    else {
      return unmarked()
    }
    guard let wanted = request.stage else { return restored(to: first, plan, gates: []) }
    guard case .found(let index) = plan.find(wanted) else { return unknownStage(wanted, plan) }
    if index <= first { return restored(to: index, plan, gates: []) }
    guard progress.kill != nil else {
      return answer(
        .conflict,
        ["the journal does not know when it was killed; run rolloutctl kill \(situation.key) once more, then restore"])
    }
    guard index <= progress.reached ?? 0 else {
      return answer(
        .conflict, ["\(plan.stages[index].name) was never reached; restore goes no further than the rollout was"])
    }
    let gates = Requirements(plan, situation).gates(before: index)
    let evidence = Requirements(plan, situation).evidence(for: plan.stages[index])
    return restored(to: index, plan, gates: gates + evidence)
  }

  private func restored(to index: Int, _ plan: Plan, gates: [Gate]) -> Decision {
    let target = Place.stage(index, name: plan.stages[index].name)
    return pass(gates, checklist: [], to: plan.stages[index].name) { skipped in
      (target, steps(.restored(Deed.Passage(skipped: skipped)), to: target, plan: plan))
    }
  }

  /// No rollout to go back into: the flag stays off and is no longer killed; a promotion can start one.
  private func unmarked() -> Decision {
    guard var flag = situation.shown else {
      return answer(.conflict, ["\(situation.key) is not in \(situation.store.shown)"])
    }
    let target: Place = progress.phase == .abandoned ? .abandoned : .off
    if flag.serving == .applicationDefault {
      // It was switched off altogether. On again, it must give everybody the old version.
      let control = (progress.plan ?? situation.note?.plan)?.variants.control
      let known = [control, flag.mark?.killsTo, flag.offVariant].compactMap(\.self)
      guard let old = known.first(where: { flag[$0] != nil }) else {
        return answer(
          .conflict, ["which variant of \(situation.key) is the old version is not known; restore it by its note"])
      }
      flag.serving = .everyone(old)
    }
    flag.mark = Flag.Mark(killed: false, stage: target.description, killsTo: flag.mark?.killsTo)
    return Decision(
      .restore, .done, ["no longer killed; nobody gets the canary until a rollout is promoted"], from: place,
      to: target,
      steps: [.intend(content(.restored(Deed.Passage()), .intended, to: target)), .write(flag), .conclude])
  }

  func adopt() -> Decision { adopt(as: situation.shown) }

  /// `shown` is the flag as it shall be taken over.
  func adopt(as shown: Flag?) -> Decision {
    guard let plan = progress.phase == .open ? progress.plan : situation.note?.plan ?? progress.plan else {
      return answer(.usage, ["adopt needs the rollout note: no rollout of \(situation.key) is known"])
    }
    guard let shown else {
      return answer(.conflict, ["\(situation.key) is not in \(situation.store.shown): there is nothing to adopt"])
    }
    let alike = plan.stages.indices.filter { index in
      shown.serves(plan.flag(at: .stage(index, name: plan.stages[index].name)))
    }
    guard let wanted = request.stage ?? (alike.count == 1 ? plan.stages[alike[0]].name : nil) else {
      return answer(.usage, ["adopt needs --stage: one of \(plan.stageNames)"])
    }
    guard case .found(let index) = plan.find(wanted) else { return unknownStage(wanted, plan) }
    if shown.mark?.killed == true {
      return answer(.conflict, ["the flag is marked as killed; kill it again, then restore it with a reason"])
    }
    let target = Place.stage(index, name: plan.stages[index].name)
    var adoption = Deed.Adoption(shown: shown.fingerprint, serving: shown.serving.description)
    if case .split(let split) = shown.serving {
      adoption.exclusions = split.exposure.exclusions.filter { !plan.exclusions.contains($0) }.map(KeptSelector.init)
    }
    if progress.phase != .open { adoption.opening = opening(plan) }
    return Decision(
      .adopt, .done, ["taken over as it stands: \(shown.serving.description)"], from: place, to: target,
      steps: [.record(content(.adopted(adoption), .done, to: target))])
  }

  func replan() -> Decision {
    guard let frozen = progress.plan, let noted = situation.note?.plan else {
      return answer(.usage, ["replan needs the rollout note"])
    }
    guard frozen != noted else { return answer(.done, ["the note's plan is the one in use"]) }
    let differences = PlanDifference.between(frozen, noted, upTo: progress.furthest)
    let fixed = differences.filter(\.isFrozen)
    guard fixed.isEmpty else {
      return answer(
        .conflict,
        fixed.map(\.sentence) + ["what was reached stays as it was; finish or abandon, then start anew with promote"])
    }
    let target = progress.place
    let deed = Deed.replanned(FrozenPlan(noted), differences: differences.map(\.sentence))
    var steps = steps(deed, to: target, plan: noted, degradedTo: progress.degradedTo)
    // A killed or adopted flag stays as it stands; the new plan counts from the next move on.
    if situation.isKilled || progress.adopted != nil {
      steps = [.record(content(deed, .done, to: target))]
    }
    return Decision(.replan, .done, differences.map(\.sentence), from: place, to: target, steps: steps)
  }

  // MARK: Gates and overrides

  /// What was seen on the way forward, unless the request brings it along.
  private func seen(_ gates: [Gate]) -> JSON? {
    request.seen ?? EvidenceRecord(situation.evidence, gates)?.json
  }

  /// Goes ahead when every gate that counts passes, or the one that does not is overridden by name.
  private func pass(
    _ gates: [Gate], checklist: [ChecklistLine], to name: String, also remarks: [String] = [],
    _ move: (_ skipped: Deed.SkippedGate?) -> (Place, [Decision.Step])
  ) -> Decision {
    let closed = gates.filter { $0.verdict != .pass && !$0.advisory }
    var skipped: Deed.SkippedGate?
    var remaining = closed
    if let wanted = request.override {
      let named = gates.filter { $0.name.lowercased() == wanted.lowercased() }
      // Of two triggers with one wording the one that is never overridden speaks for both.
      guard
        let gate = named.first(where: { !$0.canBeOverridden }) ?? named.first(where: { $0.verdict != .pass })
          ?? named.first
      else {
        let names = closed.map(\.name).joined(separator: ", ")
        return answer(
          .usage, ["no gate is called \(wanted)" + (names.isEmpty ? "" : "; waiting: \(names)")], gates: gates,
          checklist: checklist)
      }
      guard gate.canBeOverridden else {
        return answer(.hold, ["\(gate.name) is never overridden: \(gate.reason)"], gates: gates, checklist: checklist)
      }
      if gate.verdict != .pass {
        skipped = Deed.SkippedGate(gate: gate.name, reason: request.reason, was: gate.reason)
      }
      remaining = closed.filter { $0.name != gate.name }
    }
    guard remaining.isEmpty else {
      return refused(remaining, gates, checklist)
    }
    let (target, steps) = move(skipped)
    return Decision(
      request.verb, .done, ["\(place) → \(name)"] + remarks, from: place, to: target, steps: steps, gates: gates,
      checklist: checklist)
  }

  /// The worst comes first: what fired before what only waits.
  private func refused(_ remaining: [Gate], _ gates: [Gate], _ checklist: [ChecklistLine]) -> Decision {
    let ranked = remaining.enumerated().sorted { left, right in
      (left.element.severity, right.offset) > (right.element.severity, left.offset)
    }.map(\.element)
    let status = ranked.first?.status ?? .hold
    return answer(status, Self.reasons(ranked), gates: gates, checklist: checklist)
  }

  /// What several triggers lack together is one reason, with the way out.
  private static func reasons(_ ranked: [Gate]) -> [String] {
    var told: Set<String> = []
    return ranked.compactMap { gate in
      guard gate.isWithoutControl, let hint = gate.hint else { return "\(gate.name): \(gate.reason)" }
      guard told.insert(hint).inserted else { return nil }
      let names = ranked.filter { $0.isWithoutControl && $0.hint == hint }.map(\.name)
      return
        "\(names.count > 1 ? "\(names.count) triggers" : gate.name): nothing to compare with; look, then attest gates"
    }
  }

  func unknownStage(_ typed: String, _ plan: Plan) -> Decision {
    if case .ambiguous(let names) = plan.find(typed) {
      return answer(.usage, ["\(typed) may mean \(names.joined(separator: " or "))"])
    }
    let near = Suggestion.nearest(to: typed, among: plan.stages.map(\.name)).map { "; did you mean \($0)?" } ?? ""
    return answer(.usage, ["no stage is called \(typed)\(near); the stages are \(plan.stageNames)"])
  }
}

extension Plan {
  var stageNames: String { stages.map(\.name).joined(separator: ", ") }
}
