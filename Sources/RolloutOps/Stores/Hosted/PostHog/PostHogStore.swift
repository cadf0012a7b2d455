/// PostHog's feature flags. A project is one environment; a flag is known by a number, and found by its key.
///
/// The unit `user` is a person, hashed by distinct id; any other unit is a group type of that name, and attributes are
/// properties of the person or the group.
struct PostHogStore: HostedStore {
  let address: String
  /// SDKs that decide locally ask every 30 s.
  let propagation = TimeSpan(seconds: 30)

  static let tokenVariable = "POSTHOG_API_KEY"

  let client: StoreClient
  let project: String
  /// The flags as they were seen last, by key.
  let seen = Remembered<[FlagKey: PostHogFlag]>.empty
  /// What of the last change some of PostHog's SDKs do not understand.
  let unread = Remembered<[String]>([])

  init(_ base: WebAddress, project: String, address: String, _ terms: StoreTerms, _ context: Context) {
    (self.address, self.project) = (address, project)
    client = StoreClient(
      base, terms, context, variable: Self.tokenVariable, tokenScheme: "Bearer ",
      tokenMade: "PostHog's settings under Personal API keys, with feature_flag:write")
  }

  var identity: String { client.base.below("/project/\(project)").description }

  /// By PATCH, which servers of every age know. A flag has a number there, which a line of its own looks up where nobody
  /// has seen it yet.
  func byHand(_ key: FlagKey, serving variant: String?) -> ByHand {
    let flag = seen.last?[key]
    let variables = [Self.tokenVariable]
    let page = ByHand.Page(place(flag), "turn off \(key)")
    let remarks =
      flag?.hasVariants == true ? ["a flag with variants then hands out none: applications use their own default"] : []
    var off: JSON = ["active": false]
    if let flag, flag.isOfRules { off = flag.switching(on: false) }
    let isOff = HandLines.proof(".active == false")
    if let number = flag?.number {
      let path = "\(flags)\(number)/"
      return ByHand(
        client.curl(.patch, path, headers: [StoreClient.json], body: off),
        proof: "\(client.curl(.get, path)) | \(isOff)", page: page, variables: variables, remarks: remarks)
    }
    let list = client.curl(.get, flags, query: PercentCode.form([("key", key.text), ("limit", "500")]))
    let number = "jq -res --arg k \(Shell.word(key.text)) '[.[0] | (.results? // .)[] | select(.key == $k)][0].id'"
    // The number stands behind the quoted address, in quotes of its own.
    let look = "N=$(\(list) | \(number)) &&\n  "
    return ByHand(
      look + client.curl(.patch, flags, headers: [StoreClient.json], body: off) + "\"$N/\"",
      proof: look + client.curl(.get, flags) + "\"$N/\" | \(isOff)", words: page.sentence,
      page: page, variables: variables, remarks: remarks)
  }

  static func flags(_ project: String) -> String { "/api/projects/\(project)/feature_flags/" }
  var flags: String { Self.flags(project) }

  func page(of key: FlagKey) -> String { place(seen.last?[key]) }

  /// Where the flag is looked at, for a person.
  func place(_ flag: PostHogFlag?) -> String {
    client.base.below("/project/\(project)/feature_flags\(flag?.number.map { "/\($0)" } ?? "")").description
  }

  // MARK: Reading

  func read(_ keys: [FlagKey]) throws(StoreTrouble) -> [FlagKey: FlagReading] {
    if keys.count == 1, let key = keys.first { return [key: try read(key)] }
    var found: [FlagKey: PostHogFlag] = [:]
    for flag in try pages(flags, as: "flags").map(PostHogFlag.init) {
      if let key = flag.key, keys.contains(key) { found[key] = flag }
    }
    return Dictionary(keys.map { ($0, reading($0, found[$0])) }) { first, _ in first }
  }

  var remarks: [String] { unread.last ?? [] }

  func list() throws(StoreTrouble) -> [ListedFlag] {
    try pages(flags, as: "flags").map(PostHogFlag.init).compactMap { flag in
      flag.key.map { ListedFlag(key: $0, mark: flag.flag.mark) }
    }
  }

  /// By its number, where that is known.
  func find(_ key: FlagKey, seenAs known: PostHogFlag?) throws(StoreTrouble) -> PostHogFlag? {
    guard let known, let number = known.number else { return try find(key) }
    return try flag(in: client.answer(.get, flags + "\(number)/", isRepeatable: true), about: known)
  }

  /// By its key: a server that does not know how to look for one shows all, and capitals make no difference to one that
  /// does.
  func find(_ key: FlagKey) throws(StoreTrouble) -> PostHogFlag? {
    let all = try pages(flags, as: "flags", query: [("key", key.text)]) { $0["key"]?.text == key.text }
    return all.first { $0["key"]?.text == key.text }.map(PostHogFlag.init)
  }

  /// All pages of a list, or those up to the first that has what is looked for.
  func pages(
    _ path: String, as what: String, query: [(name: String, value: String)] = [],
    until isFound: (JSON) -> Bool = { _ in false }
  ) throws(StoreTrouble) -> [JSON] {
    var all: [JSON] = []
    while true {
      let page = query + [("limit", "500")] + (all.isEmpty ? [] : [("offset", String(all.count))])
      let answer = try client.answer(.get, path, query: PercentCode.form(page), isRepeatable: true)
      let json = try understood(answer, about: nil)
      // What has no pages comes as a list.
      guard let items = json["results"]?.items ?? json.items else {
        throw client.unexpected(answer, "no list of \(what)" + (client.said(answer).map { ": \($0)" } ?? ""))
      }
      all += items
      guard json["next"]?.text != nil, !items.isEmpty, !items.contains(where: isFound) else { return all }
    }
  }

