/// A gate or a dynamic configuration as Statsig's Console API shows and takes it, seen from one environment or, without a
/// name, from all of them.
///
/// Ours are the rules with our names: who is excluded, at 0%; the cohorts that are in as a whole; and last one rule for
/// the share. Each rule draws by a hash of its own, so there is one share at a time, and its rule stays from the first
/// stage on, if need be at 0%: what comes back later is of the same units. The first rule whose conditions are met
/// decides, also against whoever it lets in by no more than a share.
struct StatsigFlag: MarkedFlag {
  let object: JSON
  let kind: StatsigKind
  let environment: String?
  /// Who is let in or kept out one by one, before all rules; nil where it was not asked for.
  let overrides: JSON?

  init(_ object: JSON, _ kind: StatsigKind = .gate, environment: String?, overrides: JSON? = nil) {
    (self.object, self.kind, self.environment, self.overrides) = (object, kind, environment, overrides)
  }

  /// The same, with who was let in or kept out one by one when that was asked for.
  func with(overrides: JSON?) -> StatsigFlag {
    StatsigFlag(object, kind, environment: environment, overrides: overrides)
  }

  var key: FlagKey? { object["id"]?.text.map { FlagKey($0) } }
  var description: String { object["description"]?.text ?? "" }
  var version: Int? { object["version"]?.integer }
  var isOn: Bool {
    object["isEnabled"]?.truth == true && !["Disabled", "Archived"].contains(object["status"]?.text ?? "")
  }
  /// Then it is true for everybody, whatever the rules say.
  var isLaunched: Bool { kind == .gate && isOn && object["status"] == "Launched" }
  var line: MarkLine? { MarkLine(in: description, environment: environment) }
  var hasReview: Bool { object["activeReview"].map { $0 != .null } ?? false }

  /// What is compared to find out that somebody else was here. Nothing but this can: the API compares nothing.
  var state: String {
    var names = ["isEnabled", "status", "description", "idType", "rules", "lastModifiedTime", "version", "holdoutIDs"]
    if kind == .configuration { names.append("defaultValue") }
    return SHA256.hex(JSON.object(names.map { JSON.Member($0, object[$0] ?? .null) }).written())
  }

  /// For the journal, where somebody else's rules are replaced.
  var spelled: String {
    var names = ["isEnabled", "status", "idType", "rules", "holdoutIDs"]
    if kind == .configuration { names.append("defaultValue") }
    var members = names.map { JSON.Member($0, object[$0] ?? .null) }
    if let overrides { members.append(JSON.Member("overrides", overrides)) }
    return JSON.object(members).written()
  }

  /// Gates have one way back, and a configuration always hands out some value.
  func isKilled(as meant: Flag) -> Bool {
    flag.serving == (kind == .gate ? .everyone(kind.control) : meant.serving)
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

  /// Nil for a gate.
  var values: StatsigValues? {
    kind == .gate ? nil : StatsigRules.values(ours, default: object["defaultValue"] ?? [:])
  }

  var flag: Flag {
    var mark = line?.mark
    if !isOn || StatsigRules.areKilled(ours, kind) { mark?.killed = true }
    return Flag(
      variants: values?.variants ?? Variants.boolean.all, serving: isOn ? servingWhenOn : .everyone(kind.control),
      mark: mark)
  }

  /// What the share's rule gives to whoever it lets in.
  private var given: String { StatsigRules.given(by: ours, kind) }

  var servingWhenOn: Serving {
    if isKilledHere, !overridden.passing {
      return .everyone(ours.contains { $0["passPercentage"]?.double != 0 } ? given : kind.control)
    }
    guard occupation == nil else { return .foreign(spelled) }
    if isLaunched { return .everyone("on") }
    if ours.allSatisfy({ $0["passPercentage"]?.double == 0 }) { return .everyone(kind.control) }
    if StatsigRules.letInEverybody(ours) { return says(.everyone(given)) ? .everyone(given) : .foreign(spelled) }
    // Only who is everybody needs no unit.
    guard let unit = line?.unit else { return .foreign(spelled) }
    return split(by: unit).map { .split($0.split) } ?? .foreign(spelled)
  }

  /// Whether our rules of a dynamic configuration return what they say; a gate's return nothing.
  private func says(_ serving: Serving) -> Bool {
    guard let values else { return true }
    let conditions = StatsigConditions(unit: line?.unit ?? "userID")
    return StatsigRules(conditions: conditions, environment: environment, values: values).say(serving, ours)
  }

  /// What our rules say, and in which manner.
  private func split(by unit: String) -> (split: Split, manner: StatsigConditions.Manner)? {
    for manner in StatsigConditions.Manner.allCases {
      let conditions = StatsigConditions(unit: unit, manner: manner)
      guard object["idType"]?.text == conditions.idType else { return nil }
      let rules = StatsigRules(conditions: conditions, environment: environment, values: values)
      if let split = rules.decode(ours) { return (split, manner) }
    }
    return nil
  }

  /// Where our rules stand in the manner of earlier versions, which some SDKs read otherwise.
  var splitOfEarlyManner: Split? {
    guard let unit = line?.unit, let (split, manner) = split(by: unit), manner == .early else { return nil }
    return split
  }

  /// By rules, mostly in this environment alone: one of ours keeps everybody out before any other is asked.
  private var isKilledHere: Bool {
    guard !isLaunched, StatsigRules.areKilled(ours, kind), let first = rules.first(where: applies) else { return false }
    if kind == .configuration { return StatsigRules.isKilling(first) && StatsigRules.isAboutEverybody(first) }
    return foreign.isEmpty || (isOurs(first) && StatsigRules.isAboutEverybody(first))
  }

  /// Why an ordinary change of its rules has to wait for a person; nil where nothing stands in the way.
  var occupation: String? {
    let what = "the \(kind.noun)"
    if !foreign.isEmpty { return "\(what) has rules that rolloutctl did not write" }
    if overridden.passing || overridden.failing { return "\(what) has overrides" }
    if object["holdoutIDs"]?.items?.isEmpty == false { return "\(what) is in a holdout" }
    if object["releasePipelineID"].map({ $0 != .null }) ?? false { return "\(what) belongs to a release pipeline" }
    if ours.contains(where: { $0["pendingAutomatedRollouts"]?.items?.isEmpty == false }) {
      return "\(what)'s percentage is scheduled to change by itself"
    }
    return nil
  }
}
