import Testing

@testable import RolloutOps

/// What a watch asks for, in every state and whatever fired: written down from the rules, as values.
@Suite struct WatchDecisionTests {
  enum State: CaseIterable {
    case exposing, automatic, automaticWithErrors, broughtBack, heldByMachine, held, degraded, planChanged, drifted
    case killed, killedOutside, off, complete, finished
  }

  enum Fired: CaseIterable { case nothing, hold, degrade, rollback, kill, degradeAndRollback, everything }

  /// Exit status and deed, in the order of `Fired`: `p` promotes, `d` degrades, `r` rolls back, `k` kills.
  static let table: [State: String] = [
    .exposing: "0- 3- 4d 4r 5k 4r 5k",
    .automatic: "0p 3- 4d 4r 5k 4r 5k",
    .automaticWithErrors: "7- 7- 4d 4r 5k 4r 5k",
    // Somebody went back by hand: it is theirs to go on.
    .broughtBack: "0- 3- 4d 4r 5k 4r 5k",
    .heldByMachine: "3- 3- 4d 4r 5k 4r 5k",
    .held: "3- 3- 4d 4r 5k 4r 5k",
    .degraded: "3- 3- 3- 4r 5k 4r 5k",
    .planChanged: "6- 6- 4d 4r 5k 4r 5k",
    .drifted: "6- 6- 6- 4r 5k 4r 5k",
    .killed: "5- 5- 5- 5- 5- 5- 5-",
    .killedOutside: "5- 5- 5- 5- 5- 5- 5-",
    .off: "0- 0- 0- 0- 0- 0- 0-",
    // Nothing is left to promote, so nothing is held.
    .complete: "0- 0- 4d 4r 5k 4r 5k",
    .finished: "0- 0- 0- 0- 0- 0- 0-",
  ]

  /// The watched note without its evidence, so that people bring the world where it shall be.
  private static func note(_ state: State) -> String {
    let isAutomatic = ![.exposing, .held, .complete].contains(state)
    return SampleNote.saying(
      "Evidence", nil, in: isAutomatic ? World.automaticNote : World.watchedNote)
  }

  private func world(in state: State) throws -> World {
    let world = World(note: Self.note(state))
    try world.move(.promote)
    if state != .off { try world.advance() }
    switch state {
    case .exposing, .automatic, .automaticWithErrors: break
    case .broughtBack:
      try world.advance()
      try world.move(.rollback)
    case .heldByMachine:
      try world.advance()
      try world.move(.rollback, reason: "p95") { $0.isAutomatic = true }
    case .held: try world.move(.hold)
    case .degraded: try world.degrade()
    case .planChanged:
      world.files.put(World.note, Self.note(state).replacing("50% 0s", "40% 0s"))
    case .drifted:
      try world.meddle { split in
        split.exposure = Exposure(
          grants: split.exposure.grants.map {
            $0.share.isWhole ? $0 : Grant(cohort: $0.cohort, share: Percentage(percent: 9))
          })
      }
    case .killed: world.kill()
    case .killedOutside: try world.serve("control")
    case .off: try world.move(.rollback)
    case .complete: for _ in 0..<2 { try world.advance() }
    case .finished:
      for _ in 0..<2 { try world.advance() }
      try world.attest("gates")
      try world.move(.finish)
    }
    return world
  }

  private func evidence(_ fired: Fired, _ plan: Plan, at stage: Stage) -> StageEvidence {
    var evidence = StageEvidence(from: Instant(seconds: 0))
    let controls = Int(300 / max(0.01, stage.share.percent / 100)) - 300
    evidence.canary = .init(records: 300, units: 300)
    evidence.control = controls > 0 ? .init(records: controls, units: controls) : nil
    evidence.rows = plan.triggers.map { trigger in
      let breaches: Bool =
        switch (trigger.action, fired) {
        case (_, .everything), (.hold, .hold), (.degrade, .degrade), (.rollback, .rollback), (.kill, .kill): true
        case (.degrade, .degradeAndRollback), (.rollback, .degradeAndRollback): true
        default: false
        }
      let finding = Finding(
        verdict: breaches ? .breach : .pass, reason: breaches ? .beyond : .inside,
        canary: .init(count: 300, units: 300, missing: 0, value: 0.03), control: nil, scale: .level, threshold: 0.02,
        method: .plain)
      return StageEvidence.Row(trigger, .found(finding))
    }
    return evidence
  }