  // MARK: Understanding

  /// The answer's JSON, or what PostHog's refusals mean.
  func understood(_ answer: HTTPAnswer, about flag: PostHogFlag?) throws(StoreTrouble) -> JSON {
    if answer.isSuccess { return try client.json(answer) }
    let json = (try? JSON.parse(answer.body)) ?? .null
    let (code, said) = (json["code"]?.text, client.said(answer))
    let refused = { (reason: ServerRefusal.Reason) in
      StoreTrouble.refused(ServerRefusal(client.base.place, status: answer.status, reason, said: said))
    }
    switch (answer.status, code) {
    case (409, "approval_required"), (409, "change_request_pending"):
      let request = json["change_request_id"]?.text.map { ", change request \($0)" } ?? ""
      throw refused(.needsApproval(where: place(flag) + request))
    case (409, _): throw .changedMeanwhile(path: place(flag))
    // It was deleted since it was read: the next look does not find it.
    case (400, nil) where json["success"] == false && flag != nil: throw .changedMeanwhile(path: place(flag))
    case (404, _) where flag != nil && !Self.hasNoSuchAction(answer): throw .changedMeanwhile(path: place(flag))
    case (404, _): throw refused(.missing("the project \(project)"))
    default: throw .refused(client.refusal(answer))
    }
  }

  /// PostHog's answer for an address that it knows nothing of: the actions are younger than many a server.
  static func hasNoSuchAction(_ answer: HTTPAnswer) -> Bool {
    guard [404, 405].contains(answer.status) else { return false }
    let json = try? JSON.parse(answer.body)
    return answer.status == 405 || json?["detail"]?.text?.hasPrefix("Endpoint") ?? true
  }

  /// The flag that was written, if that is what came.
  func flag(in answer: HTTPAnswer, about flag: PostHogFlag?) throws(StoreTrouble) -> PostHogFlag {
    let json = try understood(answer, about: flag)
    guard json["id"]?.integer != nil, json["filters"]?.members != nil else {
      throw client.unexpected(answer, "no flag" + (client.said(answer).map { ": \($0)" } ?? ""))
    }
    return PostHogFlag(json)
  }

  // MARK: What conditions name

  /// What is hashed and which cohorts are named, in PostHog's numbers: known from the flag itself, or asked for.
  func properties(for flag: Flag, over old: PostHogFlag?) throws(StoreTrouble) -> PostHogProperties? {
    guard case .split(let split) = flag.serving else { return nil }
    var groupType: Int?
    if split.unit != PostHogProperties.personUnit {
      groupType = old?.line?.unit == split.unit ? old?.groupType : nil
      if groupType == nil { groupType = try self.groupType(split.unit) }
    }
    var cohorts = old?.cohorts ?? [:]
    let named =
      split.unit == PostHogProperties.cohortName
      ? [] : flag.selectors.flatMap { $0.values(of: PostHogProperties.cohortName) }
    if groupType == nil, !named.allSatisfy({ cohorts[$0] != nil }) { cohorts = try self.cohorts(naming: named) }
    return PostHogProperties(unit: split.unit, groupType: groupType, cohorts: cohorts)
  }

  private func groupType(_ unit: String) throws(StoreTrouble) -> Int {
    let types = try pages("/api/projects/\(project)/groups_types/", as: "group types")
    if let found = types.first(where: { $0["group_type"]?.text == unit })?["group_type_index"]?.integer { return found }
    let names = types.compactMap { $0["group_type"]?.text } + [PostHogProperties.personUnit]
    throw .beyond(
      "PostHog has no group type \"\(unit)\" in project \(project); the note's Unit can be \(Self.listed(names)) "
        + "(\(PostHogProperties.personUnit) is a person)")
  }

  /// Those that SDKs can decide by themselves: of a static cohort, or one of events, only PostHog knows who is in.
  private func cohorts(naming named: [String]) throws(StoreTrouble) -> [String: Int] {
    let all = try pages("/api/projects/\(project)/cohorts/", as: "cohorts").filter { $0["deleted"]?.truth != true }
    var usable: [String: Int] = [:]
    for cohort in all where cohort["is_static"]?.truth != true && !Self.isOfEvents(cohort["filters"]) {
      if let name = cohort["name"]?.text, let number = cohort["id"]?.integer { usable[name] = number }
    }
    for name in named where usable[name] == nil {
      let exists = all.contains { $0["name"]?.text == name }
      let names = usable.keys.sorted()
      throw .beyond(
        exists
          ? "PostHog's cohort \"\(name)\" is static or of events, so that its SDKs cannot decide who is in; use a property"
          : "PostHog has no cohort \"\(name)\" in project \(project)"
            + (names.isEmpty ? "" : "; there is \(Self.listed(names))"))
    }
    return usable
  }

  private static func isOfEvents(_ filters: JSON?) -> Bool {
    switch filters {
    case .object(let members)?:
      filters?["type"] == "behavioral" || members.contains { isOfEvents($0.value) }
    case .array(let items)?: items.contains { isOfEvents($0) }
    default: false
    }
  }

  private static func listed(_ names: [String]) -> String {
    names.count < 2 ? names.joined() : names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
  }
}
