import Foundation
import Testing

@testable import RolloutOps

/// Dynamic configurations as Statsig's server SDKs read them: whoever is in gets the canary's value, and everybody else
/// control's, who is excluded, has no unit or comes after a kill too.
@Suite(.serialized, .waits) struct StatsigValueReaderTests {
  static let platform = Result { try LivePlatform(.statsig) }

  private let platform: LivePlatform
  private let world: World

  init() throws {
    platform = try Self.platform.get()
    try platform.put([:])
    world = StatsigStoreTests.world(platform)
  }

  /// As StatsigReaderTests has it: Python spells truth with a capital.
  static let contexts = PlatformTraffic.contexts.prefix(600).map { $0["beta"] == "True" ? $0.removing("beta") : $0 }

  /// Objects, and what is none.
  static let kinds: [(name: String, variants: [String: JSON], canary: JSON, control: JSON, off: JSON)] = [
    (
      "objects", ["control": ["model": "m-4", "n": 1], "canary": ["model": "m-5", "n": .spelled("2.5")], "off": [:]],
      ["model": "m-5", "n": .spelled("2.5")], ["model": "m-4", "n": 1], [:]
    ),
    (
      "texts", ["control": "short", "canary": "long", "off": ""], ["value": "long"], ["value": "short"], ["value": ""]
    ),
    (
      "numbers", ["control": 1, "canary": .spelled("2.5"), "off": 0], ["value": .spelled("2.5")], ["value": 1],
      ["value": 0]
    ),
    ("lists", ["control": [1], "canary": [1, "b"], "off": []], ["value": [1, "b"]], ["value": [1]], ["value": []]),
  ]

  static func flag(_ variants: [String: JSON], _ exposure: Exposure, killsTo: String = "control") -> Flag {
    Flag(
      variants: variants.map { Variants.Variant($0.key, $0.value) },
      serving: .split(Split(exposure: exposure, unit: "tenant", canary: "canary", control: "control")),
      mark: Flag.Mark(stage: "5% of paid", killsTo: killsTo))
  }

  private func store(_ environment: String?) throws -> any FlagStore {
    try platform.store(StatsigStoreTests.address(platform, environment), in: world)
  }

  private func write(_ flag: Flag, in environment: String?, _ urgency: Urgency = .ordinary) throws -> Int {
    let store = try store(environment)
    let reading = try store.write(flag, replacing: store.read(FlagKey("flag")), Occasion(urgency))
    #expect(reading.flag?.serves(flag) == true)
    return try #require(try platform.state()["configs"]?["flag"]?["lastModifiedTime"]?.integer)
  }

  private func reader(_ script: String, _ tier: String?) throws -> SDKReader {
    let reader = try SDKReader(
      script, [platform.place, "--unit", "tenant", "--as", "tenant"] + (tier.map { ["--tier", $0] } ?? []),
      Self.contexts)
    return reader
  }

  static let stages = PlatformTraffic.stages.map { name, exposure in
    let shares = exposure.grants.filter { !$0.share.isWhole }
    let kept = shares.count < 2 ? exposure.grants : exposure.grants.filter { $0.share.isWhole || $0.cohort == nil }
    return (name, Exposure(grants: kept, exclusions: exposure.exclusions))
  }

  @Test(
    .enabled(if: SDKReader.isPresent, SDKReader.reason), arguments: [nil, "production"],
    kinds.indices)
  func everyStageGivesTheCanaryToWhomTheNoteMeans(environment: String?, kind: Int) throws {
    let (what, variants, canary, control, off) = Self.kinds[kind]
    let readers = try ["statsig", "statsig_core"].map { ($0, try reader($0, environment)) }
    var before = Set<Int>()
    for (stage, exposure) in Self.stages {
      let split = Split(exposure: exposure, unit: "tenant", canary: "canary", control: "control")
      let version = try write(Self.flag(variants, exposure), in: environment)
      var served: Set<[JSON]> = []
      for (name, reader) in readers {
        let values = try reader.values("flag", until: version)
        #expect(values.allSatisfy { $0.means(canary) || $0.means(control) }, "\(what), \(stage): \(name)")
        let given = values.map { JSON.bool($0.means(canary)) }
        served.insert(given)
        let inside = PlatformTraffic.check(given, of: Self.contexts, split, canary: true, "\(what), \(stage): \(name)")
        #expect(before.isSubset(of: inside), "\(before.subtracting(inside).count) were put out at \(stage)")
        before = inside
      }
      #expect(served.count == 1, "both draw the same")
    }
    if environment != nil {
      for name in ["statsig", "statsig_core"] {
        let values = try reader(name, "staging").values("flag", until: 1)
        #expect(values.allSatisfy { $0.means(control) }, "\(name) in staging")
      }
    }
    for (variant, value) in [("control", control), ("off", off)] {
      var killed = Self.flag(variants, Self.stages[0].1)
      (killed.serving, killed.mark) = (.everyone(variant), Flag.Mark(killed: true, killsTo: variant))
      let version = try write(killed, in: environment, .kill)
      for (name, reader) in readers {
        #expect(
          try reader.values("flag", until: version).allSatisfy { $0.means(value) }, "\(name), killed to \(variant)")
      }
    }
    var finished = Self.flag(variants, Self.stages[0].1)
    finished.serving = .everyone("canary")
    let version = try write(finished, in: environment)
    for (name, reader) in readers {
      #expect(try reader.values("flag", until: version).allSatisfy { $0.means(canary) }, "\(name), finished")
    }
  }
}

