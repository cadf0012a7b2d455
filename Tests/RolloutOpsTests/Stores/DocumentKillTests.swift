import Synchronization
import Testing

@testable import RolloutOps

/// What a kill asks of a document behind an address, and what it may make of the answers.
@Suite struct DocumentKillTests {
  static let address = DocumentStoreTests.address
  static let keys = (0..<40).map { FlagKey("flag-\($0)") }

  let server = DocumentServer(ManyFlagsTests.document(keys))

  private func world(_ http: (any HTTP)? = nil) -> World {
    let world = World(server: http ?? server)
    world.variables.withLock { $0 = ["ROLLOUT_HTTP_TOKEN": "planted-token"] }
    return world
  }

  private func store(_ world: World, _ address: String = address, kills: Bool = true) throws -> DocumentStore {
    var terms = StoreTerms(root: "/w")
    if kills { terms.deadline = world.clock.now() + TimeSpan(seconds: 30) }
    return try #require(
      try StoreAddress(address).opening(from: "/w", terms, world.context()) as? DocumentStore)
  }

  private func counts() -> [Int] {
    [HTTPRequest.Method.get, .put].map { method in server.requests.count { $0.method == method } }
  }

  private func areOff(_ keys: [FlagKey], in store: DocumentStore) -> Bool {
    store.look(keys).values.allSatisfy { (try? $0.get())?.flag?.serving == .everyone("off") }
  }

  // MARK: Few requests

  @Test func fortyFlagsTakeThreeRequests() throws {
    let store = try store(world())
    let outcomes = store.send(try FileOrdersTests.orders(Self.keys, in: store))
    #expect(outcomes.allSatisfy { $0 == .success(.flag) })
    #expect(areOff(Self.keys, in: store))
    #expect(counts() == [2, 1])
  }

  @Test func aFlagThatStandsSoIsWrittenUnderItsConditionAllTheSame() throws {
    let store = try store(world())
    _ = store.send(try FileOrdersTests.orders(Self.keys, in: store))
    let again = try FileOrdersTests.orders(Self.keys, in: store)
    server.state.withLock { $0.requests = [] }
    #expect(store.send(again).allSatisfy { $0 == .success(.flag) })
    #expect(counts() == [0, 1])
    #expect(server.requests[0].headers.contains { $0.name == "If-Match" })
    // Somebody who was there in between is what only this can tell.
    let stale = try FileOrdersTests.orders(Self.keys, in: store)
    server.fail(.put, .edit("\"off\"", with: "\"on\""))
    #expect(store.send(stale).allSatisfy { $0 == .failure(.changedMeanwhile(path: store.place)) })
  }

  @Test func whatSomebodyElseDidInBetweenIsTheCallersToLookAt() throws {
    let store = try store(world())
    let orders = try FileOrdersTests.orders(Self.keys, in: store)
    server.fail(.put, .edit("\"on\":true", with: "\"on\":1"))
    #expect(store.send(orders).allSatisfy { $0 == .failure(.changedMeanwhile(path: store.place)) })
    #expect(counts() == [1, 1])
  }

  @Test func aChangeThatTheServerMindsKeepsNoOtherOn() throws {
    let store = try store(world())
    let orders = try FileOrdersTests.orders(Array(Self.keys.prefix(3)), in: store)
    server.fail(.put, .answer(422))
    #expect(store.send(orders).allSatisfy { $0 == .success(.flag) })
    #expect(areOff(Array(Self.keys.prefix(3)), in: store))
  }

  // MARK: Conditions

  /// Apache's tag is weak for a second after each write.
  @Test func aWeakTagIsLookedAtAgain() throws {
    let world = world()
    let store = try store(world)
    server.state.withLock { $0.isWeak = true }
    let orders = try FileOrdersTests.orders(Self.keys, in: store)
    world.clock.onPause { [server] _ in server.state.withLock { $0.isWeak = false } }
    #expect(store.send(orders).allSatisfy { $0 == .success(.flag) })
    #expect(server.requests.last?.headers.contains { $0.name == "If-Match" } == true)
    #expect(store.caveats == [store.lapse].compactMap(\.self) && store.lapse?.hasPrefix("whether ") == true)
  }

  @Test func aTagThatStaysWeakGuardsNothingAndThatIsSaid() throws {
    let world = world()
    let store = try store(world)
    server.state.withLock { $0.isWeak = true }
    let start = world.clock.now()
    #expect(store.send(try FileOrdersTests.orders(Self.keys, in: store)).allSatisfy { $0 == .success(.flag) })
    #expect((1_500_000...2_000_000).contains(world.clock.now().microseconds - start.microseconds))
    #expect(store.caveats.first?.contains("not guarded, since \(store.place) came without a strong") == true)
    // The next change needs no such wait: it is known now.
    let later = world.clock.now()
    _ = store.send(try FileOrdersTests.orders(Self.keys, in: store))
    #expect(world.clock.now() == later)
  }

  /// Nothing would notice what came in between: the second goes out after a look of its own.
  @Test func withoutAConditionNothingIsSentTwiceBeforeALook() throws {
    let store = try store(world())
    server.state.withLock { $0.tags = false }
    let orders = try FileOrdersTests.orders(Self.keys, in: store)
    server.fail(.put, .unanswered)
    #expect(store.send(orders).allSatisfy { if case .failure(.unanswered) = $0 { true } else { false } })
    #expect(store.send(orders).allSatisfy { $0 == .failure(.changedMeanwhile(path: store.place)) })
    #expect(counts() == [2, 1], "it landed, which the look before the second one shows")
  }

  @Test func aChangeSentElsewhereOnTheSameServerGoesThere() throws {
    let store = try store(world())
    let orders = try FileOrdersTests.orders(Self.keys, in: store)
    server.fail(.put, .answer(307, [HTTPRequest.Header("location", "/real/flags.json")]))
    #expect(store.send(orders).allSatisfy { $0 == .success(.flag) })
    #expect(server.requests.last?.address.path == "/real/flags.json")
    let more = try FileOrdersTests.orders(Self.keys, in: store)
    server.fail(.put, .answer(307, [HTTPRequest.Header("location", "http://elsewhere.example.com/flags.json")]))
    #expect(store.send(more).allSatisfy { if case .failure(.refused) = $0 { true } else { false } })
  }

  /// A page for people says nothing of flags.
  @Test func theFormOfALoginIsNeitherADocumentNorAnAnswer() throws {
    let page = "<html><form action='/login'><input type='password'></form></html>"
    let store = try store(world())
    server.fail(.get, .answer(200, [], page), times: 2)
    let trouble = #expect(throws: StoreTrouble.self) { try #require(store.look([Self.keys[0]])[Self.keys[0]]).get() }
    #expect(trouble.map { Sentences.store($0)[0].contains("a login page, and no flags") } == true)
    let orders = try FileOrdersTests.orders(Self.keys, in: store)
    server.fail(.put, .answer(200, [], page))
    #expect(store.send(orders).allSatisfy { if case .failure(.refused) = $0 { true } else { false } })
  }

  // MARK: Caches

  @Test(arguments: MemoryCache.Kind.allCases) func aKillSeesTheSourceBehindACache(kind: MemoryCache.Kind) throws {
    let cache = MemoryCache(server, kind)
    let world = world(cache)
    let there = try store(self.world())
    let before = server.text
    #expect(there.send(try FileOrdersTests.orders(Self.keys, in: there)).allSatisfy { $0 == .success(.flag) })
    cache.serve(try WebAddress(Self.address))
    // Restored at the source: the cache goes on saying "off".
    server.state.withLock {
      $0.bytes = Array(before.utf8)
      $0.edition += 1
    }
    let store = try store(world)
    let orders = try FileOrdersTests.orders(Self.keys, in: store)
    #expect(orders.allSatisfy { $0.reading.flag?.serving == .everyone("on") })
    #expect(store.send(orders).allSatisfy { $0 == .success(.flag) })
    #expect(areOff(Self.keys, in: store))
    #expect(store.cacheBound == (kind == .telling ? .minutes(2) : nil))
    #expect(store.caveats.contains { $0.contains("up to 2m") } == (kind == .telling))
  }

  /// A query of the address may be a signature, so it is left as it is until a change is refused for what a cache said.
  @Test(arguments: MemoryCache.Kind.allCases) func aQueryOfTheAddressIsLeftAsItIsAsLongAsThatIsGood(
    kind: MemoryCache.Kind
  ) throws {
    let address = Self.address + "?branch=main"
    let cache = MemoryCache(server, kind)
    let world = world(cache)
    cache.serve(try WebAddress(address))
    server.state.withLock { $0.edition += 1 }
    let store = try store(world, address)
    if kind == .silent {
      #expect(
        store.send(try FileOrdersTests.orders(Self.keys, in: store)).allSatisfy {
          $0 == .failure(.changedMeanwhile(path: store.place))
        })
    }
    #expect(store.send(try FileOrdersTests.orders(Self.keys, in: store)).allSatisfy { $0 == .success(.flag) })
    #expect(areOff(Self.keys, in: store))
  }

  @Test func aServerThatTakesNoQueryOfOursIsAskedWithout() throws {
    let store = try store(world())
    server.fail(.get, .answer(400, [], "unknown parameter"))
    #expect((try? store.look([Self.keys[0]])[Self.keys[0]]?.get().flag) != nil)
    #expect(server.requests.map(\.address.query).map { $0 == nil } == [false, true])
    _ = store.look([Self.keys[0]])
    #expect(server.requests.count == 3 && server.requests[2].address.query == nil, "it is not tried again")
  }

  // MARK: The look of last time

  /// An ordinary change leaves what the next kill may begin with.
  @Test func aKillMayBeginWithWhatTheLastChangeLeft() throws {
    let world = world()
    world.files.put("\(try folder(world))/a.journal", "")
    let store = try store(world, kills: false)
    let reading = try store.read(Self.keys[0])
    _ = try store.write(FileOrdersTests.killed(try #require(reading.flag)), replacing: reading, Occasion(.ordinary))
    server.state.withLock { $0.requests = [] }
    let later = try self.store(world)
    let known = try #require(later.remembered([Self.keys[1]])?[Self.keys[1]])
    let order = KillOrder(FileOrdersTests.killed(try #require(known.flag)), over: known, Occasion(.kill))
    #expect(later.send([order]) == [.success(.flag)])
    #expect(areOff([Self.keys[1]], in: later))
    #expect(counts() == [1, 1], "written, and looked at")
    // It does not fit any more, and is not kept by a kill before all is told.
    let stale = try self.store(world)
    let old = try #require(stale.remembered([Self.keys[2]])?[Self.keys[2]])
    let late = KillOrder(FileOrdersTests.killed(try #require(old.flag)), over: old, Occasion(.kill))
    #expect(stale.send([late]) == [.failure(.changedMeanwhile(path: stale.place))])
    _ = later.look([Self.keys[1]])
    later.keepLook()
    #expect(try self.store(world).remembered([Self.keys[1]])?[Self.keys[1]]?.flag?.mark?.killed == true)
  }

  private func folder(_ world: World) throws -> String { try store(world).journalFolder.path }

  @Test func aKeptLookThatWasCutOffIsNone() throws {
    let world = world()
    let path = "\(try folder(world))/last.look"
    world.files.put("\(try folder(world))/a.journal", "")
    let store = try store(world, kills: false)
    let reading = try store.read(Self.keys[0])
    _ = try store.write(FileOrdersTests.killed(try #require(reading.flag)), replacing: reading, Occasion(.ordinary))
    let whole = try #require(world.files.bytes(path))
    #expect(try self.store(world).remembered(Self.keys) != nil)
    for length in [0, 10, whole.count / 2, whole.count - 1] {
      world.files.put(path, Array(whole.prefix(length)))
      #expect(try self.store(world).remembered(Self.keys) == nil)
    }
    #expect(!String(decoding: whole, as: UTF8.self).contains("planted"))
  }
}

/// A cache before a server, as Varnish and nginx are in their usual settings: it keeps what it was given by address, asks
/// nobody as long as it has something, and minds no request's wish.
final class MemoryCache: HTTP {
  enum Kind: CaseIterable, Sendable {
    /// With `Age` and a lifetime.
    case telling
    /// Without a word of it.
    case silent
  }

  private let server: DocumentServer
  private let kind: Kind
  private let kept = Mutex<[String: HTTPAnswer]>([:])

  init(_ server: DocumentServer, _ kind: Kind) { (self.server, self.kind) = (server, kind) }

  /// Somebody asks for it.
  func serve(_ address: WebAddress) {
    var request = HTTPRequest(.get, address)
    request.authorization = Secret("Bearer planted-token")
    _ = try? answer(to: request)
  }

  func answer(to request: HTTPRequest) throws(HTTPTrouble) -> HTTPAnswer {
    guard request.method == .get else { return try server.answer(to: request) }
    let name = request.address.description
    if let known = kept.withLock({ $0[name] }) {
      let age = kind == .telling ? [HTTPRequest.Header("age", "7")] : []
      return HTTPAnswer(status: known.status, headers: known.headers + age, body: known.body)
    }
    let answer = try server.answer(to: request)
    let bound = kind == .telling ? [HTTPRequest.Header("cache-control", "public, max-age=120")] : []
    let told = HTTPAnswer(status: answer.status, headers: answer.headers + bound, body: answer.body)
    kept.withLock { $0[name] = told }
    return told
  }
}
