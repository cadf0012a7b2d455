import Testing

@testable import RolloutOps

/// Flags as Unleash's strategies, and back, without a server.
@Suite struct UnleashFlagTests {
  static let key = FlagKey("ai-summary")
  static let segments = UnleashSegments(all: [(7, "beta"), (9, "inner circle")], place: "https://u")

  static func flag(_ exposure: Exposure, unit: String = "tenant") -> Flag {
    let split = Split(exposure: exposure, unit: unit, canary: "on", control: "off")
    return Flag(variants: Variants.boolean.all, serving: .split(split), mark: Flag.Mark(killsTo: "off"))
  }

  static func selector(_ text: String) throws -> Selector { try SelectorText(Substring(text)).selector }

  static func grant(_ text: String?, _ percent: Int = 100) throws -> Grant {
    Grant(cohort: try text.map(selector), share: Percentage(percent: percent))
  }

  func strategies(_ flag: Flag) throws -> [JSON] {
    try UnleashFlag.rules(for: flag).map { try $0.strategy(of: Self.key, Self.segments) }
  }

  func read(_ strategies: [JSON], isOn: Bool = true) -> Flag {
    UnleashFlag(key: Self.key, isOn: isOn, strategies: strategies, segments: Self.segments).flag
  }

  func refusal(_ exposure: Exposure, unit: String = "tenant") throws -> String {
    let trouble = try #require(throws: StoreTrouble.self) { try strategies(Self.flag(exposure, unit: unit)) }
    return Sentences.store(trouble).joined(separator: "; ")
  }

