import RolloutOps

/// `replan TARGET`: take an edited note over in mid-rollout.
struct ReplanOptions: TakesCommonFlags, Equatable {
  static let name = "replan"

  var common = CommonOptions()
  var target = ""

  static let row = CommandRow<ReplanOptions>(
    .move, "take an edited note over in mid-rollout",
    arguments: [.target { $0.target = $1 }],
    flags: [.reason.required()] + FlagRow.acting.filter { $0.description.long != "reason" },
    details: {
      [
        .paragraph(
          """
          A rollout runs by the plan that was frozen in the journal when it started. When the note's plan was edited \
          since, `rolloutctl promote` exits 6 until this command has shown what changes and journaled the new plan. \
          Prose may change at any time: it is no part of the plan.
          """),
        .paragraph(
          """
          Stages that lie ahead may change. What was reached, the unit, the variants, the flag hash and the store may \
          not: they decide who is in already. Approvals given for the old plan are void.
          """),
        .paragraph("The flag stays as it is. With `--dry-run` it shows the difference only."),
      ] + StateWords.blocks(of: .replan)
    },
    exits: {
      ExitRow.table([
        (.done, "the new plan is in the journal, or nothing had changed"),
        (.inconclusive, "the note or the journal could not be read or written"),
        (.conflict, "the edit touches what is frozen, or no rollout is open, or drift"),
        (.badNote, "the note has errors"),
      ])
    },
    examples: {
      [
        Example(
          "rolloutctl replan notes/summary.md --dry-run --reason 'longer soak at 25%'", "what would change",
          given: ["rolloutctl promote notes/summary.md"])
      ]
    },
    seeAlso: ["check", "promote", "adopt", "states"])
}

extension ReplanOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let request = Request(.replan)
    return try invocation.move(request, on: target)
  }
}
