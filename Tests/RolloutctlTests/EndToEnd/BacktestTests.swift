import RolloutOps
import Testing

/// `backtest` as the real program: the demo's note over a log of a day.
@Suite struct BacktestTests {
  private func backtest(_ words: String, note: (String) -> String = { $0 }) throws -> Binary.Outcome {
    let world = try DemoWorld.fresh()
    try world.folder.write("notes/summary.md", note(try world.folder.read("notes/summary.md")))
    return try world.type("rolloutctl backtest notes/summary.md \(words)")
  }

  @Test func aPersonReadsWhenAndHowOften() throws {
    let outcome = try backtest("--traces log.ndjson --splits 40")
    #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
    #expect(outcome.output.hasPrefix("ai-summary   prompt_version v6 → v7\nFri 20 Nov"), "\(outcome)")
    #expect(outcome.output.contains("canary 303 records · control 897\n"))
    #expect(outcome.output.contains("  ! rollback if parse failures above 2%\n      would have fired Fri 20 Nov"))
    #expect(outcome.output.contains("  ✓ rollback if quality drops by more than 5%\n      would not have fired: 0."))
    #expect(outcome.output.contains("false alarms: ") && outcome.output.contains(" of 40 splits ("))
    #expect(outcome.output.contains("→ one trigger of 3 would have fired, first parse failures above 2% (rollback)"))
    let again = try backtest("--traces log.ndjson --splits 40")
    #expect(again == outcome, "the same seed, the same splits")
  }

  @Test func aPipelineReadsOneValue() throws {
    let outcome = try backtest("--traces log.ndjson --splits 40 --every 1h --format json")
    #expect(outcome.status == 0, "\(outcome)")
    let answer = try JSON.parse(Array(outcome.output.utf8))
    #expect(answer["looks"]?.integer == 20 && answer["every_seconds"]?.integer == 3600 && answer["exit"]?.integer == 0)
    #expect(answer["records"]?["canary"]?.integer == 303)
    let triggers = try #require(answer["triggers"]?.items)
    #expect(triggers.map { $0["outcome"]?.text } == ["fired", "quiet", "quiet"])
    #expect(
      triggers[0]["fired_at"]?.text?.hasSuffix(":00:00Z") == true && triggers[0]["evidence"]?["verdict"] == "breach")
    #expect(triggers.allSatisfy { $0["false_alarms"]?["splits"]?.integer == 40 })
    #expect(answer["splits"]?["count"]?.integer == 40 && answer["splits"]?["unit"] == "tenant")
    let none = try backtest("--traces log.ndjson --splits 0 --format json")
    #expect(try JSON.parse(Array(none.output.utf8))["splits"] == .null)
    let sheet = try backtest("--traces log.ndjson --splits 0 --format markdown")
    #expect(sheet.output.hasPrefix("## ai-summary: prompt\\_version v6 → v7\n"), "\(sheet)")
    #expect(sheet.output.contains("| Action | Trigger | Would have fired | Figures | False alarms |"))
  }

  @Test(
    arguments: [
      ("", 3, "the note names no `Evidence:`; name the logs with --traces FILE"),
      ("--traces no.ndjson", 1, "there is no such file"),
      ("--traces log.ndjson --canary v8 --control v9", 3, "there are v6 (897), v7 (303): see --canary and --control"),
      ("--traces log.ndjson --every 0s", 2, "must be more than 0s"),
      ("--traces log.ndjson --share 100%", 2, "written 5%"),
      ("--traces log.ndjson --splits many", 2, "a whole number"), ("--since soon", 2, "is no time"),
      ("--traces log.ndjson --every 2m --splits 0", 0, "looked at every 2m, 600 times"),
      ("--traces log.ndjson --every 1s", 2, " looks; 20,000 at most"),
    ] as [(String, Int32, String)])
  func whatStopsItIsSaid(words: String, status: Int32, says: String) throws {
    let outcome = try backtest(words)
    #expect(outcome.status == status && (outcome.errors + outcome.output).contains(says), "\(outcome)")
    guard status == 1 || status == 3 else { return }
    let json = try backtest(words + " --format json")
    #expect(json.status == status)
    #expect(try JSON.parse(Array(json.output.utf8))["exit"]?.integer == Int(status))
  }

  @Test func aTriggerWithoutAnswerIsNoPass() throws {
    let outcome = try backtest("--traces log.ndjson --splits 0") {
      $0.replacing("Rollback trigger:\n", with: "Rollback trigger:\n- refusals above 1%\n")
    }
    #expect(outcome.status == 3, "\(outcome)")
    #expect(
      outcome.output.contains("  ? rollback if refusals above 1%\n      cannot be answered: no record carries refusal"))
    #expect(outcome.output.contains("1 of 4 cannot be answered"))
  }

  @Test func aBadNoteIsSeven() throws {
    let outcome = try backtest("--traces log.ndjson") { $0.replacing("Tier: 2", with: "Tier: nine") }
    #expect(outcome.status == 7 && outcome.errors.contains("notes/summary.md:"), "\(outcome)")
  }
}
