import Foundation
import Testing

/// What is shown where there are several stores, where one of them is away, and where the journals are on another machine.
@Suite struct ManyStoresTests {
  enum Journals: String, CaseIterable { case here, elsewhere, nowhere }
  enum Stores: String, CaseIterable { case one, two, oneOfTwoAway }
  enum State: String, CaseIterable { case managed, killed, drifted, foreign }

  /// Nothing listens on the port.
  private static let away = "https://127.0.0.1:1/flags.json"
  private static let foreign =
    #"{"flags": {"ai-summary": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"}}}"#

  private func world(_ journals: Journals, _ stores: Stores, _ state: State) throws -> LiveWorld {
    let world = try LiveWorld()
    if state == .foreign {
      try world.folder.write("flags.json", Self.foreign + "\n")
    } else {
      try world.done("promote", LiveWorld.note)
    }
    if state == .killed { try world.done("kill", "ai-summary") }
    if state == .drifted {
      let text = try world.folder.read("flags.json")
      try world.folder.write("flags.json", text.replacingOccurrences(of: "\"staff\"", with: "\"everybody\""))
    }
    switch (journals, state) {
    case (.here, _), (_, .foreign): break
    case (.nowhere, _): try FileManager.default.removeItem(atPath: world.folder.path("flags.json.rollout"))
    case (.elsewhere, _):
      try FileManager.default.moveItem(
        atPath: world.folder.path("flags.json.rollout"), toPath: world.folder.path("kept"))
    }
    let others: [String: String] =
      switch stores {
      case .one: [:]
      case .two: ["test": "file:test.json"]
      case .oneOfTwoAway: ["test": Self.away]
      }
    if stores != .one {
      try world.folder.write("test.json", #"{"flags": {}}"#)
      let listed = others.merging(["prod": "file:flags.json"]) { $1 }
      let json = try JSONSerialization.data(withJSONObject: ["stores": listed], options: .withoutEscapingSlashes)
      try world.folder.write("rolloutctl.json", String(decoding: json, as: UTF8.self))
    }
    return world
  }

  @Test(arguments: Journals.allCases, Stores.allCases)
  func everyViewSaysWhatItKnows(journals: Journals, stores: Stores) throws {
    for state in State.allCases {
      let world = try world(journals, stores, state)
      let extra = journals == .elsewhere ? ["--journal", "kept"] : []
      let run = { (words: String...) in try world.start(words + extra).finish() }
      let (fleet, changes, one) = (try run("status"), try run("changes"), try run("status", "ai-summary"))
      let place: Comment = "\(journals) \(stores) \(state):\n\(fleet)\n\(changes)\n\(one)"
      let isAway = stores == .oneOfTwoAway
      let isLost = journals == .nowhere && state != .foreign

      // The row, and the line of the store that is away.
      let rows = fleet.output.split(separator: "\n").filter { $0.contains("ai-summary") }
      #expect(rows.count == (state == .foreign ? 0 : 1), place)
      #expect(fleet.output.contains("? test: ") == isAway, place)
      #expect(fleet.status == (isAway ? 1 : 0), place)
      if let row = rows.first {
        let mark =
          switch state {
          case .managed: isLost ? "~" : "○"
          case .killed: "■"
          case .drifted: isLost ? "~" : "≠"
          case .foreign: ""
          }
        #expect(row.hasPrefix(mark), place)
        #expect(row.contains("no journal of it is here") == isLost, place)
        #expect(row.contains("prod") == (stores != .one), place)
      }
      let json = try #require(try LiveWorld.object(run("status", "--format", "json").output))
      #expect((json["rollouts"] as? [Any])?.count == rows.count, place)
      #expect((json["away"] as? [Any])?.count == (isAway ? 1 : 0), place)

      // What moved, or that nobody here knows.
      #expect(changes.status == (isAway || isLost ? 1 : 0), place)
      #expect(changes.output.contains("promote  off → internal") == (state != .foreign && !isLost), place)
      #expect(changes.errors.contains("no journal of it is in") == isLost, place)
      #expect(!(isLost || isAway) || !changes.output.contains("nothing moved"), place)

      // The one store that has it is found, whatever became of the others.
      #expect(one.status == 0, place)
      #expect(one.output.contains("? journal") == isLost, place)
      #expect(one.output.contains("■") == (state == .killed), place)
      #expect(one.output.contains("≠ drift") == (state == .drifted && !isLost || state == .foreign), place)
      #expect(!one.output.contains("▶") || state == .managed || state == .drifted, place)
    }
  }

  /// Of two stores with the flag nobody knows which is meant; the lines to type are those of both.
  @Test(arguments: ["status", "hold", "rollback", "gate", "restore"])
  func onlyARealAmbiguityIsAsked(verb: String) throws {
    let world = try world(.here, .two, .managed)
    let reason = verb == "status" || verb == "gate" ? [] : ["--reason", "slow"]
    let found = try world.start([verb, "ai-summary"] + reason).finish()
    #expect(found.status != 2, "\(found)")
    try world.folder.write("test.json", try world.folder.read("flags.json"))
    let asked = try world.start([verb, "ai-summary"] + reason).finish()
    #expect(asked.status == 2, "\(asked)")
    for store in ["prod", "test"] { #expect(asked.errors.contains("--store \(store)"), "\(asked)") }
  }

  /// A store that takes every request and answers none keeps nobody from going back in another one.
  @Test(.enabled(if: Tool.python.isWanted, "python3 is not installed here"), arguments: ["rollback", "status", "hold"])
  func oneThatHangsKeepsNobodyWaiting(verb: String) throws {
    let server = try LiveServer("hostile_server.py")
    let world = try world(.here, .two, .managed)
    let far = "http://127.0.0.1:\(try server.port("near"))/silent"
    try world.folder.write("rolloutctl.json", #"{"stores": {"prod": "file:flags.json", "far": "\#(far)"}}"#)
    let reason = verb == "status" ? [] : ["--reason", "slow"]
    // The usual patience with a server is 30 s.
    let outcome = try world.start([verb, "ai-summary"] + reason).finish(within: 20)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(
      (outcome.output + outcome.errors).contains("far did not answer: whether ai-summary is there too"), "\(outcome)")
  }

  /// The flag of a store that answers is not taken for the rollout that is known here, in one that does not.
  @Test func aKnownRolloutInAStoreThatIsAwayIsNotMistaken() throws {
    let world = try world(.here, .two, .managed)
    try world.folder.write("other.json", try world.folder.read("flags.json"))
    try FileManager.default.removeItem(atPath: world.folder.path("flags.json"))
    try FileManager.default.createDirectory(atPath: world.folder.path("flags.json"), withIntermediateDirectories: false)
    try world.folder.write(
      "rolloutctl.json", #"{"stores": {"prod": "file:flags.json", "test": "file:other.json"}}"#)
    let before = try world.folder.read("other.json")
    let asked = try world.run("rollback", "ai-summary", "--reason", "slow")
    #expect(asked.status == 2 && asked.errors.contains("--store prod"), "\(asked)")
    #expect(try world.folder.read("other.json") == before)
  }

  /// A journal tells which store is meant, whether that answers or not.
  @Test func lookingBackNeedsNoStore() throws {
    let world = try world(.here, .oneOfTwoAway, .managed)
    #expect(try world.done("history", "ai-summary").output.contains("off → internal"))
  }

  /// Rows are those of the stores that are asked for, also where all journals lie in one folder.
  @Test func rowsAreThoseOfTheNamedStore() throws {
    let world = try LiveWorld()
    try world.folder.write("test.json", #"{"flags": {}}"#)
    try world.folder.write(
      "rolloutctl.json", #"{"journal": "kept", "stores": {"prod": "file:flags.json", "test": "file:test.json"}}"#)
    try world.done("promote", LiveWorld.note)
    #expect(try world.done("status").output.contains("ai-summary   prod"))
    #expect(try world.done("status", "--store", "prod").output.contains("ai-summary   internal"))
    let other = try world.done("status", "--store", "test")
    #expect(other.output.contains("no rollouts yet in test"), "\(other)")
  }

  /// A store that moved with its flags, and whose journals did not: its rollouts are shown, and that they do not fit.
  @Test func aRowIsMissedNowhere() throws {
    let world = try LiveWorld(note: LiveWorld.plainNote.replacingOccurrences(of: "Store: file:flags.json\n", with: ""))
    for name in ["a", "b"] { try world.folder.write("\(name)/flags.json", #"{"flags": {}}"#) }
    let settings = #"{"journal": "kept", "stores": {"a": "file:A/flags.json", "b": "file:b/flags.json"}}"#
    try world.folder.write("rolloutctl.json", settings.replacingOccurrences(of: "A/", with: "a/"))
    try world.done("promote", LiveWorld.note, "--store", "a")
    #expect(try world.done("status").output.contains("ai-summary   a   "))
    try FileManager.default.moveItem(atPath: world.folder.path("a"), toPath: world.folder.path("moved"))
    try world.folder.write("rolloutctl.json", settings.replacingOccurrences(of: "A/", with: "moved/"))
    for words in [["status"], ["status", "--store", "a"]] {
      let rows = try world.start(words).finish()
      #expect(rows.output.contains("ai-summary") && !rows.output.contains("no rollouts yet"), "\(rows)")
    }
  }

  /// What readers refuse is not what they serve.
  @Test func whatReadersRefuseIsNotCalledKilled() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let text = try world.folder.read("flags.json")
    let theirs = #""x": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "nope"},"#
    try world.folder.write("flags.json", text.replacingOccurrences(of: "\"flags\": {", with: "\"flags\": {\n\(theirs)"))
    let killed = try world.run("kill", "ai-summary")
    #expect(killed.status == 1, "\(killed)")
    // Only who takes the file can be said to read it.
    #expect(killed.errors.contains(#""readers": ["java", "python"]"#), "\(killed)")
    let fleet = try world.run("status")
    #expect(fleet.status == 1 && fleet.output.hasPrefix("? ai-summary") && !fleet.output.contains("■"), "\(fleet)")
    #expect(try world.run("status", "ai-summary").output.contains("and not what they serve"))
  }

  /// A file in which git left both sides is called that.
  @Test(arguments: ["kill", "status"]) func aConflictedFlagFileIsCalledThat(verb: String) throws {
    let world = try LiveWorld(flags: "<<<<<<< HEAD\n{}\n=======\n{\"flags\": {}}\n>>>>>>> other\n")
    let outcome = try world.run(verb, "ai-summary")
    #expect(outcome.status == 1 && outcome.description.contains("git checkout --ours"), "\(outcome)")
  }

  /// The same key moved in two stores: the lines say in which.
  @Test func changesSayInWhichStore() throws {
    let world = try world(.here, .two, .managed)
    #expect(try !world.done("changes").output.contains("file:"))
    try world.done("promote", LiveWorld.note, "--store", "test")
    let lines = try world.done("changes").output.split(separator: "\n")
    #expect(
      lines.count == 2 && lines.contains { $0.contains("file:test.json") }
        && lines.contains { $0.contains("file:flags.json") }, "\(lines)")
    #expect(try world.done("changes", "--format", "markdown").output.contains("| Store |"))
  }

  /// What burns is read first, and keys are cut for no pipe.
  @Test func theMostUrgentComesFirst() throws {
    let long = "a-" + String(repeating: "long-", count: 12) + "key"
    let world = try LiveWorld(note: LiveWorld.plainNote.replacingOccurrences(of: "ai-summary", with: long))
    try world.done("promote", LiveWorld.note)
    let second = LiveWorld.plainNote.replacingOccurrences(of: "ai-summary", with: "z-killed")
    try world.folder.write("notes/second.md", second)
    try world.done("promote", "notes/second.md")
    try world.done("kill", "z-killed")
    let lines = try world.done("status").output.split(separator: "\n")
    #expect(lines.count == 2 && lines[0].contains("z-killed") && lines[1].contains(long), "\(lines)")
  }

  /// A watch that stopped looking is no watch.
  @Test func aSilentWatchIsSaid() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let beat =
      #"{"time":"2026-01-05T18:40:00Z","actor":"watch","host":"ci","process":7,"next":"2026-01-05T18:41:00Z","exit":3}"#
    try world.folder.write(LiveWorld.journalPath + ".watch", beat + "\n")
    let row = try world.done("status").output
    #expect(row.contains("watch silent since") && row.contains("18:40"), "\(row)")
    let json = try world.done("status", "--field", "rollouts.0.watch.silent").output
    #expect(json == "true\n", "\(json)")
    // One that looked a moment ago and saw a breach is read before everything else.
    let now = ISO8601DateFormatter().string(from: Date())
    let due = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: 3600))
    let seen =
      #"{"time":"\#(now)","actor":"watch","host":"ci","process":7,"next":"\#(due)","exit":5,"reason":"cost is twice"}"#
    try world.folder.write(LiveWorld.journalPath + ".watch", seen + "\n")
    #expect(try world.done("status").output.contains("kill, cost is twice"))
  }

  @Test func aKilledStageDoesNotLookLikeOneThatRuns() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    // The journal of this kill is elsewhere.
    try world.done("kill", "ai-summary", "--journal", "kept")
    let status = try world.done("status", "ai-summary").output
    #expect(
      status.contains("■ marked as killed") && !status.contains("▶") && !status.contains("✓ internal"), "\(status)")
    #expect(try world.done("restore", "ai-summary", "--reason", "mended").output.contains("killed (off) → internal"))
  }

  @Test func arefusedPromotionSaysSoFirst() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.done("hold", LiveWorld.note, "--reason", "slow")
    let refused = try world.run("promote", LiveWorld.note)
    #expect(refused.status == 3, "\(refused)")
    #expect(
      refused.output.split(separator: "\n").first?.contains("not done: it stays at internal") == true, "\(refused)")
  }
}

