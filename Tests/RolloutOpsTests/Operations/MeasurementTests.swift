import Testing

@testable import RolloutOps

/// From a note and trace logs to verdicts: whose records count, over which time, and what is never taken for a pass.
@Suite struct MeasurementTests {
  /// A rollout that measures, with logs as applications would write them.
  struct Measured {
    let world: World
    var lines: [String] = []

    static let log = "/w/traces/today.ndjson"

    init(
      _ triggers: String, schedule: String = "5% of paid 0s -> 25% of paid 0s -> 100% 0s", more: String = "",
      metrics: String = "- quality: mean(quality)", bands: String = "none", control: Bool = true,
      evidence: String = "traces/*.ndjson"
    ) throws {
      let note = World.plainNote.replacing("Rollback trigger:\n- parse failures above 2%", with: "")
        .replacing("Schedule: internal 0s -> 5% of paid 0s -> 25% of paid 0s -> 100% 0s", with: "Schedule: \(schedule)")
      let whole =
        note + "\nSamples: 20\nEvidence: \(evidence)\nBands: \(bands)\n\(more)Metrics to watch:\n\(metrics)\n"
        + triggers + "\n"
      world = World(note: control ? whole : whole.replacing("Control version: prompt_version = v6\n", with: ""))
      try world.move(.promote)
      world.clock.advance(.minutes(90))
    }

    /// `records` requests of each of so many tenants, spread over the time until now; `each` adds to record i.
    mutating func add(
      _ version: String, tenants: Range<Int>, records: Int = 10, plan: String = "paid", since: TimeSpan = .minutes(80),
      _ each: (Int) -> String = { _ in "" }
    ) {
      let count = tenants.count * records
      let (now, span) = (world.clock.now().microseconds, Int64(since.seconds) * 1_000_000)
      for index in 0..<count {
        let time = Instant(microseconds: now - span + span * Int64(index) / Int64(count))
        let tenant = tenants.lowerBound + index % tenants.count
        lines.append(
          "{\"ts\":\"\(ISO8601.string(time))\",\"prompt_version\":\"\(version)\",\"tenant\":\"t\(tenant)\","
            + "\"plan\":\"\(plan)\"\(each(index))}")
      }
    }

    /// Both versions behave alike: 20 tenants of 400 have the canary.
    mutating func addBoth(_ each: (Int) -> String) {
      add("v7", tenants: 0..<20, each)
      add("v6", tenants: 20..<400, each)
    }

    func write(_ more: String = "") {
      world.files.put(Self.log, lines.joined(separator: "\n") + "\n" + more)
    }

    func look() throws -> Decision {
      write()
      return try world.move(.promote, dryRun: true).decision
    }

    func gate(_ name: String) throws -> Gate? { try look().gates.first { $0.name == name } }
  }

  private static func error(every n: Int) -> (Int) -> String {
    { ",\"parse_error\":\($0 % n == 0),\"quality\":0.\(85 + $0 % 3)" }
  }

  private static let parse = "Rollback trigger:\n- parse failures above 4%"

  @Test func aCleanCanaryMayGoOn() throws {
    var measured = try Measured(Self.parse + "\nHold trigger:\n- quality drops by more than 5%")
    measured.addBoth(Self.error(every: 101))
    let decision = try measured.look()
    #expect(decision.status == .done, "\(decision.reasons)")
    let gate = try #require(decision.gates.first { $0.name == "parse failures above 4%" })
    guard case .found(let finding)? = gate.found?.outcome else { throw StoreTrouble.notAsWritten(path: "") }
    #expect(finding.canary.count == 200 && finding.verdict == .pass)
    #expect(decision.gates.contains { $0.name == "samples" && $0.reason == "20 of 20 canary tenants" })
  }

  @Test func aBreachSaysWhatFiredAndMovesNothing() throws {
    var measured = try Measured(Self.parse)
    measured.add("v7", tenants: 0..<20, Self.error(every: 4))
    measured.add("v6", tenants: 20..<400, Self.error(every: 101))
    measured.write()
    let before = measured.world.files.text(World.store)
    let report = try measured.world.move(.promote)
    #expect(report.decision.status == .rollback)
    #expect(report.decision.reasons.first?.hasPrefix("parse failures above 4%: 25%") == true)
    #expect(measured.world.files.text(World.store) == before)
    #expect(try measured.world.status().outlook == .rollback)
  }

