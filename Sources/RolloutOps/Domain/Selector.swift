/// Who is meant, by the attributes of an evaluation context: `plan = paid and not region in [eu, uk]`.
///
/// Plain two-valued logic: a comparison with an attribute that the request does not carry is false, so `not` of it is
/// true. `check` warns where that lets in strangers.
package indirect enum Selector: Hashable, Sendable {
  case equals(attribute: String, AttributeValue)
  case oneOf(attribute: String, [AttributeValue])
  case not(Selector)
  case all([Selector])
}

/// A value as the note spells it.
package struct AttributeValue: Hashable, Sendable {
  package let text: String
  /// Written in quotation marks: then only text is meant. A bare `5` or `true` means the number or the truth value
  /// too, since the applications that send it differ. Around any other text quotation marks change nothing, and are
  /// not kept: so that a value is equal to itself after a journey through a store.
  package let quoted: Bool

  package init(_ text: String, quoted: Bool = false) {
    self.text = text
    self.quoted = quoted && Self.scalar(text) != nil
  }

  // By its bytes: a tenant whose name is written in two ways is two tenants to whoever serves them.
  package static func == (left: AttributeValue, right: AttributeValue) -> Bool {
    left.quoted == right.quoted && left.text.isSpelled(right.text)
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(spelling: text)
    hasher.combine(quoted)
  }

  /// Every JSON value that this spelling stands for, the text first.
  package var meanings: [JSON] {
    guard !quoted, let scalar = Self.scalar(text) else { return [.string(text)] }
    return [.string(text), scalar]
  }

  private static func scalar(_ text: String) -> JSON? {
    if text == "true" || text == "false" { return .bool(text == "true") }
    guard let number = try? JSON.parse(text), case .spelled(let spelling) = number, spelling == text else { return nil }
    return number
  }
}

extension Selector: CustomStringConvertible {
  /// As a note would write it.
  package var description: String {
    switch self {
    case .equals(let attribute, let value): "\(attribute) = \(value)"
    case .oneOf(let attribute, let values): "\(attribute) in [\(values.map(\.description).joined(separator: ", "))]"
    case .not(let inner):
      if case .all = inner { "not (\(inner))" } else { "not \(inner)" }
    case .all(let parts): parts.map(\.description).joined(separator: " and ")
    }
  }

  /// Every attribute that it reads, in order, once each.
  package var attributes: [String] {
    var found = Distinct<String>()
    func visit(_ selector: Selector) {
      switch selector {
      case .equals(let attribute, _), .oneOf(let attribute, _): found.add(attribute)
      case .not(let inner): visit(inner)
      case .all(let parts): parts.forEach(visit)
      }
    }
    visit(self)
    return found.all
  }
}

extension AttributeValue: CustomStringConvertible {
  package var description: String {
    let plain =
      !text.isEmpty
      && text.unicodeScalars.allSatisfy {
        $0.properties.isAlphabetic || $0.properties.numericType != nil || "_-.:/@+".unicodeScalars.contains($0)
      } && !["and", "or", "not", "in"].contains(text.lowercased())
    guard quoted || !plain else { return text }
    return "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
  }
}
