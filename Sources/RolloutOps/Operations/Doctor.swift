/// Would a kill work right now? The settings are read as a kill reads them, every store that somebody names is looked at,
/// several at a time, and whatever can be asked without a change is asked.
package struct Doctor: Sendable {
  package let context: Context
  package let choices: OperatorChoices
  package let within: TimeSpan
  /// Whether a server may be sent a change that it must refuse.
  package let proves: Bool

  package init(
    context: Context, choices: OperatorChoices, within: TimeSpan = KillTime.usual, proves: Bool = false
  ) {
    (self.context, self.choices, self.within, self.proves) = (context, choices, within, proves)
  }

  /// Flag keys; a note's path stands for its flag, and its store is looked at too.
  package func perform(_ targets: [String]) throws(Trouble) -> DoctorReport {
    let deadline = context.clock.now() + within
    let settings = try Settings(choices, note: nil, context: context, lenient: true)
    let checks = DoctorSettings.checks(settings, choices, context)
    let (sites, remarks) = try sites(targets, settings)
    // What a kill would do is found out beside the stores: one that hangs holds up nobody but itself.
    let parts: [Site?] = targets.isEmpty ? sites : sites + [nil]
    let found = Crew(threads: parts.count).each(parts) { site in
      site.map { Found.store(examine($0, deadline)) } ?? Found.kills(foreseen(targets))
    }
    var (stores, kills): ([Examined], [KillReport.Line]) = ([], [])
    for part in found {
      switch part {
      case .store(let examined): stores.append(examined)
      case .kills(let lines): kills = lines
      }
    }
    let readers = readers(of: targets)
    let flags = Crew(threads: min(8, kills.count)).each(kills) { [stores] in flag($0, stores, readers) }
    // What the settings lack is said among their own checks.
    let more = remarks.filter { remark in !checks.contains { $0.sentence.hasPrefix(remark) } }
    return DoctorReport(settings: checks, stores.map(\.line), flags: flags, remarks: more)
  }

  private struct Site: Sendable {
    let named: NamedStore
    let settings: Settings
  }

  private struct Examined: Sendable {
    let line: DoctorReport.StoreLine
    /// Nil where it cannot even be opened.
    let store: (any FlagStore)?
    let listed: [ListedFlag]
  }

  private enum Found: Sendable {
    case store(Examined)
    case kills([KillReport.Line])
  }

  /// Every store that the settings name, or the notes, once.
  private func sites(_ targets: [String], _ settings: Settings) throws(Trouble) -> ([Site], remarks: [String]) {
    let finder = Finder(context: context, choices: choices)
    var remarks = settings.unread + settings.remarks
    var sites = settings.scope.map { Site(named: $0, settings: settings) }
    for target in targets where finder.isNote(target) {
      guard let noted = try? finder.settings(ofNoteAt: target) else { continue }
      let settings = try Settings(choices, note: noted, context: context, lenient: true)
      // Nobody chose the default where a note names a store.
      if noted.store != nil { sites.removeAll { $0.named.origin == Settings.byDefault } }
      sites += settings.scope.map { Site(named: $0, settings: settings) }
      remarks += (settings.unread + settings.remarks).filter { !remarks.contains($0) }
    }
    var seen: Set<String> = []
    sites = sites.filter { seen.insert(identity($0, finder)).inserted }
    return (sites, remarks)
  }

  private func identity(_ site: Site, _ finder: Finder) -> String {
    (try? finder.store(site.named, site.settings.terms))?.identity ?? site.named.address
  }

  // MARK: A store

  private func examine(_ site: Site, _ deadline: Instant) -> Examined {
    let timed = TimedHTTP(context.http, context.clock)
    let finder = Finder(context: context.asking(timed), choices: choices)
    let start = context.clock.now()
    let store: any FlagStore
    do throws(Trouble) {
      var terms = site.settings.terms.until(deadline)
      terms.proves = proves
      store = try finder.store(site.named, terms)
    } catch {
      let check = DoctorCheck("address", .failed, error.sentences.joined(separator: "; "))
      return Examined(
        line: DoctorReport.StoreLine(store: site.named.plainAddress, propagation: nil, seconds: 0, checks: [check]),
        store: nil, listed: [])
    }
    var checks = store.examine()
    var listed: [ListedFlag] = []
    if !checks.contains(where: { $0.state == .failed }) {
      do throws(StoreTrouble) {
        listed = try store.listWithJournaled()
        checks.append(counted(listed))
      } catch {
        checks.append(unlisted(error, deadline))
      }
    }
    let journals = DoctorJournal(
      context: context, finder: finder, settings: site.settings, store: store, listed: listed,
      deadline: deadline)
    checks += [time(timed, of: store)].compactMap(\.self) + journals.checks
    checks += [propagation(store), evaluation(site.settings, deadline)].compactMap(\.self)
    let seconds = Double(max(0, context.clock.now().microseconds - start.microseconds)) / 1_000_000
    return Examined(
      line: DoctorReport.StoreLine(
        store: site.named.plainAddress, propagation: store.propagation, seconds: seconds, checks: checks),
      store: store, listed: listed)
  }

  /// A kill needs no list. So a store that was slow until the time was over may still be good for one.
  private func unlisted(_ trouble: StoreTrouble, _ deadline: Instant) -> DoctorCheck {
    if case .unanswered(let trouble) = trouble, case .timeout = trouble.reason, context.clock.now() >= deadline {
      return DoctorCheck(
        "flags", .unknown,
        "there was no time left to ask which flags it has; give it longer: rolloutctl doctor --within 2m")
    }
    return DoctorCheck("flags", .failed, Sentences.store(trouble).joined(separator: "; "))
  }

  /// How long a kill has to wait there, by what the looks before have taken.
  private func time(_ timed: TimedHTTP, of store: any FlagStore) -> DoctorCheck? {
    timed.slowest.flatMap { KillTime(answer: $0, answers: store.answersOfKill).check }
  }

  private func counted(_ listed: [ListedFlag]) -> DoctorCheck {
    let managed = listed.filter { $0.mark != nil }.count
    return DoctorCheck(
      "flags", .fine, "\(listed.count) flag\(listed.count == 1 ? "" : "s"), \(managed) managed by rolloutctl")
  }

  private func propagation(_ store: any FlagStore) -> DoctorCheck {
    let isLong = store.propagation > TimeSpan.minutes(1)
    return DoctorCheck(
      "propagation", isLong ? .warning : .fine, "running applications follow a kill within \(store.propagation)")
  }

  /// Where applications cannot be seen a kill works, and is read back from the store alone.
  private func evaluation(_ settings: Settings, _ deadline: Instant) -> DoctorCheck? {
    guard let place = settings.evaluation else { return nil }
    let probe = Probe(who: "nobody", attributes: .object([]), unit: "rolloutctl-doctor", expected: nil)
    switch place.endpoint(until: deadline, context).answer(FlagKey("rolloutctl-doctor"), probe) {
    case .served, .codeDefault: return DoctorCheck("evaluation", .fine, "\(place.address) answers")
    case .unknown(let trouble):
      let why = Sentences.store(trouble).joined(separator: "; ")
      return DoctorCheck("evaluation", .warning, "\(why); a kill works, and no application is seen to follow")
    }
  }

  // MARK: A flag

  private func foreseen(_ targets: [String]) -> [KillReport.Line] {
    var choices = choices
    choices.dryRun = true
    choices.verbose = false
    return Kill(context: context, choices: choices, within: within).perform(targets).lines
  }

  /// Whether the services that read the flag agree on who is in, as far as the notes say in which languages they are.
  private func readers(of targets: [String]) -> [FlagKey: [DoctorCheck]] {
    let finder = Finder(context: context, choices: choices)
    var checks: [FlagKey: [DoctorCheck]] = [:]
    for target in targets where finder.isNote(target) {
      guard let note = try? finder.note(at: target).note, let plan = note.plan else { continue }
      checks[plan.flag] = plan.disagreements(among: note.flagHashes).map { stage, sentence in
        DoctorCheck("readers", .warning, "\(plan.stages[stage].name): \(sentence)")
      }
    }
    return checks
  }

  private func flag(
    _ line: KillReport.Line, _ stores: [Examined], _ readers: [FlagKey: [DoctorCheck]]
  ) -> DoctorReport.FlagLine {
    let home = stores.first { $0.line.store == line.store }
    let would = line.outcome == .alreadyOff ? "it is off already" : "it would be turned off"
    var checks = [
      line.outcome == .notOff
        ? DoctorCheck("kill", .failed, line.reasons.joined(separator: "; "))
        : DoctorCheck("kill", .fine, ([would] + line.reasons).joined(separator: "; "))
    ]
    if line.outcome != .notOff, let home, let store = home.store {
      if let listed = home.listed.first(where: { $0.key == line.flag }) {
        checks.append(
          listed.mark != nil
            ? DoctorCheck("managed", .fine, "it is managed by rolloutctl")
            : DoctorCheck("managed", .warning, "it is not managed by rolloutctl: kill --all would pass it over"))
      }
      checks += store.examine(line.flag)
      if store.dealsByFlagHash { checks += readers[line.flag] ?? [] }
    }
    return DoctorReport.FlagLine(flag: line.flag, store: line.store, serving: line.serving, checks: checks)
  }
}
