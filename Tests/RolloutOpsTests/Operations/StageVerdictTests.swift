import Testing

@testable import RolloutOps

/// What stands beside the canary besides its control, and what is found where nobody asked.
@Suite struct StageVerdictTests {
  typealias Measured = MeasurementTests.Measured

  private static let parse = "Rollback trigger:\n- parse failures above 4%"

  private static func figures(_ name: String, _ value: String, _ more: String = "") -> (Int) -> String {
    { ",\"parse_error\":\($0 % 101 == 0),\"\(name)\":\(value)\($0 % 7)\(more)" }
  }

  private static func finding(_ gate: Gate?) -> Finding? {
    if case .found(let finding)? = gate?.found?.outcome { finding } else { nil }
  }

  // MARK: Healthy bands

  @Test func aBandHoldsWhereTheNoteSaysNothing() throws {
    var measured = try Measured(Self.parse, bands: "default")
    measured.add("v7", tenants: 0..<20, Self.figures("cost_usd", "0.02"))
    measured.add("v6", tenants: 20..<400, Self.figures("cost_usd", "0.01"))
    let decision = try measured.look()
    let band = try #require(decision.gates.first { $0.name == "cost up more than 20%" }, "\(decision.gates)")
    #expect(decision.status == .hold && band.verdict == .breach && band.fired == nil)
    // No latency is in the log, so that band has nothing to say.
    #expect(!decision.gates.contains { $0.name.contains("latency") })
  }

  @Test func aBandGivesWayToTheNotesOwnTrigger() throws {
    var measured = try Measured(Self.parse + "\n- cost up more than 300%", bands: "default")
    measured.add("v7", tenants: 0..<20, Self.figures("cost_usd", "0.02"))
    measured.add("v6", tenants: 20..<400, Self.figures("cost_usd", "0.01"))
    let decision = try measured.look()
    #expect(decision.status == .done, "\(decision.reasons)")
    #expect(!decision.gates.contains { $0.name == "cost up more than 20%" })
  }

  @Test func bandsCanBeTurnedOff() throws {
    var measured = try Measured(Self.parse)
    measured.add("v7", tenants: 0..<20, Self.figures("cost_usd", "0.02"))
    measured.add("v6", tenants: 20..<400, Self.figures("cost_usd", "0.01"))
    #expect(try measured.look().status == .done)
  }

  /// An absolute line that the old version crosses as well is no reason to keep the new one back.
  @Test(arguments: [(19, Verdict.pass), (501, .breach)])
  func anAbsoluteBandLooksAtTheControlToo(every: Int, verdict: Verdict) throws {
    var measured = try Measured(Self.parse, bands: "default")
    let errors = { (every: Int) in { (index: Int) in ",\"parse_error\":false,\"error\":\(index % every == 0)" } }
    measured.add("v7", tenants: 0..<20, records: 40, errors(19))
    measured.add("v6", tenants: 20..<400, errors(every))
    let gate = try #require(try measured.gate("errors above 1%"))
    #expect(gate.verdict == verdict, "\(gate.reason)")
  }

  // MARK: Composite scores

  private static let score = "- quality: 0.5 mean(judge) + 0.3 share(feedback = up) + 0.2 rate(task_success)"

  private static func signals(judge: Int, ups: Int, successes: Int) -> (Int) -> String {
    { index in
      // Feedback is rare, and a judge reads every second answer.
      (index % 2 == 0 ? ",\"judge\":0.\(judge + index % 3)" : "")
        + (index % 5 == 0 ? ",\"feedback\":\"\(index / 5 % 10 < ups ? "up" : "down")\"" : "")
        + ",\"task_success\":\(index % 10 < successes)"
    }
  }

