/// Statsig's gates, through its Console API. The key says which project is meant; the address may name one of its
/// environments.
///
/// A gate's switch is for all environments at once. So an address with an environment works by rules that are for that
/// environment alone, also to kill, and leaves other environments' rules as they are; one without kills by the switch,
/// which no change of rules can undo.
package struct StatsigStore: FlagStore {
  package let address: String
  /// Server SDKs ask every 10 s.
  package let propagation = TimeSpan(seconds: 10)
  package let width = 32

  static let tokenVariable = "STATSIG_CONSOLE_KEY"
  static let usual = "https://statsigapi.net"

  let client: StoreClient
  let environment: String?
  /// The gates as they were seen last, by key.
  let seen = Remembered<[FlagKey: StatsigGate]>()

  init(_ base: WebAddress, environment: String?, address: String, _ terms: StoreTerms, _ context: Context) {
    (self.address, self.environment) = (address, environment)
    var client = StoreClient(
      base, terms, context, variable: Self.tokenVariable, tokenName: "STATSIG-API-KEY",
      tokenMade: "Statsig's project settings under API keys, as a Console API key that may write")
    client.headers = [HTTPRequest.Header("STATSIG-API-VERSION", "20240601")]
    self.client = client
    seen.last = [:]
  }

  package var identity: String { client.base.below(environment.map { "/\($0)" } ?? "").description }

  package var journalFolder: Folder { client.terms.journalFolder(identity, client.context) }

  /// The gate's own switch, past any review: a line that changes the rules of one environment would have to know them.
  package func byHand(_ key: FlagKey, serving variant: String?) -> ByHand {
    ByHand(
      client.curl(.put, "\(Self.path(key))/disable"),
      proof: client.curl(.get, Self.path(key)) + " | " + HandLines.proof(".data.isEnabled == false"),
      page: ByHand.Page("https://console.statsig.com", "disable \(key)"), variables: [Self.tokenVariable],
      scope: environment == nil ? nil : "that is for all environments")
  }

  static let gates = "/console/v1/gates"
  static func path(_ key: FlagKey) -> String { "\(gates)/\(PercentCode.encoded(key.text))" }

  func place(_ key: FlagKey) -> String { client.base.below(Self.path(key)).description }

  // MARK: Reading

  package func read(_ key: FlagKey) throws(StoreTrouble) -> FlagReading {
    guard let gate = try find(key) else { return reading(key, nil) }
    return reading(key, StatsigGate(gate.object, environment: environment, overrides: try overrides(of: gate)))
  }

  /// For looking only: overrides are not asked for, one request for each gate.
  package func read(_ keys: [FlagKey]) throws(StoreTrouble) -> [FlagKey: FlagReading] {
    if keys.count == 1, let key = keys.first { return [key: try read(key)] }
    var found: [FlagKey: StatsigGate] = [:]
    for gate in try pages(Self.gates).map({ StatsigGate($0, environment: environment) }) {
      if let key = gate.key, keys.contains(key) { found[key] = gate }
    }
    return Dictionary(
      keys.map { key in
        let gate = found[key]
        return (key, FlagReading(key: key, flag: gate?.flag, version: gate?.state ?? "", spelled: gate?.spelled))
      }
    ) { first, _ in first }
  }

  package var switchesOnLast: Bool { true }

  package func list() throws(StoreTrouble) -> [ListedFlag] {
    try pages(Self.gates).map { StatsigGate($0, environment: environment) }.compactMap { gate in
      gate.key.map { ListedFlag(key: $0, mark: gate.flag.mark) }
    }
  }

  func reading(_ key: FlagKey, _ gate: StatsigGate?) -> FlagReading {
    seen.change { $0[key] = gate }
    return FlagReading(key: key, flag: gate?.flag, version: gate?.state ?? "", spelled: gate?.spelled)
  }

  func find(_ key: FlagKey) throws(StoreTrouble) -> StatsigGate? {
    let answer = try client.answer(.get, Self.path(key), isRepeatable: true)
    if answer.status == 404, Self.isUnknownName(answer) { return nil }
    return try gate(in: answer)
  }

  /// They come before all rules, so who looks must see them. A kill by the switch passes over them.
  private func overrides(of gate: StatsigGate) throws(StoreTrouble) -> JSON? {
    let isKill = client.terms.deadline != nil
    guard gate.isOn, !(isKill && environment == nil), let key = gate.key else { return nil }
    do throws(StoreTrouble) {
      let answer = try client.answer(.get, "\(Self.path(key))/overrides", isRepeatable: true)
      return try data(in: answer)
    } catch {
      if isKill { return nil }
      throw error
    }
  }

  func pages(_ path: String) throws(StoreTrouble) -> [JSON] {
    var all: [JSON] = []
    var page = 1
    while true {
      let answer = try client.answer(.get, path, query: "limit=100&page=\(page)", isRepeatable: true)
      guard let items = try data(in: answer).items else { throw unexpected(answer) }
      all += items
      page += 1
      let next = (try? JSON.parse(answer.body))?["pagination"]?["nextPage"]
      guard let next, next != .null, !items.isEmpty else { return all }
    }
  }

  /// The names of all segments, where a selector names one that the gate does not use yet.
  func checkSegments(of serving: Serving, over old: StatsigGate?) throws(StoreTrouble) {
    guard case .split(let split) = serving, split.unit != StatsigConditions.segmentName else { return }
    let selectors = split.exposure.grants.compactMap(\.cohort) + split.exposure.exclusions
    let used = (old?.rules ?? []).flatMap { $0["conditions"]?.items ?? [] }.compactMap { $0["targetValue"]?.text }
    let named = selectors.flatMap(\.segmentNames).filter { !used.contains($0) }
    guard !named.isEmpty else { return }
    let names = try pages("/console/v1/segments").compactMap { $0["id"]?.text }
    for name in named where !names.contains(name) {
      throw .beyond(
        "Statsig has no segment \"\(name)\""
          + (names.isEmpty ? "" : "; there is \(names.sorted().joined(separator: ", "))"))
    }
  }

  // MARK: Understanding

  func gate(in answer: HTTPAnswer) throws(StoreTrouble) -> StatsigGate {
    let data = try data(in: answer)
    guard data["id"]?.text != nil, data["rules"]?.items != nil else { throw unexpected(answer) }
    return StatsigGate(data, environment: environment)
  }

  /// What an answer carries, or what Statsig's refusals mean. A reading of overrides is answered as if it made some.
  func data(in answer: HTTPAnswer) throws(StoreTrouble) -> JSON {
    guard answer.isSuccess else { throw .refused(refusal(answer)) }
    guard let data = try client.json(answer)["data"] else { throw unexpected(answer) }
    return data
  }

  private func unexpected(_ answer: HTTPAnswer) -> StoreTrouble {
    client.unexpected(answer, "not what was asked for" + (said(answer).map { ": \($0)" } ?? ""))
  }

  func refusal(_ answer: HTTPAnswer) -> ServerRefusal {
    let usual = client.refusal(answer)
    // Its answer to a wrong key repeats the key.
    if answer.status == 401 { return ServerRefusal(usual.place, status: 401, usual.reason) }
    let said = said(answer)
    if answer.status == 403, said?.lowercased().contains("review") == true {
      return ServerRefusal(usual.place, status: 403, .needsApproval(where: "https://console.statsig.com"), said: said)
    }
    if answer.status == 404 {
      let what = Self.isUnknownName(answer) ? "what was asked for" : "the Console API"
      return ServerRefusal(usual.place, status: 404, .missing(what), said: said)
    }
    guard answer.status == 429 else {
      return ServerRefusal(usual.place, status: answer.status, usual.reason, said: said, rest: usual.rest)
    }
    // It counts by ten seconds and by a quarter of an hour, and says neither which of them is full nor when it is over.
    let limits = "it takes 100 changes of a project in 10 s and about 900 in 15 min"
    return ServerRefusal(
      usual.place, status: 429, usual.reason, said: [said, limits].compactMap(\.self).joined(separator: "; "),
      rest: usual.rest ?? TimeSpan(seconds: 10))
  }

  /// "Validation failed" alone helps nobody: which property, and why.
  private func said(_ answer: HTTPAnswer) -> String? {
    guard let said = client.said(answer) else { return nil }
    let first = (try? JSON.parse(answer.body))?["errors"]?.items?.first
    guard let property = first?["property"]?.text, let why = first?["errorMessage"]?.text else { return said }
    return "\(said): \(property.prefix(80)): \(why.prefix(120))"
  }

  static func isUnknownName(_ answer: HTTPAnswer) -> Bool {
    guard let message = (try? JSON.parse(answer.body))?["message"]?.text else { return false }
    return !message.hasPrefix("Cannot ")
  }
}

extension Selector {
  fileprivate var segmentNames: [String] {
    switch self {
    case .equals(StatsigConditions.segmentName, let value): [value.text]
    case .equals, .oneOf: []
    case .not(let inner): inner.segmentNames
    case .all(let parts): parts.flatMap(\.segmentNames)
    }
  }
}
