/// Statsig's gates and dynamic configurations, through its Console API. The key says which project is meant; the address may
/// name one of its environments.
///
/// A flag with variants is a dynamic configuration, any other a gate. Which of the two a flag is nobody says who kills it by
/// its name alone: so it is looked for among the gates, and where none of them is ours among the configurations.
///
/// The switch of either is for all environments at once. So an address with an environment works by rules that are for that
/// environment alone, also to kill, and leaves other environments' rules as they are; one without kills by the switch,
/// which no change of rules can undo.
struct StatsigStore: HostedStore {
  let address: String
  /// Server SDKs ask every 10 s.
  let propagation = TimeSpan(seconds: 10)

  static let tokenVariable = "STATSIG_CONSOLE_KEY"
  static let usual = "https://statsigapi.net"

  let client: StoreClient
  let environment: String?
  /// The flags as they were seen last, by key.
  let seen = Remembered<[FlagKey: StatsigFlag]>.empty
  /// What notes say of flags that nobody has seen yet.
  private let expected = Remembered<[FlagKey: StatsigKind]>.empty

  init(_ base: WebAddress, environment: String?, address: String, _ terms: StoreTerms, _ context: Context) {
    (self.address, self.environment) = (address, environment)
    var client = StoreClient(
      base, terms, context, variable: Self.tokenVariable, tokenName: "STATSIG-API-KEY",
      tokenMade: "Statsig's project settings under API keys, as a Console API key that may write")
    client.headers = [HTTPRequest.Header("STATSIG-API-VERSION", "20240601")]
    self.client = client
  }

  var identity: String { client.base.below(environment.map { "/\($0)" } ?? "").description }

  /// The flag's own switch, past any review: a line that changes the rules of one environment would have to know them.
  func byHand(_ key: FlagKey, serving variant: String?) -> ByHand {
    // Of a flag that nobody has seen, what everybody shall get tells.
    let kind = kind(of: key) ?? (variant == StatsigKind.configuration.control ? .configuration : .gate)
    let isOther = kind == .configuration && variant.map { $0 != kind.control } ?? false
    return ByHand(
      client.curl(.put, "\(Self.path(key, kind))/disable"),
      proof: client.curl(.get, Self.path(key, kind)) + " | " + HandLines.proof(".data.isEnabled == false"),
      page: ByHand.Page("https://console.statsig.com", "disable \(key)"), variables: [Self.tokenVariable],
      scope: environment == nil ? nil : "that is for all environments",
      remarks: isOther ? ["disabled it gives everybody its default, which is control's value"] : [])
  }

  static func path(_ key: FlagKey, _ kind: StatsigKind) -> String { "\(kind.path)/\(PercentCode.encoded(key.text))" }

  func page(of key: FlagKey) -> String { page(of: key, nil) }

  func page(of key: FlagKey, _ kind: StatsigKind?) -> String {
    client.base.below(Self.path(key, kind ?? self.kind(of: key) ?? .gate)).description
  }

  func expects(_ key: FlagKey, hasVariants: Bool) {
    expected.change { $0[key] = hasVariants ? .configuration : .gate }
  }

  /// As it was seen, or as its note says.
  func kind(of key: FlagKey) -> StatsigKind? { seen.last?[key]?.kind ?? expected.last?[key] }

  /// In which order it is looked for.
  func kinds(of key: FlagKey) -> [StatsigKind] {
    kind(of: key) == .configuration ? [.configuration, .gate] : [.gate, .configuration]
  }

  // MARK: Reading

  /// With the overrides that were seen, or those that are there now.
  func find(_ key: FlagKey, seenAs known: StatsigFlag?) throws(StoreTrouble) -> StatsigFlag? {
    guard let flag = try find(key) else { return nil }
    return flag.with(overrides: known == nil ? try overrides(of: flag) : known?.overrides)
  }

  /// For looking only: overrides are not asked for, one request for each gate.
  func read(_ keys: [FlagKey]) throws(StoreTrouble) -> [FlagKey: FlagReading] {
    if keys.count == 1, let key = keys.first { return [key: try read(key)] }
    let (found, trouble) = try listed(keys)
    if let trouble { throw trouble }
    return Dictionary(
      keys.map { key in
        let flag = found[key]
        return (key, FlagReading(key: key, flag: flag?.flag, version: flag?.state ?? "", spelled: flag?.spelled))
      }
    ) { first, _ in first }
  }

  func list() throws(StoreTrouble) -> [ListedFlag] {
    // One list is not waited for before the other is asked for.
    var found: [StatsigFlag] = []
    for answer in Crew(threads: 2).each(StatsigKind.allCases, { kind in self.pages(of: kind) }) {
      found += try answer.get()
    }
    return Self.chosen(found).map { ListedFlag(key: $0.key, mark: $0.flag.flag.mark) }
  }

