import RolloutOps

/// `restore FLAG`: after a kill, back to a stage.
struct RestoreOptions: TakesCommonFlags, Equatable {
  static let name = "restore"

  var common = CommonOptions()
  var flag = ""
  var to: String?

  static let row = CommandRow<RestoreOptions>(
    .stop, "after a kill, back to the first stage that exposes",
    arguments: [
      ArgumentRow("FLAG", .one, "the flag's key, or its note's path", completion: .target) { $0.flag = $1 }
    ],
    flags: [
      .text(
        "to", "STAGE", "further than the first exposing stage",
        details: "It then passes the gates, windows and approvals of that stage first.",
        completion: .lookup(.stages)
      ) { $0.to = $1 },
      .reason.required(),
    ] + FlagRow.acting.filter { $0.description.long != "reason" },
    details: {
      [
        .paragraph(
          """
          Lifts a kill: the flag goes back to the first stage of its plan that exposes anybody, and that stage's soak \
          starts again. The reason goes into the journal beside the kill's own. A hold from before the kill still \
          stands.
          """)
      ] + StateWords.blocks(of: .restore)
    },
    exits: {
      ExitRow.table([
        (.done, "the flag serves that stage again, or was not killed"),
        (.inconclusive, "the store or the journal could not be reached or written"),
        (.hold, "with --to: a gate of that stage holds"),
        (.conflict, "drift, or the settings name two stores that have the flag"),
        (.badNote, "the note has errors"),
      ])
    },
    examples: {
      [
        Example(
          "rolloutctl restore ai-summary --reason 'prompt fixed, see the runbook'", "back to the first stage",
          given: ["rolloutctl promote notes/summary.md", "rolloutctl kill ai-summary"])
      ]
    },
    seeAlso: ["kill", "promote", "states"])
}

extension RestoreOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    var request = Request(.restore)
    request.stage = to
    return try invocation.move(request, on: flag)
  }
}
