import Testing

@testable import RolloutOps

/// Flags with variants as Unleash's strategies, and back, without a server.
@Suite struct UnleashVariantTests {
  private static let key = UnleashFlagTests.key
  private static let segments = UnleashFlagTests.segments

  private static func split(_ exposure: Exposure) -> Flag {
    flag(.split(Split(exposure: exposure, unit: "tenant", canary: "canary", control: "control")))
  }

  private static func flag(_ serving: Serving, killsTo: String = "control") -> Flag {
    Flag(
      variants: UnleashVariant.sorted(ValuedVariants.objects), serving: serving, mark: Flag.Mark(killsTo: killsTo))
  }

  private static func exposure(_ percent: Int = 25) throws -> Exposure {
    Exposure(
      grants: [try UnleashFlagTests.grant("team = staff"), try UnleashFlagTests.grant("plan = paid", percent)],
      exclusions: [try UnleashFlagTests.selector("tier = stable")])
  }

  /// As the server shows them: with numbers, in their order.
  private func strategies(_ flag: Flag) throws -> [JSON] {
    try UnleashFlag.rules(for: flag).enumerated().map { index, rule in
      try rule.strategy(of: Self.key, Self.segments).setting("id", to: .string("s\(index)"))
        .setting("sortOrder", to: .number(index))
    }
  }

  private func shown(_ strategies: [JSON], isOn: Bool = true) -> UnleashFlag {
    UnleashFlag(key: Self.key, isOn: isOn, strategies: strategies, segments: Self.segments)
  }

  private func variant(_ name: String) throws -> Variants.Variant {
    try #require(ValuedVariants.objects.first { $0.name == name })
  }

  // MARK: Writing

