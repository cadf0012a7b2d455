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
        "watch", "look again whenever the interval is over, until q is typed",
        details: """
          At a terminal the picture stays while a store does not answer, and what changed is said below it; where the \
          window is too small, what is ticked is left out first. Elsewhere, and where `TERM` is dumb, each change is a \
          line. With `--format json` every look is one JSON value on a line of its own.
          """
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
    guard watch else {
      if let target {
        let report = try look(at: target, invocation)
        show(.rollout(report), invocation)
        return status(of: .rollout(report))
      }
      let picture = StatusPicture.fleet(
        try Status(context: invocation.context, choices: invocation.choices).fleet())
      show(picture, invocation)
      return status(of: picture)
    }
    do throws(Trouble) {
      return try follow(invocation)
    } catch {
      if common.format == .json { tell(error, invocation) }
      throw error
    }
  }

  /// A watch prints its own values, a line each, the one that ends it included.
  var wantsJSON: Bool { common.format == .json && !watch }

  private func status(of picture: StatusPicture) -> ExitStatus {
    switch picture {
    case .rollout(let report): exitCode || pipeline.waits ? pipeline.status(report.status) : .done
    case .fleet(let fleet): exitCode ? pipeline.status(fleet.verdict) : fleet.status
    }
  }

  private func show(_ picture: StatusPicture, _ invocation: Invocation) {
    switch picture {
    case .rollout(let report):
      print(
        invocation, folds: true, text: { StatusText(report, ink: $0, width: $1).text }, json: { report.json },
        markdown: { report.markdown })
    case .fleet(let fleet):
      invocation.remark(fleet.remarks)
      // A store that is away has a row of its own where people read.
      let failures = common.format == .json ? fleet.failures : fleet.unread
      for sentence in failures { invocation.context.output.failure("rolloutctl: \(Terminal.plain(sentence))") }
      print(
        invocation, text: { ink, _ in fleet.text(ink: ink, width: invocation.context.output.width) },
        json: { fleet.json }, markdown: { fleet.markdown })
    }
  }

  private func print(
    _ invocation: Invocation, folds: Bool = false, text: (Ink, Int) -> String, json: () -> JSON,
    markdown: () -> String
  ) {
    guard watch, common.format == .json else {
      return invocation.print(folds: folds, text: text, json: json, markdown: markdown)
    }
    invocation.context.output.result(json().written(.compact))
  }

  // MARK: Watching

  /// The first look is as one without `--watch`: what is misspelled is said at once. After it nothing ends the watch but
  /// who watches, or the end of the rollout.
  private func follow(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let watch = StatusWatch(
      context: invocation.context, choices: invocation.choices, target: target,
      interval: interval ?? TimeSpan(seconds: 5))
    let first = try watch.look()
    let isTerminal = invocation.context.output.width != nil
    // What is said of every request would be written into the picture.
    if common.format == .text, !common.verbose, !first.isOver,
      invocation.context.rules.redraws(isTerminal: isTerminal), let screen = invocation.context.output.takeScreen()
    {
      let (last, ending) = watch.on(
        screen, after: first, ink: invocation.ink, links: invocation.context.rules.links(isTerminal: isTerminal))
      screen.close()
      if case .signal(let number) = ending { Signals.end(by: number) }
      return status(of: last)
    }
    show(first, invocation)
    let last = watch.inLines(after: first) { picture, sentences, trouble in
      switch (common.format, picture, trouble) {
      case (.json, let picture?, _): show(picture, invocation)
      case (.json, nil, let trouble?): tell(trouble, invocation)
      case (.markdown, let picture?, _): if !sentences.isEmpty { show(picture, invocation) }
      default:
        let time = (picture ?? first).calendar.clock(invocation.context.clock.now())
        for sentence in sentences { invocation.context.output.result("\(time)  \(Terminal.plain(sentence))") }
      }
    }
    return status(of: last)
  }

  private func tell(_ trouble: Trouble, _ invocation: Invocation) {
    let answer: JSON = ["error": .strings(trouble.sentences), "exit": .number(Int(trouble.status.rawValue))]
    invocation.context.output.result(answer.written(.compact))
  }
}
