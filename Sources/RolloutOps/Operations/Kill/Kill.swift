/// Nobody gets the canary. No note, gate, journal, configuration or lint problem stands in the way: the store is written
/// first, on what the flag itself says, and everything else is read and told afterwards.
///
/// What is asked of a store, and when, is decided by `KillCourse`; `KillDriver` does it.
package struct Kill: Sendable {
  package let context: Context
  package let choices: OperatorChoices
  package internal(set) var within: TimeSpan
  package let to: String?
  /// What a machine saw that kills, for the journal.
  let seen: JSON?
  /// Is told of each flag in the moment in which it is known to be off.
  package var heard: @Sendable (KillReport.Line) -> Void = { _ in }
  /// Is told which stores this is about, where the command line narrows them: before the first word about a flag.
  package var scoped: @Sendable (String) -> Void = { _ in }
  /// Whether many flags may take longer than `within`, where a platform takes only so many changes in a time.
  package var isPatient = false
  /// Why single flags are killed, where that is not what the operator says of all of them.
  var reasons: [FlagKey: String] = [:]

  package init(
    context: Context, choices: OperatorChoices, within: TimeSpan = TimeSpan(seconds: 30), to: String? = nil,
    seen: JSON? = nil
  ) {
    (self.context, self.choices, self.within) = (context.steady, choices, within)
    (self.to, self.seen) = (to, seen)
  }

  /// Why this flag is killed, for its journal and for the platform's own history.
  func reason(of key: FlagKey) -> String? { reasons[key] ?? choices.reason }

  /// What a line is about that no single flag can be named for.
  static let everyFlag = FlagKey("--all")
}
