import Testing

@testable import RolloutOps

/// PostHog's flags through the real libcurl against a scripted PostHog: what is asked, and what each of its answers leads
/// to.
@Suite(.serialized, .waits, .needsPython) struct PostHogStoreTests {
  static let platform = Result { try LivePlatform(.posthog) }
  static let flags = "/api/projects/1/feature_flags/"

  let platform: LivePlatform
  let world: World

  init() throws {
    platform = try Self.platform.get()
    try platform.put(["group_types": ["0": "tenant"]])
    world = platform.world()
  }

  func store(_ world: World? = nil) throws -> any FlagStore {
    try platform.store(in: world ?? self.world)
  }

  private var place: Place { get throws { try world.status().place } }

  /// At the second stage: 5% of paid, with everybody of the first.
  private func started() throws {
    try world.move(.promote)
    #expect(try world.advance().status == .done)
    try platform.forget()
  }

  private func refusal(_ body: () throws -> Void) throws -> (Trouble, String) {
    let trouble = try #require(throws: Trouble.self) { try body() }
    let words = trouble.sentences.joined(separator: "\n")
    #expect(!words.contains(LivePlatform.token), "no token is ever said")
    return (trouble, words)
  }

  // MARK: A rollout's life

  @Test func aRolloutLivesThereAsItDoesInAFile() throws {
    #expect(try world.move(.promote).status == .done)
    #expect(try place.stageIndex == 0)
    for stage in 1...3 {
      #expect(try world.advance().status == .done)
      #expect(try place.stageIndex == stage)
    }
    #expect(try world.move(.rollback).status == .done)
    #expect(try place.stageIndex == 2)
    let kill = world.kill()
    #expect(kill.status == .done && kill.lines[0].off, "\(kill.lines)")
    #expect(try platform.flag("ai-summary")["active"] == false)
    #expect(try place == .killed(serving: "off"))
    #expect(try world.move(.restore, reason: "mended").status == .done)
    #expect(try place.stageIndex == 0)
    #expect(try platform.flag("ai-summary")["active"] == true)
    #expect(try world.move(.rollback) { $0.stage = "off" }.status == .done)
    #expect(try place == .off)
    // Off, but not killed: the switch stays on.
    #expect(try platform.flag("ai-summary")["active"] == true)
    #expect(try store().read(World.key).flag?.mark?.killed == false)
    #expect(try platform.requests().allSatisfy(\.isAuthorized))
  }

