import Testing

@testable import RolloutOps

/// Before any traffic: both versions on the same cases, and what of it lets a change go on.
@Suite struct OfflineEvidenceTests {
  struct Offline {
    let world: World
    var lines: [String] = []

    init(
      _ triggers: String, schedule: String = "offline -> 5% of paid 0s -> 100% 0s",
      evaluation: String = "eval/*.ndjson", edit: (String) -> String = { $0 }
    ) throws {
      let note = World.plainNote.replacing("Rollback trigger:\n- parse failures above 2%", with: "")
        .replacing("Schedule: internal 0s -> 5% of paid 0s -> 25% of paid 0s -> 100% 0s", with: "Schedule: \(schedule)")
      world = World(
        note: edit(
          note + "\nEvidence: traces/*.ndjson\nBands: none\nEvaluation: \(evaluation)\n"
            + "Metrics to watch:\n- quality: mean(quality)\n\(triggers)\n"))
      try world.move(.promote)
    }

    /// So many cases of that kind, answered by one version.
    mutating func add(_ version: String, _ set: String?, _ count: Int, _ each: (Int) -> String) {
      let kind = set.map { "\"set\":\"\($0)\"," } ?? ""
      lines += (0..<count).map { "{\"prompt_version\":\"\(version)\",\(kind)\(each($0))}" }
    }

    mutating func addBoth(known: Int = 30, format: Int = 30, _ each: (Int) -> String) {
      for version in ["v6", "v7"] {
        add(version, "representative", 60, each)
        add(version, "known bad", known, each)
        add(version, "Format-sensitive", format, each)
      }
    }

    func write(_ more: String = "") {
      world.files.put("/w/eval/v7.ndjson", lines.joined(separator: "\n") + "\n" + more)
    }

    func look() throws -> Decision {
      write()
      return try world.move(.promote, dryRun: true).decision
    }
  }

  private static let quality = "Rollback trigger:\n- quality drops by more than 5%"
  private static func good(_ index: Int) -> String { "\"quality\":0.\(80 + index % 9)" }
  private static func bad(_ index: Int) -> String { "\"quality\":0.\(50 + index % 9)" }

  private static func sound(_ triggers: String = quality) throws -> Offline {
    var offline = try Offline(triggers)
    offline.addBoth(good)
    return offline
  }

  @Test func anEqualVersionMayMeetTraffic() throws {
    let offline = try Self.sound()
    let decision = try offline.look()
    #expect(decision.status == .done, "\(decision.reasons)")
    let told = Dictionary(uniqueKeysWithValues: decision.gates.map { ($0.name, $0.reason) })
    #expect(told["cases"] == "120 cases of the canary, 120 of the control; 30 of each are enough")
    #expect(told["sets"] == "representative 60, known-bad 30, format-sensitive 30")
    #expect(told["quality drops by more than 5%"]?.hasPrefix("0.838 vs 0.838: 0% [") == true, "\(told)")
    #expect(!decision.gates.contains { $0.kind == .sampleRatio })
    let status = try offline.world.status()
    #expect(StatusText(status).text.contains("Gates (canary 120 · control 120 · eval/*.ndjson)"))
    try offline.world.move(.promote)
    let seen = try #require(try offline.world.entries.last { $0.content.detail("evidence") != nil })
    #expect(seen.content.detail("evidence")?["evaluation"] == "eval/*.ndjson")
    #expect(seen.content.detail("evidence")?["sets"]?.items?.count == 3)
    #expect(try offline.world.status().place.description == "5% of paid")
  }

  @Test func aWorseVersionStaysWhereNobodyHasIt() throws {
    var offline = try Offline(Self.quality)
    for (version, each) in [("v6", Self.good), ("v7", Self.bad)] {
      for set in Evaluation.sets { offline.add(version, set, 30, each) }
    }
    #expect(try offline.look().status == .rollback)
    // There is nothing to take back.
    let watched = offline.world.look()
    #expect(watched.status == .rollback && !watched.isDone)
    #expect(try offline.world.status().place.stageIndex == 0)
  }

  @Test func proseIsForPeople() throws {
    let offline = try Offline(Self.quality, evaluation: "+3 points on 120 cases")
    #expect(try offline.look().reasons.contains { $0.contains("nobody has looked at offline yet") })
    #expect(try offline.world.status().evidence == nil)
    try offline.world.attest("gates")
    #expect(try offline.look().status == .done)
  }

