/// One comparison of a strategy: an attribute that is, or is not, among some values. All of a strategy's must hold.
struct UnleashTerm: Hashable {
  let attribute: String
  let values: [AttributeValue]
  let negated: Bool

  /// A selector on this attribute names a segment that Unleash keeps.
  static let segment = "segment"

  var isSegment: Bool { attribute == Self.segment }

  // MARK: Selectors

  static func all(in selector: Selector) throws(StoreTrouble) -> [UnleashTerm] {
    guard let terms = terms(selector) else {
      throw .beyond(
        "Unleash cannot say \"\(selector)\" in one strategy, since it has no `or`; split it into several cohorts, or make a "
          + "segment of it there and write segment = NAME")
    }
    return terms
  }

  static func all(outside selector: Selector) throws(StoreTrouble) -> [UnleashTerm] {
    guard let terms = terms(.not(selector)) else {
      throw .beyond(
        "Unleash cannot keep out \"\(selector)\", since only one of its parts would have to fail; exclude by one attribute"
      )
    }
    return terms
  }

  /// The terms that together mean the selector; nil where there are none such.
  private static func terms(_ selector: Selector, negated: Bool = false) -> [UnleashTerm]? {
    switch selector {
    case .equals(let attribute, let value):
      return [UnleashTerm(attribute: attribute, values: [value], negated: negated)]
    case .oneOf(let attribute, let values):
      return [UnleashTerm(attribute: attribute, values: values, negated: negated)]
    case .not(let inner): return terms(inner, negated: !negated)
    case .all(let parts):
      guard !negated || parts.count == 1 else { return nil }
      var found: [UnleashTerm] = []
      for part in parts {
        guard let terms = terms(part, negated: negated) else { return nil }
        found += terms
      }
      return found
    }
  }

  // MARK: Constraints

  /// NOT_IN holds where the attribute is missing, as `not` does in a note.
  func constraint() throws(StoreTrouble) -> JSON {
    for value in values { try Self.check(value) }
    let texts = Self.texts(of: values)
    if texts.count > 250 {
      throw .beyond(
        "\(attribute): Unleash takes 250 values in a list, these are \(texts.count); make a segment of them there and write "
          + "segment = NAME")
    }
    return [
      "contextName": .string(try Self.field(attribute)), "operator": negated ? "NOT_IN" : "IN",
      "values": .strings(texts), "inverted": false, "caseInsensitive": false,
    ]
  }

  private static func check(_ value: AttributeValue) throws(StoreTrouble) {
    if value.quoted {
      throw .beyond("Unleash cannot tell the text \(value) from the same without quotation marks; write \(value.text)")
    }
    guard (1...100).contains(value.text.utf16.count) else {
      throw .beyond("Unleash takes values of 1 to 100 characters: \(value)")
    }
  }

  /// Everything is compared as text there. A truth value is spelled "true" by most of its SDKs, "True" by Python's.
  static func texts(of values: [AttributeValue]) -> [String] {
    values.flatMap { value -> [String] in
      value.text == "true" ? ["true", "True"] : value.text == "false" ? ["false", "False"] : [value.text]
    }
  }

  static func values(of texts: [String]) -> [AttributeValue] {
    texts.enumerated().compactMap { index, text in
      let isSecond = index > 0 && ["true True", "false False"].contains("\(texts[index - 1]) \(text)")
      return isSecond ? nil : AttributeValue(text)
    }
  }

  static func field(_ attribute: String) throws(StoreTrouble) -> String {
    guard !attribute.contains(".") else {
      throw .beyond("an Unleash context is flat, so there is no \(attribute) in it; use an attribute without a dot")
    }
    return attribute
  }

  static func same(_ written: JSON, _ shown: JSON) -> Bool {
    written["contextName"] == shown["contextName"] && written["operator"] == shown["operator"]
      && written["values"] == shown["values"] && shown["inverted"]?.truth != true
      && shown["caseInsensitive"]?.truth != true
  }
}

/// The segments that the server has, by their numbers.
struct UnleashSegments {
  let all: [(id: Int, name: String)]
  let place: String
  /// Nobody asked for them: what a strategy's title says of them is believed.
  var isUnasked = false

  static func none(_ place: String) -> UnleashSegments { UnleashSegments(all: [], place: place) }
  static func unasked(_ place: String) -> UnleashSegments { UnleashSegments(all: [], place: place, isUnasked: true) }

  func id(of term: UnleashTerm) throws(StoreTrouble) -> Int {
    guard !term.negated, term.values.count == 1 else {
      throw .beyond("Unleash lets in by one segment, and keeps nobody out by one; make a segment of the others there")
    }
    let name = term.values[0].text
    if isUnasked { return 0 }
    if let found = all.first(where: { $0.name == name }) { return found.id }
    let known = all.isEmpty ? "there are none" : "there are: \(all.map(\.name).joined(separator: ", "))"
    throw .refused(ServerRefusal(place, status: 200, .missing("the segment \(name)"), said: known))
  }
}
