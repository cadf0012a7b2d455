/// Rules of ours, and back.
///
/// A gate's rule lets people in. A dynamic configuration's gives them what it returns, and whoever no rule lets in gets the
/// default. So a rule of whoever is excluded or not yet in the share gives control there, as it gives off in a gate.
struct StatsigRules {
  var conditions: StatsigConditions
  let environment: String?
  /// What a dynamic configuration's rules return; nil for a gate.
  var values: StatsigValues?

  init(conditions: StatsigConditions, environment: String?, values: StatsigValues? = nil) {
    (self.conditions, self.environment, self.values) = (conditions, environment, values)
  }

  static let prefix = "rolloutctl "
  static let share = "rolloutctl share"
  static let killed = "rolloutctl share, killed"
  /// Lets nobody in, and keeps a value that no other rule returns.
  static let variant = "rolloutctl variant "
  /// Hundredths of a percent are as fine as Statsig's shares are.
  private static let grain = 10_000

  private var kind: StatsigKind { values == nil ? .gate : .configuration }

  // MARK: Names

  /// What stands behind the role in a rule's name.
  private enum Option {
    static let killed = "killed"
    static let gives = "gives "
    static let list = "list "
  }

  private static func options(_ rule: JSON) -> [Substring] {
    (rule["name"]?.text ?? "").split(separator: ", ").dropFirst().map { $0 }
  }

  private static func role(_ rule: JSON) -> Substring? { rule["name"]?.text.map(role) }
  private static func role(_ name: String) -> Substring { name.prefix { $0 != "," } }

  /// Which conditions are lists of one value stands behind the name.
  private static func name(_ role: String, _ selector: Selector) -> String {
    let lists = StatsigConditions.lists(selector)
    return prefix + role + (lists.isEmpty ? "" : ", \(Option.list)" + lists.map(String.init).joined(separator: " "))
  }

  /// The share's rule says what it gives, where that is not the canary: two variants may have one value.
  private func shareName(_ given: String, isKilled: Bool = false) -> String {
    Self.share + (isKilled ? ", \(Option.killed)" : "") + (given == kind.canary ? "" : ", \(Option.gives)\(given)")
  }

  static func isShare(_ rule: JSON) -> Bool { role(rule).map { $0 == share } ?? false }
  static func isVariant(_ rule: JSON) -> Bool { rule["name"]?.text?.hasPrefix(variant) ?? false }

  // MARK: Writing

  func encode(_ serving: Serving, over old: [JSON]) throws(StoreTrouble) -> [JSON] {
    let (given, rules): (String, [JSON])
    switch serving {
    case .everyone(let variant): (given, rules) = try everybody(variant, over: old)
    case .split(let split):
      given = split.canary
      if values != nil, split.control != kind.control {
        throw .beyond(
          "the default of Statsig's dynamic configurations is \(kind.control), and the flag has \(split.control) for it"
        )
      }
      rules = try encode(split, over: old)
    case .foreign, .applicationDefault: return old
    }
    return rules + (try keeping(but: given, over: old))
  }

  /// Control is who gets in by no rule.
  private func everybody(
    _ variant: String, over old: [JSON], isKilled: Bool = false
  ) throws(StoreTrouble) -> (given: String, rules: [JSON]) {
    guard let values else {
      let name = isKilled ? Self.share + ", \(Option.killed)" : Self.share
      return (
        variant, [try rule(name, variant == kind.canary ? .whole : .zero, [StatsigConditions.everyone], nil, old)]
      )
    }
    var given = variant
    if variant == kind.control, values.others.contains(kind.canary) { given = kind.canary }
    let rule = try rule(
      shareName(given, isKilled: isKilled), variant == kind.control ? .zero : .whole, [StatsigConditions.everyone],
      given,
      old)
    return (given, [rule])
  }

  /// The values that no rule returns.
  private func keeping(but given: String, over old: [JSON]) throws(StoreTrouble) -> [JSON] {
    var rules: [JSON] = []
    for name in values?.others ?? [] where name != given {
      rules.append(try rule(Self.variant + name, .zero, [StatsigConditions.nobody], name, old))
    }
    return rules
  }

  private func encode(_ split: Split, over old: [JSON]) throws(StoreTrouble) -> [JSON] {
    let (whole, partial) = (
      split.exposure.grants.filter { $0.share.isWhole && $0.cohort != nil },
      split.exposure.grants.filter { !$0.share.isWhole || $0.cohort == nil }
    )
    guard partial.count < 2 else {
      throw .beyond(
        "Statsig draws anew for every rule, so a \(kind.noun) has one percentage at a time, and this stage needs "
          + partial.map { "\($0.share) of \($0.cohort.map(\.description) ?? "everybody")" }.joined(separator: " and ")
          + "; let a stage widen the one before it")
    }
    let given = split.canary
    var rules: [JSON] = []
    for (index, exclusion) in split.exposure.exclusions.enumerated() {
      let conditions = try conditions.encode(exclusion)
      rules.append(try rule(Self.name("out \(index + 1)", exclusion), .zero, conditions, given, old))
    }
    for (index, grant) in whole.enumerated() {
      guard let cohort = grant.cohort else { continue }
      let all = try conditions.encode(cohort) + conditions.guards
      rules.append(try rule(Self.name("in \(index + 1)", cohort), .whole, all, given, old))
    }
    let share = values == nil ? Self.share : shareName(given)
    guard let grant = partial.first else {
      return rules + [try rule(share, .zero, [StatsigConditions.everyone], given, old)]
    }
    guard grant.share.micro % Self.grain == 0 else {
      let hundredths = (grant.share.micro + Self.grain / 2) / Self.grain
      throw .inexpressible(grant.share, nearest: Percentage(micro: min(max(hundredths, 1), 9999) * Self.grain))
    }
    let cohort = try grant.cohort.map { selector throws(StoreTrouble) in try conditions.encode(selector) } ?? []
    let name = grant.cohort.map { share + Self.name("", $0).dropFirst(Self.prefix.count) } ?? share
    return rules + [try rule(name, grant.share, cohort + conditions.guards, given, old)]
  }

