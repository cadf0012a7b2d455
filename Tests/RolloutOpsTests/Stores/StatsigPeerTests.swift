import Testing

@testable import RolloutOps

/// What we write to Statsig, as its SDKs of all generations decide it: the ones of their own for Go, Node, Java and Python,
/// and the one for Python upon the core in Rust. Nobody who is excluded or has no unit is in, everybody of a cohort is.
@Suite(
  .serialized, .waits, .enabled(if: PlatformPeers.areWanted, PlatformPeers.reason),
  .enabled(if: SDKReader.isPresent, SDKReader.reason))
struct StatsigPeerTests {
  /// The key that the reader for Java has.
  static let key = "secret-x"
  static let platform = Result { try LivePlatform(.statsig, "--sdk-token", key) }

  private let platform: LivePlatform
  private let world: World

  init() throws {
    platform = try Self.platform.get()
    try platform.put([:])
    world = StatsigStoreTests.world(platform)
  }

  /// Python spells truth with a capital, so that a text with one is true too.
  static let contexts: [JSON] =
    PlatformTraffic.contexts.prefix(1000).map { $0["beta"] == "True" ? $0.removing("beta") : $0 }
    + [["beta": true], ["plan": "paid", "beta": true], ["tenant": "undefined-1", "beta": true]]

  private static func some(_ selector: Selector?, _ percent: Int = 100) -> Grant {
    Grant(cohort: selector, share: Percentage(percent: percent))
  }

  static let exposures: [(String, Exposure)] = {
    let (beta, unbeta) = (PlatformTraffic.equals("beta", "true"), PlatformTraffic.equals("beta", "false"))
    let paid = PlatformTraffic.equals("plan", "paid")
    let either = Selector.oneOf(attribute: "beta", [PlatformTraffic.value("true"), PlatformTraffic.value("5")])
    let both = Selector.oneOf(attribute: "plan", [PlatformTraffic.value("paid"), PlatformTraffic.value("free")])
    let more: [(String, Exposure)] = [
      ("all without beta", Exposure(grants: [some(nil)], exclusions: [beta])),
      ("half without beta", Exposure(grants: [some(nil, 50)], exclusions: [beta, unbeta])),
      ("paid and not beta", Exposure(grants: [some(.all([paid, .not(beta)]))])),
      ("not beta", Exposure(grants: [some(.not(beta))])),
      ("beta or five", Exposure(grants: [some(either)])),
      ("paid or free", Exposure(grants: [some(both), some(nil, 12)])),
      ("one in a hundred", Exposure(grants: [some(nil, 1)])),
      ("one in two hundred", Exposure(grants: [Grant(cohort: nil, share: Percentage(micro: 500_000))])),
    ]
    return PlatformTraffic.cohorts + more
  }()

  private func store(_ environment: String?) throws -> any FlagStore {
    try StoreAddress("statsig+\(platform.place)\(environment.map { "/\($0)" } ?? "")").opening(
      from: "/w", StoreTerms(root: "/w"), world.context())
  }

  /// All flags at once, as one language reads them.
  private typealias Read = (_ jobs: [PlatformPeers.Job]) throws -> [String: [String]]

  private func readers(
    _ contexts: [JSON], _ environment: String?, isCustom: Bool = true
  ) throws -> [(name: String, read: Read)] {
    let document = try platform.sdk()
    let peers = PlatformPeers.languages.map { language in
      (
        language.name,
        { jobs in
          try PlatformPeers.ask(
            language.words, "sg", jobs, contexts, document: document, place: platform.place)
        } as Read
      )
    }
    let own = [("Python", "statsig"), ("Python upon the core", "statsig_core")].map { name, script in
      (
        name,
        { jobs in
          let tier = environment.map { ["--tier", $0] } ?? []
          let name = isCustom ? ["--as", "tenant"] : []
          let reader = try SDKReader(
            script, [platform.place, "--unit", "tenant", "--key", Self.key] + name + tier, contexts)
          var answers: [String: [String]] = [:]
          for job in jobs {
            answers[job.flag] = try reader.variants(job.flag, until: 1).map {
              $0 == true ? "on" : $0 == false ? "off" : $0.text ?? "?"
            }
          }
          return answers
        } as Read
      )
    }
    return peers + own
  }

