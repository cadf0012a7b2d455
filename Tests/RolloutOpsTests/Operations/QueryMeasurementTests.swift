import Testing

@testable import RolloutOps

/// Triggers on metrics that are defined by queries, through the gates of a rollout on a scripted clock and server.
@Suite struct QueryMeasurementTests {
  static let metrics = """
    Evidence: prometheus+https://prom
    Bands: none
    Metrics to watch:
    - parse failures: ratio(`e{v="$version"}[$window]`, `a{v="$version"}[$window]`)
    - latency: quantile(0.95, `seconds_bucket_seconds{v="$version"}[$window]`)
    - cost: mean(`s{v="$version"}[$window]`, `c{v="$version"}[$window]`)
    - quality: `q{v="$version"}[$window]`
    """

  /// In the stage of 5%, one minute after it began, which is when the last reader of the flag file has seen it.
  static func world(_ triggers: String) throws -> World {
    let note = SampleNote.saying("Schedule", "Schedule: 5% 0s -> 100% 0s", in: World.plainNote)
    let world = World(
      note: SampleNote.saying("Rollback trigger", metrics + "\nRollback trigger:\n" + triggers, in: note))
    try world.move(.promote)
    world.clock.advance(TimeSpan(seconds: 66))
    return world
  }

  /// One of the queries as it arrives.
  static func query(_ name: String, _ version: String = "v7", seconds: Int = 60) -> String {
    "\(name){v=\"\(version)\"}[\(seconds)s]"
  }

  static func ratio(_ version: String, _ events: Int, _ all: Int) -> [ScriptedHTTP.Stub] {
    [.number(query("e", version), "\(events)"), .number(query("a", version), "\(all)")]
  }

  private func gate(_ world: World, _ name: String) throws -> Gate {
    let gates = try world.status().gates
    return try #require(gates.first { $0.name == name }, "\(gates.map(\.name))")
  }

  private func verdict(
    _ trigger: String, _ stubs: [ScriptedHTTP.Stub], seconds: Int = 60
  ) throws -> (verdict: Verdict, reason: String) {
    let world = try Self.world("- \(trigger)")
    for stub in stubs { world.http.add(stub) }
    let gate = try gate(world, trigger)
    #expect(world.http.unused == [])
    return (gate.verdict, gate.reason)
  }

  @Test func aRatioIsJudgedWithAnInterval() throws {
    let trigger = "parse failures above 2%"
    let good = try verdict(trigger, Self.ratio("v7", 10, 2000))
    #expect(good.verdict == .pass && good.reason.hasPrefix("0.5% ["), "\(good)")
    let bad = try verdict(trigger, Self.ratio("v7", 120, 2000))
    #expect(bad.verdict == .breach, "\(bad)")
    let unsure = try verdict(trigger, Self.ratio("v7", 5, 200))
    #expect(unsure.verdict == .hold, "\(unsure)")
  }

  @Test func armsAreCompared() throws {
    let trigger = "parse failures up more than 20%"
    let bad = try verdict(trigger, Self.ratio("v7", 120, 2000) + Self.ratio("v6", 400, 38_000))
    #expect(bad.verdict == .breach, "\(bad)")
    let none = try verdict(trigger, Self.ratio("v7", 20, 2000) + [.vector(Self.query("e", "v6"), [])])
    #expect(none.verdict == .hold && none.reason.contains("no data"), "\(none)")
  }

  @Test func oneEventIsTooManyWhereNoneIsTolerated() throws {
    #expect(try verdict("parse failures above 0", Self.ratio("v7", 1, 2000)).verdict == .breach)
    #expect(try verdict("parse failures above 0", Self.ratio("v7", 0, 2000)).verdict == .pass)
  }

  @Test func aMeanIsABareNumberAndSaysSo() throws {
    let stubs = { (sum: Int) -> [ScriptedHTTP.Stub] in
      [
        .number(Self.query("s"), "\(sum)"), .number(Self.query("c"), "100"), .number(Self.query("s", "v6"), "1000"),
        .number(Self.query("c", "v6"), "1000"),
      ]
    }
    let good = try verdict("cost up more than 20%", stubs(110))
    #expect(good.verdict == .pass && good.reason.contains("without an interval"), "\(good)")
    #expect(try verdict("cost up more than 20%", stubs(121)).verdict == .breach)
    let idle = try verdict("cost above 3", [.number(Self.query("s"), "0"), .number(Self.query("c"), "0")])
    #expect(idle.verdict == .hold && idle.reason.contains("no request"), "\(idle)")
  }

  @Test func aBareQueryIsTakenAsItIs() throws {
    #expect(try verdict("quality below 0.8", [.number(Self.query("q"), "0.81")]).verdict == .pass)
    #expect(try verdict("quality below 0.8", [.number(Self.query("q"), "0.79")]).verdict == .breach)
    #expect(try verdict("quality below 0.8", [.number(Self.query("q"), "NaN")]).verdict == .hold)
  }

  private static func buckets(_ version: String, _ counts: [(le: String, count: Int)]) -> ScriptedHTTP.Stub {
    .vector(query("seconds_bucket_seconds", version), counts.map { ("{\"le\":\"\($0.le)\"}", "\($0.count)") })
  }

