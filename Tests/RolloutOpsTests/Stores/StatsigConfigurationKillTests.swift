import Testing

@testable import RolloutOps

/// Kills of dynamic configurations, where nobody says which kind a flag has: a gate is as fast as ever, and a configuration
/// is found behind whatever stands in its way.
@Suite(.serialized, .waits, .needsPython) struct StatsigConfigurationKillTests {
  static let platform = Result { try LivePlatform(.statsig) }
  private static let (gate, path) = (StatsigStoreTests.gate, StatsigConfigurationTests.path)

  let platform: LivePlatform
  let world: World

  init() throws {
    platform = try Self.platform.get()
    try platform.put([:])
    world = StatsigConfigurationTests.world(platform)
  }

  private func store(until seconds: Int? = nil) throws -> any FlagStore {
    var terms = StoreTerms(root: "/w")
    terms.deadline = seconds.map { world.clock.now() + TimeSpan(seconds: $0) }
    return try StoreAddress("statsig+\(platform.place)").opening(from: "/w", terms, world.context())
  }

  private func isOff(_ key: String = "ai-summary") throws -> Bool {
    try platform.state()["configs"]?[key]?["isEnabled"] == false
  }

  private func started() throws {
    try world.move(.promote)
    #expect(try world.advance().status == .done)
    world.clock.advance(TimeSpan(seconds: 1))
    try platform.forget()
  }

