/// A gate as Statsig's Console API shows and takes it, seen from one environment or, without a name, from all of them.
///
/// Ours are the rules with our names: who is excluded, at 0%; the cohorts that are in as a whole; and last one rule for
/// the share. Each rule draws by a hash of its own, so there is one share at a time, and its rule stays from the first
/// stage on, if need be at 0%: what comes back later is of the same units. The first rule whose conditions are met
/// decides, also against whoever it lets in by no more than a share.
struct StatsigGate {
  let object: JSON
  let environment: String?
  /// Who is let in or kept out one by one, before all rules; nil where it was not asked for.
  let overrides: JSON?

  init(_ object: JSON, environment: String?, overrides: JSON? = nil) {
    (self.object, self.environment, self.overrides) = (object, environment, overrides)
  }

  var key: FlagKey? { object["id"]?.text.map { FlagKey($0) } }
  var description: String { object["description"]?.text ?? "" }
  var version: Int? { object["version"]?.integer }
  var isOn: Bool {
    object["isEnabled"]?.truth == true && !["Disabled", "Archived"].contains(object["status"]?.text ?? "")
  }
  /// Then it is true for everybody, whatever the rules say.
  var isLaunched: Bool { isOn && object["status"] == "Launched" }
  var line: MarkLine? { MarkLine(in: description, environment: environment) }
  var hasReview: Bool { object["activeReview"].map { $0 != .null } ?? false }

  /// What is compared to find out that somebody else was here. Nothing but this can: the API compares nothing.
  var state: String {
    let names = ["isEnabled", "status", "description", "idType", "rules", "lastModifiedTime", "version", "holdoutIDs"]
    return SHA256.hex(JSON.object(names.map { JSON.Member($0, object[$0] ?? .null) }).written())
  }

  /// For the journal, where somebody else's rules are replaced.
  var spelled: String {
    let names = ["isEnabled", "status", "idType", "rules", "holdoutIDs"]
    var members = names.map { JSON.Member($0, object[$0] ?? .null) }
    if let overrides { members.append(JSON.Member("overrides", overrides)) }
    return JSON.object(members).written()
  }

  // MARK: Rules

  var rules: [JSON] { object["rules"]?.items ?? [] }

  private static func environments(_ rule: JSON) -> [String] {
    (rule["environments"]?.items ?? []).compactMap(\.text)
  }

  func isOurs(_ rule: JSON) -> Bool {
    rule["name"]?.text?.hasPrefix(StatsigRules.prefix) == true
      && Self.environments(rule) == (environment.map { [$0] } ?? [])
  }

  /// A rule without environments is for all of them.
  private func applies(_ rule: JSON) -> Bool {
    let places = Self.environments(rule)
    guard let environment else { return true }
    return places.isEmpty || places.contains(environment)
  }

  var ours: [JSON] { rules.filter(isOurs) }
  /// What somebody set up by hand and counts here.
  var foreign: [JSON] { rules.filter { !isOurs($0) && applies($0) } }
  /// Other environments' rules, which are nothing of ours.
  var elsewhere: [JSON] { rules.filter { !isOurs($0) && !applies($0) } }

  /// Whom overrides let in or keep out here.
  var overridden: (passing: Bool, failing: Bool) {
    var found = (passing: false, failing: false)
    func look(_ place: JSON, _ passing: String, _ failing: String) {
      if place[passing]?.items?.isEmpty == false { found.passing = true }
      if place[failing]?.items?.isEmpty == false { found.failing = true }
    }
    guard let overrides else { return found }
    look(overrides, "passingUserIDs", "failingUserIDs")
    look(overrides, "passingCustomIDs", "failingCustomIDs")
    for place in overrides["environmentOverrides"]?.items ?? [] {
      let name = place["environment"]?.text
      if name == nil || environment == nil || name == environment { look(place, "passingIDs", "failingIDs") }
    }
    return found
  }

  // MARK: Reading

  var flag: Flag {
    var mark = line?.mark
    if !isOn || StatsigRules.areKilled(ours) { mark?.killed = true }
    return Flag(variants: Variants.boolean.all, serving: isOn ? servingWhenOn : .everyone("off"), mark: mark)
  }

