import Testing

@testable import RolloutOps

/// What goes wrong between us and an Unleash server, each in its own spelling.
@Suite(.needsPython, .serialized, .waits) struct UnleashTrapTests {
  static let shared = Result { try LivePlatform(.unleash) }

  let platform: LivePlatform
  let world: World

  init() throws {
    platform = try Self.shared.get()
    try platform.put(["flags": [:]])
    world = platform.world()
  }

  private func store(until deadline: Instant? = nil) throws -> any FlagStore {
    try platform.store(in: world, until: deadline)
  }

  private func trouble(_ body: () throws -> Any) throws -> (status: RolloutOps.ExitStatus, text: String) {
    let trouble = try #require(throws: Trouble.self) { _ = try body() }
    let text = trouble.sentences.joined(separator: "; ")
    #expect(!text.contains(LivePlatform.token))
    return (trouble.status, text)
  }

  private var writes: Int {
    get throws { try platform.requests().count { $0.method != "GET" && !$0.path.contains("/playground/") } }
  }

  /// With an environment whose only strategy is ours, so that the next promotion makes a second one.
  private func begun() throws {
    try world.move(.promote)
    try world.attest("gates")
    try platform.forget()
  }

  private static let off: JSON = [
    "flag": "ai-summary", "change": ["environments": ["0": ["enabled": false], "1": ["enabled": false]]],
  ]

  // MARK: Somebody else at work

