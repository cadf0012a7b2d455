/// One flag in one store: what its looks found, what was decided on them, and the line that tells how it ended.
struct KillCase: Sendable {
  let kill: Kill
  let key: FlagKey
  let store: any FlagStore
  let journal: LateJournal
  let identity: String
  /// Where it can be asked what applications are served.
  var evaluation: EvaluationServer?
  /// Asks that endpoint; from before the first write on, where the flag was found on.
  var served: ServedLook?
  /// Whether the operator, the flag's own note or its journal named this store. Of any other one nobody knows whether it
  /// has the flag at all.
  var isNamed: Bool
  let named: NamedStore
  /// The note's path, where the flag was asked for by it.
  var note: String?
  var record: KillRecord

  /// What the last look found, and what is to be done about it.
  private(set) var reading: FlagReading?
  private(set) var decision: Decision?
  /// The flag as it let people in, if a look found it so.
  private(set) var exposed: Flag?
  private(set) var serving: String?
  private var alternative: String?
  /// Why a look that says off is not all there is to say.
  private var remarks: [String] = []
  /// As often flag and journal are changed together before the flag goes alone.
  private static let together = 2
  /// How often the flag and the journal could not be changed together, because somebody was at one of them.
  private var overtaken = 0
  /// Whether the journal has it already: it went in together with the flag.
  private(set) var isJournaled = false
  private(set) var hasWritten = false
  /// When the last write began.
  private(set) var written: Instant?
  /// When the last look that found it began.
  private var seen: Instant?
  private(set) var line: KillReport.Line?
  /// What the store's platform may do to the flag by itself.
  private var undoers: [String] = []

  init(
    _ kill: Kill, _ key: FlagKey, _ store: any FlagStore, _ journal: LateJournal, evaluation: EvaluationServer?,
    isNamed: Bool, named: NamedStore
  ) {
    (self.kill, self.key, self.store, self.journal) = (kill, key, store, journal)
    (self.evaluation, self.isNamed) = (evaluation, isNamed)
    self.named = named
    identity = store.identity
    record = KillRecord(kill: kill, journal: journal)
  }

  // MARK: Looking

  /// Whether no other try can do better: there is no token to ask with, or a file is missing that no store ever had
  /// (beside one there are journals).
  static func isHopeless(_ look: Result<FlagReading, StoreTrouble>, in store: any FlagStore) -> Bool {
    guard case .failure(let trouble) = look else { return false }
    if case .refused(let refusal) = trouble, case .noToken = refusal.reason { return true }
    guard trouble.isMissing, !store.isRemote else { return false }
    let folder = store.journalFolder
    return ((try? folder.files.facts(folder.path)) ?? nil) == nil
  }

  /// What a look means to the kill.
  mutating func sight(
    _ look: Result<FlagReading, StoreTrouble>, begun: Instant? = nil, at now: Instant
  ) -> KillCourse.Sight {
    let reading: FlagReading
    switch look {
    case .failure(let trouble): return .failed(trouble)
    case .success(let found): reading = found
    }
    guard let flag = reading.flag else { return .absent }
    (self.reading, seen) = (reading, begun)
    if record.shown == nil || !hasWritten { record.shown = flag }
    let decision = decide(request, in: situation(reading, at: now))
    // What was written stays what the journal is told, whatever a look at it says afterwards.
    if decision.writes || !hasWritten || self.decision == nil { self.decision = decision }
    guard decision.status == .done else { return .undecided }
    note(decision, over: flag)
    if decision.writes { exposed = flag }
    // Of a flag that rolloutctl never moved a platform may keep no mark: what everybody gets is what counts.
    let isServedSo = hasWritten && store.switchesOnLast && serving.map { flag.serving == .everyone($0) } ?? false
    guard !decision.writes || isServedSo else { return .on }
    remarks = reading.trouble.map { [$0.remark] } ?? []
    if let trouble = reading.trouble {
      if case .rejectedByReaders = trouble, hasWritten || kill.choices.dryRun { return .unread(trouble) }
      // The write mends what is the flag's own, and tells whether readers would follow.
      if !hasWritten, !kill.choices.dryRun { return .unproven }
    }
    return .off
  }

  private var request: Request {
    var request = Request(.kill)
    request.reason = kill.reason(of: key)
    request.killTo = kill.to
    request.seen = kill.seen
    return request
  }

  private func situation(_ reading: FlagReading, at now: Instant) -> Situation {
    Situation(
      key: key, note: nil, progress: Progress(), shown: reading.flag, spelled: reading.spelled,
      store: Situation.StoreFacts(address: store.address, propagation: store.propagation), runbook: .missing,
      clock: now, actor: kill.context.surroundings.actor)
  }

  /// What everybody gets, and how to get the other kind of off.
  private mutating func note(_ decision: Decision, over flag: Flag) {
    if case .killed(let variant) = decision.to { serving = variant }
    var control = flag["control"] != nil ? "control" : nil
    if case .split(let split) = flag.serving { control = split.control }
    if let control, control != "off", control != serving {
      alternative = "to give everybody \(control): rolloutctl kill \(key) --to \(control)"
    } else if serving != "off", kill.to != "off", flag["off"] != nil {
      alternative = "to turn the feature off altogether: rolloutctl kill \(key) --to off"
    }
  }

