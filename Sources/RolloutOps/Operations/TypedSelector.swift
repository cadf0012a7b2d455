/// A selector on the command line, by the rules of the note.
package enum TypedSelector {
  /// Whoever is taken out is named in the flag's rules for everybody to read, so personal data is refused.
  package static func excluded(_ text: String) throws(Trouble) -> Selector {
    let read = try parsed(text)
    let kind =
      read.attributes.compactMap { PersonalData.kind(attribute: $0) }.first
      ?? read.values.compactMap { PersonalData.kind(value: $0.unwrapped) }.first
    if let kind {
      throw .usage(
        "a flag's rules must not hold \(kind): every reader of the store sees them; name a tenant or segment")
    }
    return read.selector
  }

  package static func included(_ text: String) throws(Trouble) -> Selector { try parsed(text).selector }

  private static func parsed(_ text: String) throws(Trouble) -> SelectorText {
    do throws(SelectorText.Fault) {
      return try SelectorText(Substring(text))
    } catch {
      throw .usage("\(text): \(error.reason)")
    }
  }
}
