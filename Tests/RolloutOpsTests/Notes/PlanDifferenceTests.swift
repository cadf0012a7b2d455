import Testing

@testable import RolloutOps

/// What an edited note changes, as a person is told of it.
@Suite struct PlanDifferenceTests {
  private static let plain: Plan = {
    var plan = Plan(flag: FlagKey("a"))
    plan.stages = [Stage(name: "5%", audience: .everyone(share: Percentage(percent: 5)), soak: .hours(24))]
    return plan
  }()

  private static let edited: Plan = {
    var plan = Plan(flag: FlagKey("b"))
    (plan.change, plan.changeType, plan.tier) = ("v6 -> v7", .model, 1)
    plan.version = VersionLabel(field: "model_version", value: "m7")
    plan.controlVersion = VersionLabel(field: "model_version", value: "m6")
    (plan.unit, plan.owner, plan.onCall, plan.approvers) = ("user", "maya", "ai-platform", ["lee", "priya"])
    plan.timeZone = "Europe/Berlin"
    let paid = Selector.equals(attribute: "plan", AttributeValue("paid"))
    plan.cohorts = [Cohort(name: "paid", selector: paid)]
    plan.exclusions = [paid]
    plan.stages = [
      Stage(
        name: "5% of paid", audience: .cohort(name: "paid", paid, share: Percentage(percent: 5)), soak: .hours(30),
        samples: 200)
    ]
    plan.schedule = .cohortFields
    plan.steadyState = .days(14)
    plan.variants = Variants([.init("m7", ["x": 1]), .init("m6", "y")], canary: "m7", control: "m6")
    plan.killTo = .off
    plan.metrics = [Metric(name: "quality", definition: "mean(quality)"), Metric(name: "cost", definition: nil)]
    plan.triggers = [
      Trigger(
        action: .kill, condition: .init(signal: "cost", function: nil, test: .multiple(5), against: .control),
        text: "cost exceeds 5x control")
    ]
    (plan.samples, plan.checklist) = (200, .advisory)
    (plan.defaultBands, plan.promotesItself, plan.provenEvidence) = (false, true, true)
    (plan.evidence, plan.scores) = (["a.csv", "b.csv"], ScoreFiles(["s.csv"], fields: ["quality"]))
    plan.fields = ["quality": "judge.score"]
    (plan.dashboard, plan.fallback, plan.runbook, plan.evaluation) = ("https://d", "off", "r.md", "eval.md")
    return plan
  }()

  @Test func allOfThemAreToldInTheirOrder() {
    #expect(
      PlanDifference.between(Self.plain, Self.edited, upTo: 0).map(\.sentence) == [
        "flag is frozen: a → b", "unit is frozen: tenant → user",
        #"variants is frozen: on = true, off = false → m7 = {"x": 1}, m6 = "y""#,
        "version is frozen: none → model_version = m7", "control version is frozen: none → model_version = m6",
        "stage 1 is frozen: 5% 24h → 5% of paid (plan = paid) 30h, 200 samples", "steady state: none → 14d",
        "exclude: none → plan = paid", "tier: none → 1", "change type: none → model", "change:  → v6 -> v7",
        "owner: none → maya", "on call: none → ai-platform", "approvers: none → lee, priya",
        "time zone: none → Europe/Berlin", "triggers: none → kill cost exceeds 5x control",
        "metrics: none → quality: mean(quality), cost", "samples: none → 200", "kill to: control → off",
        "checklist: none → advisory", "default bands: on → off", "automation: none → promote",
        "evidence level: default → proven", "evidence: none → a.csv, b.csv", "scores: none → s.csv, quality",
        "dashboard: none → https://d", "fallback: none → off", "runbook: none → r.md", "evaluation: none → eval.md",
      ])
  }

  @Test func aStageThatNobodyHasMetMayChange() {
    let found = PlanDifference.between(Self.plain, Self.edited).filter { $0.what == "stage 1" }
    #expect(found.map(\.isFrozen) == [false])
  }

  /// What has no words of its own must not pass unseen.
  @Test func whatIsLeftIsToldAsThePlan() {
    for path in [\Plan.cohorts as PartialKeyPath, \.fields, \.schedule] {
      var plan = Self.plain
      switch path {
      case \Plan.cohorts: plan.cohorts = Self.edited.cohorts
      case \Plan.fields: plan.fields = Self.edited.fields
      default: plan.schedule = Self.edited.schedule
      }
      #expect(PlanDifference.between(Self.plain, plan).map(\.sentence) == ["plan: as started → edited"])
    }
    #expect(PlanDifference.between(Self.plain, Self.plain) == [])
  }
}
