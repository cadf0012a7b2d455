import Testing

@testable import RolloutOps

/// `Evaluation:` as files or as prose.
@Suite struct EvaluationTests {
  @Test(
    arguments: [
      ("eval.ndjson", "eval.ndjson"), ("eval/*.ndjson", "eval/*.ndjson"), ("eval/v7.csv.gz", "eval/v7.csv.gz"),
      ("EVAL.JSONL", "EVAL.JSONL"), ("file:eval/my cases", "eval/my cases"), (".csv", nil), ("file:", nil),
      ("120 cases, +3 points", nil), ("see eval/v7.ndjson", nil), ("eval set v7", nil),
      ("https://evals.example.com/v7.csv", nil), ("eval/v7.md", nil),
    ] as [(String, String?)])
  func aPathIsNoProse(text: String, files: String?) {
    #expect(Evaluation.files(in: text) == files)
  }

  @Test func kindsAreOneHoweverTheyAreSpelled() {
    #expect(["Known bad", "known_bad", "KNOWN-BAD"].map(Evaluation.set) == Array(repeating: "known-bad", count: 3))
  }

  private static let offline = "Schedule: offline -> internal 1d -> 5% of paid 24h -> 25% 24h -> 100%"

  @Test(arguments: [
    "Evaluation: eval/*.ndjson", "Evaluation: +3 points on 120 cases", "Evaluation: https://evals.example.com/v7.csv",
    "Evaluation: see ⟦evaluation⟧eval/v7.ndjson, 120 cases",
  ])
  func proseThatNamesAFileIsAWarning(line: String) {
    expectProblems(NoteFixtures.quiet("Schedule", Self.offline) + "\n\(line)\n")
  }

  @Test func aFileThatNothingAsksForIsAWarning() {
    expectProblems(NoteFixtures.quiet + "\nEvaluation: ⟦evaluation⟧eval/v7.ndjson\n")
    expectProblems(
      NoteFixtures.quiet + "\nEvaluation: eval/v7.ndjson\nHold trigger:\n- quality below forecast\n")
  }

  @Test func bothVersionsMustBeNamed() {
    let note = SampleNote.saying("Control version", nil, in: NoteFixtures.quiet("Schedule", Self.offline))
    expectProblems(note + "\nEvaluation: ⟦evaluation⟧eval/v7.ndjson\n")
  }
}
