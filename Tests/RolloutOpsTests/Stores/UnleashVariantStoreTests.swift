import Testing

@testable import RolloutOps

/// Rollouts of flags with variants on the scripted Unleash server, request by request.
@Suite(.needsPython, .serialized, .waits) struct UnleashVariantStoreTests {
  static let shared = Result { try LivePlatform(.unleash) }
  private static let production = "…/environments/production"
  private static let order = "POST \(production)/strategies/set-sort-order"

  let platform: LivePlatform
  let world: World

  init() throws {
    platform = try Self.shared.get()
    try platform.put(["flags": [:]])
    world = platform.world(SampleNote.withVariants)
  }

  private func store() throws -> any FlagStore { try platform.store(in: world) }

  private var strategies: [JSON] {
    get throws {
      let flag = try #require(try platform.state()["flags"]?["ai-summary"])
      let production = flag["environments"]?.items?.first { $0["name"] == "production" }
      return production?["strategies"]?.items ?? []
    }
  }

  private var isOn: Bool {
    get throws {
      let flag = try platform.state()["flags"]?["ai-summary"]
      return flag?["environments"]?.items?.first { $0["name"] == "production" }?["enabled"] == true
    }
  }

  /// Without our name.
  private var titles: [String] {
    get throws { try strategies.compactMap { $0["title"]?.text?.replacing("rolloutctl | ", with: "") } }
  }

  private func asked() throws -> [String] { try platform.asked(without: UnleashStoreTests.feature) }

  private func change(_ strategies: [JSON], on: Bool = true) -> JSON {
    ["environments": [["name": "production", "enabled": .bool(on), "strategies": .array(strategies)]]]
  }