  @Test func aRolloutWithVariantsIsKilledToControl() throws {
    let world = platform.world(SampleNote.withVariants)
    #expect(try world.move(.promote).status == .done)
    #expect(try world.advance().status == .done)
    try platform.forget()
    world.clock.advance(TimeSpan(seconds: 1))
    #expect(world.kill().status == .done)
    let number = try #require(try platform.flag("ai-summary")["id"]?.integer)
    #expect(
      try platform.asked().prefix(3) == ["GET \(Self.flags)", "PATCH \(Self.flags)\(number)/", "GET \(Self.flags)"])
    let flag = try #require(try store(world).read(World.key).flag)
    #expect(flag.serving == .everyone("control") && flag.mark?.killed == true)
    #expect(try platform.flag("ai-summary")["active"] == true)
    #expect(try world.move(.restore, reason: "mended").status == .done)
    #expect(try world.status().place.stageIndex == 0)
    #expect(world.kill(to: "off").status == .done)
    #expect(try store(world).read(World.key).flag?.serving == .everyone("off"))
  }

  @Test func aPromotionTakesFourRequestsAndAKillThree() throws {
    try world.move(.promote)
    let number = try #require(try platform.flag("ai-summary")["id"]?.integer)
    #expect(
      try platform.asked() == [
        "GET \(Self.flags)", "GET \(Self.flags)", "GET /api/projects/1/groups_types/", "POST \(Self.flags)",
        "GET \(Self.flags)\(number)/",
      ])
    try world.attest("gates")
    try platform.forget()
    #expect(try world.move(.promote).status == .done)
    #expect(
      try platform.asked() == [
        "GET \(Self.flags)", "GET \(Self.flags)", "PATCH \(Self.flags)\(number)/", "GET \(Self.flags)\(number)/",
      ])
    try platform.forget()
    world.clock.advance(TimeSpan(seconds: 1))
    #expect(world.kill().status == .done)
    #expect(
      try platform.asked() == [
        "GET \(Self.flags)", "POST \(Self.flags)\(number)/disable/", "GET \(Self.flags)", "GET \(Self.flags)",
        "GET /api/projects/1/scheduled_changes/",
      ], "the last two ask what may undo it")
    try platform.forget()
    #expect(try world.move(.restore, reason: "mended").status == .done)
    #expect(
      try platform.asked().suffix(3) == [
        "PATCH \(Self.flags)\(number)/", "POST \(Self.flags)\(number)/enable/", "GET \(Self.flags)\(number)/",
      ], "the rules first, then the switch")
  }

  @Test func severalFlagsAreReadInOneRequestAndManagedOnesAreMarked() throws {
    try started()
    try platform.edit("by-hand", ["active": true])
    try platform.forget()
    let readings = try store().read([World.key, FlagKey("by-hand"), FlagKey("none")])
    #expect(try platform.asked() == ["GET \(Self.flags)"])
    #expect(readings[World.key]?.flag?.mark?.stage == "5% of paid" && readings[FlagKey("none")]?.flag == nil)
    let listed = try store().list()
    #expect(Set(listed.map(\.key.text)) == ["ai-summary", "by-hand"])
    #expect(listed.filter { $0.mark != nil }.map(\.key) == [World.key])
  }

  @Test func aServerThatCannotLookForAKeyIsReadPageByPage() throws {
    try started()
    try platform.edit(["state": ["key_filter": false]])
    for index in 0..<3 { try platform.edit("other-\(index)", ["active": true]) }
    #expect(try store().read(World.key).flag != nil)
    #expect(try store().read(FlagKey("AI-SUMMARY")).flag == nil, "capitals matter to us")
  }

  // MARK: Old servers

  @Test func aServerWithoutActionsIsSwitchedByPatch() throws {
    try platform.edit(["state": ["old_server": true]])
    try started()
    world.clock.advance(TimeSpan(seconds: 1))
    #expect(world.kill().status == .done)
    let number = try #require(try platform.flag("ai-summary")["id"]?.integer)
    #expect(
      try platform.asked().prefix(4) == [
        "GET \(Self.flags)", "POST \(Self.flags)\(number)/disable/", "PATCH \(Self.flags)\(number)/",
        "GET \(Self.flags)",
      ])
    #expect(try platform.requests()[2].body == ["active": false])
    #expect(try world.move(.restore, reason: "mended").status == .done)
    #expect(try place.stageIndex == 0)
  }

  // MARK: Somebody else at work

  @Test func aFlagChangedInTheLastMomentIsAConflict() throws {
    try started()
    try world.attest("gates")
    try world.attest("review", by: "lee")
    try platform.fail([
      "method": "PATCH",
      "do": [
        "race": [
          "flag": "ai-summary", "change": ["filters": ["groups": [["properties": [], "rollout_percentage": 50]]]],
        ]
      ],
    ])
    world.clock.advance(TimeSpan(seconds: 60))
    let (trouble, words) = try refusal { try world.move(.promote) }
    #expect(trouble.status == .conflict && words.contains("somebody else changed the flag"))
    #expect(
      try platform.flag("ai-summary")["filters"]?["groups"]?.items?.first?["rollout_percentage"] == 50,
      "their change stands")
  }

  @Test func aChangeThatPostHogLeavesOutWithoutAWordIsSeen() throws {
    try started()
    // The mark alone moves: PostHog takes our rules for unchanged, and keeps theirs.
    let reading = try store().read(World.key)
    let store = try store()
    let fresh = try store.read(World.key)
    #expect(reading.version == fresh.version)
    var flag = try #require(fresh.flag)
    flag.mark?.stage = "elsewhere"
    try platform.fail([
      "method": "PATCH",
      "do": [
        "race": [
          "flag": "ai-summary", "change": ["filters": ["groups": [["properties": [], "rollout_percentage": 50]]]],
        ]
      ],
    ])
    #expect(throws: StoreTrouble.changedMeanwhile(path: "\(platform.place)/project/1/feature_flags/101")) {
      try store.write(flag, replacing: fresh, Occasion(.ordinary))
    }
  }

  @Test func anotherFieldChangedInTheLastMomentIsKept() throws {
    try started()
    try platform.fail(["method": "PATCH", "do": ["race": ["flag": "ai-summary", "change": ["tags": ["x"]]]]])
    #expect(try world.move(.rollback).status == .done)
    #expect(try platform.flag("ai-summary")["tags"] == ["x"])
  }

  @Test func aFlagDeletedInTheLastMomentIsNotThere() throws {
    try started()
    try platform.fail(["method": "POST", "do": ["race": ["flag": "ai-summary", "change": ["deleted": true]]]])
    let kill = world.kill()
    #expect(kill.status == .inconclusive && kill.lines[0].reasons.joined().contains("ai-summary"), "\(kill.lines)")
  }

  @Test func aFlagTurnedOffByHandCountsAsKilled() throws {
    try started()
    try platform.edit("ai-summary", ["active": false])
    #expect(try world.status().killed)
    let already = world.kill()
    #expect(already.lines[0].off && already.lines[0].attempts == 1)
  }

  @Test func rulesMadeByHandAreDriftAndOnlyAKillGoesThrough() throws {
    try started()
    try platform.edit("ai-summary", ["filters": ["groups": ["0": ["rollout_percentage": 77]]]])
    #expect(try world.move(.promote).status == .conflict)
    #expect(world.kill().status == .done)
    #expect(try platform.flag("ai-summary")["active"] == false)
  }

  @Test func aFlagThatSomebodyBuiltIsNotOverwritten() throws {
    try platform.edit(
      "ai-summary",
      [
        "active": false,
        "filters": [
          "groups": [["properties": [["key": "plan", "type": "person", "operator": "exact", "value": "x"]]]]
        ],
      ])
    let (trouble, words) = try refusal { try world.move(.promote) }
    #expect(
      trouble.status == .conflict && words.contains("release conditions that rolloutctl did not write"), "\(words)")
    #expect(try platform.flag("ai-summary")["active"] == false)
  }

  @Test func anEmptyFlagThatSomebodyMadeIsTakenOver() throws {
    try platform.edit(
      "ai-summary",
      ["active": false, "name": "For Maya", "filters": ["groups": [["properties": [], "rollout_percentage": 100]]]])
    #expect(try world.move(.promote).status == .done)
    #expect(try platform.flag("ai-summary")["name"]?.text?.hasPrefix("For Maya\nrolloutctl: {") == true)
    #expect(try platform.flag("ai-summary")["active"] == true)
  }
}
