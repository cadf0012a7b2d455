/// A feature of Unleash in one environment, as a flag that is on or off, or that hands out variants.
///
/// The environment's switch is the kill: off is killed, by whoever. A flag that is off without being killed has its
/// environment on, and one strategy that lets nobody in.
///
/// The switch hands out no variant at all. So a flag with variants is killed to one of them by its strategy for everybody:
/// before all others, at a place below zero, it decides alone.
struct UnleashFlag: HostedFlag {
  let key: FlagKey
  let isOn: Bool
  /// In the order in which they stand.
  let strategies: [JSON]
  let segments: UnleashSegments
  /// Features that it depends on.
  var parents: [String] = []

  var state: String { SHA256.hex(spelled) }
  var version: Int? { nil }

  func isNew(for meant: Flag) -> Bool { !isOn && strategies.isEmpty }

  func isKilled(as meant: Flag) -> Bool {
    flag.serving == meant.serving || meant.serving.isSwitchedOff && flag.serving.isSwitchedOff
  }

  var ours: [JSON] { strategies.filter(UnleashRule.isOurs) }

  /// What somebody else set up and is in force.
  var strangers: [JSON] { active.filter { reading($0) == nil } }

  private var active: [JSON] { strategies.filter { $0["disabled"]?.truth != true } }

  private func reading(_ strategy: JSON) -> UnleashRule? { UnleashRule.reading(strategy, of: key, segments) }

  // MARK: Reading

  var flag: Flag { Flag(variants: variants, serving: serving, mark: mark) }

  private var mark: Flag.Mark? {
    guard !ours.isEmpty else { return nil }
    let killsTo = hasVariants ? kept?.killsTo : "off"
    guard isKilled else { return Flag.Mark(killed: false, killsTo: killsTo) }
    var variant: String?
    if case .everyone(let name) = serving { variant = name }
    return Flag.Mark(killed: true, stage: Place.killed(serving: variant).description, killsTo: killsTo)
  }

  private var serving: Serving {
    guard !isOn else { return servingWhenOn }
    return !hasVariants || self["off"] != nil ? .everyone("off") : .applicationDefault
  }

  var servingWhenOn: Serving {
    // Its SDKs let everybody in then, and hand out nothing.
    guard !active.isEmpty else { return hasVariants ? .applicationDefault : .everyone("on") }
    var rules: [UnleashRule] = []
    for strategy in active {
      guard let rule = reading(strategy) else { return .foreign(spelled) }
      rules.append(rule)
      // Nobody gets to those behind it.
      if rule.isForTheRest { break }
    }
    return Self.serving(rules) ?? .foreign(spelled)
  }

  /// What rules do together; nil where each has exclusions, a unit or a variant of its own.
  static func serving(_ rules: [UnleashRule]) -> Serving? {
    var grants: [Grant] = []
    var (exclusions, unit) = ([Selector]?.none, String?.none)
    var (canary, rest) = (Variants.Variant?.none, Variants.Variant?.none)
    for rule in rules where rest == nil {
      switch rule.who {
      case .nobody, .values: continue
      case .everybody:
        guard let variant = rule.variant else { return .everyone("on") }
        rest = variant
      case .grant(let grant, let without, let by):
        guard (exclusions ?? without) == without, (unit ?? by) == by else { return nil }
        if !grants.isEmpty { guard rule.variant?.name == canary?.name, alike(rule.variant, canary) else { return nil } }
        (exclusions, unit, canary) = (without, by, rule.variant)
        // The same a second time, as a network may bring it, lets in nobody else.
        if !grants.contains(grant) { grants.append(grant) }
      }
    }
    // Where whoever is left gets the same, so does everybody.
    if let rest, grants.isEmpty || rest.name == canary?.name && alike(rest, canary) { return .everyone(rest.name) }
    // With variants, whoever is left must get one too; without them there is none to give.
    guard (canary == nil) == (rest == nil), canary == nil || canary?.name != rest?.name else { return nil }
    guard let unit, let exclusions else { return .everyone("off") }
    let exposure = Exposure(grants: grants, exclusions: exclusions)
    return .split(Split(exposure: exposure, unit: unit, canary: canary?.name ?? "on", control: rest?.name ?? "off"))
  }

  private static func alike(_ one: Variants.Variant?, _ other: Variants.Variant?) -> Bool {
    guard let one, let other else { return one == nil && other == nil }
    return one.value.means(other.value)
  }

  /// As the server has it.
  var spelled: String {
    JSON.object([JSON.Member("enabled", .bool(isOn)), JSON.Member("strategies", .array(strategies))]).written()
  }

