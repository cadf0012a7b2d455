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
    /// What it goes with, if with anything.
    package var lease: Int? = nil
  }

  package enum Premise: Hashable, Sendable {
    case absent(String)
    case unchanged(String, since: Int)
    /// Last changed at this revision of the store or before, or not there.
    case notAfter(String, Int)
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

  /// How many keys are asked for at once; a journal's lines have about a kilobyte.
  private static let page = 2000

  let members: EtcdMembers

  package init(_ addresses: [WebAddress], _ terms: StoreTerms, _ context: Context) {
    members = EtcdMembers(addresses, terms, context)
  }

  /// The same for two doors to one cluster, as far as their addresses tell.
  package var identity: String { members.address }

  // MARK: Reading

  package func get(_ key: String) throws(StoreTrouble) -> Item? { try read([.key(key)])[0].first }

  package func range(_ prefix: String, keysOnly: Bool = false) throws(StoreTrouble) -> [Item] {
    try read([.prefix(prefix, keysOnly: keysOnly)])[0]
  }

  /// Several questions, answered at one and the same revision.
  package func read(_ asked: [Asked]) throws(StoreTrouble) -> [[Item]] {
    for _ in 1..<Self.readings {
      do throws(StoreTrouble) {
        return try read(asked, isPinned: true)
      } catch {
        // Somebody compacted the store between two pages, and what the first one was read at is gone.
        guard EtcdRefusal.isCompacted(error) else { throw error }
      }
    }
    // Where that goes on and on, each page is of its own moment. Whoever kills must not fail for it.
    return try read(asked, isPinned: false)
  }

  private static let readings = 4

  private func read(_ asked: [Asked], isPinned: Bool) throws(StoreTrouble) -> [[Item]] {
    let ranges = asked.map { JSON.object([JSON.Member("request_range", Self.range($0, from: nil, revision: nil))]) }
    let answer = try members.call("/v3/kv/txn", ["success": .array(ranges)], .harmless).json
    let responses = answer["responses"]?.items ?? []
    guard responses.count == asked.count else {
      throw members.unexpected("\(responses.count) answers to \(asked.count)")
    }
    let revision = isPinned ? answer["header"]?["revision"]?.text.flatMap(Int.init) : nil
    var found: [[Item]] = []
    for (question, response) in zip(asked, responses) {
      guard var page = response["response_range"] else { throw members.unexpected("an answer about something else") }
      var items = try items(page)
      while page["more"] == true, let last = items.last {
        page = try members.call(
          "/v3/kv/range", Self.range(question, from: last.key + "\0", revision: revision), .harmless
        ).json
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
      else { throw members.unexpected("a key without its revision") }
      items.append(
        Item(
          key: String(decoding: key, as: UTF8.self), value: value, revision: revision,
          lease: one["lease"]?.text.flatMap(Int.init)))
    }
    return items
  }

  // MARK: Changing

  /// All steps, if all conditions hold; false, and nothing done, where one does not.
  ///
  /// Whoever has conditions that do not hold any more once the change is made may have it sent to another member beside
  /// a slow one. Where they do not hold then, it may be our own doing: a look tells. Without such conditions it is never
  /// sent again after it may have arrived.
  package func commit(
    _ steps: [Step], if conditions: [Premise], _ repeats: Repeats = .underConditions
  ) throws(StoreTrouble) -> Bool {
    let answer = try members.call(
      "/v3/kv/txn", ["compare": .array(conditions.map(Self.compare)), "success": .array(steps.map(Self.request))],
      conditions.isEmpty && repeats == .underConditions ? .never : repeats)
    if answer.json["succeeded"] == true { return true }
    guard answer.isDoubtful else { return false }
    do throws(StoreTrouble) {
      return try stands(steps)
    } catch {
      // Nobody could look: it may be in force.
      guard case .unanswered(let trouble) = error else { throw error }
      throw .unanswered(HTTPTrouble(trouble.method, trouble.place, trouble.reason, maybeSent: true))
    }
  }

  package typealias Repeats = MemberRace.Repeats

  /// Whether everything is as these steps would leave it.
  private func stands(_ steps: [Step]) throws(StoreTrouble) -> Bool {
    let asked = steps.map { step -> Asked in
      switch step {
      case .put(let key, _, _), .delete(let key): .key(key)
      case .deleteAll(let prefix): .prefix(prefix, keysOnly: true)
      }
    }
    return zip(steps, try read(asked)).allSatisfy { step, found in
      if case .put(_, let value, let lease) = step {
        found.first?.value == value && found.first?.lease == lease
      } else {
        found.isEmpty
      }
    }
  }

  private static func compare(_ condition: Premise) -> JSON {
    switch condition {
    case .absent(let key):
      ["key": code(key), "target": "CREATE", "result": "EQUAL", "create_revision": "0"]
    case .unchanged(let key, let revision):
      ["key": code(key), "target": "MOD", "result": "EQUAL", "mod_revision": .string(String(revision))]
    case .notAfter(let key, let revision):
      ["key": code(key), "target": "MOD", "result": "LESS", "mod_revision": .string(String(revision + 1))]
    }
  }

  /// Takes a key away, also from whoever changes it in this moment. Twice is as good as once; but a copy that a hung member
  /// carries out much later must not take away what somebody has put back meanwhile. So it takes only what is no newer
  /// than what the cluster had when it was sent, as far as an answer has told that.
  package func remove(_ key: String) throws(StoreTrouble) {
    for _ in 0..<Self.readings {
      let revision = members.revision
      guard revision > 0 else { break }
      if try commit([.delete(key)], if: [.notAfter(key, revision)], .harmless) { return }
    }
    _ = try commit([.delete(key)], if: [], .harmless)
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
    _ = try members.call("/v3/kv/txn", ["compare": [never], "success": [Self.request(.put(key, []))]], .harmless)
  }

  /// A lease: what is put under it goes when it ends, unless it is ended before.
  package func lease(seconds: Int) throws(StoreTrouble) -> Int {
    let answer = try members.call("/v3/lease/grant", ["TTL": .string(String(seconds))], .harmless).json
    guard let lease = answer["ID"]?.text.flatMap(Int.init) else { throw members.unexpected("a lease without a number") }
    return lease
  }

  /// As if it began now.
  package func keepAlive(lease: Int) throws(StoreTrouble) {
    _ = try members.call("/v3/lease/keepalive", ["ID": .string(String(lease))], .harmless)
  }

  package func end(lease: Int) throws(StoreTrouble) {
    _ = try members.call("/v3/lease/revoke", ["ID": .string(String(lease))], .harmless)
  }

  // MARK: Keys

  private static func code(_ key: String) -> JSON { .string(Base64.encoded(key.utf8)) }

  /// The first key behind all that begin so: the prefix with its last byte raised. No key of ours ends in 0xFF.
  private static func end(of prefix: String) -> [UInt8] {
    var bytes = Array(prefix.utf8)
    if let last = bytes.popLast() { bytes.append(last &+ 1) }
    return bytes
  }
}
