/// Nobody gets the canary. No note, gate, journal, configuration or lint problem stands in the way: the store is written
/// first, on what the flag itself says, and everything else is read and told afterwards.
///
/// Every flag gets one attempt in every store that somebody names, then those that failed get another, round after
/// round, until the stores show them off or the one deadline is over.
package struct Kill: Sendable {
  package let context: Context
  package let choices: OperatorChoices
  package let within: TimeSpan
  package let to: String?
  /// What a machine saw that kills, for the journal.
  let seen: JSON?

  package init(
    context: Context, choices: OperatorChoices, within: TimeSpan = TimeSpan(seconds: 30), to: String? = nil,
    seen: JSON? = nil
  ) {
    (self.context, self.choices, self.within, self.to, self.seen) = (context, choices, within, to, seen)
  }

  /// Flag keys; a note's path stands for its flag.
  package func perform(_ targets: [String]) -> KillReport {
    var run = KillRun(self)
    for target in targets { run.targets.add(target) }
    run.perform()
    return KillReport(run.lines, dryRun: choices.dryRun)
  }

  /// `--all`: what `managed` found, and then what the stores have that could not be read before.
  package func perform(_ managed: Managed) -> KillReport {
    var run = KillRun(self)
    for key in managed.keys { run.targets.add(key.text) }
    run.perform()
    if let settings = managed.settings {
      for named in managed.unread { run.retry(named, settings.terms, since: managed.looked) }
    }
    run.perform()
    var lines = run.lines
    if lines.isEmpty {
      let places = managed.stores.joined(separator: ", ")
      let none = "nothing was turned off: no flag in \(places) is marked as managed by rolloutctl"
      lines = [KillReport.Line(flag: Self.everyFlag, store: places, .notOff, seconds: 0, attempts: 1, reasons: [none])]
    }
    return KillReport(lines, dryRun: choices.dryRun)
  }

  /// What a line is about that no single flag can be named for.
  static let everyFlag = FlagKey("--all")

  /// What `--all` means, after one look at every store.
  package struct Managed: Sendable {
    package fileprivate(set) var keys: [FlagKey] = []
    /// The addresses that were looked in, or were to be.
    package fileprivate(set) var stores: [String] = []
    fileprivate(set) var unread: [Settings.NamedStore] = []
    fileprivate(set) var settings: Settings?
    let looked: Instant

    /// The addresses that could not be read; they are asked again when the others are off.
    package var unreadable: [String] { unread.map(\.address) }
  }

  /// Every flag that the stores mark as managed. One that cannot be read keeps nobody from killing in the others.
  package func managed() -> Managed {
    let opening = Opening(context: context, choices: choices)
    var managed = Managed(looked: context.clock.now())
    guard let settings = try? Settings(choices, note: nil, context: context, lenient: true) else { return managed }
    managed.settings = settings
    let terms = settings.terms.until(managed.looked + within)
    for named in settings.killed where !managed.stores.contains(named.address) {
      managed.stores.append(named.address)
      guard let listed = try? opening.store(named, terms).list() else {
        managed.unread.append(named)
        continue
      }
      managed.keys += listed.filter { $0.mark != nil && !managed.keys.contains($0.key) }.map(\.key)
    }
    return managed
  }
}

/// The rounds of a kill, under one deadline.
struct KillRun {
  private let kill: Kill
  private let opening: Opening
  private let deadline: KillDeadline
  var targets: KillTargets
  /// Stores that cannot even be asked which flags they have.
  private var unknown: [KillReport.Line] = []
  /// Stores whose lock is held: whoever else can be killed goes first, and nobody waits for it a second time.
  private var slow: [String] = []

  static let (firstPause, longestPause) = (2_000, 100_000)

  init(_ kill: Kill) {
    self.kill = kill
    opening = Opening(context: kill.context, choices: kill.choices)
    deadline = KillDeadline(start: kill.context.clock.now(), within: kill.within)
    targets = KillTargets(kill, opening, deadline: deadline)
  }

  var lines: [KillReport.Line] { targets.lines + unknown }

