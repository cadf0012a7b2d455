/// A flag as PostHog's API shows and takes it: `active`, `filters` and a description, which is called `name`.
///
/// Off is a flag that is on with conditions which let nobody in; killed is one that is switched off, or marked so. A flag
/// with variants that is switched off hands out none of them, not even control.
struct PostHogFlag: MarkedFlag {
  let object: JSON

  init(_ object: JSON) { self.object = object }

  var key: FlagKey? { object["key"]?.text.map { FlagKey($0) } }
  var number: Int? { object["id"]?.integer }
  /// Rises with every change; old flags have none.
  var version: Int? { object["version"]?.integer }
  var isOn: Bool { object["active"]?.truth ?? false }
  var name: String { object["name"]?.text ?? "" }

  /// Whether it is of PostHog's second kind of configuration, a list of rules.
  var isOfRules: Bool { object["filters"]?["version"]?.integer == 2 }

  /// By PostHog, under its own lock: old flags have no version to compare.
  var isCompared: Bool { version != nil }

  func isKilled(as meant: Flag) -> Bool { !isOn || conditionsDecide && flag.serving == meant.serving }

  /// What switches it by a change of the flag itself, with the version that was read: one of rules takes no less.
  func switching(on: Bool) -> JSON { ["active": .bool(on), "version": version.map { .number($0) } ?? .null] }

  /// What is compared to find out that somebody else was here.
  var state: String {
    let names = ["id", "version", "active", "name", "filters", "ensure_experience_continuity"]
    return SHA256.hex(JSON.object(names.map { JSON.Member($0, object[$0] ?? .null) }).written())
  }

  /// For the journal, where somebody else's rules are replaced.
  var spelled: String {
    let names = ["active", "filters", "ensure_experience_continuity"]
    return JSON.object(names.map { JSON.Member($0, $0 == "filters" ? filters : object[$0] ?? .null) }).written()
  }

  /// As stored: a reading adds names for people, with which PostHog's own comparison would see a change.
  var filters: JSON {
    let shown = object["filters"] ?? [:]
    let conditions = (shown["groups"]?.items ?? []).map { condition in
      condition.setting(
        "properties",
        to: .array(
          (condition["properties"]?.items ?? []).map { property in
            ["cohort_name", "group_key_names"].reduce(property) { $0.removing($1) }
          }))
    }
    return shown.setting("groups", to: .array(conditions))
  }

  private var conditions: [JSON] { object["filters"]?["groups"]?.items ?? [] }
  var groupType: Int? { object["filters"]?["aggregation_group_type_index"]?.integer }
  var line: MarkLine? { MarkLine(in: name) }

  /// The cohorts that its conditions name.
  var cohorts: [String: Int] {
    var known: [String: Int] = [:]
    for property in conditions.flatMap({ $0["properties"]?.items ?? [] }) where property["type"] == "cohort" {
      if let name = property["cohort_name"]?.text, let number = property["value"]?.integer { known[name] = number }
    }
    return known
  }

  // MARK: Reading

  var flag: Flag {
    let line = line
    var mark = line?.mark
    if !isOn { mark?.killed = true }
    return Flag(variants: variants, serving: isOn ? servingWhenOn : servingWhenOff, mark: mark)
  }

  var hasVariants: Bool { object["filters"]?["multivariate"]?["variants"]?.items?.isEmpty == false }

  private var variants: [Variants.Variant] {
    guard hasVariants else { return Variants.boolean.all }
    let payloads = object["filters"]?["payloads"]
    return (object["filters"]?["multivariate"]?["variants"]?.items ?? []).compactMap { variant in
      guard let key = variant["key"]?.text else { return nil }
      // A payload is kept as a text that is JSON; a variant without one is its own name to an application.
      let value = payloads?[key]?.text.flatMap { try? JSON.parse($0) } ?? .string(key)
      return Variants.Variant(key, value)
    }
  }

  /// What its conditions mean while it is on.
  var servingWhenOn: Serving {
    let foreign = Serving.foreign(spelled)
    guard takesPrecedence.isEmpty else { return foreign }
    if let variant = variantForEveryone { return .everyone(variant) }
    guard object["ensure_experience_continuity"]?.truth != true, let unit = line?.unit,
      (unit == PostHogProperties.personUnit) == (groupType == nil), sharesOneGroupType
    else { return foreign }
    return split(by: unit).map { .split($0.split) } ?? foreign
  }

  /// What our conditions say, and in which manner.
  private func split(by unit: String) -> (split: Split, manner: PostHogProperties.Manner)? {
    for manner in PostHogProperties.Manner.allCases {
      let properties = PostHogProperties(unit: unit, groupType: groupType, cohorts: cohorts, manner: manner)
      let split = PostHogConditions(properties: properties, hasVariants: hasVariants).decode(conditions)
      if let split { return (split, manner) }
    }
    return nil
  }

  /// Whether our conditions stand in the manner of earlier versions, which one SDK cannot decide for every unit.
  var isOfEarlyManner: Bool { (line?.unit).flatMap { split(by: $0) }?.manner == .early }

