/// Selectors as the properties of a release condition, all of which must hold, and back.
///
/// PostHog's SDKs hold a property that the application did not pass for undecided, whatever is asked about it. So
/// nothing is said by a negation unless the same condition asks for that attribute, or for the unit, which always is
/// there. Texts are compared by `regex`: `exact` takes no notice of capitals, and holds every value that is not true for
/// false. Only who is kept out by the unit itself is compared with a list: posthog-node leaves a `regex` undecided for
/// every unit with letters beyond ASCII, and to keep out other capitals too is the safe side.
struct PostHogProperties {
  /// The note's name of what is hashed.
  let unit: String
  /// The index of the group type of that name; nil where persons are hashed.
  let groupType: Int?
  /// The cohorts that PostHog keeps, by name.
  let cohorts: [String: Int]
  var manner = Manner.present

  /// In which way properties say what is meant.
  enum Manner: CaseIterable {
    case present
    /// Of earlier versions: everything by `regex`. It is read, and the next change says it anew.
    case early
  }

  static let personUnit = "user"
  static let cohortName = "cohort"
  /// Far below what the regular expressions of PostHog's own servers may be long.
  static let longestPattern = 10_000

  private var unitKey: String { groupType == nil ? "distinct_id" : "$group_key" }

  // MARK: Writing

  /// A conjunction of comparisons, in the note's order. `keepsOut`: whoever it holds for is excluded.
  func encode(_ selector: Selector, keepsOut: Bool = false) throws(StoreTrouble) -> [JSON] {
    var parts = [selector]
    if case .all(let several) = selector {
      guard several.count > 1 else { throw beyond(selector, "it compares nothing") }
      parts = several
    }
    let asked = parts.compactMap(\.attributeAskedFor)
    var properties: [JSON] = []
    for part in parts {
      switch part {
      case .equals, .oneOf: properties.append(try property(part, isNegated: false, keepsOut: keepsOut))
      case .not(let inner):
        guard let attribute = inner.attributeAskedFor else {
          throw beyond(selector, "only a single comparison can be negated")
        }
        guard attribute == unit || asked.contains(attribute) else {
          throw beyond(
            selector,
            "where an application does not pass \(attribute), its SDKs leave a negation undecided; "
              + "name the values that are meant instead")
        }
        properties.append(try property(inner, isNegated: true, keepsOut: !keepsOut))
      case .all: throw beyond(selector, "write it without the inner parentheses")
      }
    }
    return properties
  }

  /// What keeps them out of a condition that asks for these attributes.
  func encode(without exclusion: Selector, asking attributes: [String]) throws(StoreTrouble) -> JSON {
    guard let attribute = exclusion.attributeAskedFor else {
      throw .beyond(
        "PostHog cannot take \(exclusion) out of a flag without variants: it is not a single comparison; "
          + "exclude by \(unit)")
    }
    guard attribute == unit || attributes.contains(attribute) else {
      throw .beyond(
        "PostHog cannot take \(exclusion) out of a flag without variants: where an application does not pass "
          + "\(attribute), its SDKs leave the flag undecided for everybody; exclude by \(unit), or give the flag variants"
      )
    }
    return try property(exclusion, isNegated: true, keepsOut: true)
  }

  /// True for every unit that has a name. An application that found none passes an empty one, which would be hashed.
  var guardProperty: JSON { member(unitKey, "is_not", .array([""])) }

  /// `keepsOut`: whoever the values hold for is not let in by it.
  private func property(_ comparison: Selector, isNegated: Bool, keepsOut: Bool) throws(StoreTrouble) -> JSON {
    let (attribute, values): (String, [AttributeValue])
    switch comparison {
    case .equals(let name, let value): (attribute, values) = (name, [value])
    case .oneOf(let name, let several): (attribute, values) = (name, several)
    case .not, .all: throw beyond(comparison, "it is not a single comparison")
    }
    if attribute == Self.cohortName, attribute != unit {
      return try cohort(comparison, values, isNegated: isNegated)
    }
    guard !attribute.isEmpty, !attribute.contains("."), !["distinct_id", "$group_key"].contains(attribute) else {
      throw beyond(
        comparison,
        attribute.contains(".")
          ? "its properties are not nested; give the property a name without a dot"
          : "write \(unit) for what is hashed")
    }
    var texts: [String] = []
    for value in values { texts.append(try text(value, in: comparison)) }
    guard let first = texts.first else { throw beyond(comparison, "the list is empty") }
    if manner == .present, keepsOut, attribute == unit, let list = Self.list(values, comparison) {
      return member(unitKey, isNegated ? "is_not" : "exact", .strings(list))
    }
    var pattern = "^\(first)$"
    if case .oneOf = comparison { pattern = "^(?:\(texts.joined(separator: "|")))$" }
    guard pattern.utf8.count <= Self.longestPattern else {
      throw beyond(comparison, "the list is too long; mark them with a property of their own")
    }
    return member(attribute == unit ? unitKey : attribute, isNegated ? "not_regex" : "regex", .string(pattern))
  }

  /// The values as a list, where no value means more there: `true` and `false` are no texts to PostHog, and the empty one
  /// is the guard's. A list of one value has it twice, to be told from the value, so that no other list may be that.
  private static func list(_ values: [AttributeValue], _ comparison: Selector) -> [String]? {
    let texts = values.map(\.text)
    guard !texts.contains(where: { $0.isEmpty || ["true", "false"].contains($0.lowercased()) }) else { return nil }
    guard case .oneOf = comparison else { return texts }
    if texts.count == 2, texts[0].isSpelled(texts[1]) { return nil }
    return texts.count == 1 ? texts + texts : texts
  }

