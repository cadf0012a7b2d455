/// One flag in one store: look, write, look again. What failed and may pass is tried again in the next round.
struct KillAttempt {
  let kill: Kill
  let key: FlagKey
  let store: any FlagStore
  let journal: LateJournal
  let identity: String
  /// Where it can be asked what applications are served.
  var evaluation: EvaluationPlace?
  private let deadline: KillDeadline
  private var record: KillRecord
  private var state = State.pending

  /// What this attempt has seen so far.
  private(set) var tries = 0
  private var hasSeen = false
  /// The flag as it let people in, if a try saw it so.
  private var exposed: Flag?
  private var hasWritten = false
  /// When the last write began.
  private var written: Instant?
  /// Whether the journal has it already: it went in together with the flag.
  private var isJournaled = false
  /// As often flag and journal are changed together before the flag goes alone.
  private static let together = 2
  /// How often the flag and the journal could not be changed together, because somebody was at one of them.
  private var overtaken = 0
  private var busy = 0
  private var firstFailure: Instant?
  /// When the store wants to be asked again, where it said so.
  private var notBefore: Instant?
  /// What came of the way that takes no token, where there is one.
  private var glass = Glass.whole
  /// The last trouble that says something.
  private var told: StoreTrouble?
  private var decided: Decision?
  private var serving: String?
  private var alternative: String?
  private var remarks: [String] = []

  private enum Glass {
    case whole
    case broken(Instant)
    case failed(StoreTrouble)
    case none
  }

  private enum State {
    case pending
    /// Read back as off, and not in the journal yet.
    case off(Decision, seconds: Double)
    /// The store answered, and has no such flag.
    case absent
    case ended(KillReport.Line)
  }

  init(
    _ kill: Kill, _ key: FlagKey, _ store: any FlagStore, _ journal: LateJournal,
    _ deadline: KillDeadline
  ) {
    (self.kill, self.key, self.store, self.journal, self.deadline) = (kill, key, store, journal, deadline)
    identity = store.identity
    record = KillRecord(kill: kill, journal: journal)
  }

  /// For a file that was missing or broken from the first look on; one that was good before is waited for longer.
  static let patience = TimeSpan(seconds: 2)
  /// A file in use may become free; one that stays so is said.
  static let busyTries = 6
  /// A store that wants to be left alone for longer than that is asked again all the same: this is a kill.
  static let longestRest = TimeSpan(seconds: 5)

  private var context: Context { kill.context }
  private var now: Instant { context.clock.now() }

  var isPending: Bool { if case .pending = state { true } else { false } }
  /// Whether the next try may begin.
  func isDue(at now: Instant) -> Bool { isPending && notBefore.map { now >= $0 } ?? true }
  var line: KillReport.Line? { if case .ended(let line) = state { line } else { nil } }

  // MARK: Acting

  /// `atOnce` where the store's lock was waited for before.
  mutating func strike(atOnce: Bool) {
    tries += 1
    do throws(StoreTrouble) {
      let reading = try store.read(key)
      guard let flag = reading.flag else {
        state = .absent
        return
      }
      (hasSeen, record.shown) = (true, flag)
      if case .split = flag.serving { exposed = flag }
      let decision = decide(request, in: situation(reading))
      guard decision.status == .done else { return end(.notOff, decision.reasons) }
      note(decision, over: flag)
      guard !kill.choices.dryRun else { return foresee(decision, reading) }
      let back = try context.interruptions.postponed { () throws(StoreTrouble) in
        try write(decision, over: reading, atOnce ? .killAtOnce : .kill)
      }
      if let trouble = back.trouble, case .rejectedByReaders = trouble { throw trouble }
      remarks = back.trouble.map { [$0.remark] } ?? []
      state = .off(decision, seconds: deadline.seconds(at: now))
    } catch {
      fail(error)
    }
  }

  /// Another flag was just told that the store wants to be left alone.
  mutating func wait(as other: KillAttempt) {
    (notBefore, told) = (other.notBefore, told ?? other.told)
    firstFailure = firstFailure ?? now
  }

