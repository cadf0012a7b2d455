import Synchronization

@testable import RolloutOps

/// etcd's JSON gateway in memory, as far as the door uses it: zeroes and false are left out, a lost comparison is 200
/// without `succeeded`, unknown members are ignored. What goes wrong on the way a test says beforehand.
final class MemoryEtcd: HTTP {
  struct State: Sendable {
    var keys: [String: (value: [UInt8], created: Int, changed: Int)] = [:]
    var revision = 1
    var leases = 0
    /// The keys of each lease.
    var leased: [Int: [String]] = [:]
    var requests: [HTTPRequest] = []
    /// Changes of the flags alone, for whoever counts them.
    var puts: [String] = []
    /// The cluster's number; without one its answers have none.
    var cluster: UInt64? = 0xC1
    /// Where its members say that they are.
    var places: [String] = []
    /// What is compacted away: a page at an older revision is refused.
    var compacted = 0
  }

  enum Fault: Sendable, CaseIterable {
    case none, lost, unanswered, twice, unavailable, limited, cutButDone503, cutLost
  }

  let state = Mutex(State())
  /// Drawn for every request.
  let fault = Hook<HTTPRequest, Fault> { _ in .none }
  /// Runs before a request is looked at, outside of all locks.
  let before = Hook<HTTPRequest, Void> { _ in }

  func answer(to request: HTTPRequest) throws(HTTPTrouble) -> HTTPAnswer {
    try request.check()
    before(request)
    let fault = self.fault(request)
    return try state.withLock { state -> Result<HTTPAnswer, HTTPTrouble> in
      state.requests.append(request)
      switch fault {
      case .lost: return .failure(request.trouble(.unreachable("refused")))
      case .unavailable: return .success(HTTPAnswer(status: 503, body: Array("<html>busy</html>".utf8)))
      case .limited:
        return .success(HTTPAnswer(status: 429, headers: [HTTPRequest.Header("retry-after", "1")]))
      case .none: return .success(Self.carryOut(request, &state))
      case .twice:
        _ = Self.carryOut(request, &state)
        return .success(Self.carryOut(request, &state))
      case .unanswered:
        _ = Self.carryOut(request, &state)
        return .failure(request.trouble(.cut("reset"), maybeSent: true))
      case .cutLost: return .failure(request.trouble(.cut("reset"), maybeSent: true))
      case .cutButDone503:
        _ = Self.carryOut(request, &state)
        return .success(HTTPAnswer(status: 503))
      }
    }.get()
  }

  func text(_ key: String) -> String? {
    state.withLock { $0.keys[key].map { String(decoding: $0.value, as: UTF8.self) } }
  }

  func put(_ key: String, _ text: String) {
    state.withLock { Self.put(key, Array(text.utf8), &$0) }
  }

  var requests: [HTTPRequest] { state.withLock { $0.requests } }
  func forget() { state.withLock { ($0.requests, $0.puts) = ([], []) } }

  // MARK: The gateway

  private static func carryOut(_ request: HTTPRequest, _ state: inout State) -> HTTPAnswer {
    guard let body = try? JSON.parse(request.body ?? []) else { return HTTPAnswer(status: 400) }
    var answer: JSON
    switch request.address.path {
    case "/v3/kv/range":
      if let revision = body["revision"]?.text.flatMap(Int.init), revision < state.compacted {
        let said: JSON = ["code": 11, "message": "etcdserver: mvcc: required revision has been compacted"]
        return HTTPAnswer(status: 400, body: Array(said.written(.compact).utf8))
      }
      answer = range(body, state)
    case "/v3/cluster/member/list":
      answer = ["members": .array(state.places.map { ["clientURLs": [.string($0)]] })]
    case "/v3/kv/txn": answer = transaction(body, &state)
    case "/v3/lease/grant":
      state.leases += 1
      answer = ["ID": .string(String(state.leases)), "TTL": "60"]
    case "/v3/lease/keepalive":
      let lease = Int(body["ID"]?.text ?? "") ?? 0
      answer = ["result": ["ID": .string(String(lease)), "TTL": state.leased[lease] == nil ? "0" : "60"]]
    case "/v3/lease/revoke":
      for key in state.leased[Int(body["ID"]?.text ?? "") ?? 0] ?? [] { state.keys[key] = nil }
      answer = [:]
    default: return HTTPAnswer(status: 404, body: Array("Not Found".utf8))
    }
    var header: JSON = ["revision": .string(String(state.revision))]
    if let cluster = state.cluster { header = header.setting("cluster_id", to: .string(String(cluster))) }
    answer = answer.setting("header", to: header)
    return HTTPAnswer(status: 200, body: Array(answer.written(.compact).utf8))
  }

