import Testing

@testable import RolloutOps

/// When a request is made again, and when it had better not be.
@Suite struct HTTPRepeatTests {
  private static let now = Instant(seconds: 1_795_255_200)

  private func pause(
    _ outcome: Result<HTTPAnswer, HTTPTrouble>, tries: Int = 1, isRepeatable: Bool, chance: UInt64 = 0
  ) -> Int? {
    HTTPRepeat.pause(after: outcome, tries: tries, isRepeatable: isRepeatable, at: Self.now, chance: chance)
  }

  private func trouble(_ reason: HTTPTrouble.Reason, sent: Bool) -> Result<HTTPAnswer, HTTPTrouble> {
    .failure(HTTPTrouble("PUT", "https://h", reason, maybeSent: sent))
  }

  private func answer(_ status: Int, _ headers: [(String, String)] = []) -> Result<HTTPAnswer, HTTPTrouble> {
    .success(HTTPAnswer(status: status, headers: headers.map { HTTPRequest.Header($0.0, $0.1) }))
  }

  @Test func whatMayHaveArrivedIsRepeatedOnlyWhereTwiceIsAsGoodAsOnce() {
    for reason in [HTTPTrouble.Reason.timeout(milliseconds: 5), .cut("x"), .unreachable("x"), .unresolved] {
      #expect(pause(trouble(reason, sent: true), isRepeatable: false) == nil)
      #expect(pause(trouble(reason, sent: true), isRepeatable: true) != nil)
      #expect(pause(trouble(reason, sent: false), isRepeatable: false) != nil)
    }
  }

  @Test func whatWillNotPassIsNotRepeated() {
    for reason in [HTTPTrouble.Reason.tls("x"), .plain, .tooLong(limit: 1), .unsupported("x")] {
      #expect(pause(trouble(reason, sent: false), isRepeatable: true) == nil)
    }
    for status in [200, 301, 400, 401, 403, 404, 405, 409, 412, 501] {
      #expect(pause(answer(status), isRepeatable: true) == nil)
    }
  }

  /// A gateway's 503 may hide that the server behind it has carried it out; a 429 is said before anything is done.
  @Test func aServersFaultIsNoReasonToRepeatAWriteButItsLimitIs() {
    for status in [500, 502, 503, 504] {
      #expect(pause(answer(status), isRepeatable: false) == nil)
      #expect(pause(answer(status), isRepeatable: true) != nil)
    }
    #expect(pause(answer(429), isRepeatable: false) != nil)
  }

  @Test func pausesGrowAndSpread() {
    let least = (1...9).map { pause(answer(503), tries: $0, isRepeatable: true) ?? -1 }
    #expect(least == [50, 100, 200, 400, 800, 1600, 2500, 2500, 2500].map { $0 * 1000 })
    let most = pause(answer(503), tries: 1, isRepeatable: true, chance: 50_000)
    #expect(most == 100_000)
  }

  /// Each spelling that a platform has for it, as whole seconds from now.
  @Test(
    arguments: [
      ("retry-after", "7", 7), ("retry-after", "Sat, 21 Nov 2026 10:00:09 GMT", 9),
      ("x-ratelimit-reset", "1795255203000", 3),
      ("x-ratelimit-reset", "1795255204", 4), ("x-ratelimit-reset", "6", 6), ("ratelimit-reset", "8", 8),
      ("retry-after", "Sat, 21 Nov 2026 09:00:00 GMT", 0), ("retry-after", "-5", nil), ("retry-after", "soon", nil),
      ("retry-after", "99999999", 86_400),
    ] as [(String, String, Int?)]) func aLimitSaysWhenItEnds(name: String, value: String, seconds: Int?)
  {
    let answer = HTTPAnswer(status: 429, headers: [HTTPRequest.Header(name, value)])
    #expect(answer.isBackAfter(Self.now) == seconds.map { $0 * 1_000_000 })
  }

  @Test func theEndIsKept() throws {
    let (clock, server) = (ScriptedClock(Self.now), DocumentServer())
    server.fail(.get, .lost, times: 1000)
    let request = HTTPRequest(.get, try WebAddress("http://127.0.0.1/f"))
    let patience = HTTPPatience(tries: .max, end: Self.now + TimeSpan(seconds: 20))
    #expect(throws: HTTPTrouble.self) { try server.answer(to: request, patience, isRepeatable: true, clock) }
    #expect(clock.now() <= patience.end && clock.now() > Self.now + TimeSpan(seconds: 14))
    #expect(server.requests.allSatisfy { $0.limits.totalMilliseconds <= 10_000 })
    #expect(try #require(server.requests.last).limits.totalMilliseconds < 6000, "no try outlasts the end")
  }

  @Test func aTraceShowsWhereAndHowLongAndNoSecret() throws {
    let (output, server) = (HeardOutput(), DocumentServer())
    let http = TracedHTTP(server, ScriptedClock(Self.now), output)
    var request = HTTPRequest(.put, try WebAddress("http://127.0.0.1:8080/a/b?key=planted-query"))
    (request.authorization, request.body) = (Secret("planted-token"), Array("planted-body".utf8))
    _ = try http.answer(to: request)
    request.hidesPath = true
    server.fail(.put, .lost)
    _ = try? http.answer(to: request)
    #expect(
      output.remarks == ["PUT http://127.0.0.1:8080/a/b 401 0 ms", "PUT http://127.0.0.1:8080/… no answer 0 ms"])
  }
}
