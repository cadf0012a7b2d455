import RolloutOps

/// `sample [TARGET]`: records to look at.
struct SampleOptions: TakesCommonFlags, Equatable {
  static let name = "sample"

  var common = CommonOptions()
  var request = TraceSample.Request()

  static let row = CommandRow<SampleOptions>(
    .pipeline, "draw records from trace logs, for a review or a judge",
    arguments: [.target(.optional) { $0.request.target = $1 }],
    flags: [
      .text(
        "traces", "FILE", "a trace log, instead of those of the note",
        details: "A path, a pattern as `traces/*.ndjson`, or `-` for standard input; `.gz` files are read as they are.",
        completion: .anyFile
      ) { $0.request.traces.append($1) }.repeated(),
      .text(
        "by", "FIELD", "draw from each value of this field",
        details: "`tenant`, `category`, `feedback`, `prompt_version`; given several times, from each combination.",
        completion: .words(["tenant", "category", "feedback", "prompt_version"])
      ) { $0.request.fields.append($1) }.repeated(),
      .value(
        "size", short: "n", "COUNT", "how many records in all; \(TraceSample.usualSize) if not given",
        read: Conversion.count
      ) { $0.request.size = $1 },
      .value("each", "COUNT", "how many from each value, instead", read: Conversion.count) { $0.request.each = $1 },
      .text(
        "seed", "TEXT", "the same text, the same sample; \(TraceSample.usualSeed) if not given"
      ) { $0.request.seed = $1 },
      .choice("arm", "ARM", "which version of the note; canary if not given") { $0.request.arms = $1 },
      .value(
        "version", "FIELD=VALUE", "only records of this version: prompt_version=v7",
        details: "Given several times, of any of them. It takes the place of the note's versions.",
        read: Conversion.versionLabel
      ) { $0.request.versions.append($1) }.repeated(),
      .text("where", "SELECTOR", "only these records: 'feedback = down and plan = paid'") {
        $0.request.filter = $1
      },
      .since("only records that came after") { $0.request.since = $1 },
      .until { $0.request.until = $1 },
    ] + FlagRow.reading,
    check: { (options) throws(ValueFault) in
      let request = options.request
      if request.target == nil, request.traces.isEmpty {
        throw ValueFault("name a note, or a trace log: --traces FILE")
      }
      if request.size != nil, request.each != nil { throw ValueFault("--size and --each say the same thing twice") }
      if request.each != nil, request.fields.isEmpty { throw ValueFault("--each needs to know of what: --by FIELD") }
      if request.arms != nil, !request.versions.isEmpty { throw ValueFault("--arm and --version exclude each other") }
    },
    details: {
      [
        .paragraph(
          """
          Draws records at random and prints them as they stand, byte for byte: lines of JSON, or rows of CSV below \
          their header. How many there were and how many were drawn goes to standard error. With `--format json` each \
          record is a value beside its log, line and stratum; `--format markdown` is a sheet with a box for each.
          """),
        .paragraph(
          """
          With a note, the records are those of its `Evidence:` that carry its `Version:`, found by its `Fields:`; \
          where its rollout is open, since the present stage began. `--arm both` takes the control's as well. \
          `rolloutctl attest NOTE review` then says what was found.
          """),
        .paragraph(
          """
          Without `--by` every record is as likely as any other. With it every value of the field has an equal part \
          of `--size`; what a rare value cannot give comes from the others, and what cannot be divided goes to values \
          drawn at random. Records without the field are a value of their own. So a category with forty records in a \
          million is seen, but the sample does not show how frequent it is: the summary does.
          """),
        .paragraph(
          """
          The same seed and the same logs in the same order give the same sample, on any machine. The logs are read \
          once, also from a pipe, and memory holds little more than the sample. A file that only grew keeps most of \
          its sample. Beyond 10,000 values of `--by` the rest is taken as one.
          """),
        .paragraph(
          "Broken lines, records without a time where one is asked for, and all others that did not count are said."),
      ]
    },
    exits: {
      ExitRow.table([
        (.done, "records were drawn"),
        (.inconclusive, "a log could not be read"),
        (.hold, "nothing to draw from: no record is wanted, or the note names no log"),
        (.badNote, "the note has errors"),
      ])
    },
    examples: {
      [
        Example("rolloutctl sample --traces log.ndjson --by category -n 30", "ten of each of three categories"),
        Example(
          "rolloutctl sample notes/summary.md --traces log.ndjson --format json", "records of the note's new version"),
        Example(
          "rolloutctl sample --traces log.ndjson --each 5 --by tenant --format markdown", "a sheet to work through"),
        Example(
          "rolloutctl sample --traces log.ndjson --version prompt_version=v8", "a version that nobody sends", .hold),
      ]
    },
    seeAlso: ["compare", "attest", "gate"])
}

extension SampleOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let report = try TraceSample(context: invocation.context, choices: invocation.choices).report(request)
    if common.format == .text, let mixed = report.mixed { throw .usage(mixed) }
    let isDone = report.status == .done
    if common.format == .text, isDone { invocation.remark(report.summary) }
    if common.format != .markdown { invocation.remark(report.remarks) }
    for reason in report.reasons {
      invocation.context.output.failure("rolloutctl sample: \(Terminal.plain(reason))")
    }
    let onTerminal = invocation.context.output.width != nil
    invocation.print(
      text: { _, _ in isDone ? report.text(onTerminal: onTerminal) : "" }, json: { report.json },
      markdown: { report.markdown })
    return report.status
  }
}
