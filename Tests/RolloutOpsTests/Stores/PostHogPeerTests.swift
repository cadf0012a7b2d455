import Testing

@testable import RolloutOps

/// What we write to PostHog, as its SDKs for Go and Node decide it locally, without any question to PostHog. Java's decides
/// no groups.
@Suite(.serialized, .waits, .needsPython, .enabled(if: PlatformPeers.areWanted, PlatformPeers.reason))
struct PostHogPeerTests {
  static let platform = Result { try LivePlatform(.posthog) }

  private let platform: LivePlatform
  private let world: World

  init() throws {
    platform = try Self.platform.get()
    try platform.put(["group_types": ["0": "tenant"]])
    world = platform.world()
  }

  /// Of each 50th unit the name has letters beyond ASCII.
  private static let contexts = Array(PlatformTraffic.contexts.prefix(1000))

  private static let exposures: [(String, Exposure)] = {
    let friends = Selector.oneOf(
      attribute: "tenant", [PlatformTraffic.value("t-1"), PlatformTraffic.value("Ünit 50 🚀")])
    let unit = PlatformTraffic.equals("tenant", "t-7")
    let all = Grant(cohort: nil, share: .whole)
    let some = Grant(cohort: nil, share: Percentage(percent: 30))
    let paid = Grant(cohort: .all([PlatformTraffic.equals("plan", "paid"), .not(friends)]), share: .whole)
    return PlatformTraffic.cohorts + [
      ("all without friends", Exposure(grants: [all], exclusions: [friends, unit])),
      ("some without friends", Exposure(grants: [some], exclusions: [friends])),
      ("paid and no friends", Exposure(grants: [paid])),
      ("1%", Exposure(grants: [Grant(cohort: nil, share: Percentage(percent: 1))], exclusions: [unit])),
    ]
  }()

  @Test(arguments: [true, false]) func goAndNodeLetInWhomTheNoteMeans(isBoolean: Bool) throws {
    let store = try platform.store(in: world)
    let (canary, control) = isBoolean ? ("on", "off") : ("canary", "control")
    var jobs: [PlatformPeers.Job] = []
    func write(_ name: String, _ flag: Flag, _ urgency: Urgency = .ordinary) throws {
      _ = try store.write(flag, replacing: store.read(FlagKey(name)), Occasion(urgency))
    }
    for (index, (_, exposure)) in Self.exposures.enumerated() {
      let split = Split(exposure: exposure, unit: "tenant", canary: canary, control: control)
      try write("flag-\(index)", PostHogFlagTests.flag(split, isBoolean))
      jobs.append(PlatformPeers.Job(flag: "flag-\(index)", mode: "group"))
    }
    let everybody = Exposure(grants: [Grant(cohort: nil, share: .whole)])
    var flag = PostHogFlagTests.flag(
      Split(exposure: everybody, unit: "tenant", canary: canary, control: control), isBoolean)
    try write("finished", flag)
    flag.serving = .everyone(canary)
    try write("finished", flag)
    try write("killed", flag)
    (flag.serving, flag.mark) = (.everyone(control), Flag.Mark(killed: true))
    try write("killed", flag, .kill)
    jobs += [PlatformPeers.Job(flag: "finished", mode: "group"), PlatformPeers.Job(flag: "killed", mode: "group")]
    for (name, words) in PlatformPeers.languages where name != "Java" {
      let answers = try PlatformPeers.ask(
        words, "ph", jobs, Self.contexts, document: nil, place: platform.place)
      for (index, (what, exposure)) in Self.exposures.enumerated() {
        // A pattern with letters beyond ASCII is left to PostHog by Node; `check` says so.
        if name == "Node", what == "awkward" { continue }
        let split = Split(exposure: exposure, unit: "tenant", canary: canary, control: control)
        let served = try #require(answers["flag-\(index)"]).map(JSON.string)
        _ = PlatformTraffic.check(served, of: Self.contexts, split, canary: .string(canary), "\(name): \(what)")
      }
      // Under its own name, so that whoever asks for the name gets the new version.
      #expect(Set(answers["finished"] ?? []) == [canary], "\(name)")
      #expect(Set(answers["killed"] ?? []) == [control], "\(name)")
    }
  }
}