  @Test func whoeverIsLeftHasAStrategyBehindTheOthers() throws {
    let written = try strategies(Self.split(Self.exposure()))
    #expect(
      written.compactMap { $0["title"]?.text } == [
        "rolloutctl | team = staff | without tier = stable | gets canary",
        "rolloutctl | 25% of plan = paid | without tier = stable | gets canary",
        "rolloutctl | everybody else | gets control", "rolloutctl | values | kill to control",
      ])
    let one = { (name: String, unit: String, value: String) -> JSON in
      [
        [
          "name": .string(name), "weight": 1000, "weightType": "variable", "stickiness": .string(unit),
          "payload": ["type": "json", "value": .string(value)],
        ]
      ]
    }
    #expect(written[1]["variants"] == one("canary", "tenant", #"{"model":"m-5","t":0.70}"#))
    #expect(written[2]["variants"] == one("control", "random", #"{"model":"m-4"}"#))
    #expect(written[2]["constraints"] == [] && written[2]["parameters"]?["rollout"] == "100")
    // What is kept serves nobody, should somebody enable it.
    #expect(written[3]["disabled"] == true && written[3]["parameters"]?["rollout"] == "0")
    let kept = written[3]["variants"]?.items ?? []
    #expect(kept.compactMap { $0["name"]?.text } == ["canary", "control", "off"])
    #expect(kept.compactMap { $0["weight"]?.integer } == [1000, 0, 0])
  }

  @Test func everythingIsReadBackAsItIsMeant() throws {
    for flag in [
      Self.split(try Self.exposure()), Self.flag(.everyone("control")), Self.flag(.everyone("canary"), killsTo: "off"),
    ] {
      #expect(shown(try strategies(flag)).flag == flag)
    }
    let texts = [Variants.Variant("control", "Guten Tag"), Variants.Variant("canary", .spelled("1.50"))]
    let flag = Flag(
      variants: UnleashVariant.sorted(texts), serving: .everyone("control"), mark: Flag.Mark(killsTo: nil))
    #expect(shown(try strategies(flag)).flag == flag)
    let payloads = try strategies(flag)[1]["variants"]?.items?.compactMap { $0["payload"] }
    #expect(payloads == [["type": "number", "value": "1.50"], ["type": "string", "value": "Guten Tag"]])
  }

  @Test func whatUnleashWouldRefuseIsRefusedBeforehand() throws {
    let refused: [(String, JSON, String)] = [
      ("can:ary", [:], "rename it"), ("can/ary", [:], "rename it"), ("größer", [:], "rename it"),
      ("..", [:], "rename it"),
      (String(repeating: "x", count: 101), [:], "100 letters"), ("canary", true, #"{"enabled": true}"#),
      ("canary", nil, "an object, a list"), ("canary", "", "no empty text"),
    ]
    for (name, value, why) in refused {
      let variants = [Variants.Variant("control", ["model": "m-4"]), Variants.Variant(name, value)]
      let flag = Flag(variants: variants, serving: .everyone("control"), mark: nil)
      let trouble = try #require(throws: StoreTrouble.self, "\(name)") { try UnleashFlag.rules(for: flag) }
      #expect(Sentences.store(trouble).joined().contains(why), "\(trouble)")
    }
  }

  // MARK: Reading

  @Test func theFirstThatLetsSomebodyInDecides() throws {
    var strategies = try strategies(Self.split(Self.exposure()))
    strategies.swapAt(0, 2)
    #expect(shown(strategies).flag.serving == .everyone("control"))
    #expect(shown(strategies).flag.mark?.killed == false, "a place above zero is somebody's order, and no kill")
    strategies[0] = strategies[0].setting("sortOrder", to: -1)
    let killed = shown(strategies).flag
    #expect(killed.serving == .everyone("control") && killed.mark?.killed == true)
    #expect(killed.mark?.stage == "killed (control)" && killed.mark?.killsTo == "control")
    // Behind it nobody's strategy serves anybody.
    let theirs: JSON = ["id": "x", "name": "default", "parameters": [:], "constraints": [], "sortOrder": 5]
    #expect(shown(strategies + [theirs]).flag.serving == .everyone("control"))
    guard case .foreign = shown([theirs.setting("sortOrder", to: -9)] + strategies).flag.serving else {
      Issue.record("before it, it does")
      return
    }
    #expect(shown([theirs.setting("sortOrder", to: -9)] + strategies).flag.mark?.killed == false)
  }

  @Test func theSwitchHandsOutNothing() throws {
    let strategies = try strategies(Self.split(Self.exposure()))
    let off = shown(strategies, isOn: false).flag
    #expect(off.serving == .everyone("off") && off.mark?.killed == true && off.variants.count == 3)
    let two = Array(ValuedVariants.objects.prefix(2))
    let flag = Flag(variants: two, serving: .everyone("control"), mark: Flag.Mark(killsTo: "control"))
    let none = shown(try self.strategies(flag), isOn: false).flag
    #expect(none.serving == .applicationDefault && none.mark?.stage == Place.killed(serving: nil).description)
    #expect(!none.exposes(control: "control"))
  }

  @Test func whatSomebodyEditedIsSeen() throws {
    let ours = Self.split(try Self.exposure())
    let strategies = try strategies(ours)
    let edits: [(Int, String, JSON)] = [
      (0, "variants", []), (0, "variants", .array((strategies[0]["variants"]?.items ?? []) + [["name": "x"]])),
      (0, "title", "rolloutctl | team = staff | without tier = stable | gets control"),
      (0, "title", "rolloutctl | team = staff | without tier = stable"), (0, "disabled", true), (2, "disabled", true),
      (2, "constraints", [["contextName": "a", "operator": "IN", "values": ["b"]]]),
      (2, "parameters", ["rollout": "99", "stickiness": "random", "groupId": "ai-summary"]),
      (2, "variants", strategies[0]["variants"] ?? .null),
    ]
    for (index, name, value) in edits {
      var changed = strategies
      changed[index] = changed[index].setting(name, to: value)
      #expect(shown(changed).flag != ours, "\(index) \(name) = \(value.written())")
      #expect(!shown(changed).flag.serves(ours), "\(index) \(name) = \(value.written())")
    }
    // Another value is the same people's other value, whatever is kept beside it.
    var changed = strategies
    for index in 0...1 {
      let variant: JSON = .array(
        (strategies[index]["variants"]?.items ?? []).map {
          $0.setting("payload", to: ["type": "json", "value": #"{"model": "m-6"}"#])
        })
      changed[index] = changed[index].setting("variants", to: variant)
      if index == 0 {
        guard case .foreign = shown(changed).flag.serving else {
          Issue.record("two values of one variant are taken for one")
          return
        }
      }
    }
    #expect(shown(changed).flag.serving == ours.serving && shown(changed).flag["canary"] == ["model": "m-6"])
    #expect(!shown(changed).flag.serves(ours))
  }

  @Test func withoutWhatIsKeptWhatIsServedIsKnown() throws {
    let flag = shown(Array(try strategies(Self.split(Self.exposure())).dropLast())).flag
    #expect(flag.serving == Self.split(try Self.exposure()).serving && flag.mark == Flag.Mark(killsTo: nil))
    #expect(flag.variants.map(\.name) == ["canary", "control"])
  }

  @Test func withoutAStrategyForTheRestItIsNoSplit() throws {
    var strategies = try strategies(Self.split(Self.exposure()))
    strategies.remove(at: 2)
    guard case .foreign = shown(strategies).flag.serving else {
      Issue.record("whoever is left gets nothing, and that is no split")
      return
    }
  }

  // MARK: The way from one to the other

  private func change(_ from: [JSON], _ meant: Flag) throws -> UnleashChange {
    let drafts = try UnleashFlag.rules(for: meant).map { try $0.strategy(of: Self.key, Self.segments) }
    return try UnleashChange(from: shown(from), to: drafts, as: meant)
  }

  private func titles(_ drafts: [JSON]) -> [String] {
    drafts.compactMap {
      $0["title"]?.text?.replacing("rolloutctl | ", with: "").replacing(" | without tier = stable", with: "")
    }
  }

  @Test func theRestIsThereBeforeAnybodyIsLetIn() throws {
    let change = try change([], Self.split(Self.exposure()))
    #expect(
      titles(change.added.map(\.draft)) == [
        "everybody else | gets control", "values | kill to control", "team = staff | gets canary",
        "25% of plan = paid | gets canary",
      ])
    #expect(change.added.map { $0.draft["sortOrder"]?.integer } == [1000, 1001, 0, 1])
    #expect(change.order(change.added.enumerated().map { ("new\($0.offset)", $0.element.index) }).isEmpty)
  }

  @Test func nobodyLosesTheCanaryOnTheWay() throws {
    let everybody = try strategies(Self.flag(.everyone("canary")))
    // Back from everybody: those who keep it are let in before the others lose it.
    let back = try change(everybody, Self.split(Self.exposure()))
    #expect(titles(back.added.map(\.draft)) == ["team = staff | gets canary", "25% of plan = paid | gets canary"])
    #expect(titles(back.replaced.map(\.draft)) == ["everybody else | gets control"] && back.removed.isEmpty)
    // On to everybody: the rest has it before the others go.
    let on = try change(try strategies(Self.split(Self.exposure())), Self.flag(.everyone("canary")))
    #expect(on.added.isEmpty && titles(on.replaced.map(\.draft)) == ["everybody else | gets canary"])
    #expect(on.removed == ["s0", "s1"])
  }

  @Test func whatAKillPutFirstGoesBackLastAndAlone() throws {
    var strategies = try strategies(Self.split(Self.exposure()))
    strategies[2] = strategies[2].setting("sortOrder", to: -1)
    strategies = [strategies[2], strategies[0], strategies[1], strategies[3]]
    let change = try change(strategies, Self.split(Self.exposure()))
    #expect(change.added.isEmpty && change.replaced.isEmpty && change.removed.isEmpty)
    let order = change.order([])
    #expect(order.map(\.id).contains("s2") && order.first { $0.id == "s2" }?.place == 1000)
    // What another change does to the same strategies meanwhile leaves it where it is.
    strategies[0] = strategies[0].setting("sortOrder", to: 1000)
    let other = try self.change(Array(strategies.dropFirst()) + [strategies[0]], Self.split(Self.exposure(50)))
    #expect(titles(other.replaced.map(\.draft)) == ["50% of plan = paid | gets canary"] && other.order([]).isEmpty)
  }

  @Test func aKillStandsBeforeWhateverIsThere() throws {
    let strategies = try strategies(Self.split(Self.exposure()))
    #expect(shown(strategies).placeOfKill == -1)
    #expect(shown([["sortOrder": -7]] + strategies).placeOfKill == -8)
    #expect(shown(strategies).rest(giving: try variant("control")) == "s2")
    // One that gives something else, or that somebody edited, is not put there.
    #expect(shown(strategies).rest(giving: try variant("canary")) == nil)
    #expect(shown(strategies).rest(giving: Variants.Variant("control", ["model": "m-9"])) == nil)
    var edited = strategies
    edited[2] = edited[2].setting("parameters", to: ["rollout": "1", "stickiness": "random", "groupId": "ai-summary"])
    #expect(shown(edited).rest(giving: try variant("control")) == nil)
  }
}
