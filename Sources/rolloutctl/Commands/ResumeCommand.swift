import RolloutOps

/// `resume TARGET`: lift a hold.
struct ResumeOptions: TakesCommonFlags, Equatable {
  static let name = "resume"

  var common = CommonOptions()
  var target = ""

  static let row = CommandRow<ResumeOptions>(
    .move, "lift a hold",
    arguments: [.target { $0.target = $1 }],
    flags: FlagRow.acting,
    details: {
      [
        .paragraph(
          """
          Lifts the hold, and nothing else: the flag stays at its stage until `rolloutctl promote` finds every gate \
          passing. A hold that an automatic rollback left behind needs `--reason`.
          """)
      ] + StateWords.blocks(of: .resume)
    },
    exits: {
      ExitRow.table([
        (.done, "the hold is lifted, or there was none"),
        (.inconclusive, "the journal could not be written: the hold stands"),
        (.conflict, "no rollout of this flag is known"),
      ])
    },
    examples: {
      [
        Example(
          "rolloutctl resume ai-summary --reason 'review is through'", "promotion may go on",
          given: ["rolloutctl promote notes/summary.md", "rolloutctl hold ai-summary"])
      ]
    },
    seeAlso: ["hold", "promote", "states"])
}

extension ResumeOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let request = Request(.resume)
    return try invocation.move(request, on: target)
  }
}
