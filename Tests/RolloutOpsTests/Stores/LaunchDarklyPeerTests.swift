import Testing

@testable import RolloutOps

/// What we write to LaunchDarkly, as its SDKs for Go, Node and Java evaluate it from the document that all SDKs download.
@Suite(.serialized, .waits, .needsPython, .enabled(if: PlatformPeers.areWanted, PlatformPeers.reason))
struct LaunchDarklyPeerTests {
  static let platform = Result { try LivePlatform(.launchDarkly) }

  private let platform: LivePlatform
  private let store: any FlagStore

  init() throws {
    platform = try Self.platform.get()
    try platform.put(["flags": [:]])
    store = try platform.store(in: platform.world())
  }

  private static let contexts = Array(PlatformTraffic.contexts.prefix(1000))

  private static let exposures: [(String, Exposure)] = {
    let friends = Selector.oneOf(
      attribute: "tenant", [PlatformTraffic.value("t-1"), PlatformTraffic.value("Ünit 50 🚀")])
    let beta = PlatformTraffic.equals("beta", "true")
    let plans = Selector.oneOf(attribute: "plan", [PlatformTraffic.value("paid"), PlatformTraffic.value("Paid")])
    return PlatformTraffic.cohorts + [
      (
        "all without friends and beta",
        Exposure(grants: [Grant(cohort: nil, share: .whole)], exclusions: [friends, beta])
      ),
      ("both spellings, not beta", Exposure(grants: [Grant(cohort: .all([plans, .not(beta)]), share: .whole)])),
      ("half a percent", Exposure(grants: [Grant(cohort: nil, share: Percentage(micro: 500_000))])),
      ("12.5% of both", Exposure(grants: [Grant(cohort: plans, share: Percentage(micro: 12_500_000))])),
    ]
  }()

  @Test func goNodeAndJavaLetInWhomTheNoteMeans() throws {
    var jobs: [PlatformPeers.Job] = []
    func write(
      _ name: String, _ serving: Serving, killed: Bool = false, _ variants: [Variants.Variant] = Variants.boolean.all
    ) throws {
      let mark = Flag.Mark(killed: killed, killsTo: variants.count == 2 ? "off" : "control")
      let flag = Flag(variants: variants, serving: serving, mark: mark)
      let key = FlagKey(name)
      _ = try store.write(flag, replacing: store.read(key), urgency: killed ? .kill : .ordinary)
      if !jobs.contains(where: { $0.flag == name }) { jobs.append(PlatformPeers.Job(flag: name, mode: "user")) }
    }
    for (index, (_, exposure)) in Self.exposures.enumerated() {
      try write("flag-\(index)", .split(Split(exposure: exposure, unit: "tenant", canary: "on", control: "off")))
    }
    let half = Exposure(grants: [Grant(cohort: nil, share: Percentage(percent: 50))])
    let split = Serving.split(Split(exposure: half, unit: "tenant", canary: "canary", control: "control"))
    for name in ["finished", "killed", "restored"] { try write(name, split, ValuedVariants.objects) }
    for name in ["killed", "restored"] { try write(name, .everyone("control"), killed: true, ValuedVariants.objects) }
    try write("restored", split, ValuedVariants.objects)
    // As `finish` leaves it: under the canary's own name, and no value changes.
    try write("finished", .everyone("canary"), ValuedVariants.objects)
    let document = try platform.sdk()
    var drawn: [[Bool]] = []
    for (name, words) in PlatformPeers.languages {
      let answers = try PlatformPeers.ask(
        words, "ld", jobs, Self.contexts, document: document, place: platform.place)
      for (index, (what, exposure)) in Self.exposures.enumerated() {
        let split = Split(exposure: exposure, unit: "tenant", canary: "on", control: "off")
        let served = try #require(answers["flag-\(index)"]).map(JSON.string)
        _ = PlatformTraffic.check(served, of: Self.contexts, split, canary: "on", "\(name): \(what)")
      }
      func values(_ flag: String) throws -> [JSON] {
        try #require(answers[flag], "\(name), \(flag)").map { try JSON.parse($0) }
      }
      let (control, canary) = (ValuedVariants.objects[0].value, ValuedVariants.objects[1].value)
      #expect(try values("killed").allSatisfy { $0.means(control) }, "\(name) sees the kill")
      #expect(try values("finished").allSatisfy { $0.means(canary) }, "\(name) sees the finished flag")
      drawn.append(try values("restored").map { $0.means(canary) })
    }
    #expect(Set(drawn).count == 1 && drawn.count >= 2, "every SDK draws the same half")
  }
}
