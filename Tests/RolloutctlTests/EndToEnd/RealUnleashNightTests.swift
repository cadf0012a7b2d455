import Foundation
import Testing

@testable import RolloutOps

extension RealUnleashTests {
  /// The same commands on the real server and on the scripted one, which is so held to tell the truth; a network that
  /// loses and doubles answers; and many flags beside curl.
  @Suite struct Nights {
    let unleash: RealUnleash

    init() throws {
      unleash = try RealUnleash.shared.get()
      try unleash.fail()
      _ = try unleash.asked()
    }

    @Test func theScriptedServerLeadsToTheSameWordsAndEnds() throws {
      let token = "planted-platform-token"
      let scripted = try LiveServer("platforms/unleash_server.py", ["--token", token])
      let http = CurlHTTP()
      func tell(_ port: String, _ method: HTTPRequest.Method, _ path: String, _ body: JSON?) throws -> HTTPAnswer {
        var request = HTTPRequest(method, try WebAddress("http://127.0.0.1:\(scripted.port(port))\(path)"))
        request.body = body.map { Array($0.written(.compact).utf8) }
        if body != nil { request.headers = [HTTPRequest.Header("Content-Type", "application/json")] }
        if port == "port" { request.authorization = Secret(token) }
        return try http.answer(to: request)
      }
      // The real one's is a token of its admin API, too.
      _ = try tell("control", .put, "/state", ["flags": [:], "admin_token": true])
      let there = try UnleashPlay(on: unleash.stage())
      let here = try UnleashPlay(
        on: UnleashPlay.Stage(port: scripted.port("port"), token: token) { try tell("port", $0, $1, $2) })
      try there.play()
      try here.play()
      #expect(here.lines.count == there.lines.count)
      for (mine, real) in zip(here.lines, there.lines) { #expect(mine == real) }
      // Neither got through it by refusing everything, or by doing everything.
      let ends = Set(there.ends)
      #expect(there.ends.count > 100 && ends.isSuperset(of: [0, 1, 3, 5, 6]), "\(ends)")
      #expect(there.lines.contains { $0.hasPrefix("$ finish") && $0.hasSuffix("= 0") })
    }

    // MARK: Answers that are lost and doubled

    /// What stands there is what was said, whenever a command says that it was done, and in the end all is done.
    @Test(arguments: Self.seeds) func lostAndDoubledAnswersEndInWhatWasMeant(seed: Int) throws {
      let night = try Night(unleash, seed)
      let note = LiveWorld.note
      let (internals, some) = ("team = staff", "25% of plan = paid")
      let few = [internals, "5% of plan = paid"]
      try night.done("promote", note) { $0 == [internals] }
      try night.enter("5% of paid") { $0 == few }
      let without = few.map { "\($0) | without tenant = acme" }
      try night.done("exclude", night.key, "tenant=acme", "--reason", "asked") { $0 == without }
      try night.done("include", night.key, "tenant=acme", "--reason", "asked") { $0 == few }
      try night.done("hold", note, "--reason", "slow") { $0 == few }
      try night.done("resume", note, "--reason", "fine") { $0 == few }
      try night.enter("25% of paid") { $0 == [internals, some] }
      try night.done("kill", night.key, "--reason", "bad") { $0 == nil }
      try night.done("restore", note, "--reason", "mended") { $0 == [internals] }
      try night.enter("5% of paid") { $0 == few }
      try night.enter("25% of paid") { $0 == [internals, some] }
      try night.done("rollback", note, "--reason", "slow") { $0 == few }
      try night.enter("25% of paid") { $0 == [internals, some] }
      try night.enter("100%") { $0 == ["everybody"] }
      try night.done("attest", note, "gates", "--evidence", "looked at the dashboard") { $0 == ["everybody"] }
      try night.done("finish", note) { $0 == ["on"] }
      try night.expectMorning()
    }

    /// Two, or as many as somebody asks for by hand.
    private static let seeds =
      Array(1...(ProcessInfo.processInfo.environment["ROLLOUTCTL_NIGHTS"].flatMap(Int.init) ?? 2))

    // MARK: Many flags

    /// Twice in one run each, and the better one of two counts; both sides wait for the same server.
    @Test func twoHundredFlagsAreKilledBesideCurl() throws {
      let names = (1...200).map { "n-\($0)" }
      let environment = "\(RealUnleash.project)/bulk_features/environments/development"
      for name in names { try unleash.ask(.post, "\(RealUnleash.project)/features", ["name": .string(name)]) }
      let all: JSON = ["features": .array(names.map(JSON.string))]
      let desk = try RealUnleash.Desk(unleash, "n-1")
      let calls = try names.map {
        """
        next
        url = "http://127.0.0.1:\(try unleash.port)\(RealUnleash.project)/features/\($0)/environments/development/off"
        request = POST
        header = "Authorization: \(unleash.token)"
        output = /dev/null
        silent
        fail
        """
      }
      try desk.world.folder.write("calls", calls.joined(separator: "\n").dropFirst("next\n".count) + "\n")
      var (ours, curls): ([Double], [Double]) = ([], [])
      func measure(_ body: () throws -> Void) throws -> Double {
        try unleash.ask(.post, "\(environment)/on", all)
        let clock = ContinuousClock()
        let time = try clock.measure(body)
        for name in [names[0], names[99], names[199]] { #expect(try !unleash.isOn(name)) }
        return Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
      }
      for _ in 0..<2 {
        ours.append(
          try measure {
            let outcome = try desk.start(["kill"] + names).finish()
            try #require(outcome.status == 0, "\(outcome)")
          })
        curls.append(
          try measure {
            let outcome = try Tool.curl.run(["--config", "calls"], in: desk.world.folder)
            try #require(outcome.status == 0, "\(outcome)")
          })
      }
      let ratio = (ours.min() ?? 0) / (curls.min() ?? 1)
      let told = [ours, curls].map { $0.map { String(format: "%.2f", $0) }.joined(separator: " and ") }
      print(
        "200 flags of Unleash: kill \(told[0]) s, curl's bare writes \(told[1]) s, \(String(format: "%.2f", ratio))")
      #expect(ratio < 3)
    }
  }
}

/// A rollout on the real server through a network that loses and doubles answers.
private final class Night {
  let key: String
  private let unleash: RealUnleash
  private let desk: RealUnleash.Desk
  private let proxy: LiveServer