  func listPart() -> [ListedFlag] {
    let found = StatsigKind.allCases.flatMap { (try? pages(of: $0).get()) ?? [] }
    return Self.chosen(found).map { ListedFlag(key: $0.key, mark: $0.flag.flag.mark) }
  }

  private func pages(of kind: StatsigKind) -> Result<[StatsigFlag], StoreTrouble> {
    do throws(StoreTrouble) {
      return .success(try pages(kind.path).map { StatsigFlag($0, kind, environment: environment) })
    } catch {
      return .failure(error)
    }
  }

  /// Of a gate and a configuration of one name the one that is ours, else the gate.
  private static func chosen(_ found: [StatsigFlag]) -> [(key: FlagKey, flag: StatsigFlag)] {
    var chosen: [(key: FlagKey, flag: StatsigFlag)] = []
    var places: [FlagKey: Int] = [:]
    for flag in found {
      guard let key = flag.key else { continue }
      if let place = places[key] {
        if chosen[place].flag.line == nil, flag.line != nil { chosen[place].flag = flag }
      } else {
        places[key] = chosen.count
        chosen.append((key, flag))
      }
    }
    return chosen
  }

  /// These flags, out of the lists: that of configurations where the gates are not all that is looked for.
  /// `trouble` is that with the configurations; then a flag that is not among the gates may be one of them.
  func listed(_ keys: [FlagKey]) throws(StoreTrouble) -> (flags: [FlagKey: StatsigFlag], trouble: StoreTrouble?) {
    let wanted = Set(keys)
    let isWanted = { (flag: StatsigFlag) in flag.key.map(wanted.contains) ?? false }
    var found = try pages(of: .gate).get().filter(isWanted)
    var trouble: StoreTrouble?
    if Set(found.filter { $0.line != nil }.compactMap(\.key)) != wanted {
      switch pages(of: .configuration) {
      case .success(let more): found += more.filter(isWanted)
      case .failure(let failure): trouble = failure
      }
    }
    return (Dictionary(Self.chosen(found).map { ($0.key, $0.flag) }) { first, _ in first }, trouble)
  }

  /// Gates are asked for first, unless it is known or expected to be a configuration. One that is ours is not asked for
  /// twice; one that is not may stand beside another of its name that is.
  func find(_ key: FlagKey) throws(StoreTrouble) -> StatsigFlag? {
    let known = seen.last?[key]?.kind
    var other: StatsigFlag?
    for kind in kinds(of: key) {
      do throws(StoreTrouble) {
        guard let found = try find(key, kind) else { continue }
        if kind == known || found.line != nil { return found }
        other = found.kind == .gate ? found : other ?? found
      } catch {
        // What was found is killed, whatever is answered about the other.
        guard other != nil, client.terms.deadline != nil else { throw error }
      }
    }
    return other
  }

  private func find(_ key: FlagKey, _ kind: StatsigKind) throws(StoreTrouble) -> StatsigFlag? {
    let answer = try client.answer(.get, Self.path(key, kind), isRepeatable: true)
    if answer.status == 404, Self.isUnknownName(answer) { return nil }
    return try flag(in: answer, kind)
  }

  /// They come before all rules, so who looks must see them. A kill by the switch passes over them.
  private func overrides(of flag: StatsigFlag) throws(StoreTrouble) -> JSON? {
    let isKill = client.terms.deadline != nil
    guard flag.kind.hasOverrides, flag.isOn, !(isKill && environment == nil), let key = flag.key else { return nil }
    do throws(StoreTrouble) {
      let answer = try client.answer(.get, "\(Self.path(key, flag.kind))/overrides", isRepeatable: true)
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

  /// The names of all segments, where a selector names one that the flag does not use yet.
  func checkSegments(of meant: Flag, over old: StatsigFlag?) throws(StoreTrouble) {
    guard case .split(let split) = meant.serving, split.unit != StatsigConditions.segmentName else { return }
    let used = (old?.rules ?? []).flatMap { $0["conditions"]?.items ?? [] }.compactMap { $0["targetValue"]?.text }
    let named = meant.selectors.flatMap { $0.values(of: StatsigConditions.segmentName) }.filter { !used.contains($0) }
    guard !named.isEmpty else { return }
    let names = try pages("/console/v1/segments").compactMap { $0["id"]?.text }
    for name in named where !names.contains(name) {
      throw .beyond(
        "Statsig has no segment \"\(name)\""
          + (names.isEmpty ? "" : "; there is \(names.sorted().joined(separator: ", "))"))
    }
  }

  // MARK: Understanding

  func flag(in answer: HTTPAnswer, _ kind: StatsigKind) throws(StoreTrouble) -> StatsigFlag {
    let data = try data(in: answer)
    guard data["id"]?.text != nil, data["rules"]?.items != nil else { throw unexpected(answer) }
    return StatsigFlag(data, kind, environment: environment)
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