  private func shown() throws -> Flag { try #require(try store().read(World.key).flag) }

  // MARK: The life of a rollout

  @Test func aRolloutMovesThroughItsStages() throws {
    #expect(try world.move(.promote).status == .done)
    #expect(
      try asked() == [
        "GET …", "GET …", "POST /api/admin/projects/default/features",
        "POST /api/admin/features/ai-summary/tags",
        "POST \(Self.production)/strategies", "POST \(Self.production)/strategies",
        "POST \(Self.production)/strategies",
        "POST \(Self.production)/on", "GET …",
      ])
    let rest = ["everybody else | gets control", "values | kill to control"]
    #expect(try titles == ["team = staff | gets canary"] + rest)
    #expect(try world.advance().status == .done)
    #expect(try titles == ["team = staff | gets canary", "5% of plan = paid | gets canary"] + rest)
    #expect(try world.advance().status == .done)
    #expect(try world.advance().status == .done)
    #expect(try titles == ["everybody | gets canary"] + rest)
    #expect(try world.move(.rollback, reason: "slow").status == .done)
    #expect(
      try titles.sorted() == (["25% of plan = paid | gets canary", "team = staff | gets canary"] + rest).sorted())
    #expect(try world.move(.rollback, reason: "slow") { $0.stage = "off" }.status == .done)
    #expect(try titles == rest && isOn && shown().serving == .everyone("control"))
    #expect(try world.status().place == .off && world.status().drift == nil)
    #expect(try store().list() == [ListedFlag(key: World.key, mark: Flag.Mark(killed: false, killsTo: nil))])
    let tags = try platform.state()["flags"]?["ai-summary"]?["tags"]
    #expect(tags == [["type": "simple", "value": "rolloutctl-production+variants"]])
  }

  @Test func aKillIsOneRequestThatPutsControlFirstAndRestoreLiftsItLast() throws {
    for _ in 0..<2 { try world.advance() }
    _ = try asked()
    let before = try strategies
    world.clock.advance(TimeSpan(seconds: 1))
    let kill = world.kill()
    #expect(kill.status == .done && kill.lines[0].off && kill.lines[0].serving == "control", "\(kill.lines)")
    #expect(try asked().prefix(3) == ["GET …", Self.order, "GET …"])
    #expect(try isOn && titles.first == "everybody else | gets control" && strategies.count == before.count)
    #expect(try world.status().place == .killed(serving: "control"))
    #expect(world.kill().status == .done)
    _ = try asked()
    #expect(try world.move(.restore, reason: "mended").status == .done)
    let told = try asked()
    #expect(Array(told.suffix(2)) == [Self.order, "GET …"], "\(told)")
    #expect(try titles.first == "team = staff | gets canary" && world.status().place.stageIndex == 0)
  }

  @Test func aKillToOffIsTheSwitch() throws {
    try world.advance()
    _ = try asked()
    let kill = world.kill(to: "off")
    #expect(kill.status == .done && kill.lines[0].serving == "off", "\(kill.lines)")
    #expect(try asked().prefix(3) == ["GET …", "POST \(Self.production)/off", "GET …"])
    #expect(try !isOn && world.status().place == .killed(serving: "off"))
    // A kill that says nothing of it leaves it off. One that wants control has it stand first before it switches on.
    #expect(world.kill().lines[0].serving == "off")
    #expect(try !isOn)
    _ = try asked()
    #expect(world.kill(to: "control").lines[0].serving == "control")
    #expect(
      try asked().prefix(5) == ["GET …", Self.order, "GET …", "POST \(Self.production)/on", "GET …"])
    #expect(try isOn && shown().serving == .everyone("control") && shown().mark?.killed == true)
  }

  /// After a finished one everybody has its canary, which is the next one's control.
  @Test func theNextRolloutBringsItsOwnValues() throws {
    for _ in 0..<4 { try world.advance() }
    try world.attest("gates")
    #expect(try world.move(.finish).status == .done)
    let next = SampleNote.withVariants.replacing("v7", with: "v8").replacing("= v6", with: "= v7")
      .replacing(#"{"model": "m-5"}"#, with: #"{"model": "m-6"}"#).replacing(
        #"{"model": "m-4"}"#, with: #"{"model": "m-5"}"#)
    world.files.put(World.note, SampleNote.saying("Store", "Store: \(platform.address)", in: next))
    #expect(try world.move(.promote).status == .done)
    #expect(try shown()["canary"]?["model"] == "m-6" && shown()["control"]?["model"] == "m-5")
    let payloads = try strategies.map { ($0["variants"]?.items ?? []).compactMap { $0["payload"]?["value"]?.text } }
    #expect(payloads[0] == [#"{"model":"m-6"}"#] && payloads[1] == [#"{"model":"m-5"}"#])
    #expect(payloads[2].prefix(2) == [#"{"model":"m-6"}"#, #"{"model":"m-5"}"#])
    #expect(try world.status().drift == nil && world.kill().lines[0].serving == "control")
    #expect(try shown()["control"]?["model"] == "m-5")
  }

  /// Whoever made one in the dashboard gave it no variants.
  @Test func anEmptyFlagOfSomebodyElseTakesTheNotesVariants() throws {
    try platform.put(["flags": ["ai-summary": [:]]])
    #expect(try world.status().drift == nil)
    #expect(try world.move(.promote).status == .done)
    #expect(try shown()["canary"]?["model"] == "m-5")
  }

  @Test func whatIsTooLongForARequestIsRefusedBeforeAnythingIsWritten() throws {
    let long = String(repeating: "x", count: 60_000)
    let note = SampleNote.withVariants.replacing(#""m-5""#, with: "\"\(long)\"")
      .replacing(#""m-4""#, with: "\"\(long)y\"")
    world.files.put(World.note, SampleNote.saying("Store", "Store: \(platform.address)", in: note))
    let trouble = try #require(throws: Trouble.self) { try world.move(.promote) }
    let words = trouble.sentences.joined()
    #expect(words.contains("100 kB in one request") && words.contains("values | kill to control"), "\(words)")
    #expect(try platform.requests().allSatisfy { $0.method == "GET" })
  }

  // MARK: Behind the tool's back

  @Test func anotherPayloadIsDriftThatSaysBoth() throws {
    try world.advance()
    var changed = try strategies
    let payload: JSON = ["type": "json", "value": #"{"model": "m-9"}"#]
    let variant = changed[0]["variants"]?.items?[0].setting("payload", to: payload) ?? .null
    changed[0] = changed[0].setting("variants", to: [variant])
    try platform.edit("ai-summary", change(changed))
    let drift = try #require(try world.status().drift)
    #expect("\(drift.expected)" == #"canary = {"model": "m-5"}"# && "\(drift.shown)" == #"canary = {"model": "m-9"}"#)
    try world.attest("gates")
    #expect(try world.move(.promote).status == .conflict)
    #expect(try world.move(.rollback, reason: "edited") { $0.stage = "off" }.status == .done)
    #expect(try shown().serving == .everyone("control") && shown()["canary"]?["model"] == "m-5")
  }

  @Test func anotherOrderIsSeenAndAKillGoesThrough() throws {
    for _ in 0..<2 { try world.advance() }
    let ours = try strategies
    let dragged = [ours[2], ours[0], ours[1], ours[3]].enumerated().map { $1.setting("sortOrder", to: .number($0)) }
    try platform.edit("ai-summary", change(dragged))
    #expect(try shown().serving == .everyone("control") && world.status().killed)
    #expect(world.kill().status == .done)
    #expect(try strategies[0]["sortOrder"] == -1 && shown().mark?.killed == true)
    #expect(try world.move(.restore, reason: "mended").status == .done)
    #expect(try world.status().place.stageIndex == 0 && world.status().drift == nil)
  }

  @Test func aKillStandsBeforeSomebodyElsesStrategies() throws {
    for _ in 0..<2 { try world.advance() }
    let theirs: JSON = [
      "name": "flexibleRollout", "title": "theirs", "sortOrder": -5,
      "parameters": ["rollout": "100", "stickiness": "random", "groupId": "x"],
    ]
    try platform.edit("ai-summary", change([theirs] + strategies))
    guard case .foreign = try shown().serving else {
      Issue.record("theirs lets in before ours: \(try shown().serving)")
      return
    }
    #expect(world.kill().status == .done)
    #expect(try strategies[0]["title"] == "rolloutctl | everybody else | gets control")
    #expect(try strategies[0]["sortOrder"] == -6 && shown().serving == .everyone("control"))
    // They would let people in beside the plan again, were the kill lifted.
    let trouble = try #require(throws: Trouble.self) { try world.move(.restore, reason: "mended") }
    #expect(trouble.sentences[0].contains("\"theirs\"") && trouble.status == .conflict)
    #expect(try shown().mark?.killed == true)
  }

  /// Control's strategy is gone, edited, or gives the canary by now: then a kill brings its own.
  @Test(arguments: ["gone", "edited", "finished"]) func aKillBringsItsOwnStrategyWhereThereIsNone(case: String) throws {
    for _ in 0..<4 { try world.advance() }
    var changed = try strategies
    let rest = try #require(changed.firstIndex { $0["title"]?.text?.contains("everybody else") == true })
    switch `case` {
    case "gone": changed.remove(at: rest)
    case "edited":
      let parameters: JSON = ["rollout": "10", "stickiness": "random", "groupId": "ai-summary"]
      changed[rest] = changed[rest].setting("parameters", to: parameters)
    default:
      try world.attest("gates")
      #expect(try world.move(.finish).status == .done)
      changed = try strategies
    }
    try platform.edit("ai-summary", change(changed))
    _ = try asked()
    #expect(world.kill().status == .done)
    #expect(try asked().prefix(3) == ["GET …", "POST \(Self.production)/strategies", "GET …"])
    #expect(try shown().serving == .everyone("control") && shown().mark?.killed == true)
    #expect(try shown()["control"]?["model"] == "m-4" && isOn)
    // Twice is as good as once, and both go with the next change.
    if `case` != "edited" {
      #expect(try world.move(.restore, reason: "mended").status == .done)
      #expect(
        try titles == ["team = staff | gets canary", "everybody else | gets control", "values | kill to control"])
    }
  }

  // MARK: At the same moment

  /// What a command still does that read before the kill lets nobody in.
  @Test(arguments: ["POST", "PATCH"]) func aChangeThatBeganBeforeTheKillDoesNotLiftIt(method: String) throws {
    for _ in 0..<(method == "POST" ? 1 : 2) { try world.advance() }
    try world.attest("gates")
    if method == "PATCH" { try world.attest("review", by: "lee") }
    let killed = try strategies.map { strategy in
      let isRest = strategy["title"]?.text?.contains("everybody else") == true
      return isRest ? strategy.setting("sortOrder", to: -1) : strategy
    }.sorted { ($0["sortOrder"]?.integer ?? 0) < ($1["sortOrder"]?.integer ?? 0) }
    let race: JSON = ["flag": "ai-summary", "change": change(killed)]
    try platform.fail(["method": .string(method), "path": "/strategies", "do": ["race": race]])
    let trouble = try #require(throws: Trouble.self) { try world.move(.promote) }
    #expect(trouble.status == .conflict, "\(trouble.sentences)")
    #expect(try shown().serving == .everyone("control") && shown().mark?.killed == true)
    #expect(try !platform.requests().contains { $0.path.hasSuffix("/set-sort-order") })
  }

  @Test func liftingAKillIsNeverRepeated() throws {
    try world.advance()
    #expect(world.kill().status == .done)
    try platform.forget()
    try platform.fail(["path": "/set-sort-order$", "times": 3, "do": ["after": "close"]])
    _ = try? world.move(.restore, reason: "mended")
    #expect(try platform.requests().count { $0.path.hasSuffix("/set-sort-order") } == 1)
    // It landed, which the read afterwards has shown.
    #expect(try world.status().place.stageIndex == 0)
  }

  @Test func aStrategyThatIsGoneInTheLastMomentTakesANewLook() throws {
    try world.advance()
    let others = try strategies.filter { $0["title"]?.text?.contains("everybody else") != true }
    let race: JSON = ["flag": "ai-summary", "change": change(others)]
    try platform.fail(["path": "/set-sort-order$", "do": ["race": race]])
    _ = try asked()
    #expect(world.kill().status == .done)
    #expect(try shown().serving == .everyone("control") && shown().mark?.killed == true)
    let writes = try asked().filter { $0.hasPrefix("POST") }
    #expect(writes == [Self.order, "POST \(Self.production)/strategies"])
  }

  // MARK: Rights

  /// Nobody gets the canary: applications have the default in their own code.
  @Test func whoMayNotMoveStrategiesSwitchesOff() throws {
    try world.advance()
    let state = try platform.state()
    try platform.put(
      state.setting("missing_permissions", to: ["UPDATE_FEATURE_STRATEGY", "CREATE_FEATURE_STRATEGY"]))
    let kill = world.kill()
    #expect(kill.status == .done && kill.lines[0].off && kill.lines[0].serving == "off", "\(kill.lines)")
    #expect(try asked().prefix(4) == ["GET …", Self.order, "POST \(Self.production)/off", "GET …"])
    #expect(try !isOn)
  }

  @Test func doctorSaysWhatAKillMayNot() throws {
    try world.advance()
    #expect(try store().examine(World.key).isEmpty)
    let right = JSON.object([JSON.Member("permission", "UPDATE_FEATURE_ENVIRONMENT")])
    try platform.put(platform.state().setting("permissions", to: [right]))
    let said = try #require(try store().examine(World.key).first { $0.name == "rights" })
    #expect(
      said.state == .warning && said.sentence.contains("no UPDATE_FEATURE_STRATEGY and no CREATE_FEATURE_STRATEGY"))
    #expect(said.sentence.contains("could not give everybody control"))
  }

  @Test func theCardSaysThatTheSwitchHandsOutNoVariant() throws {
    try world.advance()
    let store = try store()
    #expect(store.byHand(World.key, serving: "control").remarks.isEmpty, "of a flag that nobody has seen")
    _ = try store.read(World.key)
    #expect(
      store.byHand(World.key, serving: "control").remarks == [
        "a flag with variants then hands out none: applications use their own default"
      ])
  }

  // MARK: Who is served

  @Test func statusAsksThePlaygroundForVariants() throws {
    try world.advance()
    let served = { (world: World) in
      Dictionary(
        try #require(try world.status().served).answers.map { ($0.probe.who, $0.outcome) }, uniquingKeysWith: { $1 })
    }
    var told = try served(world)
    #expect(told["team = staff"] == .served(variant: "canary", value: ["model": "m-5"]), "\(told)")
    #expect(told["everybody else"] == .served(variant: "control", value: ["model": "m-4"]), "\(told)")
    #expect(world.kill().status == .done)
    told = try served(world)
    #expect(Set(told.values) == [.served(variant: "control", value: ["model": "m-4"])], "\(told)")
    #expect(world.kill(to: "off").status == .done)
    told = try served(world)
    #expect(Set(told.values) == [.served(variant: "off", value: nil)], "\(told)")
  }
}
