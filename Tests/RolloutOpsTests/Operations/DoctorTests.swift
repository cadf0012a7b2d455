import Testing

@testable import RolloutOps

/// `doctor` in a world in memory: the settings as a kill reads them, and what could not be written down.
@Suite struct DoctorTests {
  typealias Settings = DoctorSettings

  private static func checks(
    _ files: [Settings.File], isTold: Bool = false,
    _ places: [Settings.ListedStore] = [.init(address: "file:a", origin: "p")]
  ) -> [String] {
    Settings.checks(files, looksIn: places, isTold: isTold, searched: ["/w and the folders above it", "/c"])
      .map { "\($0.state) \($0.name): \($0.sentence)" }
  }

  @Test func filesAndStoresAreNamed() {
    var file = Settings.File(path: "/w/rolloutctl.json", names: ["prod", "staging"], chosen: "file:x")
    let looks = "fine stores: a kill looks in file:a (p)"
    #expect(
      Self.checks([file])
        == ["fine file: /w/rolloutctl.json has the store file:x, and the names prod, staging", looks])
    file = Settings.File(path: "/w/rolloutctl.json")
    #expect(Self.checks([file]) == ["fine file: /w/rolloutctl.json has no store", looks])
    #expect(
      Self.checks([], [.init(address: "file:flags.json", origin: "the default")]) == [
        "fine file: there is no rolloutctl.json: not in /w and the folders above it, /c",
        "fine stores: a kill looks in file:flags.json (nobody names a store)",
      ])
  }

  @Test func whatMayNameAStoreFailsUnlessTheCommandLineNamesIt() {
    let file = Settings.File(
      path: "/f", gaps: [.init(sentence: "A", mayNameStore: true), .init(sentence: "B", mayNameStore: false)])
    #expect(
      Self.checks([file]).prefix(2) == [
        "failed file: A; a kill does not look in a store that this may name: mend it, or say --store with every kill",
        "warning file: B; a kill passes it over",
      ])
    #expect(Self.checks([file], isTold: true)[0].hasPrefix("warning file: A; a kill without --store"))
  }

  // MARK: Where it looked

  private func looked(_ world: World, store: String? = nil) -> [String] {
    var choices = OperatorChoices()
    choices.store = store
    return Settings.whereLooked(choices, world.context())
  }

  @Test func whoeverIsInTheWrongFolderHearsWhereItLooked() {
    let world = World()
    let end = "run it in the folder of rolloutctl.json or of the flag file, or name that: --store file:PATH"
    #expect(
      looked(world) == [
        "--store: not said", "ROLLOUT_STORE: not set", "rolloutctl.json: there is none in /w and the folders above it",
        "/home/maya/.config/rolloutctl/rolloutctl.json: there is none", end,
      ])
    world.variables.withLock { $0["ROLLOUT_STORE"] = "https://h/f?sig=secret" }
    world.files.put("/home/maya/.config/rolloutctl/rolloutctl.json", #"{"store": "file:own.json"}"#)
    #expect(
      looked(world, store: "prod") == [
        "--store: prod", "ROLLOUT_STORE: https://h/f?…",
        "/home/maya/.config/rolloutctl/rolloutctl.json has the store file:own.json",
        "rolloutctl.json: there is none in /w and the folders above it", end,
      ])
    world.files.put("/rolloutctl.json", #"{"stroe": "x"}"#)
    #expect(looked(world)[2].contains("did you mean store?") && looked(world).count == 5)
  }

  // MARK: Journals

  private func line(_ world: World) throws -> DoctorReport.StoreLine {
    try #require(Doctor(context: world.context(), choices: OperatorChoices()).perform([]).stores.first)
  }

  private func told(_ name: String, _ world: World) throws -> [String] {
    try line(world).checks.filter { $0.name == name }.map { "\($0.state) \($0.sentence)" }
  }

  @Test func aJournalThatSomebodyElseOwnsIsTold() throws {
    let world = World()
    try world.move(.promote)
    #expect(
      try told("journal", world)
        == ["fine it can be written in /w/flags.json.rollout; the journal in it holds together"])
    world.files.fail(.append, on: "ai-summary.journal", .notPermitted)
    let found = try told("journal", world)
    #expect(found.count == 2 && found[1].contains("not permitted") && found[1].contains("a kill works"), "\(found)")
  }

  @Test func ofManyBrokenJournalsAFewAreNamed() throws {
    let world = World()
    for index in 1...8 { world.files.put("/w/flags.json.rollout/f\(index).journal", "{}\n") }
    let found = try told("journal", world)
    #expect(found.count == 7 && found.last == "warning and 3 more journals are like that", "\(found)")
    #expect(try Doctor(context: world.context(), choices: OperatorChoices()).perform([]).status == .done)
  }

  @Test func aWatchIsSilentWhenItsLookIsAMinuteLate() throws {
    let world = World()
    try world.move(.promote)
    let journal = Journal(path: World.journal, flag: World.key, files: world.files)
    let now = world.clock.now()
    try journal.beat(
      Heartbeat(
        time: now, by: world.context("ci").surroundings, next: now + TimeSpan(seconds: 60), status: .hold, reason: nil))
    world.clock.advance(TimeSpan(seconds: 119))
    #expect(try told("watch", world).map { $0.prefix(4) } == ["fine"])
    world.clock.advance(TimeSpan(seconds: 3))
    let found = try told("watch", world)
    #expect(found.count == 1 && found[0].hasPrefix("warning ai-summary: the watch by ci on box"), "\(found)")
    // Whoever looks once, for cron, promises no next look.
    try journal.beat(
      Heartbeat(time: now, by: world.context("ci").surroundings, next: nil, status: .hold, reason: nil))
    #expect(try told("watch", world) == [])
  }

  @Test func aReleasePlanOfUnleashIsSeenByItsMilestones() {
    let feature = { (milestone: JSON) -> JSON in
      [
        "environments": [
          ["name": "production", "strategies": [["milestoneId": milestone]]], ["name": "test", "strategies": []],
        ]
      ]
    }
    #expect(UnleashStore.isPlanned(feature("m1"), in: "production"))
    #expect(!UnleashStore.isPlanned(feature(.null), in: "production"))
    #expect(!UnleashStore.isPlanned(feature("m1"), in: "test"))
  }

  @Test func aScheduledRolloutOfStatsigIsSeenInItsRules() {
    let now = Instant(seconds: 1000)
    let gate = { (times: [Int]) in
      StatsigFlag(
        [
          "rules": [
            [
              "name": "ramp",
              "pendingAutomatedRollouts": .array(times.map { ["time": .number($0), "passPercent": 50] }),
            ]
          ]
        ], environment: nil)
    }
    #expect(
      StatsigStore.scheduled(gate([3_000_000, 2_000_000, 5]), FlagKey("k"), now: now)
        == ["Statsig will widen the rule \"ramp\" of k on 1970-01-01T00:33:20Z; end that scheduled rollout"])
    #expect(StatsigStore.scheduled(gate([5]), FlagKey("k"), now: now) == [])
  }
}