/// Results that scripts take apart, and results that nobody could take.
@Suite struct ResultTests {
  private func world() throws -> LiveWorld {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    return world
  }

  @Test func oneFieldIsPickedWithoutAnotherTool() throws {
    let world = try world()
    #expect(try world.done("status", "ai-summary", "--field", "place.name").output == "internal\n")
    #expect(
      try world.done("status", "ai-summary", "--field", "stages.*.name").output
        == "internal\n5% of paid\n25% of paid\n100%\n")
    #expect(try world.done("status", "ai-summary", "--field", "stages.1.soak_seconds").output == "0\n")
    #expect(try world.done("status", "ai-summary", "--field", "held").output == "null\n")
    #expect(try world.done("version", "--field", "name").output == "rolloutctl\n")
    #expect(try world.done("version", "--format", "json").output.contains("\"version\": "))
    let missing = try world.run("status", "ai-summary", "--field", "place.nome")
    #expect(
      missing.status == 2 && missing.output == "" && missing.errors.contains("there are stage, name"), "\(missing)")
    let outside = try world.run("status", "ai-summary", "--field", "stages.9.name")
    #expect(outside.status == 2 && outside.errors.contains("there are 4 items"), "\(outside)")
    #expect(try world.run("status", "ai-summary", "--field", "a..b").status == 2)
    // A kill is told by whether the flag is off.
    #expect(try world.run("kill", "ai-summary", "--field", "nothing").status == 0)
    // What went wrong is said once.
    let failed = try world.run("status", "ai-summary", "--store", "https://127.0.0.1:1/x.json", "--field", "place")
    #expect(failed.status == 1 && failed.output == "" && !failed.errors.contains("there is no field"), "\(failed)")
  }

  /// A kill is told by whether the flag is off; everything else by whether its result arrived.
  @Test(arguments: [("status", 1), ("kill ai-summary", 0), ("off ai-summary", 0), ("help", 1)])
  func whatNobodyCouldTakeIsNoticed(line: String, status: Int32) throws {
    let world = try world()
    let binary = try #require(Binary.path)
    for end in ["> /dev/full", ">&-"] {
      let outcome = try Tool(name: "sh").run(["-c", "exec \"$0\" \(line) \(end)", binary], in: world.folder)
      #expect(outcome.status == status, "\(line) \(end): \(outcome)")
      #expect(outcome.errors.contains("standard output took no more"), "\(line) \(end): \(outcome)")
    }
    #expect(try world.isKilled() == (line != "status" && line != "help"))
  }

  @Test func aReaderThatWentAwayIsNoError() throws {
    let world = try world()
    let binary = try #require(Binary.path)
    let outcome = try Tool(name: "bash").run(
      ["-c", "\"$0\" help promote | true; exit ${PIPESTATUS[0]}", binary], in: world.folder)
    #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
  }

  /// The words of other tools lead to ours.
  @Test(arguments: [
    ("lint notes/a.md", "type: rolloutctl check notes/a.md"), ("validate", "type: rolloutctl check"),
    ("start notes/a.md", "type: rolloutctl promote notes/a.md"), ("diff", "changes (what moved lately)"),
    ("status --json", "type: rolloutctl status --format json"),
    ("status -o json", "type: rolloutctl status --format json"),
    ("history ai-x --jq .a", "type: rolloutctl history ai-x --field .a"),
  ]) func wordsOfOtherToolsLeadToOurs(line: String, advice: String) throws {
    let outcome = try world().start(line.split(separator: " ").map(String.init)).finish()
    #expect(outcome.status == 2 && outcome.errors.contains(advice), "\(outcome)")
  }

  @Test func theShortFlagOfTheVersionIsTaken() throws {
    #expect(try world().done("-V").output == world().done("version").output)
  }
}

