/// What a watch finds in one look, and what it asks for.
package struct WatchDecision: Sendable {
  /// The verdict with its gates, as `gate` has it; its steps are nobody's to take.
  package let look: Decision
  /// What is to be done now; nil where it stays as it is.
  package let asks: Request?
}

/// What a machine does about what it saw, of all verbs only these: kill, roll back, degrade, and promote where the note
/// lets it. A hold trigger keeps the next stage shut, and nothing more.
///
/// Whatever fired narrows from the plan in the journal, in a rollout that is held, degraded, or whose note was edited
/// too. A kill outranks a rollback, and that a degrade. `noteErrors` is how many errors the note has now: the plan in
/// the journal goes on without it, but nothing widens.
package func watch(in situation: Situation, noteErrors: Int = 0) -> WatchDecision {
  WatchDecider(situation: situation, noteErrors: noteErrors).decision()
}

private struct WatchDecider {
  let situation: Situation
  let noteErrors: Int

  func decision() -> WatchDecision {
    let forward = outlook(in: situation)
    guard !situation.isKilled, let index = situation.progress.place.stageIndex, let plan = situation.plan,
      plan.stages.indices.contains(index)
    else { return waiting(forward) }
    // A hold, a degrade or an edited note refuses to go on before any gate is asked; what fired counts all the same.
    let gates =
      forward.gates.isEmpty ? Requirements(plan, situation).evidence(for: plan.stages[index]) : forward.gates
    let fired = gates.filter { $0.fired != nil }.enumerated()
      .sorted { ($0.element.severity, $1.offset) > ($1.element.severity, $0.offset) }.map(\.element)
    guard let worst = fired.first, let action = worst.fired else {
      return goingOn(forward.gates.isEmpty ? told(forward.status, forward.reasons, gates) : forward, plan)
    }
    let sentences = fired.map { "\($0.name): \($0.reason)" }
    // Nobody has it, so there is nothing to take back: it stays where it is.
    if plan.stages[index].isOffline { return WatchDecision(look: told(worst.status, sentences, gates), asks: nil) }
    var request: Request
    switch action {
    case .kill: request = Request(.kill)
    case .rollback: request = Request(.rollback)
    case .degrade(let variant) where !plan.variants.canStandIn(variant):
      // The old version in the canary's place is a way back.
      request = Request(.rollback)
    case .degrade(let variant):
      request = Request(.degrade)
      request.variant = variant
    case .hold: return goingOn(forward, plan)
    }
    (request.isAutomatic, request.reason) = (true, sentences[0])
    request.seen = EvidenceRecord(situation.evidence, gates)?.json
    let status = worst.status
    // A kill is decided on the flag alone, when it is done.
    if request.verb == .kill { return WatchDecision(look: told(status, sentences, gates), asks: request) }
    let decision = decide(request, in: situation)
    if decision.acts { return WatchDecision(look: told(status, sentences, gates), asks: request) }
    // It cannot be done, or it is so already: the reason comes with what fired.
    let refused = decision.status == .done ? ExitStatus.hold : decision.status
    return WatchDecision(look: told(refused, sentences + decision.reasons, gates), asks: nil)
  }

  // MARK: Nothing fired

  private func goingOn(_ look: Decision, _ plan: Plan) -> WatchDecision {
    guard noteErrors == 0, look.status == .done, look.acts, plan.promotesItself, !isReturned else {
      return waiting(look)
    }
    var request = Request(.promote)
    (request.isAutomatic, request.reason) = (true, "every gate passes, and the note lets a watch promote")
    request.stage = situation.next.map { plan.stages[$0].name }
    return WatchDecision(look: look, asks: request)
  }

  /// Somebody went back by hand, and left no hold: it is theirs to go on.
  private var isReturned: Bool { situation.progress.visits.last?.isReturn ?? false }

  private func waiting(_ look: Decision) -> WatchDecision {
    guard noteErrors > 0, look.status == .done || look.status == .hold else {
      return WatchDecision(look: look, asks: nil)
    }
    let errors = "the note has \(noteErrors) error\(noteErrors == 1 ? "" : "s"); rolloutctl check shows them"
    return WatchDecision(look: told(.badNote, [errors] + look.reasons, look.gates), asks: nil)
  }

  private func told(_ status: ExitStatus, _ reasons: [String], _ gates: [Gate]) -> Decision {
    Decision(.promote, status, reasons, from: situation.progress.place, gates: gates)
  }
}
