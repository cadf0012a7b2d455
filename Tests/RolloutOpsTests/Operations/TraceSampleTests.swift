import Testing

@testable import RolloutOps

/// Samples for a review: which records a note means, and since when.
@Suite struct TraceSampleTests {
  private func report(
    _ world: World, target: String? = World.note, _ adjust: (inout TraceSample.Request) -> Void = { _ in }
  ) throws -> SampleReport {
    var request = TraceSample.Request()
    request.target = target
    adjust(&request)
    return try TraceSample(context: world.context(), choices: OperatorChoices()).report(request)
  }

  private static func line(_ version: String, _ time: Instant, _ more: String = "") -> String {
    "{\"ts\":\"\(ISO8601.precise(time))\",\"prompt_version\":\"\(version)\"\(more)}\n"
  }

  /// Two records of each version from before the present stage, and three of the canary and four of the control at it.
  private func world() throws -> World {
    let world = World(note: World.watchedNote)
    try world.move(.promote)
    let before = Instant(microseconds: world.clock.now().microseconds - 3_600_000_000)
    world.clock.advance(.minutes(90))
    let now = Instant(microseconds: world.clock.now().microseconds - 60_000_000)
    let old = ["v6", "v6", "v7", "v7"].map { Self.line($0, before) }
    let new = ["v6", "v6", "v6", "v6", "v7", "v7", "v7", "v5"].map { Self.line($0, now) }
    world.files.put(World.log, (old + new).joined())
    return world
  }

  @Test func theStagesCanaryIsMeant() throws {
    let world = try world()
    let report = try report(world)
    #expect(report.drawn == 3 && report.seen == 3 && report.records == 12)
    #expect(report.text(onTerminal: false).split(separator: "\n").allSatisfy { $0.contains("\"v7\"") })
    #expect(report.remarks.first?.hasPrefix("since 5% of paid began, ") == true)
    #expect(
      report.remarks.contains("left out of 12 records: 7 are of another version or none, 2 are of another time"))
    #expect(report.summary == ["3 of 3 records of prompt_version = v7 drawn from one log, with seed 1"])
  }

  @Test func theFlagsKeyIsEnough() throws {
    #expect(try report(world(), target: "ai-summary").drawn == 3)
  }

  @Test func bothArmsOrTheControl() throws {
    let world = try world()
    #expect(try report(world) { $0.arms = .control }.drawn == 4)
    let both = try report(world) { ($0.arms, $0.fields, $0.size) = (.both, ["prompt_version"], 4) }
    #expect(both.strata.map(\.values) == [["v6"], ["v7"]] && both.strata.map(\.drawn.count) == [2, 2])
    let named = try report(world) { $0.versions = [VersionLabel(field: "prompt_version", value: "v5")] }
    #expect(named.drawn == 1)
  }

  @Test func anotherTimeMayBeMeant() throws {
    #expect(try report(world()) { $0.since = "30d" }.drawn == 5)
    #expect(try report(world()) { ($0.since, $0.until) = ("30d", "90m") }.drawn == 2)
    #expect(throws: Trouble.self) { try report(world()) { $0.since = "soon" } }
  }

  /// Before the rollout, and without a readable journal, all the canary's records count; the second is said.
  @Test func withoutAJournalAllTimesCount() throws {
    let fresh = World(note: World.watchedNote)
    fresh.files.put(World.log, Self.line("v7", fresh.clock.now()) + Self.line("v6", fresh.clock.now()))
    let before = try report(fresh)
    #expect(before.drawn == 1 && before.status == .done)
    let world = try world()
    world.files.put(World.journal, "{}\n")
    let without = try report(world)
    #expect(without.drawn == 5 && without.remarks.contains { $0.contains("this is no journal entry") })
  }

  @Test func aMetricsServerKeepsNoRecords() throws {
    for (evidence, why) in [
      ("Evidence: prometheus+https://p:9090", "metrics server, which keeps no records"), (nil, "names no `Evidence:`"),
    ] {
      let world = World(note: SampleNote.saying("Evidence", evidence, in: World.watchedNote))
      let report = try report(world)
      #expect(report.status == .hold && report.drawn == 0)
      #expect(report.reasons.first?.contains(why) == true && report.reasons.first?.contains("--traces") == true)
    }
  }

  @Test func logsAloneNeedNoNote() throws {
    let world = try world()
    let report = try report(world, target: nil) { $0.traces = ["traces/*.ndjson"] }
    #expect(report.drawn == 12 && report.versions == [])
    #expect(throws: Trouble.self) {
      try self.report(world, target: nil) { ($0.traces, $0.arms) = (["traces/*.ndjson"], .both) }
    }
  }

  @Test func nothingToDrawFromIsSaid() throws {
    let world = try world()
    let report = try report(world) { $0.filter = "plan = paid" }
    #expect(report.status == .hold && report.reasons == ["no record of 12 is wanted: 12 are not selected"])
    world.files.put(World.log, "no log\nat all\n")
    #expect(try self.report(world).reasons == ["no line could be read as a record"])
    #expect(
      try self.report(world).remarks.contains("traces/today.ndjson:1: broken (2 of 2 lines): it is no JSON object"))
  }

  @Test func oneHeaderCannotSayTwoForms() throws {
    let world = try world()
    world.files.put("/w/traces/more.csv", "ts,prompt_version\n2026-11-20T00:00:00Z,v7\n")
    let report = try report(world, target: nil) { $0.traces = ["traces/*"] }
    #expect(report.mixed?.contains("--format json") == true)
    #expect(report.json["sample"]?.items?.count == 13)
    let alone = try self.report(world, target: nil) { $0.traces = ["traces/more.csv"] }
    #expect(alone.mixed == nil && alone.text(onTerminal: false) == "ts,prompt_version\n2026-11-20T00:00:00Z,v7\n")
  }

  /// A row may hold what a terminal obeys; a pipe gets it, a terminal does not.
  @Test func aTerminalGetsNothingThatItObeys() throws {
    let world = try world()
    world.files.put("/w/traces/more.csv", "ts,prompt_version\n2026-11-20T00:00:00Z,\u{1B}[31mv7\n")
    let report = try report(world, target: nil) { $0.traces = ["traces/more.csv"] }
    #expect(report.text(onTerminal: false).contains("\u{1B}[31m"))
    #expect(!report.text(onTerminal: true).contains("\u{1B}") && !report.markdown.contains("\u{1B}"))
  }

  @Test func aSheetHoldsWhateverARecordSays() throws {
    let world = try world()
    world.files.put(
      "/w/traces/more.ndjson", "{\"prompt_version\":\"v7\",\"text\":\"```\\n# no heading\\n- [x] ticked\"}\n")
    let report = try report(world, target: nil) {
      ($0.traces, $0.fields) = (["traces/more.ndjson"], ["prompt_version"])
    }
    #expect(report.markdown.contains("````json\n") && report.markdown.contains("- [ ] traces/more.ndjson:1"))
    #expect(report.markdown.contains("### prompt\\_version v7"))
  }

  @Test func everySeedIsANumber() {
    #expect(TraceSample.number(of: "1") == 0x6B86_B273_FF34_FCE1)
    #expect(TraceSample.number(of: "week-47") != TraceSample.number(of: "week-48"))
  }
}
