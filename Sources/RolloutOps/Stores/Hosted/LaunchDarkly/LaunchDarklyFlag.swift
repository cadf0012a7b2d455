/// A flag of LaunchDarkly in one environment.
///
/// Its switch is the kill: while it is off everybody gets the off variation, which each change sets to what a kill is to
/// serve. A flag that is off without being killed is switched on, and gives everybody control.
struct LaunchDarklyFlag: HostedFlag {
  let key: FlagKey
  let json: JSON
  let config: JSON
  /// Whether it has our tag for this environment.
  let isManaged: Bool

  init?(key: FlagKey, _ json: JSON, environment: String, tag: String) {
    guard let config = json["environments"]?[environment], json["variations"]?.items != nil else { return nil }
    (self.key, self.json, self.config) = (key, json, config)
    isManaged = json["tags"]?.items?.contains(.string(tag)) ?? false
  }

  var isOn: Bool { config["on"]?.truth ?? false }
  var isArchived: Bool { json["archived"]?.truth ?? false }
  var version: Int? { config["version"]?.integer }

  /// What decides who gets what: the same for two looks between which nothing did.
  var state: String {
    let names = [
      "version", "on", "offVariation", "fallthrough", "rules", "targets", "contextTargets", "prerequisites",
    ]
    let members = names.map { JSON.Member($0, config[$0] ?? .null) }
    return SHA256.hex(JSON.object(members + [JSON.Member("variations", json["variations"] ?? .null)]).written(.compact))
  }

  func isNew(for meant: Flag) -> Bool { isManaged && version == 1 && variants == meant.variants }

  // MARK: Variations

  private var variations: [JSON] { json["variations"]?.items ?? [] }

  var ids: [String] { variations.map { $0["_id"]?.text ?? "" } }

  /// Whether it is what a note without variants means, whatever the variations are called there.
  var isBoolean: Bool {
    let values = variations.compactMap { $0["value"] }
    return values == [true, false] || values == [false, true]
  }

  /// By their place in the list.
  var names: [String] {
    guard !isBoolean else { return variations.map { $0["value"] == true ? "on" : "off" } }
    return variations.enumerated().map { index, one in
      one["name"]?.text.flatMap { $0.isEmpty ? nil : $0 } ?? one["value"]?.text ?? "variation \(index)"
    }
  }

  var variants: [Variants.Variant] {
    if isBoolean { return Variants.boolean.all }
    return zip(names, variations).map { Variants.Variant($0, $1["value"] ?? .null) }
  }

  // MARK: Reading

  var flag: Flag { Flag(variants: variants, serving: serving, mark: mark) }

  private var offName: String? {
    config["offVariation"]?.integer.flatMap { names.indices.contains($0) ? names[$0] : nil }
  }

  private var mark: Flag.Mark? {
    guard isManaged else { return nil }
    guard !isOn else { return Flag.Mark(killed: false, killsTo: offName) }
    return Flag.Mark(killed: true, stage: offName.map { Place.killed(serving: $0).description }, killsTo: offName)
  }

  private var serving: Serving {
    if isArchived { return .applicationDefault }
    guard isOn else { return offName.map(Serving.everyone) ?? .applicationDefault }
    guard strangers.isEmpty, case .variation(let fallback)? = fallback, names.indices.contains(fallback) else {
      return .foreign(spelled)
    }
    let rules = rules
    if rules.isEmpty { return .everyone(names[fallback]) }
    let ours = rules.compactMap(\.self)
    guard ours.count == rules.count, let split = LaunchDarklyRule.split(ours, names: names, control: fallback) else {
      return .foreign(spelled)
    }
    return .split(split)
  }

  var fallback: LaunchDarklyRule.Served? { config["fallthrough"].flatMap(LaunchDarklyRule.Served.init(shown:)) }

  /// Nil in the place of each that does what we never write.
  var rules: [LaunchDarklyRule?] { (config["rules"]?.items ?? []).map(LaunchDarklyRule.init(shown:)) }

  var ruleIDs: [String] { (config["rules"]?.items ?? []).compactMap { $0["_id"]?.text } }

  /// What comes before every rule, or makes a fallthrough that nobody plans.
  private var strangers: [String] {
    var found: [String] = []
    let targeted = ["targets", "contextTargets"].flatMap { config[$0]?.items ?? [] }
      .reduce(0) { $0 + ($1["values"]?.items?.count ?? 0) }
    if targeted > 0 { found.append("\(targeted) targeted by their keys") }
    let required = (config["prerequisites"]?.items ?? []).compactMap { $0["key"]?.text }
    if !required.isEmpty { found.append("prerequisites: \(required.joined(separator: ", "))") }
    return found
  }

