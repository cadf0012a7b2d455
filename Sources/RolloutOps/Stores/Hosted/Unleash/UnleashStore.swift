/// Flags of an Unleash server (open source or hosted), by its admin API.
///
/// Its writes know no version, and one change of a rollout may take several of them. So each is made against what was read
/// a moment before; what lies between the first and the last lets in nobody who is neither in before nor after; and the
/// environment is switched on last.
struct UnleashStore: HostedStore {
  let address: String
  /// Its server SDKs ask every 15 s where nobody says otherwise.
  let propagation = TimeSpan(seconds: 15)

  /// A personal token has 20,000 requests a minute there, which no kill comes near.
  var batch: Int { 1_000 }

  static let tokenVariable = "UNLEASH_API_TOKEN"

  let client: StoreClient
  let project: String
  let environment: String
  /// The flags as they were seen last, by key.
  let seen = Remembered<[FlagKey: UnleashFlag]>.empty

  init(
    _ base: WebAddress, project: String, environment: String, address: String, _ terms: StoreTerms, _ context: Context
  ) {
    (self.address, self.project, self.environment) = (address, project, environment)
    client = StoreClient(
      base, terms, context, variable: Self.tokenVariable,
      tokenMade: "Unleash as a personal access token (your profile) or for a service account (Admin settings)")
  }

  var identity: String { "unleash+\(client.base.below("/\(project)/\(environment)"))" }

  func byHand(_ key: FlagKey, serving variant: String?) -> ByHand {
    let isOff = HandLines.proof("any(.environments[]?; .name == $e and .enabled == false)", [("e", environment)])
    return ByHand(
      client.curl(.post, path(key, "/off")),
      proof: client.curl(.get, featurePath(key)) + " | \(isOff)",
      page: ByHand.Page(page(of: key), "switch \(environment) off"), variables: [Self.tokenVariable],
      remarks: hasVariants(key)
        ? ["a flag with variants then hands out none: applications use their own default"] : [])
  }

  func hasVariants(_ key: FlagKey) -> Bool { seen.last?[key]?.hasVariants == true }

  // MARK: Places

  static let admin = "/api/admin"

  var projectPath: String { "\(Self.admin)/projects/\(PercentCode.encoded(project))" }

  func featurePath(_ key: FlagKey) -> String { "\(projectPath)/features/\(PercentCode.encoded(key.text))" }

  /// Below the flag in the environment.
  func path(_ key: FlagKey, _ more: String = "") -> String {
    "\(featurePath(key))/environments/\(PercentCode.encoded(environment))\(more)"
  }

  func page(of key: FlagKey) -> String {
    client.base.below("/projects/\(PercentCode.encoded(project))/features/\(PercentCode.encoded(key.text))").description
  }

  /// What every flag is tagged with that rolloutctl manages in this environment. A tag has at most 50 characters. Whoever
  /// kills many sees by it which of them have variants: lists show no strategies. No environment has a + in its name.
  func tag(forVariants: Bool) -> JSON {
    let end = forVariants ? "+variants" : ""
    var name = "rolloutctl-\(environment)"
    if name.utf8.count + end.utf8.count > 50 {
      name = "\(name.prefix(41 - end.utf8.count))-\(SHA256.hex(environment).prefix(8))"
    }
    return ["type": "simple", "value": .string(name + end)]
  }

  // MARK: Reading

  func find(_ key: FlagKey, seenAs known: UnleashFlag?) throws(StoreTrouble) -> UnleashFlag? { try find(key) }

  /// Strategies are shown with one feature at a time only.
  func read(_ keys: [FlagKey]) throws(StoreTrouble) -> [FlagKey: FlagReading] {
    var readings: [FlagKey: FlagReading] = [:]
    for key in keys { readings[key] = try read(key) }
    return readings
  }

  /// Nil where the project has no such feature.
  ///
  /// The whole feature is read, since the route of one environment leaves out the segments of its strategies. The other
  /// way round, this one shows an environment without strategies as off even where it is on, and then lets in everybody;
  /// so do servers before version 8. A kill replaces no strategies and asks for no segments, which might not answer.
  func find(_ key: FlagKey, forKill: Bool = false) throws(StoreTrouble) -> UnleashFlag? {
    let answer = try client.answer(.get, featurePath(key), isRepeatable: true)
    if answer.status == 404, isAboutAFeature(answer) {
      if try isArchived(key, answer) { throw archived(key) }
      return nil
    }
    let json = try client.json(proven(answer))
    guard json["name"]?.text == key.text, let environments = json["environments"]?.items else {
      throw client.unexpected(answer, "no feature \(key)")
    }
    guard let found = environments.first(where: { $0["name"]?.text == environment }),
      let strategies = found["strategies"]?.items
    else { throw noEnvironment(among: environments, answer.status) }
    var isOn = found["enabled"]?.truth ?? false
    if strategies.isEmpty, !isOn { isOn = try isSwitchedOn(key) }
    var segments = UnleashSegments.none(client.base.place)
    if strategies.contains(where: { UnleashRule.isOurs($0) && $0["segments"]?.items?.isEmpty == false }) {
      segments = forKill ? .unasked(client.base.place) : try self.segments()
    }
    let parents = (json["dependencies"]?.items ?? []).compactMap { $0["feature"]?.text }
    let flag = UnleashFlag(key: key, isOn: isOn, strategies: strategies, segments: segments, parents: parents)
    seen.change { $0[key] = flag }
    return flag
  }

