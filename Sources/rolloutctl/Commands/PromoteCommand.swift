import RolloutOps

/// `promote TARGET`: one stage forward, if every gate passes.
struct PromoteOptions: TakesPipelineFlags, Equatable {
  static let name = "promote"

  var common = CommonOptions()
  var pipeline = PipelineChoices()
  var target = ""
  var to: String?
  var override: String?
  var adopt = false

  static let row = CommandRow<PromoteOptions>(
    .move, "go one stage forward if every gate passes",
    arguments: [.target { $0.target = $1 }],
    flags: [
      .text(
        "to", "STAGE", "the stage that you expect to enter",
        details: """
          A guard for scripts: the next stage is entered, the current one is "already there" and exits 0, any other \
          exits 6. It never skips a stage.
          """,
        completion: .lookup(.stages)
      ) { $0.to = $1 },
      .text(
        "override", "GATE", "pass this one gate; needs --reason",
        details: """
          The journal keeps the gate, the reason and who did it. Nothing overrides a kill, a drift or a conflict, and \
          no gate whose count must be zero.
          """,
        completion: .lookup(.gates)
      ) { $0.override = $1 },
      .toggle(
        "adopt", "replace targeting that rolloutctl did not write",
        details: "It prints what it replaces; the journal keeps the rules as they were."
      ) { $0.adopt = true },
    ] + FlagRow.pipeline + FlagRow.acting,
    check: { (options) throws(ValueFault) in
      try FlagRow.checkPipeline(options)
      if options.override != nil && options.common.reason == nil {
        throw ValueFault("--override needs --reason TEXT: the journal keeps why a gate was passed over")
      }
    },
    details: {
      [
        .paragraph(
          """
          Measures every gate of the current stage and, if all pass, enters the next stage: journals the intent, \
          writes the flag against the version that was read, reads it back, and journals the outcome. Where no \
          rollout is open it starts one, with the flag created off if the store has none. If another operator widened the flag meanwhile, it exits 6 and leaves theirs alone.
          """),
        .paragraph("It never skips a stage, and never acts on a trigger that fired: it says so and stays."),
      ] + StateWords.blocks(of: .promote)
    },
    exits: {
      ExitRow.table([
        (.done, "entered the next stage, was already there, or nothing is left to do"),
        (.inconclusive, "the store or the journal could not be reached or written"),
        (.hold, "a gate holds, or the rollout is held"),
        (.rollback, "a rollback trigger fired"),
        (.kill, "a kill trigger fired, or the flag stands killed"),
        (.conflict, "drift, an edited note, or somebody else moved first"),
        (.badNote, "the note has errors"),
      ])
    },
    examples: {
      [
        Example("rolloutctl promote notes/summary.md", "start the rollout, or take the next step"),
        Example("rolloutctl promote notes/summary.md --to internal", "only if internal is next"),
        Example("rolloutctl promote notes/summary.md --dry-run", "what would happen now"),
      ]
    },
    seeAlso: ["rollback", "hold", "status", "replan", "states"])
}

extension PromoteOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    var request = Request(.promote)
    (request.stage, request.override, request.adoptsForeign) = (to, override, adopt)
    // What was seen while waiting opens nothing: a promotion looks itself.
    if override == nil, pipeline.waits { _ = try look(at: target, invocation) }
    return pipeline.status(try invocation.move(request, on: target))
  }
}
