import Testing

@testable import RolloutOps

@Suite struct NoteRuleTests {
  private func read(_ text: String) -> Note { Note.read(Array(text.utf8), path: "n.md") }

  @Test(
    arguments: [
      ("To kill it: rolloutctl kill ai-summary\n", []), ("`ai-summary`", []), ("ai-summary", []),
      ("We use ai-summary-2 and my-ai-summary.", ["runbook-flag"]), ("", ["runbook-flag"]),
      ("AI summary", ["runbook-flag"]),
    ] as [(String, [String])])
  func theRunbookNamesTheFlag(text: String, rules: [String]) {
    let note = read(NoteFixtures.quiet)
    let problems = note.problems(runbook: .text(text))
    #expect(problems.map(\.rule) == rules)
    #expect(problems.allSatisfy { $0.position == note.position(of: .runbook) && $0.severity == .warning })
  }

  @Test func aMissingRunbookIsAWarningWhereItIsNamed() {
    let place = Position(line: NoteFixtures.line(of: "Runbook"), column: 10)
    #expect(read(NoteFixtures.quiet).problems(runbook: .missing).map(\.position) == [place])
    #expect(read(NoteFixtures.quiet("Runbook", nil)).problems(runbook: .missing) == [])
  }

  /// The same two days: slow enough for tier 3, too fast for the others.
  @Test(arguments: [
    (3, "internal 1d -> 5% 24h -> 100%", 0), (2, "internal 1d -> 5% 24h -> 100%", 1),
    (2, "internal 2d -> 5% 24h -> 100%", 0), (1, "internal 3d -> 5% 24h -> 25% 72h -> 100%", 0),
    (1, "internal 3d -> 5% 23h -> 25% 73h -> 100%", 1), (0, "internal 7d -> 5% 24h -> 25% 6d -> 100%", 0),
    (0, "internal 7d -> 5% 24h -> 25% 5d -> 100%", 1), (3, "internal 1d -> 5% 59m -> 100%", 1),
    (2, "internal 3d -> 5% 3h -> 100%", 1),
  ])
  func paceGoesByTier(tier: Int, schedule: String, problems: Int) {
    let text = NoteFixtures.quiet("Schedule", "Schedule: \(schedule)").replacing("Tier: 3", with: "Tier: \(tier)")
    let found = read(text).diagnostics.filter { $0.rule == "too-fast" }
    #expect(found.count == problems, "\(found)")
  }

  /// A model change is tier 1 at least.
  @Test func aModelChangeIsHeldToTierOne() {
    let text = NoteFixtures.quiet.replacing("Change type: prompt", with: "Change type: model")
    #expect(read(text).diagnostics.contains { $0.rule == "too-fast" && $0.message.contains("tier 1 wants") })
  }

  @Test(arguments: [
    "⟦bad-variants⟧not json", "⟦bad-variants⟧[1]", "{\"control\": 1,\n \"canary\": ⟦bad-variants⟧tru}",
    "{\"control\": 1, \"canary\": 2, \"control\": ⟦bad-variants⟧3}",
  ])
  func variantsThatAreNotJSONArePointedAt(marked: String) {
    expectProblems(NoteFixtures.quiet + "\nVariants:\n```json\n\(marked)\n```\n")
  }

  @Test(arguments: [
    ("{\"control\": 1}", "bad-variants"), ("{\"on\": 1, \"off\": 2}", "bad-variants"),
    ("{\"control\": 1, \"canary\": 1}", "version-unchanged"),
    ("{\"control\": 1, \"canary\": 2, \"a b\": 3}", "bad-variants"),
  ])
  func variantsNeedTheirRoles(json: String, rule: String) {
    let note = read(NoteFixtures.quiet + "\nVariants: \(json)\n")
    #expect(Set(note.diagnostics.map(\.rule)) == [rule])
    let place = Position(line: NoteFixtures.line(of: "Variants"), column: 1)
    #expect(note.diagnostics.allSatisfy { $0.position == place })
  }

  @Test func killToOffNeedsTheVariant() {
    let two = "\nVariants: {\"control\": 1, \"canary\": 2}"
    expectProblems(NoteFixtures.quiet + two + "\n⟦bad-value⟧Kill to: off")
    expectProblems(NoteFixtures.quiet + "\nKill to: off")
  }

  @Test func proseInAMetricIsNamedWhereEvidenceIsMeasured() {
    let metrics =
      "Metrics to watch:\n- quality: ⟦prose-metric⟧how good it is\n- cost: sum(usd) per hour\n- depth: `avg(x)`\n- plain"
    let note = expectProblems(NoteFixtures.quiet("Metrics to watch", metrics))
    #expect(note.diagnostics.first?.message.contains("`mean(quality)` is measured for `quality`") == true)
    #expect(note.plan?.metrics.map(\.name) == ["quality", "cost", "depth", "plain"])
    expectProblems(
      NoteFixtures.quiet("Evidence", nil).replacing("mean(quality)", with: "how good it is"))
  }

  @Test func metricsAreToldApart() {
    expectProblems(NoteFixtures.quiet("Metrics to watch", "Metrics to watch: quality, cost, ⟦duplicate-name⟧Quality"))
  }

  @Test func signalsAreFoundByTheirNames() {
    for signal in Signal.known {
      for name in [signal.name] + signal.synonyms { #expect(Signal.named(name.uppercased()) == signal, "\(name)") }
    }
    #expect(Signal.named("parse failure")?.name == "parse errors")
    #expect(Signal.named("Tool-call failures")?.name == "tool errors")
    #expect(Signal.named("weather") == nil)
  }
}
