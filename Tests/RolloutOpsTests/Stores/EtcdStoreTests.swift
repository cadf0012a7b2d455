import Dispatch
import Glibc
import Synchronization
import Testing

@testable import RolloutOps

/// Flags and journals in etcd, on a gateway in memory: what is asked of it, and what becomes of it on a bad day.
@Suite struct EtcdStoreTests {
  static let address = "etcd+http://127.0.0.1:2379/prod"
  static let note = SampleNote.saying("Store", "Store: \(address)")
  static let flag = "/prod/ai-summary"
  static let journal = "/prod.rollout/ai-summary.journal"

  let etcd = MemoryEtcd()
  let world: World

  init() {
    world = World(note: Self.note, server: etcd)
    world.variables.withLock { $0 = ["ROLLOUT_STORE": Self.address] }
  }

  private func pieces(_ etcd: MemoryEtcd) -> [String] {
    etcd.state.withLock { state in
      state.keys.filter { $0.key.hasPrefix(Self.journal + "@") }.sorted { $0.key < $1.key }
        .map { String(decoding: $0.value.value, as: UTF8.self) }
    }
  }

  private func entries(_ etcd: MemoryEtcd) throws -> [JSON] {
    try pieces(etcd).joined().split(separator: "\n").map { try JSON.parse(Array($0.utf8)) }
  }

  private var mark: JSON? { etcd.text(Self.flag).flatMap { try? JSON.parse(Array($0.utf8)) }?["metadata"] }

  // MARK: What is asked

