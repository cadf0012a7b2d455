/// From the text of a value to what it means. Commands add their own in an extension.
enum Conversion {
  /// Text that is not empty: an empty value is mostly a script's unset variable.
  static func text(_ text: String) throws(ValueFault) -> String {
    guard !text.isEmpty else { throw ValueFault("it is empty") }
    return text
  }

  /// The case that is spelled so.
  static func choice<Value: RawRepresentable & CaseIterable>(
    _ text: String, of type: Value.Type
  ) throws(ValueFault) -> Value where Value.RawValue == String {
    if let value = Value(rawValue: text) { return value }
    throw ValueFault("it is one of " + Value.allCases.map(\.rawValue).joined(separator: ", "))
  }

  static func oneOf(_ text: String, _ choices: [String]) throws(ValueFault) -> String {
    guard choices.contains(text) else { throw ValueFault("it is one of " + choices.joined(separator: ", ")) }
    return text
  }
}

/// Why a value cannot be taken: a bare reason. The parser adds what the user typed.
struct ValueFault: Error, Equatable {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}
