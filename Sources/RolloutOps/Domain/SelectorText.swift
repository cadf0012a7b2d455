/// A selector as somebody wrote it, with the pieces that rules look at.
///
/// `plan = paid and not region in [eu, uk]`. There is no `or`: several values of one attribute are a list, several
/// groups are several cohorts. A dot in an attribute's name is a path into a nested object of the request's context:
/// `user.plan` is the `plan` inside `user`, never a name with a dot in it.
package struct SelectorText {
  package let selector: Selector
  let attributes: [Substring]
  let values: [Substring]

  package struct Fault: Error, Hashable {
    /// What is wrong and what could stand there.
    package let reason: String
    package let at: String.Index
  }

  package init(_ text: Substring) throws(Fault) {
    var parser = SelectorParser(rest: text)
    selector = try parser.whole()
    attributes = parser.attributes
    values = parser.values
  }
}

extension Selector {
  /// Whether a request that carries no attribute at all is meant.
  var admitsStrangers: Bool {
    switch self {
    case .equals, .oneOf: false
    case .not(let inner): !inner.admitsStrangers
    case .all(let parts): parts.allSatisfy(\.admitsStrangers)
    }
  }
}

enum AttributeName {
  static func allows(_ character: Character) -> Bool {
    character.isLetterOrNumber || character == "_" || character == "-" || character == "."
      || character == "$"
  }
}

private struct SelectorParser {
  var rest: Substring
  var attributes: [Substring] = []
  var values: [Substring] = []
  private var depth = 0

  init(rest: Substring) { self.rest = rest }

  /// Deep enough for any rule that a person wrote, and safe for every recursion over selectors.
  private static let deepest = 32

  mutating func whole() throws(SelectorText.Fault) -> Selector {
    let selector = try conjunction()
    skipSpace()
    guard rest.isEmpty else {
      let word = rest.prefix { !$0.isWhitespace }
      if word.lowercased() == "or" || word == "||" {
        throw fault("a selector has no `or`: list the values with `in [a, b]`, or define two cohorts")
      }
      throw fault(
        "the selector is understood up to here; `and` could follow, \(word.quoted) cannot "
          + "(a value with a space needs quotation marks)"
      )
    }
    return selector
  }

  private mutating func conjunction() throws(SelectorText.Fault) -> Selector {
    var parts = [try term()]
    while take(word: "and") || take("&&") { parts.append(try term()) }
    return parts.count == 1 ? parts[0] : .all(parts)
  }

  private mutating func term() throws(SelectorText.Fault) -> Selector {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepest else { throw fault("a selector this deep is not read; simplify it") }
    if take(word: "not") { return .not(try term()) }
    if take("(") {
      let inner = try conjunction()
      guard take(")") else { throw fault("`)` should stand here") }
      return inner
    }
    return try comparison()
  }

  private mutating func comparison() throws(SelectorText.Fault) -> Selector {
    skipSpace()
    let name = rest.prefix(while: AttributeName.allows)
    guard !name.isEmpty else {
      throw fault(
        rest.isEmpty ? "a comparison such as `plan = paid` should follow" : "an attribute's name should stand here")
    }
    rest = rest[name.endIndex...]
    attributes.append(name)
    let attribute = String(name)
    if take("!=") || take("≠") { return .not(.equals(attribute: attribute, try value())) }
    if take("===") || take("==") || take("=") { return .equals(attribute: attribute, try value()) }
    if take(word: "is") {
      return take(word: "not")
        ? .not(.equals(attribute: attribute, try value())) : .equals(attribute: attribute, try value())
    }
    let negated = take(word: "not")
    guard take(word: "in") else {
      throw fault("after \(name.quoted) a selector goes on with `=`, `!=`, `in [a, b]` or `not in [a, b]`")
    }
    let list = Selector.oneOf(attribute: attribute, try valueList())
    return negated ? .not(list) : list
  }

  private mutating func valueList() throws(SelectorText.Fault) -> [AttributeValue] {
    let close = take("[") ? "]" : take("(") ? ")" : take("{") ? "}" : ""
    guard !close.isEmpty else { throw fault("a list such as `[acme, globex]` should stand here") }
    if take(close) { throw fault("a list without values means nobody; name at least one") }
    var found = [try value()]
    while take(",") {
      if take(close) { return found }
      found.append(try value())
    }
    guard take(close) else { throw fault("`,` or `\(close)` should stand here") }
    return found
  }

  private mutating func value() throws(SelectorText.Fault) -> AttributeValue {
    skipSpace()
    let start = rest
    if let open = rest.first, let close = Self.quotes[open] {
      var text = ""
      rest = rest.dropFirst()
      while let character = rest.first, character != close {
        if character == "\\", let next = rest.dropFirst().first {
          text.append(next)
          rest = rest.dropFirst(2)
        } else {
          text.append(character)
          rest = rest.dropFirst()
        }
      }
      guard rest.first == close else {
        rest = start
        throw fault("these quotation marks are never closed")
      }
      rest = rest.dropFirst()
      values.append(start[..<rest.startIndex])
      return AttributeValue(text, quoted: true)
    }
    let word = rest.prefix { !$0.isWhitespace && !",()[]{}=!\"&".contains($0) }
    guard !word.isEmpty else { throw fault("a value should stand here") }
    rest = rest[word.endIndex...]
    values.append(word)
    return AttributeValue(String(word))
  }

  private static let quotes: [Character: Character] = ["\"": "\"", "'": "'", "“": "”", "„": "“", "‘": "’"]

  // MARK: Cursor

  private func fault(_ reason: String) -> SelectorText.Fault { SelectorText.Fault(reason: reason, at: rest.startIndex) }

  private mutating func skipSpace() { rest = rest.afterSpace }

  private mutating func take(_ sign: String) -> Bool {
    skipSpace()
    guard rest.utf8.first == sign.utf8.first, rest.hasPrefix(sign) else { return false }
    rest = rest.dropFirst(sign.count)
    return true
  }

  private mutating func take(word: String) -> Bool {
    skipSpace()
    guard let first = rest.utf8.first, first | 0x20 == word.utf8.first else { return false }
    let next = rest.prefix(while: AttributeName.allows)
    guard next.lowercased() == word else { return false }
    rest = rest[next.endIndex...]
    return true
  }
}
