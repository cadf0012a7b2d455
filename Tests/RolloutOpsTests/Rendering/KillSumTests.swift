import Testing

@testable import RolloutOps

/// The closing block of a kill, out of the journals of whole rollouts.
@Suite struct KillSumTests {
  private static func world(_ fallback: String? = nil) -> World {
    var note = SampleNote.text
    for (field, text) in [
      ("Owner", "Owner: maya"), ("On call", "On call: ai-platform"), ("Runbook", "Runbook: runbooks/summary.md"),
      ("Fallback", fallback),
    ] {
      note = SampleNote.saying(field, text, in: note)
    }
    return World(note: note)
  }

  private static func facts(
    _ world: World, serving: String? = "off", journaling: KillFacts.Journaling? = .written(as: "oncall"),
    said: String? = nil, other: String? = nil, undoers: [String] = []
  ) throws -> KillFacts {
    KillFacts(
      World.key, serving: serving, progress: Progress(try world.entries), journaling: journaling,
      said: said, other: other, undoers: undoers, calendar: LocalCalendar(zone: .utc, now: world.clock.now()))
  }

  @Test func itSaysWhereItWasWhatUsersGetAndWhomToTell() throws {
    let world = Self.world("Fallback: off -> clause template without AI.")
    try world.move(.promote)
    let since = LocalCalendar(zone: .utc, now: world.clock.now()).exact(
      try #require(Progress(try world.entries).visits.last?.entered))
    world.clock.advance(TimeSpan(seconds: 600))
    let before = try Self.facts(world).text(ink: .none)
    world.kill()
    let facts = try Self.facts(world, other: "rolloutctl kill ai-summary --to control")
    #expect(
      facts.text(ink: .none) == [
        "  before      at internal since \(since)", "  users get   clause template without AI",
        "  journaled   as oncall",
        "  to tell     owner maya, on call ai-platform", "  runbook     runbooks/summary.md",
        "  when fixed  rolloutctl restore --reason \"…\" ai-summary",
        "  instead     rolloutctl kill ai-summary --to control",
      ])
    // Whether the journal had the kill already when it was read makes no difference.
    #expect(before == Array(facts.text(ink: .none).dropLast()))
  }

  @Test func whatNobodyKnowsIsNotSaid() throws {
    let calendar = LocalCalendar(zone: .utc, now: Instant(seconds: 0))
    let bare = KillFacts(
      FlagKey("it's"), serving: nil, progress: nil, journaling: nil, calendar: calendar)
    #expect(bare.text(ink: .none) == [#"  when fixed  rolloutctl restore --reason "…" 'it'\''s'"#])
    // A flag of somebody else's, killed: the journal has that one entry, and no rollout.
    let world = World(
      flags: #"{"flags": {"ai-summary": {"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"on"}}}"#
    )
    world.kill()
    #expect(try Self.facts(world).before == nil)
  }

  @Test func aKillThatIsNotInTheJournalAndMayBeUndoneSaysSo() throws {
    let world = Self.world()
    try world.move(.promote)
    let facts = try Self.facts(
      world, journaling: .missing(["the disk is full", "make room"]), said: "staging", undoers: ["a plan moves it"])
    #expect(
      facts.text(ink: .none).suffix(3) == [
        "  runbook     runbooks/summary.md",
        "  when fixed  rolloutctl restore --reason \"…\" --store staging ai-summary", "  may undo    a plan moves it",
      ])
    #expect(facts.text(ink: .none).contains("  journaled   NO: the disk is full; make room"))
    let members = JSON.object(facts.members)
    #expect(members["journaled"]?["missing"] == ["the disk is full", "make room"] && members["owner"] == "maya")
    #expect(members["was"]?["place"] == "internal" && members["may_be_undone"] == ["a plan moves it"])
    #expect(
      facts.members.map(\.name) == [
        "was", "users_get", "journaled", "owner", "on_call", "runbook", "restore", "instead", "may_be_undone",
        "working_copy",
      ])
  }

  @Test(arguments: [
    ("off -> clause template without AI", "off", "clause template without AI"),
    ("off → the old search.", "off", "the old search"), ("flag off => the form", "off", "the form"),
    ("clause template", "off", "clause template"), ("off -> template", "on", nil), ("off ->", "off", nil),
    ("control -> v6", "control", "v6"), ("template", "control", nil),
  ]) func theFallbackIsReadForWhatIsServed(text: String, serving: String, meaning: String?) {
    var plan = Plan(flag: FlagKey("a"))
    plan.variants = Variants([], canary: "canary", control: "x")
    plan.fallback = text
    #expect(KillFacts.meaning(of: serving, in: plan) == meaning)
  }

  @Test func withoutAFallbackTheControlIsTheVersionBefore() {
    var plan = Plan(flag: FlagKey("a"))
    plan.controlVersion = VersionLabel(field: "prompt_version", value: "v6")
    plan.variants = Variants([], canary: "canary", control: "control")
    #expect(KillFacts.meaning(of: "control", in: plan) == "the version before, prompt_version = v6")
    #expect(KillFacts.meaning(of: "off", in: plan) == nil && KillFacts.meaning(of: "control", in: nil) == nil)
  }

  @Test func whatComesFromOutsideObeysNoTerminal() throws {
    let world = Self.world()
    try world.move(.promote)
    let facts = try Self.facts(world, serving: "\u{1B}[2J", journaling: .written(as: "\u{1B}c"), undoers: ["\u{7}"])
    #expect(
      !facts.text(ink: .none).joined().unicodeScalars.contains { $0.value < 0x20 })
  }
}
