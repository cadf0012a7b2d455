import RolloutOps

/// Where numbers come from and how they become verdicts: the text of `help evidence` and of the note's manual page.
enum EvidenceGuide {
  @Sendable static func blocks() -> [Block] {
    [.heading("Trace logs")] + logs + [.heading("Scores")] + scores + [.heading("Before any traffic")] + offline
      + [.heading("Metrics")] + metrics + [
        .heading("Verdicts")
      ] + verdicts
  }

  private static let logs: [Block] = [
    .paragraph(
      """
      `Evidence:` names trace logs, one record per request: NDJSON or CSV files, plain or `.gz`, patterns such as \
      `traces/*.ndjson`, or `-` for standard input. A relative path is looked for beside the note and in the folders \
      above it. A record carries a time, the version label, and what is measured; the note's unit and the attributes \
      of its cohorts are used where they are there.
      """),
    .paragraph(
      """
      Fields are found by the names below or the usual other ones, in any order, nested or flat; `Fields:` in the note \
      maps others, such as `- latency_ms = duration`.
      """),
    .entries(FieldNames.table.map { Entry($0.name, $0.summary) }),
    .paragraph(
      """
      What counts at a stage are the records of its own cohort since it was entered, without those whom earlier \
      stages let in whole. Where a stage leaves no control (a whole cohort, or everybody), the old version's records \
      from before it stand in, and that is said. A comparison with the control counts up to three earlier stays with the \
      same cohort too, each for itself, so that a ramp over changing days shows no difference of its own.
      """),
    .paragraph(
      """
      `Evidence: prometheus+https://host:9090` names a Prometheus instead, for metrics that are queries in backticks; \
      `rolloutctl help notes` shows how. `PROMETHEUS_TOKEN` is its bearer token.
      """),
  ]

  private static let scores: [Block] = [
    .paragraph(
      """
      What a judge says of sampled requests may stand in files of its own, one score per request, NDJSON or CSV, with \
      the `trace_id` that the trace logs have too. They are named beside the logs:
      """),
    .code(
      """
      Evidence:
      - traces/*.ndjson
      - scores/*.ndjson joined by trace_id
      """),
    .paragraph(
      """
      Every `rate`, `mean` and quantile whose field stands in the scores is then measured from them, numbers and truth \
      values, and the gate says which; of two scores for one request the later one counts. A judge that also writes \
      what it cost itself must not be taken at that: `- quality from scores/*.ndjson joined by trace_id` takes only \
      the fields that it lists. Where both files call the field otherwise, `joined by request_id` says how.
      """),
    .paragraph(
      """
      How many of the canary's records have a score is a gate of its own, `quality scores`, and wants as many units as \
      `Samples:` asks for. Scores that carry nothing measured, or more than 1% of broken lines, hold.
      """),
  ]

  private static let offline: [Block] = [
    .paragraph(
      """
      `Evaluation:` may name a file or pattern, read as trace logs are: one record per case and version, with the \
      version label, the fields of the metrics, and `set`, which says what kind of case it is. Then an `offline` stage \
      is gated on it, both versions on the same cases, whatever their time. Prose there is for people, who look and \
      `rolloutctl attest` it.
      """),
    .code(
      """
      {"prompt_version": "v7", "set": "known-bad", "quality": 0.82, "tokens": 812}
      """),
    .paragraph(
      """
      Wanted are 30 cases of each version, or the stage's own number (`offline 60 samples`), and of each kind, \
      representative, known-bad and format-sensitive, 10, mixed alike in both versions. Cases that do not grow are one \
      look, so the tests are those for a fixed sample; a p95 against control needs more than 73 cases. Where one kind \
      fares worse than the whole, that is the verdict: `worse in known-bad`. An absolute limit counts there only where \
      the old version does better, and what ten cases show by chance does not.
      """),
    .paragraph(
      """
      What only traffic can show is not asked there and holds nothing: windows, totals, tenants, what users say, a \
      metrics server's counts that no case carries under the usual name. A field that no case carries holds until \
      somebody attests the gates, and so does an evaluation that cannot be read. A trigger that fires keeps the \
      rollout at the stage; `watch` takes nothing back, as nobody has it.
      """),
    .paragraph(
      """
      At later stages a trigger that names a `forecast` or a `baseline` without a number, such as `quality drops by \
      more than 5% against forecast`, is held against the same files: the forecast is what the new version reached \
      there, the baseline what the old one did. The cases are compared, not only their figure, so that a few of them \
      do not pass for certain. The gate names both: `forecast 0.86 from eval/*.ndjson, 120 cases`. A baseline that no \
      case has is the old version's traffic; a forecast that no case has is for people.
      """),
  ]