  /// A custom id, and the user's own.
  @Test(arguments: [nil, "production"], [true, false])
  func everySDKLetsInWhomTheNoteMeans(environment: String?, isCustom: Bool) throws {
    let store = try store(environment)
    let (unit, mode) = isCustom ? ("tenant", "custom") : ("user", "user")
    var jobs: [PlatformPeers.Job] = []
    for (index, (_, exposure)) in Self.exposures.enumerated() {
      let split = Split(exposure: exposure, unit: unit, canary: "on", control: "off")
      let key = FlagKey("flag-\(index)")
      let written = try store.write(
        StatsigGateTests.flag(split), replacing: store.read(key), Occasion(.ordinary))
      #expect(written.flag == StatsigGateTests.flag(split))
      jobs.append(PlatformPeers.Job(flag: key.text, mode: mode, tier: environment))
    }
    // The same rollout killed, brought back, and finished: for everybody, who is named or not.
    let half = StatsigGateTests.flag(
      Split(exposure: Exposure(grants: [Self.some(nil, 50)]), unit: unit, canary: "on", control: "off"))
    for (name, servings) in [
      ("killed", [nil]), ("restored", [nil, half.serving]), ("finished", [.everyone("on")] as [Serving?]),
    ] {
      let key = FlagKey(name)
      _ = try store.write(half, replacing: store.read(key), Occasion(.ordinary))
      for serving in servings {
        var flag = half
        flag.serving = serving ?? .everyone("off")
        flag.mark?.killed = serving == nil
        _ = try store.write(flag, replacing: store.read(key), Occasion(serving == nil ? .kill : .ordinary))
      }
      jobs.append(PlatformPeers.Job(flag: name, mode: mode, tier: environment))
    }
    var drawn: [[String]] = []
    for (name, read) in try readers(Self.contexts, environment, isCustom: isCustom) {
      let answers = try read(jobs)
      for (index, (what, exposure)) in Self.exposures.enumerated() {
        let split = Split(exposure: exposure, unit: "tenant", canary: "on", control: "off")
        let served = try #require(answers["flag-\(index)"]).map(JSON.string)
        _ = PlatformTraffic.check(served, of: Self.contexts, split, canary: "on", "\(name): \(what)")
      }
      #expect(Set(answers["killed"] ?? []) == ["off"], "\(name) sees the kill")
      #expect(Set(answers["finished"] ?? []) == ["on"], "\(name) sees the finished flag")
      drawn.append(try #require(answers["restored"]))
    }
    #expect(Set(drawn).count == 1 && drawn.count >= 4, "every SDK draws the same half")
  }

  /// Flags of an earlier version are read as they are meant, however some SDKs read them, and the next change mends them.
  @Test func whatAnEarlierVersionWroteIsMendedByTheNextChange() throws {
    let exposure = Exposure(grants: [Self.some(nil)], exclusions: [PlatformTraffic.equals("beta", "true")])
    let split = Split(exposure: exposure, unit: "tenant", canary: "on", control: "off")
    let flag = StatsigGateTests.flag(split)
    let store = try store(nil)
    _ = try store.write(flag, replacing: store.read(FlagKey("flag")), Occasion(.ordinary))
    try platform.edit("flag", ["rules": StatsigEarlyTests.rules(flag)])
    let read = try store.read(FlagKey("flag"))
    #expect(read.flag == flag)
    let job = PlatformPeers.Job(flag: "flag", mode: "custom")
    func wrong() throws -> [String: Int] {
      var found: [String: Int] = [:]
      for (name, read) in try readers(Self.contexts, nil) {
        let served = try #require(try read([job])["flag"])
        found[name] = zip(Self.contexts, served).count { context, variant in
          let isOut = context["tenant"] == nil || [true, "true"].contains(context["beta"])
          return isOut && variant == "on"
        }
      }
      return found
    }
    let before = try wrong()
    #expect((before["Python upon the core"] ?? 0) > 0 && (before["Node"] ?? 0) > 0, "\(before)")
    _ = try store.write(flag, replacing: read, Occasion(.narrowing))
    #expect(try wrong().values.allSatisfy { $0 == 0 })
  }
}
