import Testing

@testable import RolloutOps

/// What a kill asks of every hosted platform: one look at many flags, their changes without a look, and a switch that
/// takes none before.
@Suite(.needsPython) struct PlatformKillTests {
  static let keys = (1...12).map { FlagKey("flag-\($0)") }

  /// A platform with a dozen flags that let some people in.
  final class Stage {
    let platform: LivePlatform
    let world: World
    let address: String

    init(_ name: TestedPlatform, keys: [FlagKey] = PlatformKillTests.keys, path: String? = nil) throws {
      platform = try LivePlatform(name)
      try platform.put(["flags": [:]])
      address = name.address(at: platform.place, path)
      world = platform.world(at: address)
      let store = try store()
      for key in keys { _ = try store.write(Self.flag, replacing: store.read(key), Occasion(.ordinary)) }
      try platform.forget()
    }

    static var flag: Flag {
      let grant = Grant(cohort: .equals(attribute: "team", AttributeValue("staff")), share: .whole)
      let split = Split(exposure: Exposure(grants: [grant]), unit: "user", canary: "on", control: "off")
      return Flag(variants: Variants.boolean.all, serving: .split(split), mark: Flag.Mark(killsTo: "off"))
    }

    static var off: Flag {
      Flag(variants: Variants.boolean.all, serving: .everyone("off"), mark: Flag.Mark(killed: true, killsTo: "off"))
    }

    func store(until seconds: Int? = nil) throws -> any FlagStore {
      try platform.store(address, in: world, until: seconds.map { world.clock.now() + TimeSpan(seconds: $0) })
    }

    func count(_ isCounted: (LivePlatform.Asked) -> Bool = { _ in true }) throws -> Int {
      defer { try? platform.forget() }
      return try platform.requests().count(where: isCounted)
    }

    /// Nothing that reads is answered any more.
    func blind() throws {
      let refusal: JSON = ["answer": ["status": 500, "body": "blind"]]
      try platform.fail(["method": "GET", "times": 1000, "do": refusal])
    }
  }

  private static func servings(_ looks: [FlagKey: Result<FlagReading, StoreTrouble>]) -> [FlagKey: Serving] {
    looks.compactMapValues { (try? $0.get())?.flag?.serving }
  }

