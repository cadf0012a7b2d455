/// Every verb that moves a rollout, but kill: look, decide, act. The decision is made by `decide`; here are the lock, the
/// loop over its steps, and what happens when one of them fails.
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

  /// The request, under the lock, in a rollout that was opened and measured before: so nobody waits while evidence is
  /// read. What was opened may be overtaken meanwhile, so a machine says by `stands` whether it still wants the same;
  /// where not, nothing is done.
  func perform(
    _ request: Request, in rollout: inout Rollout, while stands: (Situation) -> Bool = { _ in true }
  ) throws(Trouble) -> Decision {
    if let store = rollout.store.journaling, store.keeps(rollout.journal.files) {
      return try performAtOnce(request, in: &rollout, store, while: stands)
    }
    let (pinned, interrupted) = (rollout.progress.head, rollout.progress.pending?.sequence)
    let lock: any FileLock
    do throws(JournalTrouble) {
      lock = try rollout.journal.lock(holder: holder(request), patience: Self.patience)
    } catch {
      // A folder that nobody can write to stops what widens; what narrows tries the store all the same.
      guard !request.verb.widens, request.verb != .hold, !error.isHeld else { throw .journal(error) }
      rollout.remarks.append(contentsOf: Sentences.journal(error))
      return try act(request, &rollout)
    }
    defer { lock.release() }
    try rollout.refresh()
    try settle(&rollout, request)
    if let overtaken = overtaken(request, since: pinned, but: interrupted, rollout) { return overtaken }
    guard stands(rollout.situation) else { return Self.moved(request, rollout) }
    return try act(request, &rollout)
  }

  static func moved(_ request: Request, _ rollout: Rollout) -> Decision {
    Decision(
      request.verb, .hold, ["the rollout moved while it was measured; the next look decides anew"],
      from: rollout.progress.place)
  }

  func holder(_ request: Request) -> String {
    let who = context.surroundings
    return
      "\(request.verb.rawValue) by \(who.actor) on \(who.host), process \(who.process), since \(ISO8601.string(context.clock.now()))"
  }

  // MARK: Before acting

  /// An interrupted change is judged landed or not landed, and that is written down; it is never carried out later.
  func settle(_ rollout: inout Rollout, _ request: Request) throws(Trouble) {
    if let intent = rollout.progress.pending, let settlement = rollout.settlement(showing: rollout.flag) {
      let sentence = Rollout.sentence(settlement, intent)
      rollout.remarks.append(sentence)
      do throws(JournalTrouble) {
        try record(intent.outcome(settlement == .landed ? .done : .undone, why: sentence), &rollout)
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
      try record(kill, &rollout)
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

  // MARK: Acting

  private func act(_ request: Request, _ rollout: inout Rollout) throws(Trouble) -> Decision {
    let decision = decide(request, in: rollout.situation)
    guard decision.acts else { return decision }
    return try context.interruptions.postponed { () throws(Trouble) in try carryOut(decision, &rollout) }
  }

  /// The one loop that has effects. What came of it is what was decided, unless a kill came between.
  func carryOut(_ decision: Decision, _ rollout: inout Rollout) throws(Trouble) -> Decision {
    let widens = decision.verb.widens
    var isIntended = false
    var unwritten: Entry.Content?
    for step in decision.steps {
      switch step {
      case .intend(let content):
        do throws(JournalTrouble) {
          try record(content, &rollout)
          isIntended = true
        } catch {
          if widens { throw .journal(error) }
          rollout.remarks.append(contentsOf: Self.unjournaled(error))
          unwritten = content
        }
      case .write(var flag):
        flag.mark?.head = rollout.reading.head ?? rollout.flag.flag?.mark?.head
        do throws(StoreTrouble) {
          rollout.flag = try rollout.store.write(
            flag, replacing: rollout.flag,
            Occasion(widens ? .ordinary : .narrowing, comment: decision.comment(context.surroundings)))
        } catch {
          guard hasLanded(flag, after: error, &rollout) else { throw .store(error) }
        }
        if widens, let killed = try killed(decision, &rollout) { return killed }
      case .conclude:
        guard isIntended else {
          if let unwritten { imagine(unwritten, &rollout) }
          continue
        }
        do throws(JournalTrouble) {
          try conclude(.done, &rollout)
        } catch {
          // The store has changed: say so, and leave the intent for the next command to settle.
          rollout.remarks.append("the change is in the store, but its outcome could not be journaled")
          rollout.remarks.append(contentsOf: Sentences.journal(error))
        }
      case .record(let content):
        do throws(JournalTrouble) {
          try record(content, &rollout)
        } catch {
          throw .journal(error)
        }
      }
    }
    return decision
  }

  /// A write that failed may have landed all the same: what the store shows now decides which outcome is journaled, and
  /// where it cannot be asked the intent is left for the next command to settle.
  private func hasLanded(_ meant: Flag, after error: StoreTrouble, _ rollout: inout Rollout) -> Bool {
    guard let now = try? rollout.store.read(rollout.key), let settlement = rollout.settlement(showing: now) else {
      return false
    }
    let why = Sentences.store(error).joined(separator: "; ")
    // Whatever failed after it is no failure of the change: whoever ran it again would go a stage too far. What was done
    // is concluded with the other steps. That it went over somebody else's change is said as a conflict.
    let isOurs = !error.isConflict && now.flag?.mark?.killed == meant.mark?.killed
    if settlement == .landed, error.leavesDoubt || isOurs {
      rollout.flag = now
      if !error.leavesDoubt { rollout.remarks.append("the store shows the change; what failed after it: \(why)") }
      return true
    }
    try? conclude(settlement == .landed ? .done : .undone, why: why, &rollout)
    return false
  }

  /// What the journal could not take is told all the same, as the store has it.
  private func imagine(_ content: Entry.Content, _ rollout: inout Rollout) {
    var content = content
    content.outcome = .done
    rollout.progress.add(
      Entry(
        sequence: rollout.progress.head + 1, time: context.clock.now(), actor: context.surroundings.actor,
        host: context.surroundings.host, content: content))
  }

  private static func unjournaled(_ trouble: JournalTrouble) -> [String] {
    ["this could not be journaled; the store is changed all the same"] + Sentences.journal(trouble)
  }

  func conclude(_ outcome: Entry.Outcome, why: String? = nil, _ rollout: inout Rollout) throws(JournalTrouble) {
    guard let intent = rollout.progress.pending else { return }
    try record(intent.outcome(outcome, why: why), &rollout)
  }

  private func record(_ content: Entry.Content, _ rollout: inout Rollout) throws(JournalTrouble) {
    let time = max(context.clock.now(), rollout.progress.newest ?? context.clock.now())
    if content.detail("opens")?.truth == true { rollout.leaveWord() }
    try rollout.journal.append(content, to: &rollout.reading, at: time, by: context.surroundings)
    if let entry = rollout.reading.entries.last { rollout.progress.add(entry) }
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

extension Verb {
  /// Whether it passes gates.
  var needsEvidence: Bool { self == .promote || self == .finish }

  /// Whether it goes by the note as it is now; the others run from the plan frozen in the journal.
  var needsNote: Bool {
    switch self {
    case .promote, .replan, .finish, .adopt: true
    case .rollback, .hold, .resume, .kill, .restore, .exclude, .include, .abandon, .degrade: false
    }
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

extension JournalTrouble {
  /// Somebody else is at work on this flag.
  var isHeld: Bool {
    if case .file(let trouble) = self { trouble.isHeld } else { false }
  }
}