  /// The same rule as before, where there was one in this role: a new one would draw other units.
  private func rule(
    _ name: String, _ share: Percentage, _ conditions: [JSON], _ given: String?, _ old: [JSON]
  ) throws(StoreTrouble) -> JSON {
    let before = old.first { Self.role($0) == Self.role(name) }
    var members = ["id", "baseID"].compactMap { member in
      before?[member].flatMap { $0 == .null ? nil : JSON.Member(member, $0) }
    }
    members += [
      JSON.Member("name", .string(name)), JSON.Member("passPercentage", .spelled(share.digits)),
      JSON.Member("conditions", .array(conditions)),
      JSON.Member("environments", environment.map { [.string($0)] } ?? .null),
    ]
    if let values, let given { members.append(JSON.Member("returnValue", try values.object(given))) }
    return .object(members)
  }

  // MARK: Killing

  static func isKilling(_ rule: JSON) -> Bool { isShare(rule) && options(rule).contains(Option.killed[...]) }

  /// Killed by rules: the share's says so, and no rule lets anybody in; that of a dynamic configuration may give everybody
  /// another way back than control.
  static func areKilled(_ rules: [JSON], _ kind: StatsigKind) -> Bool {
    rules.contains(where: isKilling)
      && rules.allSatisfy { rule in
        rule["passPercentage"]?.double == 0
          || kind == .configuration && isKilling(rule) && isAboutEverybody(rule)
            && given(by: [rule], kind) != kind.canary
      }
  }

  /// What keeps everybody out, or gives everybody the way back, before whatever rules; behind it our values are kept.
  func killing(_ old: [JSON], serving variant: String) throws(StoreTrouble) -> [JSON] {
    let (given, rules) = try everybody(variant, over: old, isKilled: true)
    return rules + (try keeping(but: given, over: old))
  }

  // MARK: Reading

  /// What the share's rule gives to whoever it lets in.
  static func given(by rules: [JSON], _ kind: StatsigKind) -> String {
    let named = rules.first(where: isShare).map(options)?.first { $0.hasPrefix(Option.gives) }
    return named.map { String($0.dropFirst(Option.gives.count)) } ?? kind.canary
  }

  /// The values that our rules keep.
  static func values(_ rules: [JSON], default fallback: JSON) -> StatsigValues {
    var found = [Variants.Variant(StatsigValues.control, StatsigValues.unwrapped(fallback))]
    func add(_ name: String, _ rule: JSON) {
      guard let value = rule["returnValue"], !found.contains(where: { $0.name == name }) else { return }
      found.append(Variants.Variant(name, StatsigValues.unwrapped(value)))
    }
    if let share = rules.first(where: isShare) { add(given(by: rules, .configuration), share) }
    for rule in rules where isVariant(rule) { add(String((rule["name"]?.text ?? "").dropFirst(variant.count)), rule) }
    // In an order of their own, whichever of them a rule returns now.
    let rank = { (name: String) in [StatsigValues.control, StatsigValues.canary].firstIndex(of: name) ?? 2 }
    return StatsigValues(found.sorted { (rank($0.name), $0.name) < (rank($1.name), $1.name) })
  }

  static func letInEverybody(_ rules: [JSON]) -> Bool {
    let deciding = rules.filter { !isVariant($0) }
    return deciding.count == 1 && deciding[0]["passPercentage"]?.double == 100 && isAboutEverybody(deciding[0])
  }

  static func isAboutEverybody(_ rule: JSON) -> Bool {
    (rule["conditions"]?.items ?? []).map(StatsigConditions.plain) == [StatsigConditions.everyone]
  }

  /// Whether they are what would be written to serve this, whatever Statsig adds.
  func say(_ serving: Serving, _ rules: [JSON]) -> Bool {
    guard let again = try? encode(serving, over: []) else { return false }
    return JSON.array(again.map(plain)).means(.array(rules.map(plain)))
  }

  /// The split, if rolloutctl wrote these rules: read by their shape, then written again and compared.
  func decode(_ rules: [JSON]) -> Split? {
    var (grants, exclusions): ([Grant], [Selector]) = ([], [])
    for rule in rules where !Self.isVariant(rule) {
      guard let name = rule["name"]?.text, let percent = rule["passPercentage"]?.double else { return nil }
      let all = rule["conditions"]?.items ?? []
      // The share's rule while no share is in effect.
      if percent == 0, Self.isAboutEverybody(rule) { continue }
      let list = Self.options(rule).first { $0.hasPrefix(Option.list) }?.dropFirst(Option.list.count)
      let lists = list?.split(separator: " ").compactMap { Int($0) } ?? []
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
      exposure: Exposure(grants: grants, exclusions: exclusions), unit: conditions.unit,
      canary: Self.given(by: rules, kind), control: kind.control)
    guard !grants.isEmpty, say(.split(split), rules) else { return nil }
    return split
  }

  /// What decides of a rule, without what Statsig adds.
  private func plain(_ rule: JSON) -> JSON {
    let plain: JSON = [
      "name": rule["name"] ?? .null, "passPercentage": rule["passPercentage"] ?? .null,
      "conditions": .array((rule["conditions"]?.items ?? []).map(StatsigConditions.plain)),
    ]
    guard values != nil else { return plain }
    let drawn = rule["variants"]?.items ?? []
    return plain.setting("returnValue", to: rule["returnValue"] ?? .null).setting("variants", to: .array(drawn))
  }
}
