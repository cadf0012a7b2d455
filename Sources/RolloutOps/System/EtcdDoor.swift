import Synchronization

/// etcd's JSON gateway (v3): keys and values, and changes that happen under conditions, all of them or none.
///
/// What the gateway does not say is false or nothing: it leaves zeroes out. Members that it does not know it ignores, so a
/// misspelt condition would be none; they are written in one place, below.
package struct EtcdDoor: Sendable {
  package struct Item: Hashable, Sendable {
    package let key: String
    package let value: [UInt8]
    /// The revision of the store at which it was last changed.
    package let revision: Int
  }

  package enum Condition: Hashable, Sendable {
    case absent(String)
    case unchanged(String, since: Int)
  }

  package enum Step: Hashable, Sendable {
    case put(String, [UInt8], lease: Int? = nil)
    case delete(String)
    /// Every key that begins so.
    case deleteAll(String)
  }

  package enum Asked: Hashable, Sendable {
    case key(String)
    case prefix(String, keysOnly: Bool = false)
  }

  static let (userVariable, passwordVariable) = ("ETCD_USERNAME", "ETCD_PASSWORD")
  /// How many keys are asked for at once; a journal's lines have about a kilobyte.
  private static let page = 2000

  /// The members of the cluster, each by its own address; whoever answers is asked first the next time.
  let members: [StoreClient]
  private let terms: StoreTerms
  private let context: Context
  private let state = SharedState()

  private final class SharedState: Sendable {
    let value = Mutex<(first: Int, token: Secret?)>((0, nil))
  }

  package init(_ addresses: [WebAddress], _ terms: StoreTerms, _ context: Context) {
    (self.terms, self.context) = (terms, context)
    members = addresses.map { StoreClient($0, terms, context, variable: Self.passwordVariable) }
  }

  /// The same for two doors to one cluster, as far as their addresses tell.
  package var identity: String { members.map(\.base.place).joined(separator: ",") }

  /// A file of certificates to trust in place of the system's.
  var authorities: String? { terms.authorities }

  // MARK: Reading

  package func get(_ key: String) throws(StoreTrouble) -> Item? { try read([.key(key)])[0].first }

  package func range(_ prefix: String, keysOnly: Bool = false) throws(StoreTrouble) -> [Item] {
    try read([.prefix(prefix, keysOnly: keysOnly)])[0]
  }

  /// Several questions, answered at one and the same revision.
  package func read(_ asked: [Asked]) throws(StoreTrouble) -> [[Item]] {
    let ranges = asked.map { JSON.object([JSON.Member("request_range", Self.range($0, from: nil, revision: nil))]) }
    let answer = try call("/v3/kv/txn", ["success": .array(ranges)], isRepeatable: true)
    let responses = answer["responses"]?.items ?? []
    guard responses.count == asked.count else { throw unexpected("\(responses.count) answers to \(asked.count)") }
    let revision = answer["header"]?["revision"]?.text.flatMap(Int.init)
    var found: [[Item]] = []
    for (question, response) in zip(asked, responses) {
      guard var page = response["response_range"] else { throw unexpected("an answer about something else") }
      var items = try items(page)
      while page["more"] == true, let last = items.last {
        page = try call(
          "/v3/kv/range", Self.range(question, from: last.key + "\0", revision: revision), isRepeatable: true)
        items += try self.items(page)
      }
      found.append(items)
    }
    return found
  }

  private static func range(_ asked: Asked, from start: String?, revision: Int?) -> JSON {
    var members: [JSON.Member] = []
    switch asked {
    case .key(let key): members.append(JSON.Member("key", code(key)))
    case .prefix(let prefix, let keysOnly):
      members = [
        JSON.Member("key", code(start ?? prefix)), JSON.Member("range_end", .string(Base64.encoded(end(of: prefix)))),
        JSON.Member("limit", .string(String(page))), JSON.Member("sort_target", "KEY"),
        JSON.Member("sort_order", "ASCEND"),
      ]
      if keysOnly { members.append(JSON.Member("keys_only", true)) }
    }
    if let revision { members.append(JSON.Member("revision", .string(String(revision)))) }
    return .object(members)
  }

  private func items(_ answer: JSON) throws(StoreTrouble) -> [Item] {
    var items: [Item] = []
    for one in answer["kvs"]?.items ?? [] {
      guard let key = one["key"]?.text.flatMap(Base64.decoded), let value = Base64.decoded(one["value"]?.text ?? ""),
        let revision = one["mod_revision"]?.text.flatMap(Int.init)
      else { throw unexpected("a key without its revision") }
      items.append(Item(key: String(decoding: key, as: UTF8.self), value: value, revision: revision))
    }
    return items
  }

  // MARK: Changing

  /// All steps, if all conditions hold; false, and nothing done, where one does not.
  ///
  /// It is never repeated after it may have arrived: the first one could have been carried out, and then its own
  /// conditions do not hold any more.
  package func commit(_ steps: [Step], if conditions: [Condition]) throws(StoreTrouble) -> Bool {
    let answer = try call(
      "/v3/kv/txn", ["compare": .array(conditions.map(Self.compare)), "success": .array(steps.map(Self.request))],
      isRepeatable: false)
    return answer["succeeded"] == true
  }

  private static func compare(_ condition: Condition) -> JSON {
    switch condition {
    case .absent(let key):
      ["key": code(key), "target": "CREATE", "result": "EQUAL", "create_revision": "0"]
    case .unchanged(let key, let revision):
      ["key": code(key), "target": "MOD", "result": "EQUAL", "mod_revision": .string(String(revision))]
    }
  }

  private static func request(_ step: Step) -> JSON {
    switch step {
    case .put(let key, let value, let lease):
      var put = JSON.object([JSON.Member("key", code(key)), JSON.Member("value", .string(Base64.encoded(value)))])
      if let lease { put = put.setting("lease", to: .string(String(lease))) }
      return ["request_put": put]
    case .delete(let key): return ["request_delete_range": ["key": code(key)]]
    case .deleteAll(let prefix):
      return ["request_delete_range": ["key": code(prefix), "range_end": .string(Base64.encoded(end(of: prefix)))]]
    }
  }

  /// Whether this key may be put, asked without putting it: no key was made before the first revision, so the condition
  /// never holds, and etcd looks at the rights of what would follow all the same.
  package func checkPut(_ key: String) throws(StoreTrouble) {
    let never: JSON = ["key": Self.code(key), "target": "CREATE", "result": "LESS", "create_revision": "0"]
    _ = try call(
      "/v3/kv/txn", ["compare": [never], "success": [Self.request(.put(key, []))]], isRepeatable: true)
  }

  /// What one member says of itself. Most versions ask nobody who they are for it, and without a majority nobody gets a
  /// token.
  func status(of member: StoreClient) throws(StoreTrouble) -> HTTPAnswer {
    let path = "/v3/maintenance/status"
    let open = try ask(member, path, [:], nil, isRepeatable: true)
    guard [400, 401, 403].contains(open.status) else { return open }
    return try answer(member, path, [:], isRepeatable: true)
  }

  /// A lease: what is put under it goes when it ends, unless it is ended before.
  package func lease(seconds: Int) throws(StoreTrouble) -> Int {
    let answer = try call("/v3/lease/grant", ["TTL": .string(String(seconds))], isRepeatable: true)
    guard let lease = answer["ID"]?.text.flatMap(Int.init) else { throw unexpected("a lease without a number") }
    return lease
  }

  package func end(lease: Int) throws(StoreTrouble) {
    _ = try call("/v3/lease/revoke", ["ID": .string(String(lease))], isRepeatable: true)
  }

  // MARK: Calling

  private static func code(_ key: String) -> JSON { .string(Base64.encoded(key.utf8)) }

  /// The first key behind all that begin so: the prefix with its last byte raised. No key of ours ends in 0xFF.
  private static func end(of prefix: String) -> [UInt8] {
    var bytes = Array(prefix.utf8)
    if let last = bytes.popLast() { bytes.append(last &+ 1) }
    return bytes
  }

  /// From member to member until one answers; one that says it knows no such token gets a new one, once.
  private func call(_ path: String, _ body: JSON, isRepeatable: Bool) throws(StoreTrouble) -> JSON {
    let first = state.value.withLock { $0.first }
    var failure: StoreTrouble?
    for turn in members.indices {
      let index = (first + turn) % members.count
      do throws(StoreTrouble) {
        let answer = try call(members[index], path, body, isRepeatable: isRepeatable)
        state.value.withLock { $0.first = index }
        return answer
      } catch {
        // One that answers for itself, or hangs, says more about the cluster than one that is away.
        if failure == nil || !error.isUnreachable { failure = error }
        // Another member may carry it out a second time, unless it never left or twice is as good as once.
        guard case .unanswered(let trouble) = error, isRepeatable || !trouble.maybeSent else { break }
      }
    }
    throw failure.map { quorum($0) } ?? unexpected("no member is named")
  }

  private func call(
    _ member: StoreClient, _ path: String, _ body: JSON, isRepeatable: Bool
  ) throws(StoreTrouble) -> JSON {
    try member.json(member.proven(answer(member, path, body, isRepeatable: isRepeatable)))
  }

  private func answer(
    _ member: StoreClient, _ path: String, _ body: JSON, isRepeatable: Bool
  ) throws(StoreTrouble) -> HTTPAnswer {
    var token = state.value.withLock { $0.token }
    if token == nil { token = try authenticated(member) }
    var answer = try ask(member, path, body, token, isRepeatable: isRepeatable)
    if answer.status == 401, token != nil {
      // Tokens end after a while, and with the member that gave them.
      token = try authenticated(member)
      answer = try ask(member, path, body, token, isRepeatable: isRepeatable)
    }
    if answer.status == 400, answer.text.contains("user name is empty") {
      throw .refused(ServerRefusal(member.base.place, status: 400, .noToken(variable: Self.variables)))
    }
    return answer
  }

  private static let variables = "\(userVariable) and \(passwordVariable)"

  private func ask(
    _ member: StoreClient, _ path: String, _ body: JSON, _ token: Secret?, isRepeatable: Bool
  ) throws(StoreTrouble) -> HTTPAnswer {
    var request = HTTPRequest(.post, member.base.below(path))
    request.headers = [HTTPRequest.Header("Content-Type", "application/json")]
    request.authorization = token
    request.body = Array(body.written(.compact).utf8)
    request.isWrite = !isRepeatable
    (request.allowsPlain, request.authorities) = (terms.allowsPlain, terms.authorities)
    return try member.answer(to: request, isRepeatable: isRepeatable)
  }

  /// A token for the user that the environment names; nil where it names none.
  private func authenticated(_ member: StoreClient) throws(StoreTrouble) -> Secret? {
    let variables = context.surroundings.variables
    guard let user = variables[Self.userVariable], !user.isEmpty, let password = variables[Self.passwordVariable]
    else { return nil }
    let answer = try ask(
      member, "/v3/auth/authenticate", ["name": .string(user), "password": .string(password)], nil, isRepeatable: true)
    guard answer.isSuccess else {
      // A cluster that asks nobody who they are says so; then nobody needs to.
      if answer.text.contains("authentication is not enabled") { return nil }
      // A wrong password is a bad request to etcd; a server that is asked too often, or fails, says nothing of it.
      if [400, 401, 403].contains(answer.status) {
        throw .refused(
          ServerRefusal(member.base.place, status: answer.status, .credentials(variable: Self.variables)))
      }
      throw .refused(member.refusal(answer))
    }
    guard let token = try member.json(answer)["token"]?.text else { throw unexpected("no token") }
    state.value.withLock { $0.token = Secret(token) }
    return Secret(token)
  }

  private func unexpected(_ why: String) -> StoreTrouble {
    .refused(ServerRefusal(identity, status: 200, .unexpected(why)))
  }

  /// A member that answers for itself, and not for the cluster, has lost most of the others.
  private func quorum(_ trouble: StoreTrouble) -> StoreTrouble {
    switch trouble {
    case .unanswered(let http): guard case .timeout = http.reason else { return trouble }
    case .refused(let refusal): guard refusal.reason == .fault else { return trouble }
    default: return trouble
    }
    for member in members {
      var request = HTTPRequest(.get, member.base.below("/health"))
      (request.allowsPlain, request.authorities) = (terms.allowsPlain, terms.authorities)
      request.limits.totalMilliseconds = 1000
      guard let answer = try? context.http.answer(to: request) else { continue }
      if !answer.isSuccess || answer.text.contains("false") {
        return .refused(ServerRefusal(identity, status: answer.status, .noQuorum))
      }
    }
    return trouble
  }
}

extension StoreTrouble {
  fileprivate var isUnreachable: Bool {
    if case .unanswered(let trouble) = self, case .unreachable = trouble.reason { true } else { false }
  }
}
