import Glibc
import Synchronization
import Testing

@testable import RolloutOps

/// Several members, some of which say nothing, refuse, or answer when it is too late; and which cluster it is that they
/// belong to.
@Suite struct EtcdMembersTests {
  static let three = "etcd+http://127.0.0.1:2379,127.0.0.2:2379,127.0.0.3:2379/prod"
  static let flag = #"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"on"}"#
  static let key = FlagKey("ai-summary")

  let etcd = MemoryEtcd()
  let world: World

  init() { world = World(note: EtcdStoreTests.note, server: etcd) }

  private func store(_ address: String = three) throws -> any FlagStore {
    try StoreAddress(address).opening(from: "/w", StoreTerms(root: "/w"), world.context())
  }

  /// A member that keeps what it was sent and says nothing until the test is over.
  private final class Gate: Sendable {
    private let isOpen = Mutex(false)
    func open() { isOpen.withLock { $0 = true } }
    func wait() { while !isOpen.withLock({ $0 }) { usleep(200) } }
  }

  private func order(_ reading: FlagReading) throws -> KillOrder {
    var flag = try #require(reading.flag)
    (flag.serving, flag.mark) = (.everyone("off"), .init(killed: true))
    return KillOrder(flag, over: reading, Occasion(.kill))
  }

  /// The first change that is sent goes wrong so, whoever gets it.
  private func faultOnce(_ fault: MemoryEtcd.Fault) {
    let isOver = Mutex(false)
    etcd.fault.withLock {
      $0 = { request in
        guard ScriptedHTTP.body(request).contains("request_put") else { return .none }
        return isOver.withLock { isOver in
          defer { isOver = true }
          return isOver ? .none : fault
        }
      }
    }
  }

  @Test func aMemberThatHangsKeepsNobodyWaitingAndIsAskedLastFromThenOn() throws {
    etcd.put("/prod/ai-summary", Self.flag)
    let gate = Gate()
    defer { gate.open() }
    etcd.before.withLock { $0 = { if $0.address.host == "127.0.0.1" { gate.wait() } } }
    let store = try store()
    let reading = try #require(store.look([Self.key])[Self.key]).get()
    #expect(reading.flag != nil)
    #expect(try store.send([order(reading)]).map { try $0.get() } == [.flag])
    // On a busy machine the third may have been asked too.
    #expect(etcd.requests.allSatisfy { $0.address.host != "127.0.0.1" })
    #expect(etcd.state.withLock { $0.puts } == ["/prod/ai-summary"])
  }

  /// The first copy was carried out and its answer does not come: the second finds its condition gone.
  @Test func aChangeThatWasCarriedOutBeforeIsNoConflict() throws {
    etcd.put("/prod/ai-summary", Self.flag)
    let store = try store()
    let reading = try #require(store.look([Self.key])[Self.key]).get()
    faultOnce(.unanswered)
    #expect(try store.send([order(reading)]).map { try $0.get() } == [.flag])
    #expect(etcd.state.withLock { $0.puts } == ["/prod/ai-summary"], "carried out once")
    // Somebody else's change is a conflict all the same.
    let other = try #require(store.look([Self.key])[Self.key]).get()
    faultOnce(.cutLost)
    etcd.put("/prod/ai-summary", Self.flag)
    #expect(throws: StoreTrouble.self) { try store.send([order(other)])[0].get() }
  }

  @Test func anUnconditionalChangeIsNeverSentToASecondMemberAfterItMayHaveArrived() throws {
    etcd.put("/journals/a@000000000000", "x")
    let folder = try StoreAddress(Self.three).folder(StoreTerms(root: "/w"), world.context())
    etcd.fault.withLock { $0 = { ScriptedHTTP.body($0).contains("request_delete") ? .unanswered : .none } }
    let root = String(folder.path.dropLast("/prod".count))
    #expect(throws: FileTrouble.self) { try folder.files.remove(root + "/journals/a") }
    #expect(etcd.requests.count { ScriptedHTTP.body($0).contains("request_delete") } == 1)
  }

