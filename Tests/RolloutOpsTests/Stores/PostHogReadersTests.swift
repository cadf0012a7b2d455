import Testing

@testable import RolloutOps

/// What of our flags PostHog's SDKs do not all read alike, and what a project wants of every new flag.
@Suite(.serialized, .waits, .needsPython) struct PostHogReadersTests {
  static let platform = Result { try LivePlatform(.posthog) }

  let platform: LivePlatform
  let world: World

  init() throws {
    platform = try Self.platform.get()
    try platform.put(["group_types": ["0": "tenant"]])
    world = platform.world()
  }

  private func store() throws -> any FlagStore {
    try platform.store(in: world)
  }

  private static let friends = Selector.oneOf(
    attribute: "tenant", [AttributeValue("Ünit 1"), AttributeValue("globex")])
  private static let half = Grant(cohort: nil, share: Percentage(percent: 50))

  private static func flag(_ exclusions: [Selector], isBoolean: Bool, _ grants: [Grant] = [half]) -> Flag {
    PostHogFlagTests.flag(
      Split(
        exposure: Exposure(grants: grants, exclusions: exclusions), unit: "tenant",
        canary: isBoolean ? "on" : "canary", control: isBoolean ? "off" : "control"), isBoolean)
  }

  /// Its filters as an earlier version wrote them.
  private static func early(_ flag: Flag) throws -> JSON {
    var properties = PostHogFlagTests.properties()
    properties.manner = .early
    return try PostHogFlag.filters(for: flag, over: [:], properties)
  }

  private static func values(_ filters: JSON, _ operation: JSON) -> [JSON] {
    (filters["groups"]?.items ?? []).flatMap { $0["properties"]?.items ?? [] }
      .filter { $0["operator"] == operation && $0["key"] == "$group_key" }.compactMap { $0["value"] }
  }

  // MARK: Who is kept out by the unit

  @Test(arguments: [true, false]) func whoIsKeptOutByTheUnitStandsInAList(isBoolean: Bool) throws {
    let one = PostHogFlagTests.equals("tenant", "initech")
    let flag = Self.flag([Self.friends, one], isBoolean: isBoolean)
    let filters = try PostHogFlag.filters(for: flag, over: [:], PostHogFlagTests.properties())
    let lists = Self.values(filters, isBoolean ? "is_not" : "exact")
    #expect(lists.contains(["Ünit 1", "globex"]) && lists.contains(["initech"]), "\(filters.written())")
    #expect(Self.values(filters, isBoolean ? "not_regex" : "regex").isEmpty)
    // Who is let in by the unit must be met to the letter.
    let inside = Self.flag([], isBoolean: isBoolean, [Grant(cohort: Self.friends, share: .whole)])
    let written = try PostHogFlag.filters(for: inside, over: [:], PostHogFlagTests.properties())
    #expect(Self.values(written, "regex") == ["^(?:Ünit 1|globex)$"])
  }

  /// PostHog holds these for truth values, and a list of one value is not the value.
  @Test(arguments: ["false", "True", ""]) func whatIsNoTextThereKeepsItsPattern(text: String) throws {
    let flag = Self.flag([PostHogFlagTests.equals("tenant", text)], isBoolean: true)
    let filters = try PostHogFlag.filters(for: flag, over: [:], PostHogFlagTests.properties())
    #expect(Self.values(filters, "not_regex") == [.string("^\(text)$")])
  }

