/// The members of one cluster, each by its own address: who of them is asked, with which token, and what they have told.
struct EtcdMembers: Sendable {
  static let (userVariable, passwordVariable) = ("ETCD_USERNAME", "ETCD_PASSWORD")
  private static let variables = "\(userVariable) and \(passwordVariable)"

  let clients: [StoreClient]
  private let terms: StoreTerms
  private let context: Context
  private let known = Shared(Facts())

  private struct Facts: Sendable {
    /// Who answered last, and is asked first.
    var first = 0
    var token: Secret?
    var cluster: UInt64?
    /// The newest revision of the whole store that an answer told.
    var revision = 0
  }

  init(_ addresses: [WebAddress], _ terms: StoreTerms, _ context: Context) {
    (self.terms, self.context) = (terms, context)
    clients = addresses.map { StoreClient($0, terms, context, variable: Self.passwordVariable) }
  }

  /// The same for two doors to one cluster, as far as their addresses tell.
  var address: String { clients.map(\.base.place).joined(separator: ",") }

  /// The cluster's own number. Every answer has it.
  var cluster: UInt64? { known.with { $0.cluster } }

  var revision: Int { known.with { $0.revision } }

  var authorities: String? { terms.authorities }

  /// Whether whoever asks has time left.
  var isInTime: Bool { terms.deadline.map { context.clock.now() < $0 } ?? true }

  func unexpected(_ why: String) -> StoreTrouble {
    .refused(ServerRefusal(address, status: 200, .unexpected(why)))
  }

  // MARK: All of them

  struct Answer: Sendable {
    let json: JSON
    /// Whether another copy of the request may have been carried out before this one.
    var isDoubtful = false
  }

  /// What the first member says that answers for the cluster.
  func call(_ path: String, _ body: JSON, _ repeats: MemberRace.Repeats) throws(StoreTrouble) -> Answer {
    guard clients.count > 1 else { return try callOnly(path, body, repeats) }
    let clock = context.clock
    // Of a deadline a little is left, to ask the members why none of them answered.
    let now = clock.now()
    let end =
      terms.deadline.map { $0.microseconds - min(Self.asking, max(0, $0.microseconds - now.microseconds) / 4) }
      .map(Instant.init(microseconds:)) ?? now + Self.patience
    var wasDoubtful = false
    for round in 1... {
      var race = MemberRace(members: clients.count, repeats: repeats)
      do throws(StoreTrouble) {
        var answer = try call(path, body, &race, until: end)
        answer.isDoubtful = answer.isDoubtful || wasDoubtful
        return answer
      } catch {
        wasDoubtful = wasDoubtful || race.isDoubtful
        // A kill comes back by itself. Everybody else goes round again while that is safe and may help.
        let isOver = terms.deadline != nil || round == Self.rounds || clock.now() + TimeSpan(seconds: 1) >= end
        guard !isOver, repeats != .never, error.mayHelpToRepeat else { throw error }
        clock.pause(microseconds: 100_000 << round)
      }
    }
    throw unexpected("no member is named")
  }

  private static let rounds = 4
  private static let asking: Int64 = 700_000
  /// Longer than etcd itself goes on trying (7 s), and shorter than a person waits without a word.
  private static let patience = TimeSpan(seconds: 10)

  /// There is nobody else to ask: the usual patience.
  private func callOnly(
    _ path: String, _ body: JSON, _ repeats: MemberRace.Repeats
  ) throws(StoreTrouble) -> Answer {
    guard let only = clients.first else { throw unexpected("no member is named") }
    do throws(StoreTrouble) {
      return Answer(
        json: try ask(only, path, body, repeats) { (request, isRepeatable) throws(StoreTrouble) in
          try only.answer(to: request, isRepeatable: isRepeatable)
        })
    } catch {
      throw explained(error, by: nil)
    }
  }

  private func call(
    _ path: String, _ body: JSON, _ race: inout MemberRace, until end: Instant
  ) throws(StoreTrouble) -> Answer {
    let first = known.with { $0.first }
    let repeats = race.repeats
    let answers = Beside<(index: Int, result: Result<JSON, StoreTrouble>)>()
    /// Perhaps nobody ever answers for the cluster. Then what the members say of themselves must be at hand in time.
    var states: Beside<StoreTrouble?>?
    func askNext() {
      let index = (first + race.begun) % clients.count
      race.begin()
      answers.begin {
        let result = Result { () throws(StoreTrouble) in
          try ask(clients[index], path, body, repeats) { (request, _) throws(StoreTrouble) in
            try once(request, until: end)
          }
        }
        return (index, result)
      }
    }
    askNext()
    while true {
      guard let (index, result) = answers.next(within: race.pause ?? (states == nil ? Self.silence : nil)) else {
        if race.hasAskedAll, states == nil { states = askedStates() }
        if race.pause != nil { askNext() }
        continue
      }
      switch result {
      case .success(let json):
        known.with { $0.first = index }
        return Answer(json: json, isDoubtful: race.isDoubtful)
      case .failure(let trouble):
        switch race.fail(trouble) {
        case .askNext: askNext()
        case .wait: break
        case .end(let trouble): throw explained(trouble, by: states)
        }
      }
    }
  }

