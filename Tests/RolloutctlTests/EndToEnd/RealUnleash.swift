import Foundation
import Testing

@testable import RolloutOps

/// A real Unleash server with a database of its own, behind a proxy that can be made to fail. A suite's tests share it, and
/// each of them has a flag of its own there.
final class RealUnleash: Sendable {
  /// Where programs of other projects are unpacked.
  private static let peers = ProcessInfo.processInfo.environment["ROLLOUTCTL_PEERS"]
  private static let program = peers.map { "\($0)/unleash-server" } ?? ""
  private static let hasDatabase = FileManager.default.fileExists(atPath: "/usr/lib/postgresql")
  private static let isThere = FileManager.default.isExecutableFile(atPath: program) && hasDatabase

  static let isWanted = isThere && Tool.python.isWanted || peers != nil && Live.isRequired
  static let reason: Comment =
    "no unleash-server in the folder of ROLLOUTCTL_PEERS, or no PostgreSQL (Debian's postgresql) on this machine"

  static let shared = Result { try RealUnleash() }

  private let server: LiveServer
  private let http = CurlHTTP()
  let token: String

  private init() throws {
    try #require(Self.isThere, Self.reason)
    server = try LiveServer("real_unleash.py", [Self.program, "\(Self.peers ?? "")/unleash"])
    token = try #require(server.facts["admin"]?.text)
  }

  static let project = "/api/admin/projects/default"

  /// What the store is called behind the proxy.
  var address: String { get throws { "unleash+http://127.0.0.1:\(try server.port("port"))/default/development" } }

  /// The server's own, without the proxy.
  var port: Int { get throws { try server.port("real") } }

  /// For the same commands here and elsewhere.
  func stage() throws -> UnleashPlay.Stage {
    let port = try server.port("port")
    return UnleashPlay.Stage(port: port, token: token) { method, path, body in
      try self.tell("real", method, path, body)
    }
  }

  // MARK: Without any code of ours but the request