  /// What a change of ours would have to drop, in words; empty where everything that stands there is ours.
  var occupants: [String] {
    var found = strangers
    let foreign = rules.count { $0.map { !GrantTitle.isOurs($0.description) } ?? true }
    if foreign > 0 { found.append("\(foreign) rules") }
    if case .variation? = fallback {} else { found.append("a percentage for everybody else") }
    if found.isEmpty, isOn, case .foreign = serving { found.append("rules of rolloutctl's that were edited since") }
    return found
  }

  /// As the server has it.
  var spelled: String {
    JSON.object((config.members ?? []).filter { !$0.name.hasPrefix("_") && $0.name != "lastModified" }).written()
  }

  // MARK: Writing

  func index(of variant: String) throws(StoreTrouble) -> Int {
    guard let index = names.firstIndex(of: variant) else {
      throw .beyond("\(key) has no variation \(variant) in LaunchDarkly; it has \(names.joined(separator: ", "))")
    }
    return index
  }

  /// The instructions that lead from here to there, none of them without need.
  func instructions(to meant: Flag, tag: String) throws(StoreTrouble) -> [JSON] {
    try checkVariants(of: meant)
    var rules: [LaunchDarklyRule] = []
    let fallback: Int
    switch meant.serving {
    case .everyone(let variant): fallback = try index(of: variant)
    case .split(let split):
      fallback = try index(of: split.control)
      rules = try LaunchDarklyRule.rules(for: split, canary: try index(of: split.canary), control: fallback)
      guard LaunchDarklyRule.split(rules, names: names, control: fallback) == split else {
        throw .beyond("LaunchDarkly would not show \"\(split.exposure)\" again as it is meant; simplify it")
      }
    case .foreign, .applicationDefault: throw .beyond("LaunchDarkly cannot be told that \(meant.serving)")
    }
    var steps: [JSON] = []
    if !isManaged { steps.append(["kind": "addTags", "values": [.string(tag)]]) }
    let isSame = rules.count == self.rules.count && zip(rules, self.rules).allSatisfy { $1.map($0.means) ?? false }
    if !isSame { steps += replacing(with: rules) }
    if self.fallback != .variation(fallback) {
      steps.append(["kind": "updateFallthroughVariationOrRollout", "variationId": .string(ids[fallback])])
    }
    if let killsTo = meant.mark?.killsTo { steps += try servingWhenOff(killsTo) }
    if !isOn { steps.append(["kind": "turnFlagOn"]) }
    return steps
  }

  /// Only over the rules that were seen. Reordering them as they are fails where there are others by now, whoever put them
  /// there; where there were none ours are added, so that nobody else's are lost.
  private func replacing(with rules: [LaunchDarklyRule]) -> [JSON] {
    guard !ruleIDs.isEmpty else {
      return rules.map { JSON.object([JSON.Member("kind", "addRule")] + ($0.written(ids).members ?? [])) }
    }
    let old = config["rules"]?.items ?? []
    let written = rules.map { rule in
      // Whether its events are tracked is somebody else's choice, and stays.
      let same = old.first { shown in LaunchDarklyRule(shown: shown).map { $0.hasSameClauses(as: rule) } ?? false }
      let isTracked = same?["trackEvents"]?.truth ?? false
      return isTracked ? rule.written(ids).setting("trackEvents", to: true) : rule.written(ids)
    }
    return [
      ["kind": "reorderRules", "ruleIds": .strings(ruleIDs)], ["kind": "replaceRules", "rules": .array(written)],
    ]
  }

  /// Without an off variation applications fall back to the default in their own code.
  func servingWhenOff(_ variant: String) throws(StoreTrouble) -> [JSON] {
    let index = try index(of: variant)
    guard config["offVariation"]?.integer != index else { return [] }
    return [["kind": "updateOffVariation", "variationId": .string(ids[index])]]
  }

  private func checkVariants(of meant: Flag) throws(StoreTrouble) {
    let own = flag
    let isSame =
      own.variants.count == meant.variants.count
      && meant.variants.allSatisfy { variant in own[variant.name].map(variant.value.means) ?? false }
    guard !isSame else { return }
    let shown = own.variants.map { "\($0.name) = \($0.value.written(.spaced))" }.joined(separator: ", ")
    let wanted = meant.variants.map { "\($0.name) = \($0.value.written(.spaced))" }.joined(separator: ", ")
    throw .beyond(
      "a variation's value holds in every environment of LaunchDarkly, and for everybody whom it serves at that moment, so "
        + "rolloutctl changes none: \(key) has \(shown), and this takes \(wanted); give the note the values that stand there, "
        + "or a flag of its own. Do not change them there: a kill would serve what control is then")
  }
}
