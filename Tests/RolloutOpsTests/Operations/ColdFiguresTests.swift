import Testing

@testable import RolloutOps

/// Traffic against the evaluation before it.
@Suite struct ColdFiguresTests {
  typealias Measured = MeasurementTests.Measured

  private static let trigger = "quality drops by more than 5% against forecast"
  private static let file = "/w/eval/v7.ndjson"

  private func measured(
    _ trigger: String = trigger, live: Int = 84, more: String = "Evaluation: eval/*.ndjson\n"
  ) throws -> Measured {
    var measured = try Measured("Rollback trigger:\n- \(trigger)", more: more)
    measured.add("v7", tenants: 0..<20) { ",\"quality\":0.\(live + $0 % 5)" }
    measured.add("v6", tenants: 20..<400) { ",\"quality\":0.\(84 + $0 % 5)" }
    return measured
  }

  private func evaluate(_ measured: Measured, _ canary: Int? = 84, _ control: Int? = 84, cases: Int = 120) {
    let lines = [("v7", canary), ("v6", control)].flatMap { version, base in
      (0..<cases).map { index in
        "{\"prompt_version\":\"\(version)\"" + (base.map { ",\"quality\":0.\($0 + index % 5)" } ?? "") + "}"
      }
    }
    measured.world.files.put(Self.file, lines.joined(separator: "\n") + "\n")
  }

  @Test func theForecastIsWhatTheNewVersionReachedThere() throws {
    let measured = try measured()
    evaluate(measured, 84, 50)
    let decision = try measured.look()
    #expect(decision.status == .done, "\(decision.reasons)")
    let gate = try #require(decision.gates.first { $0.name == Self.trigger })
    #expect(gate.reason.contains("0.86 vs 0.86: 0% ["), "\(gate.reason)")
    #expect(gate.reason.contains("; forecast 0.86 from eval/*.ndjson, 120 cases"), "\(gate.reason)")
    try measured.world.move(.promote)
    let entry = try #require(try measured.world.entries.last { $0.content.detail("evidence") != nil })
    let kept = entry.content.detail("evidence")?["gates"]?.items?.first { $0["name"]?.text == Self.trigger }
    #expect(kept?["reference"]?["name"] == "forecast" && kept?["reference"]?["cases"] == 120)
    #expect(kept?["reference"]?["source"] == "eval/*.ndjson")
    #expect(kept?["control"]?["n"] == 120)
  }

  @Test func trafficThatFallsShortBreaches() throws {
    let measured = try measured(live: 74)
    evaluate(measured)
    let decision = try measured.look()
    #expect(decision.status == .rollback)
    #expect(decision.reasons.first?.contains("forecast 0.86 from eval/*.ndjson") == true, "\(decision.reasons)")
    #expect(measured.world.look().status == .rollback)
  }

  /// Against live control it would be a breach; the old version's cases did no better.
  @Test func theBaselineIsWhatTheOldVersionReachedThere() throws {
    let measured = try measured("quality drops by more than 5% against baseline", live: 74)
    evaluate(measured, 90, 74)
    let decision = try measured.look()
    #expect(decision.status == .done, "\(decision.reasons)")
    #expect(decision.gates.contains { $0.reason.contains("baseline 0.76 from eval/*.ndjson, 120 cases") })
  }

  @Test func aBaselineThatTheFileLacksIsTheOldVersionsTraffic() throws {
    let measured = try measured("quality drops by more than 5% against baseline", live: 74)
    evaluate(measured, 90, nil)
    let decision = try measured.look()
    #expect(decision.status == .rollback)
    #expect(decision.reasons.first?.contains(" from eval") == false)
  }

  /// Few cases that differ much say less than many: a figure is no certainty.
  @Test func whatAFewCasesSayIsNotCertain() throws {
    func look(cases: Int) throws -> RolloutOps.ExitStatus {
      let measured = try measured("quality below forecast", live: 74)
      let lines = (0..<cases).map { "{\"prompt_version\":\"v7\",\"quality\":\($0 % 2 == 0 ? 0.6 : 1.1)}" }
      measured.world.files.put(Self.file, lines.joined(separator: "\n") + "\n")
      return try measured.look().status
    }
    #expect(try look(cases: 30) == .hold)
    #expect(try look(cases: 3000) == .rollback)
  }

  @Test(arguments: [
    ("gone", "its forecast is read from eval/*.ndjson: "), ("few", "its forecast is from 12 cases of eval/*.ndjson"),
    ("bare", "eval/*.ndjson gives no forecast: no case of the new version carries quality"),
    ("broken", "its forecast is read from eval/*.ndjson: 60 of 300 lines are broken"),
    ("prose", "or a file of cases, such as `Evaluation: eval/*.ndjson`"),
  ])
  func withoutAFigureItHolds(what: String, why: String) throws {
    let measured = try measured(
      more: what == "prose" ? "Evaluation: three points better\n" : "Evaluation: eval/*.ndjson\n")
    switch what {
    case "few": evaluate(measured, cases: 12)
    case "bare": evaluate(measured, nil)
    case "broken":
      evaluate(measured)
      let text = measured.world.files.text(Self.file) ?? ""
      measured.world.files.put(Self.file, text + String(repeating: "{oops}\n", count: 60))
    default: break
    }
    let decision = try measured.look()
    #expect(decision.status == .hold)
    #expect(decision.reasons.contains { $0.contains(why) }, "\(decision.reasons)")
    // A person may answer for a figure that nobody has, never for one that could not be read.
    try measured.world.attest("gates")
    #expect(try measured.look().status == (["bare", "prose"].contains(what) ? .done : .hold))
  }

  @Test func checkSaysWhatIsMissing() {
    let trigger = "\nHold trigger:\n- ⟦evaluation⟧quality below forecast\n- quality below baseline\n"
    expectProblems(NoteFixtures.quiet + trigger)
    expectProblems(NoteFixtures.quiet + "\nHold trigger:\n- quality below forecast 0.86\n")
    expectProblems(
      SampleNote.saying("Control version", nil, in: NoteFixtures.quiet)
        + "\nHold trigger:\n- ⟦evaluation⟧quality below baseline\n")
  }
}
