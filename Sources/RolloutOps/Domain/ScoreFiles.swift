/// A judge's scores in files of their own, joined to the trace logs by the request that they judge.
package struct ScoreFiles: Hashable, Sendable {
  /// Paths and patterns; empty where the note names none.
  package var patterns: [String]
  /// The fields that are taken from there; empty: whatever the files carry of what is measured.
  package var fields: [String]

  package init(_ patterns: [String] = [], fields: [String] = []) { (self.patterns, self.fields) = (patterns, fields) }

  package var isEmpty: Bool { patterns.isEmpty }
}
