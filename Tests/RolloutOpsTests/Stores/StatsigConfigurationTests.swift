import Testing

@testable import RolloutOps

/// A note with variants on a scripted Statsig: a dynamic configuration, from the first stage to the last, killed and brought
/// back; and what stands beside it or was there before.
@Suite(.serialized, .waits, .needsPython) struct StatsigConfigurationTests {
  static let platform = Result { try LivePlatform(.statsig) }
  static let path = "/console/v1/dynamic_configs/ai-summary"
  private static let gate = StatsigStoreTests.gate

  let platform: LivePlatform
  let world: World

  init() throws {
    platform = try Self.platform.get()
    try platform.put([:])
    world = Self.world(platform)
  }

  static func world(_ platform: LivePlatform, _ environment: String? = nil, killTo: String? = nil) -> World {
    let note = SampleNote.withVariants
    return StatsigStoreTests.world(
      platform, environment, killTo.map { note.replacing("Unit: tenant", with: "Unit: tenant\nKill to: \($0)") } ?? note
    )
  }

  /// 5% of paid get the new value.
  static func flag(_ control: JSON, _ canary: JSON) -> Flag {
    var split = Split.paid(5)
    (split.canary, split.control) = ("canary", "control")
    return Flag(
      variants: [Variants.Variant("control", control), Variants.Variant("canary", canary)], serving: .split(split),
      mark: Flag.Mark(stage: "5% of paid", killsTo: "control"))
  }

  private func store(_ environment: String? = nil, until seconds: Int? = nil) throws -> any FlagStore {
    var terms = StoreTerms(root: "/w")
    terms.deadline = seconds.map { world.clock.now() + TimeSpan(seconds: $0) }
    return try StoreAddress("statsig+\(platform.place)\(environment.map { "/\($0)" } ?? "")").opening(
      from: "/w", terms, world.context())
  }

  private func config(_ key: String = "ai-summary") throws -> JSON {
    try #require(try platform.state()["configs"]?[key])
  }

  private func edit(_ change: JSON, _ key: String = "ai-summary") throws {
    try platform.edit(["config": .string(key), "change": change])
  }

  private func started(_ world: World? = nil) throws {
    let world = world ?? self.world
    try world.move(.promote)
    #expect(try world.advance().status == .done)
    world.clock.advance(TimeSpan(seconds: 1))
    try platform.forget()
  }

  private func share() throws -> JSON? { try config()["rules"]?.items?.first(where: StatsigRules.isShare) }

  private func words(_ body: () throws -> Void) throws -> String {
    try #require(throws: Trouble.self) { try body() }.sentences.joined(separator: "; ")
  }

  // MARK: A rollout's life

  @Test func aRolloutWithVariantsIsADynamicConfiguration() throws {
    #expect(try world.move(.promote).status == .done)
    #expect(try platform.state()["flags"] == [:], "there is no gate of that name")
    #expect(try config()["defaultValue"] == ["model": "m-4"])
    let base = try #require(try share()?["baseID"])
    for stage in 1...3 {
      #expect(try world.advance().status == .done)
      #expect(try world.status().place.stageIndex == stage && world.status().drift == nil)
      #expect(try share()?["baseID"] == base && share()?["returnValue"] == ["model": "m-5"])
    }
    let tenant = StatsigGateTests.equals("tenant", "globex")
    #expect(try world.move(.exclude, reason: "asked") { $0.selector = tenant }.status == .done)
    #expect(try config()["rules"]?.items?.first?["passPercentage"] == 0)
    #expect(try world.move(.include, reason: "asked") { $0.selector = tenant }.status == .done)
    #expect(try world.move(.rollback).status == .done)
    #expect(try world.status().place.stageIndex == 2)
    let kill = world.kill()
    #expect(kill.status == .done && kill.lines[0].off && kill.lines[0].serving == "control", "\(kill.lines)")
    #expect(try config()["isEnabled"] == false && config()["defaultValue"] == ["model": "m-4"])
    #expect(try world.status().place == .killed(serving: "control"))
    #expect(try world.move(.restore, reason: "mended").status == .done)
    #expect(try config()["isEnabled"] == true && share()?["baseID"] == base)
    #expect(try world.move(.rollback) { $0.stage = "off" }.status == .done)
    #expect(try store().read(World.key).flag?.serving == .everyone("control"))
    #expect(try platform.requests().allSatisfy { $0.isAuthorized })
  }

