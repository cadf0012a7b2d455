/// A schedule that a note may name instead of spelling it out, or that its change type and tier imply.
package enum Preset: String, CaseIterable, Sendable {
  case standard
  case modelUpgrade = "model-upgrade"
  case compact
  case ramp

  struct Step {
    /// The cohorts that it is meant for, by the names that notes give them; the first one defined is taken.
    var cohorts: [String] = []
    var share = Percentage.whole
    var soak = TimeSpan.zero
    var watch: String?
    /// What happens without such a cohort: the share goes to everyone, or the stage is left out.
    var withoutCohort: Percentage?
    var isOffline = false
  }

  package var meaning: String {
    switch self {
    case .standard: "internal 3d, friends 2d, 5% of paid 24h, 25% 24h, 50% 7d, 100%"
    case .modelUpgrade: "1% 24h, 5% 48h, 25% 72h, 50% 48h, 100%"
    case .compact: "offline, insiders or 1% 24h, friends or 5% 24h, 25% 48h, 100%"
    case .ramp: "5% 24h, 10% 24h, 25% 24h, 50% 24h, 100%"
    }
  }

  /// What a note without a schedule gets.
  static func implied(by type: ChangeType?, tier: Int) -> Preset {
    if type == .model { return .modelUpgrade }
    switch tier {
    case ...1: return .standard
    case 2: return .compact
    default: return .ramp
    }
  }

  static func named(_ text: some StringProtocol) -> Preset? {
    Preset(rawValue: Substring(text).collapsed.lowercased().split { $0 == " " || $0 == "_" }.joined(separator: "-"))
  }

  var steps: [Step] {
    func share(_ percent: Int, _ soak: TimeSpan, _ watch: String) -> Step {
      Step(share: Percentage(percent: percent), soak: soak, watch: watch)
    }
    let full = Step(watch: "steady state")
    switch self {
    case .standard:
      return [
        Step(
          cohorts: Self.insiders, soak: .days(3), watch: "plain bugs and broken screens"),
        Step(
          cohorts: Self.friends, soak: .days(2), watch: "failures in real use, cases that the evaluation lacks"),
        Step(
          cohorts: ["paid", "paying"], share: Percentage(percent: 5), soak: .hours(24),
          watch: "quality on live traces, cost, p95 latency", withoutCohort: Percentage(percent: 5)),
        share(25, .hours(24), "the same metrics, with more signal"),
        share(50, .days(7), "cost trends, now reliable"),
        full,
      ]
    case .modelUpgrade:
      let watch = "quality scores, cost per request against control, task success"
      return [
        share(1, .hours(24), watch), share(5, .hours(48), watch), share(25, .hours(72), watch),
        share(50, .hours(48), watch), full,
      ]
    case .compact:
      return [
        Step(
          watch: "before/after on representative, known bad and format-sensitive cases; tokens, latency",
          isOffline: true),
        Step(
          cohorts: Self.insiders, soak: .hours(24), watch: "parse failures, tool failures, routing, token spikes",
          withoutCohort: Percentage(percent: 1)),
        Step(
          cohorts: Self.friends, soak: .hours(24), watch: "quiet regressions, by hand against control",
          withoutCohort: Percentage(percent: 5)),
        share(25, .hours(48), "quality samples, cost, errors, latency"),
        full,
      ]
    case .ramp:
      let watch = "quality, user behaviour, cost, latency, errors, safety"
      return [
        share(5, .hours(24), watch), share(10, .hours(24), watch), share(25, .hours(24), watch),
        share(50, .hours(24), watch), full,
      ]
    }
  }

  private static let friends = [
    "friends", "friends-of-house", "design partners", "partners", "beta", "pilot", "early access", "early",
  ]
  private static let insiders = ["internal", "staff", "team", "employees", "insiders", "dogfood"]
}