  @Test func aDeletionThatAHungMemberCarriesOutLateTakesNothingAwayThatWasPutBack() throws {
    etcd.put("/prod/ai-summary", Self.flag)
    let store = try store("etcd+http://127.0.0.1:2379/prod")
    _ = store.look([Self.key])
    // Changed since the look, and in the moment itself: it is taken away all the same.
    etcd.put("/prod/ai-summary", Self.flag)
    try store.switchOff(Self.key, Occasion(.kill))
    #expect(etcd.text("/prod/ai-summary") == nil)
    let late = try #require(etcd.requests.last)
    etcd.put("/prod/ai-summary", Self.flag)
    _ = try etcd.answer(to: late)
    #expect(etcd.text("/prod/ai-summary") == Self.flag)
    // Where nobody looked before it is one request.
    etcd.forget()
    try self.store("etcd+http://127.0.0.1:2379/prod").switchOff(Self.key, Occasion(.kill))
    #expect(etcd.text("/prod/ai-summary") == nil && etcd.requests.count == 1)
  }

  // MARK: Which cluster it is

  private func isSame(_ kept: String, _ address: String, ownJournal: Bool = false) throws -> Bool {
    let store = try store(address)
    _ = try store.read(Self.key)
    return store.isMeant(by: kept, keepingItsJournal: ownJournal)
  }

  @Test func theClustersNumberTellsWhichStoreItIs() throws {
    let store = try store()
    #expect(store.lasting == store.identity, "nobody has answered yet")
    _ = try store.read(Self.key)
    #expect(store.lasting == store.identity + "#c1")
    #expect(try isSame("etcd+http://elsewhere:1/prod#c1", Self.three), "another member of it")
    #expect(try !isSame("etcd+http://elsewhere:1/test#c1", Self.three), "other flags of it")
    #expect(try !isSame("etcd+http://127.0.0.2:2379/prod#c2", Self.three), "another cluster at the same place")
    #expect(try isSame("etcd+http://127.0.0.2:2379/prod#c2", Self.three, ownJournal: true), "made anew from a backup")
    #expect(try !isSame("etcd+http://elsewhere:1/prod#c2", Self.three, ownJournal: true), "a copy of it")
    #expect(try !isSame("file:flags.json", Self.three) && !isSame("", Self.three))
  }

  @Test func aJournalThatKnowsMembersAloneMeansTheClusterThatHasOneOfThem() throws {
    #expect(try isSame("etcd+http://127.0.0.3:2379,http://127.0.0.9:2379/prod", Self.three))
    #expect(try !isSame("etcd+http://127.0.0.9:2379/prod", Self.three))
    etcd.state.withLock { $0.places = ["http://127.0.0.9:2379", "http://127.0.0.1:2379"] }
    #expect(try isSame("etcd+http://127.0.0.9:2379/prod", Self.three), "the address names others of them")
  }

  /// A journal of before, in which the members' addresses stand, and today's answers, which name the cluster.
  @Test func aRolloutThatWasStartedOnAnotherListOfMembersGoesOn() throws {
    etcd.state.withLock { $0.cluster = nil }
    world.files.put(World.note, SampleNote.saying("Store", nil) + "\nJournal: journals\n")
    func promote(on members: String) throws -> MoveReport {
      world.variables.withLock { $0 = ["ROLLOUT_STORE": "etcd+http://\(members)/prod"] }
      return try world.move(.promote, reason: "seen") { request in
        if etcd.text("/prod/ai-summary") != nil { request.override = "parse failures above 2%" }
      }
    }
    #expect(try promote(on: "127.0.0.1:2379,127.0.0.2:2379").status == .done)
    etcd.state.withLock { $0.cluster = 7 }
    #expect(try promote(on: "127.0.0.5:2379").status == .conflict, "no member of it, as far as anybody knows")
    #expect(try promote(on: "127.0.0.2:2379,127.0.0.4:2379").status == .done)
  }
}
