import RolloutOps

/// `compare`: canary against control from trace logs, without a note.
struct CompareOptions: TakesCommonFlags, Equatable {
  static let name = "compare"

  var common = CommonOptions()
  var request = Compare.Request()

  static let row = CommandRow<CompareOptions>(
    .see, "canary against control from trace logs, without a note",
    arguments: [
      ArgumentRow("FILE", .any, "a trace log, as --traces names one", completion: .anyFile) {
        $0.request.traces.append($1)
      }
    ],
    flags: [
      .text(
        "traces", "FILE", "a trace log: JSON lines, CSV or TSV",
        details: "A path, a pattern as `traces/*.ndjson`, or `-` for standard input; `.gz` files are read as they are.",
        completion: .anyFile
      ) { $0.request.traces.append($1) }.repeated(),
      .text(
        "by", "FIELD", "what tells the versions apart; prompt_version if not given", completion: .words(labels)
      ) { $0.request.label = $1 },
      .text("control", "OLD", "the version that was there before") { $0.request.control = $1 }.required(),
      .text(
        "canary", "NEW", "the new version",
        details: "Given several times, each is held against the control."
      ) { $0.request.canaries.append($1) }.required().repeated(),
      .text(
        "metric", "METRIC", "what to compare: p95(latency_ms), rate(error)",
        details: """
          Also `mean(FIELD)`, `share(FIELD = VALUE)`, or a signal by its name, as `cost`. Without it, every usual field \
          that the log carries.
          """
      ) { $0.request.metrics.append($1) }.repeated(),
      .text(
        "unit", "FIELD", "whose records belong together",
        details: """
          `tenant` if not given, or `user` where the beginning of the log has no tenant; `none` takes every record for \
          itself.
          """,
        completion: .words(["tenant", "user", "session", ComparisonRequest.noUnit])
      ) { $0.request.unit = $1 },
      .text("segment", "FIELD", "compare within each value of this field, too") { $0.request.segment = $1 },
      .text("where", "SELECTOR", "only these records: 'plan = paid and not region = eu'") {
        $0.request.filter = $1
      },
      .since("only records that came after") { $0.request.since = $1 },
      .value(
        "share", "PERCENT", "test the split: each canary should have so much",
        read: { (text) throws(ValueFault) in
          guard let share = Percentage(digits: text.hasSuffix("%") ? text.dropLast() : text[...]) else {
            throw ValueFault("a share is written 5% or 0.5%")
          }
          return share
        }
      ) { $0.request.share = $1 },
      .toggle("sequential", "tests that hold however often one looks, as gates use") {
        $0.request.looks = .repeated
      },
    ] + FlagRow.printing,
    check: { (options) throws(ValueFault) in
      if options.request.traces.isEmpty { throw ValueFault("name a trace log: --traces FILE") }
    },
    details: {
      [
        .paragraph(
          """
          Reads the logs once and prints, for each metric, the value and the number of records in both versions, the \
          difference, the difference relative to the control with its 95% interval, and how likely chance alone brings \
          about one as large. A quantile is exact: linear interpolation at (n-1)p.
          """),
        .paragraph(
          """
          The tests are those of one look: the pooled z test for rates with E. B. Wilson's and R. G. Newcombe's \
          interval, B. L. Welch's for means, outer intervals for quantiles. Who looks again and again takes \
          `--sequential`. Records of one unit resemble each other, so the intervals are widened by as much as they do \
          in this log. Of several tests each p is corrected (S. Holm); the JSON has both, as `p_value` and \
          `p_adjusted`. Worse and better are said where the corrected one is at most 5%.
          """),
        .paragraph(
          """
          With `--segment`, each value of the field with at least 30 records in both versions is compared for itself, \
          the largest first; where something got worse, it is named, however fine the whole looks. With `--share`, the \
          number of units in each version is tested against the split that was meant.
          """),
        .paragraph(
          """
          Broken lines, records without a version, other versions, units seen in two versions and values that are no \
          numbers are left out and said: below the table, in the JSON's `remarks`, and there on standard error too.
          """),
      ]
    },
    exits: {
      ExitRow.table([
        (.done, "it could compare, whatever came out"),
        (.inconclusive, "a log could not be read"),
        (.hold, "nothing to compare: no record of a version, no value, or too few of them"),
      ])
    },
    examples: {
      [
        Example("rolloutctl compare log.ndjson --control v6 --canary v7", "whatever the log carries"),
        Example(
          "rolloutctl compare log.ndjson --control v6 --canary v7 --segment category",
          "what went wrong for a few alone"),
        Example(
          "rolloutctl compare log.ndjson --by prompt_version --control v6 --canary v8", "a version that nobody sends",
          .hold),
      ]
    },
    seeAlso: ["status", "history"])

  private static let labels = [
    "prompt_version", "model_version", "retrieval_version", "policy_version", "tool_version",
  ]
}

extension CompareOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let report = try Compare(context: invocation.context).report(request)
    if common.format == .json { invocation.remark(report.remarks) }
    if report.status != .done {
      for reason in report.reasons {
        invocation.context.output.failure("rolloutctl compare: \(Terminal.plain(reason))")
      }
    }
    invocation.print(
      text: { ComparisonText(report, ink: $0, width: $1).text }, json: { report.json }, markdown: { report.markdown })
    return report.status
  }
}
