import RolloutOps

/// `plan NOTE`: who gets it when, at the earliest.
struct PlanOptions: TakesCommonFlags, Equatable {
  static let name = "plan"

  var common = CommonOptions()
  var note = ""
  var at: String?

  static let row = CommandRow<PlanOptions>(
    .plan, "print the stages with their earliest dates",
    arguments: [ArgumentRow("NOTE", .one, "the note's path", completion: .note) { $0.note = $1 }],
    flags: [
      .text(
        "at", "TIME", "when the first stage would start; now if not given",
        details: "\(LocalCalendar.timeForms); without an offset it is in the note's time zone."
      ) { $0.at = $1 }
    ] + FlagRow.printing,
    details: {
      [
        .paragraph(
          """
          Prints each stage with who gets the new version in it, how long it soaks, and the earliest time at which it \
          could start if every gate passed at once. Stages accumulate: who was let in stays in.
          """),
        .paragraph("It reads the note alone, and changes nothing."),
      ]
    },
    exits: {
      ExitRow.table([
        (.done, "the plan was printed"),
        (.inconclusive, "the note could not be read"),
        (.badNote, "the note has errors"),
      ])
    },
    examples: {
      [
        Example("rolloutctl plan notes/summary.md", "from now"),
        Example("rolloutctl plan notes/summary.md --at 2026-11-24T10:00", "from next Tuesday, ten o'clock"),
      ]
    },
    seeAlso: ["check", "status", "notes"])
}

extension PlanOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let report = try PlanPreview(context: invocation.context).plan(note, at: at)
    invocation.print(
      folds: true, text: { ink, _ in report.text(ink: ink) }, json: { report.json }, markdown: { report.markdown })
    return .done
  }
}
