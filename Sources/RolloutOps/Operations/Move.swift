/// Every verb that moves a rollout, but kill: look, settle, decide, act. The decision is made by `decide`, and carried out by
/// the performer; here are the lock, and who was there before.
package struct Move: Sendable {
  package let context: Context
  package let choices: OperatorChoices

  package init(context: Context, choices: OperatorChoices) {
    self.context = context
    self.choices = choices
  }

  /// How long an ordinary command waits for others at the same flag.
  static let patience = TimeSpan(seconds: 20)

  package func perform(_ request: Request, on target: String) throws(Trouble) -> MoveReport {
    var request = request
    request.reason = choices.reason
    var rollout = try Finder(context: context, choices: choices, mends: !choices.dryRun)
      .open(target, needsNote: request.verb.needsNote)
    if request.verb == .promote, let note = rollout.note?.note {
      rollout.remarks += note.unheeded.map { Sentences.compilerLine($0, path: note.path) }
    }
    if choices.dryRun {
      rollout.settleInMind()
      if request.verb.needsEvidence { rollout.measure() }
      let decision = decide(request, in: rollout.situation)
      return report(request, decision, rollout)
    }
    if request.verb.needsEvidence { rollout.measure() }
    let decision = try perform(request, in: &rollout)
    return report(request, decision, rollout)
  }

  /// The request, in a rollout that was opened and measured before: so nobody waits while evidence is read. What was opened
  /// may be overtaken meanwhile, so a machine says by `stands` whether it still wants the same; where not, nothing is done.
  func perform(
    _ request: Request, in rollout: inout Rollout, while stands: (Situation) -> Bool = { _ in true }
  ) throws(Trouble) -> Decision {
    let performer = Performer(context: context, order: Performer.Order(of: rollout))
    let (pinned, interrupted) = (rollout.progress.head, rollout.progress.pending?.sequence)
    var lock: (any FileLock)?
    if performer.order.takesLock {
      do throws(JournalTrouble) {
        lock = try rollout.journal.lock(holder: context.holderNow(of: request.verb.rawValue), patience: Self.patience)
      } catch {
        // A folder that nobody can write to stops what widens; what narrows tries the store all the same.
        guard !request.verb.widens, request.verb != .hold, !error.isHeld else { throw .journal(error) }
        rollout.remarks.append(contentsOf: Sentences.journal(error))
        return try performer.perform(decide(request, in: rollout.situation), in: &rollout)
      }
    }
    defer { lock?.release() }
    for round in 0..<performer.order.rounds {
      if lock != nil || round > 0 { try rollout.refresh() }
      try settle(&rollout, request)
      if let overtaken = overtaken(request, since: pinned, but: interrupted, rollout) { return overtaken }
      guard stands(rollout.situation) else { return Self.moved(request, rollout) }
      do throws(Trouble) {
        return try performer.perform(decide(request, in: rollout.situation), in: &rollout)
      } catch {
        guard performer.order.rounds > 1, error.isOvertaken else { throw error }
      }
    }
    throw .store(.changedMeanwhile(path: rollout.store.address))
  }

  static func moved(_ request: Request, _ rollout: Rollout) -> Decision {
    Decision(
      request.verb, .hold, ["the rollout moved while it was measured; the next look decides anew"],
      from: rollout.progress.place)
  }

  // MARK: Before acting

  /// An interrupted change is judged, and that is written down; it is never carried out later.
  func settle(_ rollout: inout Rollout, _ request: Request) throws(Trouble) {
    if let settled = rollout.settled(showing: rollout.flag) {
      rollout.remarks.append(settled.sentence)
      do throws(JournalTrouble) {
        try rollout.record(settled.content)
      } catch {
        if request.verb.widens { throw .journal(error) }
        rollout.settleInMind()
      }
    }
    try complete(&rollout, request)
  }

  /// A kill that could not be journaled is in the store all the same: it is written down before anything else is. Where
  /// no journal is, nothing was known that it could have ended.
  private func complete(_ rollout: inout Rollout, _ request: Request) throws(Trouble) {
    guard rollout.progress.head > 0, let kill = rollout.situation.unjournaledKill else { return }
    do throws(JournalTrouble) {
      try rollout.record(kill)
      rollout.remarks.append("the store marks the flag as killed, and the journal did not know; now it does")
    } catch {
      if request.verb.widens { throw .journal(error) }
    }
  }

  /// Somebody let more people in between our first look and our turn.
  func overtaken(_ request: Request, since pinned: Int, but interrupted: Int?, _ rollout: Rollout) -> Decision? {
    guard request.verb == .promote else { return nil }
    let meanwhile = rollout.reading.entries.dropFirst(pinned).last { entry in
      let content = entry.content
      // What we settled ourselves a moment ago is no competitor.
      if let interrupted, entry.concludes == interrupted { return false }
      return content.outcome == .done && content.action.widens && content.from != content.to
    }
    guard let meanwhile else { return nil }
    if request.stage != nil {
      let decision = decide(request, in: rollout.situation)
      if decision.status == .done, !decision.acts { return decision }
    }
    let to = meanwhile.content.to.map { " to \($0)" } ?? ""
    return Decision(
      .promote, .conflict,
      [
        "\(meanwhile.actor) ran \(meanwhile.content.action.rawValue)\(to) while this promotion was waiting",
        "look with status, then promote again if it is still right",
      ], from: rollout.progress.place)
  }

  // MARK: Telling

  func report(_ request: Request, _ decision: Decision, _ rollout: Rollout) -> MoveReport {
    var (rollout, remarks) = (rollout, rollout.remarks)
    if decision.writes, !choices.dryRun { remarks += rollout.store.remarks }
    let zone = rollout.zone(&remarks)
    // What was measured was the stage before.
    if decision.acts { rollout.measured = nil }
    let shown = shows(request, decision) ? decision : outlook(in: rollout.situation)
    var after = StatusReport(rollout.situation, outlook: shown, done: decision, zone: zone)
    if decision.writes, !choices.dryRun {
      after.served = rollout.served(waits: true)
      after.isWorkingCopy = rollout.store.isWorkingCopy
    }
    if decision.acts, !choices.dryRun, !rollout.store.keepsJournals, hasBegun(rollout) {
      WorkingCopy.leaveIgnores(in: Path.folder(of: rollout.journal.path), context.files)
    }
    return MoveReport(verb: request.verb, decision: decision, dryRun: choices.dryRun, after: after, remarks: remarks)
  }

  /// Whether all that the journal has was written a moment ago.
  private func hasBegun(_ rollout: Rollout) -> Bool {
    !rollout.reading.entries.isEmpty && rollout.reading.entries.count <= 2
  }

  /// A refused promotion shows its own gates; other refusals show where the rollout stands.
  private func shows(_ request: Request, _ decision: Decision) -> Bool {
    !decision.acts && (request.verb == .promote || request.verb == .finish)
  }
}

extension Decision {
  /// The entry that its first step leaves.
  var recorded: Entry.Content? {
    steps.lazy.compactMap { step -> Entry.Content? in
      switch step {
      case .intend(let content), .record(let content): content
      case .write, .conclude: nil
      }
    }.first
  }

  /// For the history that a platform keeps itself.
  func comment(_ who: Surroundings) -> String {
    let to = recorded?.to.map { " to \($0)" } ?? ""
    let reason = recorded?.reason.map { ": \($0)" } ?? ""
    return "rolloutctl \(verb.rawValue)\(to) by \(who.actor)\(reason)"
  }
}
