import Testing

@testable import RolloutOps

/// What moves do to the store, beyond the table of states.
@Suite struct MoveTests {
  func exposure(_ world: World) throws -> Exposure? {
    guard case .split(let split)? = try world.flag?.serving else { return nil }
    return split.exposure
  }

  @Test func stagesAccumulateAndSharesGrow() throws {
    let world = World()
    let staff = Selector.equals(attribute: "team", AttributeValue("staff"))
    let paid = Selector.equals(attribute: "plan", AttributeValue("paid"))
    try world.advance()
    #expect(try exposure(world)?.grants == [Grant(cohort: staff, share: .whole)])
    try world.advance()
    #expect(
      try exposure(world)?.grants
        == [Grant(cohort: staff, share: .whole), Grant(cohort: paid, share: Percentage(percent: 5))])
    try world.advance()
    #expect(
      try exposure(world)?.grants
        == [Grant(cohort: staff, share: .whole), Grant(cohort: paid, share: Percentage(percent: 25))])
    try world.advance()
    #expect(try exposure(world)?.grants == [Grant(cohort: nil, share: .whole)])
  }

  @Test func toNamesOnlyTheNextStageOrThePresentOne() throws {
    let world = try World.after(1)
    #expect(try world.move(.promote) { $0.stage = "internal" }.decision.reasons == ["already there: internal"])
    #expect(try world.move(.promote) { $0.stage = "25%" }.status == .conflict)
    #expect(try world.move(.promote) { $0.stage = "26%" }.status == .usage)
    #expect(try world.entries.count == 2)
    try world.attest("gates")
    #expect(try world.move(.promote) { $0.stage = "5%" }.status == .done)
  }

  @Test func rollbackGoesBackOneOrFurtherAndNeverForward() throws {
    let world = try World.after(4)
    #expect(try world.move(.rollback).after.place == .stage(2, name: "25% of paid"))
    #expect(try world.move(.rollback) { $0.stage = "internal" }.after.place == .stage(0, name: "internal"))
    #expect(try world.move(.rollback) { $0.stage = "25%" }.status == .usage)
    let off = try world.move(.rollback)
    #expect(off.after.place == .off && !off.after.killed)
    #expect(try world.flag?.serving == .everyone("off"))
    #expect(try world.move(.promote).after.place == .stage(0, name: "internal"))
  }

  @Test func narrowingGoesOnWhereTheJournalCannotBeWritten() throws {
    let world = try World.after(2)
    try world.attest("gates")
    world.files.fail(.append, on: ".journal", .diskFull)
    #expect(throws: Trouble.self) { try world.move(.promote) }
    let report = try world.move(.rollback)
    #expect(report.status == .done)
    #expect(report.remarks.contains { $0.contains("could not be journaled") })
    #expect(try exposure(world)?.grants.count == 1)
    world.files.stopFailing()
    // The store is ahead of the journal now, and that is said rather than hidden.
    #expect(try world.status().drift != nil)
  }

  @Test func nothingWidensWhereTheJournalCannotBeWritten() throws {
    let world = World()
    world.files.fail(.append, on: ".journal", .diskFull)
    #expect(throws: Trouble.self) { try world.move(.promote) }
    #expect(try world.flag == nil)
  }

  @Test func aWriteThatFailedAfterItLandedCounts() throws {
    let world = try World.after(1)
    try world.attest("gates")
    // The folder's sync fails once the new file is in place.
    world.files.fail(.syncFolder, on: "/w", .other(code: 5, text: "input/output error"), times: 1)
    let report = try world.move(.promote)
    #expect(report.status == .done)
    #expect(report.remarks.contains { $0.hasPrefix("the store shows the change; what failed after it: ") })
    #expect(try world.status().place == .stage(1, name: "5% of paid"))
    #expect(try world.status().drift == nil)
  }

  @Test func driftIsShownAndNeverOverwritten() throws {
    let world = try World.after(2)
    try world.meddle { $0.exposure = Exposure(grants: [Grant(cohort: nil, share: Percentage(percent: 1))]) }
    let before = world.files.text(World.store)
    #expect(try world.move(.promote).status == .conflict)
    #expect(try world.move(.rollback).status == .conflict, "internal may let in more than 1% of everybody")
    #expect(world.files.text(World.store) == before)
    #expect(try world.move(.rollback) { $0.stage = "off" }.status == .done)
    #expect(try world.entries.contains { $0.content.detail("replaced") != nil }, "the edit is kept")
  }

  @Test func adoptTakesWhatIsShownAndTheNextMoveBringsThePlanBack() throws {
    let world = try World.after(2)
    try world.meddle { $0.exposure = Exposure(grants: [Grant(cohort: nil, share: Percentage(percent: 1))]) }
    #expect(try world.move(.adopt) { $0.stage = "5% of paid" }.status == .done)
    #expect(try world.status().drift == nil)
    #expect(try world.advance().status == .done)
    #expect(try exposure(world)?.grants.count == 2)
  }

  @Test func aFlagRolledOutByHandNeedsAdopt() throws {
    let world = World(
      flags:
        #"{"flags": {"ai-summary": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"}}}"#
    )
    #expect(try world.move(.promote).status == .conflict)
    #expect(try world.move(.adopt) { $0.stage = "100%" }.status == .done)
    #expect(try world.status().place == .stage(3, name: "100%"))
  }

  @Test func foreignTargetingIsReplacedOnlyKnowingly() throws {
    let rules = #"{"if": [{"ends_with": [{"var": "email"}, "@example.com"]}, "on", "off"]}"#
    let flags =
      #"{"flags": {"ai-summary": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off", "targeting": "#
      + rules + "}}}"
    let world = World(flags: flags)
    #expect(try world.move(.promote).status == .conflict)
    #expect(world.files.text(World.store) == flags)
    let report = try world.move(.promote) { $0.adoptsForeign = true }
    #expect(report.status == .done)
    #expect(report.decision.reasons.contains { $0.contains("ends_with") })
    #expect(try world.entries.first?.content.detail("replaced")?.text?.contains("ends_with") == true)
  }

  @Test func anEditedSentenceIsNoChangeOfThePlanButAnEditedStageIs() throws {
    let world = try World.after(1)
    try world.attest("gates")
    world.files.put(World.note, World.plainNote.replacing("# Summary prompt", "# Summary prompt, again"))
    #expect(try world.status().outlook == .promote)
    world.files.put(World.note, World.plainNote.replacing("25% of paid 0s", "20% of paid 0s"))
    let refused = try world.move(.promote)
    #expect(refused.status == .conflict)
    #expect(refused.decision.reasons.contains { $0.contains("stage 3: 25% of paid") })
    #expect(try world.move(.replan, reason: "smaller").status == .done)
    #expect(try world.move(.promote).status == .done)
  }

  @Test(arguments: [("Unit: tenant", "Unit: user"), ("internal: team = staff", "internal: team = all")])
  func whatWasReachedIsFrozen(old: String, new: String) throws {
    let world = try World.after(1)
    world.files.put(World.note, World.plainNote.replacing(old, new))
    let report = try world.move(.replan, reason: "other people")
    #expect(report.status == .conflict)
    #expect(report.decision.reasons.first?.contains("is frozen") == true)
  }

  @Test func aPromotionThatWasOvertakenGivesWay() throws {
    let world = try World.after(1)
    try world.attest("gates")
    // Between our first look and our turn at the lock another operator promotes.
    world.files.before(.lock, on: ".journal.lock") { files in
      let other = World(sharing: files)
      _ = try? other.move(.promote, by: "lee")
    }
    let report = try world.move(.promote)
    #expect(report.status == .conflict)
    #expect(report.decision.reasons.first?.contains("lee ran promote to 5% of paid") == true)
    #expect(try world.status().place == .stage(1, name: "5% of paid"))
  }

  @Test func excludeTakesOneOutInEveryStageUntilIncluded() throws {
    let world = World()
    let acme = Selector.equals(attribute: "tenant", AttributeValue("acme"))
    try world.advance()
    #expect(try world.move(.exclude) { $0.selector = acme }.status == .usage, "a reason is needed")
    try world.move(.exclude, reason: "they asked") { $0.selector = acme }
    #expect(try exposure(world)?.exclusions == [acme])
    try world.advance()
    #expect(try exposure(world)?.exclusions == [acme])
    world.kill()
    try world.move(.restore, on: "ai-summary", reason: "fixed")
    #expect(try exposure(world)?.exclusions == [acme])
    try world.move(.include, reason: "ready") { $0.selector = acme }
    #expect(try exposure(world)?.exclusions == [])
  }

  @Test func holdSurvivesKillAndRestore() throws {
    let world = try World.after(1)
    try world.move(.hold, reason: "waiting for legal")
    world.kill()
    #expect(try world.move(.restore, on: "ai-summary", reason: "ok").status == .done)
    #expect(try world.move(.promote).status == .hold)
    #expect(try world.status().hold?.reason == "waiting for legal")
  }

  @Test func aFinishedRolloutCanStillGoBackAndANewNoteStartsAnew() throws {
    let world = try World.after(4)
    try world.attest("gates")
    try world.move(.finish)
    #expect(try world.move(.promote).decision.reasons == ["the note's rollout is finished, there is nothing to do"])
    #expect(try world.move(.rollback).after.place == .stage(3, name: "100%"))
    try world.attest("gates")
    try world.move(.finish)
    world.files.put(World.note, World.plainNote.replacing("v7", "v8").replacing("= v6", "= v7"))
    // Everybody has v7; starting with "off for all but staff" would take it from them.
    let refused = try world.move(.promote)
    #expect(refused.status == .conflict)
    #expect(
      refused.decision.reasons.first == "everybody gets \"on\" now, and the note's control would take it from them")
  }

  @Test func withVariantsTheFinishedCanaryIsTheControlOfTheNextRollout() throws {
    let world = World(note: World.variantNote)
    for _ in 0..<4 { try world.advance() }
    try world.attest("gates")
    try world.move(.finish)
    #expect(try world.flag?["control"]?["prompt"] == "v7")
    let next = World.variantNote.replacing("v7\"}", "v8\"}").replacing("\"v6\"}", "\"v7\"}")
    world.files.put(World.note, next)
    #expect(try world.move(.promote).status == .done)
    #expect(try world.flag?["control"]?["prompt"] == "v7")
    #expect(try world.flag?["canary"]?["prompt"] == "v8")
  }

  /// A script that names a stage reads 0 as "it is there".
  @Test func aNamedStageIsNeverReachedByHavingNothingToDo() throws {
    let world = try World.after(4)
    #expect(try world.move(.promote).decision.status == .done)
    #expect(try world.move(.promote) { $0.stage = "100%" }.decision.status == .done)
    #expect(try world.move(.promote) { $0.stage = "5% of paid" }.decision.status == .conflict)
    try world.attest("gates")
    try world.move(.finish)
    #expect(try world.move(.promote).decision.status == .done)
    #expect(try world.move(.promote) { $0.stage = "internal" }.decision.status == .conflict)
    #expect(try world.move(.promote) { $0.stage = "nowhere" }.decision.status == .usage)
  }
}
