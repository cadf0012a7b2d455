import Testing

@testable import RolloutOps

/// Scores in files of their own, as a note says them.
@Suite struct ScoreTextTests {
  private func note(_ lines: String...) -> String {
    NoteFixtures.quiet("Evidence", "Evidence:\n- traces/*.ndjson\n" + lines.map { "- \($0)" }.joined(separator: "\n"))
  }

  @Test(arguments: [
    "scores/*.ndjson joined by trace_id", "`scores/*.ndjson` joined by `trace_id`", "scores/*.ndjson join on trace_id",
    "scores/*.ndjson matched by trace id", "scores from scores/*.ndjson joined by trace_id",
    "judge scores in scores/*.ndjson Joined By trace_id", "file:scores/*.ndjson joined via trace_id",
  ])
  func theyAreNamedInSeveralWays(line: String) throws {
    let plan = try #require(expectProblems(note(line)).plan)
    #expect(plan.evidence == ["traces/*.ndjson"])
    #expect(plan.scores == ScoreFiles(["scores/*.ndjson"]))
    #expect(plan.fields == [:])
    #expect(try Plan(frozen: plan.frozen) == plan)
  }

  @Test func fieldsMayBeListedAndTheKeyMayHaveAnotherName() throws {
    let plan = try #require(expectProblems(note("quality and from my scores.csv joined by request_id")).plan)
    #expect(plan.scores == ScoreFiles(["my scores.csv"], fields: ["quality"]))
    #expect(plan.fields == ["trace_id": "request_id"])
    #expect(try Plan(frozen: plan.frozen) == plan)
  }

  /// A note of before keeps its digest, and an edited one is shown.
  @Test func withoutScoresNothingIsFrozenOfThem() throws {
    let plain = try #require(expectProblems(note()).plan)
    #expect(plain.frozen["scores"] == nil)
    let scored = try #require(expectProblems(note("s.csv joined by trace_id")).plan)
    #expect(PlanDifference.between(plain, scored).map(\.sentence) == ["scores: none → s.csv"])
  }

  @Test(arguments: [
    "scores/*.ndjson joined by⟦bad-evidence⟧", "scores/*.ndjson joined ⟦bad-evidence⟧trace_id",
    "⟦bad-evidence⟧joined by trace_id", "scores/*.ndjson joined by trace_id ⟦bad-evidence⟧nightly",
    "⟦bad-evidence⟧- joined by trace_id", "⟦bad-evidence⟧https://judge.example.com/x joined by trace_id",
    "scores/*.ndjson ⟦bad-evidence⟧joinde by trace_id", "scores/*.ndjson joined by ⟦bad-evidence⟧trace,id",
    "⟦bad-evidence⟧qualty from scores/*.ndjson joined by trace_id",
  ])
  func mistakesAreExplained(line: String) {
    expectProblems(note(line))
  }

  @Test func scoresNeedALog() {
    expectProblems(NoteFixtures.quiet("Evidence", "Evidence: ⟦bad-evidence⟧scores/*.ndjson joined by trace_id"))
  }

  @Test func twoKeysContradictEachOther() {
    expectProblems(note("a.csv joined by request_id", "b.csv joined by ⟦bad-evidence⟧span_id"))
  }
}
