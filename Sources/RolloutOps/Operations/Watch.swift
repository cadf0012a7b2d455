/// One look at one rollout, and what follows from it. A look holds nobody's lock while evidence is read; what it wants
/// is asked again under the lock, of the rollout as it is then.
package struct Watch: Sendable {
  package let context: Context
  package let choices: OperatorChoices

  package init(context: Context, choices: OperatorChoices) {
    (self.context, self.choices) = (context, choices)
  }

  package func look(at target: String) -> WatchReport { follow(target).report }

  /// With the journal, once the rollout has one.
  fileprivate func follow(_ target: String) -> (report: WatchReport, journal: Journal?) {
    do throws(Trouble) {
      let rollout = try Finder(context: context, choices: choices, mends: !choices.dryRun)
        .open(target, needsNote: false)
      return (try look(rollout, target), rollout.progress.head > 0 ? rollout.journal : nil)
    } catch {
      return (WatchReport(target: target, time: context.clock.now(), .failed(error)), nil)
    }
  }

  private func look(_ opened: Rollout, _ target: String) throws(Trouble) -> WatchReport {
    var errors = 0
    if let found = opened.note, found.note.hasErrors {
      if opened.progress.phase == .none { throw .note(path: target, found.note.diagnostics) }
      errors = found.note.diagnostics.count { $0.severity == .error }
    }
    // An interrupted change is judged in mind only, as every look does; whoever acts writes it down.
    var seen = opened
    seen.settleInMind()
    seen.measure()
    let decision = watch(in: seen.situation, noteErrors: errors)
    guard let request = decision.asks, !choices.dryRun else {
      return report(seen, target, decision, WatchReport.Reaction(decision.asks, outcome: .foreseen))
    }
    var rollout = opened
    rollout.measured = seen.measured
    let stands = { (situation: Situation) in
      watch(in: situation, noteErrors: errors).asks.map { $0.verb == request.verb && $0.variant == request.variant }
        ?? false
    }
    let reaction =
      request.verb == .kill ? kill(request, &rollout, target, while: stands) : move(request, &rollout, while: stands)
    return report(rollout, target, decision, reaction)
  }

  // MARK: Acting

  private func move(
    _ request: Request, _ rollout: inout Rollout, while stands: (Situation) -> Bool
  ) -> WatchReport.Reaction {
    do throws(Trouble) {
      let decision = try Move(context: context, choices: choices).perform(request, in: &rollout, while: stands)
      guard decision.acts else { return WatchReport.Reaction(request, outcome: .overtaken(decision.reasons)) }
      return WatchReport.Reaction(request, outcome: .done(from: decision.from, to: decision.to))
    } catch {
      return WatchReport.Reaction(request, outcome: .failed(error.sentences, error.status))
    }
  }

  /// By the same way as a person's, with the trigger as its reason. Where the rollout cannot be read a second time the
  /// kill goes ahead on what was seen.
  private func kill(
    _ request: Request, _ rollout: inout Rollout, _ target: String, while stands: (Situation) -> Bool
  ) -> WatchReport.Reaction {
    if (try? rollout.refresh()) != nil {
      rollout.settleInMind()
      guard stands(rollout.situation) else {
        return WatchReport.Reaction(request, outcome: .overtaken(["the rollout moved while it was measured"]))
      }
    }
    var choices = choices
    choices.reason = request.reason
    let from = rollout.progress.place
    let report = Kill(context: context, choices: choices, seen: request.seen).perform([target])
    guard report.status == .done else {
      return WatchReport.Reaction(request, outcome: .failed(report.lines.flatMap(\.reasons), report.status))
    }
    rollout.remarks += report.lines.flatMap(\.reasons)
    try? rollout.refresh()
    return WatchReport.Reaction(request, outcome: .done(from: from, to: rollout.progress.place))
  }

  // MARK: Telling

  private func report(
    _ rollout: Rollout, _ target: String, _ decision: WatchDecision, _ reaction: WatchReport.Reaction?
  ) -> WatchReport {
    var remarks = rollout.remarks
    let zone = rollout.zone(&remarks)
    let status = StatusReport(rollout.situation, outlook: decision.look, remarks: remarks, zone: zone)
    let look = WatchReport.Look(status: status, reaction: reaction, isUnread: rollout.measured?.isUnread ?? false)
    return WatchReport(target: target, time: context.clock.now(), .looked(look))
  }
}