  // MARK: Kinds of cases

  @Test func whatIsWorseInOneKindIsNamed() throws {
    var offline = try Offline(Self.quality)
    offline.addBoth(known: 0, Self.good)
    offline.add("v6", "known_bad", 30, Self.good)
    offline.add("v7", "known_bad", 30) { "\"quality\":0.\(71 + $0 % 9)" }
    let decision = try offline.look()
    #expect(decision.status == .rollback, "\(decision.reasons)")
    let gate = try #require(decision.gates.first { $0.name.hasPrefix("quality drops") })
    #expect(gate.reason.hasPrefix("worse in known-bad: 0.74"), "\(gate.reason)")
    #expect(gate.figures.first { $0.name == "segment" }?.value == "known-bad")
  }

  /// Cases that are meant to be hard fail in both versions; one that fails more of them is worse.
  @Test func aLimitThatBothMissInAKindIsNoHarm() throws {
    let limit = "Rollback trigger:\n- parse failures above 20%"
    let rarely = { (index: Int) in "\"parse_error\":\(index % 15 == 0)" }
    func offline(fails: Int) throws -> Offline {
      var offline = try Offline(limit)
      offline.addBoth(known: 0, rarely)
      offline.add("v6", "known-bad", 20) { "\"parse_error\":\($0 < 9)" }
      offline.add("v7", "known-bad", 20) { "\"parse_error\":\($0 < fails)" }
      return offline
    }
    #expect(try offline(fails: 9).look().status == .done)
    let worse = try offline(fails: 14).look()
    #expect(worse.status != .done)
    #expect(worse.reasons.contains { $0.contains("worse in known-bad: 70%") }, "\(worse.reasons)")
  }

  /// One answer more or less out of ten is chance, and keeps nobody waiting.
  @Test func aFewCasesOfAKindAreNotTakenForMoreThanTheyAre() throws {
    var offline = try Offline("Rollback trigger:\n- parse failures up more than 10%")
    let often = { (index: Int) in "\"parse_error\":\(index % 4 == 0)" }
    offline.addBoth(known: 0, often)
    offline.add("v6", "known-bad", 10) { "\"parse_error\":\($0 < 3)" }
    offline.add("v7", "known-bad", 10) { "\"parse_error\":\($0 < 4)" }
    let decision = try offline.look()
    #expect(!decision.reasons.contains { $0.contains("worse in") }, "\(decision.reasons)")
    #expect(decision.status == .done, "\(decision.reasons) \(decision.gates.map(\.reason))")
  }

  // MARK: No data is never a pass

  @Test(arguments: [
    ("set", "no known-bad case"), ("few", "4 of 10 known-bad cases of the canary"),
    ("nameless", "no case says its set"), ("control", "no case carries prompt_version = v6"),
    ("canary", "no case carries prompt_version = v7 (others: v8 120)"), ("small", "20 cases of the canary"),
    ("uneven", "run both versions on the same cases"), ("broken", "lines are broken"),
    ("none", "no file has such a name"), ("empty", "the evaluation has no case at all"),
  ])
  func whatIsMissingHolds(what: String, why: String) throws {
    var offline = try Offline(Self.quality)
    var more = ""
    switch what {
    case "set":
      for version in ["v6", "v7"] {
        for set in ["representative", "format-sensitive"] { offline.add(version, set, 40, Self.good) }
      }
    case "few": offline.addBoth(known: 4, Self.good)
    case "nameless": for version in ["v6", "v7"] { offline.add(version, nil, 40, Self.good) }
    case "control": for set in Evaluation.sets { offline.add("v7", set, 40, Self.good) }
    case "canary":
      for version in ["v6", "v8"] { for set in Evaluation.sets { offline.add(version, set, 40, Self.good) } }
    case "small":
      for version in ["v6", "v7"] {
        for (set, count) in zip(Evaluation.sets, [7, 7, 6]) { offline.add(version, set, count, Self.good) }
      }
    case "uneven":
      offline.addBoth(Self.good)
      offline.add("v7", "known-bad", 60, Self.good)
    case "broken":
      offline.addBoth(Self.good)
      more = String(repeating: "{oops}\n", count: 5)
    default: break
    }
    if what != "none" { offline.write(more) }
    let decision = try offline.world.move(.promote, dryRun: true).decision
    #expect(decision.status == .hold)
    #expect(decision.reasons.contains { $0.contains(why) }, "\(decision.reasons)")
  }

