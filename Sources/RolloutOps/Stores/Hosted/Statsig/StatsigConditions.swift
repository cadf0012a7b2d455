/// Selectors as the conditions of a rule, all of which must hold, and back.
///
/// A field that the application did not pass is in no list, and so outside of every one: just as a selector has it. Texts
/// are compared with their capitals; a number is its text, and a truth value is too, which Python spells with a capital.
struct StatsigConditions {
  /// The note's name of what is hashed.
  let unit: String
  var manner = Manner.present

  /// In which way conditions say what is meant.
  enum Manner: CaseIterable {
    case present
    /// Of earlier versions: a truth value as two texts that differ by a capital, of which Statsig's core SDKs know one, and
    /// a single guard of the unit, which statsig-node lets everybody past. It is read, and the next change says it anew.
    case early
  }

  static let segmentName = "segment"
  static let mostValues = 1000
  static let everyone: JSON = ["type": "public"]
  /// No application passes a field of this name and value.
  static let nobody: JSON = [
    "type": "custom_field", "field": "rolloutctl", "operator": "any_case_sensitive", "targetValue": ["variant"],
  ]

  /// What the gate calls it: a custom id has the note's name.
  var idType: String { ["user", "userID"].contains(unit) ? "userID" : unit }

  // MARK: Writing

  /// A conjunction of comparisons, in the note's order.
  func encode(_ selector: Selector) throws(StoreTrouble) -> [JSON] {
    var parts = [selector]
    if case .all(let several) = selector {
      guard several.count > 1 else { throw beyond(selector, "it compares nothing") }
      parts = several
    }
    var conditions: [JSON] = []
    for part in parts {
      switch part {
      case .equals, .oneOf: conditions.append(try condition(part, isNegated: false, in: selector))
      case .not(let inner): conditions.append(try condition(inner, isNegated: true, in: selector))
      case .all: throw beyond(selector, "write it without the inner parentheses")
      }
    }
    return conditions
  }

  /// True for every unit that has a name. Without one everybody would be the same empty unit, in or out together; and
  /// there is no condition on a custom id that tells a missing one from the others. So an application passes its unit as
  /// a field too, as every other attribute, and where it does not, nobody is in. To statsig-node a missing field is the
  /// text "undefined", which is something.
  var guards: [JSON] {
    let isNamed: JSON = [
      "type": "custom_field", "field": .string(idType), "operator": "str_matches", "targetValue": ".",
    ]
    let isThere: JSON = [
      "type": "custom_field", "field": .string(idType), "operator": "none_case_sensitive",
      "targetValue": ["undefined", "null"],
    ]
    return manner == .early ? [isNamed] : [isNamed, isThere]
  }

  private func condition(
    _ comparison: Selector, isNegated: Bool, in selector: Selector
  ) throws(StoreTrouble) -> JSON {
    let (attribute, values): (String, [AttributeValue])
    switch comparison {
    case .equals(let name, let value): (attribute, values) = (name, [value])
    case .oneOf(let name, let several): (attribute, values) = (name, several)
    case .not, .all: throw beyond(selector, "only a single comparison can be negated")
    }
    if attribute == Self.segmentName, attribute != unit {
      guard case .equals = comparison, let name = values.first?.text else {
        throw beyond(selector, "a segment of Statsig is named one at a time, as \(Self.segmentName) = name")
      }
      return ["type": isNegated ? "fails_segment" : "passes_segment", "targetValue": .string(name)]
    }
    guard !attribute.isEmpty, !attribute.contains(".") else {
      throw beyond(selector, "its fields are not nested; give the field a name without a dot")
    }
    guard !values.isEmpty else { throw beyond(selector, "the list is empty") }
    guard values.count <= Self.mostValues else {
      throw beyond(selector, "the list is too long; keep it as a segment there")
    }
    var texts: [String] = []
    for value in values { texts += try self.texts(value, in: selector) }
    let takesCapitals = manner == .early || attribute == unit || !values.contains(where: \.isTruth)
    if manner == .present { try refuseCapitals(in: texts, takesCapitals, selector) }
    var members: [JSON.Member]
    if attribute == unit {
      members = [JSON.Member("type", idType == "userID" ? "user_id" : "unit_id")]
      if idType != "userID" { members.append(JSON.Member("customID", .string(idType))) }
    } else {
      members = [JSON.Member("type", "custom_field"), JSON.Member("field", .string(attribute))]
    }
    let comparison = isNegated ? "none" : "any"
    members.append(JSON.Member("operator", .string(takesCapitals ? comparison + "_case_sensitive" : comparison)))
    members.append(JSON.Member("targetValue", .strings(texts)))
    return .object(members)
  }

