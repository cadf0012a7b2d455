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
      etcd.requests.count == 6, "two looks; the journals and the changes of 32 and of 8")
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
    let platform = try LivePlatform(.launchDarkly)
    let keys = Array(Self.keys.prefix(3))
    let flag: JSON = ["tags": ["rolloutctl-production"], "environments": ["production": ["on": true]]]
    try platform.put(["flags": .object(keys.map { JSON.Member($0.text, flag) })])
    let world = platform.world()
    try kill(keys, inTurnsIn: platform.store(in: world, until: world.clock.now() + TimeSpan(seconds: 30)))
    let asked = Dictionary(grouping: try platform.requests().map(\.method), by: \.self).mapValues(\.count)
    #expect(asked == ["GET": 2 * keys.count, "PATCH": keys.count])
  }

  private func counts(_ server: DocumentServer) -> [Int] {
    [HTTPRequest.Method.get, .put].map { method in server.requests.count { $0.method == method } }
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
