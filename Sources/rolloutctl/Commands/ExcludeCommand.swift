import RolloutOps

/// `exclude TARGET SELECTOR`: take one tenant or segment out.
struct ExcludeOptions: TakesCommonFlags, Equatable {
  static let name = "exclude"

  var common = CommonOptions()
  var target = ""
  var selector = ""

  static let row = CommandRow<ExcludeOptions>(
    .stop, "take one tenant or segment out, and go on",
    arguments: [
      .target { $0.target = $1 },
      ArgumentRow("SELECTOR", .one, "who is out: tenant=acme") { $0.selector = $1 },
    ],
    flags: [.reason.required()] + FlagRow.acting.filter { $0.description.long != "reason" },
    details: {
      [
        .paragraph(
          """
          Nobody whom the selector meets gets the new version any more, at any stage, until `rolloutctl include` \
          lifts it. Everyone else stays where they are and the rollout goes on; the soak of the stage goes on too. It \
          only narrows, so no gate and no problem in the note stands in its way.
          """),
        .paragraph(
          "A selector is written as in the note: `tenant=acme`, or quoted `'plan = paid and region in [eu, uk]'`."),
      ] + StateWords.blocks(of: .exclude)
    },
    exits: {
      ExitRow.table([
        (.done, "they are out, or were already"),
        (.inconclusive, "the store could not be reached or written"),
        (.conflict, "the flag's rules are not rolloutctl's, or somebody else changed it again and again"),
      ])
    },
    examples: {
      [
        Example(
          "rolloutctl exclude ai-summary tenant=acme --reason 'they reported loops'", "one tenant out",
          given: ["rolloutctl promote notes/summary.md"])
      ]
    },
    seeAlso: ["include", "kill", "notes"])
}

extension ExcludeOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    var request = Request(.exclude)
    request.selector = try TypedSelector.excluded(selector)
    return try invocation.move(request, on: target)
  }
}
