import Testing

@testable import RolloutOps

/// What we write to Unleash, as its real Python SDK evaluates it.
@Suite(.needsPython, .serialized, .waits, .enabled(if: SDKReader.isPresent, SDKReader.reason))
struct UnleashReaderTests {
  static let shared = Result { try LivePlatform(.unleash) }

  let platform: LivePlatform
  let store: any FlagStore
  let reader: SDKReader

  init() throws {
    platform = try Self.shared.get()
    // The SDK holds a revision that is not newer for the one it has.
    try platform.put([
      "flags": [:],
      "segments": [
        [
          "id": 3, "name": "beta",
          "constraints": [
            ["contextName": "team", "operator": "IN", "values": ["staff"]]
          ],
        ]
      ],
    ])
    store = try platform.store(in: platform.world())
    reader = try SDKReader("unleash", ["\(platform.place)/api", "tenant"], ReaderContexts.all)
  }

  private func write(_ serving: Serving, killed: Bool = false) throws {
    let flag = Flag(variants: Variants.boolean.all, serving: serving, mark: Flag.Mark(killed: killed, killsTo: "off"))
    _ = try store.write(flag, replacing: store.read(World.key), urgency: killed ? .kill : .ordinary)
  }

  private func served() throws -> [String] {
    let revision = try #require(try platform.sdk()["meta"]?["revisionId"]?.integer)
    return try reader.variants(World.key.text, until: revision).map { $0.text ?? "" }
  }

  @Test func whoIsInIsWhoTheNoteLetsIn() throws {
    var verdicts: [(name: String, ReaderVerdict)] = []
    for (name, exposure) in try ReaderContexts.exposures() {
      let split = Split(exposure: exposure, unit: "tenant", canary: "on", control: "off")
      try write(.split(split))
      let (verdict, wrong) = ReaderVerdict.judge(split, ReaderContexts.all, try served(), in: "on", flag: World.key)
      #expect(wrong.isEmpty, "\(name): \(wrong.prefix(5).joined(separator: "\n"))")
      print("Unleash, \(name): \(verdict.inside.count { $0 }) of \(verdict.inside.count)")
      verdicts.append((name, verdict))
    }
    for (small, one) in verdicts {
      for (large, other) in verdicts { #expect(other.drops(from: one) == 0, "from \(small) to \(large)") }
    }
    try write(.everyone("off"))
    #expect(Set(try served()) == ["off"])
    try write(.everyone("on"))
    #expect(Set(try served()) == ["on"])
    try write(.everyone("off"), killed: true)
    #expect(Set(try served()) == ["off"])
  }

  @Test func aSegmentDecidesThere() throws {
    let exposure = Exposure(grants: [try UnleashFlagTests.grant("segment = beta and plan = paid")])
    try write(.split(Split(exposure: exposure, unit: "tenant", canary: "on", control: "off")))
    let expected = ReaderContexts.all.map {
      $0["tenant"] != nil && $0["team"] == "staff" && $0["plan"] == "paid" ? "on" : "off"
    }
    #expect(try served() == expected)
  }

  /// Pinned: Unleash's SDK takes an empty unit, and one that is null, for one of that name. A unit that is not there is
  /// out at any share.
  @Test func anEmptyUnitIsAUnitLikeAnyOther() throws {
    _ = try reader.ask(["load": [["tenant": ""], ["tenant": nil], [:], ["tenant": "t-1"]]])
    let everyone = Exposure(grants: [Grant(cohort: nil, share: .whole)])
    try write(.split(Split(exposure: everyone, unit: "tenant", canary: "on", control: "off")))
    #expect(try served() == ["on", "on", "off", "on"])
  }
}
