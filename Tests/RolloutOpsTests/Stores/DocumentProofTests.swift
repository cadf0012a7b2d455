import Testing

@testable import RolloutOps

/// A strong ETag is no guard: a server that takes every change all the same is found out by one that it must refuse.
@Suite struct DocumentProofTests {
  static let note = DocumentStoreTests.note

  let server = DocumentServer()
  let world: World

  init() {
    world = World(note: Self.note, server: server)
    world.variables.withLock {
      $0 = ["ROLLOUT_HTTP_TOKEN": "planted-token", "ROLLOUT_STORE": DocumentStoreTests.address]
    }
  }

  private var proofs: Int { server.requests.count(where: DocumentServer.isProof) }
  private var puts: Int { server.requests.count { $0.method == .put } - proofs }

  private func say(_ settings: String) { world.files.put("/w/rolloutctl.json", settings) }

  private func refusal(_ body: () throws -> Void) throws -> [String] {
    let trouble = try #require(throws: Trouble.self) { try body() }
    #expect(trouble.status == .inconclusive)
    return trouble.sentences
  }

  private func examined(proves: Bool = false) throws -> DoctorCheck {
    let report = try Doctor(context: world.context(), choices: OperatorChoices(), proves: proves).perform([])
    return try #require(report.stores.first?.checks.first { $0.name == "tag" })
  }

  // MARK: Proving

  @Test func theFirstChangeProvesBeforeItWritesAndNoOtherOneDoes() throws {
    try world.move(.promote)
    let writes = server.requests.filter { $0.method == .put }
    #expect(writes.map(DocumentServer.isProof) == [true, false])
    #expect(writes[0].body == Array("{\n  \"flags\": {}\n}\n".utf8), "the proof is a change of nothing")
    try world.advance()
    #expect(proofs == 1 && puts == 2)
  }

  @Test func whereNothingGuardsOnlyAKillMoves() throws {
    server.state.withLock { $0.keepsConditions = false }
    let before = server.text
    let sentences = try refusal { try world.move(.promote) }
    #expect(sentences[0].contains("takes a change that depends on another state of the document"))
    #expect(sentences[1].contains("\"single writer\": true"))
    #expect(server.text == before && puts == 0)
    // It is asked again, since somebody may have mended it.
    _ = try refusal { try world.move(.promote) }
    #expect(proofs == 2)
    server.state.withLock { $0.keepsConditions = true }
    #expect(try world.move(.promote).status == .done)
    #expect(proofs == 3)
    try world.advance()
    #expect(proofs == 3)
  }

  @Test func aRollbackIsNoKill() throws {
    try world.move(.promote)
    try world.files.remove("\(folder)/last.look")
    server.state.withLock { $0.keepsConditions = false }
    _ = try refusal { try world.move(.rollback) }
  }

  private var folder: String {
    get throws { "/w/.rollout/\(try #require(try world.files.names(in: "/w/.rollout").first))" }
  }

  private var entries: [Entry] {
    get throws {
      try Journal(path: "\(folder)/\(World.key).journal", flag: World.key, files: world.files).read().entries
    }
  }

