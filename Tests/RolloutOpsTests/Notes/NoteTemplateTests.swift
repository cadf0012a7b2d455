import Testing

@testable import RolloutOps

@Suite struct NoteTemplateTests {
  @Test func withoutAnswersItIsAValidNote() throws {
    let text = NoteTemplate.text(NoteAnswers())
    let note = Note.read(Array(text.utf8), path: "notes/summary.md")
    #expect(note.diagnostics.filter { $0.severity == .error } == [])
    #expect(note.diagnostics.filter { $0.rule == NoteRule.unknownField.name } == [])
    #expect(note.plan?.flag.text == "summary")
    #expect(text.hasSuffix("\n"))
    for id in [NoteField.ID.change, .owner, .flag, .schedule, .killTrigger, .rollbackTrigger, .dashboard] {
      #expect(text.contains("\n\(NoteField[id].name):"))
    }
  }

  @Test func answersBecomeThePlan() throws {
    var answers = NoteAnswers()
    answers.change = "summary prompt v6 -> v7"
    answers.flag = "ai-summary"
    answers.store = "file:flags.json"
    answers.changeType = .prompt
    answers.tier = 2
    answers.version = "v7"
    answers.controlVersion = "prompt_version = v6"
    answers.unit = "user"
    answers.owner = "maya"
    answers.onCall = "ai-platform"
    answers.approvers = ["lee", "priya"]
    answers.timeZone = "Europe/Berlin"
    answers.fallback = "text without AI"
    answers.runbook = "runbook.md"
    answers.schedule = "5% 24h -> 25% 48h -> 100%"
    answers.dashboard = "https://dashboards.example.com/d/1"
    answers.evidence = "traces/*.ndjson"
    let note = Note.read(Array(NoteTemplate.text(answers).utf8), path: "n.md")
    #expect(note.diagnostics.map(\.rule) == ["no-effect"], "of the approvers")
    let plan = try #require(note.plan)
    #expect(plan.flag.text == "ai-summary")
    #expect(plan.version == VersionLabel(field: "prompt_version", value: "v7"))
    #expect(plan.controlVersion == VersionLabel(field: "prompt_version", value: "v6"))
    #expect(plan.approvers == ["lee", "priya"])
    #expect(plan.stages.map(\.name) == ["5%", "25%", "100%"])
    #expect(plan.triggers.count == 4)
    #expect(note.store == "file:flags.json")
  }

  /// The schedule that nobody said has a first stage that lets somebody in, and the pace that the tier wants.
  @Test(arguments: [0, 1, 2, 3, nil], [ChangeType.prompt, .model])
  func withoutAScheduleItIsOneThatFits(tier: Int?, type: ChangeType) throws {
    var answers = NoteAnswers()
    (answers.tier, answers.changeType) = (tier, type)
    let note = Note.read(Array(NoteTemplate.text(answers).utf8), path: "n.md")
    let first = try #require(note.plan?.stages.first)
    #expect(first.name == "internal" && !first.isOffline)
    #expect(!note.diagnostics.contains { $0.severity == .error || ["too-fast", "implied-schedule"].contains($0.rule) })
  }

  /// A name of the schedule that is usual gets a guess, one that was defined keeps its own words.
  @Test func cohortsOfTheScheduleAreDefined() throws {
    var answers = NoteAnswers()
    answers.schedule = "internal 1d -> friends 1d -> 5% of paid 1d -> 100%"
    answers.cohorts = ["friends: tenant = acme"]
    let note = Note.read(Array(NoteTemplate.text(answers).utf8), path: "n.md")
    #expect(note.plan?.cohorts.map(\.name) == ["friends", "internal", "paid"], "\(note.diagnostics)")
    #expect(note.plan?.cohorts.first?.selector == .equals(attribute: "tenant", AttributeValue("acme")))
  }

  /// What somebody types cannot open a comment, start another field or carry control characters.
  @Test func answersStayInTheirLine() throws {
    var answers = NoteAnswers()
    answers.change = "a <!-- b\nTier: 0\u{1B}[31m"
    let note = Note.read(Array(NoteTemplate.text(answers).utf8), path: "n.md")
    #expect(note.diagnostics.filter { $0.severity == .error } == [])
    #expect(note.plan?.change == "a b Tier: 0 [31m")
    #expect(note.plan?.tier == nil)
  }

  @Test(arguments: Preset.allCases)
  func presetsAreSchedules(preset: Preset) {
    var answers = NoteAnswers()
    answers.schedule = preset.rawValue
    let note = Note.read(Array(NoteTemplate.text(answers).utf8), path: "n.md")
    #expect(note.plan?.schedule == .preset(preset.rawValue))
  }
}
