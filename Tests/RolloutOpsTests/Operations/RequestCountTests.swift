import Foundation
import Testing

@testable import RolloutOps

/// How many requests each verb sends to each store, so that `help stores` can say it.
@Suite(.needsPython) struct RequestCountTests {
  /// A store with an empty world in it.
  struct Counted {
    let world: World
    let count: () throws -> Int
  }

  private static func world(_ server: any HTTP, _ address: String, _ variable: String, _ token: String) -> World {
    let world = World(note: SampleNote.saying("Store", "Store: \(address)"), server: server)
    world.variables.withLock { $0 = [variable: token, "ROLLOUT_STORE": address] }
    return world
  }

  static func document() -> Counted {
    let server = DocumentServer()
    return Counted(world: world(server, DocumentStoreTests.address, "ROLLOUT_HTTP_TOKEN", "planted-token")) {
      defer { server.state.withLock { $0.requests = [] } }
      return server.requests.count
    }
  }

  static func etcd() -> Counted {
    let etcd = MemoryEtcd()
    return Counted(world: world(etcd, EtcdStoreTests.address, "UNUSED", "")) {
      defer { etcd.forget() }
      return etcd.requests.count
    }
  }

  static func platform(_ kind: TestedPlatform, note: String = SampleNote.text) throws -> Counted {
    let platform = try LivePlatform(kind)
    try platform.put(["flags": [:], "group_types": ["0": "tenant"]])
    return Counted(world: platform.world(note)) {
      defer { try? platform.forget() }
      return try platform.requests().count
    }
  }

  static let stores = ["document", "etcd", "launchdarkly", "unleash", "posthog", "statsig", "statsig with variants"]

  static func counted(_ store: String) throws -> Counted {
    switch store {
    case "document": document()
    case "etcd": etcd()
    case "statsig with variants": try platform(.statsig, note: SampleNote.withVariants)
    default: try platform(try #require(TestedPlatform(rawValue: store)))
    }
  }

  static let verbs = [
    "start", "attest", "promote", "status", "hold", "resume", "exclude", "include", "rollback", "kill", "kill again",
    "restore", "abandon",
  ]

  /// In the order of the verbs above, which is that of their life below.
  static let expected = [
    "document": [5, 1, 4, 1, 2, 2, 4, 4, 4, 3, 3, 4, 4],
    "etcd": [4, 7, 4, 2, 3, 3, 4, 4, 4, 5, 6, 4, 4],
    "launchdarkly": [6, 1, 6, 1, 2, 2, 5, 6, 5, 6, 6, 6, 5],
    "unleash": [7, 1, 6, 14, 2, 2, 6, 7, 5, 4, 4, 6, 5],
    "posthog": [5, 1, 4, 1, 2, 2, 4, 4, 4, 5, 5, 5, 4],
    "statsig": [6, 2, 7, 2, 4, 4, 7, 7, 7, 4, 4, 6, 7],
    "statsig with variants": [6, 1, 5, 1, 2, 2, 5, 5, 5, 5, 5, 6, 5],
  ]

  @Test(arguments: stores) func aVerbSendsAsManyAsIsSaid(store: String) throws {
    let counted = try Self.counted(store)
    let world = counted.world
    var told: [Int] = []
    func does(_ body: () throws -> Bool) throws {
      world.clock.advance(TimeSpan(seconds: 60))
      let isDone = try body()
      #expect(isDone, "\(Self.verbs[told.count])")
      told.append(try counted.count())
    }
    let tenant = Selector.equals(attribute: "tenant", AttributeValue("acme"))
    try does { try world.move(.promote).status == .done }
    try does {
      try world.attest("gates"); return true
    }
    try does { try world.move(.promote).status == .done }
    try does {
      _ = try world.status(); return true
    }
    try does { try world.move(.hold, reason: "slow").status == .done }
    try does { try world.move(.resume, reason: "mended").status == .done }
    try does { try world.move(.exclude, reason: "asked") { $0.selector = tenant }.status == .done }
    try does { try world.move(.include, reason: "asked") { $0.selector = tenant }.status == .done }
    try does { try world.move(.rollback, reason: "slow").status == .done }
    try does { world.kill().lines.first?.outcome == .off }
    try does { world.kill().lines.first?.outcome == .alreadyOff }
    try does { try world.move(.restore, reason: "mended").status == .done }
    try does { try world.move(.abandon, reason: "over").status == .done }
    #expect(told == Self.expected[store], "\(zip(Self.verbs, told).map { "\($0) \($1)" }.joined(separator: ", "))")
  }

  @Test(arguments: stores) func helpSaysTheSame(store: String) throws {
    let page = try String(contentsOf: PlatformServerTests.package.appending(path: "man/rolloutctl.1"), encoding: .utf8)
    let words = page.replacing("\\", with: "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let counts = Dictionary(zip(Self.verbs, Self.expected[store] ?? [])) { first, _ in first }
    let told = ["start", "promote", "rollback", "exclude", "hold", "restore", "kill", "status"]
    let sentence = told.map { "\($0) \(counts[$0] ?? -1)" }.joined(separator: ", ")
    let table = try #require(words.split(separator: "Requests, as the tests count them").last)
    let row = try #require(table.range(of: store, options: .caseInsensitive))
    #expect(table[row.upperBound...].prefix(140).contains(sentence), "\(sentence)")
  }
}
