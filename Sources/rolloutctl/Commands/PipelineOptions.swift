import RolloutOps

/// What a pipeline says to a command that answers whether the gates are open.
struct PipelineChoices: Sendable, Equatable {
  var takesHold = false
  var waits = false
  var patience: TimeSpan?

  /// A hold is a 0 for whoever said so.
  func status(_ status: ExitStatus) -> ExitStatus { takesHold && status == .hold ? .done : status }
}

protocol TakesPipelineFlags: TakesCommonFlags {
  var pipeline: PipelineChoices { get set }
}

extension FlagRow where Options: TakesPipelineFlags {
  static var pipeline: [FlagRow] {
    [
      .toggle(
        "wait", "look until the gates are open, or a person's turn has come",
        details: """
          Ends with 0 when every gate passes, with 3 when only people can open what is shut (it names what), with 4, 5 or \
          6 when a trigger fired or the rollout is killed or drifted. Each change is a line on standard error.
          """
      ) { $0.pipeline.waits = true },
      .value("timeout", "DURATION", "how long to wait; 2h if not given", read: Conversion.duration) {
        $0.pipeline.patience = $1
      },
      .toggle("hold-ok", "exit 0 on a hold: a job that only asks is not red for it") { $0.pipeline.takesHold = true },
    ]
  }

  static func checkPipeline(_ options: Options) throws(ValueFault) {
    if options.pipeline.patience != nil, !options.pipeline.waits { throw ValueFault("--timeout belongs to --wait") }
  }
}

extension TakesPipelineFlags {
  /// The rollout as it stands; with `--wait` as it stands when waiting is over.
  func look(at target: String, _ invocation: Invocation) throws(Trouble) -> StatusReport {
    guard pipeline.waits else {
      return try Status(context: invocation.context, choices: invocation.choices).status(of: target)
    }
    let waiting = GateWait(context: invocation.context, choices: invocation.choices)
    let patience = pipeline.patience ?? GateWait.usualPatience
    let (report, isLate) = try waiting.look(at: target, for: patience)
    if isLate { invocation.context.output.failure("rolloutctl \(Self.name): still shut after \(patience)") }
    return report
  }
}