/// Commands in a pipeline: who acts, what a hold is, and how long somebody waits.
@Suite struct PipelineTests {
  private func started(soak: String = "0s") throws -> LiveWorld {
    let world = try LiveWorld(
      note: LiveWorld.plainNote.replacingOccurrences(of: "internal 0s", with: "internal \(soak)"))
    try world.done("promote", LiveWorld.note)
    return world
  }

  /// Without the name that a person set, the pipeline's own word counts, and is kept as that.
  @Test(
    arguments: [
      (
        [
          "GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "opened", "GITHUB_TRIGGERING_ACTOR": "mona",
          "GITHUB_SERVER_URL": "https://git.example.com", "GITHUB_REPOSITORY": "shop/ai", "GITHUB_RUN_ID": "7",
        ],
        "mona", "https://git.example.com/shop/ai/actions/runs/7"
      ),
      (["GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "mona"], "mona", ""),
      (
        ["GITLAB_CI": "true", "GITLAB_USER_LOGIN": "tanuki", "CI_JOB_URL": "https://lab.example.com/j/9"], "tanuki",
        "https://lab.example.com/j/9"
      ),
      (
        [
          "JENKINS_URL": "https://ci.example.com/", "BUILD_USER": "butler", "BUILD_URL": "https://ci.example.com/job/1",
        ], "butler", "https://ci.example.com/job/1"
      ),
    ] as [([String: String], String, String)])
  func whoActsIsWhoStartedTheJob(variables: [String: String], actor: String, address: String) throws {
    let world = try started()
    let held = try world.start(["hold", "ai-summary"], actor: "", environment: variables).finish()
    #expect(held.status == 0, "\(held)")
    let entry = try #require(try world.entries().last)
    #expect(entry["actor"] as? String == actor)
    let history = try world.done("history", "ai-summary").output
    #expect(history.contains("\(actor) (claimed by CI" + (address.isEmpty ? ")" : ": \(address))")), "\(history)")
    try world.verify()
    // A person's name goes before.
    _ = try world.start(["resume", "ai-summary"], actor: "maya", environment: variables).finish()
    #expect(try world.entries().last?["actor"] as? String == "maya")
  }

  /// What a pipeline says is looked at before it is kept.
  @Test func aClaimIsNoNameOrAddressByItself() throws {
    let world = try started()
    let odd = ["GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "  "]
    _ = try world.start(["hold", "ai-summary"], actor: "", environment: odd).finish()
    #expect(try world.entries().last?["actor"] as? String != "  ")
    let script = ["GITLAB_CI": "true", "GITLAB_USER_LOGIN": "tanuki", "CI_JOB_URL": "javascript:alert(1)"]
    _ = try world.start(["resume", "ai-summary"], actor: "", environment: script).finish()
    #expect(try world.entries().last?["actor"] as? String == "tanuki")
    #expect(try !world.folder.read(LiveWorld.journalPath).contains("javascript"))
  }

  /// Anybody can set a name; only beside the pipeline's own variable it is one.
  @Test(arguments: ["GITHUB_ACTOR", "GITHUB_TRIGGERING_ACTOR", "GITLAB_USER_LOGIN", "BUILD_USER"])
  func aNameAloneIsNoPipeline(name: String) throws {
    let world = try started()
    _ = try world.start(["hold", "ai-summary"], actor: "", environment: [name: "somebody"]).finish()
    let entry = try #require(try world.entries().last)
    #expect(entry["actor"] as? String != "somebody" && entry["detail"] == nil, "\(entry)")
  }

  @Test(arguments: [["gate", "ai-summary"], ["status", "ai-summary", "--exit-code"], ["promote", LiveWorld.note]])
  func aHoldIsAZeroForWhoSaysSo(words: [String]) throws {
    let world = try started()
    #expect(try world.start(words).finish().status == 3)
    let outcome = try world.start(words + ["--hold-ok"]).finish()
    #expect(outcome.status == 0, "\(outcome)")
    #expect(try world.entered() == ["internal"])
    // It hides nothing else.
    try world.done("kill", "ai-summary")
    #expect(try world.start(words + ["--hold-ok"]).finish().status == 5)
  }

  /// A person's turn ends the waiting, with what is to be done.
  @Test(arguments: [["gate", "ai-summary"], ["status", "ai-summary"], ["promote", LiveWorld.note]])
  func waitingEndsWhenAPersonIsAsked(words: [String]) throws {
    let world = try started()
    let outcome = try world.start(words + ["--wait"]).finish()
    #expect(outcome.status == 3 && outcome.errors.contains("somebody's turn: "), "\(outcome)")
    try world.done("hold", LiveWorld.note, "--reason", "slow")
    let held = try world.start(words + ["--wait"]).finish()
    #expect(held.status == 3 && held.errors.contains("somebody's turn: held by maya"), "\(held)")
    try world.done("kill", "ai-summary")
    #expect(try world.start(words + ["--wait"]).finish().status == 5)
  }

  @Test func waitingEndsWhenTheGatesOpen() throws {
    let world = try started()
    try world.done("attest", LiveWorld.note, "gates", "--evidence", "looked")
    let outcome = try world.start(["promote", LiveWorld.note, "--wait", "--to", "5% of paid"]).finish()
    #expect(outcome.status == 0, "\(outcome)")
    #expect(try world.entered() == ["internal", "5% of paid"])
  }

  /// Time alone may open a gate; whoever waits says how long.
  @Test func waitingEndsWithItsTime() throws {
    let world = try started(soak: "1h")
    try world.done("attest", LiveWorld.note, "gates", "--evidence", "looked")
    let outcome = try world.start(["gate", "ai-summary", "--wait", "--timeout", "1s"]).finish()
    #expect(outcome.status == 3, "\(outcome)")
    #expect(outcome.errors.contains("waiting for ") && outcome.errors.contains("still shut after 1s"), "\(outcome)")
    #expect(outcome.errors.split(separator: "\n").filter { $0.contains("waiting for") }.count == 1, "\(outcome)")
    #expect(try world.run("gate", "ai-summary", "--timeout", "1s").status == 2)
  }
}

/// A job of the machine's own has no home, and finds its stores all the same.
@Suite(.enabled(if: BadDiskTests.canMount && getuid() == 0 || Live.isRequired, "only root can put a file into /etc"))
struct SystemConfigurationTests {
  private func run(_ line: String, in world: LiveWorld) throws -> Binary.Outcome {
    let binary = try #require(Binary.path)
    let script = "mount -t tmpfs tmpfs /etc && cp etc.json /etc/rolloutctl.json && cd / && \(line)"
    return try Tool(name: "unshare").run(["-m", "sh", "-c", script, binary], in: world.folder)
  }

  @Test func itIsReadLast() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.folder.write("etc.json", #"{"stores": {"prod": "file:\#(world.folder.path("flags.json"))"}}"#)
    let without = "env -u HOME -u XDG_CONFIG_HOME ROLLOUT_ACTOR=cron \"$0\""
    let status = try run("\(without) status", in: world)
    #expect(status.status == 0 && status.output.contains("ai-summary   internal"), "\(status)")
    let told = try run("\(without) status --verbose", in: world)
    #expect(told.errors.contains("/etc/rolloutctl.json"), "\(told)")
    let killed = try run("\(without) kill ai-summary", in: world)
    #expect(try killed.status == 0 && world.isKilled(), "\(killed)")
    // Whoever has one of their own goes by that first.
    try world.folder.write("home/.config/rolloutctl/rolloutctl.json", #"{"stores": {"prod": "file:/nothing.json"}}"#)
    let own = try run("HOME=\(world.folder.path("home")) \"$0\" status --store prod", in: world)
    #expect(own.status == 1 && own.output.contains("/nothing.json"), "\(own)")
  }
}
