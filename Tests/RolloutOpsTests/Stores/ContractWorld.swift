import Foundation
import Synchronization
import Testing

@testable import RolloutOps

/// A store with its server, as the contract of all stores needs them: flags can be put there and taken away past the store,
/// and what the server holds can be compared.
final class ContractWorld {
  /// How a flag stands that somebody made by hand.
  enum Hand: CaseIterable {
    /// Rules that let people in.
    case rules
    /// Off, as the platform's own page turns it off.
    case off
  }

  let world: World
  let address: String
  fileprivate let held: (_ key: String) throws -> JSON?
  fileprivate let put: (_ key: String, _ flag: JSON?) throws -> Void
  fileprivate let byHand: (Hand) -> JSON
  private var neighbours: [String: JSON] = [:]

  static let neighbour = "somebody-elses"

  fileprivate init(
    _ world: World, _ address: String, held: @escaping (String) throws -> JSON?,
    put: @escaping (String, JSON?) throws -> Void, byHand: @escaping (Hand) -> JSON
  ) throws {
    (self.world, self.address, self.held, self.put, self.byHand) = (world, address, held, put, byHand)
    try make(.rules, Self.neighbour)
    neighbours[Self.neighbour] = try held(Self.neighbour)
  }

  /// The store as another process opens it.
  func open() throws -> any FlagStore {
    try StoreAddress(address).opening(from: "/w", StoreTerms(root: "/w"), world.context())
  }

  /// Somebody makes a flag by hand.
  func make(_ hand: Hand, _ key: String) throws { try put(key, byHand(hand)) }

  /// Somebody takes the flag away.
  func remove(_ key: String) throws { try put(key, nil) }

  /// The flag of somebody else is to the last byte what it was.
  func expectNeighbourUntouched(at place: SourceLocation = #_sourceLocation) throws {
    for (key, flag) in neighbours {
      let now = try held(key)
      #expect(now == flag, "\(now?.written() ?? "gone")", sourceLocation: place)
    }
  }
}

/// A kind of store.
struct ContractStore: Sendable, CustomTestStringConvertible {
  let name: String
  /// Whether a change is refused by the store itself where the flag is not what was read.
  let compares: Bool
  let world: @Sendable () throws -> ContractWorld

  /// Whether it knows its flags by numbers of its own, so that one has to be seen before it can be named.
  var numbersFlags: Bool { name == "posthog" }

  var testDescription: String { name }

  static let all = [file, document] + (etcdIsWanted ? [etcd] : []) + platforms

  // MARK: flagd's format

  private static func flagd(_ hand: ContractWorld.Hand) -> JSON {
    let flag: JSON = ["state": "ENABLED", "variants": ["on": true, "off": false], "defaultVariant": "off"]
    switch hand {
    case .off: return flag
    case .rules:
      return flag.setting("targeting", to: ["if": [["===": [["var": "plan"], "paid"]], "on", "off"]])
    }
  }

  /// The document with this flag, or without it.
  private static func document(_ text: String, _ key: String, _ flag: JSON?) throws -> String {
    let document = try JSON.parse(Array(text.utf8))
    let flags = document["flags"] ?? [:]
    let changed = flag.map { flags.setting(key, to: $0) } ?? flags.removing(key)
    return document.setting("flags", to: changed).written() + "\n"
  }

  static let file = ContractStore(name: "file", compares: true) {
    let world = World()
    return try ContractWorld(
      world, "file:\(World.store)",
      held: { try JSON.parse(world.files.bytes(World.store) ?? [])["flags"]?[$0] },
      put: { world.files.put(World.store, try document(world.files.text(World.store) ?? "", $0, $1)) },
      byHand: flagd)
  }

  static let document = ContractStore(name: "document", compares: true) {
    let server = DocumentServer()
    let world = World(server: server)
    world.variables.withLock { $0 = ["ROLLOUT_HTTP_TOKEN": "planted-token"] }
    return try ContractWorld(
      world, "http://127.0.0.1:8080/flags.json",
      held: { try JSON.parse(Array(server.text.utf8))["flags"]?[$0] },
      put: { key, flag in
        let text = try document(server.text, key, flag)
        server.state.withLock { ($0.bytes, $0.edition) = (Array(text.utf8), $0.edition + 1) }
      },
      byHand: flagd)
  }

  // MARK: A real etcd

  static let etcdIsWanted =
    Python.isRequired
    || (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: "\($0)/etcd") }

  private static let cluster = Result { try LiveServer("etcd_cluster.py", ["1"]) }
  private static let worlds = Mutex(0)

  private static func tell(_ cluster: LiveServer, _ path: String, _ body: String) throws -> JSON {
    var request = HTTPRequest(.post, try WebAddress("http://127.0.0.1:\(cluster.port("control"))\(path)"))
    (request.body, request.limits.totalMilliseconds) = (Array(body.utf8), 60_000)
    return try JSON.parse(CurlHTTP().answer(to: request).body)
  }

  /// Each world has a prefix of its own in the one cluster.
  static let etcd = ContractStore(name: "etcd", compares: true) {
    let cluster = try Self.cluster.get()
    let number = worlds.withLock { worlds in
      worlds += 1
      return worlds
    }
    let prefix = "/contract-\(number)"
    let port = try #require(cluster.facts["clients"]?.items?.first?.integer)
    return try ContractWorld(
      World(server: CurlHTTP()), "etcd+http://127.0.0.1:\(port)\(prefix)",
      held: { key in
        let name = "\(prefix)/\(key)"
        return try tell(cluster, "/get", name)[name]?.text.map { try JSON.parse(Array($0.utf8)) }
      },
      put: { key, flag in
        let name = "\(prefix)/\(key)"
        if let flag {
          _ = try tell(cluster, "/put", "\(name)\n\(flag.written(.compact))")
        } else {
          let asked: JSON = ["key": .string(Base64.encoded(name.utf8))]
          _ = try tell(cluster, "/call", "/v3/kv/deleterange\n\(asked.written(.compact))")
        }
      },
      byHand: flagd)
  }

  // MARK: Scripted platforms

  private static let servers = TestedPlatform.allCases.map { kind in Result { try LivePlatform(kind) } }

  private static let platforms = servers.indices.map { index in
    ContractStore(name: TestedPlatform.allCases[index].rawValue, compares: false) {
      let platform = try servers[index].get()
      try platform.put(platform.kind.empty)
      return try ContractWorld(
        platform.world(), platform.address, held: { try platform.state()["flags"]?[$0] },
        put: { key, flag in
          if let flag { return try platform.edit(key, flag) }
          let state = try platform.state()
          try platform.put(state.setting("flags", to: (state["flags"] ?? [:]).removing(key)))
        },
        byHand: { platform.kind.handMade(on: $0 == .rules) })
    }
  }
}
