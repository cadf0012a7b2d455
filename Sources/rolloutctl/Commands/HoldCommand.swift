import RolloutOps

/// `hold TARGET`: freeze where it is.
struct HoldOptions: TakesCommonFlags, Equatable {
  static let name = "hold"

  var common = CommonOptions()
  var target = ""

  static let row = CommandRow<HoldOptions>(
    .move, "freeze a rollout where it is",
    arguments: [.target { $0.target = $1 }],
    flags: FlagRow.acting,
    details: {
      [
        .paragraph(
          """
          Leaves the flag as it is and stops promotion until `rolloutctl resume`. Soak goes on: the time at the stage \
          counts while the rollout is held. Rollback and kill go on working, and a hold outlives a kill and a restore.
          """)
      ] + StateWords.blocks(of: .hold)
    },
    exits: {
      ExitRow.table([
        (.done, "the rollout is held, or was held already"),
        (.inconclusive, "the journal could not be written: nothing is held"),
        (.conflict, "no rollout of this flag is known"),
      ])
    },
    examples: {
      [
        Example(
          "rolloutctl hold ai-summary --reason 'waiting for the legal review'", "nobody promotes past this",
          given: ["rolloutctl promote notes/summary.md"])
      ]
    },
    seeAlso: ["resume", "rollback", "states"])
}

extension HoldOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let request = Request(.hold)
    return try invocation.move(request, on: target)
  }
}
