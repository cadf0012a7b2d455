import Testing

@testable import RolloutOps

/// What we write to Statsig, as its real server SDK decides it (`$ROLLOUTCTL_PLATFORM_VENV`, Tests/Live).
@Suite(.serialized, .waits) struct StatsigReaderTests {
  static let platform = Result { try LivePlatform(.statsig) }

  private let platform: LivePlatform
  private let world: World

  init() throws {
    platform = try Self.platform.get()
    try platform.put([:])
    world = StatsigStoreTests.world(platform)
  }

  /// Python spells truth with a capital, so that there "True" is true, too: such contexts are another language's.
  private static let contexts = PlatformTraffic.contexts.map { $0["beta"] == "True" ? $0.removing("beta") : $0 }

  private func reader(
    custom: Bool, _ tier: String? = nil, _ contexts: [JSON] = contexts, by script: String = "statsig"
  ) throws -> SDKReader {
    var arguments = [platform.place, "--unit", "tenant"]
    if custom { arguments += ["--as", "tenant"] }
    if let tier { arguments += ["--tier", tier] }
    let reader = try SDKReader(script, arguments, contexts)
    return reader
  }

  private func write(_ flag: Flag, in environment: String? = nil, _ urgency: Urgency = .ordinary) throws -> Int {
    let store = try platform.store(StatsigStoreTests.address(platform, environment), in: world)
    let reading = try store.write(flag, replacing: store.read(FlagKey("flag")), Occasion(urgency))
    #expect(reading.flag == flag || urgency.isKill)
    return try #require(try platform.flag("flag")["lastModifiedTime"]?.integer)
  }

  /// One share at a time is what a gate has.
  private static let stages = PlatformTraffic.stages.map { name, exposure in
    let shares = exposure.grants.filter { !$0.share.isWhole }
    let kept = shares.count < 2 ? exposure.grants : exposure.grants.filter { $0.share.isWhole || $0.cohort == nil }
    return (name, Exposure(grants: kept, exclusions: exposure.exclusions))
  }

  /// The user's own id is called so by the SDK, whatever an application calls it.
  private static func forUsers(_ exposure: Exposure) -> Exposure {
    func renamed(_ selector: Selector) -> Selector {
      switch selector {
      case .equals("tenant", let value): .equals(attribute: "user", value)
      case .oneOf("tenant", let values): .oneOf(attribute: "user", values)
      default: selector
      }
    }
    return Exposure(
      grants: exposure.grants.map { Grant(cohort: $0.cohort.map(renamed), share: $0.share) },
      exclusions: exposure.exclusions.map(renamed))
  }

  @Test(
    .enabled(if: SDKReader.isPresent, SDKReader.reason), arguments: [nil, "production"],
    [true, false]) func everyStageLetsInWhomTheNoteMeans(environment: String?, isCustom: Bool) throws
  {
    let reader = try reader(custom: isCustom, environment)
    let nowhere = try self.reader(custom: isCustom)
    var before = Set<Int>()
    var flag: Flag?
    for (stage, exposure) in Self.stages {
      let split = Split(exposure: exposure, unit: "tenant", canary: "on", control: "off")
      var written = split
      if !isCustom { (written.unit, written.exposure) = ("user", Self.forUsers(exposure)) }
      flag = StatsigGateTests.flag(written)
      let version = try write(try #require(flag), in: environment)
      let inside = PlatformTraffic.check(
        try reader.variants("flag", until: version), of: Self.contexts, split, canary: true, stage)
      #expect(before.isSubset(of: inside), "\(before.subtracting(inside).count) were put out at \(stage)")
      before = inside
      if environment != nil { #expect(Set(try nowhere.variants("flag", until: version)) == [false]) }
    }
    var killed = try #require(flag)
    (killed.serving, killed.mark) = (.everyone("off"), Flag.Mark(killed: true))
    let version = try write(killed, in: environment, .kill)
    #expect(Set(try reader.variants("flag", until: version)) == [false])
  }

  /// By the SDK of old, and by the one upon the core, which keeps lists in another way.
  @Test(
    .enabled(if: SDKReader.isPresent, SDKReader.reason), arguments: ["statsig", "statsig_core"])
  func everyCohortAndExclusionIsMetToTheLetter(script: String) throws {
    let reader = try reader(custom: true, by: script)
    let (beta, unbeta) = (PlatformTraffic.equals("beta", "true"), PlatformTraffic.equals("beta", "false"))
    let (paid, stable) = (PlatformTraffic.equals("plan", "paid"), PlatformTraffic.equals("tier", "stable"))
    let half = Grant(cohort: nil, share: Percentage(percent: 50))
    let more: [(String, Exposure)] = [
      ("not", Exposure(grants: [Grant(cohort: .not(paid), share: .whole)])),
      ("and not", Exposure(grants: [Grant(cohort: .all([paid, .not(stable)]), share: .whole)])),
      ("without stable", Exposure(grants: [half], exclusions: [stable])),
      ("all without beta", Exposure(grants: [Grant(cohort: nil, share: .whole)], exclusions: [beta])),
      ("half without either", Exposure(grants: [half], exclusions: [beta, unbeta])),
      ("not beta", Exposure(grants: [Grant(cohort: .not(beta), share: .whole)])),
      ("without stable and paid", Exposure(grants: [half], exclusions: [.all([stable, paid])])),
    ]
    for (name, exposure) in PlatformTraffic.cohorts + more {
      let split = Split(exposure: exposure, unit: "tenant", canary: "on", control: "off")
      let version = try write(StatsigGateTests.flag(split))
      _ = PlatformTraffic.check(
        try reader.variants("flag", until: version), of: Self.contexts, split, canary: true, name)
    }
    var killed = StatsigGateTests.flag(.paid(25))
    (killed.serving, killed.mark) = (.everyone("off"), Flag.Mark(killed: true))
    #expect(Set(try reader.variants("flag", until: try write(killed, in: nil, .kill))) == [false])
  }

  @Test(.enabled(if: SDKReader.isPresent, SDKReader.reason))
  func aSegmentThatStatsigKeepsIsUsed() throws {
    let plan: JSON = ["type": "custom_field", "field": "plan", "operator": "any", "targetValue": ["paid"]]
    try platform.put(["segments": ["beta": ["rules": [["conditions": [plan]]]]]])
    let reader = try reader(custom: true, nil, [["tenant": "a", "plan": "paid"], ["tenant": "b"], ["plan": "paid"]])
    let cohort = Grant(cohort: PlatformTraffic.equals("segment", "beta"), share: .whole)
    let split = Split(exposure: Exposure(grants: [cohort]), unit: "tenant", canary: "on", control: "off")
    #expect(try reader.variants("flag", until: write(StatsigGateTests.flag(split))) == [true, false, false])
  }
}
