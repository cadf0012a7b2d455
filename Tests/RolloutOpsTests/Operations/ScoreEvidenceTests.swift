import Testing

@testable import RolloutOps

/// A judge's scores beside the logs: from where a figure is, and how much of the canary it speaks for.
@Suite struct ScoreEvidenceTests {
  typealias Measured = MeasurementTests.Measured

  private static let trigger = "Rollback trigger:\n- quality drops by more than 5%"
  private static let scores = "/w/scores/judge.ndjson"

  /// Logs without quality, and a note that joins scores.
  private func measured(_ line: String = "scores/*.ndjson joined by trace_id", triggers: String = trigger) throws
    -> Measured
  {
    var measured = try Measured(triggers, more: "Evidence: \(line)\n")
    measured.add("v7", tenants: 0..<20) { ",\"trace_id\":\"c\($0)\",\"cost_usd\":0.0\(1 + $0 % 3)" }
    measured.add("v6", tenants: 20..<400) { ",\"trace_id\":\"o\($0)\",\"cost_usd\":0.0\(1 + $0 % 3)" }
    return measured
  }

  private func judge(_ measured: Measured, canaries: Range<Int>, _ score: (Int) -> String, more: String = "") {
    let mine = canaries.map { "{\"trace_id\":\"c\($0)\",\(score($0))}" }
    let others = (0..<400).map { "{\"trace_id\":\"o\($0)\",\"quality\":0.\(84 + $0 % 5)}" }
    measured.world.files.put(Self.scores, (mine + others).joined(separator: "\n") + "\n" + more)
  }

  @Test func theFigureIsFromTheScoresAndTheirNumberIsSaid() throws {
    let measured = try measured()
    judge(measured, canaries: 0..<100) { "\"quality\":0.\(84 + $0 % 5)" }
    let decision = try measured.look()
    #expect(decision.status == .done, "\(decision.reasons)")
    let gate = try #require(decision.gates.first { $0.name == "quality scores" })
    #expect(gate.reason == "20 of 20 canary tenants; 100 of 200 canary records have one")
    guard
      case .found(let finding)? = decision.gates.first(where: { $0.name.hasPrefix("quality drops") })?.found?.outcome
    else { throw StoreTrouble.notAsWritten(path: "") }
    #expect(finding.canary.count == 100 && finding.control?.count == 400)
    let status = try measured.world.status()
    #expect(status.evidence?.remarks.contains("quality from judge.ndjson") == true)
    #expect(status.evidence?.scored.map(\.judged) == [100])
  }

  @Test func aWorseJudgementBreaches() throws {
    let measured = try measured()
    judge(measured, canaries: 0..<200) { "\"quality\":0.\(54 + $0 % 5)" }
    #expect(try measured.look().status == .rollback)
  }

  @Test func fewScoresHold() throws {
    let measured = try measured()
    judge(measured, canaries: 0..<10) { "\"quality\":0.\(84 + $0 % 5)" }
    let decision = try measured.look()
    #expect(decision.status == .hold)
    #expect(
      decision.gates.contains {
        $0.verdict == .hold && $0.reason == "10 of 20 canary tenants; 10 of 200 canary records have one"
      })
  }

  @Test(arguments: [
    ("", "there is no score at all"), ("{\"trace_id\":\"z1\",\"quality\":0.9}\n", "is it the same trace_id in both?"),
  ])
  func scoresOfNobodyHold(text: String, why: String) throws {
    // Said to be there, so the log's own figure is no answer.
    var measured = try measured("quality from scores/*.ndjson joined by trace_id")
    measured.lines = measured.lines.map { $0.replacing("\"trace_id\"", with: "\"quality\":0.9,\"trace_id\"") }
    measured.world.files.put(Self.scores, text)
    let decision = try measured.look()
    #expect(decision.status == .hold)
    #expect(decision.gates.contains { $0.name == "quality scores" && $0.reason.hasSuffix(why) }, "\(decision.reasons)")
  }

  @Test func scoresThatSayNothingMeasuredHold() throws {
    let measured = try measured()
    measured.world.files.put(Self.scores, "{\"trace_id\":\"c1\",\"tone\":0.9}\n")
    #expect(try measured.look().reasons.contains { $0.contains("the scores carry nothing that is measured (quality)") })
  }

  @Test func brokenScoresHold() throws {
    let measured = try measured()
    judge(
      measured, canaries: 0..<200, { "\"quality\":0.\(84 + $0 % 5)" }, more: String(repeating: "{oops}\n", count: 50))
    #expect(try measured.look().reasons.contains { $0.contains("50 of 650 lines of scores are broken: ") })
  }

  @Test func missingScoresHoldAndAreAskedForAgain() throws {
    let measured = try measured()
    measured.write()
    let decision = try measured.look()
    #expect(decision.status == .hold)
    #expect(decision.reasons.contains { $0.contains("scores") }, "\(decision.reasons)")
    #expect(try measured.world.status().evidence?.isUnread == true)
  }

  /// What a judge cost itself is not what the request cost, where the note lists what is to be taken.
  @Test func onlyListedFieldsAreTaken() throws {
    let triggers = "Rollback trigger:\n- cost up more than 20%\n- quality drops by more than 5%"
    let score = { (at: Int) in "\"quality\":0.\(84 + at % 5),\"cost_usd\":7" }
    let listed = try measured("quality from scores/*.ndjson joined by trace_id", triggers: triggers)
    judge(listed, canaries: 0..<200, score)
    #expect(try listed.look().status == .done)
    #expect(try listed.world.status().evidence?.scored.map(\.field) == ["quality"])
    let open = try measured(triggers: triggers)
    judge(open, canaries: 0..<200, score)
    #expect(try open.look().status == .hold)
    #expect(try open.world.status().evidence?.remarks.contains("cost_usd, quality from judge.ndjson") == true)
  }

  /// What the journal keeps of a promotion says how much was judged.
  @Test func theJournalKeepsTheirNumber() throws {
    let measured = try measured()
    judge(measured, canaries: 0..<100) { "\"quality\":0.\(84 + $0 % 5)" }
    measured.write()
    try measured.world.move(.promote)
    let entry = try #require(try measured.world.entries.last { $0.content.detail("evidence")?["scores"] != nil })
    #expect(entry.content.detail("evidence")?["scores"]?.items?.first?["judged"] == 100)
  }
}
