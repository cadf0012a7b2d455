import Testing

@testable import RolloutOps

/// Flags as LaunchDarkly's rules, and back, without a server.
@Suite struct LaunchDarklyFlagTests {
  static let key = FlagKey("ai-summary")
  static let tag = "rolloutctl-production"

  static func selector(_ text: String) throws -> Selector { try SelectorText(Substring(text)).selector }

  static func grant(_ text: String?, _ percent: Int = 100) throws -> Grant {
    Grant(cohort: try text.map(selector), share: Percentage(percent: percent))
  }

  static func split(_ exposure: Exposure, unit: String = "tenant") -> Split {
    Split(exposure: exposure, unit: unit, canary: "on", control: "off")
  }

  func rules(_ exposure: Exposure, unit: String = "tenant") throws -> [LaunchDarklyRule] {
    try LaunchDarklyRule.rules(for: Self.split(exposure, unit: unit), canary: 0, control: 1)
  }

  /// The rules as a server shows them.
  static func shown(_ rules: [LaunchDarklyRule]) -> JSON {
    .array(
      rules.enumerated().map { index, rule in
        var shown: JSON = [
          "_id": .string("r\(index)"), "description": .string(rule.description), "trackEvents": false,
          "clauses": .array(rule.clauses.map { $0.setting("_id", to: "c") }),
        ]
        switch rule.served {
        case .variation(let index): shown = shown.setting("variation", to: .number(index))
        case .rollout(let weights, let place):
          let listed = (0..<2).map { index -> JSON in
            ["variation": .number(index), "weight": .number(weights[index] ?? 0)]
          }
          shown = shown.setting(
            "rollout",
            to: [
              "contextKind": .string(place.kind), "bucketBy": .string(place.attribute), "variations": .array(listed),
            ])
        }
        return shown
      })
  }

  func read(_ rules: JSON, on: Bool = true, _ more: [(String, JSON)] = [], tags: JSON = .array([.string(tag)])) throws
    -> LaunchDarklyFlag
  {
    var config: JSON = [
      "on": .bool(on), "version": 4, "rules": rules, "fallthrough": ["variation": 1], "offVariation": 1,
      "targets": [], "contextTargets": [], "prerequisites": [],
    ]
    for (name, value) in more { config = config.setting(name, to: value) }
    let json: JSON = [
      "key": "ai-summary", "tags": tags,
      "variations": [["_id": "v0", "value": true, "name": "Yes"], ["_id": "v1", "value": false]],
      "environments": ["production": config],
    ]
    return try #require(LaunchDarklyFlag(key: Self.key, json, environment: "production", tag: Self.tag))
  }

  func refusal(_ exposure: Exposure, unit: String = "tenant") throws -> String {
    let trouble = try #require(throws: StoreTrouble.self) { try rules(exposure, unit: unit) }
    return Sentences.store(trouble).joined(separator: "; ")
  }

