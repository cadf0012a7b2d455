import Testing

@testable import RolloutOps

/// Whole rollouts on the scripted Unleash server, request by request.
@Suite(.needsPython, .serialized, .waits) struct UnleashStoreTests {
  static let shared = Result { try LivePlatform(.unleash) }
  static let feature = "/api/admin/projects/default/features/ai-summary"
  static let production = "\(feature)/environments/production"

  let platform: LivePlatform
  let world: World

  init() throws {
    platform = try Self.shared.get()
    try platform.put(["flags": [:]])
    world = platform.world()
  }

  private var place: Place { get throws { try world.status().place } }

  func store(until deadline: Instant? = nil) throws -> any FlagStore {
    try platform.store(in: world, until: deadline)
  }

  private var environment: JSON {
    get throws {
      let flag = try #require(try platform.state()["flags"]?["ai-summary"])
      return try #require(flag["environments"]?.items?.first { $0["name"] == "production" })
    }
  }

  var titles: [String] {
    get throws { (try environment["strategies"]?.items ?? []).compactMap { $0["title"]?.text } }
  }

  func asked() throws -> [String] { try platform.asked(without: Self.feature) }

  /// What a state says of our flag, with these strategies.
  static func state(_ strategies: JSON..., on: Bool = true, more: [JSON.Member] = []) -> JSON {
    .object(
      [
        JSON.Member(
          "flags",
          [
            "ai-summary": [
              "environments": [["name": "production", "enabled": .bool(on), "strategies": .array(strategies)]]
            ]
          ])
      ] + more)
  }

  // MARK: The life of a rollout

  @Test func aRolloutMovesThroughItsStages() throws {
    #expect(try world.move(.promote).status == .done)
    #expect(try environment["enabled"] == true && titles == ["rolloutctl | team = staff"])
    #expect(try world.advance().status == .done)
    #expect(try titles == ["rolloutctl | team = staff", "rolloutctl | 5% of plan = paid"])
    #expect(try world.advance().status == .done)
    #expect(try titles == ["rolloutctl | team = staff", "rolloutctl | 25% of plan = paid"])
    #expect(try world.advance().status == .done)
    #expect(try titles == ["rolloutctl | everybody"])
    #expect(try place.stageIndex == 3)
    #expect(try world.move(.rollback, reason: "slow").status == .done)
    #expect(try titles.sorted() == ["rolloutctl | 25% of plan = paid", "rolloutctl | team = staff"])
    #expect(try world.move(.rollback, reason: "slow") { $0.stage = "off" }.status == .done)
    #expect(try titles == ["rolloutctl | nobody"] && environment["enabled"] == true)
    #expect(try place == .off && world.status().drift == nil)
    #expect(try platform.requests().allSatisfy { $0.isAuthorized })
  }

  @Test func aKillIsTheSwitchAloneAndRestoreTurnsItLast() throws {
    try world.move(.promote)
    try world.advance()
    let before = try environment["strategies"]
    _ = try asked()
    world.clock.advance(TimeSpan(seconds: 1))
    let kill = world.kill()
    #expect(kill.status == .done && kill.lines[0].off, "\(kill.lines)")
    #expect(try asked().prefix(3) == ["GET …", "POST …/environments/production/off", "GET …"])
    #expect(try environment["enabled"] == false && environment["strategies"] == before)
    #expect(try place == .killed(serving: "off"))
    // A second kill finds it off, and writes nothing.
    #expect(world.kill().status == .done)
    _ = try asked()
    #expect(try world.move(.restore, reason: "mended").status == .done)
    let told = try asked()
    #expect(told.last == "GET …" && told.dropLast().last == "POST …/environments/production/on", "\(told)")
    #expect(try environment["enabled"] == true && titles == ["rolloutctl | team = staff"])
    #expect(try place.stageIndex == 0)
  }

