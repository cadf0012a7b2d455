import Testing

@testable import RolloutOps

/// What we write to LaunchDarkly, as its real Python SDK evaluates it.
@Suite(.needsPython, .serialized, .waits, .enabled(if: SDKReader.isPresent, SDKReader.reason))
struct LaunchDarklyReaderTests {
  static let shared = Result { try LivePlatform(.launchDarkly) }

  let platform: LivePlatform
  let store: any FlagStore

  init() throws {
    platform = try Self.shared.get()
    try platform.put(["flags": [:], "segments": ["beta": ["included": ["t-1", "t-2"]]]])
    store = try platform.store(in: platform.world())
  }

  private func reader(_ kind: String, _ contexts: [JSON]) throws -> SDKReader {
    let reader = try SDKReader("launchdarkly", [platform.controlPlace, "tenant", kind], contexts)
    return reader
  }

  private func write(_ serving: Serving, killed: Bool = false, _ variants: [Variants.Variant] = Variants.boolean.all)
    throws
  {
    let killsTo = variants[variants.count == 2 ? 1 : 0].name
    let flag = Flag(variants: variants, serving: serving, mark: Flag.Mark(killed: killed, killsTo: killsTo))
    _ = try store.write(flag, replacing: store.read(World.key), urgency: killed ? .kill : .ordinary)
  }

  private func served(_ reader: SDKReader) throws -> [String] {
    let flag = try #require(try platform.sdk()["flags"]?[World.key.text])
    return try reader.variants(World.key.text, until: try #require(flag["version"]?.integer)).map { $0.text ?? "" }
  }

  /// A unit that is no text would be in the first bucket.
  private static let oddUnits: [JSON] = [
    ["tenant": 7, "plan": "paid"], ["tenant": .spelled("1.5"), "plan": "paid"], ["tenant": true, "plan": "paid"],
    ["tenant": false, "team": "staff"],
  ]

  @Test func whoIsInIsWhoTheNoteLetsIn() throws {
    let contexts = ReaderContexts.all + Self.oddUnits
    let reader = try reader("user", contexts)
    var verdicts: [(name: String, ReaderVerdict)] = []
    let half = Exposure(grants: [Grant(cohort: nil, share: Percentage(micro: 500_000))])
    let only = Exposure(
      grants: [try UnleashFlagTests.grant(nil, 30)], exclusions: [try UnleashFlagTests.selector("not plan = paid")])
    let denied = Exposure(
      grants: [
        try UnleashFlagTests.grant("not team = staff and not beta = true", 60), try UnleashFlagTests.grant(nil, 10),
        try UnleashFlagTests.grant("region = us and not plan = free", 30),
      ], exclusions: [try UnleashFlagTests.selector("tier = fast and not plan = paid")])
    let exposures =
      try ReaderContexts.exposures() + [("half a percent", half), ("only paid", only), ("denied", denied)]
    for (name, exposure) in exposures {
      let split = Split(exposure: exposure, unit: "tenant", canary: "on", control: "off")
      try write(.split(split))
      let answers = try served(reader).map { $0 == "true" ? "on" : $0 }
      let (verdict, wrong) = ReaderVerdict.judge(split, contexts, answers, in: "on", flag: World.key)
      #expect(wrong.isEmpty, "\(name): \(wrong.prefix(5).joined(separator: "\n"))")
      print("LaunchDarkly, \(name): \(verdict.inside.count { $0 }) of \(verdict.inside.count)")
      verdicts.append((name, verdict))
    }
    for (small, one) in verdicts {
      for (large, other) in verdicts { #expect(other.drops(from: one) == 0, "from \(small) to \(large)") }
    }
    try write(.everyone("off"))
    #expect(Set(try served(reader)) == ["false"])
    try write(.everyone("on"))
    #expect(Set(try served(reader)) == ["true"])
    try write(.everyone("off"), killed: true)
    #expect(Set(try served(reader)) == ["false"])
  }

  /// The note says `tenant.plan`, and the application passes a context of the kind `tenant`.
  @Test func aKindOfContextHasAttributesOfItsOwn() throws {
    let contexts = ReaderContexts.all
    let reader = try reader("tenant", contexts)
    let nested = contexts.map { context -> JSON in
      guard let key = context["tenant"] else { return ["user": context] }
      return ["tenant": context.setting("key", to: key)]
    }
    for percent in [5, 25, 100] {
      let exposure = Exposure(
        grants: [
          try UnleashFlagTests.grant("tenant.plan = paid", percent), try UnleashFlagTests.grant("tenant.team = staff"),
        ], exclusions: [try UnleashFlagTests.selector("tenant.tier = stable")])
      let split = Split(exposure: exposure, unit: "tenant.key", canary: "on", control: "off")
      try write(.split(split))
      let answers = try served(reader).map { $0 == "true" ? "on" : $0 }
      let (_, wrong) = ReaderVerdict.judge(split, nested, answers, in: "on", flag: World.key)
      #expect(wrong.isEmpty, "\(percent): \(wrong.prefix(5).joined(separator: "\n"))")
    }
    let inside = Exposure(grants: [try UnleashFlagTests.grant("segment = beta")])
    try write(.split(Split(exposure: inside, unit: "tenant.key", canary: "on", control: "off")))
    // The segment is one of users, of whom these contexts have none.
    #expect(try served(reader).allSatisfy { $0 == "false" })
  }

  @Test func aSegmentDecidesThere() throws {
    let reader = try reader("user", [["tenant": "t-1"], ["tenant": "t-2"], ["tenant": "t-3"], ["plan": "paid"]])
    for (text, expected) in [
      ("segment = beta", ["true", "true", "false", "false"]),
      ("not segment = beta", ["false", "false", "true", "false"]),
    ] {
      let exposure = Exposure(grants: [try UnleashFlagTests.grant(text)])
      try write(.split(Split(exposure: exposure, unit: "tenant", canary: "on", control: "off")))
      #expect(try served(reader) == expected, "\(text)")
    }
  }

  @Test func valuesGoToThoseInTheStageAndAKillBringsTheOldOne() throws {
    let contexts = (0..<2000).map { JSON.object([JSON.Member("tenant", .string("t-\($0)"))]) }
    let reader = try reader("user", contexts)
    let names = ["control": ValuedVariants.objects[0], "canary": ValuedVariants.objects[1]].mapValues(\.value)
    var before: Set<Int> = []
    for percent in [5, 25, 50] {
      let exposure = Exposure(grants: [try UnleashFlagTests.grant(nil, percent)])
      try write(
        .split(Split(exposure: exposure, unit: "tenant", canary: "canary", control: "control")), ValuedVariants.objects)
      let answers = try served(reader).map { try JSON.parse($0) }
      let inside = Set(answers.indices.filter { answers[$0].means(names["canary"] ?? nil) })
      #expect(answers.allSatisfy { $0.means(names["canary"] ?? nil) || $0.means(names["control"] ?? nil) })
      #expect(before.isSubset(of: inside) && abs(inside.count - 20 * percent) < 112, "\(inside.count)")
      before = inside
    }
    try write(.everyone("control"), killed: true, ValuedVariants.objects)
    #expect(try served(reader).allSatisfy { try JSON.parse($0).means(names["control"] ?? nil) })
  }
}