  /// What the route of one environment says, which shows the switch as it is.
  func isSwitchedOn(_ key: FlagKey) throws(StoreTrouble) -> Bool { try ask(.get, path(key))["enabled"]?.truth ?? false }

  func noEnvironment(among all: [JSON], _ status: Int) -> StoreTrouble {
    let names = all.compactMap { $0["name"]?.text }.joined(separator: ", ")
    return .refused(
      ServerRefusal(
        client.base.place, status: status, .missing("the environment \(environment) of the project \(project)"),
        said: "there are: \(names)"))
  }

  /// The project is not shown what lies in its archive, in other words than what it never had; the route of the
  /// environment shows the one and not the other.
  private func isArchived(_ key: FlagKey, _ answer: HTTPAnswer) throws(StoreTrouble) -> Bool {
    guard client.said(answer)?.hasPrefix("Could not find feature") == true else { return false }
    return try client.answer(.get, path(key), isRepeatable: true).isSuccess
  }

  func archived(_ key: FlagKey) -> StoreTrouble {
    .occupied(
      "\(key) is archived in Unleash: nobody is served it, and brought back it is off; bring it back at "
        + "\(client.base.below("/projects/\(PercentCode.encoded(project))/archived")), or take another key")
  }

  /// A 404 that says so of something the server knows how to look for; any other comes from a wrong address.
  func isAboutAFeature(_ answer: HTTPAnswer) -> Bool {
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

  var keepsVariantsInRules: Bool { true }

  func list() throws(StoreTrouble) -> [ListedFlag] {
    try overviews().compactMap { feature in
      guard let name = feature["name"]?.text else { return nil }
      let isOff = here(feature)?["enabled"]?.truth == false
      let killsTo = isTagged(feature, forVariants: true) ? nil : "off"
      return ListedFlag(key: FlagKey(name), mark: isTagged(feature) ? Flag.Mark(killed: isOff, killsTo: killsTo) : nil)
    }
  }

  /// All features of the project, each with its environments and tags and without its strategies. A project that does
  /// not exist has none either, and an environment that does not is missing in each: who asks for all must hear of both.
  func overviews() throws(StoreTrouble) -> [JSON] {
    let answer = try client.answer(.get, "\(projectPath)/features", isRepeatable: true)
    if answer.status == 404, isAboutAFeature(answer) { throw noProject }
    let json = try client.json(proven(answer))
    guard let features = json["features"]?.items else { throw client.unexpected(answer, "no list of features") }
    if features.isEmpty, try client.answer(.get, overviewPath, isRepeatable: true).status == 404 { throw noProject }
    if let first = features.first, !features.contains(where: { here($0) != nil }) {
      throw noEnvironment(among: first["environments"]?.items ?? [], answer.status)
    }
    return features
  }

  var overviewPath: String { "\(projectPath)/overview" }

  private var noProject: StoreTrouble {
    .refused(ServerRefusal(client.base.place, status: 404, .missing("the project \(project)")))
  }

  func here(_ feature: JSON) -> JSON? { feature["environments"]?.items?.first { $0["name"]?.text == environment } }

  func isTagged(_ feature: JSON) -> Bool {
    isTagged(feature, forVariants: false) || isTagged(feature, forVariants: true)
  }

  func isTagged(_ feature: JSON, forVariants: Bool) -> Bool {
    let tag = tag(forVariants: forVariants)
    return (feature["tags"]?.items ?? []).contains { $0["type"] == tag["type"] && $0["value"] == tag["value"] }
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
        headers: body == nil ? [] : [StoreClient.json],
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
    if [400, 404].contains(answer.status), let said = client.said(answer),
      said.lowercased().contains("context field")
    {
      let page = client.base.below("/context")
      throw .refused(
        ServerRefusal(
          client.base.place, status: answer.status, .rejected,
          said:
            "\(said); an attribute of the note has to be a context field there, with the note's values among its legal "
            + "ones, where it has such: see \(page)"))
    }
    // It answers everything and changes nothing, until somebody ends it: no retry helps.
    if answer.status == 503, let said = client.said(answer), said.contains("maintenance mode") {
      let page = client.base.below("/admin/maintenance")
      throw .refused(
        ServerRefusal(client.base.place, status: 503, .rejected, said: "\(said) An admin ends it at \(page)"))
    }
    return try client.proven(answer)
  }
}
