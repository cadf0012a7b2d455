/// Why a text is not JSON, and at which byte.
package struct JSONError: Error, Hashable, Sendable {
  package enum Reason: Hashable, Sendable {
    case unexpected(String, wanted: String)
    case ended(wanted: String)
    case controlCharacter
    case badEscape
    case badUTF8
    case badNumber
    case duplicate(String)
    case tooDeep(Int)
    case trailing
  }

  package let reason: Reason
  package let offset: Int

  package init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  /// A bare reason; whoever knows the file's name adds it.
  package var sentence: String {
    switch reason {
    case .unexpected(let found, let wanted): "found \(found) where \(wanted) should be"
    case .ended(let wanted): "the text ends where \(wanted) should be"
    case .controlCharacter: "a string has a raw control character"
    case .badEscape: "a string has an escape that JSON does not know"
    case .badUTF8: "a string is not UTF-8"
    case .badNumber: "a number is not spelled as JSON spells numbers"
    case .duplicate(let name): "the member \"\(name)\" stands twice in one object"
    case .tooDeep(let limit): "the nesting is deeper than \(limit)"
    case .trailing: "something follows the end of the value"
    }
  }
}
