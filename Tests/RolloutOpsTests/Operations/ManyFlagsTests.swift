import Glibc
import Synchronization
import Testing

@testable import RolloutOps

/// Many flags of one server at a time: how many requests that takes, and that none of them waits for another's trouble.
@Suite struct ManyFlagsTests {
  static let keys = (0..<40).map { FlagKey("flag-\($0)") }

  private static func text(_ key: FlagKey) -> String {
    "\"\(key)\": {\"state\":\"ENABLED\",\"variants\":{\"on\":true,\"off\":false},\"defaultVariant\":\"on\"}"
  }

  static func document(_ keys: [FlagKey]) -> String {
    "{\n  \"flags\": {\n    \(keys.map(text).joined(separator: ",\n    "))\n  }\n}\n"
  }

  static func kill(_ world: World, _ keys: [FlagKey]) -> KillReport {
    Kill(context: world.context(), choices: OperatorChoices()).perform(keys.map(\.text))
  }

  static func killed(_ reading: FlagReading) throws -> Flag {
    var flag = try #require(reading.flag)
    (flag.serving, flag.mark) = (.everyone("off"), Flag.Mark(killed: true, killsTo: "off"))
    return flag
  }

  // MARK: What is asked

  @Test func flagsInEtcdShareTheirLooksAndChanges() throws {
    let etcd = MemoryEtcd()
    for key in Self.keys { etcd.put("/prod/\(key)", String(Self.text(key).dropFirst(key.text.count + 4))) }
    let world = World(server: etcd)
    world.variables.withLock { $0 = ["ROLLOUT_STORE": EtcdStoreTests.address] }
    let report = Self.kill(world, Self.keys)
    #expect(report.status == .done && report.lines.count == Self.keys.count, "\(report.lines.first.debugDescription)")
    #expect(
      etcd.requests.count == 4 + Self.keys.count, "two looks, two changes, and each journal read before")
  }

  /// One store serves all flags of a kill: what it saw of one is not forgotten over the next.
  private func kill(_ keys: [FlagKey], inTurnsIn store: any FlagStore) throws {
    let readings = try keys.map { try store.read($0) }
    for reading in readings {
      let back = try store.write(Self.killed(reading), replacing: reading, Occasion(.kill))
      #expect(back.flag?.serving == .everyone("off"))
    }
  }

  @Test func whatWasSeenOfAFlagInEtcdIsNotAskedForAgain() throws {
    let etcd = MemoryEtcd()
    let keys = Array(Self.keys.prefix(3))
    for key in keys { etcd.put("/prod/\(key)", String(Self.text(key).dropFirst(key.text.count + 4))) }
    let terms = StoreTerms(root: "/w")
    let context = World(server: etcd).context()
    try kill(keys, inTurnsIn: StoreAddress(EtcdStoreTests.address).opening(from: "/w", terms, context))
    #expect(etcd.requests.count == 3 * keys.count)
  }

  @Test(.needsPython) func whatWasSeenOfAFlagInLaunchDarklyIsNotAskedForAgain() throws {
    let platform = try ScriptedPlatform("launchdarkly_server.py")
    let keys = Array(Self.keys.prefix(3))
    let flag: JSON = ["tags": ["rolloutctl-production"], "environments": ["production": ["on": true]]]
    try platform.replace(["flags": .object(keys.map { JSON.Member($0.text, flag) })])
    let address = "launchdarkly+http://127.0.0.1:\(platform.port)/default/production"
    let world = platform.world(address, variable: "LAUNCHDARKLY_ACCESS_TOKEN")
    try kill(keys, inTurnsIn: platform.store(address, in: world, until: world.clock.now() + TimeSpan(seconds: 30)))
    let asked = Dictionary(grouping: try platform.requests.map(\.method), by: \.self).mapValues(\.count)
    #expect(asked == ["GET": 2 * keys.count, "PATCH": keys.count])
  }

  // MARK: A document of many

  /// The first change is under way until all others wait behind it. Then `meanwhile` happens, on the server.
  private func together(_ keys: [FlagKey], meanwhile: @escaping @Sendable (DocumentServer) -> Void = { _ in }) throws
    -> (server: DocumentServer, outcomes: [Result<FlagReading, StoreTrouble>])
  {
    let server = HeldServer(DocumentServer(Self.document(keys)))
    let world = World(server: server)
    world.variables.withLock { $0 = ["ROLLOUT_HTTP_TOKEN": "planted-token"] }
    let opened = try StoreAddress(DocumentStoreTests.address).opening(
      from: "/w", StoreTerms(root: "/w"), world.context())
    let store = try #require(opened as? DocumentStore)
    let changes = try keys.map { key in
      let reading = try store.read(key)
      return (try Self.killed(reading), reading)
    }
    server.server.state.withLock { $0.requests = [] }
    let isHeld = Atomic(false)
    server.hold { server in
      isHeld.store(true, ordering: .sequentiallyConsistent)
      while store.kills.waiting < keys.count - 1 { sched_yield() }
      return { meanwhile(server) }
    }
    let outcomes = Crew(threads: keys.count).each(changes) { flag, reading -> Result<FlagReading, StoreTrouble> in
      while reading.key != keys[0], !isHeld.load(ordering: .sequentiallyConsistent) { sched_yield() }
      do throws(StoreTrouble) {
        return .success(try store.write(flag, replacing: reading, Occasion(.kill)))
      } catch {
        return .failure(error)
      }
    }
    return (server.server, outcomes)
  }

  private func counts(_ server: DocumentServer) -> [Int] {
    [HTTPRequest.Method.get, .put].map { method in server.requests.count { $0.method == method } }
  }

  private func isOff(_ outcome: Result<FlagReading, StoreTrouble>) -> Bool {
    (try? outcome.get())?.flag?.serving == .everyone("off")
  }

  @Test func whoWaitsForTheDocumentIsWrittenTogetherWithTheOthers() throws {
    let (server, outcomes) = try together(Self.keys)
    #expect(outcomes.allSatisfy(isOff))
    #expect(counts(server) == [2, 2], "the first by itself, then all others in one; each is read back")
    #expect(!server.text.contains("\"defaultVariant\":\"on\""))
  }

  @Test func aDocumentThatTheServerRefusesIsTriedFlagByFlag() throws {
    let keys = Array(Self.keys.prefix(5))
    let (server, outcomes) = try together(keys) { $0.fail(.put, .answer(422)) }
    #expect(outcomes.allSatisfy(isOff))
    #expect(counts(server) == [6, 6], "one, the four that are refused, and each of the four")
  }

  @Test func whatSomebodyElseChangedIsLeftAndTheOthersAreWritten() throws {
    let keys = Array(Self.keys.prefix(5))
    let (server, outcomes) = try together(keys) { server in
      let other = FlagKey("flag-4")
      let before = Self.text(other)
      server.fail(.put, .edit(before, with: before.replacing("\"off\":false", with: "\"off\":0")))
    }
    #expect(outcomes.count(where: isOff) == 4)
    #expect(
      outcomes.count { if case .failure(.changedMeanwhile) = $0 { true } else { false } } == 1,
      "its next try begins with what stands there now")
    #expect(server.text.contains("\"off\":0") && server.requests.count { $0.method == .put } == 3)
  }

  @Test func aServerThatIsDownForThemAllSaysSoToEach() throws {
    let (_, outcomes) = try together(Array(Self.keys.prefix(5))) { server in
      server.fail(.put, .answer(503), times: 1)
    }
    #expect(outcomes.count(where: isOff) == 1)
    #expect(outcomes.count { if case .failure(.refused) = $0 { true } else { false } } == 4)
  }

  // MARK: Between two rounds

  /// The note names the same server as the environment does: nobody has to list its flags to know that.
  @Test func aNoteOfTheSameServerCostsAPendingFlagNoRequest() throws {
    let server = DocumentServer()
    let world = World(note: DocumentStoreTests.note, server: server)
    world.variables.withLock {
      $0 = ["ROLLOUT_HTTP_TOKEN": "planted-token", "ROLLOUT_STORE": DocumentStoreTests.address]
    }
    try world.move(.promote)
    world.clock.advance(TimeSpan(seconds: 1))
    server.state.withLock { $0.requests = [] }
    server.fail(.put, .answer(503))
    #expect(world.kill().status == .done)
    #expect(counts(server) == [3, 2], "read, refused; read, written, read back")
  }
}

/// A server whose first change is held up.
private final class HeldServer: HTTP {
  typealias Hold = @Sendable (DocumentServer) -> @Sendable () -> Void

  let server: DocumentServer
  private let held = Mutex<Hold?>(nil)

  init(_ server: DocumentServer) { self.server = server }

  /// `hold` runs before the next change, and what it returns right after.
  func hold(_ hold: @escaping Hold) { held.withLock { $0 = hold } }

  func answer(to request: HTTPRequest) throws(HTTPTrouble) -> HTTPAnswer {
    let hold = request.isWrite ? held.withLock { $0.take() } : nil
    let after = hold?(server)
    defer { after?() }
    return try server.answer(to: request)
  }
}