  private static let chances: JSON = [
    "pass": 6, "cut-after": 1, "reset-after": 1, "half": 1, "cut-before": 1, "duplicate": 2,
  ]

  init(_ unleash: RealUnleash, _ seed: Int) throws {
    self.unleash = unleash
    key = "night-\(seed)"
    proxy = try LiveServer(
      "fault_proxy.py", ["\(unleash.port)", "--seed", "\(seed)", "--chances", Self.chances.written(.compact)])
    let port = try proxy.port("port")
    desk = try RealUnleash.Desk(unleash, key, port: port)
  }

  /// Whom the flag lets in, by the titles of what is in force; nil where it is off, or was not made yet.
  private func standing() throws -> [String]? {
    guard let shown = try unleash.shown(key),
      let here = shown["environments"]?.items?.first(where: { $0["name"] == "development" }), here["enabled"] == true
    else { return nil }
    var found: [String] = []
    // The same a second time lets in nobody else.
    for strategy in here["strategies"]?.items ?? [] where strategy["disabled"] != true {
      let title = (strategy["title"]?.text ?? "").replacing("rolloutctl | ", with: "")
      if !found.contains(title) { found.append(title) }
    }
    return found
  }

  /// Again, as an operator would, until it says that it was done, and then it was.
  func done(_ words: String..., actor: String = "maya", holds: ([String]?) -> Bool) throws {
    for _ in 0..<12 {
      let outcome = try desk.start(words, actor).finish()
      let there = try standing()
      if outcome.status == 0 {
        #expect(holds(there), "\(words) says done, and there stands \(there ?? ["off"]): \(outcome)")
        return
      }
      // Nothing but the network is in the way, and that is what is said; a kill that may have landed says so.
      let said = outcome.description
      #expect(outcome.status == 1 && said.contains("http://127.0.0.1:"), "\(words): \(outcome)")
      if words[0] == "kill", there == nil { #expect(said.contains("may be off"), "\(outcome)") }
    }
    Issue.record("\(words) was never done")
  }

  func enter(_ stage: String, holds: ([String]?) -> Bool) throws {
    try done("attest", LiveWorld.note, "gates", "--evidence", "looked at the dashboard") { _ in true }
    try done("attest", LiveWorld.note, "review", "--evidence", "read fifty samples", actor: "lee") { _ in true }
    try done("promote", LiveWorld.note, "--to", stage, holds: holds)
  }

  /// On a network that is well again the journal and the store agree.
  func expectMorning() throws {
    var request = HTTPRequest(.post, try WebAddress("http://127.0.0.1:\(proxy.port("control"))/pass"))
    request.body = []
    _ = try CurlHTTP().answer(to: request)
    let status = try desk.done("status", key)
    #expect(status.output.contains("finished: everybody has it") && !status.output.contains("≠"), "\(status)")
    try desk.done("history", "--verify")
  }
}