  @Test func aScoreOfSeveralSignalsIsOneMetric() throws {
    var measured = try Measured("Rollback trigger:\n- quality drops by more than 5%", metrics: Self.score)
    measured.add("v7", tenants: 0..<40, Self.signals(judge: 80, ups: 5, successes: 8))
    measured.add("v6", tenants: 40..<400, Self.signals(judge: 80, ups: 5, successes: 8))
    let gate = try #require(try measured.gate("quality drops by more than 5%"))
    let finding = try #require(Self.finding(gate))
    #expect(gate.verdict == .pass, "\(gate.reason)")
    // 0.5 · 0.81 + 0.3 · 0.5 + 0.2 · 0.8
    #expect(abs((finding.canary.value ?? 0) - 0.715) < 0.01, "\(gate.reason)")
  }

  @Test func aScoreFallsWithOneOfItsSignals() throws {
    var measured = try Measured("Rollback trigger:\n- quality drops by more than 5%", metrics: Self.score)
    measured.add("v7", tenants: 0..<40, records: 40, Self.signals(judge: 80, ups: 5, successes: 2))
    measured.add("v6", tenants: 40..<400, records: 40, Self.signals(judge: 80, ups: 5, successes: 8))
    let decision = try measured.look()
    #expect(decision.status == .rollback, "\(decision.reasons)")
  }

  @Test func aScoreWithoutOneOfItsSignalsHolds() throws {
    var measured = try Measured("Rollback trigger:\n- quality drops by more than 5%", metrics: Self.score)
    measured.addBoth { ",\"judge\":0.\(80 + $0 % 3),\"task_success\":\($0 % 10 < 8)" }
    #expect(try measured.look().status == .hold)
  }

  // MARK: Earlier levels

  @Test func theStageBeforeIsAReference() throws {
    var measured = try Measured("Rollback trigger:\n- quality drops by more than 5% vs the previous stage")
    measured.addBoth(Self.figures("quality", "0.8"))
    let first = try #require(try measured.gate("quality drops by more than 5% vs the previous stage"))
    #expect(first.verdict == .hold && first.reason.contains("nothing before this one"), "\(first.reason)")
    try measured.world.attest("gates")
    measured.write()
    let report = try measured.world.move(.promote)
    try #require(report.status == .done, "\(report.decision.reasons)")
    measured.world.clock.advance(.minutes(90))
    measured.add("v7", tenants: 0..<100, records: 20, Self.figures("quality", "0.5"))
    measured.add("v6", tenants: 100..<400, records: 20, Self.figures("quality", "0.5"))
    let decision = try measured.look()
    #expect(decision.status == .rollback, "\(decision.reasons)")
  }

  /// Who has the old version at one stage may have the new one at the next; and a ramp that reached other people at another
  /// time shows no difference where there is none.
  @Test func aRampIsComparedStayByStay() throws {
    let name = "quality drops by more than 5%"
    var measured = try Measured("Rollback trigger:\n- \(name)")
    measured.add("v7", tenants: 0..<20, Self.figures("quality", "0.9"))
    measured.add("v6", tenants: 20..<400, Self.figures("quality", "0.9"))
    measured.write()
    let report = try measured.world.move(.promote)
    try #require(report.status == .done, "\(report.decision.reasons)")
    measured.world.clock.advance(.minutes(90))
    // The day got worse for everybody, and most of the canary's records are of it.
    measured.add("v7", tenants: 0..<100, records: 10, Self.figures("quality", "0.5"))
    measured.add("v6", tenants: 100..<400, records: 10, Self.figures("quality", "0.5"))
    let decision = try measured.look()
    let gate = try #require(decision.gates.first { $0.name == name })
    #expect(gate.verdict == .pass, "\(gate.reason)")
    #expect(decision.status == .done, "\(decision.reasons)")
    #expect(Self.finding(gate)?.canary.count == 1200, "both stays count")
    let remarks = try measured.world.status().evidence?.remarks ?? []
    #expect(remarks.contains("comparisons count the stay before it with the same cohort too, each for itself"))
  }

