import Testing

@testable import RolloutOps

/// The built-in gates, one at a time, through real promotions on a scripted clock.
@Suite struct GateTests {
  /// The plain note with one line changed or added.
  static func world(_ change: (String) -> String) -> World { World(note: change(World.plainNote)) }

  func holds(_ world: World, by actor: String = "maya") throws -> [String] {
    let report = try world.move(.promote, by: actor, dryRun: true)
    return report.decision.gates.filter { $0.verdict != .pass && !$0.advisory }.map(\.name)
  }

  @Test func soakCountsFromTheReadBackPlusTheStoresPropagation() throws {
    let world = Self.world { $0.replacing("internal 0s", "internal 1d") }
    try world.move(.promote)
    try world.attest("gates")
    world.clock.advance(TimeSpan(seconds: 86_400 + 5))
    #expect(try holds(world) == ["soak"])
    #expect(try world.status().earliest == world.clock.now() + TimeSpan(seconds: 1))
    world.clock.advance(TimeSpan(seconds: 1))
    #expect(try holds(world) == [])
  }

  @Test func holdDoesNotStopTheSoakButReentryRestartsIt() throws {
    let world = Self.world { $0.replacing("internal 0s", "internal 1d") }
    try world.move(.promote)
    try world.move(.hold)
    world.clock.advance(.days(2))
    try world.move(.resume)
    try world.attest("gates")
    #expect(try holds(world) == [])
    world.clock.advance(TimeSpan(seconds: 1))
    try world.move(.rollback)
    try world.move(.promote)
    #expect(try holds(world) == ["soak", "parse failures above 2%"])
  }

  @Test func whatNoMachineMeasuresHoldsUntilSomebodyLookedAtThisStay() throws {
    let world = World()
    try world.move(.promote)
    #expect(try holds(world) == ["parse failures above 2%"])
    try world.attest("gates")
    #expect(try holds(world) == [])
    // A word about an earlier stay at the same stage is worth nothing.
    try world.advance()
    try world.move(.rollback)
    #expect(try holds(world) == ["parse failures above 2%"])
  }

  @Test func reviewStandsBeforeTheFirstWideStageByAnotherPerson() throws {
    let world = Self.world { $0.replacing("Tier: 3", "Tier: 2") }
    try world.move(.promote)
    try world.advance()
    try world.attest("gates")
    #expect(try holds(world) == ["review"])
    // Whoever promoted it is refused at once, and not when it is too late.
    #expect(throws: Trouble.self) { try world.attest("review", by: "maya") }
    #expect(try holds(world, by: "maya") == ["review"])
    try world.attest("review", by: "lee")
    #expect(try holds(world, by: "maya") == [])
    #expect(try holds(world, by: "lee") == ["review"])
  }

  @Test func tierThreeNeedsNoReview() throws {
    let world = World()
    try world.move(.promote)
    try world.advance()
    try world.attest("gates")
    #expect(try holds(world) == [])
  }

  @Test func checklistHoldsTiersZeroAndOneFromTheFirstPercentageStageOn() throws {
    let world = Self.world { $0.replacing("Tier: 3", "Tier: 1") }
    #expect(try holds(world) == [])
    try world.move(.promote)
    try world.attest("gates")
    #expect(try holds(world) == ["kill-drill", "fallback", "nightly-eval", "runbook"])
    for item in ["kill-drill", "fallback", "nightly-eval", "runbook"] { try world.attest(item) }
    #expect(try holds(world) == [])
  }

  @Test func checklistFieldDecidesOverTheTier() throws {
    let advisory = Self.world { $0.replacing("Tier: 3", "Tier: 1\nChecklist: advisory") }
    try advisory.move(.promote)
    try advisory.attest("gates")
    #expect(try holds(advisory) == [])
    let required = Self.world { $0.replacing("Tier: 3", "Tier: 3\nChecklist: required") }
    try required.move(.promote)
    try required.attest("gates")
    #expect(try holds(required).contains("kill-drill"))
  }