  @Test func aKillTriggerOutranksEverything() throws {
    var measured = try Measured(Self.parse + "\nKill trigger:\n- cost exceeds 5x control over 1h")
    let cost = { (dollars: String) in
      { (index: Int) in ",\"parse_error\":\(index % 4 == 0),\"cost_usd\":\(dollars)\(index % 7)" }
    }
    measured.add("v7", tenants: 0..<20, cost("0.9"))
    measured.add("v6", tenants: 20..<400, cost("0.01"))
    let decision = try measured.look()
    #expect(decision.status == .kill)
    #expect(decision.reasons.first?.hasPrefix("cost exceeds 5x control over 1h: ") == true)
  }

  @Test func oneEventIsTooManyWhereNoneIsTolerated() throws {
    var measured = try Measured("Rollback trigger:\n- policy violations above 0")
    measured.addBoth { ",\"policy_violation\":\($0 == 7)" }
    #expect(try measured.look().status == .rollback)
  }

  /// The canary's records of people outside the stage's cohort say nothing about the stage.
  @Test func onlyTheStagesCohortCounts() throws {
    var measured = try Measured(Self.parse)
    measured.addBoth(Self.error(every: 101))
    measured.add("v7", tenants: 400..<420, plan: "free", Self.error(every: 2))
    #expect(try measured.look().status == .done)
  }

  @Test func aWindowLooksAtItsOwnTimeOnly() throws {
    let spell = { (index: Int) in ",\"parse_error\":\(index < 60)" }
    var whole = try Measured(Self.parse)
    whole.add("v7", tenants: 0..<20, spell)
    whole.add("v6", tenants: 20..<400, Self.error(every: 101))
    #expect(try whole.look().status == .rollback)
    var lately = try Measured(Self.parse + " over 30m")
    lately.add("v7", tenants: 0..<20, spell)
    lately.add("v6", tenants: 20..<400, Self.error(every: 101))
    #expect(try lately.look().status == .done)
  }

  @Test func oneTenantsTroubleIsNamed() throws {
    let trigger = "Kill trigger:\n- cost exceeds 5x control in any tenant"
    var measured = try Measured(trigger)
    let cost = { (index: Int) in ",\"cost_usd\":0.0\(1 + index % 3)" }
    measured.add("v7", tenants: 0..<19, records: 60, cost)
    measured.add("v7", tenants: 19..<20, records: 60) { ",\"cost_usd\":0.\(36 + $0 % 3)" }
    measured.add("v6", tenants: 20..<400, records: 10, cost)
    let decision = try measured.look()
    #expect(decision.status == .kill)
    #expect(decision.reasons.first?.contains("tenant t19: ") == true, "\(decision.reasons)")
    // The same figures spread over everybody are no trouble.
    var mild = try Measured(trigger)
    mild.add("v7", tenants: 0..<20, records: 60, cost)
    mild.add("v6", tenants: 20..<400, records: 10, cost)
    #expect(try mild.look().status == .done)
  }

  // MARK: No data is never a pass

  @Test(arguments: [
    ("broken", "of 4050 lines are broken"), ("unlabelled", "carry no prompt_version"), ("untimed", "carry no time"),
    ("other", "carries prompt_version = v7"), ("stale", "the newest record is"), ("none", "no file has such a name"),
    ("empty", "no record"), ("crossing", "sent records of both versions"),
  ]) func evidenceThatCannotBeTrustedHolds(fault: String, says: String) throws {
    var measured = try Measured(Self.parse)
    if fault == "stale" {
      measured.addBoth(Self.error(every: 101))
      measured.world.clock.advance(.hours(3))
    } else if fault == "other" {
      measured.add("v9", tenants: 0..<400, Self.error(every: 101))
    } else if fault == "crossing" {
      measured.add("v7", tenants: 0..<20, Self.error(every: 101))
      measured.add("v6", tenants: 0..<400, Self.error(every: 101))
    } else {
      measured.addBoth(Self.error(every: 101))
    }
    switch fault {
    case "broken": measured.write(Array(repeating: "{\"ts\": nonsense", count: 50).joined(separator: "\n") + "\n")
    case "unlabelled":
      measured.write(
        Array(repeating: "{\"ts\":\"2026-11-21T11:00:00Z\",\"tenant\":\"x\",\"plan\":\"paid\"}\n", count: 400).joined())
    case "untimed":
      measured.write(
        Array(repeating: "{\"prompt_version\":\"v7\",\"tenant\":\"x\",\"plan\":\"paid\"}\n", count: 400).joined())
    case "none": break
    case "empty": measured.world.files.put(Measured.log, "")
    default: measured.write()
    }
    try measured.world.attest("gates")
    let decision = try measured.world.move(.promote, dryRun: true).decision
    #expect(decision.status == .hold)
    #expect(decision.reasons.contains { $0.hasPrefix("evidence: ") && $0.contains(says) }, "\(decision.reasons)")
  }

