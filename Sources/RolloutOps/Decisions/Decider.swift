/// From a request and a situation to a decision. Nothing here knows a clock, a file or a socket.
package func decide(_ request: Request, in situation: Situation) -> Decision {
  Decider(request: request, situation: situation).decision()
}

/// What a promotion would say now. At the last stage it has nothing to do, but the gates go on until the rollout is
/// finished.
package func outlook(in situation: Situation) -> Decision {
  let decision = decide(Request(.promote), in: situation)
  guard situation.states.first == .complete, let plan = situation.plan else { return decision }
  let requirements = Requirements(plan, situation)
  let gates = requirements.gatesToFinish()
  let fired = gates.filter { $0.fired != nil }.max { $0.severity < $1.severity }
  return Decision(
    .promote, fired?.status ?? decision.status, fired.map { ["\($0.name): \($0.reason)"] } ?? decision.reasons,
    from: situation.progress.place, gates: gates, checklist: requirements.checklist)
}

struct Decider {
  let request: Request
  let situation: Situation

  var progress: Progress { situation.progress }
  var place: Place { progress.place }

  func decision() -> Decision {
    if let refusal = refusal() { return refusal }
    var states = situation.states
    // Before a rollout, what stands at the flag by hand can be replaced knowingly.
    if states.first == .drifted, request.adoptsForeign, request.verb == .promote, progress.phase != .open {
      states = [.off]
    }
    let state = states.first ?? .off
    if let stranger = stranger(state) { return stranger }
    if let arrived = alreadyThere(state) { return arrived }
    let rule = StateTable.rule(request.verb, in: states)
    switch rule {
    case .refused(let status, let why):
      return answer(status, [why] + details(of: state))
    case .already(let why):
      return nothingToDo(why)
    case .startsAnew where !situation.startsAnew:
      return nothingToDo("the note's rollout is finished, there is nothing to do")
    case .goes, .gated, .narrows, .recorded, .startsAnew:
      return go(rule)
    }
  }

  /// Whoever names the stage to enter must not read a 0 when it was not entered.
  private func nothingToDo(_ why: String) -> Decision {
    guard request.verb == .promote, let wanted = request.stage, let plan = situation.plan else {
      return answer(.done, [why])
    }
    guard case .found(let index) = plan.find(wanted) else { return unknownStage(wanted, plan) }
    return answer(.conflict, ["\(plan.stages[index].name) is not next: \(why)"])
  }

  private func go(_ rule: Rule) -> Decision {
    switch request.verb {
    case .promote: promote()
    case .rollback: rollback()
    case .hold:
      progress.hold == nil
        ? record(
          .held(automatic: false), situation.state == .killed ? "held; the flag stands killed" : "held at \(place)")
        : answer(.done, ["it is held already"])
    case .resume: resume()
    case .kill: kill()
    case .restore: restore()
    case .exclude: exclude(rule)
    case .include: include(rule)
    case .adopt: adopt()
    case .replan: replan()
    case .finish: finish()
    case .abandon: abandon(rule)
    case .degrade: degrade()
    }
  }

  // MARK: Before the table

  /// What stops a verb whatever the state: a missing reason, stores that disagree.
  private func refusal() -> Decision? {
    let verb = request.verb
    if request.reason == nil {
      switch verb {
      case .restore, .exclude, .include, .replan:
        return answer(.usage, ["\(verb.rawValue) needs --reason: the journal keeps why"])
      case .resume where progress.hold?.automatic == true:
        return answer(.usage, ["the hold was set by a machine; lifting it needs --reason"])
      case .promote, .finish:
        if request.override != nil { return answer(.usage, ["--override needs --reason: the journal keeps why"]) }
      case .resume, .rollback, .hold, .kill, .adopt, .abandon, .degrade: break
      }
    }
    guard verb.widens else { return nil }
    if let sequence = progress.notUnderstood.first {
      return answer(
        .inconclusive,
        ["entry \(sequence) of the journal says something that this version cannot read; update rolloutctl"])
    }
    if let behind = situation.clockBehind, verb != .promote, verb != .finish {
      return answer(
        .hold, ["this machine's clock is \(behind) behind the journal; set it right before anything widens"])
    }
    if let rival = situation.store.rival {
      return answer(
        .conflict,
        [
          "the settings name two stores that have \(situation.key): \(situation.store.shown) and \(rival)",
          "say which with --store; to end the disagreement, take the other out of the settings",
        ])
    }
    if let started = situation.store.startedOn {
      return answer(
        .conflict,
        ["the rollout was started on \(started), not on \(situation.store.shown); a rollout does not change stores"])
    }
    return nil
  }

  /// A flag that is on although no journal knows a rollout of it: nothing that is said about it here would be true.
  private func stranger(_ state: RolloutState) -> Decision? {
    guard state == .drifted, progress.phase == .none, ![.kill, .adopt].contains(request.verb) else { return nil }
    let ways = "rolloutctl adopt NOTE --stage STAGE takes it over; rolloutctl kill \(situation.key) turns it off"
    guard let shown = situation.shown, !shown.exposes(control: variants?.control) else {
      return answer(.conflict, [inUse, ways])
    }
    return answer(
      .conflict,
      ["no rollout of \(situation.key) is known, and its flag is not the note's"] + details(of: .drifted) + [ways])
  }

