import RolloutOps

/// `adopt TARGET`: accept what the store shows.
struct AdoptOptions: TakesCommonFlags, Equatable {
  static let name = "adopt"

  var common = CommonOptions()
  var target = ""
  var stage: String?
  var merge = false

  static let row = CommandRow<AdoptOptions>(
    .move, "accept what the store shows as the truth",
    arguments: [.target { $0.target = $1 }],
    flags: [
      .text(
        "stage", "STAGE", "the stage that the store's exposure stands for",
        details: "Without it, the stage whose exposure the store shows exactly; if there is none, adopt says so.",
        completion: .lookup(.stages)
      ) { $0.stage = $1 },
      .toggle(
        "merge", "bring together the branches of a journal that git could not",
        details: """
          Two people moved the rollout in two copies of a folder. The branch that says what the flag does goes on; the \
          other one's lines are kept as they stood in its next entry. A hold in either holds, who was taken out in \
          either is out, words attested in the other are to be attested again. Where one turned the flag down and it \
          serves all the same, `--stage` says that it is meant to. Then the flag's mark names the new entry.
          """
      ) { $0.merge = true },
    ] + FlagRow.acting,
    details: {
      [
        .paragraph(
          """
          When somebody changed the flag behind rolloutctl's back (drift), or rolled it out by hand before there was \
          a journal, every verb that widens exits 6. This one journals what the store shows now as the rollout's \
          state, at the stage named. The soak of that stage starts again.
          """),
        .paragraph(
          "It changes the journal only; the flag stays byte for byte as it is. `--merge` writes its mark, a kill's too, and whom a "
            + "branch took out."),
      ] + StateWords.blocks(of: .adopt)
    },
    exits: {
      ExitRow.table([
        (.done, "the journal agrees with the store, or did already"),
        (.inconclusive, "the store or the journal could not be reached or written"),
        (.conflict, "the flag stands killed, or is missing; with --merge: one branch turned down what it shows"),
        (.badNote, "the note has errors"),
      ])
    },
    examples: {
      [
        Example(
          "rolloutctl adopt ai-summary --stage internal --reason 'set by hand'",
          "accept a change made by hand", given: ["rolloutctl promote notes/summary.md"])
      ]
    },
    seeAlso: ["status", "replan", "history", "states"])
}

extension AdoptOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    var request = Request(.adopt)
    request.stage = stage
    if merge {
      return try invocation.tell(
        Move(context: invocation.context, choices: invocation.choices).merge(request, on: target))
    }
    return try invocation.move(request, on: target)
  }
}
