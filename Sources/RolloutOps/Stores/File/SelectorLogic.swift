/// Selectors as JsonLogic, in the few operators that every reader of flag files evaluates as meant.
///
/// Only `===` compares (`==` converts), only lists stand behind `in` (in a text it looks for a substring), and nothing
/// is said with `!==`, which is true where the attribute is missing.
enum SelectorLogic {
  static func encode(_ selector: Selector) -> JSON {
    switch selector {
    case .equals(let attribute, let value):
      let comparisons = value.meanings.map { JSON.logic("===", [.variable(attribute), $0]) }
      return comparisons.count == 1 ? comparisons[0] : .logic("or", comparisons)
    case .oneOf(let attribute, let values):
      return .logic("in", [.variable(attribute), .array(values.flatMap(\.meanings))])
    case .not(let inner): return .object([JSON.Member("!", encode(inner))])
    // JsonLogic holds the conjunction of nothing for false, a selector for true.
    case .all(let parts): return parts.isEmpty ? .bool(true) : .logic("and", parts.map(encode))
    }
  }

  /// Nil where the rule is not one that `encode` writes. It reads generously: whoever asks encodes the answer again and
  /// compares.
  static func decode(_ logic: JSON) -> Selector? {
    if logic == .bool(true) { return .all([]) }
    guard let (name, argument) = logic.operation else { return nil }
    if name == "!" { return decode(argument).map(Selector.not) }
    guard let arguments = argument.items else { return nil }
    switch name {
    case "===":
      guard let attribute = arguments.first?.attributeName, arguments.count == 2,
        case .string(let text) = arguments[1]
      else { return nil }
      return .equals(attribute: attribute, AttributeValue(text, quoted: true))
    case "or":
      // One value that is a text and a number or truth value at once.
      let sides = arguments.compactMap { $0["==="]?.items }
      guard sides.count == arguments.count, let attribute = sides.first?.first?.attributeName,
        let value = values(of: sides.compactMap(\.last)), value.count == 1
      else { return nil }
      return .equals(attribute: attribute, value[0])
    case "in":
      guard arguments.count == 2, let attribute = arguments[0].attributeName, let list = arguments[1].items,
        let values = values(of: list)
      else { return nil }
      return .oneOf(attribute: attribute, values)
    case "and":
      let parts = arguments.compactMap(decode)
      return parts.count == arguments.count ? .all(parts) : nil
    default: return nil
    }
  }

  /// The values whose meanings, one after the other, these are: a text followed by the number it spells is one value
  /// that means both.
  private static func values(of meanings: [JSON]) -> [AttributeValue]? {
    var values: [AttributeValue] = []
    var index = 0
    while index < meanings.count {
      guard case .string(let text) = meanings[index] else { return nil }
      let both = AttributeValue(text).meanings
      if both.count == 2, index + 1 < meanings.count, both[1].means(meanings[index + 1]) {
        values.append(AttributeValue(text))
        index += 2
      } else {
        values.append(AttributeValue(text, quoted: true))
        index += 1
      }
    }
    return values
  }
}

extension JSON {
  static func logic(_ operator: String, _ arguments: [JSON]) -> JSON {
    .object([Member(`operator`, .array(arguments))])
  }

  static func variable(_ name: String) -> JSON { .object([Member("var", .string(name))]) }

  /// An object with one member: what JsonLogic takes for an operation.
  var operation: (name: String, argument: JSON)? {
    guard let members, members.count == 1 else { return nil }
    return (members[0].name, members[0].value)
  }

  var attributeName: String? {
    guard let (name, argument) = operation, name == "var" else { return nil }
    return argument.text
  }
}