  /// A value as a pattern that holds for it alone.
  private func text(_ value: AttributeValue, in selector: Selector) throws(StoreTrouble) -> String {
    guard !value.quoted else {
      throw beyond(selector, "it cannot tell the text \(value) from \(value.text); write it without quotation marks")
    }
    if value.meanings.count > 1, let number = value.meanings.last?.double, JSON.number(number) != value.meanings.last {
      throw beyond(selector, "applications spell this number in their own way; write \(JSON.number(number).written())")
    }
    guard value.text != "null",
      !value.text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    else { throw beyond(selector, "no property can be compared with this value") }
    return Self.escaped(value.text)
  }

  private func cohort(
    _ selector: Selector, _ values: [AttributeValue], isNegated: Bool
  ) throws(StoreTrouble) -> JSON {
    guard groupType == nil else {
      throw beyond(selector, "its cohorts are of persons, and this flag is decided for each \(unit)")
    }
    guard !isNegated, case .equals = selector, let name = values.first?.text else {
      throw beyond(selector, "a cohort of PostHog is named one at a time, as \(Self.cohortName) = name")
    }
    guard let number = cohorts[name] else {
      throw beyond(selector, "there is no such cohort there that its SDKs could decide")
    }
    return [
      "key": "id", "type": "cohort", "operator": "in", "value": .number(number),
    ]
  }

  private func member(_ key: String, _ operator: String, _ value: JSON) -> JSON {
    var members = [
      JSON.Member("key", .string(key)), JSON.Member("type", groupType == nil ? "person" : "group"),
      JSON.Member("operator", .string(`operator`)), JSON.Member("value", value),
    ]
    if let groupType { members.append(JSON.Member("group_type_index", .number(groupType))) }
    return .object(members)
  }

  private func beyond(_ selector: Selector, _ why: String) -> StoreTrouble {
    .beyond("PostHog cannot express \(selector): \(why)")
  }

  // MARK: Reading

  /// Nil where it is no property that `encode` writes. It reads generously: whoever asks encodes the answer again and
  /// compares.
  func decode(_ property: JSON) -> Selector? {
    guard let key = property["key"]?.text, let operation = property["operator"]?.text else { return nil }
    if property["type"] == "cohort" {
      // The name is there for reading only.
      guard operation == "in", let name = property["cohort_name"]?.text else { return nil }
      return .equals(attribute: Self.cohortName, AttributeValue(name))
    }
    if key == unitKey, ["is_not", "exact"].contains(operation) {
      guard var texts = property["value"]?.items?.compactMap(\.text), let first = texts.first else { return nil }
      let isOne = texts.count == 1
      if texts.count == 2, texts[1].isSpelled(first) { texts.removeLast() }
      let comparison: Selector =
        isOne
        ? .equals(attribute: unit, AttributeValue(first))
        : .oneOf(attribute: unit, texts.map { AttributeValue($0) })
      return operation == "is_not" ? .not(comparison) : comparison
    }
    guard ["regex", "not_regex"].contains(operation), let pattern = property["value"]?.text,
      let (texts, isList) = Self.texts(pattern), let first = texts.first
    else { return nil }
    let attribute = key == unitKey ? unit : key
    let values = texts.map { AttributeValue($0) }
    let comparison: Selector =
      isList ? .oneOf(attribute: attribute, values) : .equals(attribute: attribute, AttributeValue(first))
    return operation == "not_regex" ? .not(comparison) : comparison
  }

  private static let special = Set(#"\.+*?()|[]{}^$"#)

  static func escaped(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { out, scalar in
      if special.contains(Character(scalar)) { out += "\\" }
      out.unicodeScalars.append(scalar)
    }
  }

  /// The texts that a pattern of ours holds for, and whether it is spelled as a list.
  private static func texts(_ pattern: String) -> (texts: [String], isList: Bool)? {
    guard pattern.hasPrefix("^"), pattern.hasSuffix("$") else { return nil }
    var inner = Substring(pattern).dropFirst().dropLast()
    let isList = inner.hasPrefix("(?:") && inner.hasSuffix(")")
    if isList { inner = inner.dropFirst(3).dropLast() }
    var texts = [""]
    var isEscaped = false
    for scalar in inner.unicodeScalars {
      if !isEscaped, scalar == "\\" {
        isEscaped = true
      } else if !isEscaped, isList, scalar == "|" {
        texts.append("")
      } else {
        texts[texts.count - 1].unicodeScalars.append(scalar)
        isEscaped = false
      }
    }
    return (texts, isList)
  }
}

extension Selector {
  /// What a single comparison compares.
  fileprivate var attributeAskedFor: String? {
    switch self {
    case .equals(let attribute, _), .oneOf(let attribute, _): attribute
    case .not, .all: nil
    }
  }

  /// What must be there for it to hold.
  var attributesAskedFor: [String] {
    switch self {
    case .equals(let attribute, _), .oneOf(let attribute, _): [attribute]
    case .not: []
    case .all(let parts): parts.flatMap(\.attributesAskedFor)
    }
  }
}
