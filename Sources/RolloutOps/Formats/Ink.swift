/// Colours by what they mean. Without colour every word passes through unchanged, so no meaning may rest on it alone.
package struct Ink: Hashable, Sendable {
  package let isOn: Bool

  package static let none = Ink(isOn: false)

  package init(isOn: Bool) { self.isOn = isOn }

  package func good(_ text: String) -> String { painted(text, 32, 39) }
  package func warning(_ text: String) -> String { painted(text, 33, 39) }
  package func bad(_ text: String) -> String { painted(text, 31, 39) }
  /// What may be overlooked.
  package func dim(_ text: String) -> String { painted(text, 2, 22) }
  /// What the eye should find first.
  package func strong(_ text: String) -> String { painted(text, 1, 22) }

  /// Ends with the code that undoes just this one, so that meanings may be nested.
  private func painted(_ text: String, _ start: Int, _ end: Int) -> String {
    isOn && !text.isEmpty ? "\u{1B}[\(start)m\(text)\u{1B}[\(end)m" : text
  }
}