  @Test func aLimitOnABoundIsAShareWithAnInterval() throws {
    let good = Self.buckets("v7", [("1", 1500), ("3", 1980), ("+Inf", 2000)])
    let passed = try verdict("p95 latency exceeds 3 s", [good])
    #expect(
      passed.verdict == .pass && passed.reason.hasPrefix("1% [") && passed.reason.contains("share beyond 3 s"),
      "\(passed)")
    let bad = Self.buckets("v7", [("1", 1500), ("3", 1700), ("+Inf", 2000)])
    #expect(try verdict("p95 latency exceeds 3 s", [bad]).verdict == .breach)
  }

  @Test func aLimitBetweenBoundsIsABareQuantile() throws {
    let values = Self.buckets("v7", [("1", 1500), ("3", 1990), ("+Inf", 2000)])
    let found = try verdict("p95 latency exceeds 2.9 s", [values])
    #expect(found.verdict == .pass && found.reason.contains("without an interval"), "\(found)")
    #expect(try verdict("p95 latency exceeds 2 s", [values]).verdict == .breach)
    // The trigger's own level, on the same histogram.
    #expect(try verdict("p50 latency exceeds 2 s", [values]).verdict == .pass)
  }

  @Test func beyondTheLastBoundNobodyKnows() throws {
    let values = Self.buckets("v7", [("1", 1500), ("3", 1800), ("+Inf", 2000)])
    #expect(try verdict("p95 latency exceeds 2 s", [values]).verdict == .breach)
    let above = try verdict("p95 latency exceeds 10 s", [values])
    #expect(above.verdict == .hold && above.reason.contains("last bound"), "\(above)")
    let control = Self.buckets("v6", [("1", 1500), ("3", 1800), ("+Inf", 2000)])
    #expect(try verdict("p95 latency up more than 10%", [values, control]).verdict == .hold)
  }

  @Test func aServerThatIsDownIsAskedOnce() throws {
    let world = try Self.world("- parse failures above 2%\n- quality below 0.8\n- cost above 3")
    world.http.add(.failed(Self.query("e"), .timeout(milliseconds: 10_000)))
    let gates = try world.status().gates
    #expect(gates.filter { $0.name == "evidence" }.map(\.verdict) == [.hold])
    #expect(gates.contains { $0.reason.contains("did not answer within 10 s") })
    #expect(gates.first { $0.name == "quality below 0.8" }?.verdict == .hold)
    #expect(world.http.requests.count == 1)
  }

  @Test func aWindowNeedsItsPlaceInTheQuery() throws {
    let note = SampleNote.saying("Schedule", "Schedule: 5% 0s -> 100% 0s", in: World.plainNote)
    let world = World(
      note: SampleNote.saying(
        "Rollback trigger",
        """
        Evidence: prometheus+https://prom
        Bands: none
        Metrics to watch:
        - quality: `q{v="$version"}`
        Rollback trigger:
        - quality below 0.8 over 1h
        """, in: note))
    try world.move(.promote)
    let gate = try gate(world, "quality below 0.8 over 1h")
    #expect(gate.verdict == .hold && gate.reason.contains("[$window]"), "\(gate.reason)")
  }

  @Test func aSampleIsWhatQueriesCount() throws {
    let world = try Self.world("- parse failures above 2%")
    for stub in Self.ratio("v7", 0, 199) { world.http.add(stub) }
    #expect(try gate(world, "samples").reason == "199 of 200 canary records")
    let bare = try Self.world("- quality below 0.8")
    bare.http.add(.number(Self.query("q"), "0.9"))
    #expect(try gate(bare, "samples").verdict == .hold)
  }

  @Test func aTokenComesFromTheEnvironmentAndShowsNowhere() throws {
    let world = try Self.world("- quality below 0.8")
    world.variables.withLock { $0["PROMETHEUS_TOKEN"] = "planted-token" }
    world.http.add(.said(Self.query("q"), "no", 403))
    let reasons = try world.status().gates.map(\.reason).joined()
    #expect(world.http.requests.first?.authorization?.plain == "Bearer planted-token")
    #expect(reasons.contains("PROMETHEUS_TOKEN") && !reasons.contains("planted-token"))
  }

  @Test(arguments: [
    "prometheus+http://10.0.0.1:9090", "prometheus+https://me:hunter2@prom",
    "prometheus+https://a\n- prometheus+https://b",
  ])
  func anAddressThatMayNotBeAskedHolds(address: String) throws {
    let note = SampleNote.saying("Schedule", "Schedule: 5% 0s -> 100% 0s", in: World.plainNote)
    let text = SampleNote.saying(
      "Rollback trigger", Self.metrics + "\nRollback trigger:\n- quality below 0.8", in: note)
    let world = World(note: SampleNote.saying("Evidence", "Evidence:\n- \(address)", in: text))
    try world.move(.promote)
    let gates = try world.status().gates
    #expect(gates.contains { $0.name == "evidence" && $0.verdict == .hold })
    #expect(!gates.contains { $0.reason.contains("hunter2") })
  }
}
