import Testing

@testable import RolloutOps

/// Statsig's gates through the real libcurl against a scripted Statsig: what is asked, and what each of its answers leads
/// to.
@Suite(.serialized, .waits, .needsPython) struct StatsigStoreTests {
  static let platform = Result { try LivePlatform(.statsig) }
  static let gate = "/console/v1/gates/ai-summary"

  let platform: LivePlatform
  let world: World

  init() throws {
    platform = try Self.platform.get()
    try platform.put([:])
    world = Self.world(platform)
  }

  static func address(_ platform: LivePlatform, _ environment: String?) -> String {
    platform.address + (environment.map { "/\($0)" } ?? "")
  }

  static func world(_ platform: LivePlatform, _ environment: String? = nil, _ note: String = SampleNote.text) -> World {
    platform.world(note, at: address(platform, environment))
  }

  func store(_ environment: String? = nil, _ world: World? = nil) throws -> any FlagStore {
    try platform.store(Self.address(platform, environment), in: world ?? self.world)
  }

  private var place: Place { get throws { try world.status().place } }

  func started(_ world: World? = nil) throws {
    let world = world ?? self.world
    try world.move(.promote)
    #expect(try world.advance().status == .done)
    world.clock.advance(TimeSpan(seconds: 1))
    try platform.forget()
  }

  func share() throws -> JSON? { try platform.flag("ai-summary")["rules"]?.items?.last }

  // MARK: A rollout's life

  @Test func aRolloutLivesThereAsItDoesInAFile() throws {
    #expect(try world.move(.promote).status == .done)
    let base = try #require(try share()?["baseID"])
    for stage in 1...3 {
      #expect(try world.advance().status == .done)
      #expect(try place.stageIndex == stage)
      #expect(try share()?["baseID"] == base, "the share's rule stays, and so do the units")
    }
    #expect(try world.move(.rollback).status == .done)
    #expect(try place.stageIndex == 2)
    let kill = world.kill()
    #expect(kill.status == .done && kill.lines[0].off, "\(kill.lines)")
    #expect(try platform.flag("ai-summary")["isEnabled"] == false)
    #expect(try place == .killed(serving: "off"))
    #expect(try world.move(.restore, reason: "mended").status == .done)
    #expect(try place.stageIndex == 0)
    #expect(try platform.flag("ai-summary")["isEnabled"] == true)
    #expect(try world.move(.rollback) { $0.stage = "off" }.status == .done)
    #expect(try place == .off)
    #expect(try platform.flag("ai-summary")["isEnabled"] == true)
    #expect(try store().read(World.key).flag?.mark?.killed == false)
    #expect(try share()?["baseID"] == base)
    #expect(try platform.requests().allSatisfy { $0.isAuthorized })
  }

