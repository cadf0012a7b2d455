import Testing

@testable import RolloutOps

/// Flags with variants as Statsig's dynamic configurations and back, without any server.
@Suite struct StatsigVariantTests {
  /// As a note may have them, in an order of its own.
  static func variants(_ random: inout SplitMix64) -> [Variants.Variant] {
    let kinds: [[JSON]] = [
      [["model": "m-4"], ["model": "m-5"], ["enabled": false], [:], ["value": ["a": 1]], ["value": 1, "b": nil]],
      ["short", "long", "", "value", "{}"], [1, .spelled("2.5"), 0, -7], [true, false],
      [[], [1, "a"], [["value": 1]]],
    ]
    let values = kinds.randomElement(using: &random) ?? []
    let names = ["control", "canary"] + ["off", "fast", "a.b:c/d"].filter { _ in Bool.random(using: &random) }
    return names.shuffled(using: &random).map { Variants.Variant($0, values.randomElement(using: &random) ?? nil) }
  }

  static func sorted(_ flag: Flag) -> [Variants.Variant] { flag.variants.sorted { $0.name < $1.name } }

  /// What the API would show after the flag was written over `old`.
  static func shown(
    _ flag: Flag, _ environment: String?, over old: [JSON] = [], killing: String? = nil
  ) throws -> StatsigFlag {
    var unit = "userID"
    if case .split(let split) = flag.serving { unit = split.unit }
    let values = StatsigValues(flag.variants)
    let rules = StatsigRules(
      conditions: StatsigConditions(unit: unit), environment: environment, values: values)
    let line = flag.mark.map { MarkLine($0, unit: unit, environment: environment) }
    let elsewhere: [JSON] = environment == nil ? [] : [["name": "x", "environments": ["other"], "passPercentage": 70]]
    let encoded =
      if let killing { try rules.killing(old, serving: killing) } else { try rules.encode(flag.serving, over: old) }
    let sent = encoded.enumerated().map { index, rule in
      rule["id"] != nil
        ? rule
        : rule.setting("id", to: .string("r\(index):5.00:1")).setting("baseID", to: .string("r\(index)"))
          .setting("pendingAutomatedRollouts", to: []).setting("variants", to: nil)
    }
    return StatsigFlag(
      [
        "id": "f", "isEnabled": true, "status": "Enabled", "idType": .string(rules.conditions.idType),
        "description": .string(MarkLine.text(line, over: "Why")), "rules": .array(sent + elsewhere), "version": 3,
        "defaultValue": try values.object("control"),
      ], .configuration, environment: environment)
  }

  private static func flag(_ random: inout SplitMix64) -> Flag {
    let (variants, split) = (variants(&random), StatsigGateTests.split(&random))
    let names = variants.map(\.name).filter { $0 != "control" }
    let canary = Int.random(in: 0..<4, using: &random) == 0 ? names.randomElement(using: &random) : "canary"
    return Flag(
      variants: variants,
      serving: .split(
        Split(exposure: split.exposure, unit: split.unit, canary: canary ?? "canary", control: "control")),
      mark: Flag.Mark(stage: "5% of paid", killsTo: "control"))
  }

  // MARK: There and back

