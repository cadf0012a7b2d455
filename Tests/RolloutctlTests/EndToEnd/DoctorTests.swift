import Foundation
import Testing

@testable import RolloutOps

/// Would a kill work right now? Asked of real files, the real etcd and the scripted platforms, through the real program:
/// nothing is switched, nothing is left behind, and what would stop a kill is said.
@Suite(.enabled(if: Tool.python.isWanted, "python3 is not installed here")) struct DoctorTests {
  /// The answer's checks by name; of several of one name the worst.
  struct Found {
    let json: JSON
    let status: Int32

    init(_ outcome: Binary.Outcome) throws {
      (json, status) = (try JSON.parse(Array(outcome.output.utf8)), outcome.status)
    }

    private func check(_ name: String, in list: String) -> JSON? {
      let all = (json[list]?.items ?? []).flatMap { $0["checks"]?.items ?? [] }.filter { $0["name"]?.text == name }
      let order = ["failed", "warning", "unknown", "fine"]
      return order.lazy.compactMap { state in all.first { $0["state"]?.text == state } }.first
    }

    /// Of the settings: each check's state with its sentence.
    var settings: [String] {
      (json["settings"]?.items ?? []).map { "\($0["state"]?.text ?? "") \($0["sentence"]?.text ?? "")" }
    }

    /// Every sentence under that name.
    func all(_ name: String, in list: String = "stores") -> [String] {
      (json[list]?.items ?? []).flatMap { $0["checks"]?.items ?? [] }.filter { $0["name"]?.text == name }
        .compactMap { $0["sentence"]?.text }
    }

    func state(_ name: String, in list: String = "stores") -> String? { check(name, in: list)?["state"]?.text }
    func sentence(_ name: String, in list: String = "stores") -> String {
      check(name, in: list)?["sentence"]?.text ?? ""
    }
  }

  // MARK: Files

  @Test func aFileIsLeftAsItWas() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let before = try world.snapshot()
    let found = try Found(world.done("doctor", "ai-summary", "--format", "json"))
    #expect(try world.snapshot() == before)
    #expect(found.json.members?.map(\.name) == ["settings", "stores", "flags", "exit"])
    let store = try #require(found.json["stores"]?.items?.first)
    #expect(store.members?.map(\.name) == ["store", "works", "seconds", "propagation_seconds", "checks"])
    #expect(store["works"] == true && found.json["exit"] == 0)
    let names = store["checks"]?.items?.compactMap { $0["name"]?.text }
    #expect(names == ["document", "rights", "lock", "flags", "journal", "propagation"])
    let flag = try #require(found.json["flags"]?.items?.first)
    #expect(flag["flag"] == "ai-summary" && flag["serving"] == "off" && flag["works"] == true)
    #expect(found.state("managed", in: "flags") == "fine")
    let text = try world.done("doctor").output
    #expect(text.contains("✓ lock") && text.hasSuffix("→ a kill would work in the store\n"), "\(text)")
    #expect(try world.done("doctor", "--format", "markdown").output.contains("| file:flags.json | lock | fine |"))
    #expect(found.sentence("journal").hasSuffix("; the journal in it holds together"), "\(found.json.written())")
  }

  // MARK: What a kill could not write down

  @Test func aBrokenChainIsNamedByItsLineAndStopsNoKill() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.done("hold", LiveWorld.note)
    var lines = try world.folder.read(LiveWorld.journalPath).split(separator: "\n").map(String.init)
    lines.remove(at: 1)
    try world.folder.write(LiveWorld.journalPath, lines.joined(separator: "\n") + "\n")
    let found = try Found(world.run("doctor", "--format", "json"))
    #expect(found.status == 0 && found.state("journal") == "warning", "\(found.json.written())")
    #expect(
      found.sentence("journal").contains("line 2 does not follow line 1")
        && found.sentence("journal").contains("a kill works"), "\(found.json.written())")
    let text = try world.run("doctor").output
    #expect(text.contains("△ journal") && text.contains("→ a kill would work in the store, 1 warning"), "\(text)")
    #expect(try world.run("kill", "ai-summary").status == 0)
    #expect(try world.isKilled())
  }

  @Test func aJournalThatNobodyMayWriteIsTold() throws {
    let world = try LiveWorld()
    try world.folder.write("in-the-way", "a file")
    let away = ["ROLLOUT_JOURNAL": world.folder.path("in-the-way/journals")]
    let found = try Found(world.run("doctor", "--format", "json", environment: away))
    #expect(found.status == 0 && found.state("journal") == "warning", "\(found.json.written())")
  }

  @Test(.enabled(if: BadDiskTests.canMount, BadDiskTests.reason)) func aFullDiskForJournalsIsTold() throws {
    let world = try LiveWorld()
    let outcome = try Tool(name: "unshare").run(
      (BadDiskTests.unshare ?? ["-m"]) + [
        "sh", "-c",
        """
        mkdir full && mount -t tmpfs -o size=64k tmpfs full && (dd if=/dev/zero of=full/big bs=1k 2>/dev/null; true)
        ROLLOUT_JOURNAL=$PWD/full/journals "$ROLLOUTCTL" doctor --format json > full.json; echo $? > full.status
        """,
      ], in: world.folder, environment: ["ROLLOUTCTL": try #require(Binary.path)])
    try #require(outcome.status == 0, "\(outcome)")
    let found = try Found(
      Binary.Outcome(output: try world.folder.read("full.json"), errors: "", end: .status(0)))
    #expect(try world.folder.read("full.status") == "0\n")
    #expect(found.state("journal") == "warning" && found.sentence("journal").contains("disk is full"))
  }

  // MARK: Who watches

  @Test func aWatchThatWentSilentIsTold() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let beat = { (next: String) in
      try world.folder.write(
        LiveWorld.journalPath + ".watch",
        #"{"time":"2026-01-02T20:40:00Z","actor":"ci","host":"box","process":41,"next":"\#(next)","exit":0}"#)
    }
    try beat("2026-01-02T20:41:00Z")
    let found = try Found(world.run("doctor", "--format", "json"))
    #expect(found.status == 0 && found.state("watch") == "warning", "\(found.json.written())")
    #expect(
      found.sentence("watch").contains("by ci on box, process 41, is silent since")
        && found.sentence("watch").contains("20:40 +00:00"), "\(found.json.written())")
    try beat("2126-01-02T20:41:00Z")
    #expect(try Found(world.run("doctor", "--format", "json")).state("watch") == "fine")
    // A rollout that stands killed needs nobody who looks.
    try beat("2026-01-02T20:41:00Z")
    try world.done("kill", "ai-summary")
    #expect(try Found(world.run("doctor", "--format", "json")).state("watch") == nil)
  }

  // MARK: The settings

  @Test func theSettingsAreTheOnesThatAKillWouldRead() throws {
    let world = try LiveWorld()
    let none = try Found(world.run("doctor", "--format", "json"))
    #expect(none.status == 0 && none.settings.count == 2, "\(none.settings)")
    #expect(none.settings.last == "fine a kill looks in file:flags.json (nobody names a store)")
    try world.folder.write("rolloutctl.json", #"{"stores": {"prod": "file:flags.json"}, "jurnal": "x"}"#)
    let named = try Found(world.run("doctor", "--format", "json"))
    #expect(named.status == 0, "\(named.settings)")
    #expect(named.settings.contains { $0.hasPrefix("warning") && $0.contains("did you mean journal?") })
    #expect(named.settings.contains { $0.hasPrefix("fine") && $0.hasSuffix("has the names prod") }, "\(named.settings)")
    let last = try #require(named.settings.last)
    #expect(last.hasPrefix("fine a kill looks in prod (file:flags.json) ("), "\(last)")
    for broken in [#"{"store": "file:prod.json""#, #"{"stroe": "file:prod.json"}"#] {
      try world.folder.write("rolloutctl.json", broken)
      let found = try Found(world.run("doctor", "--format", "json"))
      #expect(found.status == 1 && found.settings.contains { $0.hasPrefix("failed") }, "\(found.settings)")
      let said = try Found(world.run("doctor", "--store", "flags.json", "--format", "json"))
      #expect(said.status == 0 && said.settings.contains { $0.hasPrefix("warning") }, "\(said.settings)")
    }
    let text = try world.run("doctor").output
    #expect(text.contains("a kill would NOT work in a store that the settings may name"), "\(text)")
  }

  @Test func aFileThatKubernetesWritesIsTold() throws {
    let world = try LiveWorld()
    let folder = world.folder.path("etc")
    try world.folder.write("etc/..2026_11_30_01_02_03.4/flags.json", try world.folder.read("flags.json"))
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/..data", withDestinationPath: "..2026_11_30_01_02_03.4")
    try FileManager.default.createSymbolicLink(atPath: folder + "/flags.json", withDestinationPath: "..data/flags.json")
    let found = try Found(world.run("doctor", "--store", "etc/flags.json", "--format", "json"))
    #expect(found.status == 0 && found.sentence("writers").contains("ConfigMap"), "\(found.json.written())")
  }

  @Test func aLockThatIsHeldIsTold() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let holder = try LockHolder(world.folder.path("flags.json.rollout/lock"), signed: "lee on box, process 7")
    let found = try Found(world.done("doctor", "--format", "json"))
    #expect(found.state("lock") == "warning" && found.sentence("lock").contains("lee on box, process 7"))
    withExtendedLifetime(holder) {}
  }

  @Test(arguments: [
    (#"{"flags": {"#, "document"), (#"{"flags": {"a": {"state": "ENABLED", "description": "x"}}}"#, "rejected"),
  ])
  func aFileThatNobodyCanReadFails(text: String, why: String) throws {
    let world = try LiveWorld(flags: text)
    let found = try Found(world.run("doctor", "--format", "json"))
    #expect(found.status == 1 && found.state("document") == "failed", "\(why): \(found.json.written())")
    #expect(try world.folder.read("flags.json") == text)
  }

  @Test func aFileThatIsMissingAndAFlagThatIsMissingFail() throws {
    let world = try LiveWorld()
    let found = try Found(world.run("doctor", "ai-sumary", "--format", "json"))
    #expect(found.status == 1 && found.state("kill", in: "flags") == "failed")
    try FileManager.default.removeItem(atPath: world.folder.path("flags.json"))
    #expect(try Found(world.run("doctor", "--format", "json")).state("file") == "failed")
  }

  @Test(.enabled(if: BadDiskTests.canMount, BadDiskTests.reason)) func disksThatTakeNothingAreFound() throws {
    let world = try LiveWorld()
    let outcome = try Tool(name: "unshare").run(
      (BadDiskTests.unshare ?? ["-m"]) + [
        "sh", "-c",
        """
        mkdir full once && mount -t tmpfs -o size=64k tmpfs full && cp flags.json full
        (cd full && dd if=/dev/zero of=big bs=1k 2>/dev/null; "$ROLLOUTCTL" doctor --store full/flags.json; true) >/dev/null
        "$ROLLOUTCTL" doctor --store full/flags.json --format json > full.json; echo $? > full.status
        mount -o remount,ro full; "$ROLLOUTCTL" doctor --store full/flags.json --format json > ro.json; echo $? > ro.status
        cp flags.json once/flags.json && mount --bind once/flags.json once/flags.json
        "$ROLLOUTCTL" doctor --store once/flags.json --format json > once.json; echo $? > once.status
        """,
      ], in: world.folder, environment: ["ROLLOUTCTL": try #require(Binary.path)])
    try #require(outcome.status == 0, "\(outcome)")
    let found = { (name: String) in
      try Found(
        Binary.Outcome(
          output: try world.folder.read("\(name).json"), errors: "",
          end: .status(Int32(try world.folder.read("\(name).status").prefix(1)) ?? -1)))
    }
    #expect(try found("full").status == 1 && found("full").sentence("rights").contains("disk is full"))
    #expect(try found("ro").status == 1 && found("ro").sentence("rights").contains("read-only"))
    #expect(try found("once").status == 0 && found("once").sentence("rights").contains("mounted by itself"))
  }

  // MARK: Servers

  /// One that hangs says so after its time, and keeps nobody from hearing of the others.
  @Test func aStoreThatHangsHoldsNobodyUp() throws {
    let live = try PlatformWorld(.unleash)
    try live.world.folder.write(
      "rolloutctl.json",
      #"{"stores": {"mine": "file:flags.json", "theirs": "\#(live.environment["ROLLOUT_STORE"] ?? "")"}}"#)
    try live.fail([["times": 100, "do": ["delay": 30]]])
    let start = ContinuousClock.now
    let outcome = try live.run("doctor", "--within", "1s", "--format", "json")
    #expect(ContinuousClock.now - start < .seconds(20))
    let found = try Found(outcome)
    #expect(found.status == 1 && found.json["stores"]?.items?.map { $0["works"] } == [false, true], "\(outcome)")
    #expect(found.sentence("reachable").contains("did not answer within"), "\(outcome)")
  }

  /// What an answer takes is measured while the rest is asked.
  @Test func aSlowServerIsTimed() throws {
    let live = try PlatformWorld(.unleash)
    try live.fail([["times": 1000, "do": ["delay": .number(0.4)]]])
    let found = try Found(live.run("doctor", "--format", "json"))
    #expect(found.status == 0 && found.state("time") == "fine", "\(found.json.written())")
    let words = found.sentence("time").split(separator: " ")
    let number = try #require(words.count > 4 ? Double(words[3]) : nil, "\(words)")
    #expect(words[4] == "ms," ? number >= 400 : words[4] == "s,", "\(words)")
  }

  private func found(_ live: PlatformWorld, _ state: JSON, _ flags: String...) throws -> Found {
    try live.put(state)
    let found = try Found(live.start(["doctor", "--format", "json"] + flags))
    // Nothing was asked but to read.
    #expect(try live.requests().allSatisfy { $0["method"] == "GET" })
    return found
  }

  @Test(arguments: TestedPlatform.allCases) func nothingIsSwitched(platform: TestedPlatform) throws {
    let live = try PlatformWorld(platform)
    let found = try found(live, ["flags": ["k": platform.open]], "k")
    #expect(found.status == 0, "\(found.json.written(.pretty))")
    #expect(found.state("reachable") == "fine" && found.state("clock") == "fine" && found.state("flags") == "fine")
    #expect(found.state("kill", in: "flags") == "fine" && found.state("managed", in: "flags") == "warning")
    #expect(try !live.isOff("k"))
    let wrong = try Found(
      live.start(["doctor", "--format", "json", "--within", "1s"], [platform.variable: "a-wrong-token"]))
    #expect(wrong.status == 1 && wrong.state("reachable") == "failed", "\(wrong.json.written())")
    #expect(wrong.sentence("reachable").contains(platform.variable) && !wrong.json.written().contains("a-wrong-token"))
  }

  @Test func whatALaunchDarklyTokenMayDo() throws {
    let live = try PlatformWorld(.launchDarkly)
    let flag = TestedPlatform.launchDarkly.open
    let flags: JSON = ["k": flag]
    #expect(try found(live, ["flags": flags]).state("rights") == "fine")
    let reader = try found(live, ["flags": flags, "access": ["role": "reader"]])
    #expect(reader.status == 1 && reader.sentence("rights").contains("role reader"))
    let custom = try found(live, ["flags": flags, "access": ["role": "writer", "customRoleIds": ["r1"]]])
    #expect(custom.status == 0 && custom.state("rights") == "unknown")
    #expect(try found(live, ["flags": flags, "access": nil]).state("rights") == "unknown")
    let approval = try found(live, ["flags": flags, "approvals": ["production"]])
    #expect(approval.status == 0 && approval.state("approval") == "warning")
    let missing = try found(live, ["flags": flags, "environments": ["test"]])
    #expect(missing.status == 1 && missing.state("approval") == "failed")
    let few = try found(live, ["flags": flags, "remaining": 9])
    #expect(few.state("rate limit") == "fine")
    let release: JSON = ["environmentKey": "production", "status": "in_progress", "kind": "guarded"]
    let running = try found(live, ["flags": flags, "releases": ["k": [release]]], "k")
    #expect(running.status == 0 && running.state("release", in: "flags") == "warning")
    let change: JSON = [
      "executionDate": 4_102_444_800_000, "instructions": [["kind": "turnFlagOn"]],
    ]
    let past: JSON = ["executionDate": 1_000_000_000_000, "instructions": []]
    let flows: JSON = ["k": [["name": "ramp", "status": "active"], ["name": "old", "status": "completed"]]]
    let planned = try found(
      live, ["flags": flags, "scheduled": ["k": [change, past]], "workflows": flows], "k")
    #expect(planned.status == 0, "\(planned.json.written())")
    let told = planned.all("schedule", in: "flags")
    #expect(
      told.count == 2 && told[0].contains("2100-01-01T00:00:00Z (turnFlagOn)")
        && told[1].hasPrefix("the workflow \"ramp\" is at work on k"), "\(told)")
    let none = try found(live, ["flags": flags, "scheduled": nil, "workflows": nil], "k")
    #expect(none.status == 0 && none.all("schedule", in: "flags") == [])
  }

  @Test func whatAnUnleashTokenMayDo() throws {
    let live = try PlatformWorld(.unleash)
    let mine: (String, String) -> JSON = {
      ["permission": .string($0), "project": "default", "environment": .string($1)]
    }
    let end = { (days: Int) -> JSON in
      .string(ISO8601.string(SystemClock().now() + .days(days)))
    }
    #expect(try found(live, [:]).state("rights") == "fine")
    #expect(
      try found(live, ["permissions": [mine("UPDATE_FEATURE_ENVIRONMENT", "production")]]).state("rights") == "fine")
    let elsewhere = try found(live, ["permissions": [mine("UPDATE_FEATURE_ENVIRONMENT", "development")]])
    #expect(elsewhere.status == 1 && elsewhere.state("rights") == "failed")
    let soon = try found(live, ["tokens": [["id": 1, "description": "ci", "expiresAt": end(5)]]])
    #expect(soon.status == 0 && soon.state("token") == "warning" && soon.sentence("token").contains("(ci) ends in"))
    #expect(try found(live, ["tokens": [["id": 1, "expiresAt": end(90)]]]).state("token") == "fine")
    // The open-source edition has no change requests, and says what it is.
    #expect(try found(live, [:]).sentence("approval").contains("open-source edition has no change requests"))
    let requested: JSON = ["enterprise": true, "change_requests": ["production"]]
    #expect(try found(live, ["enterprise": true]).state("approval") == "fine")
    #expect(try found(live, requested).state("approval") == "warning", "an admin may be let past")
    let right = mine("UPDATE_FEATURE_ENVIRONMENT", "production")
    let waits = try found(live, requested.setting("permissions", to: [right]))
    #expect(waits.status == 1 && waits.state("approval") == "failed")
    let skips = try found(
      live, requested.setting("permissions", to: [right, mine("SKIP_CHANGE_REQUEST", "production")]))
    #expect(skips.status == 0 && skips.state("approval") == "fine")
  }

  /// Unleash lists the flags of a project that does not exist as none, and answers every write in maintenance with 503.
  @Test func whatUnleashHasNotIsNoStore() throws {
    let live = try PlatformWorld(.unleash)
    #expect(try found(live, [:]).state("project") == "fine")
    let mode = try found(live, ["maintenance": true])
    #expect(mode.status == 1 && mode.sentence("maintenance").contains("maintenance mode"), "\(mode.json.written())")
    let address = try #require(live.environment["ROLLOUT_STORE"])
    for (place, words) in [
      ("/nope/production", "there is no project nope"), ("/default/prod", "has no environment prod (it has: "),
    ] {
      let elsewhere = address.replacing("/default/production", with: place)
      let found = try Found(live.start(["doctor", "--format", "json", "--store", elsewhere]))
      #expect(found.status == 1 && found.sentence("project").contains(words), "\(found.json.written())")
    }
  }

  @Test func whatPostHogWillDoByItselfIsTold() throws {
    let one = try PlatformWorld(.posthog)
    let flag = TestedPlatform.posthog.open.setting("id", to: 7)
    let change: JSON = [
      "record_id": "7", "model_name": "FeatureFlag", "scheduled_at": "2100-01-01T00:00:00Z", "executed_at": nil,
      "payload": ["operation": "update_status", "value": true],
    ]
    let told = try found(
      one, ["flags": ["k": flag], "scheduled_changes": [change, change.setting("executed_at", to: "2026-01-01")]], "k")
    #expect(told.status == 0, "\(told.json.written())")
    #expect(
      told.all("schedule", in: "flags")
        == ["PostHog will change k on 2100-01-01T00:00:00Z (update_status); cancel that in the flag's schedule"],
      "\(told.json.written())")
  }

  @Test func whatAPostHogKeyMayDo() throws {
    let live = try PlatformWorld(.posthog)
    #expect(try found(live, [:]).state("rights") == "fine")
    #expect(try found(live, ["scopes": ["feature_flag:write"]]).state("rights") == "fine")
    let reader = try found(live, ["scopes": ["feature_flag:read"]])
    #expect(reader.status == 1 && reader.sentence("rights").contains("feature_flag:write"))
    #expect(try found(live, ["scoped_teams": [2]]).state("rights") == "failed")
    #expect(try found(live, ["scoped_teams": [1]]).state("rights") == "fine")
  }

  @Test func whatStatsigDoesNotTellIsUnknown() throws {
    let found = try found(try PlatformWorld(.statsig), [:])
    #expect(found.status == 0 && found.state("rights") == "unknown" && found.state("token") == "unknown")
  }

  @Test(.enabled(if: Tool.faketime.isWanted, Tool.faketime.reason)) func clocksThatDisagreeAreFound() throws {
    let live = try PlatformWorld(.statsig)
    let environment = live.environment
    let outcome = try Tool.faketime.run(
      ["-f", "-10m", try #require(Binary.path), "doctor", "--format", "json"], in: live.world.folder,
      environment: environment)
    let found = try Found(outcome)
    #expect(found.status == 0 && found.state("clock") == "warning", "\(outcome)")
    #expect(found.sentence("clock").contains("10m behind") || found.sentence("clock").contains("9m"), "\(outcome)")
  }

  @Test(arguments: [
    ([], "unknown", "fine"), (["--weak"], "warning", "warning"), (["--untagged"], "warning", "warning"),
    (["--careless"], "unknown", "warning"),
  ]) func aDocumentIsReadAndPutOnRequestAlone(mode: [String], tag: String, proven: String) throws {
    let server = try LiveServer("document_server.py", ["secret"] + mode)
    let world = try LiveWorld()
    let place = "http://127.0.0.1:\(try server.port("port"))/flags.json"
    let environment = ["ROLLOUT_STORE": place, "ROLLOUT_HTTP_TOKEN": "secret"]
    let outcome = try world.run("doctor", "--format", "json", "--verbose", environment: environment)
    let found = try Found(outcome)
    #expect(found.status == 0 && found.state("tag") == tag && found.state("rights") == "unknown", "\(outcome)")
    #expect(found.state("time") == "fine" && found.sentence("time").contains("a kill needs 3 of them"), "\(outcome)")
    #expect(!outcome.errors.contains("PUT"))
    #expect(found.sentence("cache").contains("no-store"), "\(outcome)")
    let asked = try world.run("doctor", "--prove", "--format", "json", "--verbose", environment: environment)
    #expect(try Found(asked).state("tag") == proven && asked.errors.contains("PUT") == (tag == "unknown"), "\(asked)")
    let wrong = try world.run("doctor", environment: ["ROLLOUT_STORE": place])
    #expect(wrong.status == 1 && wrong.output.contains("ROLLOUT_HTTP_TOKEN"), "\(wrong)")
  }

  /// Who cannot see applications can kill all the same.
  @Test func anEvaluationThatIsAwayIsAWarning() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let away = ["ROLLOUT_EVALUATION": "http://127.0.0.1:1/ofrep/v1"]
    let found = try Found(world.run("doctor", "--format", "json", environment: away))
    #expect(found.status == 0 && found.state("evaluation") == "warning", "\(found.json.written())")
  }

  // MARK: etcd

  @Test(.enabled(if: EtcdWorld.isWanted, EtcdWorld.reason)) func etcdTellsItsRightsWithoutAWrite() throws {
    let etcd = try EtcdWorld()
    try etcd.done("promote", LiveWorld.note)
    let before = try etcd.control("/get", "/")
    let revision = try etcd.control("/call", "/v3/kv/range\n{\"key\":\"YQ==\"}")["header"]?["revision"]
    let fine = try Found(etcd.run("doctor", "ai-summary", "--format", "json"))
    #expect(
      fine.status == 0 && fine.state("rights") == "fine" && fine.state("quorum") == "fine", "\(fine.json.written())")
    for call in [
      "user/add\n{\"name\":\"eve\",\"password\":\"pw\"}", "role/add\n{\"name\":\"reading\"}",
      "user/grant\n{\"user\":\"eve\",\"role\":\"reading\"}",
      "role/grant\n{\"name\":\"reading\",\"perm\":{\"permType\":\"READ\",\"key\":\"Lw==\",\"range_end\":\"MA==\"}}",
    ] { try etcd.control("/call", "/v3/auth/\(call)") }
    let reader = try Found(
      etcd.world.run(
        "doctor", "ai-summary", "--format", "json",
        environment: etcd.environment.merging(["ETCD_USERNAME": "eve", "ETCD_PASSWORD": "pw"]) { $1 }))
    #expect(reader.status == 1 && reader.state("rights") == "failed" && reader.state("quorum") == "fine")
    #expect(reader.state("rights", in: "flags") == "failed")
    #expect(try etcd.control("/get", "/") == before)
    #expect(try etcd.control("/call", "/v3/kv/range\n{\"key\":\"YQ==\"}")["header"]?["revision"] == revision)
  }

  @Test(.enabled(if: EtcdWorld.isWanted, EtcdWorld.reason)) func oneMemberMayBeAwayAndTwoMayNot() throws {
    let etcd = try EtcdWorld(members: 3, auth: false)
    try etcd.done("promote", LiveWorld.note)
    #expect(try Found(etcd.run("doctor", "--format", "json")).state("reachable") == "fine")
    try etcd.control("/kill", "1")
    let one = try Found(etcd.run("doctor", "--format", "json"))
    #expect(one.status == 0 && one.state("reachable") == "warning" && one.state("quorum") == "fine")
    try etcd.control("/kill", "2")
    let two = try Found(etcd.run("doctor", "--format", "json", "--within", "3s"))
    #expect(two.status == 1 && two.state("quorum") == "failed", "\(two.json.written())")
    #expect(two.sentence("quorum").contains("most members of the cluster are away"), "\(two.json.written())")
  }
}
