/// A JSON value that keeps what the text said: the order of members and the spelling of numbers.
///
/// The flag file belongs to other people too, so nothing here normalises on the way in. Comparing two values for what
/// they mean, whatever their spelling, is `means(_:)`.
package enum JSON: Hashable, Sendable {
  case null
  case bool(Bool)
  /// The number as it was spelled; `JSON.number(5)` spells it for you.
  case spelled(String)
  case string(String)
  case array([JSON])
  case object([Member])

  package struct Member: Hashable, Sendable {
    package let name: String
    package let value: JSON

    package init(_ name: String, _ value: JSON) {
      self.name = name
      self.value = value
    }
  }
}

// MARK: - Building

extension JSON {
  package static func number(_ value: Int) -> JSON { .spelled(String(value)) }

  /// The shortest spelling that reads back as the same number; what JSON cannot say (NaN, infinity) is null.
  package static func number(_ value: Double) -> JSON {
    guard value.isFinite else { return .null }
    if let whole = Int(exactly: value), whole.magnitude < 1_000_000_000_000_000 { return .number(whole) }
    return .spelled(String(value))
  }

  package static func text(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }

  package static func strings(_ values: [String]) -> JSON { .array(values.map(JSON.string)) }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int) { self = .number(value) }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements.map(Member.init)) }
  package init(nilLiteral: ()) { self = .null }
}

// MARK: - Reading parts

extension JSON {
  /// The member of that name, when this is an object that has one.
  package subscript(_ name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  package var members: [Member]? {
    guard case .object(let members) = self else { return nil }
    return members
  }

  package var items: [JSON]? {
    guard case .array(let items) = self else { return nil }
    return items
  }

  package var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  package var truth: Bool? {
    guard case .bool(let truth) = self else { return nil }
    return truth
  }

  package var integer: Int? {
    guard case .spelled(let spelling) = self else { return nil }
    return Int(spelling)
  }

  package var double: Double? {
    guard case .spelled(let spelling) = self else { return nil }
    return Double(spelling)
  }

  /// This object with one member set, in its old place or at the end.
  package func setting(_ name: String, to value: JSON) -> JSON {
    guard case .object(var members) = self else { return self }
    if let index = members.firstIndex(where: { $0.name == name }) {
      members[index] = Member(name, value)
    } else {
      members.append(Member(name, value))
    }
    return .object(members)
  }

  package func removing(_ name: String) -> JSON {
    guard case .object(let members) = self else { return self }
    return .object(members.filter { $0.name != name })
  }
}

// MARK: - Meaning

extension JSON {
  /// Whether both say the same, whatever the order of members and the spelling of numbers (`1.0` and `1`).
  package func means(_ other: JSON) -> Bool {
    switch (self, other) {
    case (.spelled(let left), .spelled(let right)):
      return left == right || (Double(left) == Double(right) && Double(left) != nil)
    case (.string(let left), .string(let right)):
      // Swift holds "é" and "e" with an accent for equal; readers compare code points.
      return left.utf8.elementsEqual(right.utf8)
    case (.array(let left), .array(let right)):
      return left.count == right.count && zip(left, right).allSatisfy { $0.means($1) }
    case (.object(let left), .object(let right)):
      guard left.count == right.count else { return false }
      guard left.count > 16 else {
        return left.allSatisfy { member in other[member.name].map(member.value.means) ?? false }
      }
      let values = Dictionary(right.map { ($0.name, $0.value) }) { first, _ in first }
      return left.allSatisfy { member in values[member.name].map(member.value.means) ?? false }
    default:
      return self == other
    }
  }
}