  /// A flag that is killed already is only written where the file has a fault: the write mends what is the flag's own,
  /// and tells whether readers would follow.
  private mutating func write(
    _ decision: Decision, over reading: FlagReading, _ urgency: Urgency
  ) throws(StoreTrouble) -> FlagReading {
    var meant = reading.trouble == nil ? nil : reading.flag
    let piece = decision.writes ? joined(decision) : nil
    for step in decision.steps {
      switch step {
      case .intend(let content): if piece == nil { record.keep(content) }
      case .write(let flag): (meant, hasWritten) = (flag, true)
      case .conclude, .record: continue
      }
    }
    guard let meant else { return reading }
    written = now
    if let (store, piece) = piece {
      let occasion = Occasion(urgency, comment: decision.comment(context.surroundings))
      do throws(StoreTrouble) {
        let back = try store.write(meant, replacing: reading, occasion, appending: [piece])
        isJournaled = true
        return back
      } catch {
        // A user may have the right to the flag and none to the journal: the flag alone is what matters.
        if error.isForbidden { overtaken = Self.together }
        if case .changedMeanwhile = error { overtaken += 1 }
        guard overtaken == Self.together, error.isForbidden else { throw error }
      }
    }
    return try store.write(
      meant, replacing: reading, Occasion(urgency, comment: decision.comment(context.surroundings)))
  }

  /// Where the store keeps the journal, flag and entry change together. A journal at which others are busy may fail that
  /// twice; then the flag goes alone, and the entry afterwards.
  private func joined(_ decision: Decision) -> (any JournalingStore, EtcdFiles.Piece)? {
    guard overtaken < Self.together, let store = store as? any JournalingStore, store.keeps(journal.journal.files),
      let piece = record.piece(decision, seconds: deadline.seconds(at: now), attempts: tries)
    else { return nil }
    return (store, piece)
  }

  /// The journal comes last. Somebody who restored the flag in this very moment loses to a kill that is still under way.
  mutating func conclude() {
    guard case .off(let decision, let seconds) = state else { return }
    if isJournaled { return end(.off, remarks, seconds: seconds) }
    let (store, key, written) = (store, key, written)
    let stands = { (newest: Instant?) in
      // A server was asked a moment ago; only who was at the journal since then can have changed it by these means.
      if store.isRemote, let written, newest.map({ $0 < written }) ?? true { return true }
      return Self.isOff(key, in: store)
    }
    guard record.conclude(decision, seconds: seconds, attempts: tries, while: stands) else {
      return fail(.changedMeanwhile(path: store.address))
    }
    end(hasWritten ? .off : .alreadyOff, remarks + record.told, seconds: seconds)
  }

  private static func isOff(_ key: FlagKey, in store: any FlagStore) -> Bool {
    (try? store.read(key))?.flag?.mark?.killed == true
  }

  /// `--dry-run`.
  private mutating func foresee(_ decision: Decision, _ reading: FlagReading) {
    var isAlready = !decision.writes
    if case .rejectedByReaders? = reading.trouble { isAlready = false }
    end(isAlready ? .alreadyOff : .wouldBeOff, reading.trouble.map { [$0.remark] } ?? [])
  }

  // MARK: Looking

  /// How to ask applications' questions about it, where it is off and there is somebody to ask.
  func look(until end: Instant) -> ServedLook? {
    guard let evaluation, let line, line.off, let serving, let shown = record.shown, !kill.choices.dryRun else {
      return nil
    }
    let progress = (try? journal.journal.read()).map { Progress($0.entries) }
    let meant = Flag(variants: shown.variants, serving: .everyone(serving), mark: nil)
    let hashes = store.hashes(progress?.plan)
    return ServedLook(
      context: context, endpoint: evaluation.endpoint(until: end, context), flag: key, variants: meant.variants,
      probes: meant.probes(of: key, hashes: hashes, after: exposed ?? progress?.widest))
  }

  mutating func see(_ served: Served) {
    guard let line else { return }
    state = .ended(line.seen(served, after: deadline.seconds(at: now)))
  }

  // MARK: Failing