  @Test func withoutAControlVersionNothingIsCompared() throws {
    var offline = try Offline(Self.quality, edit: { SampleNote.saying("Control version", nil, in: $0) })
    offline.addBoth(Self.good)
    #expect(try offline.look().reasons.contains { $0.contains("does not name both versions by one field") })
  }

  /// The stage says how many are enough.
  @Test func theStagesSamplesAreCases() throws {
    func offline(_ schedule: String) throws -> Offline {
      var offline = try Offline(Self.quality, schedule: schedule)
      for version in ["v6", "v7"] { for set in Evaluation.sets { offline.add(version, set, 5, Self.good) } }
      return offline
    }
    #expect(try offline("offline 5 samples -> 5% of paid 0s -> 100% 0s").look().status == .done)
    let more = try offline("offline 200 samples -> 5% of paid 0s -> 100% 0s").look()
    #expect(more.reasons.contains { $0.contains("15 cases of the canary, 15 of the control; 200 of each") })
  }

  // MARK: What only traffic can show

  @Test func whatTrafficHasToShowIsNotAskedAndHoldsNothing() throws {
    let offline = try Self.sound(
      """
      Hold trigger:
      - quality drops by more than 5%
      - quality below forecast
      - quality drops by more than 5% in any tenant
      - thumbs down above 10%
      Kill trigger:
      - cost exceeds 5x control over 1h
      - cost above $20 per hour
      - policy violations above 40
      """)
    let decision = try offline.look()
    #expect(decision.status == .done, "\(decision.reasons)")
    let unasked = decision.gates.filter { $0.reason.hasPrefix("not asked offline: ") }
    #expect(unasked.count == 6 && unasked.allSatisfy { $0.advisory && $0.verdict == .hold }, "\(decision.gates)")
    #expect(unasked.map { $0.reason.dropFirst(19) }.contains("it looks over 1h of traffic"))
  }

  @Test func somethingMustBeAsked() throws {
    let offline = try Self.sound("Kill trigger:\n- cost exceeds 5x control over 1h")
    #expect(try offline.look().reasons.contains { $0.contains("no trigger of the note can be asked before traffic") })
  }

  /// A field that no case carries may be misspelled: a person has to say that it is fine.
  @Test func aFieldThatIsNotThereWaitsForAPerson() throws {
    let offline = try Self.sound(Self.quality + "\n- task success below baseline")
    #expect(try offline.look().reasons.contains { $0.contains("no case of the evaluation carries task_success") })
    try offline.world.attest("gates")
    #expect(try offline.look().status == .done)
  }

  @Test func oneViolationIsTooMany() throws {
    var offline = try Offline(Self.quality + "\nKill trigger:\n- policy violations above 0")
    offline.addBoth { Self.good($0) + ",\"policy_violation\":false" }
    #expect(try offline.look().status == .done)
    offline.lines.append(#"{"prompt_version":"v7","set":"known-bad","quality":0.8,"policy_violation":true}"#)
    #expect(try offline.look().status == .kill)
    // Nobody has it: a watch says so, and kills nothing.
    let watched = offline.world.look()
    #expect(watched.status == .kill && !watched.isDone)
    #expect(try offline.world.status().killed == false)
  }

  /// Metrics that a metrics server counts are found under their usual names.
  @Test func queriesAreForTraffic() throws {
    let count = #"`sum(increase(x{v="$version"}[$window]))`"#
    var offline = try Offline(
      "Rollback trigger:\n- errors above 2%\n- depth above 3",
      edit: {
        $0.replacing("- quality: mean(quality)", with: "- errors: ratio(\(count), \(count))\n- depth: \(count)")
      })
    offline.addBoth { "\"error\":\($0 > 1000)" }
    let decision = try offline.look()
    #expect(decision.status == .done, "\(decision.reasons)")
    #expect(decision.gates.contains { $0.reason == "not asked offline: a metrics server counts it" })
  }
}
