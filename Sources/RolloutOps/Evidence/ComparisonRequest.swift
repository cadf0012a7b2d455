/// Which versions are compared by which logs, and how: as the command line says it.
package struct ComparisonRequest: Hashable, Sendable {
  /// Paths, patterns, or `-`.
  package var traces: [String] = []
  package var label = "prompt_version"
  package var control = ""
  package var canaries: [String] = []
  /// Empty: whatever the logs carry.
  package var metrics: [String] = []
  /// Nil: what the logs carry; `noUnit`: every record for itself.
  package var unit: String?
  package var segment: String?
  package var filter: String?
  package var since: String?
  /// Of the units, each canary's.
  package var share: Percentage?
  package var looks = Looks.once

  package init() {}

  package static let noUnit = "none"
  package static let usualUnits = ["tenant", "user"]
}