  private static let metrics: [Block] = [
    .paragraph("`Metrics to watch:` says how a metric is measured:"),
    .entries([
      Entry("rate(field)", "the share of records in which it happened: true, a number but 0, or a text"),
      Entry("share(field = value)", "the share of records with that value"),
      Entry("mean(field)", "the mean; `median(field)`, `p95(field)` and `p99(field)` are quantiles"),
      Entry("count(field)", "how often it happened; with `per hour`, spread over the time that was looked at"),
      Entry("sum(field)", "the total, likewise with `per hour` or `per day`"),
      Entry("count(*)", "how many records, likewise: `requests above 100 per hour in any user`"),
      Entry("new(field)", "how many values only the canary shows, more often than chance would: new kinds of errors"),
      Entry(
        "0.5 mean(judge) + 0.3 share(feedback = up) + 0.2 rate(task_success)",
        "a score of several signals, each with its weight; they need not stand in the same records"),
    ]),
    .paragraph(
      """
      A metric without a definition is measured by the usual field of its name. Two versions are compared by what one \
      record shows: a sum by its mean, a count by its rate. A time in seconds is turned into the unit that the \
      field's name ends with (`_ms`, `_s`).
      """),
    .paragraph(
      """
      A trigger may look over a window (`over 1h`), and at segments: `in any tenant`, `by category`. Then each segment \
      with 30 records is judged for itself, and the worst is named. Requests are told apart by `category` and `language` \
      also where no trigger asks, and one that fares worse than the whole shows is named.
      """),
    .paragraph(
      """
      It may compare with the `control`, with a number (`baseline 0.86`, `forecast 120`), with the canary at `the previous \
      stage`, or with what is `normal`: without a control version that is the canary's own earlier time at this stage, at \
      least six times the window.
      """),
  ]

  private static let verdicts: [Block] = [
    .paragraph(
      """
      A trigger breaches only where a test that may be repeated at every look finds its limit crossed, by unit \
      wherever records carry it, and among all rollback triggers at once; a count that must be zero breaches at the \
      first event. It passes where the estimate lies inside and nothing shows a breach, or with `Evidence level: \
      proven` where everything beyond is excluded. Everything else holds, with the reason.
      """),
    .paragraph(
      """
      For signals that the records carry and no trigger of the note speaks of, default bands hold: \
      \(Band.usual.map(\.trigger.text).joined(separator: "; ")). One with a fixed limit lets pass what the control does as \
      well. `Bands: none` turns them off.
      """),
    .paragraph(
      """
      Evidence that cannot be trusted holds as a whole: nothing readable, more than 1% of broken lines or of records \
      without a time, more than 5% without the label, no record of the canary, nothing newer than an hour, units that \
      show both versions, more than 1% of records that stand there twice (by a line's text, where it carries an id), \
      units split otherwise than the stage says, or more than 5% of the canary answered by another \
      model (`served_model`) than its variant's `model`. From the first percentage stage on \
      `Samples:` canary units are wanted, 200 if the note does not say. A stay that has not seen the busiest hour of the \
      day or the busiest day of the week, as the logs show them, is told so.
      """),
    .paragraph(
      """
      A note without `Evidence:` has gates that no machine measures; they hold until `rolloutctl attest` says what a \
      person saw. With evidence that word covers only the triggers that it cannot answer.
      """),
  ]
}
