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
    run.look()
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
    run.look()
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
    package var unreadable: [String] { unread.map(\.shown) }
  }

  /// Every flag that the stores mark as managed. One that cannot be read keeps nobody from killing in the others.
  package func managed() -> Managed {
    let opening = Opening(context: context, choices: choices)
    var managed = Managed(looked: context.clock.now())
    guard let settings = try? Settings(choices, note: nil, context: context, lenient: true) else { return managed }
    managed.settings = settings
    let terms = settings.terms.until(managed.looked + within)
    for named in settings.killed where !managed.stores.contains(named.shown) {
      managed.stores.append(named.shown)
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

  /// One try for each that is not off yet, files before servers. The journals come last: one that is held must not delay
  /// the next flag.
  private mutating func round() {
    let pending = targets.attempts.indices.filter { targets.attempts[$0].isPending }
    let files = pending.filter { !targets.attempts[$0].store.isRemote }
    let later = files.filter { slow.contains(targets.attempts[$0].identity) }
    for index in files.filter({ !later.contains($0) }) + later { strike(index) }
    pass(pending.filter { targets.attempts[$0].isPending })
    for index in targets.attempts.indices { targets.attempts[index].conclude() }
  }

  /// A lane for each server. Files that are not off yet go along, where there is a server to wait for.
  private mutating func pass(_ pending: [Int]) {
    guard pending.contains(where: { targets.attempts[$0].store.isRemote }) else { return }
    var lanes: [(identity: String, indices: [Int])] = []
    for index in pending {
      let identity = targets.attempts[index].identity
      if let place = lanes.firstIndex(where: { $0.identity == identity }) {
        lanes[place].indices.append(index)
      } else {
        lanes.append((identity, [index]))
      }
    }
    let passed = KillLane.pass(
      lanes.map { lane in
        KillLane(
          lane.indices.map { targets.attempts[$0] }, atOnce: slow.contains(lane.identity), kill.context.clock)
      })
    for (lane, done) in zip(lanes, passed) {
      for (index, attempt) in zip(lane.indices, done.attempts) { targets.attempts[index] = attempt }
    }
  }

  /// How long an endpoint that says nothing is asked: what it knows is good to have, and no part of the kill.
  private static let lookPatience = TimeSpan(seconds: 5)
  private static let lookWidth = 8

  /// When all is off that can be: what applications are served now, at most until the deadline.
  mutating func look() {
    let start = kill.context.clock.now()
    let end = max(deadline.end, start + TimeSpan(seconds: 1))
    let looks = targets.attempts.indices.compactMap { index in
      targets.attempts[index].look(until: end).map { (index, $0) }
    }
    guard !looks.isEmpty else { return }
    kill.context.output.progress("off in the store; looking at what applications are served")
    let served = Crew(threads: Self.lookWidth).each(looks.map(\.1)) { look in
      look.look(until: end, patience: start + Self.lookPatience)
    }
    kill.context.output.progress(nil)
    for (look, served) in zip(looks, served) { targets.attempts[look.0].see(served) }
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
              flag: Kill.everyFlag, store: named.shown, .notOff, seconds: deadline.seconds(at: clock.now()),
              attempts: 1, reasons: ["NOT off in \(named.shown): its flags are not known"] + error.sentences))
          return
        }
        clock.pause(microseconds: pause)
        pause = min(2 * pause, Self.longestPause)
      }
    }
  }
}
