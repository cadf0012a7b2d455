/// Notes that many tests read.
enum NoteFixtures {
  /// The whole language in one note.
  static let full = """
    # AI Rollout Note

    Change: Contract summary prompt v6 -> v7
    Expected gain: fewer missed termination clauses (eval +3 points)
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
    Approvers: lee, priya
    Time zone: Europe/Berlin
    Fallback: off -> clause template without AI
    Runbook: runbooks/contract-summary.md

    Cohorts:
    - internal: team = staff
    - friends: tenant in [acme, globex, initech]
    - paid: plan = paid
    Exclude: stability_tier = stable
    Canary cohort: 5% of paid
    Expanded cohort: 25% of paid
    Schedule: internal 3d -> friends 2d -> 5% of paid 24h -> 25% of paid 48h -> 50% 48h -> 100% -> finish 14d

    Metrics to watch:
    - quality: mean(quality)
    - latency: p95(latency_ms)
    - cost: mean(cost_usd)
    - tool / parse errors: rate(parse_error)
    - policy violations: count(policy_violation)

    Hold trigger:
    - p95 latency up more than 10%
    Degrade trigger:
    - p95 latency exceeds 5 s over 15m -> fast
    Rollback trigger:
    - parse failures above 2%
    - quality drops by more than 5%
    - cost up more than 20%
    - p95 latency exceeds 3 s
    Kill trigger:
    - cost exceeds 5x control over 1h
    - policy violations above 0

    Dashboard / query: https://dashboards.example.com/d/contract-summary
    Evidence: traces/*.ndjson

    Variants:
    ```json
    { "control": {"model": "m-4", "prompt": "v6", "temperature": 0.7},
      "canary":  {"model": "m-4", "prompt": "v7", "temperature": 0.7},
      "fast":    {"model": "s-1", "prompt": "v7"},
      "off":     {"enabled": false} }
    ```
    """

  /// The compact template as it is copied, with nothing filled in.
  static let bare = """
    # AI Rollout Note
    Change:
    Expected gain:
    Primary regression risk:
    Canary cohort:
    Expanded cohort:
    Metrics to watch:
    - quality:
    - latency:
    - cost:
    - tool / parse errors:
    Rollback trigger:
    Owner:
    Dashboard / query:
    """

  /// Nothing to complain about, and small: tests put their one problem into it.
  static let quiet = {
    let more: [(field: String, text: String?)] = [
      ("Store", nil), ("Runbook", "Runbook: runbook.md"),
      ("Schedule", "Schedule: internal 1d -> 5% of paid 24h -> 25% 24h -> 100%"),
      ("Metrics to watch", "Metrics to watch:\n- quality: mean(quality)"),
      ("Kill trigger", "Kill trigger:\n- cost exceeds 5x control over 1h"),
      ("Evidence", "Evidence: traces/*.ndjson"),
    ]
    return more.reduce(SampleNote.text) { SampleNote.saying($1.field, $1.text, in: $0) }
  }()

  /// In which line of the quiet note a field stands; of one that it has not, the line behind it.
  static func line(of field: String) -> Int {
    let lines = quiet.split(separator: "\n", omittingEmptySubsequences: false)
    return 1 + (lines.firstIndex { $0.hasPrefix("\(field):") } ?? lines.count)
  }

  /// The quiet note with one field said otherwise, or added; nil takes it out together with its list.
  static func quiet(_ field: String, _ text: String?) -> String { SampleNote.saying(field, text, in: quiet) }
}