  @Test func finishedItGivesTheCanaryAndAKillStillWhatWasThereBefore() throws {
    for _ in 0..<4 { #expect(try world.advance().status == .done) }
    try world.attest("gates")
    #expect(try world.move(.finish).status == .done)
    let flag = try #require(try store().read(World.key).flag)
    #expect(flag.serving == .everyone("canary") && flag["control"] == ["model": "m-4"])
    #expect(try world.status().place == .finished && world.status().drift == nil)
    #expect(world.kill().status == .done)
    let killed = try #require(try store().read(World.key).flag)
    #expect(killed.serving == .everyone("control") && killed["control"] == ["model": "m-4"])
    #expect(try world.move(.restore, reason: "mended").status == .done)
    #expect(try world.status().place.stageIndex == 0)
  }

  @Test func anotherWayBackIsARuleForEverybody() throws {
    let world = Self.world(platform, killTo: "off")
    try started(world)
    let base = try #require(try share()?["baseID"])
    let kill = world.kill()
    #expect(kill.status == .done && kill.lines[0].off && kill.lines[0].serving == "off", "\(kill.lines)")
    let first = try #require(try config()["rules"]?.items?.first)
    #expect(first["passPercentage"] == 100 && first["returnValue"] == ["enabled": false])
    #expect(first["conditions"] == [["type": "public"]] && first["baseID"] == base)
    let status = try world.status()
    #expect(status.place == .killed(serving: "off") && status.drift == nil && status.killed)
    #expect(world.kill().lines[0].outcome == .alreadyOff)
    #expect(world.kill(to: "control").status == .done)
    #expect(try config()["isEnabled"] == false)
    // Off altogether it would give its default: on, with a rule for everybody before all others.
    #expect(world.kill(to: "off").status == .done)
    #expect(try config()["isEnabled"] == true)
    #expect(try store().read(World.key).flag?.serving == .everyone("off"))
    #expect(try world.move(.restore, reason: "mended").status == .done)
    #expect(try share()?["baseID"] == base)
    #expect(try store().read(World.key).flag?.variants.map(\.name) == ["control", "canary", "fast", "off"])
  }

  @Test func aConfigurationAlwaysHandsOutSomething() throws {
    let flag = Self.flag("old", "new")
    _ = try store().write(flag, replacing: store().read(World.key), Occasion(.ordinary))
    #expect(try config()["defaultValue"] == ["value": "old"] && share()?["returnValue"] == ["value": "new"])
    let kill = world.kill(to: "off")
    let said = kill.lines[0].reasons.joined(separator: "; ")
    #expect(kill.status != .done && said.contains("rolloutctl kill ai-summary --to control"), "\(said)")
    #expect(world.kill().lines[0].off)
  }

  @Test(arguments: [nil, "off"]) func inOneEnvironmentTheOthersGoOn(killTo: String?) throws {
    let world = Self.world(platform, "production", killTo: killTo)
    let staging: JSON = [
      "name": "everyone", "passPercentage": 70, "conditions": [["type": "public"]], "environments": ["staging"],
      "id": "s1", "returnValue": ["model": "m-6"],
    ]
    try edit([
      "rules": [staging], "idType": "tenant", "description": "For Maya", "defaultValue": ["model": "m-4"],
    ])
    let theirs = try #require(try config()["rules"]?.items?.first)
    try started(world)
    #expect(try config()["rules"]?.items?.last == theirs)
    let kill = world.kill()
    #expect(kill.status == .done && kill.lines[0].serving == killTo ?? "control", "\(kill.lines)")
    #expect(try config()["isEnabled"] == true && config()["rules"]?.items?.last == theirs)
    #expect(
      try platform.asked().sorted() == [
        "GET \(Self.path)", "GET \(Self.path)", "GET \(Self.path)", "GET \(Self.gate)", "GET \(Self.gate)/overrides",
        "PATCH \(Self.path)",
      ])
    let killed = try #require(try store("production").read(World.key).flag)
    #expect(killed.serving == .everyone(killTo ?? "control") && killed.mark?.killed == true)
    #expect(killed["canary"] == ["model": "m-5"])
    #expect(try world.move(.restore, reason: "mended").status == .done)
    #expect(try world.status().place.stageIndex == 0 && world.status().drift == nil)
    #expect(try config()["description"]?.text?.hasPrefix("For Maya\nrolloutctl in production: {") == true)
    #expect(try store("staging").read(World.key).flag?.isForeign == true)
  }

