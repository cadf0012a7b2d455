import Testing

@testable import RolloutOps

/// Flags as PostHog's filters and back, without any server.
@Suite struct PostHogFlagTests {
  static let objects = [
    Variants.Variant("control", ["model": "m-4"]), Variants.Variant("canary", ["model": "m-5", "t": .spelled("0.70")]),
    Variants.Variant("fast", ["model": "s-1"]), Variants.Variant("off", ["enabled": false]),
  ]

  static func value(_ text: String) -> AttributeValue { AttributeValue(text) }
  static func equals(_ attribute: String, _ text: String) -> Selector { .equals(attribute: attribute, value(text)) }

  static func properties(_ unit: String = "tenant") -> PostHogProperties {
    PostHogProperties(unit: unit, groupType: unit == "user" ? nil : 0, cohorts: ["beta": 42])
  }

  static func flag(_ split: Split, _ isBoolean: Bool) -> Flag {
    Flag(
      variants: isBoolean ? Variants.boolean.all : objects, serving: .split(split),
      mark: Flag.Mark(stage: "5% of paid", killsTo: split.control))
  }

  /// What the API would show after the flag was written.
  static func shown(_ flag: Flag, _ properties: PostHogProperties?, active: Bool = true) throws -> PostHogFlag {
    let filters = try PostHogFlag.filters(for: flag, over: [:], properties)
    var unit: String?
    if case .split(let split) = flag.serving { unit = split.unit }
    let line = flag.mark.map { MarkLine($0, unit: unit) }
    let kind: JSON = properties?.groupType.map { .number($0) } ?? .null
    let conditions = (labelled(filters["groups"] ?? []).items ?? []).map { condition in
      condition.setting("aggregation_group_type_index", to: kind).setting("sort_key", to: "abc")
    }
    return PostHogFlag([
      "id": 101, "key": "f", "version": 3, "active": .bool(active), "name": .string(MarkLine.text(line, over: "Why")),
      "filters": filters.setting("groups", to: .array(conditions)),
    ])
  }

  /// PostHog names a cohort by its number whenever it shows one, whatever name was sent.
  private static func labelled(_ groups: JSON) -> JSON {
    .array(
      (groups.items ?? []).map { condition in
        guard let properties = condition["properties"]?.items else { return condition }
        let known = properties.map { property in
          property["type"] == "cohort"
            ? property.setting("cohort_name", to: property["value"] == 42 ? "beta" : "another") : property
        }
        return condition.setting("properties", to: .array(known))
      })
  }

  // MARK: There and back

  static func literal(_ random: inout SplitMix64, asking attributes: [String]) -> Selector {
    let texts = ["paid", "5", "true", "a.b|c", "é \"x\"", "(a)", "$", "", "-1.5", "acme"]
    let attribute = attributes.randomElement(using: &random) ?? "plan"
    guard Bool.random(using: &random) else { return equals(attribute, texts.randomElement(using: &random) ?? "") }
    let values = (0..<Int.random(in: 1...3, using: &random)).map { _ in value(texts.randomElement(using: &random) ?? "")
    }
    return .oneOf(attribute: attribute, values)
  }

  static func selector(_ random: inout SplitMix64, unit: String) -> Selector {
    let first = literal(&random, asking: ["plan", "team", unit])
    let asked = first.attributesAskedFor
    switch Int.random(in: 0..<5, using: &random) {
    case 0: return .all([first, .not(literal(&random, asking: asked + [unit]))])
    case 1: return .all([first, literal(&random, asking: ["region"]), .not(literal(&random, asking: [unit]))])
    case 2: return .not(literal(&random, asking: [unit]))
    case 3 where unit == "user": return .all([equals("cohort", "beta"), first])
    default: return first
    }
  }