  @Test func tooFewTenantsHold() throws {
    var measured = try Measured(Self.parse)
    measured.add("v7", tenants: 0..<19, records: 100, Self.error(every: 101))
    measured.add("v6", tenants: 20..<381, Self.error(every: 101))
    #expect(try measured.gate("samples")?.verdict == .hold)
    #expect(try measured.gate("samples")?.reason == "19 of 20 canary tenants")
  }

  @Test func aSplitThatIsNotTheStagesHolds() throws {
    var measured = try Measured(Self.parse)
    measured.add("v7", tenants: 0..<80, Self.error(every: 101))
    measured.add("v6", tenants: 80..<400, Self.error(every: 101))
    let gate = try #require(try measured.gate("sample ratio"))
    #expect(gate.verdict == .hold && gate.reason.hasPrefix("20% of the tenants"))
  }

  /// A person answers for what no machine measures, and for nothing else.
  @Test func attestingCoversOnlyWhatCannotBeMeasured() throws {
    var measured = try Measured(
      Self.parse + "\n- quality below baseline 0.9\n- p95 latency up more than 10% vs the previous stage")
    measured.addBoth { ",\"parse_error\":false,\"quality\":0.8\($0 % 9)" }
    #expect(try measured.look().gates.filter { $0.verdict != .pass && !$0.advisory }.count == 2)
    try measured.world.attest("gates")
    let left = try measured.look().gates.filter { $0.verdict != .pass && !$0.advisory }
    #expect(left.map(\.name) == ["quality below baseline 0.9"])
    #expect(left.first?.verdict == .breach)
  }

  /// Staff have the canary one and all: what they had before it is what it is held against.
  @Test func aStageWithoutControlIsHeldAgainstTheTimeBefore() throws {
    var measured = try Measured(
      "Rollback trigger:\n- cost up more than 20%", schedule: "internal 0s -> 5% of paid 0s -> 100% 0s")
    let staff = { (dollars: String) in { (index: Int) in ",\"team\":\"staff\",\"cost_usd\":\(dollars)\(index % 5)" } }
    measured.add("v6", tenants: 0..<30, records: 40, since: .hours(5), staff("0.02"))
    measured.lines.removeLast(measured.lines.count / 3)
    measured.add("v7", tenants: 0..<30, records: 40, staff("0.05"))
    let decision = try measured.look()
    #expect(decision.status == .rollback, "\(decision.reasons)")
    #expect(try measured.world.status().evidence?.remarks.contains { $0.contains("before it") } == true)
  }

  @Test func whatDecidedIsShownWithItsNumbers() throws {
    var measured = try Measured(Self.parse)
    measured.addBoth(Self.error(every: 101))
    measured.write()
    let report = try measured.world.status()
    let text = StatusText(report).gates
    #expect(text.contains("Gates (canary 200 · control 3,800 · since Sat 21 Nov 10:00 +00:00)"), "\(text)")
    #expect(text.contains("✓ rollback if parse failures above 4%   1% ["), "\(text)")
    let gate = report.json["gates"]?.items?.first { $0["name"] == "parse failures above 4%" }
    #expect(gate?["canary"]?["n"] == .number(200))
    #expect(gate?["threshold"] == .number(0.04))
    #expect(gate?["interval"]?.items?.count == 2)
  }
}