/// The same by the SDKs of their own for Node and Java; the peers have readers of gates for them.
@Suite(.serialized, .waits, .enabled(if: PlatformPeers.areWanted, PlatformPeers.reason)) struct StatsigValuePeerTests {
  /// The key that those readers have.
  static let platform = Result { try LivePlatform(.statsig, "--sdk-token", "secret-x") }
  static let javaIsThere = FileManager.default.isExecutableFile(atPath: "/usr/bin/javac")

  private let platform: LivePlatform
  private let world: World

  init() throws {
    platform = try Self.platform.get()
    try platform.put([:])
    world = StatsigStoreTests.world(platform)
  }

  private func write(_ flag: Flag, in environment: String?, _ urgency: Urgency = .ordinary) throws {
    let address = "statsig+\(platform.place)\(environment.map { "/\($0)" } ?? "")"
    let store = try StoreAddress(address).opening(from: "/w", StoreTerms(root: "/w"), world.context())
    _ = try store.write(flag, replacing: store.read(FlagKey("flag")), Occasion(urgency))
  }

  /// Each context's value, as these words start a reader.
  private func values(_ words: [String], _ tier: String?) throws -> [JSON] {
    let job = PlatformPeers.Job(flag: "flag", mode: "custom", tier: tier)
    let answers = try PlatformPeers.ask(
      words, "sg", [job], StatsigValueReaderTests.contexts, document: platform.sdk(), place: platform.place)
    return try #require(answers["flag"]).map { try JSON.parse(Array($0.utf8)) }
  }

  private func everybodyReadsTheSame(_ words: [String], _ name: String, _ environment: String?) throws {
    for (_, variants, canary, control, off) in StatsigValueReaderTests.kinds.prefix(2) {
      let split = Split(
        exposure: StatsigValueReaderTests.stages[3].1, unit: "tenant", canary: "canary", control: "control")
      let flag = StatsigValueReaderTests.flag(variants, split.exposure)
      try platform.put([:])
      try write(flag, in: environment)
      let given = try values(words, environment)
      #expect(given.count == StatsigValueReaderTests.contexts.count)
      #expect(given.allSatisfy { $0.means(canary) || $0.means(control) }, "\(name)")
      _ = PlatformTraffic.check(
        given.map { JSON.bool($0.means(canary)) }, of: StatsigValueReaderTests.contexts, split, canary: true, name)
      for (variant, value) in [("control", control), ("off", off)] {
        var killed = flag
        (killed.serving, killed.mark) = (.everyone(variant), Flag.Mark(killed: true, killsTo: variant))
        try write(killed, in: environment, .kill)
        #expect(try values(words, environment).allSatisfy { $0.means(value) }, "\(name), killed to \(variant)")
      }
    }
  }

  /// Its reader is told to read configurations in the place of gates.
  @Test(arguments: [nil, "production"]) func nodeReadsTheSame(environment: String?) throws {
    let place = try #require(PlatformPeers.folder)
    let gates =
      "s.getFeatureGateWithExposureLoggingDisabledSync ? "
      + "s.getFeatureGateWithExposureLoggingDisabledSync(su(x, j), j.flag) : s.getFeatureGateSync(su(x, j), j.flag)"
    let script = try String(contentsOfFile: "\(place)/node-platforms.mjs", encoding: .utf8)
    try #require(script.contains(gates))
    let path = FileManager.default.temporaryDirectory.appending(path: "rolloutctl-values-\(UUID().uuidString).mjs")
    defer { try? FileManager.default.removeItem(at: path) }
    let values = "{ value: JSON.stringify(s.getConfigWithExposureLoggingDisabledSync(su(x, j), j.flag).value) }"
    try script.replacing(gates, with: values).write(to: path, atomically: true, encoding: .utf8)
    try everybodyReadsTheSame(["\(place)/node", path.path], "Node", environment)
  }

  @Test(.enabled(if: javaIsThere, "there is no Java that compiles"), arguments: [nil, "production"])
  func javaReadsTheSame(environment: String?) throws {
    let place = try #require(PlatformPeers.folder)
    let script = PlatformServerTests.package.appending(path: "Tests/Live/platforms/StatsigValues.java").path
    try everybodyReadsTheSame(["java", "-cp", "\(place)/java-platforms/*", script], "Java", environment)
  }
}
