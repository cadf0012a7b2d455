import Synchronization
import Testing

@testable import RolloutOps

/// Whether a kill has reached applications, asked of servers that deal units by hashes of their own and follow when they
/// like.
@Suite struct WitnessTests {
  private static let killed = Flag(variants: Variants.boolean.all, serving: .everyone("off"), mark: nil)

  private static func split(_ grants: [Grant]) -> Split {
    Split(exposure: Exposure(grants: grants), unit: "tenant", canary: "on", control: "off")
  }

  private static let five = split([Grant(cohort: nil, share: Percentage(percent: 5))])
  private static let staff = split([
    Grant(cohort: .equals(attribute: "team", AttributeValue("staff")), share: Percentage(percent: 100))
  ])

  private func look(_ server: DealingServer, _ before: Split, _ address: String = "http://127.0.0.1:8016") -> ServedLook
  {
    let world = World(server: server)
    let shown = Flag(variants: Self.killed.variants, serving: .split(before), mark: nil)
    return ServedLook(
      context: world.context(), endpoint: EvaluationEndpoint(address, StoreTerms(root: "/w"), world.context()),
      flag: World.key, variants: Self.killed.variants,
      probes: Self.killed.probes(of: World.key, byFlagHash: true, after: shown))
  }

  private func seen(_ look: ServedLook) -> Served {
    let end = look.context.clock.now() + TimeSpan(seconds: 10)
    return look.look(until: end, patience: end)
  }

  @Test(arguments: FlagHash.allCases) func nothingIsSeenOfAServerThatDoesNotFollow(hash: FlagHash) {
    let served = seen(look(DealingServer(Self.five, hash), Self.five))
    #expect(served.agrees == false)
    #expect(served.exceptions() == ["5% of everybody gets on"])
  }

  @Test(arguments: FlagHash.allCases) func whoWasServedTheNewVersionIsAWitness(hash: FlagHash) {
    let late = DealingServer(Self.five, hash)
    late.follow(after: 9)
    #expect(seen(look(late, Self.five)).agrees == true)
    // It follows before anybody asks again, but somebody had asked before.
    let quick = DealingServer(Self.five, hash)
    let look = look(quick, Self.five)
    look.askBefore()
    quick.follow(after: 0)
    #expect(seen(look).agrees == true)
  }

  @Test func whereNobodyIsFoundNothingIsSeen() {
    let quick = DealingServer(Self.five, .v2)
    quick.follow(after: 0)
    let look = look(quick, Self.five)
    let start = look.context.clock.now()
    let served = seen(look)
    #expect(served.agrees == nil && served.isAsExpected)
    #expect(served.reasons.count == 1 && served.reasons[0].hasPrefix("nobody who was served the new version was found"))
    #expect(look.context.clock.now() == start, "nobody will be found later either")
  }

  /// Every reader lets a whole cohort in, so nobody has to ask before. But a server that was asked, and served the old
  /// version all along, is the wrong one.
  @Test func aWholeCohortIsAWitnessUnlessTheServerNeverHeardOfIt() {
    let quick = DealingServer(Self.staff, .v2)
    quick.follow(after: 0)
    #expect(seen(look(quick, Self.staff)).agrees == true)
    let stranger = look(quick, Self.staff)
    stranger.askBefore()
    #expect(seen(stranger).agrees == nil)
    // Once the change is sent, the old version may be the change at work.
    let racing = look(quick, Self.staff)
    racing.witnesses.changeBegins()
    racing.askBefore()
    #expect(seen(racing).agrees == true)
  }

  /// Whatever the exposure, the hash and the moment: nothing is seen while a unit is served on.
  @Test func nothingIsSeenWhileAnybodyIsServedOn() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    var (right, open) = (0, 0)
    for _ in 0..<300 {
      let exposure = RandomExposure.any(&random)
      let split = Split(exposure: exposure, unit: "tenant", canary: "on", control: "off")
      let server = DealingServer(split, FlagHash.allCases.randomElement(using: &random) ?? .v2)
      if Bool.random(using: &random) { server.follow(after: Int.random(in: 0...40, using: &random)) }
      let look = look(server, split)
      if Bool.random(using: &random) { look.askBefore() }
      let served = seen(look)
      if served.agrees == true {
        right += 1
        #expect(server.hasFollowed, "seed \(seed): \(exposure)")
      } else {
        open += 1
      }
    }
    #expect(right > 30 && open > 30, "seed \(seed)")
  }

  // MARK: Addresses and words

  @Test(arguments: ["nonsense", "http://admin:secret@127.0.0.1:8016"]) func whatIsNoAddressIsRefusedAtOnce(
    address: String
  ) {
    let server = DealingServer(Self.staff, .v2)
    let look = look(server, Self.staff, address)
    let start = look.context.clock.now()
    look.askBefore()
    let served = seen(look)
    #expect(served.agrees == nil && look.context.clock.now() == start && server.asked == 0)
    #expect(served.reasons.count == 1 && served.reasons[0].contains("cannot be asked"))
    #expect(!"\(served.reasons) \(served.json)".contains("admin"))
  }

  @Test func aNameWithAnotherValueIsNotThatVariant() {
    let answer = Served.Answer(
      Probe(who: "staff", attributes: [:], unit: "u", expected: "off"), .served(variant: "off", value: true))
    let served = Served(address: "https://e", [answer], variants: Variants.boolean.all)
    #expect(served.agrees == false)
    #expect(served.exceptions() == ["staff gets off with the value true"])
  }

  @Test func aThousandOtherAnswersAreAFewLines() {
    let page = String(repeating: "<p>error</p>", count: 10_000)
    let answers = (0..<1000).map { number in
      Served.Answer(
        Probe(who: "tenant \(number)", attributes: [:], unit: "u", expected: "off"),
        number % 2 == 0 ? .served(variant: "\(number)\(page)", value: nil) : .codeDefault("\(number)\(page)"))
    }
    let served = Served(address: "https://e", answers, variants: Variants.boolean.all)
    #expect(served.exceptions().count == 6 && served.exceptions()[5] == "and 495 more")
    #expect(served.reasons.count == 6)
    #expect(served.lines(ink: Ink(isOn: false)).joined().utf8.count < 2000)
    #expect(served.reasons.joined().utf8.count < 2000)
  }
}

/// An evaluation server in memory: it deals by its own hash, and serves the old version from the moment that it follows.
private final class DealingServer: HTTP {
  private struct State: Sendable {
    var asked = 0
    var followsAfter: Int?
  }

  private let split: Split
  private let hash: FlagHash
  private let state = Mutex(State())

  init(_ split: Split, _ hash: FlagHash) { (self.split, self.hash) = (split, hash) }

  func follow(after count: Int) { state.withLock { $0.followsAfter = $0.asked + count } }
  var asked: Int { state.withLock { $0.asked } }
  var hasFollowed: Bool { state.withLock { state in state.followsAfter.map { state.asked >= $0 } ?? false } }

  func answer(to request: HTTPRequest) throws(HTTPTrouble) -> HTTPAnswer {
    let isOff = state.withLock { state -> Bool in
      defer { state.asked += 1 }
      return state.followsAfter.map { state.asked >= $0 } ?? false
    }
    let context = (try? JSON.parse(request.body ?? []))?["context"] ?? .null
    let isIn = Membership(of: context, in: split, flag: World.key, hash: hash).isIn
    let variant = !isOff && isIn ? "on" : "off"
    return HTTPAnswer(status: 200, body: Array("{\"variant\":\"\(variant)\",\"value\":\(variant == "on")}".utf8))
  }
}