  @Test func aStaleScreenNeverWins() throws {
    try begun()
    let store = try store()
    let reading = try store.read(World.key)
    try platform.edit("ai-summary", ["environments": ["1": ["enabled": false], "0": ["enabled": false]]])
    #expect(throws: StoreTrouble.self) {
      try store.write(
        UnleashFlagTests.flag(Exposure(grants: [UnleashFlagTests.grant(nil)])), replacing: reading, urgency: .ordinary)
    }
    #expect(try writes == 0)
  }

  @Test func aStrategyEditedInTheLastMomentIsAConflict() throws {
    try begun()
    try world.move(.promote)
    try world.attest("gates")
    try world.attest("review", by: "lee")
    let strategies = try #require(
      try platform.state()["flags"]?["ai-summary"]?["environments"]?.items?.first { $0["name"] == "production" }?[
        "strategies"]?.items)
    let edited = strategies[1].setting(
      "parameters", to: ["rollout": "77", "stickiness": "tenant", "groupId": "ai-summary"])
    let environment: JSON = ["name": "production", "enabled": true, "strategies": [strategies[0], edited]]
    try platform.fail([
      "method": "PATCH", "do": ["race": ["flag": "ai-summary", "change": ["environments": [environment]]]],
    ])
    #expect(try trouble { try world.move(.promote) }.status == .conflict)
    #expect(
      try platform.state()["flags"]?["ai-summary"]?["environments"]?.items?.first { $0["name"] == "production" }?[
        "strategies"]?.items?[1]["parameters"]?["rollout"] == "77")
  }

  @Test func aServerThatKnowsNoTestsIsWrittenWithoutThem() throws {
    try platform.put(["flags": [:], "test_op": "refused"])
    try begun()
    try world.move(.promote)
    try world.attest("gates")
    try world.attest("review", by: "lee")
    #expect(try world.move(.promote).status == .done)
    #expect(try world.status().place.stageIndex == 2)
  }

  @Test func aKillInTheMiddleOfAPromotionStands() throws {
    try begun()
    try platform.fail(["method": "POST", "path": "/strategies$", "do": ["race": Self.off]])
    #expect(try trouble { try world.move(.promote) }.status == .conflict)
    #expect(try store().read(World.key).flag?.mark?.killed == true)
    #expect(
      try !platform.requests().contains { $0.path.hasSuffix("/on") }, "nobody switches on what was on when it began")
  }

  @Test func switchingOnIsNeverRepeated() throws {
    try platform.fail(["path": "/on$", "times": 3, "do": ["after": "close"]])
    _ = try? world.move(.promote)
    #expect(try platform.requests().count { $0.path.hasSuffix("/on") } == 1)
    // It landed, which the read afterwards has shown.
    #expect(try world.status().place.stageIndex == 0)
  }

  @Test func aStrategyForEverybodyThatTheServerMakesUpIsSwitchedOffAgain() throws {
    let nothing: JSON = ["flag": "ai-summary", "change": ["environments": [["name": "production", "strategies": []]]]]
    try platform.fail(["path": "/on$", "do": ["race": nothing]])
    #expect(try trouble { try world.move(.promote) }.text.contains("something else than was written"))
    #expect(try store().read(World.key).flag?.serving == .everyone("off"))
  }

  // MARK: Lost answers

  @Test func aFlagThatWasMadeTwiceIsOurs() throws {
    try platform.fail(["method": "POST", "path": "/features$", "do": ["twice": true]])
    #expect(try world.move(.promote).status == .done)
    #expect(try world.status().place.stageIndex == 0)
  }

  @Test func aStrategyThatCameTwiceIsOneAndGoesWithTheNextChange() throws {
    try begun()
    try platform.fail(["method": "POST", "path": "/strategies$", "do": ["twice": true]])
    #expect(try world.move(.promote).status == .done)
    try world.attest("gates")
    try world.attest("review", by: "lee")
    // One that was changed twice is as it was meant all the same.
    try platform.fail(["method": "PATCH", "do": ["twice": true]])
    #expect(try world.move(.promote).status == .done)
    #expect(try world.status().place.stageIndex == 2)
    let environments = try platform.state()["flags"]?["ai-summary"]?["environments"]?.items
    #expect(environments?.first { $0["name"] == "production" }?["strategies"]?.items?.count == 2)
  }

  @Test func aNewStrategyWhoseAnswerWasLostIsFoundToHaveLanded() throws {
    try begun()
    try platform.fail(["method": "POST", "path": "/strategies$", "do": ["after": "close"]])
    #expect(try world.move(.promote).status == .done)
    #expect(try world.status().place.stageIndex == 1)
    #expect(try writes == 2, "the tag, and it is not made twice")
  }

  @Test func aKillWhoseAnswerWasLostIsSentAgain() throws {
    try begun()
    try platform.fail(["path": "/off$", "times": 2, "do": ["after": "close"]])
    let kill = world.kill()
    #expect(kill.status == .done && kill.lines[0].off)
  }

  @Test(
    arguments: [
      ["answer": ["status": 503, "body": "<html>down</html>"]], ["cut": true], ["cut": "reset"], ["truncate": true],
      ["answer": ["status": 429, "headers": ["Retry-After": "1"], "body": "Too many"]],
      ["answer": ["status": 200, "body": "<html>a proxy's page</html>"]],
      ["answer": ["status": 200, "body": "{\"name\": "]],
    ] as [JSON]) func aKillGetsThrough(fault: JSON) throws
  {
    try begun()
    try platform.fail(["method": "GET", "times": 2, "do": fault], ["method": "POST", "times": 2, "do": fault])
    let kill = world.kill()
    #expect(kill.status == .done && kill.lines[0].off, "\(kill.lines)")
    #expect(try store().read(World.key).flag?.mark?.killed == true)
  }

  // MARK: What it takes

  private var titles: [String] {
    get throws {
      let environments = try platform.state()["flags"]?["ai-summary"]?["environments"]?.items
      return environments?.first { $0["name"] == "production" }?["strategies"]?.items?.compactMap { $0["title"]?.text }
        ?? []
    }
  }

  /// A long list stands in a strategy once, and its title names it; one that says it all, as older versions wrote it, is
  /// read too, and written anew with the next change.
  @Test func aLongListIsNamedInTheTitleAndReadFromTheConstraint() throws {
    let values = (1...60).map { "tenant-\($0)" }
    let list = values.joined(separator: ", ")
    world.files.put(
      World.note,
      try #require(world.files.text(World.note)).replacing("internal: team = staff", "internal: tenant in [\(list)]"))
    #expect(try world.move(.promote).status == .done)
    let title = try #require(try titles.first)
    #expect(title.contains(/^rolloutctl \| tenant in \[60-values-[0-9a-f]{12}\]$/), "\(title)")
    let shown = try store().read(World.key).flag
    #expect(shown?.serving.description.contains("tenant-60") == true)
    #expect(try world.status().drift == nil)
    try platform.edit(
      "ai-summary",
      ["environments": ["1": ["strategies": ["0": ["title": .string("rolloutctl | tenant in [\(list)]")]]]]])
    #expect(try store().read(World.key).flag == shown)
    try world.attest("gates")
    #expect(try world.move(.promote).status == .done)
    let acme = Selector.equals(attribute: "plan", AttributeValue("free"))
    #expect(try world.move(.exclude, reason: "asked") { $0.selector = acme }.status == .done)
    #expect(try titles.allSatisfy { $0.utf8.count < 100 })
    // Somebody else's list behind the same title is not ours.
    try platform.edit(
      "ai-summary", ["environments": ["1": ["strategies": ["0": ["constraints": ["0": ["values": ["other"]]]]]]]])
    guard case .foreign? = try store().read(World.key).flag?.serving else {
      Issue.record("it was read as what its title says")
      return
    }
  }

  @Test func aContextFieldThatIsMissingOrNarrowerIsNoConflict() throws {
    try begun()
    let answer: JSON = [
      "status": 404, "body": "{\"name\":\"NotFoundError\",\"message\":\"Could not find Context field with name city\"}",
    ]
    try platform.fail(["method": "PATCH", "do": ["answer": answer]])
    let city = Selector.equals(attribute: "city", AttributeValue("x"))
    let (status, text) = try trouble { try world.move(.exclude, reason: "asked") { $0.selector = city } }
    #expect(status == .inconclusive && text.contains("has to be a context field there"), "\(text)")
    try platform.edit(["state": ["context": [["name": "city", "legalValues": [["value": "y"]]]]]])
    let legal = try trouble { try world.move(.exclude, reason: "asked") { $0.selector = city } }
    #expect(legal.status == .inconclusive && legal.text.contains("among its legal ones"), "\(legal.text)")
  }

  // MARK: No

  @Test func aChangeRequestIsAnApproval() throws {
    try begun()
    try platform.edit(["state": ["change_requests": ["production"]]])
    let (status, text) = try trouble { try world.move(.promote) }
    #expect(status == .hold)
    #expect(text.contains("needs an approval there") && text.contains("/projects/default/change-requests"))
    let kill = world.kill()
    #expect(kill.status == .inconclusive)
    #expect(kill.lines[0].reasons.joined().contains("needs an approval"))
    let hand = try #require(kill.lines[0].reasons.last)
    #expect(
      hand.contains("curl -fsS -X POST -H \"Authorization: $UNLEASH_API_TOKEN\"") && hand.contains("/production/off"))
  }

  @Test func aTokenThatIsMissingWrongOrWeakIsSaidByItsVariable() throws {
    world.variables.withLock { $0["UNLEASH_API_TOKEN"] = nil }
    #expect(try trouble { try world.move(.promote) }.text.contains("set UNLEASH_API_TOKEN"))
    world.variables.withLock { $0["UNLEASH_API_TOKEN"] = "another" }
    #expect(try trouble { try world.move(.promote) }.text.contains("the token in UNLEASH_API_TOKEN is wrong"))
    world.variables.withLock { $0["UNLEASH_API_TOKEN"] = " planted-platform-token\n" }
    try platform.edit(["state": ["missing_permissions": ["CREATE_FEATURE"]]])
    let (status, text) = try trouble { try world.move(.promote) }
    #expect(status == .inconclusive && text.contains("\"CREATE_FEATURE\" permission"))
  }

  @Test func aPlaceThatIsNotThereIsNamed() throws {
    let base = "unleash+\(platform.place)"
    func said(_ address: String) throws -> String {
      let world = platform.world(at: address)
      let trouble = try #require(throws: Trouble.self) { try world.move(.promote) }
      return trouble.sentences.joined(separator: "; ")
    }
    #expect(try said("\(base)/none/production").contains("the project none"))
    try platform.put(["flags": ["ai-summary": [:]]])
    #expect(try said("\(base)/default/prod").contains("there are: development, production"))
    #expect(try said("\(base)/wrong/default/production").contains("404"))
    #expect(try !platform.requests().contains { $0.path.hasSuffix("/on") })
  }

  @Test func anArchivedFlagOfThatNameStandsInTheWay() throws {
    try platform.put(["flags": ["ai-summary": ["archived": true]]])
    let (status, text) = try trouble { try world.move(.promote) }
    #expect(status == .conflict && text.contains("archived"))
    try platform.put([
      "projects": ["other": ["environments": ["production"]]], "flags": ["ai-summary": ["project": "other"]],
    ])
    #expect(try trouble { try world.move(.promote) }.text.contains("in another project"))
  }

  @Test func anotherAnswerThanUnleashsIsSaid() throws {
    try platform.fail(["times": 9, "do": ["answer": ["status": 200, "body": "<html>Sign in</html>"]]])
    #expect(try trouble { try world.status() }.text.contains("answered what it should not: no JSON"))
    try platform.fail([
      "times": 9, "do": ["answer": ["status": 200, "body": "{\"error\": \"planted-platform-token\"}"]],
    ])
    #expect(try trouble { try world.status() }.text.contains("no feature ai-summary"))
    try platform.fail(["times": 9, "do": ["answer": ["status": 404, "body": "nginx"]]])
    #expect(try trouble { try world.status() }.text.contains("404"))
    try platform.fail(["times": 9, "do": ["redirect": "https://login.example.com/x"]])
    #expect(try trouble { try world.status() }.text.contains("sends to a login page, https://login.example.com"))
    try platform.fail(["times": 9, "do": ["answer": ["status": 403, "body": "planted-platform-token is bad"]]])
    #expect(try trouble { try world.status() }.text.contains("UNLEASH_API_TOKEN"))
  }

  @Test func anAnswerThatDripsIsGivenUpByAKill() throws {
    try begun()
    try platform.fail(["method": "GET", "times": 1, "do": ["drip": 20]])
    // Real time goes by until the answer is given up: a shorter kill gives it up sooner.
    let kill = world.kill(within: TimeSpan(seconds: 3))
    #expect(kill.status == .done, "\(kill.lines)")
  }

  // MARK: Addresses

  @Test func addressesAreReadAndOtherSpellingsRefused() throws {
    let address = try StoreAddress("unleash+https://unleash.example.com/eu/web/production")
    let site = try #require(address.site as? UnleashSite)
    #expect(
      (site.base.description, site.project, site.environment)
        == ("https://unleash.example.com/eu", "web", "production"))
    for wrong in [
      "unleash:web/production", "unleash+https://u.example.com/web", "unleash+https://u.example.com/a/b?c=d",
    ] {
      #expect(throws: StoreTrouble.self, "\(wrong)") { try StoreAddress(wrong) }
    }
    let store = try platform.store("unleash+https://unleash.example.com/eu/web/production/", in: world)
    #expect(store.identity == "unleash+https://unleash.example.com/eu/web/production")
  }
}
