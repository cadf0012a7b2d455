import Testing

@testable import RolloutOps

/// What we write to PostHog, as its real SDK decides it locally (`$ROLLOUTCTL_PLATFORM_VENV`, Tests/Live).
@Suite(.serialized, .waits) struct PostHogReaderTests {
  static let platform = Result { try LivePlatform(.posthog) }

  private let platform: LivePlatform
  private let world: World

  init() throws {
    platform = try Self.platform.get()
    try platform.put(["group_types": ["0": "tenant"]])
    world = platform.world()
  }

  private func reader(
    group: Bool, _ contexts: [JSON] = PlatformTraffic.contexts, asks: Bool = false
  ) throws -> SDKReader {
    let more = (group ? ["--group", "tenant"] : []) + (asks ? ["--asks"] : [])
    let reader = try SDKReader("posthog", [platform.place, "--unit", "tenant"] + more, contexts)
    return reader
  }

  /// Persons: the note's unit is called `user`, and the application hands over its tenant as that.
  private static func forPersons(_ exposure: Exposure) -> Exposure {
    func renamed(_ selector: Selector) -> Selector {
      switch selector {
      case .equals("tenant", let value): .equals(attribute: "user", value)
      case .oneOf("tenant", let values): .oneOf(attribute: "user", values)
      case .equals, .oneOf: selector
      case .not(let inner): .not(renamed(inner))
      case .all(let parts): .all(parts.map(renamed))
      }
    }
    return Exposure(
      grants: exposure.grants.map { Grant(cohort: $0.cohort.map(renamed), share: $0.share) },
      exclusions: exposure.exclusions.map(renamed))
  }

  private func write(_ flag: Flag, _ urgency: Urgency = .ordinary) throws -> Int {
    let store = try platform.store(in: world)
    let reading = try store.write(flag, replacing: store.read(FlagKey("f")), Occasion(urgency))
    #expect(reading.flag == flag || urgency.isKill)
    return try #require(try platform.flag("f")["version"]?.integer)
  }

  @Test(
    .enabled(if: SDKReader.isPresent, SDKReader.reason), arguments: [true, false], [true, false])
  func everyStageLetsInWhomTheNoteMeans(isBoolean: Bool, isGroup: Bool) throws {
    let reader = try reader(group: isGroup)
    var before = Set<Int>()
    var flag: Flag?
    for (stage, exposure) in PlatformTraffic.stages {
      let split = Split(
        exposure: exposure, unit: "tenant", canary: isBoolean ? "on" : "canary", control: isBoolean ? "off" : "control")
      var written = split
      if !isGroup { (written.unit, written.exposure) = ("user", Self.forPersons(exposure)) }
      flag = PostHogFlagTests.flag(written, isBoolean)
      let version = try write(try #require(flag))
      let served = try reader.variants("f", until: version)
      let inside = PlatformTraffic.check(
        served, split, canary: isBoolean ? true : "canary", "\(isGroup ? "groups" : "persons") at \(stage)")
      #expect(before.isSubset(of: inside), "\(before.subtracting(inside).count) were put out at \(stage)")
      before = inside
    }
    var killed = try #require(flag)
    (killed.serving, killed.mark) = (.everyone(isBoolean ? "off" : "control"), Flag.Mark(killed: true))
    let version = try write(killed, .kill)
    #expect(Set(try reader.variants("f", until: version)) == [isBoolean ? false : "control"])
  }

  @Test(.enabled(if: SDKReader.isPresent, SDKReader.reason), arguments: [true, false])
  func everyCohortIsMetToTheLetter(isBoolean: Bool) throws {
    let reader = try reader(group: true)
    for (name, exposure) in PlatformTraffic.cohorts {
      let split = Split(
        exposure: exposure, unit: "tenant", canary: isBoolean ? "on" : "canary", control: isBoolean ? "off" : "control")
      let version = try write(PostHogFlagTests.flag(split, isBoolean))
      _ = PlatformTraffic.check(
        try reader.variants("f", until: version), split, canary: isBoolean ? true : "canary", name)
    }
  }

  /// What an SDK leaves undecided it asks PostHog, to which a missing attribute is no value at all.
  @Test(
    .enabled(if: SDKReader.isPresent, SDKReader.reason), arguments: [true, false], [true, false])
  func whatPostHogIsAskedForIsDecidedAsTheNoteMeans(isBoolean: Bool, isGroup: Bool) throws {
    let contexts = Array(PlatformTraffic.contexts.prefix(200))
    let (canary, control) = isBoolean ? ("on", "off") : ("canary", "control")
    let (asking, local) = (
      try reader(group: isGroup, contexts, asks: true), try reader(group: isGroup, contexts)
    )
    var wasAsked = false
    for (stage, exposure) in PlatformTraffic.stages + PlatformTraffic.cohorts {
      let split = Split(exposure: exposure, unit: "tenant", canary: canary, control: control)
      var written = split
      if !isGroup { (written.unit, written.exposure) = ("user", Self.forPersons(exposure)) }
      let version = try write(PostHogFlagTests.flag(written, isBoolean))
      let served = try asking.variants("f", until: version)
      _ = PlatformTraffic.check(served, of: contexts, split, canary: isBoolean ? true : "canary", "asked at \(stage)")
      for (answer, alone) in zip(served, try local.variants("f", until: version)) {
        if alone == "default: undecided" { wasAsked = true } else { #expect(answer == alone, "\(stage)") }
      }
    }
    #expect(wasAsked || !isBoolean)
  }

  /// With variants a condition that cannot be decided is passed over, so that even an attribute which is missing leaves
  /// nobody out.
  @Test(.enabled(if: SDKReader.isPresent, SDKReader.reason))
  func withVariantsAnExclusionMayAskForAnyAttribute() throws {
    let reader = try reader(group: true)
    let half = Grant(cohort: nil, share: Percentage(percent: 50))
    let staff = Grant(cohort: PlatformTraffic.equals("team", "staff"), share: .whole)
    let exposure = Exposure(grants: [half, staff], exclusions: [PlatformTraffic.equals("tier", "stable")])
    let split = Split(exposure: exposure, unit: "tenant", canary: "canary", control: "control")
    let version = try write(PostHogFlagTests.flag(split, false))
    _ = PlatformTraffic.check(try reader.variants("f", until: version), split, canary: "canary", "without stable")
  }

  @Test(.enabled(if: SDKReader.isPresent, SDKReader.reason))
  func aCohortThatPostHogKeepsIsUsed() throws {
    let values: JSON = [["key": "plan", "type": "person", "operator": "exact", "value": ["paid"]]]
    try platform.put(["cohorts": ["42": ["name": "beta", "properties": ["type": "AND", "values": values]]]])
    let reader = try reader(group: false, [["tenant": "a", "plan": "paid"], ["tenant": "b", "plan": "free"]])
    let cohort = Grant(cohort: PlatformTraffic.equals("cohort", "beta"), share: .whole)
    let split = Split(exposure: Exposure(grants: [cohort]), unit: "user", canary: "on", control: "off")
    #expect(try reader.variants("f", until: write(PostHogFlagTests.flag(split, true))) == [true, false])
  }
}
