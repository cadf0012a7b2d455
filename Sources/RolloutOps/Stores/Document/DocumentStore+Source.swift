/// The two requests that a document is worked with: a GET that no cache between should answer, and a PUT that depends on
/// what the GET saw.
extension DocumentStore {
  /// One look at the document, and what its server calls this state of it.
  struct Look: Hashable, Sendable {
    let bytes: [UInt8]
    let tag: String?

    static let none = Look(bytes: [], tag: nil)

    /// Whether a change can be made to depend on it. A weak tag names many documents: no server may take it for the
    /// condition of a write (RFC 9110, 13.1.1).
    var isGuarded: Bool { tag.map { !$0.hasPrefix("W/") } ?? false }
  }

  /// What was found out about the server so far, for everybody who works with this store.
  final class Memory: Sendable {
    struct Facts: Sendable {
      var last: Look?
      /// How many looks went out: no two of them ask for the same address, which a cache could know.
      var looks = 0
      /// Whether a query of ours is put behind the address; nil where nobody tried.
      var takesQuery: Bool?
      /// A cache answered although it was asked not to, and nothing gets past it.
      var isOutOfReach = false
      /// The tag on which the server would not make a change.
      var refused: String?
      /// Its tags stay weak, however long one waits.
      var isWeak = false
      /// A change went out that nothing guarded.
      var wasUnguarded = false
      /// A change was taken.
      var hasChanged = false
      /// Whether a change that depends on another tag is refused, as it must be; nil where nobody saw it.
      var keepsConditions: Bool?
      /// A change was refused over the very state that is served, again: what is served is a copy.
      var isCopied = false
      var signs: CacheSigns?
      /// The document that our last change took the place of, where that was another one.
      var replaced: Look?
    }

    private let facts = Remembered<Facts>()

    init() { facts.last = Facts() }

    @discardableResult
    func with<Answer>(_ body: (inout Facts) -> Answer) -> Answer {
      var answer: Answer?
      facts.change { answer = body(&$0) }
      if let answer { return answer }
      var none = Facts()
      return body(&none)
    }

    var now: Facts { facts.last ?? Facts() }
  }

  // MARK: Reading

  /// The document at its source: the way that was good so far, and another one where a cache answers all the same, or
  /// where the tag comes again on which the server would not make a change.
  func freshLook() throws(StoreTrouble) -> Look {
    let facts = memory.now
    let own = client.base.query
    // A query of the address may be a signature, which one more word breaks: it is only tried where it has to be.
    let isPast = facts.takesQuery ?? (own == nil)
    var answer = try get(past: isPast)
    if isPast, !isDocument(answer), mayMindQuery(answer) {
      let plain = try get(past: false)
      memory.with { $0.takesQuery = false }
      answer = plain
    } else if !isPast && facts.takesQuery == nil && CacheSigns(answer).isKept
      || facts.refused != nil && answer["etag"] == facts.refused
    {
      let other = try? get(past: !isPast)
      let isBetter = other.map { isDocument($0) && !CacheSigns($0).isKept && $0["etag"] != facts.refused } ?? false
      if let other, isBetter { answer = other }
      memory.with { $0.takesQuery = isBetter != isPast }
    }
    answer = try whole(answer, past: memory.now.takesQuery ?? isPast)
    let signs = CacheSigns(answer)
    let look = Look(bytes: try document(answer), tag: answer["etag"])
    // Some caches say nothing of themselves; that it is one, a refused condition has shown then.
    let isOld = look == facts.replaced && (signs.isKept || look.tag == facts.refused)
    memory.with { facts in
      (facts.signs, facts.isOutOfReach) = (signs, signs.isKept)
      // A server whose tag stays the same under a change lets nobody depend on it.
      if let old = facts.replaced, old.tag == look.tag, old.bytes != look.bytes { facts.keepsConditions = false }
      facts.last = isOld ? nil : look
    }
    // The server took our change, and what answers here has not heard of it.
    if isOld {
      throw client.unexpected(answer, "the document as it was before the change, out of a cache between")
    }
    return look
  }

  /// Some servers empty the document before they write it anew, as WsgiDAV does: who moves waits for that moment to pass.
  private func whole(_ answer: HTTPAnswer, past: Bool) throws(StoreTrouble) -> HTTPAnswer {
    var answer = answer
    for _ in 0..<Self.emptyRounds where answer.isSuccess && answer.body.isEmpty && client.terms.deadline == nil {
      client.context.clock.pause(microseconds: Self.emptyPause)
      answer = try get(past: past)
    }
    return answer
  }

  private static let (emptyRounds, emptyPause) = (10, 50_000)

  /// `past` puts a word behind the address that no cache has seen. `no-cache` alone gets past some caches and not past
  /// others.
  private func get(past: Bool) throws(StoreTrouble) -> HTTPAnswer {
    let number = memory.with { facts -> Int in
      facts.looks += 1
      return facts.looks
    }
    var query = client.base.query
    if past {
      let word =
        "rolloutctl=\(client.context.clock.now().microseconds)-\(client.context.surroundings.process)-\(number)"
      query = query.map { "\($0)&\(word)" } ?? word
    }
    return try client.answer(
      .get, "", query: query, headers: [HTTPRequest.Header("Cache-Control", "no-cache")], isRepeatable: true)
  }