  private func orders(_ keys: [FlagKey], _ looks: [FlagKey: Result<FlagReading, StoreTrouble>]) throws -> [KillOrder] {
    try keys.map { key in KillOrder(Stage.off, over: try #require(looks[key]).get(), Occasion(.kill)) }
  }

  private func isSent(_ outcome: Result<Sent, StoreTrouble>) -> Bool {
    if case .success(.flag) = outcome { true } else { false }
  }

  @Test(arguments: TestedPlatform.allCases) func manyAreLookedAtAndSwitchedTogether(name: TestedPlatform) throws {
    let stage = try Stage(name)
    let store = try stage.store(until: 30)
    let absent = FlagKey("flag-of-nobody")
    let looks = store.look(Self.keys + [absent])
    // A list of them, which says that there is no further page. One that is in no list may be archived in Unleash, and is
    // asked for by its name; in Statsig it may be in the list of dynamic configurations.
    #expect(try stage.count() == 1 + ([.unleash, .statsig].contains(name) ? 1 : 0))
    #expect(looks.count == 13)
    #expect(try #require(looks[absent]).get().flag == nil)
    for key in Self.keys {
      let flag = try #require(looks[key]?.get().flag)
      #expect(flag.serving != .everyone("off") && flag.mark == Flag.Mark(killsTo: "off"), "\(key): \(flag)")
    }
    let sent = store.send(try orders(Self.keys, looks))
    #expect(sent.allSatisfy(isSent), "\(sent)")
    // Only Unleash takes the changes of many together.
    #expect(try stage.count { $0.method != "GET" } == (name == .unleash ? 1 : Self.keys.count))
    let servings = Self.servings(store.look(Self.keys))
    for key in Self.keys { #expect(servings[key] == .everyone("off")) }
    for key in Self.keys { #expect(try stage.store().read(key).flag?.mark?.killed == true) }
  }

  @Test(arguments: TestedPlatform.allCases) func whatIsOffAlreadyIsSwitchedOffAllTheSame(name: TestedPlatform) throws {
    let stage = try Stage(name, keys: [World.key])
    let store = try stage.store(until: 30)
    for _ in 0..<2 {
      let looks = store.look([World.key])
      _ = try stage.count()
      #expect(store.send(try orders([World.key], looks)).allSatisfy(isSent))
      #expect(try stage.count { $0.method != "GET" } == 1)
    }
    #expect(try store.read(World.key).flag?.serving == .everyone("off"))
  }

  @Test(arguments: TestedPlatform.allCases) func theSwitchTakesNoLookBefore(name: TestedPlatform) throws {
    let stage = try Stage(name, keys: [World.key])
    let store = try stage.store(until: 30)
    guard case .platform = store.killSwitch else {
      Issue.record("\(name) has a switch")
      return
    }
    // PostHog's takes the flag's number, which a look before has shown.
    if name == .posthog { _ = store.look([World.key]) }
    try stage.blind()
    _ = try stage.count()
    try store.switchOff(World.key, Occasion(.kill))
    #expect(try stage.count() == 1, "nothing but the switch is asked")
    try stage.platform.fail()
    #expect(try store.read(World.key).flag?.serving == .everyone("off"))
  }

  @Test(arguments: TestedPlatform.allCases) func aFlagThatIsNotThereIsNeverSwitchedOff(name: TestedPlatform) throws {
    let stage = try Stage(name, keys: [])
    let store = try stage.store(until: 30)
    let trouble = try #require(throws: StoreTrouble.self) { try store.switchOff(World.key, Occasion(.kill)) }
    let words = Sentences.store(trouble).joined(separator: "; ")
    #expect(
      words.contains(name == .posthog ? "nobody has read that of ai-summary" : "ai-summary is not there"), "\(words)")
  }

  /// A change that somebody else's met may come again; nobody waits for a deadline to be told so.
  @Test(arguments: TestedPlatform.allCases) func aKillThatMeetsAnotherChangeIsSentAgain(name: TestedPlatform) throws {
    let stage = try Stage(name, keys: [World.key])
    let conflict: JSON = ["answer": ["status": 409, "body": ["code": "optimistic_locking_error", "message": "met"]]]
    try stage.platform.fail(["writes": true, "do": conflict])
    stage.world.files.put(World.note, SampleNote.saying("Store", "Store: \(stage.address)", in: SampleNote.text))
    let report = stage.world.kill()
    #expect(report.status == .done, "\(report)")
    #expect(try stage.store().read(World.key).flag?.serving == .everyone("off"))
    #expect(try stage.platform.requests().count { $0.method != "GET" } >= 2)
  }

  /// A list that cannot be had is the trouble of each, and of the right kind.
  @Test(arguments: TestedPlatform.allCases) func aListThatFailsFailsForEach(name: TestedPlatform) throws {
    let stage = try Stage(name)
    try stage.blind()
    let looks = try stage.store(until: 30).look(Self.keys)
    #expect(looks.count == 12)
    for look in looks.values {
      guard case .failure(.refused(let refusal)) = look else {
        Issue.record("\(look)")
        continue
      }
      #expect(refusal.status == 500)
    }
  }

  /// As long as the deadline is away, and at the source.
  @Test func aTryMayTakeAllTheTimeThatIsLeft() throws {
    let http = ScriptedHTTP([
      .trouble(.get, "http://127.0.0.1:8/console/v1/gates/ai-summary", .timeout(milliseconds: 1))
    ])
    let world = World(server: http)
    world.variables.withLock { $0 = ["STATSIG_CONSOLE_KEY": "planted-key"] }
    var terms = StoreTerms(root: "/w")
    terms.deadline = world.clock.now() + TimeSpan(seconds: 27)
    let store = try StoreAddress("statsig+http://127.0.0.1:8").opening(from: "/w", terms, world.context())
    _ = store.look([World.key])
    let request = try #require(http.requests.first)
    #expect(http.requests.count == 1 && request.limits.totalMilliseconds == 27_000)
    #expect(request.limits.connectMilliseconds == 3000)
    #expect(request.headers.contains(HTTPRequest.Header("Cache-Control", "no-cache")))
  }

  @Test func limitsSayHowLongItTakes() throws {
    let seconds = { (name: TestedPlatform, count: Int) throws in
      let world = World(note: SampleNote.text)
      let address = name.address(at: "http://127.0.0.1:8")
      let store = try StoreAddress(address).opening(from: "/w", StoreTerms(root: "/w"), world.context())
      return store.timeToKill(count)?.description
    }
    #expect(try seconds(.statsig, 100) == nil && seconds(.statsig, 101) == "10s" && seconds(.statsig, 901) == "15m")
    #expect(try seconds(.posthog, 470) == nil && seconds(.posthog, 471) == "1m" && seconds(.posthog, 4791) == "1h")
    #expect(try seconds(.launchDarkly, 5000) == nil && seconds(.unleash, 5000) == nil)
  }

  // MARK: One after another

  /// A platform that lets one request through at a time.
  private struct Narrow: FlagStore {
    let address = "narrow:"
    var identity: String { address }
    var journalFolder: Folder { Folder(path: "/w", files: MemoryFiles(ScriptedClock()), base: "/w") }
    let width = 1
    let propagation = TimeSpan.zero

    func read(_ key: FlagKey) throws(StoreTrouble) -> FlagReading {
      FlagReading(key: key, flag: nil, version: "", spelled: nil)
    }

    func read(_ keys: [FlagKey]) throws(StoreTrouble) -> [FlagKey: FlagReading] { [:] }
    func list() throws(StoreTrouble) -> [ListedFlag] { [] }
    func write(_ flag: Flag, replacing reading: FlagReading, _ occasion: Occasion) throws(StoreTrouble) -> FlagReading {
      reading
    }

    func byHand(_ key: FlagKey, serving variant: String?) -> ByHand { ByHand("", proof: "", words: "") }
    func examine() -> [DoctorCheck] { [] }
  }

  @Test func whoeverIsToldToWaitAsksForNothingMore() throws {
    let tried = Remembered<[FlagKey]>()
    tried.last = []
    let orders = Self.keys.map {
      KillOrder(Stage.off, over: FlagReading(key: $0, flag: nil, version: "", spelled: nil), Occasion(.kill))
    }
    let limit = StoreTrouble.refused(ServerRefusal("http://h", status: 429, .tooOften, rest: TimeSpan(seconds: 7)))
    let sent = Narrow().sendEach(orders) { order throws(StoreTrouble) in
      tried.change { $0.append(order.key) }
      if order.key == Self.keys[2] { throw limit }
    }
    #expect(tried.last == Array(Self.keys.prefix(3)))
    #expect(sent.prefix(2).allSatisfy(isSent))
    for outcome in sent.dropFirst(2) {
      guard case .failure(limit) = outcome else {
        Issue.record("\(outcome)")
        continue
      }
    }
  }
}