  private static func key(_ json: JSON?) -> String {
    String(decoding: json?.text.flatMap { Base64.decoded($0) } ?? [], as: UTF8.self)
  }

  private static func range(_ body: JSON, _ state: State) -> JSON {
    let (start, end) = (key(body["key"]), body["range_end"].map { key($0) })
    let isMeant = { (name: String) in end.map { name >= start && name < $0 } ?? (name == start) }
    let found = state.keys.filter { isMeant($0.key) }.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    guard !found.isEmpty else { return [:] }
    let limit = body["limit"]?.text.flatMap(Int.init) ?? .max
    let items = found.prefix(limit).map { name, item -> JSON in
      var one: JSON = [
        "key": .string(Base64.encoded(name.utf8)), "mod_revision": .string(String(item.changed)),
        "create_revision": .string(String(item.created)),
      ]
      if body["keys_only"] != true, !item.value.isEmpty {
        one = one.setting("value", to: .string(Base64.encoded(item.value)))
      }
      return one
    }
    var answer: JSON = ["kvs": .array(items), "count": .string(String(found.count))]
    if found.count > limit { answer = answer.setting("more", to: true) }
    return answer
  }

  private static func transaction(_ body: JSON, _ state: inout State) -> JSON {
    let holds = (body["compare"]?.items ?? []).allSatisfy { compare in
      let item = state.keys[key(compare["key"])]
      switch compare["target"]?.text {
      case "MOD" where compare["result"] == "LESS":
        return item?.changed ?? 0 < compare["mod_revision"]?.text.flatMap(Int.init) ?? 0
      case "MOD": return String(item?.changed ?? 0) == compare["mod_revision"]?.text
      case "CREATE": return String(item?.created ?? 0) == compare["create_revision"]?.text
      // A comparison without its target is one of versions, and nobody hears of it.
      default: return item == nil
      }
    }
    guard holds else { return [:] }
    let steps = body["success"]?.items ?? []
    if steps.contains(where: { $0["request_range"] == nil }) { state.revision += 1 }
    var responses: [JSON] = []
    for step in steps {
      if let asked = step["request_range"] {
        responses.append(["response_range": range(asked, state)])
      } else if let put = step["request_put"] {
        let name = key(put["key"])
        let value = put["value"]?.text.flatMap { Base64.decoded($0) } ?? []
        state.keys[name] = (value, state.keys[name]?.created ?? state.revision, state.revision)
        state.puts.append(name)
        if let lease = put["lease"]?.text.flatMap(Int.init) { state.leased[lease, default: []].append(name) }
        responses.append(["response_put": [:]])
      } else if let gone = step["request_delete_range"] {
        let (start, end) = (key(gone["key"]), gone["range_end"].map { key($0) })
        for name in state.keys.keys where end.map({ name >= start && name < $0 }) ?? (name == start) {
          state.keys[name] = nil
        }
        responses.append(["response_delete_range": [:]])
      }
    }
    return ["succeeded": true, "responses": .array(responses)]
  }

  private static func put(_ key: String, _ value: [UInt8], _ state: inout State) {
    state.revision += 1
    state.keys[key] = (value, state.keys[key]?.created ?? state.revision, state.revision)
  }
}
