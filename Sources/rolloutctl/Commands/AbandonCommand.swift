import RolloutOps

/// `abandon TARGET`: nothing stays.
struct AbandonOptions: TakesCommonFlags, Equatable {
  static let name = "abandon"

  var common = CommonOptions()
  var target = ""

  static let row = CommandRow<AbandonOptions>(
    .move, "close a rollout: nobody has the new version",
    arguments: [.target { $0.target = $1 }],
    flags: FlagRow.acting,
    details: {
      [
        .paragraph(
          """
          Takes everyone out of the new version and closes the rollout. The flag stays in the store, serving the old \
          version, and the journal stays as it is. A later `rolloutctl promote` of a note for this flag starts a new \
          rollout at its first stage.
          """)
      ] + StateWords.blocks(of: .abandon)
    },
    exits: {
      ExitRow.table([
        (.done, "the rollout is closed, or was already"),
        (.inconclusive, "the store or the journal could not be reached or written"),
        (.conflict, "the rollout is finished, or somebody else moved first"),
      ])
    },
    examples: {
      [
        Example(
          "rolloutctl abandon ai-summary --reason 'v8 replaces it'", "give the change up",
          given: ["rolloutctl promote notes/summary.md"])
      ]
    },
    seeAlso: ["finish", "rollback", "kill", "states"])
}

extension AbandonOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let request = Request(.abandon)
    return try invocation.move(request, on: target)
  }
}