  @discardableResult
  private func tell(
    _ port: String, _ method: HTTPRequest.Method, _ path: String, _ body: JSON?, as user: String = "admin"
  ) throws -> HTTPAnswer {
    var request = HTTPRequest(method, try WebAddress("http://127.0.0.1:\(server.port(port))\(path)"))
    request.body = body.map { Array($0.written(.compact).utf8) }
    if body != nil { request.headers = [HTTPRequest.Header("Content-Type", "application/json")] }
    // As SDKs ask: others are given what is remembered of their own last question.
    if user != "admin" { request.headers = [HTTPRequest.Header("Unleash-Client-Spec", "5.2.0")] }
    if port == "real" { request.authorization = Secret(try #require(server.facts[user]?.text)) }
    return try http.answer(to: request)
  }

  /// Past the proxy.
  @discardableResult
  func ask(_ method: HTTPRequest.Method, _ path: String, _ body: JSON? = nil) throws -> JSON {
    let answer = try tell("real", method, path, body)
    try #require(answer.isSuccess, "\(method) \(path): \(answer.status) \(answer.text)")
    return (try? JSON.parse(answer.body)) ?? .null
  }

  /// The whole feature; nil where there is none of that name.
  func shown(_ key: String) throws -> JSON? {
    let answer = try tell("real", .get, "\(Self.project)/features/\(key)", nil)
    if answer.status == 404 { return nil }
    try #require(answer.isSuccess, "\(key): \(answer.status) \(answer.text)")
    return try JSON.parse(answer.body)
  }

  func isOn(_ key: String) throws -> Bool {
    let shown = try ask(.get, "\(Self.project)/features/\(key)/environments/development")
    return try #require(shown["enabled"]?.truth as Bool?)
  }

  /// One that somebody else set up, on for a few.
  func make(_ key: String) throws {
    let feature: JSON = ["name": .string(key), "type": "release"]
    try ask(.post, "\(Self.project)/features", feature)
    let strategy: JSON = [
      "name": "flexibleRollout",
      "parameters": ["rollout": "5", "stickiness": "default", "groupId": .string(key)],
    ]
    try ask(.post, "\(Self.project)/features/\(key)/environments/development/strategies", strategy)
    try ask(.post, "\(Self.project)/features/\(key)/environments/development/on")
    try #require(try isOn(key))
  }

  // MARK: The proxy and the database

  func fail(_ rules: JSON...) throws { try tell("control", .post, "/faults", ["rules": .array(rules)]) }

  /// What came through the proxy since the last time, as `POST …/environments/development/off`.
  func asked() throws -> [String] {
    defer { _ = try? tell("control", .delete, "/requests", nil) }
    return try #require(JSON.parse(tell("control", .get, "/requests", nil).body).items).map { record in
      "\(record["method"]?.text ?? "") \((record["path"]?.text ?? "").replacing(Self.project, with: "…"))"
    }
  }

  /// There is no database as long as the body runs, and the server goes on or ends as it likes.
  func withoutDatabase(_ body: () throws -> Void) throws {
    try #require(tell("control", .post, "/stop-database", nil).isSuccess)
    let end = Result { try body() }
    try #require(tell("control", .post, "/start-database", nil).isSuccess)
    try end.get()
  }

  func restart() throws { try #require(tell("control", .post, "/restart-server", nil).isSuccess) }

  /// Everything that asks the database waits as long as the body runs.
  func frozen(_ body: () throws -> Void) throws {
    try tell("control", .post, "/freeze", nil)
    defer { _ = try? tell("control", .post, "/thaw", nil) }
    try body()
  }

  // MARK: Applications

  /// It looks for changes once a second, and gives its SDKs what was until then.
  private func waitUntilFollowed(_ key: String) throws {
    let names = ["parameters", "constraints", "variants"]
    let shown = { (flag: JSON?) in
      (flag?["strategies"]?.items ?? []).filter { $0["disabled"] != true }.map { one in names.map { one[$0] } }
    }
    for _ in 0..<500 {
      let meant = try ask(.get, "\(Self.project)/features/\(key)/environments/development")
      let known = try JSON.parse(tell("real", .get, "/api/client/features", nil, as: "client").body)
      let told = known["features"]?.items?.first { $0["name"]?.text == key }
      if let told, shown(told) == shown(meant), told["enabled"] == meant["enabled"] { return }
      usleep(20_000)
    }
    Issue.record("its SDKs are not given what \(key) is")
  }

  /// What the SDKs hand out for each of these requests: the variant's name with its payload, or `off`.
  func served(_ key: String, _ contexts: [JSON]) throws -> [String: [String]] {
    try waitUntilFollowed(key)
    let folder = try TemporaryFolder()
    try folder.write("contexts.json", JSON.array(contexts).written(.compact))
    let url = "http://127.0.0.1:\(try server.port("real"))/api"
    let token = try #require(server.facts["client"]?.text)
    let peers = Self.peers ?? ""
    let node = try Binary.run(
      ["\(peers)/node-unleash.cjs", url, token, key, "contexts.json"], in: folder, environment: ["VARIANT": "1"],
      program: "\(peers)/node")
    let answers = try #require(JSON.parse(Array(node.output.utf8)).items, "\(node)")
    var served = ["node": answers.map(Self.told)]
    guard let python = Self.python else { return served }
    let asked = [
      JSON.object([JSON.Member("load", .array(contexts))]), JSON.object([JSON.Member("flag", .string(key))]),
    ]
    let reader = try Binary.run(
      ["-B", Repository.root.appending(path: "Tests/Live/platforms/unleash_reader.py").path, url, "tenant", token],
      in: folder,
      input: asked.map { $0.written(.compact) + "\n" }.joined(), program: python)
    let last = try #require(reader.output.split(separator: "\n").last, "\(reader)")
    served["python"] = try #require(JSON.parse(String(last))["variants"]?.items, "\(reader)").compactMap(\.text)
    return served
  }

  /// With the platforms' SDKs in it; without such an environment Node's answers alone.
  private static let python: String? = {
    let given = ProcessInfo.processInfo.environment["ROLLOUTCTL_PLATFORM_VENV"]
    let folder = given ?? Repository.root.appending(path: ".venv/platforms").path
    let path = "\(folder)/bin/python"
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }()

  private static func told(_ variant: JSON) -> String {
    guard variant["feature_enabled"] == true, let name = variant["name"]?.text else { return "off" }
    return ([name] + ["type", "value"].compactMap { variant["payload"]?[$0]?.text }).joined(separator: " ")
  }

  // MARK: Who works on it

  /// The store as a kill has it, with so many milliseconds left.
  func store(milliseconds: Int = 30_000) throws -> any FlagStore {
    let clock = SystemClock()
    var terms = StoreTerms(root: "/nowhere")
    terms.deadline = Instant(microseconds: clock.now().microseconds + Int64(milliseconds) * 1000)
    let context = Context(
      clock: clock, files: POSIXFiles(), http: http, output: Silence(),
      surroundings: Surroundings(
        variables: [UnleashStore.tokenVariable: token], workingFolder: "/", actor: "maya", host: "box", process: 7))
    return try StoreAddress(address).opening(from: "/", terms, context)
  }

  private struct Silence: Output {
    func result(_ text: String) {}
    func remark(_ text: String) {}
    func failure(_ text: String) {}
    var isBroken: Bool { false }
    var width: Int? { nil }
    func ask(_ question: String) -> String? { nil }
  }

  /// A folder with a note about this flag.
  final class Desk {
    let world: LiveWorld
    private let environment: [String: String]

    /// Through another proxy, where a port is given.
    init(_ unleash: RealUnleash, _ key: String, port: Int? = nil, _ change: (String) -> String = { $0 }) throws {
      let address = try port.map { "unleash+http://127.0.0.1:\($0)/default/development" } ?? unleash.address
      let note = LiveWorld.plainNote.replacing("Store: file:flags.json", with: "Store: \(address)")
        .replacing("Flag: ai-summary", with: "Flag: \(key)")
      world = try LiveWorld(note: change(note))
      environment = [UnleashStore.tokenVariable: unleash.token, "ROLLOUT_STORE": address]
    }

    func run(_ words: String..., actor: String = "maya") throws -> Binary.Outcome { try start(words, actor).finish() }

    func start(_ words: [String], _ actor: String = "maya") throws -> Binary.Running {
      try world.start(words, actor: actor, environment: environment)
    }

    @discardableResult
    func done(_ words: String..., at place: SourceLocation = #_sourceLocation) throws -> Binary.Outcome {
      let outcome = try start(words).finish()
      try #require(outcome.end == .status(0), "\(words.joined(separator: " ")): \(outcome)", sourceLocation: place)
      return outcome
    }

    /// Past the gates that only people can see.
    func enter(_ stage: String, at place: SourceLocation = #_sourceLocation) throws {
      _ = try run("attest", LiveWorld.note, "gates", "--evidence", "looked at the dashboard")
      _ = try run("attest", LiveWorld.note, "review", "--evidence", "read fifty samples", actor: "lee")
      try done("promote", LiveWorld.note, "--to", stage, at: place)
    }
  }
}