  @Test func aRolloutInOneEnvironmentLeavesTheOthersAlone() throws {
    let world = Self.world(platform, "production")
    let staging: JSON = [
      "name": "everyone", "passPercentage": 70, "conditions": [["type": "public"]], "environments": ["staging"],
      "id": "s1",
    ]
    try platform.edit("ai-summary", ["rules": [staging], "idType": "tenant", "description": "For Maya"])
    let theirs = try #require(try platform.flag("ai-summary")["rules"]?.items?.first)
    try started(world)
    #expect(try platform.flag("ai-summary")["rules"]?.items?.last == theirs)
    #expect(world.kill().status == .done)
    #expect(try platform.flag("ai-summary")["isEnabled"] == true)
    #expect(try platform.flag("ai-summary")["rules"]?.items?.last == theirs)
    #expect(
      try platform.asked().sorted() == [
        "GET \(Self.gate)", "GET \(Self.gate)", "GET \(Self.gate)", "GET \(Self.gate)/overrides",
        "GET \(Self.gate)/overrides",
        "PATCH \(Self.gate)/rules",
      ], "each look asks for the gate and its overrides at the same time; the last asks what may undo it")
    #expect(try world.status().place == .killed(serving: "off"))
    #expect(try world.move(.restore, reason: "mended").status == .done)
    #expect(try world.status().place.stageIndex == 0)
    #expect(
      try platform.flag("ai-summary")["description"]?.text?.hasPrefix("For Maya\nrolloutctl in production: {") == true)
    // Staging reads its own gate out of the same rules.
    #expect(try store("staging", world).read(World.key).flag?.isForeign == true)
  }

  @Test func aKillInOneEnvironmentGoesBeforeRulesMadeByHand() throws {
    let world = Self.world(platform, "production")
    let rule: JSON = ["name": "all", "passPercentage": 70, "conditions": [["type": "public"]], "id": "all"]
    try platform.edit("ai-summary", ["rules": [rule]])
    let killed = world.kill()
    #expect(killed.status == .done, "\(killed.lines.map(\.reasons))")
    let rules = try #require(try platform.flag("ai-summary")["rules"]?.items)
    #expect(rules.count == 2 && rules[0]["passPercentage"] == 0 && rules[0]["environments"] == ["production"])
    #expect(rules[1]["baseID"] == "all" && rules[1]["passPercentage"] == 70)
    try platform.edit(["state": ["overrides": ["ai-summary": ["passingUserIDs": ["u1"]]]]])
    try platform.edit("ai-summary", ["rules": [rule]])
    let kill = world.kill()
    #expect(kill.status != .done && kill.lines[0].reasons.joined().contains("overrides of the gate let some in"))
  }

  @Test func aPromotionTakesSevenRequestsAndAKillThree() throws {
    try world.move(.promote)
    // A flag that is not there is looked for among the dynamic configurations too.
    let nowhere = ["GET \(Self.gate)", "GET \(StatsigConfigurationTests.path)"]
    #expect(try platform.asked() == nowhere + nowhere + ["POST /console/v1/gates", "GET \(Self.gate)"])
    try world.attest("gates")
    try platform.forget()
    #expect(try world.move(.promote).status == .done)
    let look = ["GET \(Self.gate)", "GET \(Self.gate)/overrides"]
    #expect(try platform.asked() == look + look + ["GET \(Self.gate)", "PATCH \(Self.gate)", "GET \(Self.gate)"])
    try platform.forget()
    world.clock.advance(TimeSpan(seconds: 1))
    #expect(world.kill().status == .done)
    #expect(try platform.asked().prefix(3) == ["GET \(Self.gate)", "PUT \(Self.gate)/disable", "GET \(Self.gate)"])
    try platform.forget()
    #expect(try world.move(.restore, reason: "mended").status == .done)
    #expect(
      try platform.asked().suffix(3) == ["PATCH \(Self.gate)", "PUT \(Self.gate)/enable", "GET \(Self.gate)"],
      "the rules first, then the switch")
    #expect(
      try platform.requests().filter { $0.method != "GET" }
        .allSatisfy { $0.headers["x-respect-review-settings"] == "true" })
  }

  @Test func allGatesAreListedPageByPage() throws {
    try started()
    for index in 0..<120 { try platform.edit("g\(index)", ["isEnabled": true]) }
    try platform.forget()
    let listed = try store().list()
    #expect(listed.count == 121 && listed.filter { $0.mark != nil }.map(\.key) == [World.key])
    #expect(
      try platform.asked().sorted() == [
        "GET /console/v1/dynamic_configs", "GET /console/v1/gates", "GET /console/v1/gates",
      ])
    let readings = try store().read([World.key, FlagKey("none")])
    #expect(readings[World.key]?.flag?.mark?.stage == "5% of paid" && readings[FlagKey("none")]?.flag == nil)
  }

  // MARK: Somebody else at work

  @Test func aGateChangedSinceItWasReadIsAConflict() throws {
    try started()
    let store = try store()
    let reading = try store.read(World.key)
    try platform.edit("ai-summary", ["rules": ["1": ["passPercentage": 50]]])
    #expect(throws: StoreTrouble.changedMeanwhile(path: platform.place + Self.gate)) {
      try store.write(try #require(reading.flag), replacing: reading, Occasion(.ordinary))
    }
    #expect(try share()?["passPercentage"] == 50)
  }

  @Test func whatWasOverwrittenInTheLastMomentIsSaid() throws {
    try started()
    try platform.fail([
      "method": "PATCH", "do": ["race": ["flag": "ai-summary", "change": ["rules": ["1": ["passPercentage": 50]]]]],
    ])
    let trouble = try #require(throws: Trouble.self) { try world.move(.rollback) }
    #expect(trouble.status == .conflict)
  }

  @Test func aKillInTheLastMomentIsNotUndone() throws {
    try started()
    try platform.fail([
      "method": "PATCH", "do": ["race": ["flag": "ai-summary", "change": ["isEnabled": false, "status": "Disabled"]]],
    ])
    let trouble = try #require(throws: Trouble.self) { try world.move(.rollback) }
    #expect(trouble.status == .conflict)
    #expect(try platform.flag("ai-summary")["isEnabled"] == false)
    #expect(try world.status().killed)
  }

  @Test func rulesAndOverridesMadeByHandAreDrift() throws {
    try started()
    try platform.edit(["state": ["overrides": ["ai-summary": ["passingUserIDs": ["u1"]]]]])
    #expect(try world.move(.promote).status == .conflict)
    #expect(world.kill().status == .done)
    #expect(try platform.flag("ai-summary")["isEnabled"] == false)
  }

  @Test func aGateTurnedOffByHandCountsAsKilled() throws {
    try started()
    try platform.edit("ai-summary", ["isEnabled": false, "status": "Disabled"])
    #expect(try world.status().killed)
    #expect(world.kill().lines[0].off)
  }

  @Test func aGateThatSomebodyBuiltIsNotOverwritten() throws {
    let rule: JSON = ["name": "mine", "passPercentage": 0, "conditions": [["type": "public"]]]
    try platform.edit("ai-summary", ["isEnabled": false, "status": "Disabled", "rules": [rule]])
    let trouble = try #require(throws: Trouble.self) { try world.move(.promote) }
    #expect(trouble.status == .conflict && trouble.sentences[0].contains("rules that rolloutctl did not write"))
    #expect(try platform.asked().allSatisfy { $0.hasPrefix("GET") })
  }

  @Test func aGateOffForAllEnvironmentsIsNotSwitchedOnForOne() throws {
    let world = Self.world(platform, "production")
    let rule: JSON = [
      "name": "s", "passPercentage": 5, "conditions": [["type": "public"]], "environments": ["staging"],
    ]
    try platform.edit("ai-summary", ["isEnabled": false, "status": "Disabled", "rules": [rule]])
    let trouble = try #require(throws: Trouble.self) { try world.move(.promote) }
    #expect(trouble.sentences[0].contains("switched off, for all environments"), "\(trouble.sentences)")
  }
}