  // MARK: Writing

  /// The order that turns it off, as the last look found it. A flag that stands as off already is written all the same:
  /// what a look says alone is no proof. It may wait for the journal, so no thread makes it that others wait for.
  mutating func order(_ urgency: Urgency, seconds: Double, tries: Int) -> KillOrder? {
    guard let reading, let decision, var meant = reading.flag else { return nil }
    let piece = decision.writes ? self.piece(decision, seconds: seconds, attempts: tries) : nil
    for step in decision.steps {
      switch step {
      case .intend(let content): if piece == nil { record.keep(content) }
      case .write(let flag): meant = flag
      case .conclude, .record: continue
      }
    }
    return KillOrder(
      meant, over: reading, Occasion(urgency, comment: decision.comment(kill.context.surroundings)), piece: piece)
  }

  mutating func beginsWrite(at now: Instant) { (written, hasWritten) = (now, true) }

  /// What another thread left with its copy of the record.
  mutating func keep(_ record: KillRecord) {
    let shown = self.record.shown
    self.record = record
    self.record.shown = shown
  }

  var occasion: Occasion {
    let comment = decision?.comment(kill.context.surroundings)
    return Occasion(.kill, comment: comment ?? "rolloutctl kill by \(kill.context.surroundings.actor)")
  }

  /// Where the store keeps the journal, flag and entry change together. A journal at which others are busy may fail that
  /// twice; then the flag goes alone, and the entry afterwards.
  private func piece(_ decision: Decision, seconds: Double, attempts: Int) -> EtcdFiles.Piece? {
    guard overtaken < Self.together, let store = store.journaling, store.keeps(journal.journal.files)
    else { return nil }
    return record.piece(decision, seconds: seconds, attempts: attempts)
  }

  /// Reads the journal that goes into the store together with the flag, beside the first look: one answer less to wait for.
  func readJournalAhead() {
    guard let store = store.journaling, store.keeps(journal.journal.files) else { return }
    if let reading = try? journal.journal.read(), journal.seen.last == nil { journal.seen.last = reading }
  }

  /// The same for all that are sent together, by one question.
  static func readJournalsAhead(_ cases: [KillCase]) {
    let missing = cases.filter { found in
      guard found.journal.seen.last == nil, let store = found.store.journaling else { return false }
      return store.keeps(found.journal.journal.files)
    }
    guard missing.count > 1, let files = missing.first?.journal.journal.files as? EtcdFiles else { return }
    let texts = files.read(together: missing.map(\.journal.journal.path))
    for found in missing {
      let journal = found.journal.journal
      guard let bytes = texts[journal.path] else { continue }
      found.journal.seen.last = try? Journal.parse(bytes, path: journal.path, flag: found.key)
    }
  }

  /// What was answered to an order of ours.
  mutating func answered(_ answer: Result<Sent, StoreTrouble>) {
    guard case .failure(let trouble) = answer else {
      if case .success(.flagAndEntry) = answer { isJournaled = true }
      return
    }
    if trouble.isOvertaken {
      overtaken += 1
      journal.seen.last = nil
    }
    // A user may have the right to the flag and none to the journal: the flag alone is what matters.
    if trouble.isForbidden { overtaken = Self.together }
  }

  // MARK: Ending

  mutating func end(_ ending: KillCourse.Ending, _ target: KillCourse.Target, after seconds: Double, tried: Double) {
    switch ending {
    case .off: end(.off, switchRemark(target) + remarks, target, seconds)
    case .alreadyOff: end(.alreadyOff, remarks, target, seconds)
    case .wouldBeOff: end(.wouldBeOff, remarks, target, seconds)
    case .absent: line = nil
    case .undecided: end(.notOff, decision?.reasons ?? [], target, seconds)
    case .unread(let trouble):
      let reasons =
        ["NOT off in \(title)", "it is written there as off, but running readers do not follow"]
        + Sentences.store(trouble) + record.told
        + ["by hand: mend that place in \(title); the flag itself is as it shall be"]
      end(.notOff, reasons, target, seconds)
    case .perhaps(let trouble):
      let reasons =
        ["it may be off in \(title): the change was sent, and no look since then could tell"]
        + (trouble.map(Sentences.store) ?? []) + asked(target, tried) + glass(target) + byHand
        + ["look there, or run it again: rolloutctl kill \(key)"] + record.told
      end(.notOff, reasons, target, seconds)
    case .notOff(let trouble):
      var sentences = trouble.map(Sentences.store) ?? []
      // Nobody makes a new flag file at night: where stores were looked for comes below.
      if trouble?.isMissing == true { sentences = Array(sentences.prefix(1)) }
      if hasWritten, let trouble, !trouble.isRefusal { sentences = Array(sentences.prefix(1)) }
      sentences += asked(target, tried) + glass(target)
      if case .malformed(let path, _, _)? = trouble {
        // No command can change a file that is no JSON, one that is pasted as little as this one.
        sentences.append("put the last good file back (from git or a backup) at \(path), then: rolloutctl kill \(key)")
      } else if trouble?.isMissing != true {
        sentences += byHand
      }
      let isUnknown = !isNamed && !target.isSeen
      let head =
        isUnknown
        ? "NOT known to be off in \(title): it could not be asked whether it has \(key)" : "NOT off in \(title)"
      end(.notOff, [head] + sentences + record.told, target, seconds)
      line?.isUnknown = isUnknown
    }
  }

