import RolloutOps

/// What a rollout note can say: the text of `help notes` and of rolloutctl-note(5).
enum NoteGuide {
  @Sendable static func blocks() -> [Block] {
    sections.flatMap { [.heading($0.title)] + $0.blocks }
  }

  struct Section {
    let title: String
    let blocks: [Block]
  }

  static var sections: [Section] {
    [
      Section(title: "Form", blocks: form), Section(title: "Stages", blocks: stages),
      Section(title: "Selectors", blocks: selectors), Section(title: "Triggers", blocks: triggers),
      Section(title: "Queries", blocks: queries),
      Section(title: "Variants", blocks: variants),
      Section(title: "Fields", blocks: [.entries(fields), journal, unused]),
      Section(title: "Rules", blocks: rules),
    ]
  }

  private static var fields: [Entry] {
    NoteField.all.map { Entry($0.name, "\($0.meaning) (\($0.form))") }
  }

  private static var rules: [Block] {
    let byName = Dictionary(grouping: NoteRule.all, by: \.severity)
    return [
      .paragraph("`rolloutctl check` reports these errors:"),
      .entries((byName[.error] ?? []).map { Entry($0.name, $0.why) }),
      .paragraph("And these warnings:"),
      .entries((byName[.warning] ?? []).map { Entry($0.name, $0.why) }),
    ]
  }

  private static let journal = Block.paragraph(
    """
    `Journal:` names a folder, read from the note's own. A rollout that keeps its journal there leaves a pointer beside \
    the flag file, `flags.json.rollout/KEY.journal-at`, so that `rolloutctl status KEY` and `rolloutctl kill KEY` find \
    it without the note.
    """)

  /// What a note may say already, and a later version goes by.
  private static let unused = Block.paragraph(
    """
    This version knows no approvals or deploy windows. `Approvers:` and `Notify:` have no effect yet, which `rolloutctl \
    check` and `rolloutctl promote` say. `Flag hash:` changes nobody's stage, so it may be corrected at any time.
    """)

  private static let form: [Block] = [
    .paragraph(
      """
      A rollout note is one page of Markdown, kept in git. A field is `Name: value` at the start of a line, or \
      `Name:` followed by a list. The order is free. Prose, headings and unknown sections are kept and ignored; a \
      field that is nearly one of those below is a warning. The bare template of `rolloutctl init` works; more \
      fields make it executable.
      """)
  ]

  private static let stages: [Block] = [
    .paragraph("`Schedule:` is one line with arrows, `->` or an arrow sign, or a list, or a table under `## Stages`:"),
    .code("Schedule: internal 3d -> 5% of paid 24h -> 25% 48h -> 100% -> finish 14d"),
    .paragraph(
      """
      Each stage names who is let in (a cohort, a share of one, or a share of everyone) and how long it soaks at \
      least. Stages accumulate: who was let in stays in, and shares grow inside one stable hash of the note's unit. \
      A request without the unit's attribute is never in. An `offline` stage lets nobody in and wants evidence from \
      before and after: `Evaluation: eval/*.ndjson` has it measured, see `rolloutctl help evidence`. `Evaluation: https://HOST/ofrep/v1`, beside it or alone, is asked what applications are served, see `rolloutctl help stores`. `finish 14d` is the steady state after 100%.
      """),
    .paragraph("Without a schedule the note gets a preset; `rolloutctl check` says which:"),
    .entries(Preset.allCases.map { Entry($0.rawValue, $0.meaning) }),
  ]

  private static let selectors: [Block] = [
    .paragraph("A selector is over attributes of the evaluation context:"),
    .code(
      """
      Cohorts:
      - internal: team = staff
      - friends: tenant in [acme, globex, initech]
      - paid: plan = paid and not region in [eu, uk]
      Exclude: stability_tier = stable
      """),
    .paragraph(
      """
      `attr = value`, `attr in [a, b]`, `not ...` and `... and ...`. `5% of paid` is a share of a cohort, a bare `5%` \
      one of everyone who is not excluded. Personal data in a selector is an error.
      """),
  ]

