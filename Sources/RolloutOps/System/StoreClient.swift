/// What all stores share that are web servers: whom to ask, with which token, how patiently, and what the usual refusals
/// mean. What is special about a platform, its store knows.
struct StoreClient: Sendable {
  let base: WebAddress
  let terms: StoreTerms
  let context: Context
  /// The environment's variable that has the token, and the token; nil where the store takes none.
  let variable: String
  private let token: Secret?
  /// The variables with a user and a password, where they stand in for a token.
  let login: Login?
  /// The header that it goes in, and what stands before it there.
  let (tokenName, tokenScheme): (String, String)
  /// Where a token is made, on a platform that answers nobody without one.
  private let tokenMade: String?
  /// Headers that go with every request.
  var headers: [HTTPRequest.Header] = []

  init(
    _ base: WebAddress, _ terms: StoreTerms, _ context: Context, variable: String, tokenName: String = "Authorization",
    tokenScheme: String = "", tokenMade: String? = nil, login: Login? = nil
  ) {
    (self.base, self.terms, self.context, self.variable) = (base, terms, context, variable)
    self.tokenName = tokenName
    self.tokenMade = tokenMade
    if let token = Self.token(variable, context) {
      (self.token, self.tokenScheme, self.login) = (token, tokenScheme, nil)
    } else if let login, let pair = login.pair(context) {
      (token, self.tokenScheme, self.login) = (pair, "Basic ", login)
    } else {
      (token, self.tokenScheme, self.login) = (nil, tokenScheme, nil)
    }
  }

  /// Basic authentication (RFC 7617): the environment's variables that have a user and a password.
  struct Login: Sendable {
    let user: String
    let password: String

    /// As it is sent; nil where there is no user.
    func pair(_ context: Context) -> Secret? {
      let variables = context.surroundings.variables
      guard let user = variables[user], !user.isEmpty else { return nil }
      // A line feed at the end comes from careless copying.
      let plain = { (text: String) in String(text.reversed().drop(while: \.isNewline).reversed()) }
      return Secret(Base64.encoded("\(plain(user)):\(plain(variables[password] ?? ""))".utf8))
    }
  }

  /// The variables that hold what is sent along, in words.
  var credentials: String { login.map { "\($0.user) and \($0.password)" } ?? variable }

  /// The token as the environment has it. Blanks around it come from careless copying.
  private static func token(_ variable: String, _ context: Context) -> Secret? {
    guard let text = context.surroundings.variables[variable] else { return nil }
    let bare = text.split(whereSeparator: \.isWhitespace)
    return bare.count == 1 ? Secret(String(bare[0])) : bare.isEmpty ? nil : Secret(text)
  }

  var hasToken: Bool { token != nil }

  // MARK: Asking

  /// How patient it is: a kill tries once, for as long as there is time, since a server that takes ten seconds for an
  /// answer answers nobody who hangs up after three; only a connection must come about sooner. Whether another request
  /// is begun beside a slow one, the kill decides. Everybody else tries four times.
  private var patience: HTTPPatience {
    let now = context.clock.now()
    if let deadline = terms.deadline { return HTTPPatience(tries: 1, end: deadline, tryMilliseconds: .max) }
    return HTTPPatience(tries: 4, end: now + TimeSpan(seconds: 30))
  }

  /// What the server answered, whatever it is. `isRepeatable` says that twice is as good as once, `isReading` that a
  /// method which usually changes something only asks here.
  func answer(
    _ method: HTTPRequest.Method, _ path: String, query: String? = nil, body: [UInt8]? = nil,
    headers more: [HTTPRequest.Header] = [], isRepeatable: Bool, isReading: Bool = false
  ) throws(StoreTrouble) -> HTTPAnswer {
    if let tokenMade, token == nil {
      throw .refused(ServerRefusal(base.place, status: 401, .noToken(variable: variable, made: tokenMade)))
    }
    var request = request(method, path, query: query, body: body, headers: more)
    if isReading { request.isWrite = false }
    return try answer(to: request, isRepeatable: isRepeatable)
  }

  func request(
    _ method: HTTPRequest.Method, _ path: String, query: String? = nil, body: [UInt8]? = nil,
    headers more: [HTTPRequest.Header] = []
  ) -> HTTPRequest {
    var request = HTTPRequest(method, base.below(path, query: query))
    request.headers = headers + more
    // A kill believes no copy that lies between: it reads at the source.
    if method == .get, terms.deadline != nil { request.headers.append(HTTPRequest.Header("Cache-Control", "no-cache")) }
    request.authorization = token.map { Secret(tokenScheme + $0.plain) }
    request.authorizationName = tokenName
    request.body = body
    request.allowsPlain = terms.allowsPlain
    request.authorities = terms.authorities
    return request
  }

