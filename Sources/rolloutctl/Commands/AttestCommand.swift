import RolloutOps

/// `attest TARGET ITEM`: what only a person can say.
struct AttestOptions: TakesCommonFlags, Equatable {
  static let name = "attest"

  var common = CommonOptions()
  var target = ""
  var item = ""
  var evidence: String?
  var stage: String?

  static let row = CommandRow<AttestOptions>(
    .people, "tick a checklist item, with evidence",
    arguments: [
      .target { $0.target = $1 },
      ArgumentRow("ITEM", .one, "the item, as status names it", completion: .lookup(.items)) { $0.item = $1 },
    ],
    flags: [
      .text(
        "evidence", "TEXT", "what you saw: an address, a number, a sentence",
        details: "The gates are attested only with it."
      ) { $0.evidence = $1 },
      .text(
        "stage", "STAGE", "which stage was looked at",
        details: "For `gates` and `review`; without it, the present one and the first wide one.",
        completion: .lookup(.stages)
      ) { $0.stage = $1 },
      .dryRun,
    ] + FlagRow.reading,
    details: {
      [
        .paragraph(
          """
          Some things no machine can measure: that a kill was drilled, that somebody read the samples, that the \
          dashboard looks right. `rolloutctl status` lists them as open; this command journals who says so, and on \
          what evidence.
          """),
        .entries([
          Entry("gates", "the gates that no machine measures, for the current stage (evidence by eye)"),
          Entry(
            "review", "the human review before the first stage of 10% or more; the one who promotes cannot give it"),
          Entry("another item", "that line of the stage checklist"),
        ]),
        .paragraph(
          "What is said of the gates or in the review counts for that stage alone. The flag stays as it is."),
      ]
    },
    exits: {
      ExitRow.table([
        (.done, "the item is attested"),
        (.inconclusive, "the journal could not be written"),
        (.badNote, "the note has errors"),
      ])
    },
    examples: {
      [
        Example(
          "rolloutctl attest ai-summary gates --evidence 'dashboard at 15:00: flat'", "evidence by eye",
          given: ["rolloutctl promote notes/summary.md"])
      ]
    },
    seeAlso: ["status", "promote"])
}

extension AttestOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let attest = Attest(context: invocation.context, choices: invocation.choices)
    let report = try attest.attest(item, on: target, evidence: evidence, stage: stage)
    invocation.remark(report.remarks)
    invocation.print(
      text: { ink, _ in report.text(ink: ink) }, json: { report.json }, markdown: { report.text(ink: .none) })
    return .done
  }
}
