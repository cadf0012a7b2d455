import Testing

@testable import RolloutOps

/// Gates that earlier versions wrote: read as ours, killed, found by `doctor` and mended by the next change; and what is
/// refused before Statsig would refuse it.
@Suite(.serialized, .waits, .needsPython) struct StatsigEarlyTests {
  static let platform = Result { try LivePlatform(.statsig) }

  let platform: LivePlatform
  let world: World

  init() throws {
    platform = try Self.platform.get()
    try platform.put([:])
    world = StatsigStoreTests.world(platform)
  }

  /// The rules as they were written then.
  static func rules(_ flag: Flag, environment: String? = nil) throws -> JSON {
    guard case .split(let split) = flag.serving else { return [] }
    let conditions = StatsigConditions(unit: split.unit, manner: .early)
    return .array(try StatsigRules(conditions: conditions, environment: environment).encode(flag.serving, over: []))
  }

  private static func value(_ text: String) -> AttributeValue { AttributeValue(text) }
  private static let spellings = Selector.oneOf(attribute: "plan", [value("paid"), value("Paid")])

  private static func flag(_ exclusions: [Selector], _ grants: [Grant]? = nil) -> Flag {
    let half = [Grant(cohort: nil, share: Percentage(percent: 50))]
    return StatsigGateTests.flag(
      Split(
        exposure: Exposure(grants: grants ?? half, exclusions: exclusions), unit: "tenant", canary: "on", control: "off"
      ))
  }

  private func store(_ environment: String? = nil) throws -> any FlagStore {
    try platform.store(StatsigStoreTests.address(platform, environment), in: world)
  }

  /// As it stands there since an earlier version wrote it.
  private func put(_ flag: Flag, _ environment: String? = nil) throws {
    let plain = Self.flag([])
    let store = try store(environment)
    _ = try store.write(plain, replacing: store.read(World.key), Occasion(.ordinary))
    try platform.edit(World.key.text, ["rules": Self.rules(flag, environment: environment)])
  }

  private func words(_ body: () throws -> Void) throws -> String {
    let trouble = try #require(throws: StoreTrouble.self) { try body() }
    return Sentences.store(trouble).joined(separator: "; ")
  }

  // MARK: The spelling

  @Test func truthIsWrittenOnceAndWhateverItsCapitals() throws {
    let rules = StatsigRules(conditions: StatsigConditions(unit: "tenant"), environment: nil)
    let beta = StatsigGateTests.equals("beta", "true")
    let made = try rules.encode(
      Self.flag([beta], [Grant(cohort: .not(StatsigGateTests.equals("beta", "false")), share: .whole)]).serving,
      over: [])
    #expect(made[0]["conditions"]?.items?.first?["operator"] == "any")
    #expect(made[0]["conditions"]?.items?.first?["targetValue"] == ["true"])
    #expect(made[1]["conditions"]?.items?.first?["operator"] == "none")
    #expect(made[1]["conditions"]?.items?.first?["targetValue"] == ["false"])
    // And the unit must be there, not only the word for its absence.
    #expect(made[1]["conditions"]?.items?.count == 3)
    #expect(made[1]["conditions"]?.items?.last?["targetValue"] == ["undefined", "null"])
  }