  @Test func aRealKillCountsAsADrillForThirtyOneDays() throws {
    let world = Self.world { $0.replacing("Tier: 3", "Tier: 1") }
    try world.move(.promote)
    world.kill()
    try world.move(.restore, on: "ai-summary", reason: "drill")
    let drilled = { try world.status().checklist.first { $0.item == .killDrill }?.state }
    #expect(try drilled() == .done)
    world.clock.advance(.days(31) + TimeSpan(seconds: 1))
    #expect(try drilled() == .open)
  }

  @Test(arguments: [
    ("Owner: maya\n", "owner"), ("Version: prompt_version = v7\n", "version"),
    ("Dashboard / query: https://dashboards.example.com/d/summary\n", "query"),
  ])
  func whatTheNoteMustNameHoldsFromTheFirstPercentageStage(line: String, gate: String) throws {
    let world = Self.world { $0.replacing(line, "") }
    #expect(try holds(world) == [])
    try world.move(.promote)
    try world.attest("gates")
    #expect(try holds(world) == [gate])
  }

  @Test func aClockBehindTheJournalHoldsWideningAndNothingElse() throws {
    let world = World()
    try world.move(.promote)
    try world.attest("gates")
    world.clock.advance(TimeSpan(seconds: -121))
    #expect(try holds(world) == ["clock"])
    #expect(try world.move(.promote, reason: "now") { $0.override = "clock" }.status == .hold)
    #expect(try world.move(.rollback).status == .done)
    #expect(world.kill().status == .done)
    #expect(try world.move(.restore, on: "ai-summary", reason: "back").status == .hold)
  }

  @Test func overridePassesOneNamedGateAndIsJournaled() throws {
    let world = Self.world {
      $0.replacing("internal 0s", "internal 1d").replacing(
        "Rollback trigger:", "Kill trigger:\n- cost above 9\nRollback trigger:")
    }
    try world.move(.promote)
    #expect(try world.move(.promote) { $0.override = "soak" }.status == .usage, "a reason is needed")
    #expect(try world.move(.promote, reason: "x") { $0.override = "sok" }.status == .usage)
    #expect(try world.move(.promote, reason: "x") { $0.override = "cost above 9" }.status == .hold)
    try world.attest("gates")
    let report = try world.move(.promote, reason: "demo at noon") { $0.override = "soak" }
    #expect(report.status == .done)
    let entry = try #require(try world.entries.last { $0.content.outcome == .intended })
    #expect(entry.content.detail("override")?["gate"] == "soak")
    #expect(entry.content.reason == "demo at noon")
    #expect(try world.status().stages[0].override == "soak skipped by maya: “demo at noon”")
  }

  @Test func finishWaitsForTheSteadyStateAndForWhoeverIsTakenOut() throws {
    let world = Self.world { $0.replacing("100% 0s", "100% -> finish 14d") }
    for _ in 0..<4 { try world.advance() }
    try world.move(.exclude, reason: "asked") {
      $0.selector = .equals(attribute: "tenant", AttributeValue("acme"))
    }
    try world.attest("gates")
    let finish = { try world.move(.finish, dryRun: true).decision.gates.filter { $0.verdict != .pass }.map(\.name) }
    #expect(try finish() == ["soak", "exclusions"])
    world.clock.advance(.days(14) + TimeSpan(seconds: 6))
    #expect(try finish() == ["exclusions"])
    try world.move(.include, reason: "ready") {
      $0.selector = .equals(attribute: "tenant", AttributeValue("acme"))
    }
    // Who is in again has not been waited for yet.
    #expect(try finish() == ["soak"])
    world.clock.advance(.days(14) + TimeSpan(seconds: 6))
    #expect(try world.move(.finish).status == .done)
    #expect(try world.flag?.serving == .everyone("on"))
  }
}