  /// A condition may be about another kind of unit than its flag.
  private var sharesOneGroupType: Bool {
    conditions.allSatisfy { condition in
      guard let kind = condition["aggregation_group_type_index"] else { return true }
      return kind.integer == groupType
    }
  }

  /// Where all conditions together let in everybody, or nobody.
  private var variantForEveryone: String? {
    let plain = conditions.map(PostHogConditions.plain)
    if !hasVariants, plain.allSatisfy({ $0["rollout_percentage"]?.double == 0 }) { return "off" }
    guard groupType == nil, sharesOneGroupType, plain.count == 1, let only = plain.first,
      only["properties"]?.items?.isEmpty ?? true, only["rollout_percentage"].map({ $0.double == 100 }) ?? true
    else { return nil }
    return hasVariants ? only["variant"]?.text : "on"
  }

  /// Switched off, nobody gets the canary. Which of the old ways that is, the flag itself says, or its mark.
  private var servingWhenOff: Serving {
    let shown = Flag(variants: variants, serving: .applicationDefault, mark: line?.mark)
    guard hasVariants else { return .everyone("off") }
    if case .everyone(let variant) = servingWhenOn,
      variant == shown.mark?.killsTo || variant == "off" || variant == "control" || shown[variant] == .bool(false)
    {
      return .everyone(variant)
    }
    let old = shown.mark?.killsTo.flatMap { shown[$0] == nil ? nil : $0 } ?? shown.offVariant
    return old.map(Serving.everyone) ?? .applicationDefault
  }

  // MARK: What others set up

  /// What PostHog looks at before it looks at conditions.
  private var takesPrecedence: [String] {
    let known = ["groups", "multivariate", "payloads", "aggregation_group_type_index", "bucketing_identifier"]
    var names = (object["filters"]?.members ?? []).filter { member in
      !known.contains(member.name) && ![.null, .bool(false), .array([]), .object([])].contains(member.value)
    }.map(\.name)
    for place in [object, object["filters"] ?? [:]] {
      if let unit = place["bucketing_identifier"]?.text, unit != "distinct_id" { names.append("bucketing by \(unit)") }
    }
    return names
  }

  /// Why an ordinary change of its rules has to wait for a person; nil where nothing stands in the way.
  var occupation: String? {
    if let first = takesPrecedence.first { return "the flag has \(first)" }
    for (name, what) in [("experiment_set", "an experiment"), ("features", "an early access feature")]
    where object[name]?.items?.isEmpty == false {
      return "the flag belongs to \(what)"
    }
    for (name, what) in [
      ("ensure_experience_continuity", "is kept across authentication steps, which SDKs cannot decide themselves"),
      ("has_encrypted_payloads", "has encrypted payloads"), ("is_remote_configuration", "is remote configuration"),
    ] where object[name]?.truth == true {
      return "the flag \(what)"
    }
    if case .foreign = servingWhenOn { return "the flag has release conditions that rolloutctl did not write" }
    return nil
  }

  /// Whether a change of its conditions decides what everybody gets.
  var conditionsDecide: Bool { takesPrecedence.isEmpty }
}

extension PostHogFlag {
  // MARK: Writing

  /// The filters that mean this flag, over those that were there. A payload of a flag without variants hangs on `true`, and
  /// stays; PostHog may refuse any other.
  static func filters(
    for flag: Flag, over old: JSON, _ properties: PostHogProperties?
  ) throws(StoreTrouble) -> JSON {
    let isBoolean = flag.isBoolean
    var conditions: [JSON]
    var served: String?
    switch flag.serving {
    case .foreign, .applicationDefault: return old
    case .everyone(let variant):
      served = variant
      conditions = [
        PostHogConditions.condition([], isBoolean && variant == "off" ? .zero : .whole, isBoolean ? nil : variant)
      ]
    case .split(let split):
      guard let properties else { return old }
      served = split.control
      conditions = try PostHogConditions(properties: properties, hasVariants: !isBoolean).encode(split)
    }
    var filters = old.setting("groups", to: .array(conditions))
    filters = filters.setting("aggregation_group_type_index", to: properties?.groupType.map { .number($0) } ?? .null)
    if isBoolean {
      if let payloads = old["payloads"]?.members, payloads.contains(where: { $0.name != "true" }) {
        filters = filters.setting("payloads", to: .object(payloads.filter { $0.name == "true" }))
      }
      return old["multivariate"] == nil ? filters : filters.setting("multivariate", to: nil)
    }
    // The conditions name their variants; what they draw by themselves is the old way.
    let variants = flag.variants.map { variant in
      let share = variant.name == served ? 100 : 0
      return JSON.object([
        JSON.Member("key", .string(variant.name)), JSON.Member("name", .string("")),
        JSON.Member("rollout_percentage", .number(share)),
      ])
    }
    let payloads = flag.variants.map { JSON.Member($0.name, .string($0.value.written())) }
    return filters.setting("multivariate", to: .object([JSON.Member("variants", .array(variants))]))
      .setting("payloads", to: .object(payloads))
  }
}
