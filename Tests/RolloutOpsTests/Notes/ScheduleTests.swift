import Testing

@testable import RolloutOps

@Suite struct ScheduleTests {
  private func read(_ text: String) -> Note { Note.read(Array(text.utf8), path: "n.md") }

  /// The quiet note with this schedule, and its stages as `name|audience|share|soak|samples`.
  private func stages(_ schedule: String) throws -> [String] {
    let note = read(NoteFixtures.quiet("Schedule", schedule))
    return try #require(note.plan, "\(note.diagnostics)").stages.map(Self.line)
  }

  private static func line(_ stage: Stage) -> String {
    let audience =
      switch stage.audience {
      case .offline: "offline"
      case .everyone: "everyone"
      case .cohort(let name, _, _): name
      }
    return "\(stage.name)|\(audience)|\(stage.share)|\(stage.soak)|\(stage.samples.map(String.init) ?? "")"
  }

  @Test(arguments: [
    "Schedule: internal 1d -> 5% of paid 24h -> 100%",
    "Schedule: internal 1d → 5% of paid 24h → 100%",
    "Schedule: internal 1d => 5 % of paid 1 day → everyone",
    "Schedule:   internal for 1d->5% of paid for 24 hours->all users",
    "Schedule: internal 1d, 5% of paid 24h, 100%",
    "schedule: internal 1d ->\n  5% of paid 24h -> 100%",
    "Schedule: internal 1d\n-> 5% of paid 24h\n-> 100%",
    "Schedule:\n- internal 1d\n- 5% of paid 24h\n- 100%",
    "Schedule:\n1. internal users 1d\n2. paid 5% (24h)\n3. 100%",
    "**Schedule:** `internal 1d -> 5% of paid 24h -> 100%`",
    "- Schedule:\n  - internal: 1d\n  - 5% of the paid users 24h\n  - 100%",
    "## Stages\n\nWho and when.\n\n| Stage | Soak |\n|---|---:|\n| internal | 1d |\n| 5% of paid | 24h |\n| 100% | |",
    "## Stages\n| Stage | Cohort | Exposure | Soak |\n|---|---|---|---|\n| | internal | | 1d |\n| | paid | 5% | 24h |\n| | everyone | 100% | — |",
  ])
  func spellingsOfOneSchedule(schedule: String) throws {
    let found = try stages(schedule).map { line in
      let parts = line.split(separator: "|", omittingEmptySubsequences: false)
      return parts[1...3].joined(separator: "|")
    }
    #expect(found == ["internal|100%|24h", "paid|5%|24h", "everyone|100%|0s"])
  }

