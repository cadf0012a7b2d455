/// What a kill leaves in the journal. Nothing here can fail it: what could not be written becomes a remark.
struct KillRecord {
  let kill: Kill
  let place: LateJournal
  private(set) var remarks: [String] = []
  /// The flag that the kill replaces: what a command that crashed before us is judged by, since afterwards the store only
  /// shows the kill.
  var shown: Flag?
  /// Whether the journal tells of a command that may be letting people in at this moment: whoever finds the flag off now
  /// looks at it once more.
  private(set) var hasOpenWidening = false
  /// Who killed it before, where the journal knows that and nothing was added.
  private(set) var known: String?
  /// Whether the kill stands and its entry is missing.
  private(set) var isMissing = false
  /// The last of somebody else's rules that was kept, or could not be.
  private var kept: String?

  init(kill: Kill, journal: LateJournal) { (self.kill, place) = (kill, journal) }

  private var journal: Journal { place.journal }

  /// What went by, and where the journal is looked for in vain.
  var told: [String] { [place.remark].compactMap(\.self) + remarks }

  /// How long it waits for whoever else is at the journal.
  static let patience = TimeSpan(seconds: 2)

  /// Somebody else's rules go to the journal before they are replaced, once however often the write is tried; where that
  /// fails they go to standard error.
  mutating func keep(_ content: Entry.Content) {
    let replaced = content.detail.replaced
    guard replaced == nil || replaced != kept else { return }
    kept = replaced
    guard let trouble = append({ $0.completing(content) }) else { return }
    remarks += ["what was replaced could not be journaled"] + Sentences.journal(trouble)
    if let replaced { remarks.append("it was: \(replaced)") }
  }

  /// Journals the kill, also one that found the flag killed, where the journal does not know of it, where a reason comes
  /// afterwards, and where somebody may be letting people in: whoever does that looks for the kill. Unless `stands` says that somebody undid it before the journal was ours: then false, and
  /// nothing is written. Whoever moves a flag holds the journal's lock, so the answer stays true until the entry is in.
  mutating func conclude(
    _ decision: Decision, seconds: Double, attempts: Int, lapse: String? = nil,
    while stands: (_ newest: Instant?) -> Bool
  ) -> Bool {
    guard let recorded = decision.recorded else { return true }
    if !decision.writes, let known = (try? journal.read()).map({ Progress(withoutPlans: $0.entries) }),
      known.holds(recorded)
    {
      self.known = known.kill?.actor
      return true
    }
    var overtaken = false
    let trouble = append { progress in
      guard stands(progress.newest) else {
        overtaken = true
        return nil
      }
      var content = progress.completing(recorded)
      content.outcome = .done
      if let intent = progress.pending, intent.content.action == .kill {
        content.detail.concludes = intent.sequence
        content.detail.replaced = nil
      }
      content.prove(.init(seconds: seconds, attempts: attempts, isReadBack: true, unguarded: lapse))
      return content
    }
    isMissing = trouble != nil
    if let trouble { remarks += ["it is off, but this could not be journaled"] + Sentences.journal(trouble) }
    return !overtaken
  }

  /// The entry as a piece of the journal's file, for a store that keeps it and takes it together with the flag. Nil where
  /// the journal cannot be trusted, or a command that crashed has to be judged first: then it is written afterwards.
  func piece(_ decision: Decision, seconds: Double, attempts: Int) -> EtcdFiles.Piece? {
    guard let recorded = decision.recorded, var reading = place.seen.last ?? (try? journal.read()) else { return nil }
    place.seen.last = reading
    let progress = Progress(withoutPlans: reading.entries)
    guard progress.pending == nil else { return nil }
    var content = progress.completing(recorded)
    content.outcome = .done
    content.prove(.init(seconds: seconds, attempts: attempts, isReadBack: false))
    let (offset, who) = (reading.size, kill.context.surroundings)
    let time = kill.context.now(after: progress.newest)
    let bytes = Journal.add(content, to: &reading, at: time, by: who)
    return EtcdFiles.Piece(path: journal.path, offset: offset, bytes: bytes)
  }

  /// Whoever holds the journal's lock that long may be waiting for a server with a change that lets people in: it looks for
  /// a kill when that is through. So the entry is written without the lock then, and only onto the end that was read.
  private mutating func append(_ content: (Progress) -> Entry.Content?) -> JournalTrouble? {
    do throws(JournalTrouble) {
      let (context, who) = (kill.context, kill.context.surroundings)
      var lock: (any FileLock)?
      do throws(JournalTrouble) {
        lock = try journal.lock(
          holder: context.holder(of: "kill"), patience: Self.patience)
      } catch {
        guard error.isHeld else { throw error }
        remarks.append(
          contentsOf: Sentences.journal(error).prefix(1).map { "\($0); its entry was written all the same" })
      }
      defer { lock?.release() }
      let isAlone = lock != nil
      var reading = try journal.read()
      var progress = Progress(withoutPlans: reading.entries)
      // What a command that crashed had meant can only be told by the plan.
      if progress.pending != nil { progress = Progress(reading.entries) }
      hasOpenWidening = hasOpenWidening || progress.hasOpenWidening
      let time = context.now(after: progress.newest)
      try context.interruptions.postponed { () throws(JournalTrouble) in
        // A change of whoever has the lock is under way, and nobody's to judge.
        if isAlone, let settled = progress.interrupted(whileShowing: shown) {
          try journal.append(settled.content, to: &reading, at: time, by: who)
          progress = Progress(reading.entries)
          remarks.append(settled.sentence)
        }
        guard let content = content(progress) else { return }
        // A tail that was cut may be an entry in the making.
        if !isAlone, !reading.torn.isEmpty {
          throw .file(
            FileTrouble(
              .appending, journal.path, .changedSize(expected: reading.size, found: reading.size + reading.torn.count)))
        }
        try journal.append(content, to: &reading, at: time, by: who)
      }
      return nil
    } catch {
      return error
    }
  }
}

extension Progress {
  /// How a command that crashed has ended. A kill's own intent is concluded by the kill.
  fileprivate func interrupted(whileShowing shown: Flag?) -> Settled? {
    pending?.content.action == .kill ? nil : settled(showing: shown)
  }

  /// Whether an entry of a flag that was found killed would say nothing new.
  fileprivate func holds(_ content: Entry.Content) -> Bool {
    place == content.to && !hasOpenWidening && (content.reason == nil || content.reason == kill?.reason)
  }

  /// What a kill that was decided on the flag alone could not know.
  fileprivate func completing(_ content: Entry.Content) -> Entry.Content {
    var content = content
    (content.from, content.note) = (place, note)
    return content
  }
}

extension Entry.Content {
  /// Says how it is known that the flag is off.
  fileprivate mutating func prove(_ proof: Deed.KillFacts.Proof) {
    guard case .killed(var facts) = detail.deed else { return }
    facts.proof = proof
    detail.deed = .killed(facts)
  }
}
