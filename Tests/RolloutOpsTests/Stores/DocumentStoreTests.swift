import Testing

@testable import RolloutOps

/// A flag document behind an address: the verbs do there what they do on a file.
@Suite struct DocumentStoreTests {
  static let address = "http://127.0.0.1:8080/prod/flags.json"
  static let note = SampleNote.saying("Store", "Store: \(address)")

  let server: DocumentServer
  let world: World

  init() {
    server = DocumentServer(
      "{\n  \"flags\": {\n    \"other\": {\"state\":\"ENABLED\",\"variants\":{\"a\":1}}\n  }\n}\n")
    world = World(note: Self.note, server: server)
    world.variables.withLock { $0 = ["ROLLOUT_HTTP_TOKEN": "planted-token\n", "ROLLOUT_STORE": Self.address] }
  }

  private var place: Place { get throws { try world.status().place } }

  /// Without the one that only asks whether the server keeps conditions.
  private func count(_ method: HTTPRequest.Method) -> Int {
    server.requests.count { request in
      request.method == method && !request.headers.contains { $0.value == DocumentStore.strangeTag }
    }
  }

  // MARK: The life of a rollout

  @Test func aRolloutMovesThereAsItDoesInAFile() throws {
    #expect(try world.move(.promote).status == .done)
    #expect(server.text.contains("\"other\": {\"state\":\"ENABLED\",\"variants\":{\"a\":1}}"))
    #expect(server.text.contains("rolloutctl.stage"))
    #expect(try place.stageIndex == 0)
    #expect(try world.advance().status == .done)
    #expect(try place.stageIndex == 1)
    #expect(try world.move(.rollback).status == .done)
    let kill = world.kill()
    #expect(kill.status == .done && kill.lines[0].off && kill.lines[0].store == Self.address)
    #expect(try place == .killed(serving: "off"))
    #expect(try world.move(.restore, reason: "mended").status == .done)
    #expect(try place.stageIndex == 0)
    #expect(server.requests.allSatisfy { $0.authorization?.plain == "Bearer planted-token" })
  }

  @Test func itsJournalIsKeptAtTheRepositorysRoot() throws {
    try world.move(.promote)
    let folder = try world.files.names(in: "/w/.rollout").first
    #expect(folder?.hasPrefix("http-127.0.0.1-8080-prod-flags.json-") == true)
    let names = try world.files.names(in: "/w/.rollout/\(folder ?? "")")
    #expect(names.contains("ai-summary.journal"))
  }

  @Test func aKillTakesThreeRequestsAndAPromotionFour() throws {
    try world.move(.promote)
    #expect((count(.get), count(.put)) == (3, 1), "opened, asked again under the lock, written, read back")
    server.state.withLock { $0.requests = [] }
    world.clock.advance(TimeSpan(seconds: 1))
    #expect(world.kill().status == .done)
    #expect((count(.get), count(.put)) == (2, 1), "read, written, read back")
  }

  // MARK: Somebody else at work

  @Test func anotherFlagChangedInTheLastMomentIsKept() throws {
    server.fail(.put, .edit("\"a\":1", with: "\"a\":2"))
    #expect(try world.move(.promote).status == .done)
    #expect(server.text.contains("\"a\":2") && server.text.contains("rolloutctl.stage"))
    #expect(count(.put) == 2)
  }

  @Test func ourFlagChangedInTheLastMomentIsAConflict() throws {
    try world.move(.promote)
    try world.attest("gates")
    server.fail(.put, .edit("\"internal\"", with: "\"elsewhere\""))
    let trouble = try #require(throws: Trouble.self) { try world.move(.promote) }
    #expect(trouble.status == .conflict)
    #expect(server.text.contains("elsewhere"))
  }

  @Test func withoutAStrongTagOnlyAKillWrites() throws {
    try world.move(.promote)
    server.state.withLock { $0.isWeak = true }
    let trouble = try #require(throws: Trouble.self) { try world.move(.rollback) }
    #expect(trouble.sentences[0].contains("no strong ETag"))
    #expect(world.kill().status == .done)
    server.state.withLock { $0.tags = false }
    #expect(throws: Trouble.self) { try world.move(.restore, reason: "mended") }
  }

  // MARK: A bad day

  @Test func aChangeWhoseAnswerWasLostIsJudgedByWhatStandsThere() throws {
    server.fail(.put, .unanswered)
    #expect(try world.move(.promote).status == .done, "whoever ran it again would go a stage too far")
    #expect(try place.stageIndex == 0)
    #expect(count(.put) == 1, "nobody may repeat it blindly")
    // Where nothing can be read back nobody knows; the next command settles it.
    try world.attest("gates")
    server.fail(.put, .unanswered)
    server.fail(.get, .nothing, times: 2)
    server.fail(.get, .lost, times: 100)
    let trouble = try #require(throws: Trouble.self) { try world.move(.promote) }
    #expect(trouble.status == .inconclusive)
    server.state.withLock { $0.faults = [] }
    #expect(try place.stageIndex == 1)
  }

