import RolloutOps

/// `gate TARGET`: measure and decide, change nothing.
struct GateOptions: TakesPipelineFlags, Equatable {
  static let name = "gate"

  var common = CommonOptions()
  var pipeline = PipelineChoices()
  var target = ""

  static let row = CommandRow<GateOptions>(
    .see, "measure and decide, change nothing",
    arguments: [.target { $0.target = $1 }],
    flags: FlagRow.pipeline + FlagRow.reading,
    check: FlagRow.checkPipeline,
    details: {
      [
        .paragraph(
          """
          Asks the note's evidence about the stage where the rollout stands, judges every trigger on it, adds the \
          gates that need no evidence, and exits with the verdict. It is what a promotion would find now, and it \
          changes nothing. At the last stage the triggers are judged until the rollout is finished.
          """),
        .paragraph(
          """
          A pass needs every gate: enough canary units, evidence that can be trusted, and no trigger that holds. A \
          trigger breaches only when a test that may be repeated at every look finds the limit crossed; what cannot \
          be measured holds. Each row shows the figures of both versions, the interval that the test leaves, and, \
          where it passes, the smallest change that these samples would have shown.
          """),
      ]
    },
    exits: {
      ExitRow.table([
        (.done, "the next stage may be entered, or nothing is left to do"),
        (.inconclusive, "the store or the journal could not be read"),
        (.hold, "a gate holds, the evidence could not be read, or the rollout is held"),
        (.rollback, "a rollback or degrade trigger fired"),
        (.kill, "a kill trigger fired, or the flag stands killed"),
        (.conflict, "drift, or an edited note"),
        (.badNote, "the note has errors"),
      ])
    },
    examples: {
      [
        Example(
          "rolloutctl gate notes/summary.md", "may it go on?", .hold,
          given: ["rolloutctl promote notes/summary.md"]),
        Example(
          "rolloutctl gate ai-summary --format json --quiet", "for a pipeline", .hold,
          given: ["rolloutctl promote notes/summary.md"]),
      ]
    },
    seeAlso: ["status", "promote", "attest", "exit-codes", "notes"])
}

extension GateOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let report = try look(at: target, invocation)
    invocation.print(
      folds: true,
      text: { StatusText(report, ink: $0, width: $1).gates }, json: { report.json }, markdown: { report.markdown })
    return pipeline.status(report.status)
  }
}
