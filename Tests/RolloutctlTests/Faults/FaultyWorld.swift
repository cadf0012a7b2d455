import Foundation
import Testing

@testable import RolloutOps

/// A store's server, a bad network before it, and the folder of somebody who works through that network. What is asked here
/// goes to the server's control port, past the network.
final class FaultyWorld {
  let store: FaultyStore
  let world: LiveWorld
  let address: String
  private let server: LiveServer
  private let proxy: LiveServer
  private let http = CurlHTTP()
  /// etcd's revision when its changes were last forgotten.
  private var revision = 0

  /// `again`: after how many seconds a server that is asked too often wants to be asked again.
  init(_ store: FaultyStore, again: Int) throws {
    self.store = store
    if store.isEtcd {
      _ = try #require(EtcdWorld.etcd.path, EtcdWorld.reason)
      server = try LiveServer("etcd_cluster.py", ["1", "--auth"])
    } else {
      server = try LiveServer("platforms/\(store.name)_server.py", ["--token", Planted.platformToken])
    }
    let clients = server.facts["clients"]?.items?.first?.integer
    proxy = try LiveServer(
      "fault_proxy.py",
      ["\(try clients ?? server.port("port"))", "--chances", #"{"pass": 1}"#, "--most", "0.01", "--again", "\(again)"])
    address = store.address(try proxy.port("port"))
    world = try LiveWorld(note: LiveWorld.plainNote.replacing("Store: file:flags.json", with: "Store: \(address)"))
    if !store.isEtcd { try tell(server, .put, "/state", store.empty) }
  }

  var environment: [String: String] { store.environment.merging(["ROLLOUT_STORE": address]) { $1 } }

  @discardableResult
  private func tell(
    _ whom: LiveServer, _ method: HTTPRequest.Method, _ path: String, _ body: JSON? = nil, text: String? = nil
  ) throws -> JSON {
    var request = HTTPRequest(method, try WebAddress("http://127.0.0.1:\(whom.port("control"))\(path)"))
    request.body = (text ?? body?.written(.compact)).map { Array($0.utf8) }
    // One connection for all of them.
    request.isWrite = false
    let answer = try http.answer(to: request)
    try #require(answer.status == 200, "\(path): \(answer.text)")
    return try JSON.parse(answer.body)
  }

  // MARK: The network

  /// From now on these chances hold, and before them what is named happens to the next requests; of all requests, or of
  /// those that may change something.
  func bad(_ weather: FaultWeather) throws {
    var chances: JSON = .object(weather.chances.map { JSON.Member($0, .number($1)) })
    chances = chances.setting("seed", to: .number(weather.seed)).setting("next", to: .strings(weather.next))
    if weather.hitsWritesOnly { chances = chances.setting("only", to: .string(store.writes)) }
    try tell(proxy, .put, "/chances", chances)
  }

  /// From now on all passes. What was under way has arrived or is lost when this returns.
  func good() throws {
    for _ in 0..<12 where try tell(proxy, .post, "/pass")["busy"] == 0 { return }
    Issue.record("the proxy has not finished: \(try log())")
  }

  /// What was late arrives now.
  func deliver() throws -> [Int] { (try tell(proxy, .post, "/deliver")["statuses"]?.items ?? []).compactMap(\.integer) }

  /// What the network did, for people.
  func log() throws -> String {
    (try tell(proxy, .get, "/log").items ?? []).map { entry in
      let upstream = entry["upstream"]?.written(.compact) ?? ""
      return "  \(entry["method"]?.text ?? "") \(entry["path"]?.text ?? ""): \(entry["what"]?.text ?? "") "
        + "\(entry["detail"]?.text ?? "") \(upstream) -> \(entry["answered"]?.written(.compact) ?? "")"
    }.joined(separator: "\n")
  }

  // MARK: The server

  /// What the server holds, and how it came to that since the last look.
  struct Look {
    let flag: JSON?
    /// Requests that changed what the server says of the flag, and the flag after each.
    var changes: [(request: String, flag: JSON?)] = []
  }

  func look() throws -> Look {
    if store.isEtcd {
      let told = try tell(server, .post, "/history", text: "/prod/ai-summary\n\(revision)")
      revision = told["revision"]?.integer ?? 0
      let values = try (told["values"]?.items ?? []).map { try JSON.parse($0.text ?? "") }
      let now = try told["now"]?.text.map { try JSON.parse($0) }
      return Look(flag: now, changes: values.map { ("put", $0) })
    }
    let told = try tell(server, .post, "/changes?flag=ai-summary")
    let changes = (told["changes"]?.items ?? []).map { ($0["request"]?.text ?? "", $0["flag"]) }
    return Look(flag: told["flag"] == .null ? nil : told["flag"], changes: changes)
  }

  // MARK: The journal, read without any code of the product's

  func entries() throws -> [JSON] {
    var text = ""
    if store.isEtcd {
      let prefix = "/prod.rollout/ai-summary.journal@"
      let pieces = (try tell(server, .post, "/get", text: prefix).members ?? []).sorted { $0.name < $1.name }
      text = pieces.map { $0.value.text ?? "" }.joined()
    } else if let path = journalPath {
      text = try world.folder.read(path)
    }
    return try text.split(separator: "\n").map { try JSON.parse(Array($0.utf8)) }
  }

  private var journalPath: String? {
    let names = FileManager.default.enumerator(atPath: world.folder.path)?.compactMap { $0 as? String } ?? []
    return names.first { $0.hasSuffix("ai-summary.journal") }
  }

  // MARK: Many runs from the same start

  /// Everything that a rollout has left, in the server and in the folder.
  struct Start {
    fileprivate let state: JSON
    fileprivate let journal: (path: String, text: String)?
  }

  func start() throws -> Start {
    let state = try store.isEtcd ? tell(server, .post, "/get", text: "/prod") : tell(server, .get, "/state")
    return Start(state: state, journal: try journalPath.map { ($0, try world.folder.read($0)) })
  }

  func begin(at start: Start) throws {
    if store.isEtcd {
      try tell(server, .post, "/restore", text: "/prod\n\(start.state.written(.compact))")
    } else {
      try tell(server, .put, "/state", start.state)
    }
    try? FileManager.default.removeItem(atPath: world.folder.path(".rollout"))
    if let journal = start.journal { try world.folder.write(journal.path, journal.text) }
  }
}

/// What a network does to the requests of one command.
struct FaultWeather: CustomStringConvertible {
  var seed = 0
  var chances = ["pass": 1]
  var next: [String] = []
  var hitsWritesOnly = false
  /// It lets nothing through, or hardly anything, for longer than a kill has time.
  var isStorm = false

  static let kinds = [
    "delay", "cut-before", "cut-after", "duplicate", "reset-before", "reset-after", "limited", "unavailable", "half",
    "drip",
  ]

  /// A short row of faults and then none; or one request of three meets one, for as long as it takes.
  static func drawn(_ random: inout SplitMix64) -> FaultWeather {
    var weather = FaultWeather(seed: Int(random.next() % 1_000_000))
    if random.next() % 2 == 0 {
      let count = 1 + Int(random.next() % 6)
      weather.next = (0..<count).map { _ in kinds[Int(random.next() % UInt64(kinds.count))] }
    } else {
      weather.chances = Dictionary(uniqueKeysWithValues: kinds.map { ($0, 1) } + [("pass", 20)])
    }
    weather.hitsWritesOnly = random.next() % 2 == 0
    return weather
  }

  /// Nothing but one or two kinds of loss, or with a gap now and then.
  static func storm(_ random: inout SplitMix64) -> FaultWeather {
    var weather = FaultWeather(seed: Int(random.next() % 1_000_000))
    let losses = kinds.filter { !["delay", "duplicate", "drip"].contains($0) }
    weather.chances = ["pass": Int(random.next() % 3)]
    for _ in 0..<2 { weather.chances[losses[Int(random.next() % UInt64(losses.count))]] = 3 }
    weather.hitsWritesOnly = random.next() % 2 == 0
    weather.isStorm = true
    return weather
  }

  var description: String {
    let all = chances.map { "\($0): \($1)" }.sorted().joined(separator: ", ")
    let what = next.isEmpty ? chances.count > 1 ? all : "good" : next.joined(separator: ", ")
    return "\(what)\(hitsWritesOnly ? " of the writes" : "") (\(seed))"
  }
}