  @Test(arguments: State.allCases)
  func everyStateIsDecided(state: State) throws {
    let world = try world(in: state)
    var situation = try Finder(context: world.context("ci"), choices: OperatorChoices())
      .open(World.note, needsNote: false).situation
    let plan = try #require(situation.plan)
    let stage = plan.stages[situation.progress.place.stageIndex ?? 1]
    let decided = Fired.allCases.map { fired in
      situation.evidence = evidence(fired, plan, at: stage)
      let decision = watch(in: situation, noteErrors: state == .automaticWithErrors ? 2 : 0)
      let deed: String =
        switch decision.asks?.verb {
        case .promote: "p"
        case .degrade: "d"
        case .rollback: "r"
        case .kill: "k"
        case nil: "-"
        default: "?"
        }
      return "\(decision.look.status.rawValue)\(deed)"
    }
    #expect(decided.joined(separator: " ") == Self.table[state])
  }

  @Test func whatItAsksForCarriesTheReasonAndWhatWasSeen() throws {
    let world = try world(in: .exposing)
    var situation = try Finder(context: world.context("ci"), choices: OperatorChoices())
      .open(World.note, needsNote: false).situation
    let plan = try #require(situation.plan)
    situation.evidence = evidence(.everything, plan, at: plan.stages[1])
    let decision = watch(in: situation)
    let request = try #require(decision.asks)
    #expect(request.verb == .kill && request.isAutomatic)
    #expect(request.reason == decision.look.reasons.first)
    #expect(request.reason?.hasPrefix("policy violations above 0: ") == true)
    // The rest that fired is told too, the worst first, and what only holds is not among it.
    #expect(
      decision.look.reasons.map { $0.split(separator: ":")[0] } == [
        "policy violations above 0", "parse failures above 2%", "p95 latency exceeds 5 s -> fast",
      ])
    #expect(request.seen?["canary"]?["units"]?.integer == 300)
    let gates = try #require(request.seen?["gates"]?.items)
    #expect(gates.count { $0["verdict"] == "breach" } == 4)
    #expect(gates.allSatisfy { $0["reason"] != nil && $0["interval"] != nil })
    situation.evidence = evidence(.degrade, plan, at: plan.stages[1])
    #expect(watch(in: situation).asks?.variant == "fast")
  }

  /// The review stands before the first wide stage; a watch waits for it, and goes on once somebody gave it.
  @Test func aReviewIsNeverGiven() throws {
    let world = World(
      note: SampleNote.saying("Evidence", nil, in: World.automaticNote).replacing("Tier: 3", "Tier: 2"))
    try world.move(.promote)
    func asks() throws -> Verb? {
      var situation = try Finder(context: world.context("ci"), choices: OperatorChoices())
        .open(World.note, needsNote: false).situation
      let plan = try #require(situation.plan)
      situation.evidence = evidence(.nothing, plan, at: plan.stages[0])
      return watch(in: situation).asks?.verb
    }
    #expect(try asks() == nil)
    try world.attest("review", by: "ci")
    #expect(try asks() == nil)
    try world.attest("review", by: "lee")
    #expect(try asks() == .promote)
  }

  /// Nobody could tell the stage from the others any more: then it goes back, and is held.
  @Test func aDegradeToTheControlIsAWayBack() throws {
    let world = World(
      note: SampleNote.saying("Evidence", nil, in: World.watchedNote).replacing("-> fast", "-> control"))
    try world.move(.promote)
    try world.advance()
    var situation = try Finder(context: world.context("ci"), choices: OperatorChoices())
      .open(World.note, needsNote: false).situation
    let plan = try #require(situation.plan)
    situation.evidence = evidence(.degrade, plan, at: plan.stages[1])
    #expect(watch(in: situation).asks?.verb == .rollback)
  }
}
