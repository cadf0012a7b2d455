import Foundation
import Testing

@testable import RolloutOps

/// The real door on a real loopback socket, against a server that misbehaves.
@Suite(.needsPython, .serialized, .waits)
struct CurlHTTPTests {
  /// One for all tests: it takes a moment to start, and ends with the process that holds its input.
  static let shared = Result { try LiveServer("hostile_server.py") }
  let server: LiveServer
  let http = CurlHTTP()

  init() throws { server = try Self.shared.get() }

  private func request(
    _ method: HTTPRequest.Method, _ path: String, port: String = "near", host: String = "127.0.0.1",
    scheme: String = "http", milliseconds: Int = 5000
  ) throws -> HTTPRequest {
    var request = HTTPRequest(method, try WebAddress("\(scheme)://\(host):\(server.port(port))\(path)"))
    request.limits.totalMilliseconds = milliseconds
    request.authorization = Secret("Bearer planted-token")
    return request
  }

  private func get(_ path: String) throws -> JSON { try JSON.parse(http.answer(to: request(.get, path)).body) }

  /// The trouble that the request ends with, and after how many milliseconds.
  private func trouble(_ request: HTTPRequest) throws -> (reason: HTTPTrouble.Reason, milliseconds: Int, HTTPTrouble) {
    let start = ContinuousClock.now
    let trouble = try #require(throws: HTTPTrouble.self) { try http.answer(to: request) }
    let elapsed = (ContinuousClock.now - start).components
    let milliseconds = Int(elapsed.seconds) * 1000 + Int(elapsed.attoseconds / 1_000_000_000_000_000)
    #expect(!Sentences.http(trouble).contains("planted-token"))
    return (trouble.reason, milliseconds, trouble)
  }

  @Test func aRequestArrivesAsItWasMade() throws {
    for method in [HTTPRequest.Method.get, .post, .put, .patch, .delete] {
      var request = try request(method, "/a/../b?c=d%20e")
      request.headers = [HTTPRequest.Header("X-Mine", "ü"), HTTPRequest.Header("If-Match", "\"1\"")]
      if method != .get { request.body = Array("{\"a\":\"ü\u{0}\"}".utf8) }
      let answer = try http.answer(to: request)
      #expect(answer.status == 200 && answer["content-length"] != nil)
      let echo = try #require(try JSON.parse(answer.body).items)
      #expect(echo[0].text == method.rawValue)
      #expect(echo[1].text == "/a/../b?c=d%20e")
      #expect(echo[2]["authorization"]?.text == "Bearer planted-token")
      #expect(echo[2]["if-match"]?.text == "\"1\"")
      #expect(echo[2]["user-agent"]?.text == "rolloutctl")
      #expect(echo[2]["expect"] == nil && echo[2]["accept-encoding"] == nil && echo[2]["content-type"] == nil)
      let sent = try #require(echo[3].text).unicodeScalars.map { UInt8($0.value) }
      #expect(sent == request.body ?? [])
    }
  }

  @Test func emptyBodiesAndHeadsAreFine() throws {
    #expect(try http.answer(to: request(.head, "/echo")).body == [])
    let echo = try JSON.parse(http.answer(to: request(.post, "/echo")).body)
    #expect(echo.items?[2]["content-length"]?.text == "0")
    // The handle is the same: nothing of the request before is left on it.
    #expect(try get("/echo").items?[0].text == "GET")
  }

  @Test func aReadKeepsItsConnectionAndAWriteHasItsOwn() throws {
    let before = try #require(try get("/connections")["near"]?.integer)
    for _ in 0..<3 { _ = try get("/echo") }
    #expect(try get("/connections")["near"]?.integer == before)
    for _ in 0..<3 { _ = try http.answer(to: request(.put, "/echo")) }
    #expect(try get("/connections")["near"]?.integer == before + 3)
    var kill = try request(.put, "/echo")
    kill.isAsGoodTwice = true
    for _ in 0..<3 { _ = try http.answer(to: kill) }
    #expect(try get("/connections")["near"]?.integer == before + 3)
  }

  @Test(arguments: ["/drip", "/drip-headers", "/silent"]) func slownessEndsWithTheTime(path: String) throws {
    let (reason, milliseconds, trouble) = try trouble(request(.get, path, milliseconds: 400))
    #expect(reason == .timeout(milliseconds: 400))
    #expect(milliseconds >= 390 && milliseconds < 20_000, "the server goes on for half a minute")
    #expect(trouble.maybeSent)
  }

  @Test(arguments: ["/endless", "/endless-headers"]) func lengthEndsWithTheLimit(path: String) throws {
    var request = try request(.get, path)
    request.limits.answerBytes = 1 << 20
    #expect(try trouble(request).reason == .tooLong(limit: 1 << 20))
  }

  @Test(arguments: ["/truncated", "/truncated-chunks", "/close", "/garbage"])
  func halfAnAnswerIsNone(path: String) throws {
    let (reason, _, trouble) = try trouble(request(.get, path))
    if case .cut = reason {} else { Issue.record("\(reason)") }
    #expect(trouble.maybeSent)
  }

  @Test func aRefusedConnectionWasNeverSent() throws {
    let (reason, _, trouble) = try trouble(request(.put, "/echo", port: "refused"))
    if case .unreachable = reason {} else { Issue.record("\(reason)") }
    #expect(!trouble.maybeSent)
  }

  @Test func aHostWithoutAddressEndsWithinItsTime() throws {
    var request = HTTPRequest(.get, try WebAddress("https://nowhere.invalid/"))
    request.limits.totalMilliseconds = 1500
    let (reason, milliseconds, trouble) = try trouble(request)
    #expect([.unresolved, .timeout(milliseconds: 1500)].contains(reason))
    #expect(milliseconds < 8000, "a resolver that hangs does so for 10 s")
    #expect(!trouble.maybeSent)
  }

  @Test func noIsAnAnswer() throws {
    #expect(try http.answer(to: request(.get, "/basic")).status == 401)
    let answer = try http.answer(to: request(.get, "/interim"))
    #expect(answer.text == "late" && answer["x-late"] == "yes" && answer["x-early"] == nil)
  }

  @Test func aRedirectElsewhereKeepsTheToken() throws {
    #expect(try http.answer(following: request(.get, "/far")).status == 302)
    #expect(try get("/seen-far").items == [])
    #expect(try http.answer(following: request(.get, "/near")).text.contains("/echo"))
  }

  static let hasCertificates = Python.isRequired || FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

  @Test(.enabled(if: hasCertificates, "openssl is not installed: no certificate to show"))
  func anUntrustedServerIsNotTalkedTo() throws {
    let certificate = try #require(server.facts["certificate"]?.text, "openssl is not installed")
    let unknown = try request(.get, "/echo", port: "secure", host: "localhost", scheme: "https")
    let (reason, _, trouble) = try trouble(unknown)
    if case .tls = reason {} else { Issue.record("\(reason)") }
    #expect(!trouble.maybeSent)
    var trusted = unknown
    trusted.authorities = certificate
    #expect(try http.answer(to: trusted).status == 200)
    // Trust in the signature is none in the name.
    var otherName = try request(.get, "/echo", port: "secure", scheme: "https")
    otherName.authorities = certificate
    let other = try self.trouble(otherName).reason
    if case .tls = other {} else { Issue.record("another host's name was accepted: \(other)") }
  }

  @Test func aHandleServesAgainAfterTrouble() throws {
    _ = try trouble(request(.get, "/truncated"))
    #expect(try get("/echo").items?[0].text == "GET")
  }
}