  private func isDocument(_ answer: HTTPAnswer) -> Bool {
    answer.isSuccess && !isPage(answer)
  }

  /// Whether the word behind the address may be what the server minds.
  private func mayMindQuery(_ answer: HTTPAnswer) -> Bool {
    answer.isSuccess || (300..<400).contains(answer.status) || [400, 403, 404, 405, 414, 422].contains(answer.status)
  }

  private func document(_ answer: HTTPAnswer) throws(StoreTrouble) -> [UInt8] {
    if answer.status == 404 {
      throw .refused(ServerRefusal(client.base.place, status: 404, .missing("the flag document \(client.base.path)")))
    }
    let body = try client.proven(answer).body
    if isPage(answer) {
      throw client.unexpected(answer, "a \(isLogin(answer) ? "login page" : "page for people"), and no flags")
    }
    return body
  }

  /// HTML in the place of JSON.
  func isPage(_ answer: HTTPAnswer) -> Bool {
    answer.body.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D } == UInt8(ascii: "<")
  }

  /// How long a weak tag is looked at again: Apache's is weak for a second after each write, and strong from then on.
  private static let weakMicroseconds: Int64 = 1_500_000
  private static let weakPause = 250_000

  /// The look to start a change from: the last one where the server can compare it with what it has.
  func startingLook() throws(StoreTrouble) -> Look {
    let clock = client.context.clock
    var look = try takeLook()
    let start = clock.now().microseconds
    while !look.isGuarded, look.tag != nil, !memory.now.isWeak {
      clock.pause(microseconds: Self.weakPause)
      look = try freshLook()
      if !look.isGuarded, clock.now().microseconds - start >= Self.weakMicroseconds {
        memory.with { $0.isWeak = true }
      }
    }
    if !look.isGuarded { memory.with { facts in if facts.last == look { facts.last = nil } } }
    return look
  }

  /// One that guards nothing is good for one change only: two of them would overwrite what came in between.
  private func takeLook() throws(StoreTrouble) -> Look {
    let known = memory.with { facts -> Look? in
      guard let last = facts.last else { return nil }
      if !last.isGuarded { facts.last = nil }
      return last
    }
    if let known { return known }
    return try freshLook()
  }

  // MARK: Writing

  /// Whether it landed; false where somebody else was first. It may be repeated by nobody: after an answer that got lost
  /// the tag is another one, and the second request would look like a conflict. What stands in the way of ordinary
  /// changes, `guarded` says before.
  func put(_ bytes: [UInt8], over seen: Look) throws(StoreTrouble) -> Bool {
    if !seen.isGuarded { memory.with { $0.wasUnguarded = true } }
    let answer = try put(bytes, if: seen.isGuarded ? seen.tag : nil)
    if [409, 412].contains(answer.status) {
      memory.with { facts in
        if seen.isGuarded, answer.status == 412 { facts.keepsConditions = true }
        // A look that came meanwhile is newer than the one that was refused.
        if facts.last == seen { facts.last = nil }
        // Refused once, it was looked at anew, and the same tag came: nobody else was first.
        facts.isCopied = answer.status == 412 && facts.refused != nil && facts.refused == seen.tag
        facts.refused = seen.tag
      }
      return false
    }
    memory.with { ($0.last, $0.refused, $0.replaced) = (nil, nil, bytes == seen.bytes ? nil : seen) }
    if answer.status == 403 {
      let variables = client.hasToken ? client.credentials : nil
      throw .refused(
        ServerRefusal(client.base.place, status: 403, .unwritable(with: variables), said: client.said(answer)))
    }
    _ = try client.proven(answer)
    if isLoginPage(answer) { throw client.unexpected(answer, "a login page in the place of an answer to PUT") }
    memory.with { $0.hasChanged = true }
    return true
  }

  private func isLoginPage(_ answer: HTTPAnswer) -> Bool { answer.status == 200 && isPage(answer) && isLogin(answer) }

  /// A server that sends a PUT elsewhere on itself has done nothing yet, and wants the same request there (RFC 9110,
  /// 15.4.8).
  func put(_ bytes: [UInt8], if tag: String?) throws(StoreTrouble) -> HTTPAnswer {
    var headers = [HTTPRequest.Header("Content-Type", "application/json")]
    if let tag { headers.append(HTTPRequest.Header("If-Match", tag)) }
    var request = client.request(.put, "", query: client.base.query, body: bytes, headers: headers)
    var answer = try client.answer(to: request, isRepeatable: false)
    for _ in 0..<3 {
      guard [307, 308].contains(answer.status), let location = answer["location"],
        let next = try? request.address.resolved(location), next.isSamePlace(as: request.address)
      else { break }
      request.address = next
      answer = try client.answer(to: request, isRepeatable: false)
    }
    return answer
  }

  private func isLogin(_ answer: HTTPAnswer) -> Bool {
    let text = answer.text.lowercased()
    return ["<form", "login", "log in", "sign in", "password"].contains { text.contains($0) }
  }
}