  func answer(to request: HTTPRequest, isRepeatable: Bool) throws(StoreTrouble) -> HTTPAnswer {
    var request = request
    // Only what narrows may go out twice without a word: something else may have come between.
    if isRepeatable, terms.deadline != nil { request.isAsGoodTwice = true }
    do throws(HTTPTrouble) {
      return try context.http.answer(to: request, patience, isRepeatable: isRepeatable, context.clock)
    } catch {
      throw .unanswered(error)
    }
  }

  /// Reads; what is no success is a trouble.
  func get(_ path: String, query: String? = nil) throws(StoreTrouble) -> JSON {
    try json(proven(answer(.get, path, query: query, isRepeatable: true)))
  }

  /// Changes something; what is no success is a trouble.
  func send(
    _ method: HTTPRequest.Method, _ path: String, query: String? = nil, _ body: JSON?, isRepeatable: Bool
  ) throws(StoreTrouble) -> HTTPAnswer {
    try proven(
      answer(
        method, path, query: query, body: body.map { Array($0.written(.compact).utf8) },
        headers: body == nil ? [] : [HTTPRequest.Header("Content-Type", "application/json")],
        isRepeatable: isRepeatable))
  }

  // MARK: Understanding

  func proven(_ answer: HTTPAnswer) throws(StoreTrouble) -> HTTPAnswer {
    guard answer.isSuccess else { throw .refused(refusal(answer)) }
    return answer
  }

  func json(_ answer: HTTPAnswer) throws(StoreTrouble) -> JSON {
    do throws(JSONError) {
      return try JSON.parse(answer.body)
    } catch {
      throw unexpected(answer, "no JSON (\(error.sentence))")
    }
  }

  func unexpected(_ answer: HTTPAnswer, _ why: String) -> StoreTrouble {
    .refused(ServerRefusal(base.place, status: answer.status, .unexpected(why)))
  }

  /// What a status means on every platform. 404 and 409 mean something else on each, and are `rejected` here.
  func refusal(_ answer: HTTPAnswer) -> ServerRefusal {
    let reason: ServerRefusal.Reason
    switch answer.status {
    case 401, 403:
      if token == nil {
        reason = .noToken(variable: variable)
      } else {
        reason =
          login.map { answer.status == 401 ? .wrongPassword(variables: credentials) : .forbidden(user: $0.user) }
          ?? .credentials(variable: variable)
      }
    case 429: reason = .tooOften
    case 300..<400 where answer["location"] == nil: reason = .unexpected("neither a document nor an address")
    case 300..<400: reason = isLogin(answer) ? .login(at: elsewhere(answer)) : .elsewhere(elsewhere(answer))
    case 500...: reason = .fault
    default: reason = .rejected
    }
    let rest = [429, 503].contains(answer.status) ? answer.isBackAfter(context.clock.now()) : nil
    return ServerRefusal(
      base.place, status: answer.status, reason, said: said(answer),
      rest: rest.map { TimeSpan(seconds: ($0 + 999_999) / 1_000_000) })
  }

  /// Whether the page that it sends to is one where people log in, as far as its address tells.
  private func isLogin(_ answer: HTTPAnswer) -> Bool {
    guard answer.status != 307, answer.status != 308 else { return false }
    let location = answer["location"]?.lowercased() ?? ""
    return ["login", "signin", "sign-in", "sign_in", "sso", "saml", "oauth", "/auth"].contains { location.contains($0) }
  }

  private func elsewhere(_ answer: HTTPAnswer) -> String {
    guard let next = answer["location"].flatMap({ try? base.resolved($0) }) else { return "another address" }
    return next.isSamePlace(as: base) ? next.place + next.path : next.place
  }

  /// The server's own words: what stands under the usual names, and never more than a line. A page for a browser is none,
  /// and neither is anything that repeats a token.
  func said(_ answer: HTTPAnswer) -> String? {
    var words: String?
    if let json = try? JSON.parse(answer.body) {
      words =
        ["message", "detail", "error", "errors", "details"].lazy.compactMap { name -> String? in
          switch json[name] {
          case .string(let text)?: text
          case .array(let items)?: items.compactMap { $0.text ?? $0["message"]?.text }.first
          default: nil
          }
        }.first
    } else if answer.body.count < 300, !answer.text.contains("<") {
      words = answer.text
    }
    guard var words, !words.isEmpty else { return nil }
    let password = login.flatMap { context.surroundings.variables[$0.password] }
    for secret in [token?.plain, password].compactMap(\.self) where secret.utf8.count > 3 && words.contains(secret) {
      return nil
    }
    words = words.split(whereSeparator: \.isNewline).joined(separator: " ")
    return words.count > 200 ? words.prefix(200) + "…" : words
  }
}