  private static let silence = 1500

  // MARK: One of them

  /// How one request is sent: with what patience, and how often where twice is as good as once.
  private typealias Sending = (_ request: HTTPRequest, _ isRepeatable: Bool) throws(StoreTrouble) -> HTTPAnswer

  /// One try, which may take what is left.
  private func once(_ request: HTTPRequest, until end: Instant) throws(StoreTrouble) -> HTTPAnswer {
    var request = request
    request.limits.totalMilliseconds = max(1, Int((end.microseconds - context.clock.now().microseconds) / 1000))
    do throws(HTTPTrouble) { return try context.http.answer(to: request) } catch { throw .unanswered(error) }
  }

  private func ask(
    _ member: StoreClient, _ path: String, _ body: JSON, _ repeats: MemberRace.Repeats, _ send: Sending
  ) throws(StoreTrouble) -> JSON {
    let answer = try answer(member, path, body, repeats, send)
    guard answer.isSuccess else { throw refused(answer, by: member) }
    let json = try member.json(answer)
    let header = json["header"]
    let cluster = header?["cluster_id"]?.text.flatMap { UInt64($0) }
    let revision = header?["revision"]?.text.flatMap(Int.init)
    known.with { facts in
      (facts.cluster, facts.revision) = (cluster ?? facts.cluster, max(facts.revision, revision ?? 0))
    }
    return json
  }

  private func refused(_ answer: HTTPAnswer, by member: StoreClient) -> StoreTrouble {
    .refused(EtcdRefusal.refusal(answer, of: member, user: Self.userVariable, both: Self.variables))
  }

  /// How often a token is made anew for one request, where users and roles are being changed all the time.
  private static let renewals = 3

  private func answer(
    _ member: StoreClient, _ path: String, _ body: JSON, _ repeats: MemberRace.Repeats, _ send: Sending
  ) throws(StoreTrouble) -> HTTPAnswer {
    var token = known.with { $0.token }
    if token == nil { token = try authenticated(member, send) }
    var answer = try send(request(member, path, body, token, repeats), repeats == .harmless)
    // Tokens end after a while, with the member that gave them, or when users and roles change. What was refused for its
    // token was not carried out.
    for round in 0..<Self.renewals {
      guard let old = token, EtcdRefusal.isOfAnOldToken(answer) || round == 0 && answer.status == 401 else { break }
      let newest = known.with { $0.token }
      token = newest == old ? try authenticated(member, send) : newest
      answer = try send(request(member, path, body, token, repeats), repeats == .harmless)
    }
    return answer
  }

  private func request(
    _ member: StoreClient, _ path: String, _ body: JSON, _ token: Secret?, _ repeats: MemberRace.Repeats
  ) -> HTTPRequest {
    var request = HTTPRequest(.post, member.base.below(path))
    request.headers = [HTTPRequest.Header("Content-Type", "application/json")]
    request.authorization = token
    request.body = Array(body.written(.compact).utf8)
    request.isWrite = repeats != .harmless
    // A change under conditions is refused the second time; a kill looks then, and finds what it did.
    request.isAsGoodTwice = repeats == .underConditions && terms.deadline != nil
    (request.allowsPlain, request.authorities) = (terms.allowsPlain, terms.authorities)
    return request
  }

  /// A token for the user that the environment names; nil where it names none.
  private func authenticated(_ member: StoreClient, _ send: Sending) throws(StoreTrouble) -> Secret? {
    let variables = context.surroundings.variables
    guard let user = variables[Self.userVariable], !user.isEmpty, let password = variables[Self.passwordVariable]
    else { return nil }
    let body: JSON = ["name": .string(user), "password": .string(password)]
    let answer = try send(request(member, "/v3/auth/authenticate", body, nil, .harmless), true)
    guard answer.isSuccess else {
      // A cluster that asks nobody who they are says so; then nobody needs to.
      if answer.text.contains("authentication is not enabled") { return nil }
      // A wrong password is a bad request to etcd; a server that is asked too often, or fails, says nothing of it.
      if answer.text.contains("authentication failed") || [401, 403].contains(answer.status) {
        throw .refused(
          ServerRefusal(member.base.place, status: answer.status, .wrongPassword(variables: Self.variables)))
      }
      throw refused(answer, by: member)
    }
    guard let token = try member.json(answer)["token"]?.text else { throw unexpected("no token") }
    known.with { $0.token = Secret(token) }
    return Secret(token)
  }