  private static let triggers: [Block] = [
    .paragraph("A trigger is a condition under the name of its action: hold, degrade, rollback or kill."),
    .code(
      """
      Rollback trigger:
      - parse failures above 2%
      - quality drops by more than 5%
      - p95 latency exceeds 3 s
      Kill trigger:
      - cost exceeds 5x control over 1h
      """),
    .paragraph(
      """
      `%` after up, down, drops or rises is relative to control; `points` is absolute. A line that is not understood \
      is an error that shows how far it was understood, and what could follow. Every trigger is a gate: \
      `rolloutctl help evidence` says how it is measured, from trace logs, from a judge's scores beside them \
      (`scores/*.ndjson joined by trace_id`), or by queries.
      """),
  ]

  private static let queries: [Block] = [
    .paragraph(
      """
      With `Evidence: prometheus+https://host:9090` a metric is defined by PromQL, each query in backticks. One server \
      may be named, trace logs beside it. Plain `http` is for this machine only; a token comes from \
      `PROMETHEUS_TOKEN`.
      """),
    .entries([
      Entry("ratio(EVENTS, ALL)", "how often it happened: two counters, each a query in backticks"),
      Entry("mean(SUM, COUNT)", "a sum and how many it is of"),
      Entry(
        "quantile(0.95, BUCKETS)", "of a histogram, classic with its label `le`, or native; `p95(BUCKETS)` is the same"),
      Entry("QUERY", "one query in backticks, by itself: its number"),
    ]),
    .paragraph("A query that counts, as each of these would be:"),
    .code(
      """
      sum(increase(errors_total{prompt_version="$version"}[$window]))
      """),
    .paragraph(
      """
      `$version` is the version label's value, always inside quotes; `$window` the trigger's window, else the time since \
      the stage began; `$segment`, as in `sum by ($segment) (...)`, the attribute of a trigger `in any tenant`. Each \
      query is asked for the canary and, where the trigger compares, for the control.
      """),
    .paragraph(
      """
      A ratio has events and requests behind it, so it is tested and shown with its interval; so is a limit on a \
      quantile that is one of the histogram's bounds, as the share of requests beyond it. A mean, any other quantile \
      and a query by itself are bare numbers, used as they are, and the gate says so. Requests that queries count are \
      what `Samples:` goes by.
      """),
    .paragraph(
      """
      No series, several where one is needed, a value that is not finite, a warning of the server, a silence of five \
      minutes, an error or no answer: each holds, with the reason. A counter that appears with its first event has no \
      increase for it: let it start at 0, or add `or vector(0)`.
      """),
  ]

  private static let variants: [Block] = [
    .paragraph(
      """
      Without `Variants:` the flag is boolean: on for those in the stage, off for everyone else. With them, a JSON \
      object in a code block, those in the stage get `canary` and the others `control`. A kill serves `control`, or \
      `off` with `Kill to: off`.
      """)
  ]

  /// A whole note, for the manual; a test checks it.
  static let example = """
    # Contract summary

    Change: Contract summary prompt v6 -> v7
    Expected gain: fewer missed termination clauses
    Primary regression risk: loops on very long contracts
    Flag: ai-contract-summary
    Store: file:flags.json
    Change type: prompt
    Tier: 1
    Version: prompt_version = v7
    Control version: prompt_version = v6
    Unit: tenant
    Owner: maya
    On call: ai-platform
    Time zone: Europe/Berlin
    Fallback: off -> clause template without AI

    Cohorts:
    - internal: team = staff
    - friends: tenant in [acme, globex, initech]
    - paid: plan = paid
    Exclude: stability_tier = stable
    Schedule: internal 3d -> friends 2d -> 5% of paid 24h -> 25% of paid 48h -> 50% 48h -> 100% -> finish 14d

    Metrics to watch:
    - quality: mean(quality)
    - latency: p95(latency_ms)
    - parse failures: rate(parse_error)

    Hold trigger:
    - p95 latency up more than 10%
    Rollback trigger:
    - parse failures above 2%
    - quality drops by more than 5%

    Dashboard / query: https://dashboards.example.com/d/contract-summary
    """
}
