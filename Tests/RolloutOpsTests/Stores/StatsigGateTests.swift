import Testing

@testable import RolloutOps

/// Gates as Statsig's rules and back, without any server.
@Suite struct StatsigGateTests {
  static func value(_ text: String) -> AttributeValue { AttributeValue(text) }
  static func equals(_ attribute: String, _ text: String) -> Selector { .equals(attribute: attribute, value(text)) }

  static func flag(_ split: Split) -> Flag {
    Flag(
      variants: Variants.boolean.all, serving: .split(split), mark: Flag.Mark(stage: "5% of paid", killsTo: "off"))
  }

  /// What the API would show after the flag was written.
  static func shown(_ flag: Flag, _ environment: String?) throws -> StatsigFlag {
    var unit = "userID"
    if case .split(let split) = flag.serving { unit = split.unit }
    let rules = StatsigRules(conditions: StatsigConditions(unit: unit), environment: environment)
    let line = flag.mark.map { MarkLine($0, unit: unit, environment: environment) }
    let elsewhere: [JSON] = environment == nil ? [] : [["name": "x", "environments": ["other"], "passPercentage": 70]]
    let sent = try rules.encode(flag.serving, over: []).enumerated().map { index, rule in
      rule.setting("id", to: .string("r\(index):5.00:1")).setting("baseID", to: .string("r\(index)"))
        .setting("pendingAutomatedRollouts", to: [])
    }
    return StatsigFlag(
      [
        "id": "f", "isEnabled": true, "status": "In Progress", "idType": .string(rules.conditions.idType),
        "description": .string(MarkLine.text(line, over: "Why")), "rules": .array(elsewhere + sent), "version": 3,
      ], environment: environment)
  }

  // MARK: There and back

  static func literal(_ random: inout SplitMix64) -> Selector {
    let texts = ["paid", "5", "true", "false", "a, list 0", "é \"x\"", "", "-1.5", "acme"]
    let attribute = ["plan", "team", "tenant", "userID"].randomElement(using: &random) ?? ""
    func text() -> String { texts.randomElement(using: &random) ?? "" }
    switch Int.random(in: 0..<5, using: &random) {
    case 0: return .equals(attribute: "segment", value("beta"))
    case 1, 2: return equals(attribute, text())
    default:
      // A truth value shares no list with texts, whose capitals count.
      let list =
        Bool.random(using: &random)
        ? ["true", "false", "5", "-1.5", ""] : texts.filter { $0 != "true" && $0 != "false" }
      return .oneOf(
        attribute: attribute,
        (0..<Int.random(in: 1...3, using: &random)).map { _ in value(list.randomElement(using: &random) ?? "") })
    }
  }

  static func selector(_ random: inout SplitMix64) -> Selector {
    func part() -> Selector {
      let literal = literal(&random)
      return Int.random(in: 0..<3, using: &random) == 0 ? .not(literal) : literal
    }
    let count = Int.random(in: 1...3, using: &random)
    return count == 1 ? part() : .all((0..<count).map { _ in part() })
  }

  static func split(_ random: inout SplitMix64) -> Split {
    var grants = (0..<Int.random(in: 0...3, using: &random)).map { _ in
      Grant(cohort: selector(&random), share: .whole)
    }
    let share = Percentage(micro: Int.random(in: 1...10_000, using: &random) * 10_000)
    let isForAll = Bool.random(using: &random)
    if grants.isEmpty || Bool.random(using: &random) {
      grants.append(Grant(cohort: isForAll ? nil : selector(&random), share: share))
    }
    let exclusions = (0..<Int.random(in: 0...3, using: &random)).map { _ in selector(&random) }
    return Split(
      exposure: Exposure(grants: grants, exclusions: exclusions),
      unit: ["tenant", "user", "userID"].randomElement(using: &random) ?? "", canary: "on", control: "off")
  }

