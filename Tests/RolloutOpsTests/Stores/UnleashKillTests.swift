import Testing

@testable import RolloutOps

/// What stands in a kill's way in Unleash, and what only seems to: as a real server of version 8.2 answers.
extension UnleashStoreTests {
  private static let others: [JSON.Member] = ["second", "third"].map { name in
    let strategy: JSON = [
      "name": "flexibleRollout", "title": "rolloutctl | nobody",
      "parameters": ["rollout": "0", "stickiness": "default", "groupId": .string(name)],
    ]
    return JSON.Member(
      name,
      [
        "tags": [["type": "simple", "value": "rolloutctl-production"]],
        "environments": [["name": "production", "enabled": true, "strategies": [strategy]]],
      ])
  }

  private static let keys = ["second", "third"].map { FlagKey($0) }

  private func killing() throws -> any FlagStore { try store(until: world.clock.now() + TimeSpan(seconds: 30)) }

  private func order(_ key: FlagKey, _ look: Result<FlagReading, StoreTrouble>?) throws -> KillOrder {
    KillOrder(PlatformKillTests.Stage.off, over: try #require(look).get(), Occasion(.kill))
  }

  private func isOn(_ key: String) throws -> Bool? {
    let flag = try platform.state()["flags"]?[key]
    return flag?["environments"]?.items?.first { $0["name"] == "production" }?["enabled"]?.truth
  }

  private func words(_ look: Result<FlagReading, StoreTrouble>?) -> String {
    guard case .failure(let trouble)? = look else { return "no trouble: \(String(describing: look))" }
    return Sentences.store(trouble).joined(separator: "; ")
  }

  @Test func oneThatWasArchivedMeanwhileKeepsNoOtherOn() throws {
    try platform.put(["flags": .object(Self.others)])
    let store = try killing()
    let looks = store.look(Self.keys)
    let orders = try Self.keys.map { try order($0, looks[$0]) }
    try platform.edit("third", ["archived": true])
    _ = try asked()
    let sent = store.send(orders)
    guard case .success(.flag) = sent[0], case .failure(.occupied(let why)) = sent[1] else {
      Issue.record("\(sent)")
      return
    }
    #expect(why.contains("third is archived in Unleash: nobody is served it"))
    #expect(try isOn("second") == false)
    let bulk = "POST /api/admin/projects/default/bulk_features/environments/production/off"
    #expect(try asked().first == bulk, "together first")
  }

  @Test func whatIsArchivedIsSaidToBe() throws {
    try platform.put(["flags": .object(Self.others + [JSON.Member("ai-summary", ["archived": true])])])
    let killing = try killing()
    for keys in [[World.key], Self.keys + [World.key]] {
      #expect(words(killing.look(keys)[World.key]).contains("ai-summary is archived in Unleash"))
    }
    let refusal = try #require(throws: StoreTrouble.self) { try killing.switchOff(World.key, Occasion(.kill)) }
    #expect(refusal.isOccupied)
    let trouble = try #require(throws: Trouble.self) { try world.move(.promote) }
    #expect(trouble.sentences[0].contains("is archived"))
    #expect(try store().examine(World.key).map(\.name) == ["archived"])
  }

  @Test func segmentsThatDoNotAnswerStandInNoKillsWay() throws {
    let note = SampleNote.saying("Cohorts", "Cohorts:\n- internal: segment = beta\n- paid: plan = paid")
    let world = platform.world(note)
    try platform.put(["segments": [["id": 3, "name": "beta", "constraints": []]], "flags": [:]])
    #expect(try world.move(.promote).status == .done)
    try platform.fail(["path": "/segments", "times": 100, "do": ["answer": ["status": 500]]])
    let store = try killing()
    let looks = store.look([World.key])
    let flag = try #require(looks[World.key]?.get().flag)
    guard case .split(let split) = flag.serving else {
      Issue.record("read as \(flag.serving)")
      return
    }
    #expect(split.exposure.grants.first?.cohort == .equals(attribute: "segment", AttributeValue("beta")))
    let sent = store.send([try order(World.key, looks[World.key])])
    #expect(sent.count == 1 && (try? sent[0].get()) == .flag)
    #expect(try isOn("ai-summary") == false)
  }

  /// A mark needs a right that a switch does not.
  @Test func aForeignFlagIsMarkedAfterItIsOffOrNot() throws {
    for canTag in [true, false] {
      try platform.put(Self.state(["name": "default"]))
      if !canTag { try platform.fail(["path": "/tags", "times": 9, "do": ["answer": ["status": 403]]]) }
      let store = try killing()
      let looks = store.look([World.key])
      _ = try asked()
      #expect((try? store.send([try order(World.key, looks[World.key])])[0].get()) == .flag)
      #expect(
        try asked() == [
          "POST …/environments/production/off", "POST /api/admin/features/ai-summary/tags",
          "POST …/environments/production/strategies",
        ])
      let flag = try #require(try killing().look([World.key])[World.key]?.get().flag)
      #expect(flag.serving == .everyone("off") && flag.mark?.killed == true)
      #expect(
        try store.list() == [ListedFlag(key: World.key, mark: canTag ? Flag.Mark(killed: true, killsTo: "off") : nil)])
    }
  }

  @Test func aTagThatSomebodyTookAwayComesBackWithTheNextPromotion() throws {
    try world.move(.promote)
    try platform.edit("ai-summary", ["tags": []])
    #expect(try store().list() == [ListedFlag(key: World.key, mark: nil)])
    #expect(try world.advance().status == .done)
    #expect(try store().list() == [ListedFlag(key: World.key, mark: Flag.Mark(killsTo: "off"))])
    // What only narrows waits for no tag.
    try platform.edit("ai-summary", ["tags": []])
    _ = try asked()
    #expect(try world.move(.rollback, reason: "slow").status == .done)
    #expect(try !asked().contains { $0.hasSuffix("/tags") })
  }

  @Test func aDeletionThatCameTwiceIsDone() throws {
    try world.move(.promote)
    while try world.status().place.stageIndex != 2 { try world.advance() }
    try platform.fail(["method": "DELETE", "do": ["twice": true]])
    #expect(try world.advance().status == .done)
    #expect(try platform.requests().contains { $0.method == "DELETE" && $0.status == 404 })
    #expect(try titles == ["rolloutctl | everybody"])
  }

  @Test func aSwitchedOnEnvironmentWithoutStrategiesIsSeenInAListToo() throws {
    let empty: JSON = ["environments": [["name": "production", "enabled": true, "strategies": []]]]
    try platform.put(["flags": .object(Self.others + [JSON.Member("ai-summary", empty)])])
    let looks = try killing().look(Self.keys + [World.key])
    #expect(try looks[World.key]?.get().flag?.serving == .everyone("on"))
    #expect(try looks[FlagKey("second")]?.get().flag?.mark == Flag.Mark(killsTo: "off"))
  }

  // MARK: Wrong addresses, closed servers

  @Test func aPlaceThatIsNotThereIsNoEmptyOne() throws {
    for (path, missing) in [("nope/production", "the project nope"), ("default/nope", "the environment nope")] {
      try platform.put(["flags": .object(path.hasPrefix("nope") ? [] : Self.others)])
      let address = platform.kind.address(at: platform.place, "/\(path)")
      let store = try platform.store(address, in: world)
      let trouble = try #require(throws: StoreTrouble.self) { try store.list() }
      #expect(Sentences.store(trouble).joined().contains(missing), "\(trouble)")
      #expect(words(store.look(Self.keys)[Self.keys[0]]).contains(missing))
      let failed = store.examine().filter { $0.state == .failed }
      #expect(failed.map(\.name) == ["project"], "\(failed)")
    }
    try platform.put(["flags": [:]])
    #expect(try store().list() == [])
    #expect(try !store().examine().contains { $0.state == .failed })
  }

  @Test func maintenanceIsSaidAtOnceAndBefore() throws {
    try platform.put(["flags": .object(Self.others), "maintenance": true])
    let store = try killing()
    let looks = store.look(Self.keys)
    for outcome in store.send(try Self.keys.map { try order($0, looks[$0]) }) {
      guard case .failure(.refused(let refusal)) = outcome else {
        Issue.record("\(outcome)")
        continue
      }
      #expect(refusal.reason == .rejected && refusal.said?.contains("in maintenance mode") == true)
      #expect(refusal.said?.contains("/admin/maintenance") == true)
    }
    #expect(try asked().count { $0.hasPrefix("POST") } == 1, "one refusal is enough for all")
    #expect(store.examine().filter { $0.state == .failed }.map(\.name) == ["maintenance"])
  }
}

extension StoreTrouble {
  fileprivate var isOccupied: Bool { if case .occupied = self { true } else { false } }
}
