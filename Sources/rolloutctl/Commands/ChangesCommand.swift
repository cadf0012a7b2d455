import RolloutOps

/// `changes`: what moved lately, over all flags.
struct ChangesOptions: TakesCommonFlags, Equatable {
  static let name = "changes"

  var common = CommonOptions()
  var since = "24h"
  var until: String?

  static let row = CommandRow<ChangesOptions>(
    .see, "what moved lately, over all flags",
    flags: [
      .since("only what came after; 24h if not given") { $0.since = $1 },
      .until { $0.until = $1 },
    ] + FlagRow.reading,
    details: {
      [
        .paragraph(
          """
          The first question of every incident: what did we change? Prints each move of each flag in the order of \
          time, newest last: who moved it, from which stage to which, and why. A move whose outcome never reached the \
          journal is marked `interrupted?`.
          """),
        .paragraph(
          """
          It reads the journals alone: what was changed in a store past rolloutctl is shown by `status`, as drift. A \
          journal that cannot be read is named; the others are printed, and the exit status is 1.
          """),
        .paragraph("It changes nothing."),
      ]
    },
    exits: {
      ExitRow.table([
        (.done, "it could answer, also when nothing moved"),
        (.inconclusive, "the store or a journal could not be read"),
      ])
    },
    examples: {
      [
        Example(
          "rolloutctl changes --since 2h", "what moved before the alarm",
          given: ["rolloutctl promote notes/summary.md"])
      ]
    },
    seeAlso: ["history", "status"])
}

extension ChangesOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let history = History(context: invocation.context, choices: invocation.choices)
    return invocation.tell(try history.changes(since: since, until: until))
  }
}