  @Test(arguments: [nil, "production"]) func everySplitComesBackAsItWas(environment: String?) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<400 {
      let flag = Self.flag(Self.split(&random))
      let shown = try Self.shown(flag, environment)
      #expect(shown.flag == flag, "seed \(seed): \(shown.object.written())")
      let off = StatsigFlag(shown.object.setting("isEnabled", to: false), environment: environment)
      #expect(off.flag.serving == .everyone("off") && off.flag.mark?.killed == true)
      let unmarked = StatsigFlag(shown.object.setting("description", to: "Why"), environment: environment)
      #expect(unmarked.flag.isForeign && unmarked.flag.mark == nil, "seed \(seed)")
      if environment != nil {
        #expect(StatsigFlag(shown.object, environment: "other").flag.isForeign, "what is there for others is theirs")
      }
    }
  }

  @Test func anyChangeByHandIsSeen() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<400 {
      let flag = Self.flag(Self.split(&random))
      let shown = try Self.shown(flag, nil)
      let rules = try #require(shown.object["rules"])
      let mutated = JSONReaderFuzzTests.mutate(Array(rules.written().utf8), &random)
      guard let changed = try? JSON.parse(mutated), changed.items != nil else { continue }
      let decisive = { (rules: JSON) in
        JSON.array(
          (rules.items ?? []).map { rule in
            let all = (rule["conditions"]?.items ?? []).map(StatsigConditions.plain)
            return [rule["name"] ?? nil, rule["passPercentage"] ?? nil, rule["environments"] ?? nil, .array(all)]
          })
      }
      guard !decisive(changed).means(decisive(rules)) else { continue }
      let other = StatsigFlag(shown.object.setting("rules", to: changed), environment: nil).flag
      // Other names of our rules decide nothing, as long as they are ours.
      #expect(
        other.serving != flag.serving || other.isForeign,
        "seed \(seed): \(String(decoding: mutated, as: UTF8.self))")
    }
  }

  @Test(arguments: ["on", "off"]) func everybodyPassesOrNobody(variant: String) throws {
    let flag = Flag(variants: Variants.boolean.all, serving: .everyone(variant), mark: Flag.Mark(stage: "x"))
    #expect(try Self.shown(flag, nil).flag == flag)
    #expect(try Self.shown(flag, "production").flag == flag)
  }

  @Test func aRuleKeepsItsIdThroughEveryStage() throws {
    let rules = StatsigRules(conditions: StatsigConditions(unit: "tenant"), environment: nil)
    let old: [JSON] = [["name": "rolloutctl share", "id": "s:5.00:1", "baseID": "s", "passPercentage": 5]]
    for serving in [Serving.everyone("off"), .everyone("on"), .split(.paid(25))] {
      let share = try #require(try rules.encode(serving, over: old).last)
      #expect(share["id"] == "s:5.00:1" && share["baseID"] == "s")
    }
    #expect(try rules.killing(old, serving: "off").map { $0["baseID"] } == ["s"])
  }

  // MARK: What Statsig cannot say

  static let unexpressible: [(Selector, String)] = [
    (.not(.all([equals("plan", "paid"), equals("region", "eu")])), "only a single comparison"),
    (equals("user.plan", "paid"), "not nested"),
    (.equals(attribute: "seats", AttributeValue("5", quoted: true)), "cannot tell the text"),
    (equals("seats", "5.0"), "write 5"),
    (.oneOf(attribute: "plan", []), "the list is empty"),
    (.oneOf(attribute: "plan", (0..<1001).map { value("tenant-\($0)") }), "too long"),
    (.oneOf(attribute: "segment", [value("a"), value("b")]), "one at a time"),
    (.all([equals("plan", "a"), .all([equals("plan", "b"), equals("plan", "c")])]), "inner parentheses"),
  ]

  @Test(arguments: unexpressible.indices) func whatItCannotSayIsRefusedInWords(index: Int) throws {
    let (selector, words) = Self.unexpressible[index]
    let exposure = Exposure(grants: [Grant(cohort: selector, share: .whole)])
    let flag = Self.flag(Split(exposure: exposure, unit: "tenant", canary: "on", control: "off"))
    let trouble = try #require(throws: StoreTrouble.self) { try Self.shown(flag, nil) }
    guard case .beyond(let sentence) = trouble else { return #expect(Bool(false), "\(trouble)") }
    #expect(sentence.contains(words) && sentence.contains("Statsig"), "\(sentence)")
  }

  @Test func twoSharesAtATimeAndFinerOnesAreRefused() throws {
    let paid = Self.equals("plan", "paid")
    func shown(_ grants: [Grant]) throws -> StatsigFlag {
      try Self.shown(
        Self.flag(Split(exposure: Exposure(grants: grants), unit: "tenant", canary: "on", control: "off")), nil)
    }
    let sixty = Grant(cohort: paid, share: Percentage(percent: 60))
    let trouble = try #require(throws: StoreTrouble.self) {
      try shown([sixty, Grant(cohort: nil, share: Percentage(percent: 50))])
    }
    #expect(Sentences.store(trouble)[0].contains("60% of plan = paid and 50% of everybody"))
    for (micro, nearest) in [(15_000, 20_000), (1, 10_000), (99_999_999, 99_990_000)] {
      #expect(throws: StoreTrouble.inexpressible(Percentage(micro: micro), nearest: Percentage(micro: nearest))) {
        try shown([Grant(cohort: nil, share: Percentage(micro: micro))])
      }
    }
  }

  @Test(arguments: ["passingUserIDs", "failingCustomIDs"]) func overridesAreSeen(list: String) throws {
    let shown = try Self.shown(Self.flag(.paid(5)), nil)
    let empty = StatsigFlag(shown.object, environment: nil, overrides: [:])
    #expect(!empty.flag.isForeign)
    let some = StatsigFlag(shown.object, environment: nil, overrides: .object([JSON.Member(list, ["a"])]))
    #expect(some.flag.isForeign && some.occupation == "the gate has overrides")
    let place: JSON = ["environmentOverrides": [["environment": "staging", "unitID": "tenant", "passingIDs": ["a"]]]]
    #expect(StatsigFlag(shown.object, environment: "staging", overrides: place).overridden.passing)
    #expect(!StatsigFlag(shown.object, environment: "production", overrides: place).overridden.passing)
  }
}
