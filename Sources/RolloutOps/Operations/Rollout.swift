/// One flag's rollout, opened: its note, its journal and its store, as one look found them.
struct Rollout {
  let context: Context
  let key: FlagKey
  let note: FoundNote?
  let store: any FlagStore
  let facts: Situation.StoreFacts
  let journal: Journal
  var reading: JournalReading
  var progress: Progress
  var flag: FlagReading
  /// Sentences that the operator should hear, whatever comes of the command.
  var remarks: [String]
  /// What the note's evidence showed when it was last asked.
  var measured: StageEvidence?
  let evaluation: EvaluationServer?
  let terms: StoreTerms

  /// A note's file with what was read from it.
  struct FoundNote {
    let note: Note
    /// Absolute.
    let path: String
    let runbook: RunbookReading
  }

  /// What the decision may look at, now.
  var situation: Situation {
    let noted = note.flatMap { found in
      found.note.plan.map {
        Situation.NotedPlan(reference: NoteReference(path: referencePath(found), digest: found.note.digest), plan: $0)
      }
    }
    var situation = Situation(
      key: key, note: noted, progress: progress, shown: flag.flag, spelled: flag.spelled, store: facts,
      runbook: note?.runbook ?? .missing, clock: context.clock.now(), actor: context.surroundings.actor)
    situation.evidence = evidence(situation)
    return situation
  }

  /// Asks the note's evidence about the stage. It may take its time, so nobody's lock is held meanwhile.
  mutating func measure() {
    let situation = situation
    guard let plan = situation.plan else { return }
    measured = measurement(plan, situation).evidence()
  }

  private func measurement(_ plan: Plan, _ situation: Situation) -> Measurement {
    let base = note?.path ?? progress.note.map { Path.joined(journal.base, $0.path) } ?? journal.path
    return Measurement(
      context: context, plan: plan, progress: progress, folder: Path.folder(of: base), now: situation.now)
  }

  /// Evidence about another stay than the present one is none; where it was not asked at all, that holds.
  private func evidence(_ situation: Situation) -> StageEvidence? {
    guard let plan = situation.plan, let since = measurement(plan, situation).since else { return nil }
    if let measured, measured.from == since { return measured }
    var none = StageEvidence(from: since)
    none.faults = [
      measured == nil ? StageEvidence.notMeasured : "the rollout moved while it was measured"
    ]
    return none
  }

  /// The journal keeps the note's path as seen from the folder around it, so that a checkout can move.
  private func referencePath(_ found: FoundNote) -> String {
    Path.shortened(found.path, from: journal.base)
  }

  private var zoneName: String? { progress.plan?.timeZone ?? note?.note.plan?.timeZone }

  /// The zone in which times are printed. Where it is not to be had, printing goes on in UTC and says so.
  func zone(_ remarks: inout [String]) -> ZoneRules {
    do throws(ZoneTrouble) {
      return try context.zone(zoneName)
    } catch {
      remarks.append("\(Sentences.zone(error)); times are in UTC")
      return .utc
    }
  }

  /// Everything again, as it is now.
  mutating func refresh() throws(Trouble) {
    do throws(JournalTrouble) { reading = try journal.read() } catch { throw .journal(error) }
    progress = Progress(reading.entries)
    do throws(StoreTrouble) { flag = try store.read(key) } catch { throw .store(error) }
  }

  /// Where the rollout's journal is not in the usual place, whoever knows only the flag's key finds it by a pointer there.
  mutating func leaveWord() {
    guard !store.keepsJournals else { return }
    let usual = JournalFolder(store.journalFolder)
    let pointer = usual.pointer(of: key)
    guard journal.path != usual.journal(of: key).path || pointer.answer() != .none else { return }
    do throws(JournalTrouble) {
      try pointer.lead(to: journal)
    } catch {
      remarks.append(
        "\(key) alone will not lead to this journal, only the note or --journal: no word of it could be left")
      remarks.append(contentsOf: Sentences.journal(error))
    }
  }

  /// As `progress` would be if an interrupted change were judged now; nothing is written.
  mutating func settleInMind() {
    guard let settled = settled(showing: flag) else { return }
    remarks.append(settled.sentence)
    // The stage began no later than now, and no earlier than it was meant: the later one keeps the soak honest.
    progress.add(
      Progress.outcome(of: settled.intent, settled.outcome, at: max(settled.intent.time, context.clock.now())))
  }

  /// What became of an interrupted change, by what the store shows.
  func settled(showing flag: FlagReading) -> Settled? {
    progress.settled(showing: flag.flag, switchesOnLast: store.switchesOnLast)
  }
}

extension Context {
  /// The rules of a zone by its name; UTC where none is named.
  func zone(_ name: String?) throws(ZoneTrouble) -> ZoneRules {
    guard let name else { return .utc }
    return try ZoneFinder(files: files, variables: surroundings.variables).rules(of: name)
  }
}

extension NotedSettings {
  init(_ found: Rollout.FoundNote) {
    self.init(
      folder: Path.folder(of: found.path), store: found.note.store, journal: found.note.journal,
      evaluation: found.note.evaluation)
  }
}
