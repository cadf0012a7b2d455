import Synchronization
import Testing

@testable import RolloutOps

/// A server that says yes to a change and keeps what it had: the look after the write finds it out.
@Suite struct LyingServerTests {
  /// Answers changes as the server behind it would, and undoes them.
  private final class Liar: HTTP {
    let server: any HTTP
    let isChange: @Sendable (HTTPRequest) -> Bool
    /// Undoes what is done between the call and the call of the answer.
    let undo: @Sendable () -> @Sendable () -> Void

    init(
      _ server: any HTTP, isChange: @escaping @Sendable (HTTPRequest) -> Bool,
      undo: @escaping @Sendable () -> @Sendable () -> Void
    ) {
      (self.server, self.isChange, self.undo) = (server, isChange, undo)
    }

    func answer(to request: HTTPRequest) throws(HTTPTrouble) -> HTTPAnswer {
      let undone = isChange(request) ? undo() : {}
      defer { undone() }
      return try server.answer(to: request)
    }
  }

  private static let flag = #"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"on"}"#

  private func expectFoundOut(_ address: String, _ server: any HTTP, _ urgency: Urgency) throws {
    let world = World(server: server)
    world.variables.withLock { $0 = ["ROLLOUT_HTTP_TOKEN": "planted-token"] }
    let store = try StoreAddress(address).opening(from: "/w", StoreTerms(root: "/w"), world.context())
    let reading = try store.read(FlagKey("a"))
    let mark = Flag.Mark(killed: urgency == .kill)
    let off = Flag(variants: try #require(reading.flag).variants, serving: .everyone("off"), mark: mark)
    let trouble = try #require(throws: StoreTrouble.self) { try store.write(off, replacing: reading, urgency: urgency) }
    guard case .notAsWritten = trouble else {
      Issue.record("\(trouble)")
      return
    }
    #expect(try store.read(FlagKey("a")).flag?.serving == .everyone("on"))
  }

  @Test(arguments: [Urgency.ordinary, .narrowing, .kill]) func aDocumentThatStays(urgency: Urgency) throws {
    let document = DocumentServer("{\"flags\": {\"a\": \(Self.flag)}}")
    let liar = Liar(document) {
      $0.method == .put
    } undo: {
      let bytes = document.state.withLock { $0.bytes }
      return { document.state.withLock { $0.bytes = bytes } }
    }
    try expectFoundOut(DocumentStoreTests.address, liar, urgency)
  }

  @Test(arguments: [Urgency.ordinary, .narrowing, .kill]) func aKeyInEtcdThatStays(urgency: Urgency) throws {
    let etcd = MemoryEtcd()
    etcd.put("/prod/a", Self.flag)
    let liar = Liar(etcd) {
      ScriptedHTTP.body($0).contains("request_put")
    } undo: {
      let keys = etcd.state.withLock { $0.keys }
      return { etcd.state.withLock { $0.keys = keys } }
    }
    try expectFoundOut(EtcdStoreTests.address, liar, urgency)
  }
}
