import Testing

@testable import RolloutOps

/// A hosted platform as one of the scripts in `Tests/Live/platforms` plays it, with its control port. Requests go through
/// the real door, over loopback.
final class ScriptedPlatform: Sendable {
  /// A request that reached the platform.
  struct Asked: CustomStringConvertible {
    let method: String
    let path: String
    let body: JSON
    let record: JSON

    /// `PATCH /strategies/s1`, without what stands before the mark.
    var description: String { "\(method) \(path)" }
  }

  let live: LiveServer
  let http = CurlHTTP()

  init(_ script: String) throws { live = try LiveServer("platforms/\(script)") }

  var port: Int { (try? live.port("port")) ?? 0 }

  @discardableResult
  func control(_ method: HTTPRequest.Method, _ path: String, _ body: JSON? = nil) throws -> JSON {
    var request = HTTPRequest(method, try WebAddress("http://127.0.0.1:\(live.port("control"))\(path)"))
    request.body = body.map { Array($0.written(.compact).utf8) }
    return try JSON.parse(http.answer(to: request).body)
  }

  /// Starts anew: this state, no faults, no requests.
  func replace(_ state: JSON) throws {
    try control(.put, "/state", state)
    try control(.post, "/faults", ["rules": []])
    try control(.delete, "/requests")
  }

  var state: JSON { get throws { try control(.get, "/state") } }

  func edit(_ flag: String, _ change: JSON) throws {
    try control(.post, "/edit", ["flag": .string(flag), "change": change])
  }

  func fail(_ rules: JSON...) throws { try control(.post, "/faults", ["rules": .array(rules)]) }

  var requests: [Asked] {
    get throws {
      try #require(control(.get, "/requests").items).map { record in
        Asked(
          method: record["method"]?.text ?? "", path: record["path"]?.text ?? "", body: record["body"] ?? .null,
          record: record)
      }
    }
  }

  /// What has been asked since the last time, as `PATCH …/strategies/s1`, with `cut` taken off each path's front.
  func asked(without cut: String) throws -> [String] {
    let told = try requests.map { asked in
      let path = asked.path.hasPrefix(cut) ? "…" + asked.path.dropFirst(cut.count) : asked.path
      return "\(asked.method) \(path)"
    }
    try control(.delete, "/requests")
    return told
  }

  /// A world whose note names this platform, with one plain token in its environment.
  func world(_ address: String, variable: String, note: String = SampleNote.text) -> World {
    let world = World(note: SampleNote.saying("Store", "Store: \(address)", in: note), server: http)
    world.variables.withLock { $0 = [variable: "planted-platform-token", "ROLLOUT_STORE": address] }
    return world
  }

  func store(_ address: String, in world: World, until deadline: Instant? = nil) throws -> any FlagStore {
    var terms = StoreTerms(root: "/w")
    terms.deadline = deadline
    return try StoreAddress(address).opening(from: "/w", terms, world.context())
  }
}
