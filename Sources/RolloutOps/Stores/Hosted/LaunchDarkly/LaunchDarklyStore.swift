/// Flags of LaunchDarkly, by its REST API. Each change is one semantic patch, which holds as a whole or not at all.
struct LaunchDarklyStore: HostedStore {
  let address: String
  /// Most SDKs are told within a second; one that polls asks every 30 s at the most often.
  let propagation = TimeSpan(seconds: 30)

  static let tokenVariable = "LAUNCHDARKLY_ACCESS_TOKEN"
  /// The version of the API that this is written for; a token has one of its own otherwise.
  static let version = HTTPRequest.Header("LD-API-Version", "20240415")
  /// As any other type the instructions would be taken for a JSON Patch.
  static let semanticPatch = HTTPRequest.Header(
    "Content-Type", "application/json; domain-model=launchdarkly.semanticpatch")

  let client: StoreClient
  let project: String
  let environment: String
  /// The flags as they were seen last, by key.
  let seen = Remembered<[FlagKey: LaunchDarklyFlag]>.empty
  /// What LaunchDarkly would not say before a change.
  let unasked = Remembered<[String]>([])

  init(
    _ base: WebAddress, project: String, environment: String, address: String, _ terms: StoreTerms, _ context: Context
  ) {
    (self.address, self.project, self.environment) = (address, project, environment)
    var client = StoreClient(
      base, terms, context, variable: Self.tokenVariable,
      tokenMade: "LaunchDarkly's organization settings under Authorization, as an access token with a writer's role")
    client.headers = [Self.version]
    self.client = client
  }

  var remarks: [String] { unasked.last ?? [] }

  var identity: String { "launchdarkly+\(client.base.below("/\(project)/\(environment)"))" }

  /// The switch, past what is scheduled there: everybody gets the off variation.
  func byHand(_ key: FlagKey, serving variant: String?) -> ByHand {
    let body: JSON = ["environmentKey": .string(environment), "instructions": [["kind": "turnFlagOff"]]]
    let query = "env=\(PercentCode.encoded(environment))"
    let isOff = HandLines.proof(".environments[$e].on == false", [("e", environment)])
    var byHand = ByHand(
      client.curl(.patch, path(key), query: "ignoreConflicts=true", headers: [Self.semanticPatch], body: body),
      proof: client.curl(.get, path(key), query: query) + " | \(isOff)",
      page: ByHand.Page(page(of: key), "turn it off"), variables: [Self.tokenVariable])
    byHand.withoutToken = triggerByHand(key)
    return byHand
  }

  // MARK: Places

  var flags: String { "/api/v2/flags/\(PercentCode.encoded(project))" }

  func path(_ key: FlagKey) -> String { "\(flags)/\(PercentCode.encoded(key.text))" }

  func page(of key: FlagKey) -> String {
    let (project, key, environment) = (
      PercentCode.encoded(project), PercentCode.encoded(key.text), PercentCode.encoded(environment)
    )
    return client.base.below("/projects/\(project)/flags/\(key)/targeting", query: "env=\(environment)").description
  }

  /// What every flag has that rolloutctl manages in this environment.
  var tag: String { "rolloutctl-\(environment)" }

  // MARK: Reading

  /// Nil where the project has no such flag, or there is no such project: both are answered alike.
  func find(_ key: FlagKey, seenAs known: LaunchDarklyFlag?) throws(StoreTrouble) -> LaunchDarklyFlag? {
    let answer = try client.answer(
      .get, path(key), query: "env=\(PercentCode.encoded(environment))", isRepeatable: true)
    if answer.status == 404, isOfTheAPI(answer) { return nil }
    return try flag(key, client.json(proven(answer, key)), answer)
  }

  func flag(_ key: FlagKey, _ json: JSON, _ answer: HTTPAnswer) throws(StoreTrouble) -> LaunchDarklyFlag {
    guard json["key"]?.text == key.text, json["environments"]?.members != nil else {
      throw client.unexpected(answer, "no flag \(key)")
    }
    guard let flag = LaunchDarklyFlag(key: key, json, environment: environment, tag: tag) else {
      throw .refused(
        ServerRefusal(
          client.base.place, status: answer.status, .missing("the environment \(environment) of the project \(project)")
        ))
    }
    return flag
  }

  func isOfTheAPI(_ answer: HTTPAnswer) -> Bool {
    (try? JSON.parse(answer.body))?["code"] == "not_found"
  }

  /// One or two are asked for by name; more are looked for in the list, a hundred to a page.
  func read(_ keys: [FlagKey]) throws(StoreTrouble) -> [FlagKey: FlagReading] {
    var readings: [FlagKey: FlagReading] = [:]
    for key in keys { readings[key] = keys.count > 2 ? reading(key, nil) : try read(key) }
    guard keys.count > 2 else { return readings }
    try pages { json, answer throws(StoreTrouble) in
      guard let key = json["key"]?.text.map(FlagKey.init), readings[key] != nil else { return }
      readings[key] = reading(key, try flag(key, json, answer))
    }
    return readings
  }

  func list() throws(StoreTrouble) -> [ListedFlag] {
    var found: [ListedFlag] = []
    try pages { json, _ throws(StoreTrouble) in
      guard let key = json["key"]?.text.map(FlagKey.init) else { return }
      let flag = LaunchDarklyFlag(key: key, json, environment: environment, tag: tag)
      found.append(ListedFlag(key: key, mark: flag?.flag.mark))
    }
    return found
  }

  private func pages(_ take: (JSON, HTTPAnswer) throws(StoreTrouble) -> Void) throws(StoreTrouble) {
    var (seen, total) = (0, 1)
    while seen < total {
      let page = try page(from: seen)
      for item in page.items { try take(item, page.answer) }
      seen += page.items.count
      total = page.items.isEmpty ? seen : page.total
    }
  }

  struct Page: Sendable {
    let items: [JSON]
    /// How many there are on all pages.
    let total: Int
    let answer: HTTPAnswer
  }

  static let pageLength = 100

  func page(from start: Int) throws(StoreTrouble) -> Page {
    // Since this version of the API a list shows environments only where a filter names them.
    let query = PercentCode.form([
      ("filter", "filterEnv:\(environment)"), ("summary", "0"), ("limit", String(Self.pageLength)),
      ("offset", String(start)),
    ])
    let answer = try client.answer(.get, flags, query: query, isRepeatable: true)
    if answer.status == 404, isOfTheAPI(answer) {
      throw .refused(ServerRefusal(client.base.place, status: 404, .missing("the project \(project)")))
    }
    let json = try client.json(proven(answer, nil))
    guard let items = json["items"]?.items else { throw client.unexpected(answer, "no list of flags") }
    return Page(items: items, total: json["totalCount"]?.integer ?? start + items.count, answer: answer)
  }

  // MARK: Understanding

  /// 405 is about approvals there, not about methods; a 403 names what was attempted.
  func proven(_ answer: HTTPAnswer, _ key: FlagKey?) throws(StoreTrouble) -> HTTPAnswer {
    if answer.status == 405 {
      throw .refused(
        ServerRefusal(
          client.base.place, status: 405, .needsApproval(where: key.map(page)), said: client.said(answer)))
    }
    if answer.status == 403, let json = try? JSON.parse(answer.body), let action = json["access"]?["action"]?.text {
      let said = client.said(answer).map { "\($0) (\(action))" }
      throw .refused(
        ServerRefusal(client.base.place, status: 403, .credentials(variable: Self.tokenVariable), said: said ?? action))
    }
    return try client.proven(answer)
  }
}