  /// What is piped in can be read once, which is enough for this stay.
  @Test func whatIsPipedInIsReadOnceAtEveryStage() throws {
    var measured = try Measured("Rollback trigger:\n- quality drops by more than 5%", evidence: "-")
    measured.add("v7", tenants: 0..<20, Self.figures("quality", "0.9"))
    measured.add("v6", tenants: 20..<400, Self.figures("quality", "0.9"))
    measured.world.files.put("-", measured.lines.joined(separator: "\n") + "\n")
    let report = try measured.world.move(.promote)
    try #require(report.status == .done, "\(report.decision.reasons)")
    measured.world.clock.advance(.minutes(90))
    measured.add("v7", tenants: 0..<100, Self.figures("quality", "0.9"))
    measured.add("v6", tenants: 100..<400, Self.figures("quality", "0.9"))
    measured.world.files.put("-", measured.lines.joined(separator: "\n") + "\n")
    let decision = try measured.world.move(.promote, dryRun: true).decision
    #expect(decision.status == .done, "\(decision.reasons)")
    #expect(Self.finding(decision.gates.first { $0.name.hasPrefix("quality") })?.canary.count == 1000)
  }

  @Test(arguments: [("0.01", Verdict.pass), ("0.09", .breach)])
  func itsOwnNormalHourIsAReference(price: String, verdict: Verdict) throws {
    let name = "cost exceeds 5x normal per hour"
    var measured = try Measured("Kill trigger:\n- \(name)", control: false)
    measured.world.clock.advance(.hours(12))
    measured.add("v7", tenants: 0..<20, records: 100, since: .hours(13), Self.figures("cost_usd", "0.01"))
    measured.add("v7", tenants: 0..<20, records: 10, since: .minutes(50), Self.figures("cost_usd", price))
    let gate = try #require(try measured.gate(name))
    #expect(gate.verdict == verdict, "\(gate.reason)")
  }

  @Test func anHourIsNotNormalAfterTwo() throws {
    let name = "cost exceeds 5x normal per hour"
    var measured = try Measured("Kill trigger:\n- \(name)", control: false)
    measured.add("v7", tenants: 0..<20, records: 100, Self.figures("cost_usd", "0.09"))
    let gate = try #require(try measured.gate(name))
    #expect(gate.verdict == .hold && gate.reason.contains("6h do"), "\(gate.reason)")
  }

  // MARK: What nobody asked for

  @Test(arguments: [("timeout", Verdict.pass), ("loop", .breach)])
  func aNewKindOfErrorIsFound(kind: String, verdict: Verdict) throws {
    let name = "new error categories above 0"
    var measured = try Measured("Rollback trigger:\n- \(name)")
    measured.add("v7", tenants: 0..<20) { $0 % 50 == 0 ? ",\"error_type\":\"\(kind)\"" : "" }
    measured.add("v6", tenants: 20..<400) { $0 % 100 == 0 ? ",\"error_type\":\"timeout\"" : "" }
    let gate = try #require(try measured.gate(name))
    #expect(gate.verdict == verdict, "\(gate.reason)")
    if verdict == .breach { #expect(gate.reason.hasPrefix("error_type loop: 1"), "\(gate.reason)") }
  }

  /// A field that nobody writes would make every look a clean one.
  @Test func kindsThatNobodyWritesDownHold() throws {
    let name = "new error categories above 0"
    var measured = try Measured("Rollback trigger:\n- \(name)")
    measured.addBoth { _ in "" }
    #expect(try measured.gate(name)?.verdict == .hold)
  }

  @Test func whatOneKindOfRequestHidesIsNamed() throws {
    var measured = try Measured(Self.parse.replacing("above 4%", with: "up more than 100%"))
    let kinds = { (spanish: Int) in
      { (index: Int) in
        let isSpanish = index / 20 % 20 == 0
        let fails = isSpanish ? (index + index / 400) % spanish == 0 : index % 27 == 0
        return ",\"parse_error\":\(fails),\"category\":\"\(isSpanish ? "es" : "en")\""
      }
    }
    measured.add("v7", tenants: 0..<20, records: 100, kinds(2))
    measured.add("v6", tenants: 20..<400, records: 20, kinds(27))
    measured.write()
    let status = try measured.world.status()
    #expect(
      status.evidence?.remarks.contains { $0.contains("category es is worse than the whole shows") } == true,
      "\(String(describing: status.evidence?.remarks))")
  }