/// Many rollouts, each in its own time. All that has to last is in journals and stores, so a watch that starts anew goes
/// on where the last one ended.
package struct WatchLoop: Sendable {
  private let watch: Watch
  private let interval: TimeSpan?
  /// Whether what the last watch told is not told again.
  private let remembers: Bool
  private var rounds: [Round]

  /// Evidence that cannot be read is asked for ever more rarely, up to this.
  package static let longestPause = TimeSpan.minutes(10)

  private struct Round: Sendable {
    let target: String
    var due: Instant
    /// What was told last, without its figures.
    var told: String?
    /// How long the evidence has been left alone; nil while it can be read.
    var backOff: TimeSpan?
    var lacksHeartbeat = false
  }

  /// Without an interval for a single round.
  package init(_ watch: Watch, _ targets: [String], every interval: TimeSpan?, remembers: Bool = false) {
    (self.watch, self.interval, self.remembers) = (watch, interval, remembers)
    let now = watch.context.clock.now()
    var seen: Set<String> = []
    rounds = targets.filter { seen.insert($0).inserted }.map { Round(target: $0, due: now) }
  }

  /// A look at everything that is due, side by side: one whose store hangs keeps nobody from killing in another one.
  package mutating func round(_ tell: (WatchReport) -> Void) {
    let now = watch.context.clock.now()
    let due = rounds.indices.filter { rounds[$0].due <= now }
    let watch = watch
    let looks = Crew(threads: 8).each(due.map { rounds[$0].target }) { watch.follow($0) }
    for (index, look) in zip(due, looks) {
      var (report, journal) = look
      schedule(&rounds[index], &report)
      if rounds[index].told == nil, remembers, journal?.heartbeat?.gist == report.gist {
        report.isNews = false
      } else {
        report.isNews = report.isNews || rounds[index].told != report.gist
      }
      rounds[index].told = report.gist
      if let journal { beat(&rounds[index], &report, in: journal) }
      tell(report)
    }
  }

  /// How long until the next look is due.
  package var pause: Int {
    let now = watch.context.clock.now()
    let due = rounds.map(\.due).min() ?? now
    return max(0, Int(due.microseconds - now.microseconds))
  }

  private func schedule(_ round: inout Round, _ report: inout WatchReport) {
    let now = watch.context.clock.now()
    let usual = interval ?? .zero
    guard report.isUnread else {
      if round.backOff != nil { report.say("the evidence can be read again") }
      (round.backOff, round.due) = (nil, now + usual)
      return
    }
    if round.backOff == nil {
      report.say("the evidence could not be read" + (interval == nil ? "" : "; it is asked for ever more rarely"))
    }
    let longer = round.backOff.map { TimeSpan(seconds: 2 * $0.seconds) } ?? usual
    // Whoever asks for fewer looks than that gets fewer.
    let pause = min(longer, max(usual, Self.longestPause))
    (round.backOff, round.due) = (pause, now + pause)
  }

  private func beat(_ round: inout Round, _ report: inout WatchReport, in journal: Journal) {
    guard !watch.choices.dryRun else { return }
    let beat = Heartbeat(
      time: report.time, by: watch.context.surroundings, next: interval == nil ? nil : round.due,
      status: report.status, reason: report.reasons.first, gist: report.gist)
    do throws(FileTrouble) {
      try journal.beat(beat)
      round.lacksHeartbeat = false
    } catch {
      if !round.lacksHeartbeat { report.say("no sign of life could be left: \(Sentences.file(error))") }
      round.lacksHeartbeat = true
    }
  }
}
