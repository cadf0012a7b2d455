import Synchronization

@testable import RolloutOps

/// A server in memory that keeps one flagd document as RFC 9110 has it: `GET` with `ETag`, `PUT` under `If-Match`. What
/// goes wrong on the way a test says beforehand.
final class DocumentServer: HTTP {
  enum Fault: Sendable {
    case nothing
    /// It never arrives.
    case lost
    /// It arrives and is carried out, and the answer never comes back.
    case unanswered
    /// It arrives twice, and the second answer comes back.
    case twice
    /// This answer, and nothing is done.
    case answer(Int, [HTTPRequest.Header] = [], String = "")
    /// Somebody else replaces this text in the document just before the request is carried out.
    case edit(String, with: String)
  }

  struct State: Sendable {
    var bytes: [UInt8]
    var edition = 1
    var requests: [HTTPRequest] = []
    var faults: [(method: HTTPRequest.Method, Fault)] = []
    var tags = true
    var isWeak = false
    /// A change that depends on another state is refused, as it must be.
    var keepsConditions = true
    /// What is sent as a name and password or a token.
    var credentials = "Bearer planted-token"
  }

  let state: Mutex<State>

  init(_ text: String = "{\n  \"flags\": {}\n}\n") { state = Mutex(State(bytes: Array(text.utf8))) }

  var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }
  var requests: [HTTPRequest] { state.withLock { $0.requests } }

  func fail(_ method: HTTPRequest.Method, _ fault: Fault, times: Int = 1) {
    state.withLock { state in for _ in 0..<times { state.faults.append((method, fault)) } }
  }

  func answer(to request: HTTPRequest) throws(HTTPTrouble) -> HTTPAnswer {
    try request.check()
    let outcome = state.withLock { state -> Result<HTTPAnswer, HTTPTrouble> in
      state.requests.append(request)
      // Nothing goes wrong with the question whether conditions are kept: faults are meant for changes.
      let fault =
        Self.isProof(request)
        ? nil : state.faults.firstIndex { $0.method == request.method }.map { state.faults.remove(at: $0).1 }
      switch fault {
      case .lost: return .failure(request.trouble(.unreachable("connection refused")))
      case .unanswered:
        _ = Self.carryOut(request, &state)
        return .failure(request.trouble(.cut("the connection ended"), maybeSent: true))
      case .twice:
        _ = Self.carryOut(request, &state)
        return .success(Self.carryOut(request, &state))
      case .answer(let status, let headers, let text):
        return .success(HTTPAnswer(status: status, headers: headers, body: Array(text.utf8)))
      case .edit(let old, let new):
        let text = String(decoding: state.bytes, as: UTF8.self)
        state.bytes = Array(text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new).utf8)
        state.edition += 1
        return .success(Self.carryOut(request, &state))
      case .nothing, nil: return .success(Self.carryOut(request, &state))
      }
    }
    return try outcome.get()
  }

  static func isProof(_ request: HTTPRequest) -> Bool {
    request.headers.contains { $0.value == DocumentStore.strangeTag }
  }

  private static func carryOut(_ request: HTTPRequest, _ state: inout State) -> HTTPAnswer {
    guard request.authorization?.plain == state.credentials else {
      return HTTPAnswer(status: 401, body: Array(#"{"message":"who are you?"}"#.utf8))
    }
    let tag = "\(state.isWeak ? "W/" : "")\"\(state.edition)\""
    let headers = state.tags ? [HTTPRequest.Header("etag", tag)] : []
    guard request.method == .put else { return HTTPAnswer(status: 200, headers: headers, body: state.bytes) }
    if let wanted = request.headers.first(where: { $0.name == "If-Match" })?.value, wanted != tag,
      state.keepsConditions
    {
      return HTTPAnswer(status: 412)
    }
    state.bytes = request.body ?? []
    state.edition += 1
    return HTTPAnswer(status: 204)
  }
}
