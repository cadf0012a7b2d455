/// A place in a text: lines and columns count from 1, columns in characters.
package struct Position: Hashable, Comparable, Sendable {
  package let line: Int
  package let column: Int

  package static func < (left: Position, right: Position) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

/// One problem found in a note. Problems are collected, never thrown one by one.
package struct Diagnostic: Hashable, Sendable {
  package enum Severity: String, Sendable { case error, warning }

  package let severity: Severity
  /// The rule's name, for scripts and for `help notes`: `undefined-cohort`.
  package let rule: String
  /// A sentence: what is wrong, why it matters, what to write instead.
  package let message: String
  package let position: Position
  /// Whether the note does not say something at all; then the place is where it could.
  package let isMissing: Bool
  /// The name that a misspelled one is likely meant for.
  package let meant: String?

  package init(
    _ severity: Severity, _ rule: String, _ message: String, at position: Position, isMissing: Bool = false,
    meant: String? = nil
  ) {
    (self.severity, self.rule, self.message, self.position) = (severity, rule, message, position)
    (self.isMissing, self.meant) = (isMissing, meant)
  }
}

extension [Diagnostic] {
  /// As a person mends them: errors first, then what stands there and is doubtful, each by line; last what is missing.
  package var inOrder: [Diagnostic] {
    func rank(_ one: Diagnostic) -> Int { one.severity == .error ? 0 : one.isMissing ? 2 : 1 }
    return sorted { (rank($0), $0.position, $0.rule, $0.message) < (rank($1), $1.position, $1.rule, $1.message) }
  }
}