  // MARK: Variants

  /// The rules of ours, in force or not.
  private var rules: [UnleashRule] { ours.compactMap(reading) }

  var hasVariants: Bool { rules.contains { !$0.variants.isEmpty } }

  /// What is kept of all variants.
  private var kept: (variants: [Variants.Variant], killsTo: String?)? {
    for rule in rules { if case .values(let killsTo) = rule.who { return (rule.variants, killsTo) } }
    return nil
  }

  subscript(_ name: String) -> JSON? { variants.first { $0.name == name }?.value }

  /// With the values that are handed out, where somebody has made them others than those that are kept.
  private var variants: [Variants.Variant] {
    guard hasVariants else { return Variants.boolean.all }
    var found = Distinct<String>()
    let served = rules.compactMap(\.variant)
    let all = served + (kept?.variants ?? [])
    found.add(all.map(\.name))
    return UnleashVariant.sorted(found.all.compactMap { name in all.first { $0.name == name } })
  }

  // MARK: Killed

  private var isKilled: Bool { !isOn || killing != nil }

  /// The strategy that has killed it by standing before all others.
  var killing: String? {
    guard let first = active.first, Self.place(of: first) < 0, reading(first)?.isForTheRest == true else { return nil }
    return first["id"]?.text
  }

  static func place(of strategy: JSON) -> Int { strategy["sortOrder"]?.integer ?? 0 }

  /// Before whatever stands there, and below zero, where no change of ours puts anything.
  var placeOfKill: Int { min(0, strategies.map(Self.place).min() ?? 0) - 1 }

  /// The strategy that already gives everybody this variant, were it the first.
  func rest(giving variant: Variants.Variant) -> String? {
    for strategy in active {
      guard let rule = reading(strategy), rule.isForTheRest, rule.variant?.name == variant.name,
        Self.alike(rule.variant, variant)
      else { continue }
      return strategy["id"]?.text
    }
    return nil
  }

  // MARK: Writing

  /// The rules that a flag takes, in the order in which they are to stand. What Unleash cannot express is refused here,
  /// before anything is written.
  static func rules(for flag: Flag) throws(StoreTrouble) -> [UnleashRule] {
    guard flag.isBoolean else { return try rules(withVariants: flag) }
    switch flag.serving {
    case .everyone("off"): return [UnleashRule(.nobody)]
    case .everyone("on"): return [UnleashRule(.everybody)]
    case .split(let split) where split.canary == "on" && split.control == "off":
      guard !split.exposure.isOff else { return [UnleashRule(.nobody)] }
      return grants(split, nil)
    case .everyone, .split, .foreign, .applicationDefault:
      throw .beyond("an Unleash flag is on or off; \(flag.serving) is neither")
    }
  }

  private static func rules(withVariants flag: Flag) throws(StoreTrouble) -> [UnleashRule] {
    try UnleashVariant.check(flag.variants)
    let kept = UnleashRule(.values(killsTo: flag.mark?.killsTo), flag.variants)
    switch flag.serving {
    case .everyone(let name): return [UnleashRule(.everybody, [try variant(name, of: flag)]), kept]
    case .split(let split):
      let canary = try variant(split.canary, of: flag)
      return grants(split, canary) + [UnleashRule(.everybody, [try variant(split.control, of: flag)]), kept]
    case .foreign, .applicationDefault: throw .beyond("Unleash cannot be told that \(flag.serving)")
    }
  }

  static func variant(_ name: String, of flag: Flag) throws(StoreTrouble) -> Variants.Variant {
    if let found = flag.variants.first(where: { $0.name == name }) { return found }
    throw .beyond("\(name) is no variant of the flag; it has \(flag.variants.map(\.name).joined(separator: ", "))")
  }

  private static func grants(_ split: Split, _ variant: Variants.Variant?) -> [UnleashRule] {
    split.exposure.grants.map {
      UnleashRule(
        .grant($0, without: split.exposure.exclusions, unit: split.unit), [variant].compactMap(\.self))
    }
  }

  /// Whether some rule needs the server's list of segments.
  static func needsSegments(_ rules: [UnleashRule]) -> Bool {
    rules.contains { rule in
      guard case .grant(let grant, let exclusions, _) = rule.who else { return false }
      return ([grant.cohort].compactMap(\.self) + exclusions).contains {
        $0.attributes.contains(UnleashTerm.segment)
      }
    }
  }
}

extension Serving {
  /// What the switch gives, by whatever name.
  var isSwitchedOff: Bool {
    switch self {
    case .everyone("off"), .applicationDefault: true
    case .everyone, .split, .foreign: false
    }
  }
}