  @Test func aFirstPromotionMakesTheFlagAndSwitchesItOnLast() throws {
    try world.move(.promote)
    #expect(
      try platform.asked(without: Self.feature) == [
        "GET …", "GET …", "POST /api/admin/projects/default/features",
        "POST /api/admin/features/ai-summary/tags", "POST …/environments/production/strategies",
        "POST …/environments/production/on", "GET …",
      ])
    let flag = try #require(try platform.state()["flags"]?["ai-summary"])
    #expect(flag["tags"] == [["type": "simple", "value": "rolloutctl-production"]])
    #expect(try store().list() == [ListedFlag(key: World.key, mark: Flag.Mark(killsTo: "off"))])
  }

  @Test func aLargerShareIsOneGuardedRequest() throws {
    try world.move(.promote)
    try world.advance()
    try world.attest("gates")
    try world.attest("review", by: "lee")
    try platform.forget()
    #expect(try world.move(.promote).status == .done)
    // Besides the tag, which somebody may have taken away.
    let writes = try platform.requests().filter { $0.method != "GET" && !$0.path.hasSuffix("/tags") }
    #expect(writes.count == 1 && writes[0].method == "PATCH")
    let tests = (writes[0].body.items ?? []).filter { $0["op"] == "test" }.compactMap { $0["path"]?.text }
    #expect(tests == ["/title", "/parameters", "/constraints"])
  }

  @Test func anExclusionGoesIntoEveryStrategy() throws {
    try world.move(.promote)
    try world.advance()
    #expect(
      try world.move(.exclude, reason: "complained") {
        $0.selector = .equals(attribute: "tenant", AttributeValue("acme"))
      }
      .status == .done)
    #expect(
      try titles == [
        "rolloutctl | team = staff | without tenant = acme", "rolloutctl | 5% of plan = paid | without tenant = acme",
      ])
    for strategy in try environment["strategies"]?.items ?? [] {
      #expect(strategy["constraints"]?.items?.last?["operator"] == "NOT_IN")
    }
    #expect(
      try world.move(.include, reason: "settled") { $0.selector = .equals(attribute: "tenant", AttributeValue("acme")) }
        .status == .done)
    #expect(try titles == ["rolloutctl | team = staff", "rolloutctl | 5% of plan = paid"])
  }

  @Test func grantsOfOneShareKeepTheirOrder() throws {
    let grants = ["a", "b", "c"].map { Grant(cohort: .equals(attribute: "t", AttributeValue($0)), share: .whole) }
    let store = try store()
    var reading = try store.write(
      UnleashFlagTests.flag(Exposure(grants: [grants[1]])), replacing: store.read(World.key), urgency: .ordinary)
    reading = try store.write(UnleashFlagTests.flag(Exposure(grants: grants)), replacing: reading, urgency: .ordinary)
    #expect(reading.flag?.serving == UnleashFlagTests.flag(Exposure(grants: grants)).serving)
    #expect(try asked().contains("POST …/environments/production/strategies/set-sort-order"))
  }

  @Test func aFinishedFlagIsOnForEverybody() throws {
    let store = try store()
    var flag = UnleashFlagTests.flag(.off)
    flag.serving = .everyone("on")
    let reading = try store.write(flag, replacing: store.read(World.key), urgency: .ordinary)
    #expect(reading.flag?.serving == .everyone("on"))
    #expect(try environment["strategies"]?.items?[0]["parameters"]?["stickiness"] == "random")
  }

  // MARK: Behind the tool's back

  @Test func whoeverSwitchesItOffHasKilledIt() throws {
    try world.move(.promote)
    try platform.edit("ai-summary", ["environments": ["0": ["enabled": false], "1": ["enabled": false]]])
    #expect(try world.status().isMarkedKilled)
    let trouble = try world.move(.promote)
    #expect(trouble.status == .kill)
  }

  @Test func aShareChangedInTheDashboardIsDrift() throws {
    try world.move(.promote)
    try world.advance()
    let strategies = try #require(try environment["strategies"]?.items)
    let changed = strategies[1].setting(
      "parameters", to: strategies[1]["parameters"]?.setting("rollout", to: "60") ?? .null)
    try platform.edit(
      "ai-summary",
      ["environments": [["name": "production", "enabled": true, "strategies": [strategies[0], changed]]]])
    try world.attest("gates")
    #expect(try world.move(.promote).status == .conflict)
    let shown = try #require(try store().read(World.key).flag)
    guard case .foreign = shown.serving else {
      Issue.record("read as \(shown.serving)")
      return
    }
    #expect(world.kill().status == .done)
  }

  @Test func strategiesOfSomebodyElseAreRefusedAndADisabledOneIsKept() throws {
    try platform.put(
      Self.state(["name": "flexibleRollout", "parameters": ["rollout": "10", "stickiness": "default"]], on: false))
    let trouble = try #require(throws: Trouble.self) { try world.move(.promote) }
    #expect(trouble.status == .conflict)
    #expect(trouble.sentences[0].contains("flexibleRollout 10%") && trouble.sentences[0].contains("kill goes through"))
    #expect(try platform.requests().allSatisfy { $0.method == "GET" }, "nothing was written")
    try platform.put(
      Self.state(["name": "flexibleRollout", "title": "theirs", "disabled": true, "parameters": ["rollout": "100"]]))
    #expect(try world.move(.restore, reason: "x").status != .done)
    let store = try store()
    let flag = UnleashFlagTests.flag(Exposure(grants: [try UnleashFlagTests.grant("team = staff")]))
    #expect(try store.write(flag, replacing: store.read(World.key), urgency: .ordinary).flag == flag)
    #expect(try titles == ["theirs", "rolloutctl | team = staff"])
    #expect(try platform.state()["flags"]?["ai-summary"]?["tags"]?.items?.count == 1)
  }

  /// Unleash shows it as off, and its SDKs let everybody in.
  @Test func anEnvironmentThatIsOnWithoutStrategiesIsSeenAsItIs() throws {
    try platform.put(Self.state(on: true))
    #expect(try store().read(World.key).flag?.serving == .everyone("on"))
    #expect(try asked() == ["GET …", "GET …/environments/production"])
    #expect(try world.move(.promote).status == .conflict)
  }

  @Test func aDependencyStandsInTheWay() throws {
    try platform.put(["flags": ["ai-summary": ["dependencies": [["feature": "parent", "enabled": true]]]]])
    let trouble = try #require(throws: Trouble.self) { try world.move(.promote) }
    #expect(trouble.sentences[0].contains("depends on parent"))
  }

  @Test func aKillOfAFlagThatNobodyManagesIsRemembered() throws {
    try platform.put(Self.state(["name": "default"]))
    let kill = world.kill()
    #expect(kill.status == .done && kill.lines[0].off)
    #expect(try environment["enabled"] == false)
    let shown = try #require(try store().read(World.key).flag)
    #expect(shown.mark?.killed == true && shown.serving == .everyone("off"))
    #expect(try environment["strategies"]?.items?[0]["name"] == "default", "theirs is kept")
    #expect(
      try world.entries(in: store()).contains { $0.content.detail("replaced")?.text?.contains("default") == true })
  }

  /// Half of an exclusion would be read as nobody's rules: what was lost between two strategies is asked for again.
  @Test(arguments: [["cut": true], ["after": "close"], ["truncate": true]] as [JSON], 1...2)
  func anExclusionWhoseAnswersAreLostIsDoneAllTheSame(way: JSON, lost: Int) throws {
    try world.move(.promote)
    try world.advance()
    try platform.fail(["method": "PATCH", "times": .number(lost), "do": way])
    let report = try world.move(.exclude, reason: "asked") {
      $0.selector = .equals(attribute: "tenant", AttributeValue("acme"))
    }
    #expect(report.status == .done, "\(report.decision.reasons)")
    let titles = try titles
    #expect(titles.count == 2 && titles.allSatisfy { $0.hasSuffix("| without tenant = acme") }, "\(titles)")
    #expect(try world.status().drift == nil)
  }

  @Test func segmentsAreFoundByTheirName() throws {
    let note = SampleNote.saying("Cohorts", "Cohorts:\n- internal: segment = beta\n- paid: plan = paid")
    let world = platform.world(note)
    let missing = try #require(throws: Trouble.self) { try world.move(.promote) }
    #expect(
      missing.sentences.joined().contains("the segment beta") && missing.sentences.joined().contains("there are none"))
    try platform.put(["segments": [["id": 3, "name": "beta", "constraints": []]], "flags": [:]])
    #expect(try world.move(.promote).status == .done)
    #expect(try environment["strategies"]?.items?[0]["segments"] == [3])
    #expect(try world.status().drift == nil)
    _ = try asked()
    _ = try store().read(World.key)
    #expect(try asked() == ["GET …", "GET /api/admin/segments"])
  }
}

extension World {
  /// The journal of our flag beside a hosted platform.
  func entries(in store: any FlagStore) throws -> [Entry] {
    try JournalFolder(store.journalFolder).journal(of: Self.key).read().entries
  }
}