  @Test func aMoveIsFourRequestsAndAKillToo() throws {
    try world.move(.promote)
    #expect(etcd.requests.map(\.address.path) == ["/v3/kv/txn", "/v3/kv/txn", "/v3/kv/txn", "/v3/kv/txn"])
    etcd.forget()
    #expect(world.kill().status == .done)
    #expect(
      etcd.requests.count == 5, "the flag, its journal, both changed, the flag read back, what the journal tells of it")
  }

  @Test func flagAndJournalChangeInOneTransaction() throws {
    try world.move(.promote)
    #expect(pieces(etcd).count == 1, "intent and outcome in one piece")
    let change = try #require(etcd.requests.first { ScriptedHTTP.body($0).contains("request_put") })
    let body = try JSON.parse(change.body ?? [])
    #expect(body["compare"]?.items?.map { $0["target"]?.text } == ["CREATE", "CREATE"])
    #expect(body["success"]?.items?.count == 2)
    world.kill()
    let kill = try #require(etcd.requests.last { ScriptedHTTP.body($0).contains("request_put") })
    #expect(try JSON.parse(kill.body ?? [])["compare"]?.items?.map { $0["target"]?.text } == ["MOD", "CREATE"])
    #expect(try entries(etcd).last?["action"]?.text == "kill")
  }

  @Test func aFlagInEtcdKeepsWhatOthersWroteAtIt() throws {
    try world.move(.promote)
    let text = try #require(etcd.text(Self.flag))
    etcd.put(Self.flag, text.replacing("\"metadata\": {", with: "\"metadata\": {\"team\": \"search\", "))
    #expect(world.kill().status == .done)
    #expect(mark?["team"] == "search" && mark?["rolloutctl"] == "killed")
  }

  @Test func journalsOfAFileMayBeThereToo() throws {
    let world = World(
      note: SampleNote.saying("Journal", "Journal: etcd+http://127.0.0.1:2379/journals"), server: etcd)
    try world.move(.promote)
    #expect(etcd.state.withLock { $0.keys.keys.contains { $0.hasPrefix("/journals/ai-summary.journal@") } })
    // The key alone leads there, by the pointer beside the flag file; the lock is gone with its lease.
    #expect(world.files.text("/w/flags.json.rollout/ai-summary.journal-at")?.hasPrefix("etcd+http://") == true)
    #expect(world.kill().status == .done)
    #expect(try world.status(of: "ai-summary").place == .killed(serving: "off"))
    #expect(etcd.state.withLock { $0.keys.keys.filter { $0.hasSuffix(".lock") } } == [])
  }

  @Test func whoIsOvertakenByAnAttestationDecidesAgain() throws {
    try world.move(.promote)
    let done = Mutex(false)
    let other = World(note: Self.note, server: etcd)
    etcd.before.withLock {
      $0 = { request in
        guard ScriptedHTTP.body(request).contains("request_put"),
          done.withLock({
            let was = $0; $0 = true; return !was
          })
        else { return }
        try? other.attest("gates", by: "lee")
      }
    }
    #expect(try world.move(.rollback).status == .done)
    #expect(try entries(etcd).suffix(3).map { $0["action"]?.text } == ["attest", "rollback", "rollback"])
  }

  @Test func aBusyJournalHoldsNoKillUp() throws {
    try world.move(.promote)
    let count = Mutex(0)
    let other = World(note: Self.note, server: etcd)
    etcd.before.withLock {
      $0 = { request in
        let body = ScriptedHTTP.body(request)
        guard body.contains("request_put"), body.contains("MOD"),
          count.withLock({
            $0 += 1; return $0 < 10
          })
        else {
          return
        }
        try? other.attest("gates", by: "lee")
      }
    }
    #expect(world.kill().status == .done)
    #expect(mark?["rolloutctl"] == "killed")
    #expect(try entries(etcd).last?["action"]?.text == "kill")
    #expect(count.withLock { $0 } == 3, "twice together, then the flag alone")
  }

  @Test func aBrokenJournalHoldsNoKillUp() throws {
    try world.move(.promote)
    etcd.put("\(Self.journal)@000000000000", "{\"edited\":true}\n")
    let report = world.kill()
    #expect(report.status == .done)
    #expect(report.lines[0].reasons.contains { $0.contains("could not be journaled") })
    #expect(mark?["rolloutctl"] == "killed")
  }

  /// A network that brings an entry twice, and the answer to the second time, has written it.
  @Test func anEntryThatIsBroughtTwiceIsWritten() throws {
    let files = EtcdFiles(
      EtcdDoor([try WebAddress("http://127.0.0.1:2379")], StoreTerms(root: "/w"), world.context()),
      root: "etcd+http://127.0.0.1:2379", clock: world.clock)
    let path = "etcd+http://127.0.0.1:2379/j/a.journal"
    try files.append(path, Array("one\n".utf8), at: 0)
    etcd.fault.withLock { $0 = { request in request.address.path.hasSuffix("/txn") ? .twice : .none } }
    try files.append(path, Array("two\n".utf8), at: 4)
    etcd.fault.withLock { $0 = { _ in .none } }
    #expect(try files.read(path, limit: 100) == Array("one\ntwo\n".utf8))
    // Somebody else's is none of ours.
    #expect(throws: FileTrouble.self) { try files.append(path, Array("six\n".utf8), at: 4) }
  }

  /// Whoever works longer than the lease lasts keeps it alive until the work is over.
  @Test func aLockIsKeptAliveWhileItsHolderWorks() throws {
    var files = EtcdFiles(
      EtcdDoor([try WebAddress("http://127.0.0.1:2379")], StoreTerms(root: "/w"), world.context()),
      root: "etcd+http://127.0.0.1:2379", clock: world.clock)
    #expect(files.renewal * 2 < EtcdFiles.lockSeconds * 1000, "one that is lost must leave time for another")
    files.renewal = 1
    let path = "etcd+http://127.0.0.1:2379\(Self.journal).lock"
    let renewed = DispatchSemaphore(value: 0)
    etcd.before.withLock { $0 = { if $0.address.path == "/v3/lease/keepalive" { renewed.signal() } } }
    let lock = try files.lock(path, holder: "maya", patience: .zero)
    // An answer that takes as long as three times of that.
    for _ in 0..<3 { #expect(renewed.wait(timeout: .now() + 60) == .success) }
    let asked = try etcd.requests.filter { $0.address.path == "/v3/lease/keepalive" }
      .map { try JSON.parse($0.body ?? [])["ID"]?.text }
    #expect(Set(asked) == ["1"] && etcd.text(Self.journal + ".lock") == "maya")
    lock.release()
    #expect(etcd.text(Self.journal + ".lock") == nil)
    etcd.before.withLock { $0 = { _ in } }
    while renewed.wait(timeout: .now()) == .success {}
    // At most the one that was under way: who has no lock any more asks for nothing.
    etcd.forget()
    let other = try files.lock(path, holder: "lee", patience: .zero)
    other.release()
    let late = etcd.requests.filter { $0.address.path == "/v3/lease/keepalive" }
    #expect(try late.count { try JSON.parse($0.body ?? [])["ID"]?.text == "1" } <= 1)
  }
}