  @Test(arguments: [true, false]) func everySplitOfAnEarlierVersionIsReadAsItWasMeant(isBoolean: Bool) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<300 {
      let split = PostHogFlagTests.split(&random, isBoolean: isBoolean)
      let flag = PostHogFlagTests.flag(split, isBoolean)
      let properties = PostHogFlagTests.properties(split.unit)
      let shown = try PostHogFlagTests.shown(flag, properties)
      var then = properties
      then.manner = .early
      let early = try PostHogFlagTests.shown(flag, then)
      #expect(early.flag == flag && shown.flag == flag, "seed \(seed): \(early.object.written())")
    }
  }

  @Test func anEarlierVersionsFlagIsFoundKilledAndMended() throws {
    let flag = Self.flag([Self.friends], isBoolean: true)
    let store = try store()
    _ = try store.write(flag, replacing: store.read(World.key), Occasion(.ordinary))
    try platform.edit(World.key.text, ["filters": Self.early(flag)])
    #expect(Self.values(try platform.flag(World.key.text)["filters"] ?? nil, "not_regex").count == 1)
    #expect(try store.read(World.key).flag == flag)
    func said() -> [String] { store.examine(World.key).filter { $0.name == "readers" }.map(\.sentence) }
    #expect(said().contains { $0.contains("posthog-node cannot decide it") })
    var killed = flag
    (killed.serving, killed.mark) = (.everyone("off"), Flag.Mark(killed: true))
    let dead = try store.write(killed, replacing: store.read(World.key), Occasion(.kill))
    #expect(dead.flag?.serving == .everyone("off"))
    _ = try store.write(flag, replacing: dead, Occasion(.ordinary))
    #expect(Self.values(try platform.flag(World.key.text)["filters"] ?? nil, "not_regex").isEmpty)
    #expect(!said().contains { $0.contains("posthog-node cannot decide it") })
  }

  // MARK: Shares, groups, payloads

  @Test func aShareThatIsNoWholePercentIsSaidWithTheChangeAndByDoctor() throws {
    let note = SampleNote.text.replacing("5% of paid 0s -> 25%", "12.5% of paid 0s -> 25%")
    let world = platform.world(note)
    #expect(try world.move(.promote).remarks.isEmpty)
    let report = try world.advance()
    #expect(report.remarks.contains { $0.contains("cannot read a share of 12.5%") }, "\(report.remarks)")
    #expect(try store().examine(World.key).contains { $0.sentence.contains("cannot read a share of 12.5%") })
    try world.attest("gates")
    try world.attest("review", by: "lee")
    #expect(try world.move(.promote).remarks.isEmpty)
  }

  @Test func payloadsThatNoLongerFitAreTakenOut() throws {
    let store = try store()
    let split = Split(
      exposure: Exposure(grants: [Self.half]), unit: "tenant", canary: "canary", control: "control")
    _ = try store.write(PostHogFlagTests.flag(split, false), replacing: store.read(World.key), Occasion(.ordinary))
    #expect(try platform.flag(World.key.text)["filters"]?["payloads"]?.members?.count == 4)
    let boolean = Self.flag([], isBoolean: true)
    #expect(try store.write(boolean, replacing: store.read(World.key), Occasion(.ordinary)).flag == boolean)
    #expect(try platform.flag(World.key.text)["filters"]?["payloads"]?.members?.isEmpty != false)
    let kept = try PostHogFlag.filters(
      for: boolean, over: ["payloads": ["true": "1", "canary": "2"]], PostHogFlagTests.properties())
    #expect(kept["payloads"] == ["true": "1"])
  }

  // MARK: What a project wants of every new flag

  @Test(arguments: [("require_tags", "tags"), ("require_contexts", "evaluation_contexts")])
  func tagsAndContextsComeFromTheSettings(rule: String, setting: String) throws {
    try platform.put(.object([JSON.Member("group_types", ["0": "tenant"]), JSON.Member(rule, true)]))
    let trouble = try #require(throws: Trouble.self) { try world.move(.promote) }
    let words = trouble.sentences.joined(separator: "; ")
    #expect(words.contains("\"posthog\": {\"\(setting)\": [") && trouble.status == .badNote, "\(words)")
    #expect(try platform.state()["flags"]?.members?.isEmpty == true)
    world.files.put("/w/rolloutctl.json", "{\"posthog\": {\"\(setting)\": [\"ai\", \"web\"]}}")
    #expect(try world.move(.promote).status == .done)
    #expect(try platform.flag(World.key.text)[setting] == ["ai", "web"])
  }

  @Test(arguments: ["[]", "{\"tags\": \"ai\"}", "{\"tags\": [1]}", "{\"tagz\": []}"])
  func settingsThatCannotBeReadAreNamed(text: String) throws {
    world.files.put("/w/rolloutctl.json", "{\"posthog\": \(text)}")
    let trouble = try #require(throws: Trouble.self) { try world.move(.promote) }
    #expect(trouble.sentences.joined().contains("\"posthog\" must be an object"), "\(trouble.sentences)")
    // And hold no kill up.
    try platform.edit("ai-summary", ["active": true])
    #expect(world.kill().lines[0].off)
  }
}
