import Testing

@testable import RolloutOps

/// States that hold at once, and what every verb decides in them: written down from the rules, as values.
struct CombinedStatesTests {
  enum Combination: CaseIterable {
    case killedAndDrifted, killedAndHeld, killedAndPlanChanged, killedOutsideAndDegraded, killedAndFinished
    case heldAndDrifted, heldAndPlanChanged, heldAndDegraded, heldAndOff, heldAndFinished, heldAndAbandoned
    case planChangedAndDegraded, planChangedAndOff
  }

  /// Exit status and effect: `w` writes the store, `j` only the journal, `-` nothing.
  static let table: [Combination: String] = [
    // A kill that somebody undid by hand: only what narrows goes, and it writes the kill anew.
    .killedAndDrifted: """
    promote 6-  rollback 0w  hold 0j  resume 0-  kill 0w  restore 6-
    exclude 6-  include 6-  adopt 0j  replan 6-  finish 6-  abandon 0w  degrade 6-
    """,
    // The kill counts before the hold, and the hold outlives it.
    .killedAndHeld: """
    promote 5-  rollback 0-  hold 0-  resume 0j  kill 0j  restore 0w
    exclude 0j  include 0-  adopt 0-  replan 0-  finish 5-  abandon 0j  degrade 0-
    """,
    .killedAndPlanChanged: """
    promote 5-  rollback 0-  hold 0j  resume 0-  kill 0j  restore 0w
    exclude 0j  include 0-  adopt 0-  replan 0j  finish 5-  abandon 0j  degrade 0-
    """,
    // The canary does not come back by lifting the degrade; restore begins anew.
    .killedOutsideAndDegraded: """
    promote 5-  rollback 0-  hold 0j  resume 6-  kill 0w  restore 0w
    exclude 0j  include 0-  adopt 0-  replan 0-  finish 5-  abandon 0j  degrade 0-
    """,
    .killedAndFinished: """
    promote 5-  rollback 0-  hold 0j  resume 0-  kill 0j  restore 0w
    exclude 0j  include 0-  adopt 0-  replan 0-  finish 5-  abandon 0j  degrade 0-
    """,
    .heldAndDrifted: """
    promote 6-  rollback 0w  hold 0-  resume 0j  kill 0w  restore 6-
    exclude 0w  include 6-  adopt 0j  replan 6-  finish 6-  abandon 0w  degrade 6-
    """,
    // The edited note refuses first, but a hold still keeps everybody out who is out.
    .heldAndPlanChanged: """
    promote 6-  rollback 0w  hold 0-  resume 0j  kill 0w  restore 0-
    exclude 0w  include 3-  adopt 0-  replan 0j  finish 6-  abandon 0w  degrade 0w
    """,
    // One thing at a time: resume lifts the hold first.
    .heldAndDegraded: """
    promote 3-  rollback 0w  hold 0-  resume 0j  kill 0w  restore 0-
    exclude 0w  include 3-  adopt 0-  replan 0-  finish 3-  abandon 0w  degrade 0-
    """,
    .heldAndOff: """
    promote 3-  rollback 0-  hold 0-  resume 0j  kill 0w  restore 0-
    exclude 0j  include 3-  adopt 0-  replan 0-  finish 3-  abandon 0w  degrade 0-
    """,
    // A hold opens nothing that is closed.
    .heldAndFinished: """
    promote 3-  rollback 0w  hold 0-  resume 0j  kill 0w  restore 0-
    exclude 0w  include 3-  adopt 0-  replan 6-  finish 3-  abandon 6-  degrade 6-
    """,
    .heldAndAbandoned: """
    promote 3-  rollback 0-  hold 0-  resume 0j  kill 0w  restore 0-
    exclude 0-  include 3-  adopt 0-  replan 6-  finish 3-  abandon 0-  degrade 0-
    """,
    .planChangedAndDegraded: """
    promote 6-  rollback 0w  hold 0j  resume 6-  kill 0w  restore 0-
    exclude 0w  include 0-  adopt 0-  replan 0j  finish 6-  abandon 0w  degrade 0-
    """,
    .planChangedAndOff: """
    promote 6-  rollback 0-  hold 0j  resume 0-  kill 0w  restore 0-
    exclude 0j  include 0-  adopt 0-  replan 0j  finish 6-  abandon 0w  degrade 0-
    """,
  ]