  /// The default holds in every environment, so none of them alone changes it.
  @Test func aDefaultThatOthersHaveIsNotChanged() throws {
    let world = Self.world(platform, "production")
    try started(world)
    try edit(["defaultValue": ["model": "m-3"]])
    let drift = try #require(try world.status().drift)
    #expect("\(drift.expected)" == #"control = {"model": "m-4"}"# && "\(drift.shown)" == #"control = {"model": "m-3"}"#)
    let reading = try store("production").read(World.key)
    var flag = try #require(reading.flag)
    flag.variants = flag.variants.map { $0.name == "control" ? Variants.Variant("control", ["model": "m-4"]) : $0 }
    let trouble = try #require(throws: StoreTrouble.self) {
      let store = try store("production")
      _ = try store.write(flag, replacing: store.read(World.key), Occasion(.ordinary))
    }
    let said = Sentences.store(trouble).joined()
    #expect(
      said.contains(#"is {"model": "m-3"}, in all environments"#) && said.contains("a name of its own"), "\(said)")
    #expect(world.kill().status == .done)
  }

  // MARK: What was there before

  @Test func aConfigurationThatGivesControlAlreadyIsTakenOver() throws {
    try edit(["defaultValue": ["model": "m-4"], "description": "For Maya"])
    #expect(try world.move(.promote).status == .done)
    #expect(try config()["description"]?.text?.hasPrefix("For Maya\nrolloutctl: {") == true)
    #expect(try world.status().drift == nil)
  }

  @Test func oneThatGivesSomethingElseIsNot() throws {
    try edit(["defaultValue": ["model": "m-3"]])
    let report = try world.move(.promote)
    #expect(report.status == .conflict, "\(report.decision.reasons)")
    #expect(report.decision.reasons.joined().contains("m-3"), "\(report.decision.reasons)")
    #expect(try platform.asked().allSatisfy { $0.hasPrefix("GET") })
  }

  @Test func aGateOfThatNameIsNoConfigurationAndTheOtherWayRound() throws {
    let store = try store()
    let boolean = StatsigGateTests.flag(.paid(5))
    let valued = Self.flag(1, 2)
    for (first, second, what) in [(boolean, valued, "is a gate in Statsig"), (valued, boolean, "a gate there")] {
      try platform.put([:])
      _ = try store.write(first, replacing: store.read(World.key), Occasion(.ordinary))
      try platform.forget()
      let trouble = try #require(throws: StoreTrouble.self) {
        _ = try store.write(second, replacing: store.read(World.key), Occasion(.ordinary))
      }
      #expect(Sentences.store(trouble)[0].contains(what) && Sentences.store(trouble)[0].contains("a name of its own"))
      #expect(try platform.asked().allSatisfy { $0.hasPrefix("GET") })
    }
  }

  @Test func changesByHandAreDriftAndNeverStopAKill() throws {
    try started()
    let place = try #require(try config()["rules"]?.items?.firstIndex(where: StatsigRules.isShare))
    let rule = { (change: JSON) in JSON.object([JSON.Member("rules", .object([JSON.Member("\(place)", change)]))]) }
    try edit(rule(["returnValue": ["model": "m-9"]]))
    #expect(try #require(try world.status().drift).shown.description.contains("m-9"))
    try edit(rule(["returnValue": ["model": "m-5"], "passPercentage": 90]))
    #expect(try world.status().drift != nil && world.move(.promote).status == .conflict)
    let theirs: JSON = ["name": "theirs", "passPercentage": 100, "conditions": [["type": "public"]], "id": "t"]
    try edit(["rules": [theirs.setting("returnValue", to: ["model": "m-9"])]])
    #expect(try world.status().drift != nil)
    #expect(world.kill().lines[0].off)
    #expect(try config()["isEnabled"] == false)
  }

  @Test func oneThatIsDisabledByHandCountsAsKilled() throws {
    try started()
    try edit(["isEnabled": false, "status": "Disabled"])
    #expect(try world.status().killed)
    #expect(world.kill().lines[0].off)
  }
}
