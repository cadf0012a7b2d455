/// A feature of Unleash in one environment, as a flag that is on or off.
///
/// The environment's switch is the kill: off is killed, by whoever. A flag that is off without being killed has its
/// environment on, and one strategy that lets nobody in.
struct UnleashFlag {
  let key: FlagKey
  let isOn: Bool
  /// In the order in which they stand.
  let strategies: [JSON]
  let segments: UnleashSegments

  var ours: [JSON] { strategies.filter(UnleashRule.isOurs) }

  /// What somebody else set up and is in force.
  var strangers: [JSON] {
    strategies.filter { $0["disabled"]?.truth != true && UnleashRule.reading($0, of: key, segments) == nil }
  }

  // MARK: Reading

  var flag: Flag { Flag(variants: Variants.boolean.all, serving: serving, mark: mark) }

  private var mark: Flag.Mark? {
    guard !ours.isEmpty else { return nil }
    return isOn
      ? Flag.Mark(killed: false, killsTo: "off")
      : Flag.Mark(killed: true, stage: Place.killed(serving: "off").description, killsTo: "off")
  }

  private var serving: Serving {
    guard isOn else { return .everyone("off") }
    let active = strategies.filter { $0["disabled"]?.truth != true }
    // Its SDKs let everybody in then.
    guard !active.isEmpty else { return .everyone("on") }
    var rules: [UnleashRule] = []
    for strategy in active {
      guard let rule = UnleashRule.reading(strategy, of: key, segments) else { return .foreign(spelled) }
      rules.append(rule)
    }
    return Self.serving(rules) ?? .foreign(spelled)
  }

  /// What rules do together; nil where each has exclusions or a unit of its own.
  static func serving(_ rules: [UnleashRule]) -> Serving? {
    var grants: [Grant] = []
    var (exclusions, unit) = ([Selector]?.none, String?.none)
    for rule in rules {
      switch rule.who {
      case .nobody: continue
      case .everybody: return .everyone("on")
      case .grant(let grant, let without, let by):
        guard (exclusions ?? without) == without, (unit ?? by) == by else { return nil }
        (exclusions, unit) = (without, by)
        // The same a second time, as a network may bring it, lets in nobody else.
        if !grants.contains(grant) { grants.append(grant) }
      }
    }
    guard let unit, let exclusions else { return .everyone("off") }
    let exposure = Exposure(grants: grants, exclusions: exclusions)
    return .split(Split(exposure: exposure, unit: unit, canary: "on", control: "off"))
  }

  /// As the server has it.
  var spelled: String {
    JSON.object([JSON.Member("enabled", .bool(isOn)), JSON.Member("strategies", .array(strategies))]).written()
  }

  // MARK: Writing

  /// The rules that a flag takes. What Unleash cannot express is refused here, before anything is written.
  static func rules(for flag: Flag) throws(StoreTrouble) -> [UnleashRule] {
    let isBoolean = flag.variants.count == 2 && flag["on"] == .bool(true) && flag["off"] == .bool(false)
    guard isBoolean else {
      let names = flag.variants.map(\.name).joined(separator: ", ")
      throw .beyond(
        "in Unleash rolloutctl moves flags that are on or off, and this note has the variants \(names); leave out Variants:, "
          + "or use a store that hands out values (file:, launchdarkly:)")
    }
    switch flag.serving {
    case .everyone("off"): return [UnleashRule(.nobody)]
    case .everyone("on"): return [UnleashRule(.everybody)]
    case .split(let split) where split.canary == "on" && split.control == "off":
      guard !split.exposure.isOff else { return [UnleashRule(.nobody)] }
      return split.exposure.grants.map {
        UnleashRule(.grant($0, without: split.exposure.exclusions, unit: split.unit))
      }
    case .everyone, .split, .foreign, .applicationDefault:
      throw .beyond("an Unleash flag is on or off; \(flag.serving) is neither")
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

  /// A split that lets nobody in is off, and written so.
  static func normal(_ flag: Flag) -> Flag {
    guard case .split(let split) = flag.serving, split.exposure.isOff else { return flag }
    return Flag(variants: flag.variants, serving: .everyone(split.control), mark: flag.mark)
  }
}