  @Test(arguments: [nil, "production"]) func everySplitComesBackWithItsValues(environment: String?) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<400 {
      let flag = Self.flag(&random)
      let shown = try Self.shown(flag, environment)
      #expect(
        shown.flag.serving == flag.serving && shown.flag.mark == flag.mark, "seed \(seed): \(shown.object.written())")
      #expect(shown.flag.serves(flag) && Self.sorted(shown.flag) == Self.sorted(flag), "seed \(seed)")
      // Off it gives everybody the default.
      let off = StatsigFlag(
        shown.object.setting("isEnabled", to: false), .configuration, environment: environment)
      #expect(off.flag.serving == .everyone("control") && off.flag.mark?.killed == true)
      #expect(Self.sorted(off.flag) == Self.sorted(flag), "seed \(seed)")
      for name in flag.variants.map(\.name) {
        var everybody = flag
        everybody.serving = .everyone(name)
        let written = try Self.shown(everybody, environment, over: shown.ours)
        #expect(written.flag.serving == .everyone(name) && written.flag.serves(everybody), "seed \(seed), \(name)")
        #expect(written.flag.mark?.killed == false)
        // Back in the stage it is of the same units.
        let back = try Self.shown(flag, environment, over: written.ours)
        #expect(back.flag.serves(flag), "seed \(seed)")
        #expect(
          back.ours.first(where: StatsigRules.isShare)?["baseID"]
            == shown.ours.first(where: StatsigRules.isShare)?["baseID"])
      }
    }
  }

  @Test(arguments: [nil, "production"]) func aKillByRulesIsReadAsOneAndLosesNoValue(environment: String?) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<400 {
      let flag = Self.flag(&random)
      let stage = try Self.shown(flag, environment)
      for name in flag.variants.map(\.name) where name != "canary" {
        let dead = try Self.shown(flag, environment, over: stage.ours, killing: name)
        #expect(dead.flag.serving == .everyone(name) && dead.flag.mark?.killed == true, "seed \(seed), \(name)")
        #expect(Self.sorted(dead.flag) == Self.sorted(flag), "seed \(seed), \(name)")
        // Another rule of ours that lets people in, or gives them something else, is no kill.
        let open = dead.object.setting(
          "rules",
          to: .array(
            (dead.object["rules"]?.items ?? []).map {
              StatsigRules.isVariant($0) ? $0.setting("passPercentage", to: 100) : $0
            }))
        if dead.ours.contains(where: StatsigRules.isVariant) {
          #expect(
            StatsigFlag(open, .configuration, environment: environment).flag.mark?.killed == false, "seed \(seed)")
        }
      }
    }
  }

  @Test func anyChangeByHandIsSeen() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<400 {
      let flag = Self.flag(&random)
      let shown = try Self.shown(flag, nil)
      let rules = try #require(shown.object["rules"])
      let mutated = JSONReaderFuzzTests.mutate(Array(rules.written().utf8), &random)
      guard let changed = try? JSON.parse(mutated), changed.items != nil else { continue }
      let decisive = { (rules: JSON) in
        JSON.array(
          (rules.items ?? []).map { rule in
            let all = (rule["conditions"]?.items ?? []).map(StatsigConditions.plain)
            return [
              rule["name"] ?? nil, rule["passPercentage"] ?? nil, rule["environments"] ?? nil, .array(all),
              rule["returnValue"] ?? nil, rule["variants"] ?? nil,
            ]
          })
      }
      guard !decisive(changed).means(decisive(rules)) else { continue }
      let other = StatsigFlag(shown.object.setting("rules", to: changed), .configuration, environment: nil).flag
      #expect(!other.serves(flag) || other.isForeign, "seed \(seed): \(String(decoding: mutated, as: UTF8.self))")
    }
  }

  // MARK: Values

  static let values: [(JSON, JSON)] = [
    ("m-5", ["value": "m-5"]), (5, ["value": 5]), (.spelled("0.5"), ["value": .spelled("0.5")]),
    (false, ["value": false]),
    ([1, 2], ["value": [1, 2]]), (["model": "m-5"], ["model": "m-5"]), ([:], [:]),
    (["value": ["a": 1]], ["value": ["a": 1]]), (["value": 1, "more": 2], ["value": 1, "more": 2]),
  ]

  @Test(arguments: values.indices) func whatIsNoObjectIsTheValueOfOne(index: Int) throws {
    let (value, object) = Self.values[index]
    let made = try StatsigValues.wrapped(value, "canary")
    #expect(made.means(object))
    #expect(StatsigValues.unwrapped(made).means(value))
  }

  @Test func anObjectThatWouldBeTakenForAValueIsRefused() throws {
    let trouble = try #require(throws: StoreTrouble.self) { try StatsigValues.wrapped(["value": "m-5"], "canary") }
    #expect(Sentences.store(trouble)[0].contains(#"write "m-5" in its place"#), "\(Sentences.store(trouble))")
  }

  @Test func theDefaultIsControlAndNothingElse() throws {
    let exposure = Exposure(grants: [Grant(cohort: nil, share: Percentage(percent: 5))])
    let flag = Flag(
      variants: [Variants.Variant("old", 1), Variants.Variant("canary", 2)],
      serving: .split(Split(exposure: exposure, unit: "tenant", canary: "canary", control: "old")), mark: nil)
    let rules = StatsigRules(
      conditions: StatsigConditions(unit: "tenant"), environment: nil, values: StatsigValues(flag.variants))
    let trouble = try #require(throws: StoreTrouble.self) { try rules.encode(flag.serving, over: []) }
    #expect(Sentences.store(trouble)[0].contains("is control, and the flag has old for it"))
  }
}
