import Testing

@testable import RolloutOps

/// OpenFeature's remote evaluation protocol, as its specification (0.3.0) has it, asked request by request.
@Suite struct EvaluationEndpointTests {
  private let world = World()
  private static let probe = Probe(who: "w", attributes: ["team": "staff", "tenant": "t"], unit: "t", expected: "on")
  private static let place = "https://e.example.com/ofrep/v1/evaluate/flags/"

  private func ask(_ flag: FlagKey = World.key, at address: String = "https://e.example.com/ofrep/v1") -> Served.Outcome
  {
    EvaluationEndpoint(address, StoreTerms(root: "/w"), world.context()).answer(flag, Self.probe)
  }

  private func answer(_ status: Int, _ body: String) {
    world.http.add(.answer(.post, Self.place + "ai-summary", status, body))
  }

  @Test func theUnitIsTheTargetingKey() throws {
    answer(200, #"{"key":"ai-summary","reason":"TARGETING_MATCH","variant":"on","value":true}"#)
    #expect(ask() == .served(variant: "on", value: true))
    let body = try JSON.parse(world.http.requests[0].body ?? [])
    #expect(body == ["context": ["team": "staff", "tenant": "t", "targetingKey": "t"]])
  }

  @Test(arguments: ["https://e.example.com", "https://e.example.com/", "https://e.example.com/ofrep/v1/"])
  func theEndingMayBeLeftOut(address: String) {
    world.http.add(.answer(.post, Self.place + "a%20b", 200, #"{"value":false}"#))
    #expect(ask(FlagKey("a b"), at: address) == .served(variant: nil, value: false))
  }

  @Test func aTokenGoesAlongAsBearer() {
    world.variables.withLock { $0["ROLLOUT_EVALUATION_TOKEN"] = " planted-eval\n" }
    answer(200, #"{"value":true}"#)
    _ = ask()
    #expect(world.http.requests[0].authorization?.plain == "Bearer planted-eval")
  }

  /// Some want the token under another name, and to hear which of several sets of flags is meant.
  @Test func headersGoAlongAsTheConfigurationSays() throws {
    try world.move(.promote)
    world.files.put(
      "/w/rolloutctl.json",
      """
      {"store": "file:flags.json", "evaluation": "https://e.example.com", "evaluation_token_header": "X-API-Key",
       "evaluation_headers": {"Flagd-Selector": "flagSetId=web"}}
      """)
    world.variables.withLock { $0["ROLLOUT_EVALUATION_TOKEN"] = "planted-eval" }
    for _ in 0..<2 { answer(200, #"{"value":true}"#) }
    _ = try world.status()
    let request = try #require(world.http.requests.first)
    #expect(request.headers.contains(HTTPRequest.Header("Flagd-Selector", "flagSetId=web")))
    #expect(request.authorizationName == "X-API-Key" && request.authorization?.plain == "planted-eval")
  }

  @Test(arguments: [
    #"{"Authorization": "x"}"#, #"{"X": 5}"#, #"{"a b": "x"}"#, #"{"X": "a\r\nB: c"}"#, #""X: y""#,
  ]) func whatIsNoHeaderIsRefused(headers: String) throws {
    world.files.put("/w/rolloutctl.json", "{\"evaluation_headers\": \(headers)}")
    let trouble = try #require(throws: Trouble.self) { try world.move(.promote) }
    #expect(trouble.sentences.joined().contains("\"evaluation_headers\" is an object"))
  }

  /// A flag that is disabled is answered by a reason alone, and the application uses its own default.
  @Test(arguments: [
    (200, #"{"key":"ai-summary","reason":"DISABLED"}"#, "DISABLED"),
    (
      404, #"{"key":"ai-summary","errorCode":"FLAG_NOT_FOUND","errorDetails":"no such flag"}"#,
      "FLAG_NOT_FOUND: no such flag"
    ),
    (400, #"{"key":"ai-summary","errorCode":"TARGETING_KEY_MISSING"}"#, "TARGETING_KEY_MISSING"),
  ]) func withoutAVariantTheApplicationHasItsOwnDefault(status: Int, body: String, why: String) {
    answer(status, body)
    #expect(ask() == .codeDefault(why))
  }

  /// A 404 that no evaluation speaks of is a wrong address, and no word about the flag.
  @Test(arguments: [
    (404, "<html>nothing here</html>"), (200, "<html>hello</html>"), (200, "{}"), (401, "{}"),
    (200, #"{"key":"another","variant":"on","value":true}"#), (302, ""),
  ]) func whatIsNoEvaluationTellsNothing(status: Int, body: String) {
    answer(status, body)
    guard case .unknown = ask() else {
      Issue.record("\(status) \(body) was taken for an evaluation")
      return
    }
  }

  @Test func anAddressThatIsNoneIsSaid() {
    guard case .unknown(let trouble) = ask(at: "nonsense") else {
      Issue.record("it was asked")
      return
    }
    #expect(
      Sentences.store(trouble) == [
        "the evaluation address nonsense cannot be asked: it starts with https:// or http://"
      ])
  }
}
