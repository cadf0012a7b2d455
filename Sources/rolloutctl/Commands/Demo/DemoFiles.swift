/// What stands in the demo's folder before its first command: a note, a runbook, settings, and a flag file with somebody
/// else's flag in it.
enum DemoFiles {
  static let flag = "ai-summary"
  static let notePath = "notes/summary.md"

  static let all: [(path: String, text: String)] = [
    (notePath, note), ("runbooks/summary.md", runbook), ("flags.json", flags), ("rolloutctl.json", settings),
  ]

  /// The README shows this note; a test compares the two.
  static let note = """
    # Contract summaries: prompt v7

    Change: contract summary prompt v6 -> v7
    Expected gain: fewer missed termination clauses (evaluation +3 points)
    Primary regression risk: loops on very long contracts
    Flag: ai-summary
    Store: file:flags.json
    Change type: prompt
    Tier: 2
    Version: prompt_version = v7
    Control version: prompt_version = v6
    Unit: tenant
    Owner: maya
    On call: ai-platform
    Time zone: UTC
    Fallback: off -> the clause template, without AI
    Runbook: runbooks/summary.md

    Cohorts:
    - internal: team = staff
    - friends: tenant in [acme, globex, initech]
    - paid: plan = paid
    Exclude: stability_tier = stable
    Schedule: internal 1d -> friends 1d -> 5% of paid 1d -> 25% of paid 2d -> 50% 2d -> 100% -> finish 14d

    Metrics to watch:
    - quality: mean(quality)
    - latency: p95(latency_ms)
    - cost: mean(cost_usd)
    - parse failures: rate(parse_error)

    Rollback trigger:
    - parse failures above 2%
    - quality drops by more than 5%
    Kill trigger:
    - cost exceeds 5x control over 1h

    Dashboard / query: https://dashboards.example.com/d/summary

    """

  private static let runbook = """
    # When the contract summaries misbehave

    The flag is ai-summary in flags.json. To take everybody out:

        rolloutctl kill ai-summary --reason 'what you saw'

    One tenant only:

        rolloutctl exclude ai-summary tenant=acme --reason 'what they saw'

    Users then get the clause template. Maya owns the rollout and confirms recovery.

    """

  /// `dark-mode` is nobody's rollout: it has to be there afterwards, byte for byte.
  private static let flags = """
    {
      "$schema": "https://flagd.dev/schema/v0/flags.json",
      "flags": {
        "dark-mode":  { "state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
                        "targeting": {"if": [{"===": [{"var": "beta"}, true]}, "on"]} }
      }
    }

    """

  /// Settings of a folder further up, or of the user, must not lead a command of the demo to another store or journal.
  private static let settings = """
    {
      "store": "file:flags.json",
      "journal": "flags.json.rollout"
    }

    """
}
