/// Where decisions have effects, of every verb but kill: their steps, in order, at the store and in the journal. A kill
/// waits for neither, and has a driver of its own.
struct Performer {
  /// In which order the store and the journal change.
  enum Order {
    /// The intent is in the journal before the store is touched, and the outcome comes last, all under the journal's lock.
    case intentFirst
    /// The flag and its entries change in one transaction, which takes neither where either was changed meanwhile. Nobody
    /// is waited for; whoever is overtaken decides anew on what stands there then.
    case together(any JournalingStore)

    init(of rollout: Rollout) {
      if let store = rollout.store.journaling, store.keeps(rollout.journal.files) {
        self = .together(store)
      } else {
        self = .intentFirst
      }
    }

    var takesLock: Bool { if case .intentFirst = self { true } else { false } }

    /// As often it may be overtaken by what does not settle the matter (an attestation, an exclusion).
    var rounds: Int { takesLock ? 1 : 16 }
  }

  let context: Context
  let order: Order

  /// What came of it is what was decided, unless a kill came between.
  func perform(_ decision: Decision, in rollout: inout Rollout) throws(Trouble) -> Decision {
    guard decision.acts else { return decision }
    return try context.interruptions.postponed { () throws(Trouble) in
      if case .together(let store) = order, decision.writes {
        try commit(decision, &rollout, in: store)
        return decision
      }
      return try carryOut(decision, &rollout)
    }
  }

  private func occasion(_ decision: Decision) -> Occasion {
    Occasion(decision.verb.widens ? .ordinary : .narrowing, comment: decision.comment(context.surroundings))
  }

  // MARK: One step after the other

  private func carryOut(_ decision: Decision, _ rollout: inout Rollout) throws(Trouble) -> Decision {
    let widens = decision.verb.widens
    var isIntended = false
    var unwritten: Entry.Content?
    for step in decision.steps {
      switch step {
      case .intend(let content):
        do throws(JournalTrouble) {
          try rollout.record(content)
          isIntended = true
        } catch {
          if widens { throw .journal(error) }
          rollout.remarks += ["this could not be journaled; the store is changed all the same"]
          rollout.remarks += Sentences.journal(error)
          unwritten = content
        }
      case .write(var flag):
        flag.mark?.head = rollout.reading.head ?? rollout.flag.flag?.mark?.head
        do throws(StoreTrouble) {
          rollout.flag = try rollout.store.write(flag, replacing: rollout.flag, occasion(decision))
        } catch {
          guard hasLanded(flag, after: error, &rollout) else { throw .store(error) }
        }
        if widens, let killed = try killed(decision, &rollout) { return killed }
      case .conclude:
        guard isIntended else {
          if let unwritten { rollout.imagine(unwritten) }
          continue
        }
        do throws(JournalTrouble) {
          try rollout.conclude(.done)
        } catch {
          // The store has changed: say so, and leave the intent for the next command to settle.
          rollout.remarks.append("the change is in the store, but its outcome could not be journaled")
          rollout.remarks.append(contentsOf: Sentences.journal(error))
        }
      case .record(let content):
        do throws(JournalTrouble) { try rollout.record(content) } catch { throw .journal(error) }
      }
    }
    return decision
  }

  /// A write that failed may have landed all the same: what the store shows now decides which outcome is journaled, and
  /// where it cannot be asked the intent is left for the next command to settle.
  private func hasLanded(_ meant: Flag, after error: StoreTrouble, _ rollout: inout Rollout) -> Bool {
    guard let now = try? rollout.store.read(rollout.key), let settlement = rollout.settled(showing: now)?.settlement
    else { return false }
    let why = Sentences.store(error).joined(separator: "; ")
    // Whatever failed after it is no failure of the change: whoever ran it again would go a stage too far. What was done
    // is concluded with the other steps. That it went over somebody else's change is said as a conflict.
    let isOurs = !error.isConflict && now.flag?.mark?.killed == meant.mark?.killed
    if settlement == .landed, error.leavesDoubt || isOurs {
      rollout.flag = now
      if !error.leavesDoubt { rollout.remarks.append("the store shows the change; what failed after it: \(why)") }
      return true
    }
    try? rollout.conclude(settlement.outcome, why: why)
    return false
  }

  // MARK: All at once

  private func commit(
    _ decision: Decision, _ rollout: inout Rollout, in store: any JournalingStore
  ) throws(Trouble) {
    var after = rollout.reading
    var (bytes, meant): ([UInt8], Flag?) = ([], nil)
    let time = context.now(after: rollout.progress.newest)
    func add(_ content: Entry.Content) {
      bytes += Journal.add(content, to: &after, at: time, by: context.surroundings)
    }
    for step in decision.steps {
      switch step {
      case .intend(let content), .record(let content): add(content)
      case .write(let flag):
        meant = flag
        meant?.mark?.head = after.head
      case .conclude: if let intent = after.entries.last { add(intent.outcome(.done)) }
      }
    }
    guard let meant else { return }
    let piece = EtcdFiles.Piece(path: rollout.journal.path, offset: rollout.reading.size, bytes: bytes)
    do throws(StoreTrouble) {
      rollout.flag = try store.write(meant, replacing: rollout.flag, occasion(decision), appending: [piece])
    } catch {
      // The answer may have been lost on its way back, or the request came twice and the second found the first there.
      // The journal tells, since the two change together.
      guard error.leavesDoubt || error.isConflict, let files = rollout.journal.files as? EtcdFiles,
        (try? files.holds(piece.path, piece.bytes, at: piece.offset)) == true,
        let flag = try? rollout.store.read(rollout.key)
      else { throw .store(error) }
      rollout.flag = flag
    }
    rollout.reading = after
    rollout.progress = Progress(after.entries)
  }
}

extension Rollout {
  mutating func record(_ content: Entry.Content) throws(JournalTrouble) {
    let time = context.now(after: progress.newest)
    if content.isOpening { leaveWord() }
    try journal.append(content, to: &reading, at: time, by: context.surroundings)
    if let entry = reading.entries.last { progress.add(entry) }
  }

  mutating func conclude(_ outcome: Entry.Outcome, why: String? = nil) throws(JournalTrouble) {
    guard let intent = progress.pending else { return }
    try record(intent.outcome(outcome, why: why))
  }

  /// What the journal could not take is told all the same, as the store has it.
  fileprivate mutating func imagine(_ content: Entry.Content) {
    var content = content
    content.outcome = .done
    progress.add(
      Entry(
        sequence: progress.head + 1, time: context.clock.now(), actor: context.surroundings.actor,
        host: context.surroundings.host, content: content))
  }
}

extension Trouble {
  /// Somebody else was at the flag or its journal in this moment.
  var isOvertaken: Bool {
    switch self {
    case .store(.changedMeanwhile): true
    case .journal(let trouble): trouble.isOvertaken
    default: false
    }
  }
}

extension StoreTrouble {
  /// Whether the change may be in all the same.
  var leavesDoubt: Bool {
    switch self {
    case .unanswered(let trouble): trouble.maybeSent
    case .refused(let refusal): refusal.reason == .fault || refusal.reason == .noQuorum
    default: false
    }
  }

  var isConflict: Bool {
    switch self {
    case .changedMeanwhile, .overran: true
    default: false
    }
  }
}

extension JournalTrouble {
  /// Somebody else is at work on this flag.
  var isHeld: Bool {
    if case .file(let trouble) = self { trouble.isHeld } else { false }
  }
}