  static func split(_ random: inout SplitMix64, isBoolean: Bool) -> Split {
    let unit = Bool.random(using: &random) ? "tenant" : "user"
    let grants = (0..<Int.random(in: 1...4, using: &random)).map { _ in
      let share = Bool.random(using: &random) ? 100_000_000 : Int.random(in: 1..<100_000_000, using: &random)
      let isForAll = Int.random(in: 0..<5, using: &random) == 0
      return Grant(cohort: isForAll ? nil : selector(&random, unit: unit), share: Percentage(micro: share))
    }
    let exclusions = (0..<Int.random(in: 0...3, using: &random)).map { _ in
      literal(&random, asking: isBoolean ? [unit] : [unit, "tier", "plan"])
    }
    return Split(
      exposure: Exposure(grants: grants, exclusions: exclusions), unit: unit, canary: isBoolean ? "on" : "canary",
      control: isBoolean ? "off" : "control")
  }

  @Test(arguments: [true, false]) func everySplitComesBackAsItWas(isBoolean: Bool) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<400 {
      let split = Self.split(&random, isBoolean: isBoolean)
      let flag = Self.flag(split, isBoolean)
      let shown = try Self.shown(flag, Self.properties(split.unit))
      #expect(shown.flag == flag, "seed \(seed): \(shown.object.written())")
      // Switched off it is killed, and lets nobody in.
      var off = shown.object.setting("active", to: false)
      #expect(PostHogFlag(off).flag.serving == .everyone(split.control), "seed \(seed)")
      #expect(PostHogFlag(off).flag.mark?.killed == true)
      // Without the mark the same conditions are somebody else's.
      off = shown.object.setting("name", to: "Why")
      #expect(PostHogFlag(off).flag.isForeign && PostHogFlag(off).flag.mark == nil, "seed \(seed)")
    }
  }

  @Test(arguments: [true, false]) func anyChangeByHandIsSeen(isBoolean: Bool) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<400 {
      let split = Self.split(&random, isBoolean: isBoolean)
      let shown = try Self.shown(Self.flag(split, isBoolean), Self.properties(split.unit))
      let groups = try #require(shown.object["filters"]?["groups"])
      let mutated = JSONReaderFuzzTests.mutate(Array(groups.written().utf8), &random)
      guard let changed = try? JSON.parse(mutated), let filters = shown.object["filters"], changed.items != nil else {
        continue
      }
      let plain = { (groups: JSON) in JSON.array((groups.items ?? []).map(PostHogConditions.plain)) }
      guard !plain(changed).means(plain(groups)) else { continue }
      let other = PostHogFlag(
        shown.object.setting("filters", to: filters.setting("groups", to: Self.labelled(changed))))
      #expect(
        other.flag.serving != .split(split), "seed \(seed): \(String(decoding: mutated, as: UTF8.self))")
    }
  }

  @Test(arguments: ["on", "off"]) func everybodyGetsOneOfABooleanFlag(variant: String) throws {
    let flag = Flag(variants: Variants.boolean.all, serving: .everyone(variant), mark: Flag.Mark(stage: "x"))
    #expect(try Self.shown(flag, nil).flag == flag)
    #expect(try Self.shown(flag, nil, active: false).flag.serving == .everyone("off"))
  }

  @Test(arguments: ["control", "canary", "off"]) func everybodyGetsOneVariant(variant: String) throws {
    let flag = Flag(
      variants: Self.objects, serving: .everyone(variant), mark: Flag.Mark(stage: "x", killsTo: "control"))
    #expect(try Self.shown(flag, nil).flag == flag)
    let off = variant == "canary" ? "control" : variant
    #expect(try Self.shown(flag, nil, active: false).flag.serving == .everyone(off))
  }

  // MARK: What PostHog cannot say

  static let unexpressible: [(Selector, Bool, String)] = [
    (.not(equals("plan", "paid")), true, "leave a negation undecided"),
    (.all([equals("plan", "paid"), .not(equals("region", "eu"))]), true, "leave a negation undecided"),
    (.not(.all([equals("plan", "paid"), equals("region", "eu")])), true, "only a single comparison"),
    (equals("user.plan", "paid"), true, "not nested"),
    (.equals(attribute: "seats", AttributeValue("5", quoted: true)), true, "cannot tell the text"),
    (equals("seats", "5.0"), true, "write 5"),
    (equals("plan", "null"), true, "no property"),
    (equals("plan", "a\nb"), true, "no property"),
    (.oneOf(attribute: "plan", []), true, "the list is empty"),
    (.oneOf(attribute: "plan", (0..<2000).map { value("tenant-\($0)") }), true, "too long"),
    (equals("distinct_id", "a"), true, "write tenant"),
    (equals("cohort", "beta"), true, "are of persons"),
    (equals("tier", "stable"), false, "exclude by tenant"),
    (.all([equals("tenant", "a"), equals("plan", "b")]), false, "not a single comparison"),
  ]

  @Test(arguments: unexpressible.indices) func whatItCannotSayIsRefusedInWords(index: Int) throws {
    let (selector, isGrant, words) = Self.unexpressible[index]
    let whole = Grant(cohort: isGrant ? selector : nil, share: .whole)
    let exposure = Exposure(grants: [whole], exclusions: isGrant ? [] : [selector])
    let split = Split(exposure: exposure, unit: "tenant", canary: "on", control: "off")
    let trouble = try #require(throws: StoreTrouble.self) {
      try PostHogFlag.filters(for: Self.flag(split, true), over: [:], Self.properties())
    }
    guard case .beyond(let sentence) = trouble else { return #expect(Bool(false), "\(trouble)") }
    #expect(sentence.contains(words) && sentence.contains("PostHog"), "\(sentence)")
  }

  @Test func anExclusionMayAskForWhatTheCohortAsksForToo() throws {
    let cohort = Selector.oneOf(attribute: "tier", [Self.value("a"), Self.value("b")])
    let exposure = Exposure(grants: [Grant(cohort: cohort, share: .whole)], exclusions: [Self.equals("tier", "b")])
    let flag = Self.flag(Split(exposure: exposure, unit: "tenant", canary: "on", control: "off"), true)
    #expect(try Self.shown(flag, Self.properties()).flag == flag)
  }

  static let precedence: [(String, JSON)] = [
    ("holdout", ["id": 1]), ("feature_enrollment", true), ("early_exit", true), ("super_groups", [["properties": []]]),
    ("bucketing_identifier", "device_id"),
  ]

  @Test(arguments: precedence.indices) func whatComesBeforeConditionsMakesThemForeign(index: Int) throws {
    let split = Split(
      exposure: Exposure(grants: [Grant(cohort: nil, share: Percentage(percent: 5))]), unit: "user", canary: "on",
      control: "off")
    let (name, value) = Self.precedence[index]
    let shown = try Self.shown(Self.flag(split, true), Self.properties("user"))
    let filters = try #require(shown.object["filters"])
    let other = PostHogFlag(shown.object.setting("filters", to: filters.setting(name, to: value)))
    #expect(other.flag.isForeign && other.occupation != nil)
    let kept = PostHogFlag(shown.object.setting("ensure_experience_continuity", to: true))
    #expect(kept.flag.isForeign && kept.occupation?.contains("authentication") == true)
  }

  // MARK: The mark

  @Test func theMarkIsOneLineOfATextForPeople() throws {
    let mark = Flag.Mark(
      killed: true, stage: "5% of \"paid\"\n}", killsTo: "control",
      head: JournalHead(sequence: 12, hash: "00112233445566778899"))
    let text = MarkLine.text(MarkLine(mark, unit: "tenant"), over: "For Maya.\n\n")
    #expect(text.hasPrefix("For Maya.\nrolloutctl: {"))
    let again = MarkLine.text(MarkLine(Flag.Mark(stage: "x")), over: text + "\nadded in the dashboard")
    #expect(again.hasPrefix("For Maya.\nadded in the dashboard\nrolloutctl: {"))
    #expect(MarkLine(in: text + "\nadded")?.mark == mark && MarkLine(in: text)?.unit == "tenant")
    #expect(MarkLine.text(nil, over: again) == "For Maya.\nadded in the dashboard")
    for text in ["", "rolloutctl: off", "rolloutctl: {}", "x rolloutctl: {\"state\":\"killed\"}"] {
      #expect(MarkLine(in: text) == nil, "\(text)")
    }
  }
}
