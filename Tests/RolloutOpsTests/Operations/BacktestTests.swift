import Testing

@testable import RolloutOps

/// Past traffic played again: what a look sees, when a trigger would have fired, and what cannot be told.
@Suite struct BacktestTests {
  /// A day of traffic from midnight on, as a log would have it.
  struct Day {
    static let start = Instant(seconds: 1_795_132_800)
    var lines: [String] = []

    /// One record of that version every so many seconds, each from the next of so many units.
    mutating func add(
      _ version: String, every seconds: Int = 30, tenants: Int = 60, hours: Range<Int> = 0..<6,
      _ each: (Int) -> String
    ) {
      for (index, second) in stride(from: hours.lowerBound * 3600, to: hours.upperBound * 3600, by: seconds)
        .enumerated()
      {
        let time = ISO8601.string(Self.start + TimeSpan(seconds: second))
        lines.append(
          "{\"ts\":\"\(time)\",\"prompt_version\":\"\(version)\",\"tenant\":\"\(version)-\(index % tenants)\","
            + "\"plan\":\"paid\"\(each(index))}")
      }
    }

    var text: String { lines.map { $0 + "\n" }.joined() }
  }

  static let metrics = """
    Metrics to watch:
    - quality: mean(quality)
    - latency: p95(latency_ms)
    - cost: mean(cost_usd)
    - parse failures: rate(parse_error)
    - policy violations: count(policy_violation)
    """

  private func world(_ triggers: String, _ day: Day, evidence: String = "traces/*.ndjson") -> World {
    let world = World(
      note: World.plainNote.replacing("Rollback trigger:\n- parse failures above 2%", with: "")
        + "\nEvidence: \(evidence)\nBands: none\n\(Self.metrics)\n\(triggers)\n")
    world.files.put(World.log, day.text)
    return world
  }

  private func report(
    _ world: World, _ adjust: (inout Backtest.Request) -> Void = { _ in }
  ) throws -> BacktestReport {
    var request = Backtest.Request()
    (request.target, request.splits, request.every) = (World.note, 0, .minutes(10))
    adjust(&request)
    return try Backtest(context: world.context(), choices: OperatorChoices()).report(request)
  }

  private func fired(_ report: BacktestReport, _ index: Int = 0) throws -> BacktestReport.Fired {
    guard case .fired(let fired) = report.rows[index].outcome else { throw Nothing(report.rows[index].outcome) }
    return fired
  }

  private func why(_ report: BacktestReport, _ index: Int = 0) throws -> String {
    guard case .unanswered(let why) = report.rows[index].outcome else { throw Nothing(report.rows[index].outcome) }
    return why
  }

  private struct Nothing: Error {
    let outcome: BacktestReport.Outcome
    init(_ outcome: BacktestReport.Outcome) { self.outcome = outcome }
  }

  private static func failing(from first: Int, every: Int = 4) -> @Sendable (Int) -> String {
    {
      ",\"parse_error\":\($0 >= first && $0 % every == 0),\"quality\":0.\(80 + $0 % 7),\"latency_ms\":\(300 + $0 % 90)"
    }
  }

  private static let steady: @Sendable (Int) -> String = failing(from: 0, every: 97)

  // MARK: When

