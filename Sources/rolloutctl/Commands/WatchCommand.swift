import RolloutOps

/// `watch NOTE...`: gate on a schedule, and act.
struct WatchOptions: TakesCommonFlags, Equatable {
  static let name = "watch"

  var common = CommonOptions()
  var targets: [String] = []
  var once = false
  var interval: TimeSpan?

  static let usualInterval = TimeSpan.minutes(1)

  static let row = CommandRow<WatchOptions>(
    .pipeline, "gate on a schedule and act: roll back, degrade, kill",
    arguments: [
      ArgumentRow("TARGET", .many, "notes, or keys of flags that are being rolled out", completion: .target) {
        $0.targets.append($1)
      }
    ],
    flags: [
      .toggle("once", "look once at each, act, and exit: for cron or a workflow") { $0.once = true },
      .value(
        "interval", "DURATION", "how often to look; 1m if not given",
        read: { (text) throws(ValueFault) in
          let span = try Conversion.duration(text)
          guard span > .zero else { throw ValueFault("it must be more than 0s") }
          return span
        }
      ) { $0.interval = $1 },
      .dryRun,
    ] + FlagRow.reading,
    check: { (options) throws(ValueFault) in
      if options.once && options.interval != nil { throw ValueFault("--once looks once: it has no --interval") }
    },
    details: { WatchWords.blocks },
    exits: { ExitRow.table(WatchWords.exits) },
    examples: {
      [
        Example(
          "rolloutctl watch --once notes/summary.md", "from cron: a look, and what follows from it", .hold,
          given: ["rolloutctl promote notes/summary.md"]),
        Example(
          "rolloutctl watch --once notes/summary.md --dry-run --format json", "what it would do now", .hold,
          given: ["rolloutctl promote notes/summary.md"]),
      ]
    },
    seeAlso: ["gate", "promote", "resume", "kill", "exit-codes"])
}

extension WatchOptions: Action {
  /// Every look is a value on a line of its own, those that failed included.
  var wantsJSON: Bool { false }

  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let watch = Watch(context: invocation.context.signing(as: Self.name), choices: invocation.choices)
    let pause = once ? nil : interval ?? Self.usualInterval
    var loop = WatchLoop(watch, targets, every: pause, remembers: common.quiet)
    var worst = ExitStatus.done
    while true {
      loop.round { report in
        tell(report, invocation)
        worst = ExitStatus.worst([worst, report.status])
      }
      if once || invocation.context.output.isBroken { return worst }
      invocation.context.clock.pause(microseconds: loop.pause)
    }
  }

  private func tell(_ report: WatchReport, _ invocation: Invocation) {
    let output = invocation.context.output
    if common.format == .json { output.result(report.json.written(.compact)) }
    guard report.isNews || report.reaction != nil else { return }
    switch common.format {
    case .json: break
    case .text: for line in report.text(ink: invocation.ink) { output.result(line) }
    case .markdown: for line in report.markdown { output.result(line) }
    }
    let about = "rolloutctl watch: \(Terminal.plain(report.target)): "
    if report.look == nil { for sentence in report.reasons { output.failure(about + Terminal.plain(sentence)) } }
    for sentence in report.failures { output.failure(about + Terminal.plain(sentence)) }
    let remarks = (report.look?.status.remarks ?? []) + report.remarks
    invocation.remark(remarks.map { "\(report.target): \($0)" })
  }
}

/// The page of `watch`.
private enum WatchWords {
  static let blocks: [Block] = [
    .paragraph(
      """
      Looks at each rollout as `rolloutctl gate` does, and acts on what fired: a rollback trigger takes the rollout \
      one stage back and leaves it held, a degrade trigger puts the variant that it names in the canary's place (where \
      that is the control itself, it goes back instead), and a kill trigger kills, as `rolloutctl kill` does. The worst that fired counts. A hold trigger only keeps the next \
      stage shut. The journal keeps the trigger with its figures as the reason, and what the evidence showed.
      """),
    .paragraph(
      """
      It promotes only where the note says `Automation: promote` and every gate passes. It gives no review, starts no \
      rollout and finishes none. After it has rolled back, nothing goes on until somebody runs `rolloutctl resume` \
      with a reason; after somebody else has rolled back, until somebody promotes. A degraded rollout stays so until \
      `rolloutctl resume`, which starts its soak anew.
      """),
    .paragraph(
      """
      In a rollout that is held, degraded, or whose note was edited or has errors, nothing widens, and a trigger still \
      narrows, by the plan in the journal. Under drift it kills, and goes back only as far as that lets nobody in. No \
      lock is held while evidence is read: a `rolloutctl kill` never waits for a watch. What it decided is decided \
      again, under the lock, on the rollout as it is then; if somebody moved it meanwhile nothing is done, with 6.
      """),
    .paragraph(
      """
      Without `--once` it goes on until it is interrupted, which ends it between two changes. All that lasts is in \
      journals and stores: a watch that is started again goes on where the last one ended. A note or a store that \
      fails does not stop the others. Evidence that does not answer holds, and is asked for ever more rarely, up to \
      10 minutes; that is said once, and once more when it answers again.
      """),
    .paragraph(
      """
      A line is printed when a look finds something else than the one before, and for everything that was done; with \
      `--quiet` the last look of an earlier watch counts as the one before, so that cron mails changes alone. With \
      `--format json` every look at every rollout is one JSON value on a line. It signs as a machine, \
      `watch (maya@host)`. Each look leaves a sign of life beside \
      the journal, in `KEY.journal.watch`: when, by whom, the verdict, and when the next one is due.
      """),
  ]

  static let exits: [(ExitStatus, String)] = [
    (.done, "every stage may be promoted, was promoted, or nothing is left to do"),
    (.inconclusive, "a store or a journal could not be read or written"),
    (.hold, "a gate holds, the evidence could not be read, or the rollout is held or degraded"),
    (.rollback, "a rollback or degrade trigger fired, and it has acted"),
    (.kill, "a kill trigger fired, and it has acted; or the flag stands killed"),
    (.conflict, "drift, an edited note, or somebody else moved first"),
    (.badNote, "a note has errors"),
  ]
}
