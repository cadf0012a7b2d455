import RolloutOps

/// `include TARGET SELECTOR`: lift an exclusion.
struct IncludeOptions: TakesCommonFlags, Equatable {
  static let name = "include"

  var common = CommonOptions()
  var target = ""
  var selector = ""

  static let row = CommandRow<IncludeOptions>(
    .stop, "lift an exclusion",
    arguments: [
      .target { $0.target = $1 },
      ArgumentRow("SELECTOR", .one, "as it was excluded: tenant=acme", completion: .lookup(.exclusions)) {
        $0.selector = $1
      },
    ],
    flags: [.reason.required()] + FlagRow.acting.filter { $0.description.long != "reason" },
    details: {
      [
        .paragraph(
          """
          Lifts what `rolloutctl exclude` set: those whom the stage lets in get the new version again. Exclusions \
          that the note itself makes stay; they belong to the plan.
          """)
      ] + StateWords.blocks(of: .include)
    },
    exits: {
      ExitRow.table([
        (.done, "the exclusion is lifted"),
        (.inconclusive, "the store or the journal could not be reached or written"),
        (.hold, "the rollout is held"),
        (.conflict, "drift, or somebody else moved first"),
      ])
    },
    examples: {
      [
        Example(
          "rolloutctl include ai-summary tenant=acme --reason 'fixed in v7.1'", "let them in again",
          given: [
            "rolloutctl promote notes/summary.md",
            "rolloutctl exclude ai-summary tenant=acme --reason 'they reported loops'",
          ])
      ]
    },
    seeAlso: ["exclude", "notes"])
}

extension IncludeOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    var request = Request(.include)
    request.selector = try TypedSelector.included(selector)
    return try invocation.move(request, on: target)
  }
}
