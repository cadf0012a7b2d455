import Dispatch
import Synchronization
import Testing

@testable import RolloutOps

/// Several servers in one kill: what one of them does is no other's delay.
@Suite struct KillLaneTests {
  private static let flags = #"{"flags": {\#(["a", "b", "c"].map(flag).joined(separator: ","))}}"#

  private static func flag(_ key: String) -> String {
    #""\#(key)": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"}"#
  }

  private static func world(_ server: some HTTP, _ stores: [String]) -> World {
    let world = World(server: server)
    let named = stores.enumerated().map { #""s\#($0)": "\#($1)""# }.joined(separator: ", ")
    world.files.put("/w/rolloutctl.json", #"{"stores": {\#(named)}}"#)
    world.variables.withLock { $0["ROLLOUT_HTTP_TOKEN"] = "planted-token" }
    return world
  }

  /// Two servers: one that says nothing at its first request before the other was asked a few times.
  private final class Neighbours: HTTP {
    static let (silent, lively) = ("http://127.0.0.1:8081/flags.json", "http://127.0.0.1:8080/flags.json")
    let document = DocumentServer(KillLaneTests.flags)
    private let asked = DispatchSemaphore(value: 0)
    private let waited = Mutex(false)
    /// Whether the wait was in vain: the other server's retries wait for this one.
    let isStuck = Mutex(false)

    func answer(to request: HTTPRequest) throws(HTTPTrouble) -> HTTPAnswer {
      guard request.address.port == 8081 else {
        asked.signal()
        return try document.answer(to: request)
      }
      let isFirst = waited.withLock { waited in
        defer { waited = true }
        return !waited
      }
      if isFirst {
        for _ in 0..<4 where asked.wait(timeout: .now() + 10) == .timedOut {
          isStuck.withLock { $0 = true }
          break
        }
      }
      throw request.trouble(.timeout(milliseconds: 3000))
    }
  }

  @Test func noServersRetriesWaitForOneThatHangs() throws {
    let server = Neighbours()
    server.document.fail(.get, .answer(503), times: 3)
    let world = Self.world(server, [Neighbours.silent, Neighbours.lively])
    let report = Kill(context: world.context(), choices: OperatorChoices(), within: TimeSpan(seconds: 5)).perform(["a"])
    #expect(server.isStuck.withLock { !$0 }, "the lively server was asked once, and then waited for the silent one")
    #expect(report.lines.first { $0.store == Neighbours.lively }?.outcome == .off)
    #expect(report.lines.first { $0.store == Neighbours.silent }?.outcome == .notOff)
  }

  // MARK: A server that is asked too often

  private func limited(
    _ seconds: Int, times: Int = 1, within: Int = 30
  ) -> (World, DocumentServer, KillReport) {
    let server = DocumentServer(Self.flags)
    server.fail(.get, .answer(429, [HTTPRequest.Header("retry-after", String(seconds))]), times: times)
    let world = Self.world(server, [Neighbours.lively])
    let report = Kill(context: world.context(), choices: OperatorChoices(), within: TimeSpan(seconds: within))
      .perform(["a", "b", "c"])
    return (world, server, report)
  }

  /// One flag was told, so none of that store is asked before it is over.
  @Test func aServerThatWantsToBeLeftAloneIsLeftAloneByAllItsFlags() {
    let (_, server, report) = limited(2)
    #expect(report.lines.map(\.outcome) == [.off, .off, .off])
    #expect(report.lines.allSatisfy { (2.0..<2.5).contains($0.seconds) })
    #expect(server.requests.filter { $0.method == .get }.count <= 10, "three for each flag, and none while it rests")
  }

  @Test func aKillComesBackAfterFiveSecondsWhateverTheServerWants() {
    let (_, _, report) = limited(3600)
    #expect(report.lines.map(\.outcome) == [.off, .off, .off])
    #expect(report.lines.allSatisfy { (5.0..<5.5).contains($0.seconds) })
  }

  /// Also the flag that was never asked for says what the server said of another.
  @Test func atTheDeadlineEveryFlagSaysWhatTheServerSaid() {
    let (_, _, report) = limited(3600, times: 1000, within: 3)
    #expect(report.lines.map(\.outcome) == [.notOff, .notOff, .notOff])
    #expect(report.lines.allSatisfy { $0.reasons.contains { $0.contains("asked too often") } })
  }
}