  @Test func aKillAsksForTheGateFirstAndItsOneWriteIsTheRightOne() throws {
    try started()
    #expect(world.kill().status == .done)
    #expect(
      try platform.asked().prefix(4) == [
        "GET \(Self.gate)", "GET \(Self.path)", "PUT \(Self.path)/disable", "GET \(Self.path)",
      ])
  }

  /// The note says which kind it is.
  @Test func byItsNoteItIsAskedForAtOnce() throws {
    try started()
    let kill = Kill(context: world.context("oncall"), choices: OperatorChoices()).perform([World.note])
    #expect(kill.status == .done)
    #expect(
      try platform.asked().prefix(3) == ["GET \(Self.path)", "PUT \(Self.path)/disable", "GET \(Self.path)"])
  }

  /// A note that has variants now, and a gate from before that is still on.
  @Test(arguments: [nil, "production"]) func aNoteThatIsWrongAboutItIsBelievedInNothing(environment: String?) throws {
    let plain = StatsigStoreTests.world(platform, environment)
    try plain.move(.promote)
    let address = "statsig+\(platform.place)\(environment.map { "/\($0)" } ?? "")"
    plain.files.put(World.note, SampleNote.saying("Store", "Store: \(address)", in: SampleNote.withVariants))
    try platform.edit(["state": ["overrides": ["ai-summary": ["passingUserIDs": ["u1"]]]]])
    let kill = Kill(context: plain.context("oncall"), choices: OperatorChoices()).perform([World.note])
    // Whoever an override lets in stays in where the switch may not be thrown.
    #expect(kill.lines[0].off == (environment == nil), "\(kill.lines)")
    let said = kill.lines[0].reasons.joined()
    #expect(environment == nil || said.contains("overrides of the gate let some in"), "\(said)")
  }

  /// Somebody made a gate of that name by hand: turning that off is not what is meant.
  @Test(arguments: [true, false]) func aGateOfThatNameInTheWayIsNotTakenForIt(isOn: Bool) throws {
    try started()
    let rule: JSON = ["name": "theirs", "passPercentage": 70, "conditions": [["type": "public"]]]
    try platform.edit(
      "ai-summary", ["isEnabled": .bool(isOn), "status": isOn ? "In Progress" : "Disabled", "rules": [rule]])
    #expect(try world.status().place.stageIndex == 1)
    let kill = world.kill()
    #expect(kill.status == .done && kill.lines[0].off && kill.lines[0].serving == "control", "\(kill.lines)")
    #expect(try isOff() && platform.flag("ai-summary")["isEnabled"] == .bool(isOn))
  }

  @Test func aGateIsKilledWhateverIsAnsweredAboutConfigurations() throws {
    let rule: JSON = ["name": "theirs", "passPercentage": 70, "conditions": [["type": "public"]]]
    try platform.edit("ai-summary", ["rules": [rule]])
    try platform.fail(["path": "dynamic_configs", "times": 99, "do": ["answer": ["status": 500]]])
    #expect(world.kill().lines[0].off)
    #expect(try platform.flag("ai-summary")["isEnabled"] == false)
  }

  /// While nothing that reads is answered the switch is thrown all the same.
  @Test func theSwitchFindsItsKind() throws {
    try started()
    try store(until: 30).switchOff(World.key, Occasion(.kill))
    #expect(try platform.asked() == ["PUT \(Self.gate)/disable", "PUT \(Self.path)/disable"])
    #expect(try isOff())
    #expect(try store().read(World.key).flag?.serving == .everyone("control"))
    try platform.forget()
    // One that was seen is switched at once.
    let store = try store(until: 30)
    _ = store.look([World.key])
    try platform.forget()
    try store.switchOff(World.key, Occasion(.kill))
    #expect(try platform.asked() == ["PUT \(Self.path)/disable"])
    let trouble = try #require(throws: StoreTrouble.self) { try store.switchOff(FlagKey("none"), Occasion(.kill)) }
    #expect(Sentences.store(trouble).joined().contains("the flag none"), "\(trouble)")
  }

  @Test func blindItIsOffTooAndSaysWhatItServes() throws {
    try started()
    try platform.fail(["method": "GET", "times": 3, "do": ["answer": ["status": 500, "body": "blind"]]])
    let kill = world.kill()
    #expect(kill.lines[0].off, "\(kill.lines)")
    #expect(try isOff())
  }

  @Test func allAreFoundInBothLists() throws {
    let store = try store()
    for index in 0..<6 {
      _ = try store.write(
        StatsigGateTests.flag(.paid(5)), replacing: store.read(FlagKey("gate-\(index)")), Occasion(.ordinary))
      _ = try store.write(
        StatsigConfigurationTests.flag(1, 2), replacing: store.read(FlagKey("model-\(index)")), Occasion(.ordinary))
    }
    try platform.edit(["config": "of-others", "change": ["defaultValue": ["a": 1]]])
    let listed = try self.store().list()
    #expect(listed.count == 13 && listed.count { $0.mark != nil } == 12)
    let keys = listed.filter { $0.mark != nil }.map(\.key)
    try platform.forget()
    let killing = try self.store(until: 30)
    let looks = killing.look(keys)
    #expect(try platform.asked().sorted() == ["GET /console/v1/dynamic_configs", "GET /console/v1/gates"])
    let orders = try keys.map { key in
      let reading = try #require(looks[key]).get()
      return KillOrder(try StoreContractTests.killed(reading), over: reading, Occasion(.kill))
    }
    for outcome in killing.send(orders) { #expect(throws: Never.self) { try outcome.get() } }
    for key in keys {
      let flag = try #require(try self.store().read(key).flag)
      #expect(flag.mark?.killed == true && flag.serving == .everyone(key.text.hasPrefix("g") ? "off" : "control"))
    }
    #expect(try platform.state()["configs"]?["of-others"]?["isEnabled"] == true)
  }

  /// Of many flags too the gates are killed whatever is answered about configurations, and nobody says that those are.
  @Test func manyGatesAreKilledWhateverIsAnsweredAboutConfigurations() throws {
    let rule: JSON = ["name": "theirs", "passPercentage": 70, "conditions": [["type": "public"]]]
    let keys = (0..<9).map { FlagKey("gate-\($0)") }
    for key in keys { try platform.edit(key.text, ["rules": [rule]]) }
    _ = try store().write(
      StatsigConfigurationTests.flag(1, 2), replacing: store().read(World.key), Occasion(.ordinary))
    try platform.fail(["path": "dynamic_configs", "times": 999, "do": ["answer": ["status": 500]]])
    let looks = try store(until: 30).look(keys + [World.key])
    for key in keys { #expect(try #require(looks[key]).get().flag?.isForeign == true) }
    #expect(throws: StoreTrouble.self) { try #require(looks[World.key]).get() }
    #expect(try store(until: 30).listPart().count == 9)
    #expect(throws: StoreTrouble.self) { try store().list() }
    #expect(throws: StoreTrouble.self) { try store().read(keys + [World.key]) }
  }

  @Test(arguments: ["pending", "refused"]) func aReviewIsWalkedPast(review: String) throws {
    try started()
    try platform.edit([
      "config": "ai-summary", "change": ["reviewSettings": ["requiredReview": true]],
    ])
    try platform.edit(["state": ["review": .string(review)]])
    let trouble = try #require(throws: Trouble.self) { try world.move(.rollback) }
    #expect(trouble.status == .hold, "\(trouble.sentences)")
    try platform.forget()
    #expect(world.kill().lines[0].off)
    let writes = try platform.requests().filter { $0.method == "PUT" }
    #expect(writes.map { $0.headers["x-respect-review-settings"] } == ["true", nil])
    #expect(try isOff())
  }

  // MARK: Somebody else at work

  @Test func aChangeSinceItWasReadIsAConflict() throws {
    try started()
    let store = try store()
    let reading = try store.read(World.key)
    try platform.edit(["config": "ai-summary", "change": ["defaultValue": ["model": "m-3"]]])
    let trouble = try #require(throws: StoreTrouble.self) {
      try store.write(try #require(reading.flag), replacing: reading, Occasion(.ordinary))
    }
    #expect(trouble == .changedMeanwhile(path: platform.place + Self.path))
  }

  @Test func aKillInTheLastMomentIsNotUndone() throws {
    try started()
    let killed: JSON = ["config": "ai-summary", "change": ["isEnabled": false, "status": "Disabled"]]
    try platform.fail(["method": "PATCH", "do": ["race": killed]])
    let trouble = try #require(throws: Trouble.self) { try world.move(.rollback) }
    #expect(trouble.status == .conflict)
    #expect(try isOff() && world.status().killed)
  }

  /// What a network brings twice is one change.
  @Test(arguments: ["POST", "PATCH"]) func whatArrivesTwiceIsDoneOnce(method: String) throws {
    try platform.fail(["method": .string(method), "path": "dynamic_configs", "do": ["twice": true]])
    #expect(try world.move(.promote).status == .done)
    if method == "PATCH" {
      #expect(try world.advance().status == .done)
      #expect(try world.status().place.stageIndex == 1)
    }
    #expect(try world.status().drift == nil)
  }
}