  private mutating func fail(_ latest: StoreTrouble) {
    state = .pending
    // A try that the deadline cut short says nothing about the server; the one before it does.
    let trouble = latest.isCutShort ? told ?? latest : latest
    told = trouble
    let since = firstFailure ?? now
    firstFailure = since
    if trouble.isBusy { busy += 1 }
    if breaksGlass(after: trouble) { return strike(atOnce: false) }
    notBefore = latest.rest.map { min(now + min($0, Self.longestRest), deadline.end) }
    let limit = trouble.isAboutTheFile && !hasSeen ? min(deadline.end, since + Self.patience) : deadline.end
    // What was turned off past an approval may take a moment to be seen.
    var isComing = false
    if case .broken(let moment) = glass, trouble.isForApproval { isComing = now < moment + Self.patience }
    if trouble.mayPass || isComing, busy < Self.busyTries, now < limit { return }
    var sentences = Sentences.store(trouble)
    if case .rejectedByReaders = trouble, Self.isOff(key, in: store) {
      // Written, but nobody who reads the file will follow before the rest of it is mended.
      let seconds = deadline.seconds(at: now)
      if let decided { _ = record.conclude(decided, seconds: seconds, attempts: tries) { _ in true } }
      sentences.insert("it is written there as off, but running readers do not follow", at: 0)
      sentences += record.told + ["by hand: mend that place in \(store.address); the flag itself is as it shall be"]
    } else {
      // "The file was not touched" is not for a file that was; what a server refused is not done.
      if hasWritten, !trouble.isRefusal { sentences = Array(sentences.prefix(1)) }
      if hasWritten, trouble.hidesTheOutcome { sentences.append(Self.unheard) }
      if tries > 1 { sentences.append("it was tried \(tries) times in \(KillReport.spelled(tried(since)))") }
      sentences += glassTold
      if !trouble.isMissing { sentences.append(byHand) }
      sentences += record.told
    }
    end(.notOff, ["NOT off in \(store.address)"] + sentences)
  }

  /// A refusal that will not pass, or a second failure, is reason enough.
  private mutating func breaksGlass(after trouble: StoreTrouble) -> Bool {
    switch glass {
    case .broken, .none: return false
    case .failed(let trouble) where !trouble.mayPass: return false
    case .whole, .failed: break
    }
    guard !kill.choices.dryRun, !trouble.mayPass || tries > 1 else { return false }
    do throws(StoreTrouble) {
      let isThere = try store.breakGlass(key)
      glass = isThere ? .broken(now) : .none
      return isThere
    } catch {
      glass = .failed(error)
      return false
    }
  }

  private var glassTold: [String] {
    switch glass {
    case .whole, .none: []
    case .broken: ["its trigger was called and answered well, but nobody could read the flag back as off: look at it"]
    case .failed(let trouble): Sentences.store(trouble)
    }
  }

  private static let unheard =
    "it may be off all the same: a change was tried, and nobody could look afterwards; run it again, or look there"

  private func tried(_ since: Instant) -> Double { Double(max(0, now.microseconds - since.microseconds)) / 1_000_000 }

  private var byHand: String { "by hand: \(store.byHand(key, serving: serving).sentence)" }

  // MARK: Deciding

  private var request: Request {
    var request = Request(.kill)
    request.reason = kill.reason(of: key)
    request.killTo = kill.to
    request.seen = kill.seen
    return request
  }

  private func situation(_ reading: FlagReading) -> Situation {
    Situation(
      key: key, note: nil, progress: Progress(), shown: reading.flag, spelled: reading.spelled,
      store: Situation.StoreFacts(address: store.address, propagation: store.propagation), runbook: .missing,
      clock: now, actor: context.surroundings.actor)
  }

  /// What everybody gets, and how to get the other kind of off.
  private mutating func note(_ decision: Decision, over flag: Flag) {
    decided = decision
    if case .killed(let variant) = decision.to { serving = variant }
    var control = flag["control"] != nil ? "control" : nil
    if case .split(let split) = flag.serving { control = split.control }
    if let control, control != "off", control != serving {
      alternative = "to give everybody \(control): rolloutctl kill \(key) --to \(control)"
    } else if serving != "off", flag["off"] != nil {
      alternative = "to turn the feature off altogether: rolloutctl kill \(key) --to off"
    }
  }

  private mutating func end(_ outcome: KillReport.Outcome, _ reasons: [String], seconds: Double? = nil) {
    let isOff = outcome == .off || outcome == .alreadyOff
    state = .ended(
      KillReport.Line(
        flag: key, store: store.address, outcome, serving: outcome == .notOff ? nil : serving,
        alternative: outcome == .notOff ? nil : alternative, seconds: seconds ?? deadline.seconds(at: now),
        attempts: tries, verifiedBy: isOff ? "read back" : nil,
        propagation: outcome == .notOff ? nil : store.propagation, reasons: reasons))
  }
}

/// One for the whole command.
struct KillDeadline {
  let start: Instant
  let end: Instant

  init(start: Instant, within: TimeSpan) { (self.start, end) = (start, start + within) }

  func seconds(at now: Instant) -> Double { Double(max(0, now.microseconds - start.microseconds)) / 1_000_000 }
}
