/// The two requests that a document is worked with: a GET that no cache between should answer, and a PUT that depends on
/// what the GET saw.
extension DocumentStore {
  /// One look at the document, and what its server calls this state of it.
  struct Look: Hashable, Sendable {
    let bytes: [UInt8]
    let tag: String?

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
      /// Whether a change that depends on another tag is refused, as it must be; nil where nobody saw it.
      var keepsConditions: Bool?
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
    if isPage(answer) { throw client.unexpected(answer, "a page for people, perhaps that of a login, and no flags") }
    return body
  }

  /// HTML in the place of JSON.
  private func isPage(_ answer: HTTPAnswer) -> Bool {
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
  /// the tag is another one, and the second request would look like a conflict.
  func put(_ bytes: [UInt8], over seen: Look, isKill: Bool) throws(StoreTrouble) -> Bool {
    if !seen.isGuarded {
      guard isKill else {
        throw .refused(
          ServerRefusal(
            client.base.place, status: 200,
            .unexpected("the document has no strong ETag, so a change could overwrite somebody else's")))
      }
      memory.with { $0.wasUnguarded = true }
    }
    let answer = try put(bytes, if: seen.isGuarded ? seen.tag : nil)
    if [409, 412].contains(answer.status) {
      memory.with { facts in
        if seen.isGuarded, answer.status == 412 { facts.keepsConditions = true }
        // A look that came meanwhile is newer than the one that was refused.
        if facts.last == seen { facts.last = nil }
        facts.refused = seen.tag
      }
      return false
    }
    memory.with { ($0.last, $0.refused, $0.replaced) = (nil, nil, bytes == seen.bytes ? nil : seen) }
    _ = try client.proven(answer)
    if answer.status == 200, isPage(answer), isLogin(answer) {
      throw client.unexpected(answer, "the page of a login in the place of an answer to PUT")
    }
    return true
  }

  /// A server that sends a PUT elsewhere on itself has done nothing yet, and wants the same request there (RFC 9110,
  /// 15.4.8).
  private func put(_ bytes: [UInt8], if tag: String?) throws(StoreTrouble) -> HTTPAnswer {
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

  // MARK: Proving

  /// No document has it.
  static let strangeTag = "\"rolloutctl-no-such-tag\""

  /// Whether the server keeps a condition, asked once: the same bytes with a tag that no document has. Who keeps
  /// conditions answers 412 and changes nothing; who does not writes what stands there already.
  func prove(_ look: Look) {
    guard look.isGuarded, memory.now.keepsConditions == nil else { return }
    guard let answer = try? put(look.bytes, if: Self.strangeTag) else { return }
    if answer.status == 412 { memory.with { $0.keepsConditions = true } }
    if answer.isSuccess { memory.with { $0.keepsConditions = false } }
  }
}
