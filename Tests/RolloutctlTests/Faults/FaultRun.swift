import Testing

@testable import RolloutOps

/// A rollout over a bad network: a seed says where it begins, what is done, and what the network does meanwhile. After each
/// command three things that know nothing of each other are compared: what it said, what the server holds, and every
/// state that the server went through.
struct FaultRun {
  /// A disagreement, with all that is known about it.
  struct Disagreement: Error, CustomStringConvertible { let description: String }

  /// What the runs saw, all together: where nothing moves, nothing is shown.
  struct Tally: Sendable {
    var (commands, moved, killed, troubled, doubted) = (0, 0, 0, 0, 0)
    /// Kills that could not get through, and of those the ones that had landed without anybody hearing of it.
    var (lost, unheard) = (0, 0)

    mutating func add(_ other: Tally) {
      (commands, moved, killed) = (commands + other.commands, moved + other.moved, killed + other.killed)
      (troubled, doubted) = (troubled + other.troubled, doubted + other.doubted)
      (lost, unheard) = (lost + other.lost, unheard + other.unheard)
    }
  }

  let world: FaultyWorld
  let operates: FaultOperator
  let seed: UInt64
  private(set) var tally = Tally()
  private var random: SplitMix64
  private var before = Sight.nobody
  /// Whether the server has the flag at all.
  private var isKnown = false
  /// A kill said that it could not be journaled.
  private var isUnjournaled = false
  /// Who must be out; nil while only the journal can know.
  private var out: Set<String>? = []

  init(_ world: FaultyWorld, _ operates: FaultOperator, seed: UInt64) {
    (self.world, self.operates, self.seed) = (world, operates, seed)
    random = SplitMix64(seed: seed)
  }

  enum Verb: String, CaseIterable { case promote, rollback, exclude, include, hold, resume, kill, restore }

  /// Mostly what may move something from where it stands.
  private var likely: [Verb] {
    before.stage == -1
      ? [.promote, .promote, .restore, .restore, .restore, .restore, .rollback, .exclude, .include, .hold, .kill]
      : [.promote, .promote, .promote, .rollback, .exclude, .include, .hold, .resume, .kill, .kill, .kill, .restore]
  }

  /// The rollout at each of its stages, killed, and not begun; made once, over a good network.
  static func starts(_ world: FaultyWorld, _ operates: FaultOperator) throws -> [FaultyWorld.Start] {
    let store = world.store
    var starts = [try world.start()]
    for stage in 0..<4 {
      let words = ["promote", LiveWorld.note] + (stage == 0 ? [] : pastTheGate)
      let outcome = try operates.run(words, in: world)
      let now = try store.sight(world.look().flag)
      try #require(outcome.status == 0 && now.stage == stage, "\(world.store.name), \(now): \(outcome)")
      starts.append(try world.start())
    }
    let outcome = try operates.run(["kill", "ai-summary"], in: world)
    let now = try store.sight(world.look().flag)
    try #require(outcome.status == 0 && now.stage == -1, "\(world.store.name), \(now): \(outcome)")
    return starts + [try world.start()]
  }

  private static let pastTheGate = ["--override", "parse failures above 2%", "--reason", "seen"]

  // MARK: Running

  mutating func perform(from starts: [FaultyWorld.Start], steps: Int = 3) throws {
    try world.good()
    try world.begin(at: starts[Int(random.next() % UInt64(starts.count))])
    try look()
    for _ in 0..<steps {
      let verb = likely[Int(random.next() % UInt64(likely.count))]
      let isStorm = verb == .kill && random.next() % 4 == 0
      try step(verb, isStorm ? .storm(&random) : .drawn(&random))
    }
    // The network has calmed down: the next command settles what is open, and the journal is whole.
    let calm = FaultWeather()
    try step([.promote, .rollback, .kill][Int(random.next() % 3)], calm)
    if before.stage == nil { try step(.kill, calm) }
    guard isKnown, try !world.entries().isEmpty else { return }
    if random.next() % 4 == 0 {
      try step(.kill, calm)
      try step(.restore, calm)
    }
    let verified = try operates.run(["history", "ai-summary", "--verify"], in: world)
    if verified.status != 0 { throw disagreement("the chain is broken: \(verified)") }
  }

  private mutating func look() throws {
    let look = try world.look()
    (before, isKnown) = (world.store.sight(look.flag), look.flag != nil)
  }

  private mutating func words(_ verb: Verb, _ weather: FaultWeather) -> (words: [String], tenant: String) {
    let tenant = Sight.tenants[Int(random.next() % UInt64(Sight.tenants.count))]
    let reason = ["--reason", "seed \(seed)"]
    let words =
      switch verb {
      case .promote: ["promote", LiveWorld.note] + ((before.stage ?? 0) >= 0 ? Self.pastTheGate : [])
      case .exclude, .include: [verb.rawValue, "ai-summary", "tenant = \(tenant)"] + reason
      case .kill: ["kill", "ai-summary", "--within", weather.isStorm ? "1s" : "20s"]
      case .rollback, .hold, .resume, .restore: [verb.rawValue, "ai-summary"] + reason
      }
    return (words + ["--format", "json"], tenant)
  }

  private mutating func step(_ verb: Verb, _ weather: FaultWeather) throws {
    let (words, tenant) = words(verb, weather)
    try world.bad(weather)
    let outcome = try operates.run(words, in: world)
    try world.good()
    let look = try world.look()
    let (changes, after) = (look.changes, world.store.sight(look.flag))
    defer { (before, isKnown) = (after, look.flag != nil) }
    // The journal of a kill comes last; one that landed unheard, in a storm, has none.
    let isUnheard = outcome.status == 1 && !changes.isEmpty
    if verb == .kill, isUnheard || outcome.output.contains("could not be journaled") { isUnjournaled = true }
    let step = FaultStep(
      verb: verb, tenant: tenant, outcome: outcome, before: before, after: after, out: out,
      course: changes.map { world.store.sight($0.flag) }, requests: changes.map(\.request),
      isCalm: weather.chances.count == 1 && weather.next.isEmpty, isStorm: weather.isStorm, isKnown: isKnown,
      isUnjournaled: isUnjournaled, entries: try world.entries())
    if let wrong = step.disagreement(isAtomic: world.store.isAtomic) {
      let course = zip(step.requests, step.course).map { "  \($0.prefix(400)) => \($1)" }.joined(separator: "\n")
      let journal = step.entries.suffix(4).map { "  \($0.written(.compact).prefix(300))" }.joined(separator: "\n")
      throw disagreement(
        """
        \(wrong)
        \(words.joined(separator: " ")) in weather: \(weather)
        before: \(before), after: \(after), out: \(out.map { "\($0)" } ?? "unknown")
        \(step.shortly)
        the network:
        \(try world.log())
        what changed the flag:
        \(course)
        the journal's end:
        \(journal)
        """)
    }
    out = step.outAfterwards
    // Only a move tells the journal where the flag stands; a hold or an exclusion leaves it as it was.
    if [.promote, .rollback, .restore].contains(verb), step.isDone { isUnjournaled = false }
    tally.commands += 1
    if step.isDone { if verb == .kill { tally.killed += 1 } else { tally.moved += 1 } }
    if outcome.status == 1 { tally.troubled += 1 }
    if step.isDoubted { tally.doubted += 1 }
    if weather.isStorm, outcome.status == 1 { tally.lost += 1 }
    if weather.isStorm, step.isDoubted { tally.unheard += 1 }
  }

  private func disagreement(_ what: String) -> Disagreement {
    Disagreement(description: "\(world.store.name), seed \(seed): \(what)")
  }
}
