import Testing

@testable import RolloutOps

/// Whole rollouts on the scripted LaunchDarkly server, request by request.
@Suite(.needsPython, .serialized, .waits) struct LaunchDarklyStoreTests {
  static let shared = Result { try LivePlatform(.launchDarkly) }
  static let path = "/api/v2/flags/default"
  static let variantNote = SampleNote.saying(
    "Variants",
    """
    Variants:
    ```json
    {"control": {"m": 6}, "canary": {"m": 7}, "fast": {"m": 1}, "off": {"enabled": false}}
    ```
    """)

  let platform: LivePlatform
  let world: World

  init() throws {
    platform = try Self.shared.get()
    try platform.put(["flags": [:]])
    world = platform.world()
  }

  private var place: Place { get throws { try world.status().place } }
  private var flag: JSON { get throws { try #require(try platform.state()["flags"]?["ai-summary"]) } }
  private var config: JSON { get throws { try #require(try flag["environments"]?["production"]) } }
  private var titles: [String] {
    get throws { (try config["rules"]?.items ?? []).compactMap { $0["description"]?.text } }
  }
  private func store() throws -> any FlagStore { try platform.store(in: world) }
  private func asked() throws -> [String] { try platform.asked(without: "\(Self.path)/ai-summary") }

  // MARK: The life of a rollout

  @Test func aRolloutMovesThroughItsStages() throws {
    #expect(try world.move(.promote).status == .done)
    #expect(try config["on"] == true && titles == ["rolloutctl | team = staff"])
    #expect(try config["fallthrough"] == ["variation": 1] && config["offVariation"] == 1)
    #expect(try world.advance().status == .done)
    #expect(try titles == ["rolloutctl | team = staff", "rolloutctl | 5% of plan = paid"])
    #expect(try world.advance().status == .done)
    #expect(try titles == ["rolloutctl | team = staff", "rolloutctl | 25% of plan = paid"])
    #expect(try world.advance().status == .done)
    #expect(try titles == ["rolloutctl | everybody"])
    #expect(try world.move(.rollback, reason: "slow").status == .done)
    #expect(try titles == ["rolloutctl | team = staff", "rolloutctl | 25% of plan = paid"])
    #expect(try world.move(.rollback, reason: "slow") { $0.stage = "off" }.status == .done)
    #expect(try titles.isEmpty && config["on"] == true)
    #expect(try place == .off && world.status().drift == nil)
    #expect(try platform.requests().allSatisfy { $0.isAuthorized })
    #expect(
      try platform.requests().allSatisfy {
        // What no version of the API publishes is answered under another name.
        $0.headers["ld-api-version"] == ($0.path.hasPrefix("/internal/") ? "beta" : "20240415")
      })
  }

  @Test func aKillIsTheSwitchAlone() throws {
    try world.move(.promote)
    try world.advance()
    let rules = try config["rules"]
    _ = try asked()
    world.clock.advance(TimeSpan(seconds: 1))
    let kill = world.kill()
    #expect(kill.status == .done && kill.lines[0].off, "\(kill.lines)")
    let writes = try platform.requests().filter { $0.method != "GET" }
    #expect(try asked().prefix(3) == ["GET …", "PATCH …", "GET …"] && writes.count == 1)
    #expect(writes[0].body["instructions"] == [["kind": "turnFlagOff"]])
    #expect(writes[0].query["ignoreConflicts"] == "true")
    #expect(writes[0].body["comment"]?.text?.contains("kill") == true)
    #expect(try config["on"] == false && config["rules"] == rules)
    #expect(try place == .killed(serving: "off"))
    #expect(try world.move(.restore, reason: "mended").status == .done)
    #expect(try config["on"] == true && titles == ["rolloutctl | team = staff"] && place.stageIndex == 0)
  }

  @Test func aFirstPromotionMakesTheFlagAndOnePatch() throws {
    try world.move(.promote)
    #expect(
      try asked() == [
        "GET …", "GET …", "GET /api/v2/projects/default/environments/production",
        "POST /api/v2/flags/default", "PATCH …", "GET …",
      ])
    #expect(try flag["tags"] == ["rolloutctl-production"] && flag["defaults"] == ["onVariation": 1, "offVariation": 1])
    #expect(try flag["environments"]?["test"]?["on"] == false)
    #expect(try store().list() == [ListedFlag(key: World.key, mark: Flag.Mark(killsTo: "off"))])
  }

  @Test func aStepIsOnePatchThatHoldsOnlyOverWhatWasSeen() throws {
    try world.move(.promote)
    let ids = try (config["rules"]?.items ?? []).compactMap { $0["_id"] }
    try world.attest("gates")
    try platform.forget()
    #expect(try world.move(.promote).status == .done)
    let writes = try platform.requests().filter { $0.method != "GET" }
    #expect(writes.count == 1)
    let steps = writes[0].body["instructions"]?.items ?? []
    #expect(steps.compactMap { $0["kind"]?.text } == ["reorderRules", "replaceRules"])
    #expect(steps[0]["ruleIds"] == .array(ids))
    #expect(writes[0].headers["content-type"]?.text?.contains("launchdarkly.semanticpatch") == true)
    #expect(writes[0].body["comment"]?.text?.hasPrefix("rolloutctl promote to 5% of paid by maya") == true)
  }

  @Test func whoIsTakenOutStandsFirst() throws {
    try world.move(.promote)
    let acme = Selector.equals(attribute: "tenant", AttributeValue("acme"))
    #expect(try world.move(.exclude, reason: "complained") { $0.selector = acme }.status == .done)
    #expect(try titles == ["rolloutctl | out: tenant = acme", "rolloutctl | team = staff | without tenant = acme"])
    #expect(try world.move(.include, reason: "settled") { $0.selector = acme }.status == .done)
    #expect(try titles == ["rolloutctl | team = staff"])
  }

  // MARK: Values

  @Test func valuesAreVariationsAndAKillServesTheOldOne() throws {
    let world = platform.world(Self.variantNote)
    #expect(try world.move(.promote).status == .done)
    #expect(try flag["variations"]?.items?.compactMap { $0["name"]?.text } == ["control", "canary", "fast", "off"])
    #expect(try world.advance().status == .done)
    #expect(try world.move(.degrade, reason: "slow") { $0.variant = "fast" }.status == .done)
    let rollout = try #require(try config["rules"]?.items?.last?["rollout"]?["variations"]?.items)
    #expect(rollout.compactMap { $0["weight"]?.integer } == [95_000, 0, 5000, 0])
    #expect(world.kill().status == .done)
    #expect(try config["offVariation"] == 0 && config["on"] == false)
    #expect(world.kill(to: "off").status == .done)
    #expect(try config["offVariation"] == 3 && config["on"] == false)
    #expect(try world.status().place == .killed(serving: "off"))
    #expect(try world.move(.restore, reason: "mended").status == .done)
    #expect(try config["offVariation"] == 0 && config["on"] == true)
  }

  @Test func aVariationsValueIsNotChanged() throws {
    let world = platform.world(Self.variantNote)
    try world.move(.promote)
    var flag = try #require(try store().read(World.key).flag)
    (flag.serving, flag.variants) = (
      .everyone("control"), [Variants.Variant("control", ["m": 7])] + flag.variants.dropFirst()
    )
    try platform.forget()
    let trouble = try #require(throws: StoreTrouble.self) {
      try store().write(flag, replacing: store().read(World.key), urgency: .ordinary)
    }
    #expect(Sentences.store(trouble)[0].contains("holds in every environment"))
    #expect(try platform.requests().allSatisfy { $0.method == "GET" })
  }

  // MARK: Behind the tool's back

  @Test func whoeverSwitchesItOffHasKilledIt() throws {
    try world.move(.promote)
    try platform.edit("ai-summary", ["environments": ["production": ["on": false]]])
    #expect(try world.status().isMarkedKilled)
    #expect(try world.move(.promote).status == .kill)
  }

  @Test func aTargetSetInTheDashboardIsDriftAndStays() throws {
    try world.move(.promote)
    let target: JSON = ["values": ["ann"], "variation": 0, "contextKind": "user"]
    try platform.edit("ai-summary", ["environments": ["production": ["targets": [target]]]])
    #expect(try world.move(.promote).status == .conflict)
    let trouble = try #require(throws: Trouble.self) { try world.move(.rollback, reason: "x") { $0.stage = "off" } }
    #expect(trouble.status == .conflict && trouble.sentences[0].contains("1 targeted by their keys"))
    #expect(world.kill().status == .done)
    #expect(try config["targets"] == [target] && config["on"] == false)
    #expect(try world.entries(in: store()).contains { $0.content.detail("replaced")?.text?.contains("ann") == true })
  }

  @Test func aFlagOfSomebodyElsesIsRefusedAndAPlainOneTakenOver() throws {
    let rule: JSON = ["clauses": [], "variation": 0]
    try platform.put(["flags": ["ai-summary": ["environments": ["production": ["on": false, "rules": [rule]]]]]])
    let trouble = try #require(throws: Trouble.self) { try world.move(.promote) }
    #expect(trouble.status == .conflict && trouble.sentences[0].contains("1 rules"))
    #expect(try platform.requests().allSatisfy { $0.method == "GET" }, "nothing was written")
    try platform.put(["flags": ["ai-summary": ["tags": ["mine"]]]])
    #expect(try world.move(.promote).status == .done)
    #expect(try flag["tags"] == ["mine", "rolloutctl-production"])
    try platform.put(["flags": ["ai-summary": ["archived": true]]])
    #expect(try world.status().drift != nil)
  }

  @Test func aKillOfAFlagThatNobodyManagesServesTheOldVariation() throws {
    try platform.put(["flags": ["ai-summary": ["environments": ["production": ["on": true, "offVariation": nil]]]]])
    let kill = world.kill()
    #expect(kill.status == .done && kill.lines[0].off, "\(kill.lines)")
    #expect(try config["on"] == false && config["offVariation"] == 1 && flag["tags"] == ["rolloutctl-production"])
    #expect(try store().read(World.key).flag?.mark?.killed == true)
  }

  @Test func segmentsAreLookedForBeforehand() throws {
    let note = SampleNote.saying("Cohorts", "Cohorts:\n- internal: segment = beta\n- paid: plan = paid")
    let world = platform.world(note)
    try platform.put(["flags": [:], "segments": ["gamma": [:]]])
    let missing = try #require(throws: Trouble.self) { try world.move(.promote) }
    #expect(
      missing.sentences.joined().contains("the segment beta") && missing.sentences.joined().contains("there are: gamma")
    )
    #expect(try platform.state()["flags"] == [:])
    try platform.put(["segments": ["beta": [:]], "flags": [:]])
    #expect(try world.move(.promote).status == .done)
    #expect(try config["rules"]?.items?[0]["clauses"]?.items?[1]["op"] == "segmentMatch")
    #expect(try world.status().drift == nil)
  }

  @Test func manyFlagsAreReadInOneRequest() throws {
    let names = (0..<120).map { "f-\($0)" }
    try platform.put(["flags": .object(names.map { JSON.Member($0, [:]) })])
    let readings = try store().read(names.map(FlagKey.init) + [FlagKey("none")])
    #expect(readings.count == 121 && readings[FlagKey("f-119")]?.flag != nil && readings[FlagKey("none")]?.flag == nil)
    #expect(try asked() == ["GET /api/v2/flags/default", "GET /api/v2/flags/default"])
    #expect(try store().list().count == 120)
  }
}