  @Test func aChangeThatCameTwiceIsOurs() throws {
    server.fail(.put, .twice)
    #expect(try world.move(.promote).status == .done)
    #expect(try place.stageIndex == 0)
    #expect(server.state.withLock { $0.edition } == 2)
    #expect(count(.put) == 1)
  }

  @Test func aChangeThatNeverLeftIsTriedAgain() throws {
    server.fail(.put, .lost, times: 2)
    #expect(try world.move(.promote).status == .done)
    #expect(count(.put) == 3)
  }

  @Test(arguments: [
    DocumentServer.Fault.lost, .unanswered, .answer(503), .answer(500, [], "<html>oops</html>"),
    .answer(429, [HTTPRequest.Header("retry-after", "2")]),
  ]) func aKillGetsThrough(fault: DocumentServer.Fault) throws {
    try world.move(.promote)
    server.fail(.get, fault, times: 3)
    server.fail(.put, fault, times: 3)
    let report = world.kill()
    #expect(report.status == .done, "\(report.lines)")
    #expect(try place == .killed(serving: "off"))
  }

  @Test func aServerThatStaysAwayIsSaidAtTheDeadline() throws {
    try world.move(.promote)
    server.fail(.get, .lost, times: 100_000)
    let before = world.clock.now()
    let report = world.kill()
    #expect(report.status == .inconclusive)
    // What was known of the document before the server went silent was enough to change it, and nobody could look.
    #expect(report.lines[0].reasons[0].hasPrefix("it may be off in \(Self.address)") && server.text.contains("killed"))
    #expect(report.lines[0].reasons.contains { $0.hasPrefix("by hand: in \(Self.address) give ai-summary no") })
    #expect((29...31).contains(world.clock.now().since(before).seconds))
  }

  /// The write landed, and every look afterwards failed: "NOT off" alone would be a lie.
  @Test func aKillThatCouldNotLookAfterwardsSaysThatItMayBeOff() throws {
    try world.move(.promote)
    server.fail(.put, .unanswered)
    world.clock.onPause { [server] _ in server.fail(.get, .answer(503), times: 50) }
    let report = world.kill()
    #expect(report.status == .inconclusive && !report.lines[0].off)
    #expect(report.lines[0].reasons.contains { $0.hasPrefix("it may be off in ") }, "\(report.lines)")
    #expect(server.text.contains("killed"))
  }

  @Test func aRefusedTokenIsSaidByItsVariableAndNotTriedAgain() throws {
    world.variables.withLock { $0["ROLLOUT_HTTP_TOKEN"] = "planted-other" }
    let report = world.kill()
    #expect(report.status == .inconclusive)
    #expect(report.lines[0].reasons[1] == "http://127.0.0.1:8080 answered 401: who are you?")
    #expect(report.lines[0].reasons[2].contains("ROLLOUT_HTTP_TOKEN"))
    #expect(!report.lines[0].reasons.joined().contains("planted"))
    #expect(count(.get) == 1)
    world.variables.withLock { $0["ROLLOUT_HTTP_TOKEN"] = nil }
    let trouble = try #require(throws: Trouble.self) { try world.move(.promote) }
    #expect(trouble.sentences[0].contains("set ROLLOUT_HTTP_TOKEN"))
  }

  @Test func theServersOwnWordsAreKeptShortAndPlain() throws {
    // As it is asked, and without the word that no cache knows.
    server.fail(.get, .answer(400, [], "<html><body>Bad planted-token</body></html>"), times: 2)
    #expect(
      try #require(throws: Trouble.self) { try world.status() }.sentences == ["http://127.0.0.1:8080 answered 400"])
    server.fail(.get, .answer(400, [], #"{"message":"planted-token is odd"}"#), times: 2)
    let hidden = try #require(throws: Trouble.self) { try world.status() }
    #expect(!hidden.sentences.joined().contains("planted"))
    server.fail(.get, .answer(200, [], #"{"flags": "#), times: 1)
    #expect(try #require(throws: Trouble.self) { try world.status() }.status == .inconclusive)
  }

  @Test func httpToAnotherMachineNeedsToBeAllowed() throws {
    world.files.put(World.note, SampleNote.saying("Store", "Store: http://flags.example.com/flags.json"))
    let trouble = try #require(throws: Trouble.self) { try world.move(.promote) }
    #expect(trouble.sentences[0].contains("use https"))
    var choices = OperatorChoices()
    choices.allowsPlain = true
    let report = try Move(context: world.context(), choices: choices).perform(Request(.promote), on: World.note)
    #expect(report.status == .done)
  }
}
