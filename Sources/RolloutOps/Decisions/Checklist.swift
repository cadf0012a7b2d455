/// The stage checklist, answered by the machine wherever a machine can, else by a person's word.
package enum Checklist {
  package static func lines(_ plan: Plan, _ situation: Situation) -> [ChecklistLine] {
    ChecklistItem.allCases.map { item in
      let answer = answer(item, plan, situation)
      if answer.state == .open, item.attestable, let word = word(on: item, situation) {
        let evidence = word.evidence.map { ": \($0)" } ?? ""
        return ChecklistLine(item, .attested, by: word.actor, reason: "attested by \(word.actor)\(evidence)")
      }
      return answer
    }
  }

  private static func word(on item: ChecklistItem, _ situation: Situation) -> Progress.Attestation? {
    situation.progress.attestations.last { attestation in
      guard attestation.item == item.rawValue else { return false }
      guard let validity = item.validity else { return true }
      return situation.now.since(attestation.time) <= validity
    }
  }

  private static func answer(_ item: ChecklistItem, _ plan: Plan, _ situation: Situation) -> ChecklistLine {
    func line(_ done: Bool, _ yes: String, _ no: String) -> ChecklistLine {
      ChecklistLine(item, done ? .done : .open, reason: done ? yes : no)
    }
    switch item {
    case .flag:
      return line(
        situation.shown != nil, "\(plan.flag) is in \(situation.store.shown)",
        "\(plan.flag) is not in \(situation.store.shown) yet; the first promote creates it")
    case .killDrill:
      return line(
        killedLately(situation), "a kill of this flag was confirmed within 31 days",
        "flip it once and attest kill-drill, or kill and restore at the internal stage")
    case .fallback:
      let named = plan.fallback.map { " (\($0))" } ?? ""
      return line(false, "", "try what users see when the flag is off\(named), then attest fallback")
    case .internalStage:
      return internalStage(plan, situation)
    case .ramp:
      let triggered = plan.triggers.contains { $0.action == .rollback || $0.action == .kill }
      return line(
        triggered && plan.stages.contains(where: \.isPercentage), "percentage stages and a rollback trigger are set",
        triggered ? "the plan has no percentage stage" : "the note has no rollback trigger")
    case .dashboard:
      return line(
        plan.dashboard != nil, plan.dashboard ?? "", "name the dashboard or query in the note, or attest dashboard")
    case .nightlyEvaluation:
      return line(false, "", "have production samples judged every night, then attest nightly-eval")
    case .runbook:
      return runbook(plan, situation)
    }
  }

  private static func killedLately(_ situation: Situation) -> Bool {
    guard let last = situation.progress.lastKill else { return false }
    return situation.now.since(last) <= .days(31)
  }

  private static func internalStage(_ plan: Plan, _ situation: Situation) -> ChecklistLine {
    guard let index = plan.stages.firstIndex(where: { !$0.isOffline && !$0.isPercentage }) else {
      return ChecklistLine(.internalStage, .open, reason: "the plan has no internal stage; attest internal with why")
    }
    let stage = plan.stages[index]
    let lasted = situation.progress.time(at: index, now: situation.now)
    guard situation.progress.reached.map({ $0 >= index }) ?? false, lasted >= stage.soak else {
      return ChecklistLine(.internalStage, .open, reason: "\(stage.name) lasted \(lasted) of \(stage.soak)")
    }
    return ChecklistLine(.internalStage, .done, reason: "\(stage.name) lasted \(lasted)")
  }

  private static func runbook(_ plan: Plan, _ situation: Situation) -> ChecklistLine {
    guard let path = plan.runbook else {
      return ChecklistLine(.runbook, .open, reason: "the note names no runbook; write one and name it")
    }
    switch situation.runbook {
    case .missing:
      return ChecklistLine(.runbook, .open, reason: "\(path) is not there")
    case .text(let text):
      return Note.names(plan.flag.text, in: text)
        ? ChecklistLine(.runbook, .done, reason: "\(path) names the flag")
        : ChecklistLine(.runbook, .open, reason: "\(path) does not name \(plan.flag)")
    }
  }
}
