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

  // MARK: What applications are served

  /// A page of results behind an address is prose; a server that evaluates flags says so in its path.
  @Test(arguments: [
    ("https://flags.example.com/ofrep/v1", true), ("http://127.0.0.1:8016/ofrep/v1/", true),
    ("https://relay.example.com/team/ofrep/v1", true), ("https://evals.example.com/v7", false),
    ("https://evals.example.com/v7?see=/ofrep/v1", false), ("ask https://flags.example.com/ofrep/v1", false),
    ("flags.example.com/ofrep/v1", false),
  ])
  func anEndpointSaysSoInItsPath(text: String, isOne: Bool) {
    #expect(Evaluation.isEndpoint(text) == isOne)
  }

  @Test func anEndpointAndAnEvaluationBeforeStandSideBySide() throws {
    let lines = "\nEvaluation: +3 points on 120 cases\nEvaluation: https://flags.example.com/ofrep/v1\n"
    let note = Note.read(Array((NoteFixtures.quiet + lines).utf8), path: "notes/note.md")
    #expect(note.plan?.evaluation == "+3 points on 120 cases")
    #expect(note.evaluation == "https://flags.example.com/ofrep/v1")
    expectProblems(NoteFixtures.quiet + lines)
  }

  @Test func twoOfAKindAreOneTooMany() {
    expectProblems(NoteFixtures.quiet + "\nEvaluation: +3 points\nEvaluation: ⟦bad-value⟧-2 points\n")
    expectProblems(
      NoteFixtures.quiet + "\nEvaluation: https://a/ofrep/v1\nEvaluation: ⟦bad-value⟧https://b/ofrep/v1\n")
  }

  @Test func anAddressWithAPasswordIsRefused() {
    expectProblems(NoteFixtures.quiet + "\nEvaluation: ⟦bad-value⟧https://me:secret@a/ofrep/v1\n")
  }
}