  @Test(arguments: [("m-4-2026-10-01", RolloutOps.ExitStatus.done), ("m-3-turbo", .hold)])
  func anotherModelThanThePinnedOneHolds(served: String, status: RolloutOps.ExitStatus) throws {
    let variants =
      "Variants:\n```json\n{\"control\": {\"model\": \"m-4\"}, \"canary\": {\"model\": \"m-4\", \"prompt\": \"v7\"}, \"off\": {}}\n```\n"
    var measured = try Measured(Self.parse, more: variants)
    measured.addBoth { ",\"parse_error\":\($0 % 101 == 0),\"gen_ai.response.model\":\"\(served)\"" }
    let decision = try measured.look()
    #expect(decision.status == status, "\(decision.reasons)")
    if status == .hold { #expect(decision.reasons.contains { $0.contains("answered by m-3-turbo") }) }
  }

  @Test func requestsOfOneTenantAreCounted() throws {
    let name = "requests above 100 per hour in any tenant"
    var measured = try Measured("Hold trigger:\n- \(name)")
    measured.add("v7", tenants: 0..<19, records: 40)
    measured.add("v7", tenants: 19..<20, records: 400)
    measured.add("v6", tenants: 20..<400)
    let gate = try #require(try measured.gate(name))
    #expect(gate.verdict == .breach && gate.reason.hasPrefix("tenant t19: 267"), "\(gate.reason)")
  }

  /// Fifty requests in the first minute of a stage are no three thousand in an hour.
  @Test func aMinuteIsNotTakenForAnHour() throws {
    let names = ["requests above 100 per hour in any tenant", "requests below 10 per hour"]
    var measured = try Measured("Kill trigger:\n- \(names[0])\nHold trigger:\n- \(names[1])")
    try measured.world.move(.rollback)
    try measured.world.move(.promote)
    measured.world.clock.advance(TimeSpan(seconds: 65))
    measured.add("v7", tenants: 0..<20, records: 50, since: TimeSpan(seconds: 50))
    measured.add("v6", tenants: 20..<400, since: TimeSpan(seconds: 50))
    let decision = try measured.look()
    #expect(decision.gates.first { $0.name == names[0] }?.verdict == .pass, "\(decision.gates)")
    let below = try #require(decision.gates.first { $0.name == names[1] })
    #expect(below.verdict == .hold && below.reason.contains("too little"), "\(below.reason)")
  }

  @Test func aSurpriseInTheGoodDirectionIsSaid() throws {
    var measured = try Measured("Rollback trigger:\n- cost up more than 20%")
    measured.add("v7", tenants: 0..<20, Self.figures("cost_usd", "0.01"))
    measured.add("v6", tenants: 20..<400, Self.figures("cost_usd", "0.05"))
    let gate = try #require(try measured.gate("cost up more than 20%"))
    #expect(gate.verdict == .pass && gate.reason.contains("a surprise"), "\(gate.reason)")
  }
}

/// A stage that nobody leaves.
@Suite struct StalledTests {
  @Test func aStageIsStalledAWeekAfterItsSoak() throws {
    let world = World(note: SampleNote.saying("Schedule", "Schedule: 5% of paid 24h -> 25% of paid 24h -> 100% 24h"))
    try world.move(.promote)
    world.clock.advance(.days(8))
    #expect(try world.status().stalled == nil)
    world.clock.advance(.hours(1))
    let status = try world.status()
    #expect((status.stalled ?? .zero) > .days(8))
    #expect(status.remarks == ["stalled: at 5% of paid for 8d; promote, roll back or abandon"])
    try world.move(.rollback)
    #expect(try world.status().stalled == nil)
  }
}