  /// Somebody may be let in, and no journal says by whom.
  private var inUse: String {
    "no rollout of \(situation.key) is known, but its flag is not off: \(situation.shown?.serving.description ?? "")"
  }

  private var variants: Variants? { (progress.plan ?? situation.note?.plan)?.variants }

  /// What is left to say where no plan is known, or none that can be read: what the store shows.
  func withoutPlan() -> Decision {
    guard let shown = situation.shown else {
      return answer(
        .done, ["nobody gets the canary: no rollout is known, and \(situation.store.shown) has no \(situation.key)"])
    }
    guard shown.exposes(control: variants?.control), !shown.standsKilled(for: variants) else {
      return answer(.done, ["nobody gets the canary: no rollout is known, and \(shown.serving)"])
    }
    return answer(.conflict, [inUse, "rolloutctl kill \(situation.key) turns it off"])
  }

  /// `promote --to` the stage where it stands is done, whoever did it.
  private func alreadyThere(_ state: RolloutState) -> Decision? {
    guard request.verb == .promote, let wanted = request.stage, let plan = situation.plan else { return nil }
    guard [.planChanged, .held, .degraded, .exposing, .complete].contains(state) else { return nil }
    guard case .found(let index) = plan.find(wanted), index == place.stageIndex else { return nil }
    return answer(.done, ["already there: \(plan.stages[index].name)"])
  }

  func details(of state: RolloutState) -> [String] {
    switch state {
    case .drifted:
      guard let drift = situation.drift else { return [] }
      return ["journal: \(drift.expected)", "store: \(drift.shown)"]
    case .killed:
      guard let kill = progress.kill else {
        return [
          situation.shown?.mark?.killed == true
            ? "the store marks it as killed; this journal does not say by whom" : "it was turned off outside rolloutctl"
        ]
      }
      let by = kill.isFound ? "found killed in the store by" : "killed by"
      return ["\(by) \(kill.actor)" + (kill.reason.map { ": \($0)" } ?? "")]
    case .held:
      guard let hold = progress.hold else { return [] }
      return ["held by \(hold.actor)" + (hold.reason.map { ": \($0)" } ?? "")]
    case .planChanged:
      guard let frozen = progress.plan, let noted = situation.note?.plan else { return [] }
      return PlanDifference.between(frozen, noted).map(\.sentence)
    case .degraded, .off, .exposing, .complete, .finished, .abandoned:
      return []
    }
  }

  // MARK: Building answers

  func answer(_ status: ExitStatus, _ reasons: [String], gates: [Gate] = [], checklist: [ChecklistLine] = [])
    -> Decision
  {
    Decision(request.verb, status, reasons, from: place, gates: gates, checklist: checklist)
  }

  func content(_ deed: Deed, _ outcome: Entry.Outcome, to target: Place) -> Entry.Content {
    content(Entry.Detail(deed), outcome, to: target)
  }

  func content(_ detail: Entry.Detail, _ outcome: Entry.Outcome, to target: Place) -> Entry.Content {
    var detail = detail
    detail.seen = detail.seen ?? request.seen
    var content = Entry.Content(
      detail, outcome, flag: situation.key, store: situation.store.address,
      note: situation.note?.reference ?? progress.note, from: place, to: target, reason: request.reason)
    // The digest tells two looks apart without reading them.
    content.evidenceDigest = detail.seen.map { SHA256.hex($0.written(.compact)) }
    return content
  }

  /// The steps that bring the store to a place: none of its own where the flag stands so already.
  func steps(_ deed: Deed, to target: Place, plan: Plan, degradedTo: String? = nil, seen: JSON? = nil)
    -> [Decision.Step]
  {
    var detail = Entry.Detail(deed)
    (detail.propagation, detail.seen) = (situation.store.propagation, seen)
    var keepsValues = progress.keepsValues
    if case .finished(var passage) = deed {
      keepsValues = situation.store.keepsValues
      passage.keepsValues = keepsValues && !plan.variants.isBoolean
      detail.deed = .finished(passage)
    }
    let flag = plan.flag(
      at: target, excluding: progress.exclusions, degradedTo: degradedTo,
      keepsValues: target == .finished && keepsValues)
    guard let shown = situation.shown, shown.serves(flag), shown.mark?.aboutTheFlag == flag.mark else {
      if situation.drift != nil { detail.replaced = situation.spelled }
      return [.intend(content(detail, .intended, to: target)), .write(flag), .conclude]
    }
    return [.record(content(detail, .done, to: target))]
  }

  func record(_ deed: Deed, _ reason: String) -> Decision {
    Decision(request.verb, .done, [reason], from: place, steps: [.record(content(deed, .done, to: place))])
  }
}

/// What a name that an operator typed for a stage means.
package enum StageLookup: Hashable, Sendable {
  case found(Int)
  case off
  case ambiguous([String])
  case unknown
}

extension Plan {
  /// The exact name, or the only stage that begins so: `25%` for `25% of paid`.
  package func find(_ typed: String) -> StageLookup {
    let wanted = typed.lowercased()
    if let index = stages.firstIndex(where: { $0.name.lowercased() == wanted }) { return .found(index) }
    if wanted == "off" { return .off }
    let matches = stages.indices.filter { stages[$0].name.lowercased().hasPrefix(wanted) && !wanted.isEmpty }
    switch matches.count {
    case 1: return .found(matches[0])
    case 0: return .unknown
    default: return .ambiguous(matches.map { stages[$0].name })
    }
  }
}
