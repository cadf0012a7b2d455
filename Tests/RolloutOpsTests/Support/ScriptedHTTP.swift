import Synchronization
import Testing

@testable import RolloutOps

/// Servers that say what the test wrote down: each stub answers once, in the order in which they stand, and only the
/// request that it is for. Everything else fails the test, and so does a stub that nobody asked for.
final class ScriptedHTTP: HTTP {
  struct Stub: Sendable {
    let name: String
    let matches: @Sendable (HTTPRequest) -> Bool
    let outcome: Result<HTTPAnswer, HTTPTrouble>
  }

  private let stubs: Mutex<[Stub]>
  private let seen = Mutex<[HTTPRequest]>([])

  init(_ stubs: [Stub] = []) { self.stubs = Mutex(stubs) }

  var requests: [HTTPRequest] { seen.withLock { $0 } }
  var unused: [String] { stubs.withLock { $0.map(\.name) } }

  func add(_ stub: Stub) { stubs.withLock { $0.append(stub) } }

  func answer(to request: HTTPRequest) throws(HTTPTrouble) -> HTTPAnswer {
    try request.check()
    seen.withLock { $0.append(request) }
    let stub = stubs.withLock { stubs in
      stubs.firstIndex { $0.matches(request) }.map { stubs.remove(at: $0) }
    }
    guard let stub else {
      Issue.record("nobody expected \(request.method.rawValue) \(request.address) \(Self.body(request))")
      throw request.trouble(.unsupported("no stub"))
    }
    return try stub.outcome.get()
  }

  static func body(_ request: HTTPRequest) -> String { String(decoding: request.body ?? [], as: UTF8.self) }
}

extension ScriptedHTTP.Stub {
  static func answer(
    _ method: HTTPRequest.Method, _ address: String, _ status: Int = 200, headers: [HTTPRequest.Header] = [],
    _ body: String = ""
  ) -> Self {
    Self(
      name: "\(method.rawValue) \(address)",
      matches: { $0.method == method && $0.address.description == address },
      outcome: .success(HTTPAnswer(status: status, headers: headers, body: Array(body.utf8))))
  }

  static func trouble(_ method: HTTPRequest.Method, _ address: String, _ reason: HTTPTrouble.Reason) -> Self {
    Self(
      name: "\(method.rawValue) \(address)",
      matches: { $0.method == method && $0.address.description == address },
      outcome: .failure(HTTPTrouble(method.rawValue, address, reason)))
  }
}
