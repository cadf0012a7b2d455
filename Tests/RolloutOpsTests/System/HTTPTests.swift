import Testing

@testable import RolloutOps

/// The rules of the door that need no server.
@Suite struct HTTPTests {
  private static func moved(_ from: String, _ to: String, _ status: Int = 302) -> ScriptedHTTP.Stub {
    .answer(.get, from, status, headers: [HTTPRequest.Header("location", to)])
  }

  private static func request(_ method: HTTPRequest.Method = .get, _ address: String) throws -> HTTPRequest {
    var request = HTTPRequest(method, try WebAddress(address))
    request.authorization = Secret("Bearer planted-token")
    return request
  }

  @Test func aReadingRequestFollowsOnTheSameServer() throws {
    let http = ScriptedHTTP([Self.moved("https://h/a", "/b", 308), .answer(.get, "https://h/b", 200, "there")])
    #expect(try http.answer(following: Self.request(.get, "https://h/a")).text == "there")
    #expect(http.unused == [])
  }

  @Test(arguments: [
    "https://evil.example/b", "//evil.example/b", "https://h:8443/b", "http://h/b", "file:///etc/passwd",
  ])
  func aTokenNeverGoesToAnotherServer(location: String) throws {
    let http = ScriptedHTTP([Self.moved("https://h/a", location)])
    #expect(try http.answer(following: Self.request(.get, "https://h/a")).status == 302)
    #expect(http.requests.count == 1)
  }

  @Test func aCircleOfRedirectsEnds() throws {
    let http = ScriptedHTTP(Array(repeating: Self.moved("https://h/a", "/a"), count: 4))
    #expect(try http.answer(following: Self.request(.get, "https://h/a")).status == 302)
    #expect(http.requests.count == 4)
  }

  @Test func aWriteIsNeverSentElsewhere() throws {
    let http = ScriptedHTTP([.answer(.put, "https://h/a", 307, headers: [HTTPRequest.Header("location", "/b")])])
    #expect(try http.answer(following: Self.request(.put, "https://h/a")).status == 307)
  }

  @Test func plainHTTPStaysOnThisMachine() throws {
    let trouble = #expect(throws: HTTPTrouble.self) { try Self.request(.get, "http://10.0.0.1/a").check() }
    #expect(trouble?.reason == .plain)
    try Self.request(.get, "http://127.0.0.1/a").check()
    var allowed = try Self.request(.get, "http://10.0.0.1/a")
    allowed.allowsPlain = true
    try allowed.check()
  }

  @Test(arguments: ["a\r\nX-Evil: 1", "a\n", "\u{0}", "a\u{7F}"])
  func aHeaderCannotSmuggleAnother(value: String) throws {
    var request = try Self.request(.get, "https://h/")
    request.headers = [HTTPRequest.Header("X-Mine", value)]
    #expect(throws: HTTPTrouble.self) { try request.check() }
    request.headers = []
    request.authorization = Secret("Bearer \(value)")
    let trouble = #expect(throws: HTTPTrouble.self) { try request.check() }
    #expect(trouble.map { Sentences.http($0).contains(value) } == false)
    request.authorization = nil
    request.headers = [HTTPRequest.Header("X Mine", "a")]
    #expect(throws: HTTPTrouble.self) { try request.check() }
  }

  @Test func aSecretShowsNowhere() throws {
    let request = try Self.request(.get, "https://h/a")
    var dumped = ""
    dump(request, to: &dumped)
    for text in ["\(request)", String(reflecting: request), dumped, "\(request.trouble(.unresolved))"] {
      #expect(!text.contains("planted-token"))
    }
    #expect("\(Secret("planted-token"))" == "…")
  }

  @Test func aWorldWithoutServersRefuses() throws {
    let trouble = #expect(throws: HTTPTrouble.self) { try NoHTTP().answer(to: Self.request(.get, "https://h/a")) }
    #expect(trouble?.place == "https://h")
  }
}