  @Test func readsNamesSamplesAndFinish() throws {
    let schedule = "Schedule: offline -> first look: 1% 24h 500 samples -> 5% 24h n=1000 -> 100% -> finish 14d"
    #expect(
      try stages(schedule) == [
        "offline|offline|0%|0s|", "first look|everyone|1%|24h|500", "5%|everyone|5%|24h|1000", "100%|everyone|100%|0s|",
      ])
    #expect(read(NoteFixtures.quiet("Schedule", schedule)).plan?.steadyState == .days(14))
  }

  @Test func readsATable() throws {
    let table = """
      ## Stages
      | Stage | Cohort | Soak | Samples | Watch for |
      |---|---|---|---|---|
      | 0 — Internal | internal | 1d | | plain \\| obvious bugs |
      | 1 — Canary | 5% of paid | 24h | 1,000 | cost, `a|b` |
      | 2 — Full | All users | | | |
      | finish | | 7d | | |
      """
    let note = read(NoteFixtures.quiet("Schedule", table))
    let plan = try #require(note.plan, "\(note.diagnostics)")
    #expect(
      plan.stages.map(Self.line) == [
        "Internal|internal|100%|24h|", "Canary|paid|5%|24h|1000", "Full|everyone|100%|0s|",
      ])
    #expect(plan.stages.map(\.watch) == ["plain \\| obvious bugs", "cost, `a|b`", nil])
    #expect(plan.steadyState == .days(7))
  }

  @Test func readsAnInlineSelector() throws {
    let plan = try #require(read(NoteFixtures.quiet("Schedule", "Schedule: 5% of region in [eu, uk] 24h -> 100%")).plan)
    #expect(plan.stages[0].name == "5% of region in [eu, uk]")
    let europe = Selector.oneOf(attribute: "region", [AttributeValue("eu"), AttributeValue("uk")])
    #expect(plan.stages[0].grant == Grant(cohort: europe, share: Percentage(percent: 5)))
  }

  @Test(arguments: [
    "internal 1d -> 5% of ⟦undefined-cohort⟧piad 24h -> 100%",
    "⟦undefined-cohort⟧freinds 1d -> 5% 24h -> 100%",
    "internal ⟦bad-soak⟧3 dayz -> 5% 24h -> 100%",
    "internal 1d -> 5% ⟦bad-soak⟧3dayz -> 100%",
    "internal 1d -> ⟦bad-share⟧0% 24h -> 100%",
    "internal 1d -> 5% 24h -> ⟦bad-share⟧100.5%",
    "internal 1d -> ⟦bad-share⟧5,5% 24h -> 100%",
    "internal 1d -> ⟦bad-share⟧-5% 24h -> 100%",
    "internal 1d -> ⟦bad-share⟧5 24h -> 100%",
    "internal 1d -> 5% ⟦bad-schedule⟧paid 24h -> 100%",
    "internal 1d ->⟦bad-schedule⟧ -> 5% 24h -> 100%",
    "internal 1d -> ⟦bad-schedule⟧24h -> 100%",
    "internal 1d -> ⟦bad-schedule⟧finish 3d -> 5% 24h -> 100%",
    "internal 1d -> 5% 24h -> 100% -> finish ⟦bad-soak⟧soon",
    "internal 1d -> 5% 24h -> ⟦bad-schedule⟧offline -> 100%",
    "internal 1d -> 5% 24h -> ⟦not-rising⟧3% 24h -> 100%",
    "internal 1d -> 5% 24h -> ⟦not-rising⟧2% of paid 24h -> 100%",
    "internal 1d -> 5% 24h -> ⟦duplicate-name⟧5% 24h -> 100%",
    "internal 1d -> ⟦canary-too-big⟧6% 24h -> 100%",
    "⟦canary-too-big⟧⟦too-fast⟧100%",
    "internal 1d -> 5% 24h -> ⟦never-full⟧50%",
    "⟦too-fast⟧internal -> 5% 24h -> 100%",
    "⟦too-fast⟧internal 1h -> ⟦too-fast⟧5% 30m -> 100%",
    "5% of plan = ⟦personal-data⟧maya@example.com 24h -> 100%",
    "5% of plan ⟦bad-selector⟧≈ = 24h -> 100%",
    "⟦undefined-cohort⟧model-upgrad",
  ])
  func marksWhatIsWrong(schedule: String) {
    let note = expectProblems(NoteFixtures.quiet("Schedule", "Schedule: \(schedule)"))
    #expect((note.plan == nil) == note.diagnostics.contains { $0.severity == .error })
  }

  @Test func suggestsTheNearestCohortOrPreset() {
    func message(_ schedule: String) -> [String] {
      read(NoteFixtures.quiet("Schedule", "Schedule: \(schedule)")).diagnostics.map(\.message)
    }
    #expect(message("internal 1d -> 5% of piad 24h -> 100%") == ["no cohort is named `piad`; did you mean `paid`?"])
    #expect(message("model-upgrad") == ["no cohort is named `model-upgrad`; did you mean `model-upgrade`?"])
  }

  /// A generated schedule is refused with one sentence, and at once.
  @Test func refusesThousandsOfStages() {
    let arrows = "Schedule: " + (1...10_000).map { "0.\($0 + 10_000)%" }.joined(separator: " -> ")
    let list = "Schedule:\n" + (1...10_000).map { "- 0.\($0 + 10_000)%" }.joined(separator: "\n")
    let rows = (1...10_000).map { "| 0.\($0 + 10_000)% |" }.joined(separator: "\n")
    let table = "## Stages\n| Stage |\n|---|\n\(rows)"
    for text in [arrows, list, table] {
      let note = read(NoteFixtures.quiet("Schedule", text))
      #expect(note.diagnostics.map(\.rule) == ["too-many-stages"])
    }
    let fine = (1...999).map { "0.\($0 + 1000)% 1d" }.joined(separator: " -> ")
    #expect(read(NoteFixtures.quiet("Schedule", "Schedule: \(fine) -> 100%")).plan?.stages.count == 1000)
  }

  // MARK: Presets and cohort fields

  @Test(arguments: [
    ("standard", ["internal", "5% of paid", "25%", "50%", "100%"]),
    ("Model upgrade", ["1%", "5%", "25%", "50%", "100%"]),
    ("compact", ["offline", "internal", "5%", "25%", "100%"]),
    ("ramp", ["5%", "10%", "25%", "50%", "100%"]),
  ])
  func presetsMakeStages(name: String, stages: [String]) throws {
    let note = read(NoteFixtures.quiet("Schedule", "Schedule: \(name)"))
    let plan = try #require(note.plan)
    #expect(plan.stages.map(\.name) == stages)
    #expect(plan.schedule == .preset(Preset.named(name)?.rawValue ?? ""))
    // The quiet note has no cohort for the second stage of `standard`.
    #expect(note.diagnostics.map(\.rule) == (name == "standard" ? ["preset-stage"] : []))
  }

  @Test(arguments: [
    (ChangeType.model, 3, "model-upgrade"), (.prompt, 0, "standard"), (.prompt, 1, "standard"), (.prompt, 2, "compact"),
    (.tool, 3, "ramp"),
  ])
  func typeAndTierImplyAPreset(type: ChangeType, tier: Int, preset: String) throws {
    let text = NoteFixtures.quiet("Schedule", nil).replacing("Tier: 3", with: "Tier: \(tier)")
      .replacing("Change type: prompt", with: "Change type: \(type)")
    let note = read(text)
    #expect(note.plan?.schedule == .preset(preset))
    #expect(note.diagnostics.filter { $0.rule == "implied-schedule" }.count == 1)
    #expect(!note.diagnostics.contains { $0.rule == "too-fast" && tier > 0 })
  }

  @Test(
    arguments: [
      (
        "5% of paid", "25% of paid", ["5% of paid|paid|5%|24h|", "25% of paid|paid|25%|48h|", "100%|everyone|100%|0s|"]
      ),
      (
        "internal users", "25%",
        ["internal users|internal|100%|24h|", "25%|everyone|25%|48h|", "100%|everyone|100%|0s|"]
      ),
      (
        "1% of requests 2d", nil,
        ["1% of requests|everyone|1%|48h|", "25%|everyone|25%|48h|", "100%|everyone|100%|0s|"]
      ),
      ("team = staff", "100%", ["team = staff|team = staff|100%|24h|", "100%|everyone|100%|48h|"]),
    ] as [(String, String?, [String])])
  func cohortFieldsMakeStages(canary: String, expanded: String?, stages: [String]) throws {
    var text = NoteFixtures.quiet("Schedule", nil) + "\nCanary cohort: \(canary)"
    if let expanded { text += "\nExpanded cohort: \(expanded)" }
    let plan = try #require(read(text).plan)
    #expect(plan.stages.map(Self.line) == stages)
    #expect(plan.schedule == .cohortFields)
  }

  @Test func proseInTheCohortFieldsIsAWarning() {
    let base = NoteFixtures.quiet("Schedule", nil)
    let note = expectProblems(
      base + "\nCanary cohort: ⟦vague-cohort⟧⟦implied-schedule⟧a few friendly customers we call first")
    #expect(note.plan?.schedule == .preset("ramp"))
    expectProblems(base + "\nCanary cohort: 5% of ⟦undefined-cohort⟧piad")
    expectProblems(base + "\nCanary cohort: ⟦bad-share⟧0%")
  }

  @Test func theScheduleWinsOverTheCohortFields() {
    expectProblems(NoteFixtures.quiet + "\nCanary cohort: 5% of paid\nExpanded cohort: ⟦cohort-fields⟧30%")
  }
}