  var servingWhenOn: Serving {
    if isKilledHere, !overridden.passing { return .everyone("off") }
    guard occupation == nil else { return .foreign(spelled) }
    if isLaunched { return .everyone("on") }
    if ours.allSatisfy({ $0["passPercentage"]?.double == 0 }) { return .everyone("off") }
    guard let unit = line?.unit else {
      // Only who is everybody needs no unit.
      return StatsigRules.letInEverybody(ours) ? .everyone("on") : .foreign(spelled)
    }
    if StatsigRules.letInEverybody(ours) { return .everyone("on") }
    return split(by: unit).map { .split($0.split) } ?? .foreign(spelled)
  }

  /// What our rules say, and in which manner.
  private func split(by unit: String) -> (split: Split, manner: StatsigConditions.Manner)? {
    for manner in StatsigConditions.Manner.allCases {
      let conditions = StatsigConditions(unit: unit, manner: manner)
      guard object["idType"]?.text == conditions.idType else { return nil }
      let rules = StatsigRules(conditions: conditions, environment: environment)
      if let split = rules.decode(ours) { return (split, manner) }
    }
    return nil
  }

  /// Where our rules stand in the manner of earlier versions, which some SDKs read otherwise.
  var splitOfEarlyManner: Split? {
    guard let unit = line?.unit, let (split, manner) = split(by: unit), manner == .early else { return nil }
    return split
  }

  /// In this environment alone: a rule of ours keeps everybody out before any other is asked.
  private var isKilledHere: Bool {
    guard !isLaunched, StatsigRules.areKilled(ours), let first = rules.first(where: applies) else { return false }
    return foreign.isEmpty || (isOurs(first) && StatsigRules.isAboutEverybody(first))
  }

  /// Why an ordinary change of its rules has to wait for a person; nil where nothing stands in the way.
  var occupation: String? {
    if !foreign.isEmpty { return "the gate has rules that rolloutctl did not write" }
    if overridden.passing || overridden.failing { return "the gate has overrides" }
    if object["holdoutIDs"]?.items?.isEmpty == false { return "the gate is in a holdout" }
    if object["releasePipelineID"].map({ $0 != .null }) ?? false { return "the gate belongs to a release pipeline" }
    if ours.contains(where: { $0["pendingAutomatedRollouts"]?.items?.isEmpty == false }) {
      return "the gate's percentage is scheduled to change by itself"
    }
    return nil
  }
}

/// Rules of ours, and back.
struct StatsigRules {
  var conditions: StatsigConditions
  let environment: String?

  static let prefix = "rolloutctl "
  static let share = "rolloutctl share"
  static let killed = "rolloutctl share, killed"
  /// Hundredths of a percent are as fine as Statsig's shares are.
  private static let grain = 10_000

  // MARK: Writing

  func encode(_ serving: Serving, over old: [JSON]) throws(StoreTrouble) -> [JSON] {
    switch serving {
    case .everyone(let variant):
      return [rule(Self.share, variant == "on" ? .whole : .zero, [StatsigConditions.everyone], old)]
    case .split(let split): return try encode(split, over: old)
    case .foreign, .applicationDefault: return old
    }
  }

  private func encode(_ split: Split, over old: [JSON]) throws(StoreTrouble) -> [JSON] {
    let (whole, partial) = (
      split.exposure.grants.filter { $0.share.isWhole && $0.cohort != nil },
      split.exposure.grants.filter { !$0.share.isWhole || $0.cohort == nil }
    )
    guard partial.count < 2 else {
      throw .beyond(
        "Statsig draws anew for every rule, so a gate has one percentage at a time, and this stage needs "
          + partial.map { "\($0.share) of \($0.cohort.map(\.description) ?? "everybody")" }.joined(separator: " and ")
          + "; let a stage widen the one before it")
    }
    var rules: [JSON] = []
    for (index, exclusion) in split.exposure.exclusions.enumerated() {
      rules.append(
        rule(Self.name("out \(index + 1)", exclusion), .zero, try conditions.encode(exclusion), old))
    }
    for (index, grant) in whole.enumerated() {
      guard let cohort = grant.cohort else { continue }
      let all = try conditions.encode(cohort) + conditions.guards
      rules.append(rule(Self.name("in \(index + 1)", cohort), .whole, all, old))
    }
    guard let grant = partial.first else {
      return rules + [rule(Self.share, .zero, [StatsigConditions.everyone], old)]
    }
    guard grant.share.micro % Self.grain == 0 else {
      let hundredths = (grant.share.micro + Self.grain / 2) / Self.grain
      throw .inexpressible(grant.share, nearest: Percentage(micro: min(max(hundredths, 1), 9999) * Self.grain))
    }
    let cohort = try grant.cohort.map { selector throws(StoreTrouble) in try conditions.encode(selector) } ?? []
    let name = grant.cohort.map { Self.name("share", $0) } ?? Self.share
    return rules + [rule(name, grant.share, cohort + conditions.guards, old)]
  }

