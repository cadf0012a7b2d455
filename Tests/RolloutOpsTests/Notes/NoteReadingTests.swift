import Testing

@testable import RolloutOps

@Suite struct NoteReadingTests {
  private func read(_ text: String, path: String = "notes/note.md") -> Note { Note.read(Array(text.utf8), path: path) }

  @Test func readsTheFullNote() throws {
    let note = read(NoteFixtures.full)
    #expect(
      note.diagnostics.map(\.message) == ["`Approvers` has no effect in this version: it asks nobody for an approval"])
    let plan = try #require(note.plan)
    #expect(note.title == "AI Rollout Note")
    #expect(note.store == "file:flags.json")
    #expect(note.position(of: .store) == Position(line: 7, column: 8))
    #expect(note.runbook == "runbooks/contract-summary.md")
    #expect(note.digest == SHA256.hex(NoteFixtures.full))
    #expect(plan.flag.text == "ai-contract-summary")
    #expect(plan.change == "Contract summary prompt v6 -> v7")
    #expect(plan.changeType == .prompt)
    #expect(plan.tier == 1)
    #expect(plan.version == VersionLabel(field: "prompt_version", value: "v7"))
    #expect(plan.controlVersion == VersionLabel(field: "prompt_version", value: "v6"))
    #expect(plan.unit == "tenant")
    #expect(plan.owner == "maya")
    #expect(plan.onCall == "ai-platform")
    #expect(plan.approvers == ["lee", "priya"])
    #expect(plan.timeZone == "Europe/Berlin")
    #expect(plan.fallback == "off -> clause template without AI")
    #expect(plan.exclusions == [.equals(attribute: "stability_tier", AttributeValue("stable"))])
    #expect(plan.cohorts.map(\.name) == ["internal", "friends", "paid"])
    #expect(plan.schedule == .note)
    #expect(plan.steadyState == .days(14))
    #expect(plan.metrics.map(\.name) == ["quality", "latency", "cost", "tool / parse errors", "policy violations"])
    #expect(plan.metrics.last?.definition == "count(policy_violation)")
    #expect(
      plan.triggers.map(\.action.name) == [
        "hold", "degrade", "rollback", "rollback", "rollback", "rollback", "kill", "kill",
      ])
    #expect(plan.triggers[1].action == .degrade(to: "fast"))
    #expect(plan.triggers[1].condition.window == .minutes(15))
    #expect(plan.triggers[2].condition.signal == "tool / parse errors")
    #expect(plan.variants.all.map(\.name) == ["control", "canary", "fast", "off"])
    #expect(plan.evidence == ["traces/*.ndjson"])
    #expect(plan.dashboard == "https://dashboards.example.com/d/contract-summary")
  }

  @Test func theFullNoteHasItsStages() throws {
    let plan = try #require(read(NoteFixtures.full).plan)
    let staff = Selector.equals(attribute: "team", AttributeValue("staff"))
    let paid = Selector.equals(attribute: "plan", AttributeValue("paid"))
    let friends = Selector.oneOf(
      attribute: "tenant", [AttributeValue("acme"), AttributeValue("globex"), AttributeValue("initech")])
    let (five, quarter) = (Percentage(percent: 5), Percentage(percent: 25))
    #expect(
      plan.stages == [
        Stage(name: "internal", audience: .cohort(name: "internal", staff, share: .whole), soak: .days(3)),
        Stage(name: "friends", audience: .cohort(name: "friends", friends, share: .whole), soak: .days(2)),
        Stage(name: "5% of paid", audience: .cohort(name: "paid", paid, share: five), soak: .hours(24)),
        Stage(name: "25% of paid", audience: .cohort(name: "paid", paid, share: quarter), soak: .hours(48)),
        Stage(name: "50%", audience: .everyone(share: Percentage(percent: 50)), soak: .hours(48)),
        Stage(name: "100%", audience: .everyone(share: .whole)),
      ])
  }

  /// A copied template works as it is: a preset, the key from the file's name, and a word on everything that is open.
  @Test func readsTheBareTemplate() throws {
    let note = read(NoteFixtures.bare, path: "notes/Summary Prompt.md")
    let plan = try #require(note.plan, "\(note.diagnostics)")
    #expect(plan.flag.text == "summary-prompt")
    #expect(plan.schedule == .preset("compact"))
    #expect(plan.stages.map(\.name) == ["offline", "1%", "5%", "25%", "100%"])
    #expect(plan.metrics.map(\.definition) == [nil, nil, nil, nil])
    #expect(note.diagnostics.allSatisfy { $0.severity == .warning })
    expectProblems(
      """
      ⟦no-flag⟧⟦no-version-label⟧⟦no-tier⟧⟦no-time-zone⟧⟦no-fallback⟧⟦no-runbook⟧⟦no-kill-trigger⟧⟦implied-schedule⟧# AI Rollout Note
      Change:
      Expected gain:
      Primary regression risk:
      ⟦no-cohort-rule⟧Canary cohort:
      Expanded cohort:
      Metrics to watch:
      - quality:
      - latency:
      - cost:
      - tool / parse errors:
      ⟦no-rollback-trigger⟧Rollback trigger:
      ⟦no-owner⟧Owner:
      ⟦no-monitoring-query⟧Dashboard / query:
      """)
  }

  @Test func theQuietNoteIsQuiet() { expectProblems(NoteFixtures.quiet) }
}