  // MARK: What they say of themselves

  /// Where the members say that they can be asked, whichever of them the address names.
  func places() throws(StoreTrouble) -> [String] {
    let members = try call("/v3/cluster/member/list", [:], .harmless).json["members"]?.items ?? []
    let addresses = members.flatMap { $0["clientURLs"]?.items ?? [] }.compactMap(\.text)
    return addresses.compactMap { (try? WebAddress($0))?.place }
  }

  /// What one member says of itself. Most versions ask nobody who they are for it, and without a majority nobody gets a
  /// token.
  func status(of member: StoreClient, within limit: TimeSpan) throws(StoreTrouble) -> HTTPAnswer {
    let path = "/v3/maintenance/status"
    let limit = context.clock.now() + limit
    let end = min(limit, terms.deadline ?? limit)
    let open = try once(request(member, path, [:], nil, .harmless), until: end)
    guard [400, 401, 403].contains(open.status) else { return open }
    do throws(StoreTrouble) {
      return try answer(member, path, [:], .harmless) { (request, _) throws(StoreTrouble) in
        try once(request, until: end)
      }
    } catch {
      // It has answered, if only that it wants to know who asks.
      if case .unanswered = error { return open }
      throw error
    }
  }

  /// A member that answers for itself, and not for the cluster, has lost most of the others, or the room to write. Where
  /// no time is left to ask, what they said earlier counts.
  private func explained(_ trouble: StoreTrouble, by earlier: Beside<StoreTrouble?>?) -> StoreTrouble {
    switch trouble {
    case .unanswered(let http): guard case .timeout = http.reason else { return trouble }
    case .refused(let refusal): guard refusal.reason == .fault else { return trouble }
    default: return trouble
    }
    let left = terms.deadline.map { Int(($0.microseconds - context.clock.now().microseconds) / 1000) } ?? 1000
    let states = left > 0 ? askedStates() : earlier
    for _ in clients {
      guard let state = states?.next(within: max(0, min(1000, left))) else { break }
      if let state { return state }
    }
    return trouble
  }

  /// Each member's state, asked beside whatever else is under way.
  private func askedStates() -> Beside<StoreTrouble?> {
    let states = Beside<StoreTrouble?>()
    for member in clients {
      states.begin { state(of: member) }
    }
    return states
  }

  /// What keeps a member from answering for the cluster, as it says itself to whoever asks. Without a majority there are
  /// no tokens; newer versions want one for their status, and none for their health.
  private func state(of member: StoreClient) -> StoreTrouble? {
    let end = context.clock.now() + TimeSpan(seconds: 1)
    let limit = min(end, terms.deadline ?? end)
    var asked = request(member, "/v3/maintenance/status", [:], nil, .harmless)
    guard var answer = try? once(asked, until: limit) else { return nil }
    var reason: ServerRefusal.Reason?
    if answer.isSuccess, let status = try? member.json(answer) {
      let errors = status["errors"]?.items?.compactMap(\.text) ?? []
      if errors.contains(where: { $0.contains("NOSPACE") }) { reason = .outOfSpace }
      if ["0", nil].contains(status["leader"]?.text) { reason = .noQuorum }
    } else {
      asked = HTTPRequest(.get, member.base.below("/health"))
      (asked.allowsPlain, asked.authorities) = (terms.allowsPlain, terms.authorities)
      guard let health = try? once(asked, until: limit) else { return nil }
      answer = health
      if health.text.contains("NOSPACE") { reason = .outOfSpace }
      if health.text.contains("NO LEADER") { reason = .noQuorum }
    }
    let place = reason == .noQuorum ? address : member.base.place
    return reason.map { .refused(ServerRefusal(place, status: answer.status, $0)) }
  }
}

extension StoreTrouble {
  fileprivate var mayHelpToRepeat: Bool {
    switch self {
    case .unanswered(let trouble): trouble.mayPass
    case .refused(let refusal): [.fault, .noQuorum, .tooOften].contains(refusal.reason)
    default: false
    }
  }
}
