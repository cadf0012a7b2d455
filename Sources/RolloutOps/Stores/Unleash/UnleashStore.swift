/// Flags of an Unleash server (open source or hosted), by its admin API.
///
/// Its writes know no version, and one change of a rollout may take several of them. So each is made against what was read
/// a moment before; what lies between the first and the last lets in nobody who is neither in before nor after; and the
/// environment is switched on last.
package struct UnleashStore: FlagStore {
  package let address: String
  /// Its server SDKs ask every 15 s where nobody says otherwise.
  package let propagation = TimeSpan(seconds: 15)

  /// Its admin API has no limit of its own.
  package let width = 32

  static let tokenVariable = "UNLEASH_API_TOKEN"

  let client: StoreClient
  let project: String
  let environment: String

  init(
    _ base: WebAddress, project: String, environment: String, address: String, _ terms: StoreTerms, _ context: Context
  ) {
    (self.address, self.project, self.environment) = (address, project, environment)
    client = StoreClient(base, terms, context, variable: Self.tokenVariable)
  }

  package var identity: String { "unleash+\(client.base.below("/\(project)/\(environment)"))" }

  package var journalFolder: Folder { client.terms.journalFolder(identity, client.context) }

  package func byHand(_ key: FlagKey, serving variant: String?) -> ByHand {
    let isOff = HandLines.proof("any(.environments[]?; .name == $e and .enabled == false)", [("e", environment)])
    return ByHand(
      client.curl(.post, path(key, "/off")),
      proof: client.curl(.get, featurePath(key)) + " | \(isOff)",
      page: ByHand.Page(dashboard(key), "switch \(environment) off"), variables: [Self.tokenVariable])
  }

  // MARK: Places

  static let admin = "/api/admin"

  var projectPath: String { "\(Self.admin)/projects/\(PercentCode.encoded(project))" }

  func featurePath(_ key: FlagKey) -> String { "\(projectPath)/features/\(PercentCode.encoded(key.text))" }

  /// Below the flag in the environment.
  func path(_ key: FlagKey, _ more: String = "") -> String {
    "\(featurePath(key))/environments/\(PercentCode.encoded(environment))\(more)"
  }

  /// For a person.
  func dashboard(_ key: FlagKey) -> String {
    client.base.below("/projects/\(PercentCode.encoded(project))/features/\(PercentCode.encoded(key.text))").description
  }

  /// What every flag is tagged with that rolloutctl manages in this environment. A tag has at most 50 characters.
  var tag: JSON {
    var name = "rolloutctl-\(environment)"
    if name.utf8.count > 50 { name = "\(name.prefix(41))-\(SHA256.hex(environment).prefix(8))" }
    return ["type": "simple", "value": .string(name)]
  }

  // MARK: Reading

  struct Look {
    let flag: UnleashFlag
    /// Features that it depends on.
    let parents: [String]

    var version: String { SHA256.hex(flag.spelled) }
  }

  package func read(_ key: FlagKey) throws(StoreTrouble) -> FlagReading { reading(key, try look(key)) }

  /// Strategies are shown with one feature at a time only.
  package func read(_ keys: [FlagKey]) throws(StoreTrouble) -> [FlagKey: FlagReading] {
    var readings: [FlagKey: FlagReading] = [:]
    for key in keys { readings[key] = try read(key) }
    return readings
  }

  func reading(_ key: FlagKey, _ look: Look?) -> FlagReading {
    FlagReading(
      key: key, flag: look?.flag.flag, version: look?.version ?? "", spelled: look?.flag.spelled)
  }

  /// Inside, nil where the project has no such feature.
  ///
  /// The whole feature is read, since the route of one environment leaves out the segments of its strategies. The other
  /// way round, this one shows an environment without strategies as off even where it is on, and then lets in everybody.
  func look(_ key: FlagKey) throws(StoreTrouble) -> Look? {
    let answer = try client.answer(.get, featurePath(key), isRepeatable: true)
    if answer.status == 404, isAboutAFeature(answer) { return nil }
    let json = try client.json(proven(answer))
    guard json["name"]?.text == key.text, let environments = json["environments"]?.items else {
      throw client.unexpected(answer, "no feature \(key)")
    }
    guard let found = environments.first(where: { $0["name"]?.text == environment }),
      let strategies = found["strategies"]?.items
    else {
      let names = environments.compactMap { $0["name"]?.text }.joined(separator: ", ")
      throw .refused(
        ServerRefusal(
          client.base.place, status: answer.status,
          .missing("the environment \(environment) of the project \(project)"),
          said: "there are: \(names)"))
    }
    var isOn = found["enabled"]?.truth ?? false
    if strategies.isEmpty { isOn = try ask(.get, path(key))["enabled"]?.truth ?? isOn }
    let hasSegments = strategies.contains {
      UnleashRule.isOurs($0) && $0["segments"]?.items?.isEmpty == false
    }
    let flag = UnleashFlag(
      key: key, isOn: isOn, strategies: strategies, segments: hasSegments ? try segments() : .none(client.base.place))
    let parents = (json["dependencies"]?.items ?? []).compactMap { $0["feature"]?.text }
    return Look(flag: flag, parents: parents)
  }

  /// A 404 that says so of something the server knows how to look for; any other comes from a wrong address.
  private func isAboutAFeature(_ answer: HTTPAnswer) -> Bool {
    guard let json = try? JSON.parse(answer.body), json["name"]?.text == "NotFoundError" else { return false }
    return json["message"]?.text?.hasPrefix("The path you were looking for") != true
  }

  func segments() throws(StoreTrouble) -> UnleashSegments {
    let found = try ask(.get, "\(Self.admin)/segments")["segments"]?.items ?? []
    let all = found.compactMap { segment -> (id: Int, name: String)? in
      guard let id = segment["id"]?.integer, let name = segment["name"]?.text else { return nil }
      // A segment of another project cannot be used in this one.
      if let owner = segment["project"]?.text, !owner.isEmpty, owner != project { return nil }
      return (id, name)
    }
    return UnleashSegments(all: all, place: client.base.place)
  }

  package func list() throws(StoreTrouble) -> [ListedFlag] {
    let answer = try client.answer(.get, "\(projectPath)/features", isRepeatable: true)
    if answer.status == 404, isAboutAFeature(answer) {
      throw .refused(ServerRefusal(client.base.place, status: 404, .missing("the project \(project)")))
    }
    let json = try client.json(proven(answer))
    guard let features = json["features"]?.items else { throw client.unexpected(answer, "no list of features") }
    return features.compactMap { feature in
      guard let name = feature["name"]?.text else { return nil }
      let isManaged = (feature["tags"]?.items ?? []).contains { known in
        known["type"] == tag["type"] && known["value"] == tag["value"]
      }
      let here = feature["environments"]?.items?.first { $0["name"]?.text == environment }
      let isOff = here?["enabled"]?.truth == false
      return ListedFlag(key: FlagKey(name), mark: isManaged ? Flag.Mark(killed: isOff, killsTo: "off") : nil)
    }
  }

  // MARK: Asking

  @discardableResult
  func ask(
    _ method: HTTPRequest.Method, _ path: String, _ body: JSON? = nil, isRepeatable: Bool = true
  ) throws(StoreTrouble) -> JSON {
    let answer = try answer(method, path, body, isRepeatable: isRepeatable)
    // Switches and deletions answer with nothing.
    return method == .get || method == .post && !answer.body.isEmpty ? try client.json(answer) : .null
  }

  @discardableResult
  func answer(
    _ method: HTTPRequest.Method, _ path: String, _ body: JSON?, isRepeatable: Bool
  ) throws(StoreTrouble) -> HTTPAnswer {
    try proven(
      client.answer(
        method, path, body: body.map { Array($0.written(.compact).utf8) },
        headers: body == nil ? [] : [HTTPRequest.Header("Content-Type", "application/json")],
        isRepeatable: isRepeatable))
  }

  /// Where changes need a change request, every write is refused as if a right were missing.
  func proven(_ answer: HTTPAnswer) throws(StoreTrouble) -> HTTPAnswer {
    if answer.status == 403, let json = try? JSON.parse(answer.body),
      json["permissions"]?.items?.contains("SKIP_CHANGE_REQUEST") == true
    {
      let requests = client.base.below("/projects/\(PercentCode.encoded(project))/change-requests").description
      throw .refused(
        ServerRefusal(client.base.place, status: 403, .needsApproval(where: requests), said: client.said(answer)))
    }
    return try client.proven(answer)
  }
}