  private func world(in combination: Combination) throws -> World {
    let hasVariants = [
      .killedOutsideAndDegraded, .heldAndDegraded, .planChangedAndDegraded, .heldAndPlanChanged,
    ].contains(combination)
    let world = World(note: hasVariants ? World.variantNote : World.plainNote)
    func editNote() {
      world.files.put(World.note, (world.files.text(World.note) ?? "").replacing("25% of paid 0s", "20% of paid 0s"))
    }
    try world.move(.promote)
    switch combination {
    case .killedAndDrifted:
      world.kill()
      try world.serve("on")
    case .killedAndHeld:
      try world.move(.hold)
      world.kill()
    case .killedAndPlanChanged:
      world.kill()
      editNote()
    case .killedOutsideAndDegraded:
      try world.degrade()
      try world.serve("control")
    case .killedAndFinished, .heldAndFinished:
      for _ in 0..<3 { try world.advance() }
      try world.attest("gates")
      try world.move(.finish)
      if combination == .killedAndFinished { world.kill() } else { try world.move(.hold) }
    case .heldAndDrifted:
      try world.advance()
      try world.move(.hold)
      try world.meddle { split in
        split.exposure = Exposure(
          grants: split.exposure.grants.map {
            $0.share.isWhole ? $0 : Grant(cohort: $0.cohort, share: Percentage(percent: 9))
          })
      }
    case .heldAndPlanChanged:
      try world.move(.hold)
      try world.move(.exclude, reason: "asked") {
        $0.selector = .equals(attribute: "tenant", AttributeValue("initech"))
      }
      editNote()
    case .heldAndDegraded:
      try world.degrade()
      try world.move(.hold)
    case .heldAndOff:
      try world.move(.rollback)
      try world.move(.hold)
    case .heldAndAbandoned:
      try world.move(.abandon)
      try world.move(.hold)
    case .planChangedAndDegraded:
      try world.degrade()
      editNote()
    case .planChangedAndOff:
      try world.move(.rollback)
      editNote()
    }
    return world
  }

  @Test(arguments: Combination.allCases)
  func everyVerbIsDecided(combination: Combination) throws {
    let world = try world(in: combination)
    let opening = Finder(context: world.context(), choices: OperatorChoices())
    let situation = try opening.open(World.note, needsNote: false).situation
    let decided = Verb.allCases.map { verb in
      var request = Request(verb)
      (request.reason, request.stage) = ("because", verb == .adopt ? "5% of paid" : nil)
      request.variant = "fast"
      request.selector = .equals(attribute: "tenant", AttributeValue("acme"))
      let decision = decide(request, in: situation)
      return "\(verb.rawValue) \(decision.status.rawValue)\(decision.writes ? "w" : decision.acts ? "j" : "-")"
    }
    let expected = try #require(Self.table[combination]).split { $0 == "\n" }.joined(separator: "  ")
    #expect(decided.joined(separator: "  ") == expected)
  }

  /// A hold survives kill and restore.
  @Test func restoringAHeldFlagLeavesItHeld() throws {
    let world = try world(in: .killedAndHeld)
    #expect(try world.move(.restore, reason: "mended").status == .done)
    #expect(try world.status().hold != nil)
    #expect(try world.move(.promote).status == .hold)
  }

  /// Taking up a kill again, after somebody undid it by hand, leaves nobody with the canary.
  @Test(arguments: [Verb.rollback, .abandon]) func anUndoneKillIsWrittenAnew(verb: Verb) throws {
    let world = try world(in: .killedAndDrifted)
    try world.move(verb)
    let flag = try #require(try world.flag)
    #expect(flag.mark?.killed == true && !flag.exposes(control: "off"))
    #expect(try world.move(.promote).status == .kill)
  }
}

extension World {
  /// Somebody gives everybody that variant by hand.
  func serve(_ variant: String) throws {
    let store = FileStore(path: Self.store, address: "file:flags.json", context: context("stranger"))
    let reading = try store.read(Self.key)
    var flag = try #require(reading.flag)
    (flag.serving, flag.mark) = (.everyone(variant), nil)
    _ = try store.write(flag, replacing: reading, urgency: .ordinary)
  }
}
