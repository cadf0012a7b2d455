import RolloutOps

/// `backtest NOTE`: the note's triggers over past traffic.
struct BacktestOptions: TakesCommonFlags, Equatable {
  static let name = "backtest"

  var common = CommonOptions()
  var request = Backtest.Request()

  static let row = CommandRow<BacktestOptions>(
    .plan, "when the triggers would have fired on past traffic",
    arguments: [ArgumentRow("NOTE", .one, "the note's path", completion: .note) { $0.request.target = $1 }],
    flags: [
      .text(
        "traces", "FILE", "a trace log, instead of those of the note",
        details: "A path, a pattern as `traces/*.ndjson`, or `-` for standard input; `.gz` files are read as they are.",
        completion: .anyFile
      ) { $0.request.traces.append($1) }.repeated(),
      .value(
        "every", "DURATION", "how long from look to look",
        details: "If not given, 10m, or 1h, 6h, 1d or 7d where that would be more than 300 looks.",
        read: { (text) throws(ValueFault) in
          let span = try Conversion.duration(text)
          guard span > .zero else { throw ValueFault("it must be more than 0s") }
          return span
        }
      ) { $0.request.every = $1 },
      .text("canary", "VALUE", "the version that plays the canary; the note's if not given") {
        $0.request.canary = $1
      },
      .text("control", "VALUE", "the version beside it; the note's if not given") { $0.request.control = $1 },
      .value(
        "splits", "COUNT", "how often the control is split; 0 for never",
        details: "If not given, 200, and fewer (at least 40) where the logs are large.",
        read: { (text) throws(ValueFault) in text == "0" ? 0 : try Conversion.count(text) }
      ) { $0.request.splits = $1 },
      .value(
        "share", "PERCENT", "the part of the control that plays the canary",
        details: "If not given, the canary's own part of all units, half of them at most; half where there is none.",
        read: { (text) throws(ValueFault) in
          guard let share = Percentage(digits: text.hasSuffix("%") ? text.dropLast() : text[...]), share > .zero,
            !share.isWhole
          else { throw ValueFault("a share is written 5% or 0.5%") }
          return share
        }
      ) { $0.request.share = $1 },
      .text(
        "seed", "TEXT", "the same text, the same splits; \(TraceSample.usualSeed) if not given"
      ) { $0.request.seed = $1 },
      .text("where", "SELECTOR", "only these records: 'plan = paid and not region = eu'") {
        $0.request.filter = $1
      },
      .since("only records that came after") { $0.request.since = $1 },
      .until { $0.request.until = $1 },
    ] + FlagRow.reading,
    details: {
      [
        .paragraph(
          """
          Plays past traffic and judges every trigger of the note as `rolloutctl watch` would have: at each look on the \
          records that came before it, with the same tests, corrected over the rollback triggers. It says when each \
          would have fired first, with its figures then, or what it showed at the last look. The logs are those of \
          the note's `Evidence:`, or of `--traces`; they are read once.
          """),
        .paragraph(
          """
          All traffic counts as one stage that began with the first record, with both versions side by side; `--where` \
          narrows it to a cohort, `--since` and `--until` to a time, in steps of the looks. Nothing is rolled back in \
          a log, so a trigger that fires late shows what went on meanwhile. An old log with other versions is named \
          as `--control v5 --canary v6`.
          """),
        .paragraph(
          """
          Then the control is held against itself: it is split at random by the note's unit, again and again, one part \
          plays the canary, and every trigger that fires there fires falsely. A comparison should in at most 5% of the \
          splits. One that does more often looks at something that the control does by itself, most often a fixed \
          limit below its ordinary level. Where looks are many, a split is judged whenever its records have grown by \
          a tenth, and four times within a window.
          """),
        .paragraph(
          """
          A trigger that the logs cannot answer is named with the reason, and never counted as one that would not have \
          fired: no record carries its field, there is nothing to compare with, or a metrics server measures it, whose \
          past is not replayed.
          """),
      ]
    },
    exits: {
      ExitRow.table([
        (.done, "every trigger was answered, whatever came out"),
        (.inconclusive, "a log could not be read"),
        (.hold, "a trigger could not be answered, or there is nothing to play"),
        (.badNote, "the note has errors"),
      ])
    },
    examples: {
      [
        Example("rolloutctl backtest notes/summary.md --traces log.ndjson", "are these triggers worth having?"),
        Example("rolloutctl backtest notes/summary.md --traces log.ndjson --format json", "for a pipeline"),
        Example(
          "rolloutctl backtest notes/summary.md --traces log.ndjson --canary v8", "a version that nobody sent", .hold),
      ]
    },
    seeAlso: ["gate", "watch", "compare", "notes"])
}

extension BacktestOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let report = try Backtest(context: invocation.context, choices: invocation.choices).report(request)
    if common.format == .json { invocation.remark(report.remarks) }
    for reason in report.reasons {
      invocation.context.output.failure("rolloutctl backtest: \(Terminal.plain(reason))")
    }
    invocation.print(
      text: { BacktestText(report, ink: $0, width: $1).text }, json: { report.json }, markdown: { report.markdown })
    return report.status
  }
}