  @Test func whoIsKeptOutComesFirstAndEveryGrantAsksForTheUnit() throws {
    let exposure = Exposure(
      grants: [try Self.grant("plan = paid", 25), try Self.grant("team = staff")],
      exclusions: [try Self.selector("tier = stable")])
    let rules = try rules(exposure)
    #expect(
      rules.map(\.description) == [
        "rolloutctl | out: tier = stable", "rolloutctl | team = staff | without tier = stable",
        "rolloutctl | 25% of plan = paid | without tier = stable",
      ])
    #expect(rules[0].served == .variation(1))
    let unit: JSON = ["contextKind": "user", "attribute": "tenant", "op": "matches", "values": ["."], "negate": false]
    #expect(rules[1].clauses.first == unit && rules[2].clauses.first == unit)
    let place = LaunchDarklyClause.Reference(kind: "user", attribute: "tenant")
    #expect(rules[2].served == .rollout([0: 25_000, 1: 75_000], by: place))
    let written = rules[2].written(["v0", "v1"])
    #expect(written["rolloutWeights"] == ["v0": 25_000, "v1": 75_000])
    #expect(written["rolloutContextKind"] == "user" && written["rolloutBucketBy"] == "tenant")
    #expect(try read(Self.shown(rules)).flag.serving == .split(Self.split(exposure)))
  }

  /// Weights would give a context without the unit's kind the first variation that is listed.
  @Test func aWholeShareIsOneVariation() throws {
    #expect(try rules(Exposure(grants: [Self.grant(nil)])).map(\.served) == [.variation(0)])
  }

  @Test func valuesKeepTheirTypes() throws {
    let rules = try rules(Exposure(grants: [Self.grant("seats in [5, \"7\", true]")]))
    #expect(rules[0].clauses.last?["values"] == ["5", 5, "7", "true", true])
  }

  @Test func aDotNamesTheKindOfContext() throws {
    let rules = try rules(Exposure(grants: [Self.grant("organization.plan = paid", 5)]), unit: "organization.key")
    #expect(rules[0].clauses.map { $0["contextKind"] } == ["organization", "organization"])
    #expect(rules[0].clauses.map { $0["attribute"] } == ["key", "plan"])
    guard case .rollout(_, let place) = rules[0].served else { return #expect(Bool(false)) }
    #expect(place == LaunchDarklyClause.Reference(kind: "organization", attribute: "key"))
    #expect(try LaunchDarklyClause.place("user.address.city").attribute == "/address/city")
    for wrong in ["multi.plan", ".plan", "tenant.", "kind", "user.kind"] {
      #expect(throws: StoreTrouble.self, "\(wrong)") { try LaunchDarklyClause.place(wrong) }
    }
  }

  /// There a negated clause never holds where the attribute is missing, so that those are set aside who have it.
  @Test func notSetsAsideWhoIsDenied() throws {
    let exposure = Exposure(grants: [try Self.grant("team = staff and not region = eu"), try Self.grant(nil, 5)])
    let rules = try rules(exposure)
    #expect(
      rules.map(\.description) == [
        "rolloutctl | aside", "rolloutctl | aside", "rolloutctl | team = staff and not region = eu",
        "rolloutctl | 5% of everybody",
      ])
    #expect(rules.flatMap(\.clauses).allSatisfy { $0["negate"] == false })
    #expect(rules[0].clauses.map { $0["attribute"] } == ["tenant", "team", "region"])
    #expect(rules[1].clauses.map { $0["attribute"] } == ["team", "region"] && rules[1].served == .variation(1))
    #expect(try read(Self.shown(rules)).flag.serving == .split(Self.split(exposure)))
    let many = (0..<8).map { "not a\($0) = x" }.joined(separator: " and ")
    let grants = try (1...3).map { try Self.grant("team = \($0) and \(many)") }
    #expect(try refusal(Exposure(grants: grants)).contains("more than 100 rules"))
  }

  @Test func anExclusionOfTheOthersIsSaidTheOtherWayRound() throws {
    let exposure = Exposure(grants: [try Self.grant(nil, 5)], exclusions: [try Self.selector("not plan = paid")])
    let rules = try rules(exposure)
    #expect(rules.count == 1 && rules[0].clauses.last?["attribute"] == "plan")
    #expect(try read(Self.shown(rules)).flag.serving == .split(Self.split(exposure)))
    #expect(try refusal(Exposure(grants: [Self.grant("not (a = b and c = d)")])).contains("no `or`"))
    let segment = try self.rules(Exposure(grants: [Self.grant("not segment = beta")]))
    #expect(segment[0].clauses.last?["op"] == "segmentMatch" && segment[0].clauses.last?["negate"] == true)
  }

  @Test func sharesBelowAThousandthAreRefused() throws {
    let fine = Exposure(grants: [Grant(cohort: nil, share: Percentage(micro: 1000))])
    let place = LaunchDarklyClause.Reference(kind: "user", attribute: "tenant")
    #expect(try rules(fine)[0].served == .rollout([0: 1, 1: 99_999], by: place))
    let less = Exposure(grants: [Grant(cohort: nil, share: Percentage(micro: 1))])
    #expect(try refusal(less) == "the store cannot express 0.000001%; the nearest that it can is 0.001%")
  }

  @Test func theSwitchTellsKilledFromOff() throws {
    #expect(
      try read([]).flag
        == Flag(variants: Variants.boolean.all, serving: .everyone("off"), mark: Flag.Mark(killsTo: "off")))
    let killed = try read([], on: false).flag
    #expect(
      killed.mark == Flag.Mark(killed: true, stage: "killed (off)", killsTo: "off")
        && killed.serving == .everyone("off"))
    #expect(try read([], on: false, tags: []).flag.mark == nil)
    #expect(try read([], on: false, [("offVariation", .null)]).flag.serving == .applicationDefault)
    #expect(try read([], [("fallthrough", ["variation": 0])]).flag.serving == .everyone("on"))
  }

  @Test func whatSomebodyElseSetUpIsForeign() throws {
    let exposure = Exposure(
      grants: [try Self.grant("plan = paid", 25)], exclusions: [try Self.selector("tier = stable")])
    let ours = Self.shown(try rules(exposure))
    let rules = try #require(ours.items)
    let weights: JSON = [["variation": 0, "weight": 26_000], ["variation": 1, "weight": 74_000]]
    let rollout = try #require(rules[1]["rollout"])
    var edits: [(JSON, [(String, JSON)])] = [
      (ours, [("targets", [["values": ["ann"], "variation": 0, "contextKind": "user"]])]),
      (ours, [("contextTargets", [["values": ["acme"], "variation": 1, "contextKind": "tenant"]])]),
      (ours, [("prerequisites", [["key": "other", "variationId": "v"]])]), (ours, [("fallthrough", ["variation": 0])]),
      (ours, [("fallthrough", ["rollout": rollout])]), (.array([rules[1], rules[0]]), []), (.array([rules[1]]), []),
      (.array(rules + [["_id": "x", "clauses": [], "variation": 0]]), []),
      // A share that somebody lets serve control.
      (.array([rules[0], rules[1].removing("rollout").setting("variation", to: 1)]), []),
    ]
    for change in [
      rollout.setting("variations", to: weights), rollout.setting("seed", to: 61),
      rollout.setting("kind", to: "experiment"),
      rollout.setting("contextKind", to: "tenant"), rollout.setting("bucketBy", to: "key"),
    ] {
      edits.append((.array([rules[0], rules[1].setting("rollout", to: change)]), []))
    }
    let clauses = try #require(rules[1]["clauses"]?.items)
    for change in [[clauses[0]], [clauses[0], clauses[1].setting("negate", to: true)], [clauses[1]]] {
      edits.append((.array([rules[0], rules[1].setting("clauses", to: .array(change))]), []))
    }
    #expect(try read(ours).flag.serving == .split(Self.split(exposure)) && read(ours).occupants.isEmpty)
    for (index, (rules, more)) in edits.enumerated() {
      let flag = try read(rules, more)
      guard case .foreign = flag.flag.serving else {
        Issue.record("edit \(index) is taken for ours: \(flag.flag.serving)")
        continue
      }
      #expect(!flag.occupants.isEmpty, "edit \(index)")
    }
  }

  @Test func aChangeHasNoInstructionWithoutNeed() throws {
    let exposure = Exposure(grants: [try Self.grant("plan = paid", 25)])
    let ours = try read(Self.shown(try rules(exposure)))
    #expect(try ours.instructions(to: ours.flag, tag: Self.tag).isEmpty)
    var wider = ours.flag
    wider.serving = .split(Self.split(Exposure(grants: [try Self.grant("plan = paid", 50)])))
    #expect(
      try ours.instructions(to: wider, tag: Self.tag).compactMap { $0["kind"]?.text } == [
        "reorderRules", "replaceRules",
      ])
    let fresh = try read([], on: false, [("fallthrough", ["variation": 0]), ("offVariation", 0)], tags: [])
    #expect(
      try fresh.instructions(to: wider, tag: Self.tag).compactMap { $0["kind"]?.text } == [
        "addTags", "addRule", "updateFallthroughVariationOrRollout", "updateOffVariation", "turnFlagOn",
      ])
    var valued = wider
    valued.variants = ValuedVariants.objects
    let trouble = try #require(throws: StoreTrouble.self) { try ours.instructions(to: valued, tag: Self.tag) }
    #expect(Sentences.store(trouble)[0].contains("holds in every environment"))
  }

  @Test func anyExposureIsReadBackAsItself() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    var written = 0
    for round in 0..<2000 {
      let exposure = RandomExposure.any(&random)
      guard !exposure.isOff, let rules = try? rules(exposure) else { continue }
      let isText = (exposure.grants.compactMap(\.cohort) + exposure.exclusions).allSatisfy {
        (try? Self.selector($0.description)) == $0
      }
      guard isText else { continue }
      written += 1
      #expect(
        try read(Self.shown(rules)).flag.serving == .split(Self.split(exposure)),
        "seed \(seed), round \(round): \(exposure)")
    }
    #expect(written > 300, "seed \(seed)")
  }
}