  @Test func everySplitOfAnEarlierVersionIsReadAsItWasMeant() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<400 {
      let split = StatsigGateTests.split(&random)
      let flag = StatsigGateTests.flag(split)
      let shown = try StatsigGateTests.shown(flag, nil)
      let early = StatsigFlag(shown.object.setting("rules", to: try Self.rules(flag)), environment: nil)
      #expect(early.flag == flag && early.splitOfEarlyManner == split, "seed \(seed): \(early.object.written())")
      #expect(shown.splitOfEarlyManner == nil, "seed \(seed)")
      let off = StatsigFlag(early.object.setting("isEnabled", to: false), environment: nil)
      #expect(off.flag.mark?.killed == true)
    }
  }

  static let refusals: [(Selector, String)] = [
    (spellings, "paid and Paid differ by capitals alone"),
    (.oneOf(attribute: "tenant", [value("Ünit"), value("üNIT")]), "differ by capitals alone"),
    (.oneOf(attribute: "beta", [value("true"), value("yes")]), "the text yes is not"),
  ]

  @Test(arguments: refusals.indices) func whatCoreSDKsWouldReadOtherwiseIsRefusedBeforeAWrite(index: Int) throws {
    let (selector, why) = Self.refusals[index]
    for flag in [Self.flag([selector]), Self.flag([], [Grant(cohort: selector, share: .whole)])] {
      let store = try store()
      let said = try words { _ = try store.write(flag, replacing: store.read(World.key), Occasion(.ordinary)) }
      #expect(said.contains(why) && said.contains("Statsig cannot express"), "\(said)")
    }
    #expect(try platform.asked().allSatisfy { $0.hasPrefix("GET") })
  }

  // MARK: Flags of earlier versions

  @Test(arguments: [nil, "production"]) func itIsReadKilledAndMended(environment: String?) throws {
    let flag = Self.flag([StatsigGateTests.equals("beta", "true")])
    try put(flag, environment)
    let store = try store(environment)
    #expect(try store.read(World.key).flag == flag)
    let found = store.examine(World.key).filter { $0.name == "rules" }
    try #require(found.count == 2 && found.allSatisfy { $0.state == .warning }, "\(found)")
    #expect(found[0].sentence.contains("beta = true") && found[1].sentence.contains("statsig-node"))

    var killed = flag
    (killed.serving, killed.mark) = (.everyone("off"), Flag.Mark(killed: true))
    let dead = try store.write(killed, replacing: store.read(World.key), Occasion(.kill))
    #expect(dead.flag?.serving == .everyone("off"))

    let back = try store.write(flag, replacing: dead, Occasion(.ordinary))
    #expect(back.flag == flag)
    #expect(store.examine(World.key).allSatisfy { $0.name != "rules" })
    let targets = (try platform.flag(World.key.text)["rules"]?.items ?? []).flatMap { $0["conditions"]?.items ?? [] }
    #expect(!targets.contains { $0["targetValue"] == ["true", "True"] })
  }

  /// What narrows must not wait for a list that cannot be said any more.
  @Test func aRollbackGoesThroughWhereAListCannotBeSaidAnew() throws {
    let (wide, narrow) = (Self.flag([Self.spellings]), Percentage(percent: 5))
    try put(wide)
    let store = try store()
    let small = Self.flag([Self.spellings], [Grant(cohort: nil, share: narrow)])
    let reading = try store.read(World.key)
    #expect(reading.flag == wide)
    let said = try words { _ = try store.write(small, replacing: reading, Occasion(.ordinary)) }
    #expect(said.contains("differ by capitals alone"))
    #expect(try store.write(small, replacing: store.read(World.key), Occasion(.narrowing)).flag == small)
    // But nothing of the kind begins.
    let more = Self.flag([Self.spellings, .oneOf(attribute: "team", [Self.value("a"), Self.value("A")])])
    #expect(throws: StoreTrouble.self) { try store.write(more, replacing: store.read(World.key), Occasion(.narrowing)) }
  }

  // MARK: Lengths and limits

  @Test(arguments: ["ab", String(repeating: "a", count: 101), "a b c", "ä-flag"])
  func aNameThatStatsigWouldNotTakeIsRefusedFirst(name: String) throws {
    let store = try store()
    let said = try words {
      _ = try store.write(Self.flag([]), replacing: store.read(FlagKey(name)), Occasion(.ordinary))
    }
    #expect(said.contains("3 to 100 letters, digits and - _ . only"), "\(said)")
    #expect(try platform.asked().allSatisfy { $0.hasPrefix("GET") })
  }

  @Test func aDescriptionThatWouldBeTooLongIsRefusedFirstAndNeverStopsWhatNarrows() throws {
    let store = try store()
    let flag = Self.flag([])
    _ = try store.write(flag, replacing: store.read(World.key), Occasion(.ordinary))
    let line = try #require(try platform.flag(World.key.text)["description"]?.text)
    try platform.edit(World.key.text, ["description": .string(String(repeating: "é", count: 950) + "\n" + line)])
    try platform.forget()
    let said = try words { _ = try store.write(flag, replacing: store.read(World.key), Occasion(.ordinary)) }
    #expect(said.contains("at most 1,000 characters"), "\(said)")
    #expect(try platform.asked().allSatisfy { $0.hasPrefix("GET") })
    #expect(try store.write(flag, replacing: store.read(World.key), Occasion(.narrowing)).flag == flag)
    let after = try #require(try platform.flag(World.key.text)["description"]?.text)
    #expect(after.hasPrefix("éé") && after.hasSuffix("…\n" + line) && after.utf16.count <= 1000)
  }

  @Test(arguments: [("10 s", 0), ("15 min", 1)] as [(String, Int)])
  func bothLimitsAreTold(limit: String, full: Int) throws {
    let limits: [JSON] = [["requests": 100, "seconds": 10], ["requests": 900, "seconds": 900]]
    try platform.edit(["state": ["limits": [limits[full].setting("requests", to: 0)]]])
    let store = try store()
    let said = try words { _ = try store.write(Self.flag([]), replacing: store.read(World.key), Occasion(.ordinary)) }
    #expect(said.contains("answered 429") && said.contains(limit), "\(said)")
  }
}