  private func texts(_ value: AttributeValue, in selector: Selector) throws(StoreTrouble) -> [String] {
    guard !value.quoted else {
      throw beyond(selector, "it cannot tell the text \(value) from \(value.text); write it without quotation marks")
    }
    guard value.meanings.count > 1, let last = value.meanings.last else { return [value.text] }
    if case .bool(let truth) = last {
      return manner == .early ? [value.text, truth ? "True" : "False"] : [value.text]
    }
    if let number = last.double, JSON.number(number) != last {
      throw beyond(selector, "applications spell this number in their own way; write \(JSON.number(number).written())")
    }
    return [value.text]
  }

  /// Statsig's core SDKs keep a list by its texts in small letters: of two that differ by capitals one is lost. A truth
  /// value is compared whatever its capitals, since languages spell it in two ways, and with it the whole list.
  private func refuseCapitals(
    in texts: [String], _ takesCapitals: Bool, _ selector: Selector
  ) throws(StoreTrouble) {
    var known: [[UInt8]: String] = [:]
    for text in texts {
      let small = Array(text.lowercased().utf8)
      if let other = known[small], !other.isSpelled(text) {
        throw beyond(
          selector,
          "\(AttributeValue(other)) and \(AttributeValue(text)) differ by capitals alone, and its core SDKs would know one of "
            + "them only; send the same spelling from every application, or name one of them")
      }
      known[small] = text
      guard takesCapitals || ["true", "false"].contains(text) || text.lowercased() == text.uppercased() else {
        throw beyond(
          selector,
          "truth values are compared whatever their capitals, and the text \(AttributeValue(text)) is not; keep them in "
            + "attributes of their own")
      }
    }
  }

  private func beyond(_ selector: Selector, _ why: String) -> StoreTrouble {
    .beyond("Statsig cannot express \(selector): \(why)")
  }

  // MARK: Reading

  /// The selector and whether the unit's guards stand behind it; nil where they are no conditions that `encode` writes.
  /// It reads generously: whoever asks encodes the answer again and compares.
  /// `lists` says which conditions are lists of a single value, which Statsig spells as it does the value.
  func decode(_ conditions: [JSON], lists: [Int]) -> (selector: Selector?, isGuarded: Bool)? {
    var conditions = conditions.map(Self.plain)
    let guards = guards
    let isGuarded =
      conditions.count >= guards.count && zip(conditions.suffix(guards.count), guards).allSatisfy { $0.means($1) }
    if isGuarded { conditions.removeLast(guards.count) }
    let parts = conditions.enumerated().compactMap { decode($0.element, isList: lists.contains($0.offset)) }
    guard parts.count == conditions.count else { return nil }
    return (parts.count < 2 ? parts.first : .all(parts), isGuarded)
  }

  private func decode(_ condition: JSON, isList: Bool) -> Selector? {
    guard let type = condition["type"]?.text else { return nil }
    if type == "passes_segment" || type == "fails_segment" {
      guard let name = condition["targetValue"]?.text else { return nil }
      let segment = Selector.equals(attribute: Self.segmentName, AttributeValue(name))
      return type == "passes_segment" ? segment : .not(segment)
    }
    let attribute: String
    switch type {
    case "user_id", "unit_id": attribute = unit
    case "custom_field": attribute = condition["field"]?.text ?? ""
    default: return nil
    }
    let texts = condition["targetValue"]?.items?.compactMap(\.text) ?? []
    var values: [AttributeValue] = []
    var index = 0
    while index < texts.count {
      values.append(AttributeValue(texts[index]))
      index += manner == .early && (texts[index] == "true" || texts[index] == "false") ? 2 : 1
    }
    guard let first = values.first else { return nil }
    let comparison: Selector =
      values.count == 1 && !isList ? .equals(attribute: attribute, first) : .oneOf(attribute: attribute, values)
    switch condition["operator"]?.text {
    case "any_case_sensitive", "any": return comparison
    case "none_case_sensitive", "none": return .not(comparison)
    default: return nil
    }
  }

  /// Which parts of a selector are lists of a single value.
  static func lists(_ selector: Selector) -> [Int] {
    var parts = [selector]
    if case .all(let several) = selector { parts = several }
    return parts.indices.filter { index in
      switch parts[index] {
      case .oneOf(_, let values), .not(.oneOf(_, let values)): values.count == 1
      case .equals, .not, .all: false
      }
    }
  }

  /// Without the members that say nothing.
  static func plain(_ condition: JSON) -> JSON {
    guard let members = condition.members else { return condition }
    return .object(members.filter { $0.value != .null })
  }
}

extension AttributeValue {
  /// Whether it may be meant as a truth value.
  var isTruth: Bool {
    if case .bool? = meanings.last { return true }
    return false
  }
}