  @Test func aKillWaitsForNoProofAndSaysThatNothingGuardedIt() throws {
    server.state.withLock { $0.bytes = Array(ManyFlagsTests.document([World.key]).utf8) }
    let first = world.kill()
    #expect(first.status == .done && proofs == 0)
    #expect(
      first.lines[0].reasons.contains { $0.hasPrefix("whether http://127.0.0.1:8080 guards changes is not known") })
    server.state.withLock { $0.keepsConditions = false }
    _ = try? world.move(.restore, reason: "mended")
    #expect(proofs == 1)
    let second = world.kill()
    #expect(second.status == .done && proofs == 1)
    #expect(
      second.lines[0].reasons.contains { $0.hasPrefix("the change was not guarded, since http://127.0.0.1:8080") })
  }

  @Test func anUnguardedKillIsJournaledAsOne() throws {
    try world.move(.promote)
    server.state.withLock { $0.tags = false }
    #expect(world.kill().status == .done)
    let kill = try #require(try entries.last { $0.content.action == .kill })
    #expect(kill.content.detail("unguarded")?.text?.contains("came without a strong ETag") == true)
  }

  @Test func aGuardedKillSaysNothingOfIt() throws {
    try world.move(.promote)
    let report = world.kill()
    #expect(report.status == .done && report.lines[0].reasons.allSatisfy { !$0.contains("guard") })
    #expect(try entries.allSatisfy { $0.content.detail("unguarded") == nil })
  }

  /// A dry run and a refusal changed nothing, so nothing was lost.
  @Test func whoChangedNothingSaysNothingOfIt() throws {
    server.state.withLock { $0.bytes = Array(ManyFlagsTests.document([World.key]).utf8) }
    server.fail(.put, .answer(403), times: 100)
    let report = world.kill()
    #expect(report.status == .inconclusive && report.lines[0].reasons.allSatisfy { !$0.contains("guards changes") })
  }

  @Test func aProofWithoutAnAnswerLetsNothingMove() throws {
    struct Cut: HTTP {
      let server: DocumentServer
      func answer(to request: HTTPRequest) throws(HTTPTrouble) -> HTTPAnswer {
        if DocumentServer.isProof(request) { throw request.trouble(.cut("the connection ended"), maybeSent: true) }
        return try server.answer(to: request)
      }
    }
    let world = World(note: Self.note, server: Cut(server: server))
    world.variables.withLock { $0 = ["ROLLOUT_HTTP_TOKEN": "planted-token"] }
    _ = try refusal { try world.move(.promote) }
    #expect(puts == 0)
  }

  // MARK: A single writer

  @Test(arguments: [(true, true), (false, true), (true, false)])
  func whoSaysThatNobodyElseWritesNeedsNoGuard(tags: Bool, isStrong: Bool) throws {
    server.state.withLock { ($0.keepsConditions, $0.tags, $0.isWeak) = (false, tags, !isStrong) }
    _ = try refusal { try world.move(.promote) }
    say(#"{"single writer": true}"#)
    #expect(try world.move(.promote).status == .done)
    #expect(try world.advance().status == .done)
    let report = world.kill()
    #expect(report.status == .done && report.lines[0].reasons.allSatisfy { !$0.contains("guard") })
    say(#"{"single writer": "yes"}"#)
    #expect(try refusal { try world.move(.restore) }[0].contains("\"single writer\" is true or false"))
  }

  // MARK: Doctor

  @Test func doctorProvesWhereItIsAskedTo() throws {
    #expect(try examined().state == .unknown)
    #expect(server.requests.allSatisfy { $0.method == .get })
    #expect(try examined(proves: true).state == .fine)
    server.state.withLock { $0.keepsConditions = false }
    let check = try examined(proves: true)
    #expect(check.state == .warning && check.sentence.contains("nothing else moves"))
    #expect(puts == 0 && proofs == 2)
  }

  @Test func doctorKnowsWhatTheFirstChangeProved() throws {
    try world.move(.promote)
    #expect(try examined().state == .fine)
    server.state.withLock { $0.keepsConditions = false }
    #expect(try examined(proves: true).state == .warning)
    #expect(try examined().state == .warning, "it is kept")
  }

  // MARK: Refusals in words

  @Test func aRefusalOfWhatIsServedIsACachesAndNobodyElses() throws {
    try world.move(.promote)
    try world.attest("gates")
    server.fail(.put, .answer(412), times: 100_000)
    let sentences = try refusal { try world.move(.promote) }
    #expect(sentences[0].hasPrefix("a cache stands before http://127.0.0.1:8080"))
    let report = world.kill()
    #expect(
      report.lines[0].reasons.contains { $0.hasPrefix("a cache stands before http://127.0.0.1:8080") },
      "\(report.lines[0].reasons)")
    #expect(report.lines[0].reasons.allSatisfy { !$0.contains("somebody else changed") })
    server.state.withLock { $0.faults = [] }
    #expect(world.kill().status == .done)
  }

  @Test(arguments: [
    (DocumentServer.Fault.answer(403), "see its rights, and whether writing is on"),
    (.answer(405), "see whether it is the right one, and whether writing is turned on"),
    (.answer(413), "nginx: client_max_body_size"),
    (.answer(302, [HTTPRequest.Header("location", "/auth/login?next=%2F")]), "sends to a login page"),
    (.answer(200, [], "<!doctype html><title>Sign in</title><form></form>"), "a login page in the place of an answer"),
  ]) func aRefusedChangeIsCalledByItsName(fault: DocumentServer.Fault, words: String) throws {
    server.fail(.put, fault, times: 4)
    #expect(try refusal { try world.move(.promote) }.joined(separator: "; ").contains(words))
  }

  @Test func aLoginOnTheWayToTheDocumentIsCalledOne() throws {
    server.fail(.get, .answer(302, [HTTPRequest.Header("location", "https://sso.example.com/start")]), times: 4)
    let sentences = try refusal { _ = try world.status() }
    #expect(sentences[0] == "http://127.0.0.1:8080 sends to a login page, https://sso.example.com")
  }

  // MARK: An outsider with another hand

  @Test func whoeverSpacesTheDocumentAnewIsInNobodysWay() throws {
    try world.move(.promote)
    try world.attest("gates")
    server.fail(.put, .edit("\": ", with: "\"   :\n\t"))
    #expect(try world.move(.promote).status == .done)
    #expect(try world.status().place.stageIndex == 1)
  }

  /// WsgiDAV empties it before it writes it anew.
  @Test func aDocumentThatIsBeingWrittenIsAskedForAgain() throws {
    server.fail(.get, .answer(200), times: 3)
    #expect(try world.move(.promote).status == .done)
    server.fail(.get, .answer(200), times: 1_000)
    let start = world.clock.now()
    _ = try refusal { _ = try world.status() }
    #expect(world.clock.now().since(start) < TimeSpan(seconds: 2), "one that stays empty is no moment's state")
  }

  // MARK: Name and password

  @Test func aNameAndAPasswordAreSentWhereThereIsNoToken() throws {
    // "maya:planted-password" by another program's Base64.
    server.state.withLock { $0.credentials = "Basic bWF5YTpwbGFudGVkLXBhc3N3b3Jk" }
    world.variables.withLock {
      $0["ROLLOUT_HTTP_TOKEN"] = nil
      $0["ROLLOUT_HTTP_USERNAME"] = "maya"
      $0["ROLLOUT_HTTP_PASSWORD"] = "planted-password\n"
    }
    #expect(try world.move(.promote).status == .done)
    world.variables.withLock { $0["ROLLOUT_HTTP_PASSWORD"] = "planted-other" }
    let sentences = try refusal { _ = try world.status() }
    #expect(sentences[1] == "the user or the password in ROLLOUT_HTTP_USERNAME and ROLLOUT_HTTP_PASSWORD is wrong")
    #expect(!sentences.joined().contains("planted"))
    // A token goes before them.
    world.variables.withLock { $0["ROLLOUT_HTTP_TOKEN"] = "planted-token" }
    _ = try? world.status()
    #expect(server.requests.last?.authorization?.plain == "Bearer planted-token")
  }
}
