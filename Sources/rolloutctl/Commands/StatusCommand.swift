import RolloutOps

/// `status [TARGET]`: the stage checklist and the gates.
struct StatusOptions: TakesPipelineFlags, Equatable {
  static let name = "status"

  var common = CommonOptions()
  var pipeline = PipelineChoices()
  var target: String?
  var watch = false
  var interval: TimeSpan?
  var exitCode = false

  static let row = CommandRow<StatusOptions>(
    .see, "the stage checklist and the gates",
    arguments: [.target(.optional) { $0.target = $1 }],
    flags: [
      .toggle(
        "watch", "print again whenever the interval is over",
        details: "With `--format json` every look is one JSON value on a line of its own."
      ) { $0.watch = true },
      .value(
        "interval", "DURATION", "how often to look with --watch; 5s if not given",
        read: { (text) throws(ValueFault) in
          let span = try Conversion.duration(text)
          guard span > .zero else { throw ValueFault("it must be more than 0s") }
          return span
        }
      ) { $0.interval = $1 },
      .toggle(
        "exit-code", "exit with the verdict",
        details: "0 if the next stage may be entered, 3 to 7 if not; of several rollouts the worst counts."
      ) { $0.exitCode = true },
    ] + FlagRow.pipeline + FlagRow.reading,
    check: { (options) throws(ValueFault) in
      try FlagRow.checkPipeline(options)
      if options.pipeline.waits, options.watch || options.target == nil {
        throw ValueFault("--wait waits for one rollout: name it, without --watch")
      }
      if options.interval != nil && !options.watch { throw ValueFault("--interval belongs to --watch") }
    },
    details: {
      [
        .paragraph(
          """
          With a target: the stages with who is in them, how long the current one has lasted, what every gate says, \
          what is left to do before the next stage, and the verdict. Without a target: one line for each rollout in \
          the store.
          """),
        .paragraph(
          """
          It changes nothing, recovery after a crash included: an interrupted move is shown as such. Drift, a kill, a \
          hold and an edited note are shown in words. A rollout whose journal cannot be trusted, or cannot be read, \
          has `?` in front and a sentence on standard error; the others are shown, and the exit status is 1.
          """),
      ]
    },
    exits: {
      ExitRow.table([
        (.done, "it could answer, whatever the answer; with --exit-code: the next stage may be entered"),
        (.inconclusive, "the store or a journal could not be read, or its chain is broken"),
        (.hold, "with --exit-code: a gate holds, or the rollout is held"),
        (.rollback, "with --exit-code: a rollback trigger fired"),
        (.kill, "with --exit-code: a kill trigger fired, or the flag stands killed"),
        (.conflict, "with --exit-code: drift, or an edited note"),
        (.badNote, "the note has errors"),
      ])
    },
    examples: {
      [
        Example(
          "rolloutctl status notes/summary.md", "where it stands, and why not further",
          given: ["rolloutctl promote notes/summary.md"]),
        Example("rolloutctl status", "every rollout in the store"),
        Example(
          "rolloutctl status ai-summary --exit-code --quiet", "for a script: 5, it stands killed", .kill,
          given: ["rolloutctl promote notes/summary.md", "rolloutctl kill ai-summary"]),
      ]
    },
    seeAlso: ["history", "changes", "promote", "states"])
}

extension StatusOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    guard watch else { return try show(invocation) }
    do throws(Trouble) {
      return try follow(invocation)
    } catch {
      if common.format == .json {
        let answer: JSON = ["error": .strings(error.sentences), "exit": .number(Int(error.status.rawValue))]
        invocation.context.output.result(answer.written(.compact))
      }
      throw error
    }
  }

  /// A watch prints its own values, a line each, the one that ends it included.
  var wantsJSON: Bool { common.format == .json && !watch }

  private func print(
    _ invocation: Invocation, text: (Ink, Int) -> String, json: () -> JSON, markdown: () -> String
  ) {
    guard watch, common.format == .json else { return invocation.print(text: text, json: json, markdown: markdown) }
    invocation.context.output.result(json().written(.compact))
  }

  private func show(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let viewing = Viewing(context: invocation.context, choices: invocation.choices)
    guard let target else {
      let fleet = try viewing.fleet()
      invocation.remark(fleet.remarks)
      for sentence in fleet.failures { invocation.context.output.failure("rolloutctl: \(Terminal.plain(sentence))") }
      print(
        invocation,
        text: { ink, _ in fleet.text(ink: ink, width: invocation.context.output.width) }, json: { fleet.json },
        markdown: { fleet.markdown })
      return exitCode ? pipeline.status(fleet.verdict) : fleet.status
    }
    let report = try look(at: target, invocation)
    print(
      invocation,
      text: { StatusText(report, ink: $0, width: $1).text }, json: { report.json }, markdown: { report.markdown })
    return exitCode || pipeline.waits ? pipeline.status(report.status) : .done
  }

  /// Until it is interrupted, or the rollout is over. On a terminal the screen is redrawn; elsewhere each look follows
  /// the last one.
  private func follow(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let pause = interval ?? TimeSpan(seconds: 5)
    let output = invocation.context.output
    while true {
      if output.width != nil, common.format == .text { output.result("\u{1B}[H\u{1B}[2J") }
      let status = try show(invocation)
      if try isOver(invocation) || output.isBroken { return status }
      invocation.context.clock.pause(microseconds: pause.seconds * 1_000_000)
    }
  }

  private func isOver(_ invocation: Invocation) throws(Trouble) -> Bool {
    guard let target else { return false }
    switch try Viewing(context: invocation.context, choices: invocation.choices).status(of: target).place {
    case .finished, .abandoned: return true
    case .off, .stage, .killed: return false
    }
  }
}