  @Test func aShareOfACohortIsOneStrategy() throws {
    let exposure = Exposure(
      grants: [try Self.grant("plan = paid", 25)],
      exclusions: [try Self.selector("tier = stable"), try Self.selector("not region in [eu, uk]")])
    let list = { (name: String, how: String, values: [String]) -> JSON in
      [
        "contextName": .string(name), "operator": .string(how), "values": .strings(values), "inverted": false,
        "caseInsensitive": false,
      ]
    }
    #expect(
      try strategies(Self.flag(exposure)) == [
        [
          "name": "flexibleRollout",
          "title": "rolloutctl | 25% of plan = paid | without tier = stable | without not region in [eu, uk]",
          "disabled": false, "parameters": ["rollout": "25", "stickiness": "tenant", "groupId": "ai-summary"],
          "constraints": [
            list("plan", "IN", ["paid"]), list("tier", "NOT_IN", ["stable"]), list("region", "IN", ["eu", "uk"]),
          ], "variants": [], "segments": [],
        ]
      ])
  }

  @Test func everyGrantCarriesTheExclusionsAndDrawsFromOneBucket() throws {
    let exposure = Exposure(
      grants: [try Self.grant("team = staff"), try Self.grant(nil, 5)], exclusions: [try Self.selector("tier = stable")]
    )
    let written = try strategies(Self.flag(exposure))
    #expect(written.count == 2)
    for strategy in written {
      #expect(strategy["parameters"]?["groupId"] == "ai-summary" && strategy["parameters"]?["stickiness"] == "tenant")
      #expect(strategy["constraints"]?.items?.last?["operator"] == "NOT_IN")
    }
    #expect(read(written) == Self.flag(exposure))
  }

  @Test func offAndKilledAreToldApartByTheSwitch() throws {
    var off = Self.flag(.off)
    off.serving = .everyone("off")
    let written = try strategies(off)
    #expect(written.count == 1 && written[0]["parameters"]?["rollout"] == "0")
    #expect(read(written) == off)
    let killed = read(try strategies(Self.flag(Exposure(grants: [Self.grant(nil)]))), isOn: false)
    #expect(
      killed.serving == .everyone("off")
        && killed.mark == Flag.Mark(killed: true, stage: "killed (off)", killsTo: "off"))
    let unknown = read([["name": "default", "constraints": []]], isOn: false)
    #expect(unknown.serving == .everyone("off") && unknown.mark == nil)
  }

  @Test func onWithoutAStrategyIsOnForEverybody() throws {
    #expect(read([]).serving == .everyone("on"))
    #expect(read([["name": "default", "disabled": true]]).serving == .everyone("on"))
  }

  @Test func truthIsSpelledAsEverySDKSpellsIt() throws {
    let written = try strategies(Self.flag(Exposure(grants: [Self.grant("beta = true and seats in [5, false]")])))
    let values = written[0]["constraints"]?.items?.compactMap { $0["values"] }
    #expect(values == [["true", "True"], ["5", "false", "False"]])
  }

  @Test func aSegmentIsUsedByItsNumber() throws {
    let exposure = Exposure(grants: [try Self.grant("segment = \"inner circle\" and plan = paid", 5)])
    let written = try strategies(Self.flag(exposure))
    #expect(written[0]["segments"] == [9] && written[0]["constraints"]?.items?.count == 1)
    #expect(read(written) == Self.flag(exposure))
    #expect(try refusal(Exposure(grants: [Self.grant("segment = betta")])).contains("there are: beta, inner circle"))
    #expect(try refusal(Exposure(grants: [Self.grant("not segment = beta")])).contains("keeps nobody out by one"))
    #expect(try refusal(Exposure(grants: [Self.grant("segment in [beta, x]")])).contains("by one segment"))
  }

  @Test func whatUnleashCannotSayIsRefusedBeforehand() throws {
    let half = Exposure(grants: [Grant(cohort: nil, share: Percentage(micro: 500_000))])
    #expect(try refusal(half) == "the store cannot express 0.5%; the nearest that it can is 1%")
    let most = Exposure(grants: [Grant(cohort: nil, share: Percentage(micro: 99_900_000))])
    #expect(try refusal(most).contains("nearest that it can is 99%"))
    let refused: [(String, String)] = [
      ("user.plan = paid", "without a dot"), ("seats = \"5\"", "write 5"), ("not (a = b and c = d)", "no `or`"),
      ("plan = \(String(repeating: "x", count: 101))", "1 to 100 characters"),
      ("tenant in [\((0..<251).map { "t\($0)" }.joined(separator: ", "))]", "250 values"),
    ]
    for (text, why) in refused { #expect(try refusal(Exposure(grants: [Self.grant(text)])).contains(why), "\(text)") }
    let paid = Exposure(grants: [try Self.grant(nil, 5)], exclusions: [try Self.selector("a = b and c = d")])
    #expect(try refusal(paid).contains("exclude by one attribute"))
    for unit in ["default", "random", "user.id"] {
      #expect(throws: StoreTrouble.self) { try strategies(Self.flag(Exposure(grants: [Self.grant(nil)]), unit: unit)) }
    }
    var variants = Self.flag(Exposure(grants: [try Self.grant(nil)]))
    variants.variants = ValuedVariants.objects
    let trouble = try #require(throws: StoreTrouble.self) { try UnleashFlag.rules(for: variants) }
    #expect(Sentences.store(trouble)[0].contains("on is no variant of the flag; it has control, canary, off"))
  }

  /// Whatever somebody changes at a strategy of ours, it is no longer taken for ours.
  @Test func whatWasEditedByHandIsForeign() throws {
    let exposure = Exposure(
      grants: [try Self.grant("plan = paid", 25)], exclusions: [try Self.selector("tier = stable")])
    let ours = try strategies(Self.flag(exposure))[0]
    #expect(read([ours]) == Self.flag(exposure))
    let edits: [(String, JSON)] = [
      ("title", "rolloutctl | 50% of plan = paid | without tier = stable"), ("title", "somebody's"),
      ("name", "default"),
      ("parameters", ["rollout": "26", "stickiness": "tenant", "groupId": "ai-summary"]),
      ("parameters", ["rollout": "25", "stickiness": "tenant", "groupId": "other"]),
      ("constraints", .array(Array(ours["constraints"]?.items?.prefix(1) ?? []))),
      ("constraints", .array((ours["constraints"]?.items ?? []).map { $0.setting("inverted", to: true) })),
      ("constraints", .array((ours["constraints"]?.items ?? []).map { $0.setting("caseInsensitive", to: true) })),
      ("segments", [7]), ("variants", [["name": "a", "weight": 1000]]),
    ]
    for (name, value) in edits {
      guard case .foreign = read([ours.setting(name, to: value)]).serving else {
        Issue.record("\(name) = \(value.written()) is taken for ours")
        continue
      }
    }
    guard case .foreign = read([ours, ["name": "default", "constraints": []]]).serving else {
      Issue.record("somebody else's strategy is passed over")
      return
    }
    #expect(
      read([ours, ["name": "default", "disabled": true]]) == Self.flag(exposure), "a disabled one serves nobody")
  }

  @Test func strategiesWithExclusionsOfTheirOwnAreNoSplit() throws {
    let one = try strategies(Self.flag(Exposure(grants: [Self.grant(nil, 5)], exclusions: [Self.selector("a = b")])))
    let other = try strategies(Self.flag(Exposure(grants: [Self.grant("plan = paid")])))
    guard case .foreign = read(one + other).serving else {
      Issue.record("read as a split")
      return
    }
  }

  @Test func anyExposureIsReadBackAsItself() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    var written = 0
    for round in 0..<2000 {
      let exposure = RandomExposure.any(&random)
      guard let strategies = try? strategies(Self.flag(exposure)) else { continue }
      // A note cannot nest one `and` in another, nor ours be read back where it does; the store refuses those.
      let isText = (exposure.grants.compactMap(\.cohort) + exposure.exclusions).allSatisfy {
        (try? Self.selector($0.description)) == $0
      }
      guard isText else { continue }
      written += 1
      let shown = read(strategies)
      let wanted = exposure.isOff ? Serving.everyone("off") : Self.flag(exposure).serving
      #expect(shown.serving == wanted, "seed \(seed), round \(round): \(exposure)")
    }
    #expect(written > 300, "seed \(seed)")
  }
}
