import RolloutOps

/// `history [TARGET]`: what the journal says.
struct HistoryOptions: TakesCommonFlags, Equatable {
  static let name = "history"

  var common = CommonOptions()
  var target: String?
  var verify = false
  var since: String?
  var until: String?
  var action: String?
  var actor: String?
  var limit: Int?

  /// The verbs that leave entries in the journal.
  static let journaled = [
    PromoteOptions.name, RollbackOptions.name, HoldOptions.name, ResumeOptions.name, AdoptOptions.name,
    ReplanOptions.name, FinishOptions.name, AbandonOptions.name, KillOptions.name, RestoreOptions.name,
    ExcludeOptions.name, IncludeOptions.name, AttestOptions.name,
  ]

  static let row = CommandRow<HistoryOptions>(
    .see, "the journal: who did what, when and why",
    arguments: [.target(.optional) { $0.target = $1 }],
    flags: [
      .toggle(
        "verify", "check the chain of every journal and nothing else",
        details: """
          Each entry holds the hash of the one before; an edited or missing entry is named. The flag remembers the \
          entry that it was last changed by, so an end that was cut off before that entry is missed too.
          """
      ) { $0.verify = true },
      .since { $0.since = $1 },
      .until { $0.until = $1 },
      .oneOf("action", "NAME", "only entries of this verb", journaled) { $0.action = $1 },
      .text("actor", "NAME", "only what this person or pipeline did") { $0.actor = $1 },
      .value("limit", short: "n", "COUNT", "only the newest COUNT moves", read: Conversion.count) {
        $0.limit = $1
      },
    ] + FlagRow.reading,
    details: {
      [
        .paragraph(
          """
          Prints the journal of one flag, or of all flags of the store in the order of time: when, who, what, from \
          which stage to which, why, and how it ended. A filter leaves out the rest; filters add up.
          """),
        .paragraph(
          """
          The chain is checked on every reading. A last line that was cut off in a crash is named and left out. A \
          move whose outcome never reached the journal is marked `interrupted?`: the next command settles it. A \
          journal with an edited entry is refused and named; over all flags the other journals are printed, and the \
          exit status is 1.
          """),
        .paragraph(
          """
          A chain without a key shows that somebody edited the journal, not who did: whoever may write it can compute \
          all of it anew. So `--verify` asks the flag, too, which entry it was last changed by (in a flagd file: \
          `rolloutctl.journal` in its metadata). What is behind that entry can be cut off without a trace: the outcome \
          of the same change, a kill since, attestations. LaunchDarkly and Unleash have no place for it: there the end \
          is `not known`.
          """),
      ]
    },
    exits: {
      ExitRow.table([
        (.done, "printed; with --verify: every chain is whole, and no end is known to be missing"),
        (.inconclusive, "a journal could not be read, its chain is broken, or its end is missing"),
      ])
    },
    examples: {
      [
        Example(
          "rolloutctl history ai-summary", "the whole story",
          given: ["rolloutctl promote notes/summary.md"]),
        Example(
          "rolloutctl history --since 24h --action kill -n 5", "the last kills",
          given: ["rolloutctl promote notes/summary.md", "rolloutctl kill ai-summary"]),
        Example(
          "rolloutctl history --verify", "is it the journal that was written?",
          given: ["rolloutctl promote notes/summary.md"]),
      ]
    },
    seeAlso: ["changes", "status"])
}

extension FlagRow {
  static func since(
    _ summary: String = "only what came after", set: @escaping @Sendable (inout Options, String) -> Void
  ) -> FlagRow {
    text("since", "WHEN", summary, details: "`2h` ago, or a time: \(LocalCalendar.timeForms).", set: set)
  }

  static func until(set: @escaping @Sendable (inout Options, String) -> Void) -> FlagRow {
    text("until", "WHEN", "only what came before", set: set)
  }
}

extension HistoryOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    var filter = History.Filter()
    (filter.since, filter.until, filter.action, filter.actor) = (since, until, action, actor)
    (filter.limit, filter.verify) = (limit, verify)
    let report = try History(context: invocation.context, choices: invocation.choices).history(of: target, filter)
    return invocation.tell(report)
  }
}

extension Invocation {
  func tell(_ report: HistoryReport) -> ExitStatus {
    remark(report.remarks)
    for sentence in report.failures { context.output.failure("rolloutctl: \(Terminal.plain(sentence))") }
    print(folds: true, text: { ink, _ in report.text(ink: ink) }, json: { report.json }, markdown: { report.markdown })
    return report.status
  }
}