  private mutating func end(
    _ outcome: KillReport.Outcome, _ reasons: [String], _ target: KillCourse.Target, _ seconds: Double
  ) {
    let isOff = outcome == .off || outcome == .alreadyOff
    line = KillReport.Line(
      flag: key, store: store.address, title: title, outcome, serving: outcome == .notOff ? nil : serving,
      alternative: outcome == .notOff ? nil : alternative, seconds: seconds, attempts: max(1, target.tries),
      verifiedBy: isOff ? "read back" : nil, propagation: outcome == .notOff ? nil : store.propagation,
      reasons: reasons)
  }

  // MARK: Afterwards

  /// The journal comes last. Somebody who restored the flag in this very moment loses to a kill that is still under way:
  /// then nothing is written, and the answer is false.
  ///
  /// A file is looked at once more for a flag that `isAlone`: for each of many that would be many times the whole file.
  mutating func conclude(seconds: Double, tries: Int, isAlone: Bool) -> Bool {
    guard let decision else { return true }
    let (store, key, serving) = (store, key, serving)
    let known = store.isRemote ? written : isAlone ? nil : written ?? seen
    let stands = { (newest: Instant?) in
      // It was asked for a moment ago; only who was at the journal since then can have changed it by these means.
      if let known, newest.map({ $0 < known }) ?? true { return true }
      guard let flag = (try? store.read(key))?.flag else { return false }
      return flag.mark?.killed == true
        || store.switchesOnLast && (serving.map { flag.serving == .everyone($0) } ?? false)
    }
    return record.conclude(decision, seconds: seconds, attempts: tries, lapse: store.lapse, while: stands)
  }

  mutating func tell(_ more: [String]) { line = line?.adding(more) }

  /// Before the first write: who is served the new version by the endpoint still is asked beside it, so that later
  /// somebody can be believed. Nobody waits for that.
  mutating func findWitnesses(until end: Instant) -> ServedLook? {
    guard served == nil, evaluation != nil, exposed != nil, !hasWritten, !kill.choices.dryRun else { return nil }
    served = look(until: end, after: exposed)
    return served
  }

  /// How to ask applications' questions about it, where it is off and there is somebody to ask.
  func look(until end: Instant) -> ServedLook? {
    guard let line, line.off else { return nil }
    if let served { return served }
    let progress = (try? journal.journal.read()).map { Progress($0.entries) }
    return look(until: end, after: exposed ?? progress?.widest)
  }

  private func look(until end: Instant, after before: Flag?) -> ServedLook? {
    guard let evaluation, let serving, let shown = record.shown, !kill.choices.dryRun else { return nil }
    let meant = Flag(variants: shown.variants, serving: .everyone(serving), mark: nil)
    return ServedLook(
      context: kill.context, endpoint: evaluation.endpoint(until: end, kill.context), flag: key,
      variants: meant.variants, probes: meant.probes(of: key, byFlagHash: store.dealsByFlagHash, after: before))
  }

  /// What whoever killed wants to know next; read when it is off. `isAlone` says that few flags are meant.
  func facts(isAlone: Bool) -> KillFacts? {
    // Of many flags the sum is what a person reads, and their journals would have to be read once more for it.
    guard let line, line.off, isAlone, !kill.choices.dryRun else { return nil }
    let journaling: KillFacts.Journaling =
      record.isMissing
      ? .missing(record.told)
      : record.known.map { .known(by: $0) } ?? .written(as: kill.context.surroundings.actor)
    return KillAftermath(context: kill.context).facts(
      about: key, in: store, named, serving: serving, journal: journal.journal, journaling: journaling, note: note,
      other: alternative, undoers: store.isRemote ? undoers : store.undoers(key))
  }

  mutating func close(_ facts: KillFacts?) { line = line?.closing(facts?.warning(undoers)) }

  /// What the platform says may undo it, whenever it answers.
  mutating func warn(_ sentences: [String]) {
    undoers = sentences
    line = line?.closing(line?.facts?.warning(sentences))
  }

  mutating func see(_ served: Served, after seconds: Double) { line = line?.seen(served, after: seconds) }
}

extension StoreTrouble {
  /// Where the flag stands well all the same.
  var remark: String {
    switch self {
    case .malformed(let path, let position, let why):
      "\(path):\(position.line):\(position.column): \(why); everything but a kill waits until it is mended"
    default: Sentences.store(self).joined(separator: "; ")
    }
  }
}
