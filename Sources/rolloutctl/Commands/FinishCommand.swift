import RolloutOps

/// `finish TARGET`: the canary becomes the new control.
struct FinishOptions: TakesCommonFlags, Equatable {
  static let name = "finish"

  var common = CommonOptions()
  var target = ""
  var override: String?

  static let row = CommandRow<FinishOptions>(
    .move, "close a rollout: everyone has the new version",
    arguments: [.target { $0.target = $1 }],
    flags: [
      .text(
        "override", "GATE", "pass this one gate; needs --reason",
        details: "The journal keeps the gate, the reason and who did it.",
        completion: .lookup(.gates)
      ) { $0.override = $1 }
    ] + FlagRow.acting,
    check: { (options) throws(ValueFault) in
      if options.override != nil && options.common.reason == nil {
        throw ValueFault("--override needs --reason TEXT: the journal keeps why a gate was passed over")
      }
    },
    details: {
      [
        .paragraph(
          """
          After the last stage and its steady state (`finish 14d` in the schedule), the canary becomes the new \
          control: everyone gets it, whatever the request carries, and exclusions end. The rollout is closed; the \
          flag can then be taken out of the code.
          """),
        .paragraph(
          """
          With `Variants:` the variant that served the old version gets the canary's value. On LaunchDarkly, PostHog and \
          Statsig no value changes: everybody gets the canary under its own name, and a kill serves what was there before.
          """),
        .paragraph("Before the last stage, or while a gate holds, it changes nothing."),
      ] + StateWords.blocks(of: .finish)
    },
    exits: {
      ExitRow.table([
        (.done, "the rollout is closed, or was already"),
        (.inconclusive, "the store or the journal could not be reached or written"),
        (.hold, "the steady state is not over, a gate holds, or the last stage is not reached"),
        (.rollback, "a rollback trigger fired"),
        (.kill, "a kill trigger fired, or the flag stands killed"),
        (.conflict, "drift, an edited note, or no open rollout"),
        (.badNote, "the note has errors"),
      ])
    },
    examples: {
      [
        Example(
          "rolloutctl finish ai-summary", "not yet: there are stages ahead", .hold,
          given: ["rolloutctl promote notes/summary.md"])
      ]
    },
    seeAlso: ["abandon", "promote", "states"])
}

extension FinishOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    var request = Request(.finish)
    request.override = override
    return try invocation.move(request, on: target)
  }
}