  /// Which conditions are lists of one value stands behind the name.
  private static func name(_ role: String, _ selector: Selector) -> String {
    let lists = StatsigConditions.lists(selector)
    return prefix + role + (lists.isEmpty ? "" : ", list " + lists.map(String.init).joined(separator: " "))
  }

  /// The same rule as before, where there was one in this role: a new one would draw other units.
  private func rule(_ name: String, _ share: Percentage, _ conditions: [JSON], _ old: [JSON]) -> JSON {
    let before = old.first { Self.role($0) == Self.role(name) }
    var members = ["id", "baseID"].compactMap { member in
      before?[member].flatMap { $0 == .null ? nil : JSON.Member(member, $0) }
    }
    members += [
      JSON.Member("name", .string(name)), JSON.Member("passPercentage", .spelled(share.digits)),
      JSON.Member("conditions", .array(conditions)),
      JSON.Member("environments", environment.map { [.string($0)] } ?? .null),
    ]
    return .object(members)
  }

  private static func role(_ rule: JSON) -> Substring? { rule["name"]?.text.map(role) }
  private static func role(_ name: String) -> Substring { name.prefix { $0 != "," } }

  // MARK: Reading

  /// Killed in one environment only: the share's rule says so, and nobody passes.
  static func areKilled(_ rules: [JSON]) -> Bool {
    rules.contains { $0["name"]?.text == killed } && rules.allSatisfy { $0["passPercentage"]?.double == 0 }
  }

  static func letInEverybody(_ rules: [JSON]) -> Bool {
    rules.count == 1 && rules[0]["passPercentage"]?.double == 100 && isAboutEverybody(rules[0])
  }

  static func isAboutEverybody(_ rule: JSON) -> Bool {
    (rule["conditions"]?.items ?? []).map(StatsigConditions.plain) == [StatsigConditions.everyone]
  }

  /// What keeps everybody out of one environment, before whatever rules.
  func killing(_ old: [JSON]) -> JSON { rule(Self.killed, .zero, [StatsigConditions.everyone], old) }

  /// The split, if rolloutctl wrote these rules: read by their shape, then written again and compared.
  func decode(_ rules: [JSON]) -> Split? {
    var (grants, exclusions): ([Grant], [Selector]) = ([], [])
    for rule in rules {
      guard let name = rule["name"]?.text, let percent = rule["passPercentage"]?.double else { return nil }
      let all = rule["conditions"]?.items ?? []
      // The share's rule while no share is in effect.
      if percent == 0, Self.isAboutEverybody(rule) { continue }
      let parts = name.split(separator: ", list ")
      let lists = parts.count == 2 ? parts[1].split(separator: " ").compactMap { Int($0) } : []
      guard let (selector, isGuarded) = conditions.decode(all, lists: lists) else { return nil }
      if Self.role(name).hasPrefix("\(Self.prefix)out"), let selector, !isGuarded {
        exclusions.append(selector)
      } else {
        let hundredths = (percent * 100).rounded()
        guard (0...10_000).contains(hundredths) else { return nil }
        grants.append(Grant(cohort: selector, share: Percentage(micro: Int(hundredths) * Self.grain)))
      }
    }
    let split = Split(
      exposure: Exposure(grants: grants, exclusions: exclusions), unit: conditions.unit, canary: "on", control: "off")
    guard !grants.isEmpty, let again = try? encode(split, over: []),
      JSON.array(again.map(Self.plain)).means(.array(rules.map(Self.plain)))
    else { return nil }
    return split
  }

  /// What decides of a rule, without what Statsig adds.
  private static func plain(_ rule: JSON) -> JSON {
    [
      "name": rule["name"] ?? .null, "passPercentage": rule["passPercentage"] ?? .null,
      "conditions": .array((rule["conditions"]?.items ?? []).map(StatsigConditions.plain)),
    ]
  }
}
