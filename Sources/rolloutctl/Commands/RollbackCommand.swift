import RolloutOps

/// `rollback TARGET`: back, without asking a gate.
struct RollbackOptions: TakesCommonFlags, Equatable {
  static let name = "rollback"

  var common = CommonOptions()
  var target = ""
  var to: String?

  static let row = CommandRow<RollbackOptions>(
    .move, "go back to the previous stage, or further",
    arguments: [.target { $0.target = $1 }],
    flags: [
      .text(
        "to", "STAGE", "an earlier stage, or off",
        details: "A stage that lies ahead is a mistake on the command line, and exits 2.",
        completion: .lookup(.stages).or(.words(["off"]))
      ) { $0.to = $1 }
    ] + FlagRow.acting,
    details: {
      [
        .paragraph(
          """
          Goes one stage back, from the first stage to off. It only narrows, so no gate, window, approval or problem \
          in the note stands in its way: it runs from the plan that the journal keeps. It writes the store \
          first and journals after, and a journal that cannot be written does not stop it.
          """),
        .paragraph("Off is not killed: `rolloutctl promote` enters the first stage again."),
      ] + StateWords.blocks(of: .rollback)
    },
    exits: {
      ExitRow.table([
        (.done, "the flag is back at that stage, or was there already"),
        (.inconclusive, "the store could not be reached or written"),
        (.conflict, "drift, where that stage might let in more than the store shows; or somebody else moved first"),
      ])
    },
    examples: {
      [
        Example(
          "rolloutctl rollback ai-summary --reason 'answers got shorter'", "one stage back",
          given: ["rolloutctl promote notes/summary.md"]),
        Example(
          "rolloutctl rollback ai-summary --to off", "all the way back, not killed",
          given: ["rolloutctl promote notes/summary.md"]),
      ]
    },
    seeAlso: ["kill", "hold", "promote", "states"])
}

extension RollbackOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    var request = Request(.rollback)
    request.stage = to
    return try invocation.move(request, on: target)
  }
}
