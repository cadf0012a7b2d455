/// A place in a text: lines and columns count from 1, columns in characters.
package struct Position: Hashable, Comparable, Sendable {
  package let line: Int
  package let column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

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

  package init(_ severity: Severity, _ rule: String, _ message: String, at position: Position) {
    (self.severity, self.rule, self.message, self.position) = (severity, rule, message, position)
  }
}
