/// A split as PostHog's release conditions, and back.
///
/// Conditions are alternatives, and all draw from the same hash of the unit, so that a larger share holds the smaller
/// one. A flag without variants is on for whoever meets one: each condition is the cohort, the unit's guard, and what
/// keeps the excluded out of it. With variants the first condition that is met decides: the excluded come first and get
/// control, then the grants, and last control for everybody.
struct PostHogConditions {
  let properties: PostHogProperties
  let hasVariants: Bool

  // MARK: Writing

  func encode(_ split: Split) throws(StoreTrouble) -> [JSON] {
    var conditions: [JSON] = []
    if hasVariants {
      for exclusion in split.exposure.exclusions {
        conditions.append(Self.condition(try properties.encode(exclusion, keepsOut: true), .whole, split.control))
      }
    }
    for grant in split.exposure.grants {
      var all = try grant.cohort.map { selector throws(StoreTrouble) in try properties.encode(selector) } ?? []
      all.append(properties.guardProperty)
      if !hasVariants {
        for exclusion in split.exposure.exclusions {
          all.append(
            try properties.encode(without: exclusion, asking: grant.cohort?.attributesAskedFor ?? []))
        }
      }
      conditions.append(Self.condition(all, grant.share, hasVariants ? split.canary : nil))
    }
    if hasVariants { conditions.append(Self.condition([], .whole, split.control)) }
    return conditions
  }

  static func condition(_ properties: [JSON], _ share: Percentage, _ variant: String?) -> JSON {
    var members = [
      JSON.Member("properties", .array(properties)), JSON.Member("rollout_percentage", .spelled(share.digits)),
    ]
    if let variant { members.append(JSON.Member("variant", .string(variant))) }
    return .object(members)
  }

  // MARK: Reading

  /// The split, if rolloutctl wrote these conditions: read by their shape, then written again and compared.
  func decode(_ conditions: [JSON]) -> Split? {
    guard var split = hasVariants ? decodeWithVariants(conditions) : decodeWithout(conditions) else { return nil }
    split.unit = properties.unit
    guard let again = try? encode(split), JSON.array(again).means(.array(conditions.map(Self.plain))) else {
      return nil
    }
    return split
  }

  private func decodeWithout(_ conditions: [JSON]) -> Split? {
    var grants: [Grant] = []
    var exclusions: [Selector]?
    for condition in conditions {
      guard let (grant, excluded) = grant(condition) else { return nil }
      var named: [Selector] = []
      for selector in excluded {
        guard case .not(let inner) = selector else { return nil }
        named.append(inner)
      }
      guard exclusions == nil || exclusions == named else { return nil }
      exclusions = named
      grants.append(grant)
    }
    guard !grants.isEmpty else { return nil }
    return Split(
      exposure: Exposure(grants: grants, exclusions: exclusions ?? []), unit: "", canary: "on", control: "off")
  }

  private func decodeWithVariants(_ conditions: [JSON]) -> Split? {
    guard let control = conditions.last?["variant"]?.text else { return nil }
    var (grants, exclusions): ([Grant], [Selector]) = ([], [])
    var canary: String?
    for condition in conditions.dropLast() {
      guard let variant = condition["variant"]?.text else { return nil }
      if variant == control, grants.isEmpty {
        guard let selector = selector(condition["properties"]?.items ?? []) else { return nil }
        exclusions.append(selector)
      } else {
        guard let (grant, excluded) = grant(condition), excluded.isEmpty else { return nil }
        canary = variant
        grants.append(grant)
      }
    }
    guard let canary else { return nil }
    return Split(
      exposure: Exposure(grants: grants, exclusions: exclusions), unit: "", canary: canary, control: control)
  }

  /// Before the unit's guard stands the cohort, behind it who is excluded.
  private func grant(_ condition: JSON) -> (Grant, excluded: [Selector])? {
    let all = condition["properties"]?.items ?? []
    guard let share = condition["rollout_percentage"]?.double,
      let place = all.firstIndex(where: { Self.plainProperty($0).means(properties.guardProperty) })
    else { return nil }
    let before = Array(all[..<place])
    let excluded = all[(place + 1)...].map(properties.decode)
    let cohort = before.isEmpty ? nil : selector(before)
    if !before.isEmpty, cohort == nil { return nil }
    let micro = (share * 1_000_000).rounded()
    guard (0...100_000_000).contains(micro), !excluded.contains(nil) else { return nil }
    return (Grant(cohort: cohort, share: Percentage(micro: Int(micro))), excluded.compactMap(\.self))
  }

  private func selector(_ all: [JSON]) -> Selector? {
    let parts = all.compactMap(properties.decode)
    guard parts.count == all.count, let first = parts.first else { return nil }
    return parts.count == 1 ? first : .all(parts)
  }

  /// A condition without what PostHog adds for its own pages.
  static func plain(_ condition: JSON) -> JSON {
    guard let members = condition.members else { return condition }
    return .object(
      members.compactMap { member in
        switch member.name {
        case "sort_key", "description", "aggregation_group_type_index": nil
        case "properties": JSON.Member(member.name, .array((member.value.items ?? []).map(plainProperty)))
        default: member.value == .null ? nil : member
        }
      })
  }

  static func plainProperty(_ property: JSON) -> JSON {
    guard let members = property.members else { return property }
    return .object(members.filter { !readOnly.contains($0.name) && $0.value != .null })
  }

  /// Names for people, which a reading shows and nobody wrote.
  static let readOnly = ["cohort_name", "group_key_names", "label"]
}