  mutating func perform() {
    var pause = Self.firstPause
    round()
    while true {
      // Only now, with the flags off where it was asked to be: the notes that the journals remember may name more stores.
      if targets.follow() { round() }
      guard targets.attempts.contains(where: \.isPending) else { return }
      kill.context.clock.pause(microseconds: pause)
      pause = min(2 * pause, Self.longestPause)
      round()
    }
  }

  /// One try for each that is not off yet. The journals come last: one that is held must not delay the next flag.
  private mutating func round() {
    var later: [Int] = []
    var wide: [Int] = []
    for index in targets.attempts.indices where targets.attempts[index].isPending {
      if targets.attempts[index].store.width > 1 {
        wide.append(index)
      } else if slow.contains(targets.attempts[index].identity) || targets.attempts[index].store.isRemote {
        later.append(index)
      } else {
        strike(index)
      }
    }
    strike(together: wide)
    let end = kill.context.clock.now() + TimeSpan(seconds: Self.roundSeconds)
    later.sort { (targets.attempts[$0].tries, $0) < (targets.attempts[$1].tries, $1) }
    for index in later where !targets.attempts[index].store.isRemote || kill.context.clock.now() < end { strike(index) }
    for index in targets.attempts.indices { targets.attempts[index].conclude() }
  }

  /// After that long no further flag is begun with in a round: whoever is to be asked again elsewhere, or is found by a
  /// note, waits no longer than this and one try.
  private static let roundSeconds = 1

  /// Servers are asked about many flags at a time, each as widely as it bears. One that hangs keeps nobody waiting who has
  /// flags in another; of its own flags those that were tried least come first.
  private mutating func strike(together wide: [Int]) {
    guard !wide.isEmpty else { return }
    let indices = wide.sorted { (targets.attempts[$0].tries, $0) < (targets.attempts[$1].tries, $1) }
    let clock = kill.context.clock
    let end = clock.now() + TimeSpan(seconds: Self.roundSeconds)
    var stores: [(identity: String, indices: [Int])] = []
    for index in indices {
      let identity = targets.attempts[index].identity
      if let place = stores.firstIndex(where: { $0.identity == identity }) {
        stores[place].indices.append(index)
      } else {
        stores.append((identity, [index]))
      }
    }
    let groups = stores.map { store in store.indices.map { targets.attempts[$0] } }
    let struck = Crew(threads: groups.count).each(groups) { attempts in
      Crew(threads: attempts.first?.store.width ?? 1).each(attempts) { attempt in
        guard clock.now() < end else { return attempt }
        var attempt = attempt
        attempt.strike(atOnce: false)
        return attempt
      }
    }
    for (index, attempt) in zip(stores.flatMap(\.indices), struck.joined()) { targets.attempts[index] = attempt }
  }

  private mutating func strike(_ index: Int) {
    let before = kill.context.clock.now()
    let store = targets.attempts[index].identity
    targets.attempts[index].strike(atOnce: slow.contains(store))
    if kill.context.clock.now() >= before + TimeSpan(seconds: 1) { slow.append(store) }
  }

  /// A store that could not say before which of its flags are managed.
  mutating func retry(_ named: Settings.NamedStore, _ terms: StoreTerms, since looked: Instant) {
    let limit = min(deadline.end, looked + KillAttempt.patience)
    var pause = Self.firstPause
    while true {
      do throws(Trouble) {
        let store = try opening.store(named, terms.until(deadline.end))
        do throws(StoreTrouble) {
          for listed in try store.list() where listed.mark != nil { targets.add(listed.key.text) }
          return
        } catch {
          throw .store(error)
        }
      } catch {
        let clock = kill.context.clock
        guard case .store(let trouble) = error, trouble.mayPass, clock.now() < limit else {
          unknown.append(
            KillReport.Line(
              flag: Kill.everyFlag, store: named.address, .notOff, seconds: deadline.seconds(at: clock.now()),
              attempts: 1, reasons: ["NOT off in \(named.address): its flags are not known"] + error.sentences))
          return
        }
        clock.pause(microseconds: pause)
        pause = min(2 * pause, Self.longestPause)
      }
    }
  }
}