  /// The same records, asked by `gate` at the moment of a look and by a backtest at that look.
  @Test func aLookSaysWhatGateSays() throws {
    let triggers = """
      Hold trigger:
      - p95 latency up more than 10%
      - cost above 1 per hour
      Rollback trigger:
      - parse failures above 4%
      - quality drops by more than 5%
      - parse failures above 30% in any tenant
      Kill trigger:
      - cost exceeds 5x control over 1h
      """
    var measured = try MeasurementTests.Measured(
      triggers,
      more: "Fields:\n- none = none\n")
    let each = { (index: Int) in
      Self.failing(from: 500, every: 9)(index) + ",\"cost_usd\":0.0\(1 + index * 7 % 5)"
    }
    // Whole minutes, so that a look can be at this moment.
    measured.world.clock.advance(TimeSpan(seconds: 60 - measured.world.clock.now().seconds % 60))
    measured.add("v7", tenants: 0..<20, records: 40, each)
    measured.add("v6", tenants: 20..<80, records: 40, each)
    measured.write()
    let now = measured.world.clock.now()
    let gates = try measured.look().gates.compactMap(\.found)
    let note = try #require(measured.world.files.text(World.note))
    let plan = try #require(Note.read(Array(note.utf8), path: "note").plan)
    var course = BacktestCourse(
      plan, try #require(plan.version), BacktestCourse.Scope(step: .minutes(1), splits: true), now: now)
    course.evidence = try TraceLogs(DiskInputs(files: measured.world.files)).ask(
      course.reading, [MeasurementTests.Measured.log])
    // The stage began before the first record.
    let since = try #require(measured.world.status().stages.first { $0.state == .current }?.since)
    let replay = Replay(
      course.tape, course.question(since: since), course.asked.map(\.asked), measures: course.reading.measures,
      every: .minutes(1))
    var last: Replay.Rows = []
    replay.play { _, look, rows in
      if look <= now { last = rows }
      return true
    }
    #expect(last.count == 6 && gates.count == 6)
    for gate in gates {
      let row = try #require(last.first { $0.trigger == gate.trigger })
      guard case .found(let one) = row.outcome, case .found(let other) = gate.outcome else {
        Issue.record("\(row) \(gate)")
        continue
      }
      #expect(
        one.verdict == other.verdict && one.reason == other.reason && one.method == other.method, "\(one) \(other)")
      #expect(one.canary.count == other.canary.count && one.control?.count == other.control?.count)
      #expect(row.segment == gate.segment)
      for (mine, theirs) in [
        (one.canary.value, other.canary.value), (one.control?.value, other.control?.value), (one.pValue, other.pValue),
        (one.designEffect, other.designEffect),
      ] {
        #expect((mine == nil) == (theirs == nil))
        if let mine, let theirs { #expect(abs(mine - theirs) <= 1e-9 * max(1, abs(theirs)), "\(gate.trigger.text)") }
      }
    }
  }

  @Test func theFirstEventFiresAtTheNextLook() throws {
    var day = Day()
    day.add("v7") { ",\"policy_violation\":\($0 == 250)" }
    day.add("v6") { _ in ",\"policy_violation\":false" }
    let report = try report(world("Kill trigger:\n- policy violations above 0", day))
    // 250 · 30 s is 02:05:00.
    let first = try fired(report)
    #expect(first.time == Day.start + .minutes(130) && first.look == 13 && first.after == .minutes(130))
    #expect(report.looks == 36 && report.status == .done)
    let rarely = try self.report(world("Kill trigger:\n- policy violations above 0", day)) { $0.every = .hours(2) }
    #expect(try fired(rarely).time == Day.start + .hours(4))
  }

  /// What came after a look must not matter to it.
  @Test func noLookSeesTheFuture() throws {
    var whole = Day()
    whole.add("v7", Self.failing(from: 240))
    whole.add("v6", Self.steady)
    let triggers = "Rollback trigger:\n- parse failures above 4%\n- quality drops by more than 5%"
    let all = try fired(try report(world(triggers, whole)))
    #expect(all.time > Day.start + .hours(2) && all.time < Day.start + .hours(4))
    var part = Day()
    let end = ISO8601.string(all.time)
    part.lines = whole.lines.filter { line in line.split(separator: "\"")[3] < end }
    #expect(part.lines.count < whole.lines.count)
    let cut = try fired(try report(world(triggers, part)))
    #expect(cut.time == all.time && cut.row == all.row)
    // One look less, and it would not have.
    part.lines = whole.lines.filter { $0.split(separator: "\"")[3] < ISO8601.string(all.time - .minutes(10)) }
    #expect(try report(world(triggers, part)).fired.isEmpty)
  }

  @Test func aWindowSeesItsOwnTimeAlone() throws {
    // Five quiet hours, and one in which every call costs a hundred times as much.
    let cost = { (index: Int) in ",\"cost_usd\":\(index >= 600 ? "1.0" : "0.01")\(index % 7)" }
    var day = Day()
    day.add("v7", cost)
    day.add("v6") { ",\"cost_usd\":0.01\($0 % 7)" }
    let report = try report(world("Kill trigger:\n- cost exceeds 40x control over 1h\n- cost exceeds 40x control", day))
    let first = try fired(report)
    #expect(first.time > Day.start + .hours(5) && first.time <= Day.start + .hours(6))
    guard case .quiet(let row) = report.rows[1].outcome else { throw Nothing(report.rows[1].outcome) }
    #expect(!row.isBreach)
    guard case .found(let finding) = first.row.outcome else { throw Nothing(report.rows[0].outcome) }
    #expect(finding.canary.count == 120, "an hour of a record every 30 s")
  }

  @Test func theSegmentThatFiresIsNamed() throws {
    var day = Day()
    day.add("v7", tenants: 10) { Self.failing(from: 0, every: $0 % 10 == 3 ? 1 : 97)($0) }
    day.add("v6", tenants: 10, Self.steady)
    let report = try report(world("Rollback trigger:\n- parse failures above 50% in any tenant", day))
    #expect(try fired(report).row.segment == "v7-3")
  }

  /// Per hour means of the time that there was by then, an hour at least: before it the total has not come together.
  @Test func aSumIsSpreadOverTheTimeSoFar() throws {
    var day = Day()
    day.add("v7", every: 36) { _ in ",\"cost_usd\":0.01" }
    // A hundred cents an hour, from the first look to the last.
    #expect(try report(world("Hold trigger:\n- cost above 1.05 per hour", day)).fired.isEmpty)
    let first = try fired(report(world("Hold trigger:\n- cost above 0.95 per hour", day)))
    #expect(first.after == .hours(1))
  }

  @Test func theDefaultStepDependsOnTheTime() throws {
    var day = Day()
    day.add("v7", every: 3600, hours: 0..<(24 * 5)) { _ in ",\"policy_violation\":false" }
    let trigger = "Kill trigger:\n- policy violations above 0"
    let five = try report(world(trigger, day)) { $0.every = nil }
    #expect(five.every == .hours(1) && five.looks == 24 * 5)
    let one = try report(world(trigger, day)) { ($0.every, $0.until) = (nil, "2026-11-21") }
    #expect(one.every == .minutes(10) && one.last == Day.start + .hours(23) + .minutes(10) && one.canaryRecords == 24)
    let later = try report(world(trigger, day)) { $0.since = "2026-11-21" }
    #expect(later.first == Day.start + .days(1) && later.canaryRecords == 96)
    #expect(throws: Trouble.self) { try report(world(trigger, day)) { $0.every = TimeSpan(seconds: 1) } }
  }

  @Test func oldVersionsMayPlay() throws {
    var day = Day()
    day.add("v5", Self.failing(from: 0))
    day.add("v4", Self.steady)
    let world = world("Rollback trigger:\n- parse failures above 4%", day)
    let unknown = try report(world)
    #expect(unknown.status == .hold)
    #expect(unknown.reasons.first?.hasPrefix("no record has prompt_version = v7 or v6; there are v") == true)
    #expect(try fired(report(world) { ($0.canary, $0.control) = ("v5", "v4") }).time < Day.start + .hours(2))
    #expect(throws: Trouble.self) { try report(world) { ($0.canary, $0.control) = ("v5", "v5") } }
  }

  // MARK: What cannot be told

  @Test func whatLogsCannotAnswerIsNamed() throws {
    var day = Day()
    day.add("v7", Self.steady)
    let triggers = """
      Rollback trigger:
      - parse failures above 50%
      - refusals above 2%
      - quality drops by more than 5%
      - parse failures above 50% in any region
      - task success below previous stage
      """
    let report = try report(world(triggers, day))
    #expect(report.status == .hold && report.unanswered == 4 && report.reasons == [])
    guard case .quiet = report.rows[0].outcome else { throw Nothing(report.rows[0].outcome) }
    #expect(try why(report, 1) == "no record carries refusal")
    #expect(try why(report, 2).hasSuffix("no record of the control to compare with"))
    #expect(try why(report, 3) == "no record carries region")
    #expect(try why(report, 4) == "it looks back at a rollout's own stages, and past traffic is played as one")
    #expect(BacktestText(report, ink: .none, width: 100).text.contains("4 of 5 cannot be answered"))
  }

  @Test func metricsServersAreNotReplayed() throws {
    let queries = Self.metrics.replacing(
      "rate(parse_error)", with: "ratio(`e{v=\"$version\"}[$window]`, `a{v=\"$version\"}[$window]`)")
    let day = { () -> Day in
      var day = Day()
      day.add("v7", Self.steady)
      return day
    }()
    let world = world("Rollback trigger:\n- parse failures above 2%", day, evidence: "prometheus+https://p:9090")
    let logsOnly = try report(world)
    #expect(logsOnly.status == .hold && logsOnly.reasons.first?.contains("name logs with --traces FILE") == true)
    world.files.put(World.note, (world.files.text(World.note) ?? "").replacing(Self.metrics, with: queries))
    let none = try report(world) { $0.traces = ["traces/today.ndjson"] }
    #expect(none.status == .hold && none.reasons == ["no trigger of the note can be answered by logs"])
    #expect(try why(none) == "a metrics server measures it, whose past is not replayed")
  }

  @Test func logsThatSayNothingAreNamed() throws {
    let trigger = "Rollback trigger:\n- parse failures above 2%"
    var timeless = Day()
    timeless.lines = Array(repeating: "{\"prompt_version\":\"v7\",\"parse_error\":true}", count: 5)
    #expect(
      try report(world(trigger, timeless)).reasons == [
        "no record carries a time, so nothing tells what came before what"
      ])
    var broken = Day()
    broken.lines = ["no log"]
    #expect(try report(world(trigger, broken)).reasons == ["no line could be read as a record"])
    var day = Day()
    day.add("v7", Self.steady)
    #expect(try report(world(trigger, day)) { $0.filter = "plan = free" }.reasons == ["no record is selected"])
    #expect(try report(world(trigger, day)) { $0.since = "2026-11-21" }.reasons == ["no record is of that time"])
    #expect(throws: Trouble.self) { try report(world(trigger, day)) { $0.traces = ["nowhere.ndjson"] } }
    #expect(try report(world("", day)).reasons == ["the note has no trigger"])
  }

  /// The note as it is written now is what is tried, not the plan that an open rollout goes by.
  @Test func theNoteAsItStandsIsTried() throws {
    var day = Day()
    day.add("v7", Self.failing(from: 0))
    day.add("v6", Self.steady)
    let world = world("Rollback trigger:\n- parse failures above 90%", day)
    try world.move(.promote)
    #expect(try report(world).fired.isEmpty)
    world.files.put(World.note, (world.files.text(World.note) ?? "").replacing("above 90%", with: "above 4%"))
    #expect(try report(world).fired.count == 1)
  }
}
