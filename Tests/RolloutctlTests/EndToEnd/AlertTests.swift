import Foundation
import Testing

@testable import RolloutOps

/// `kill --on-alert` through the real program, with the event on standard input.
@Suite struct AlertTests {
  private static let settings = """
    {"store": "STORE", "alerts": [{"when": {"alertname": "*", "feature": "*"}, "kill": ["$feature"]}]}
    """

  private static func event(_ alerts: [(flag: String, status: String)]) -> String {
    let all = alerts.map { alert in
      """
      {"status": "\(alert.status)", "labels": {"alertname": "CostLoop", "feature": "\(alert.flag)"},
       "fingerprint": "c0ffee-\(alert.flag)", "startsAt": "2026-11-21T09:58:00Z"}
      """
    }
    return "{\"status\": \"firing\", \"alerts\": [\(all.joined(separator: ","))]}"
  }

  private func run(_ world: LiveWorld, _ event: String, _ more: [String] = [], _ environment: [String: String] = [:])
    throws -> Binary.Outcome
  {
    try Binary.run(
      ["kill", "--on-alert"] + more, in: world.folder, environment: environment.merging(["ROLLOUT_ACTOR": "am"]) { $1 },
      input: event)
  }

  /// A pipe that nobody closes: the deadline is for the event, too.
  @Test(.enabled(if: Tool.sh.isWanted, Tool.sh.reason)) func anEventThatDoesNotEndIsNotWaitedForForEver() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let outcome = try Tool.sh.run(
      [
        "-c", "mkfifo event && printf '{' 1<>event && exec \"$0\" kill --on-alert --within 1s 0<>event",
        try #require(Binary.path),
      ],
      in: world.folder)
    #expect(outcome.status == 1, "\(outcome)")
    #expect(
      outcome.errors.contains("standard input was not closed within 1s") && outcome.errors.contains("nothing was"))
    #expect(try !world.isKilled())
  }

  @Test func whatFiresDiesAndWhatIsOverIsNamed() throws {
    let flag = #"{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"}"#
    let world = try LiveWorld(flags: "{\"flags\": {\"one\": \(flag), \"two\": \(flag), \"three\": \(flag)}}")
    try world.folder.write("rolloutctl.json", Self.settings.replacing("STORE", with: "file:flags.json"))
    let outcome = try run(world, Self.event([("one", "firing"), ("two", "resolved"), ("three", "firing")]))
    #expect(outcome.status == 0 && outcome.errors.contains("CostLoop is over: nothing to kill"), "\(outcome)")
    #expect(try ["one", "two", "three"].map { try world.isKilled($0) } == [true, false, true])
    let journal = try #require(try world.entries("flags.json.rollout/three.journal").last)
    #expect(journal["reason"] as? String == "alert CostLoop [c0ffee-three since 2026-11-21T09:58:00Z]")
  }

  /// Taken for over, it would end in exit 0, and nobody would look.
  @Test func aStatusThatIsNeitherEndsInOneAndSaysWhatWasRead() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.folder.write("rolloutctl.json", Self.settings.replacing("STORE", with: "file:flags.json"))
    let outcome = try run(world, Self.event([("ai-summary", "acked")]))
    #expect(
      outcome.status == 1 && outcome.errors.contains(#"its status "acked" is neither firing nor resolved"#),
      "\(outcome)")
    #expect(try !world.isKilled())
    let json = try run(world, Self.event([("ai-summary", "acked")]), ["--format", "json"])
    #expect(try LiveWorld.object(json.output)?["exit"] as? Int == 1, "\(json)")
  }

  /// A restore whose last change hangs longer than a kill waits for anybody: it lands after the kill has said off, and
  /// must not be the last word.
  @Test(.enabled(if: Tool.python.isWanted, "python3 is not installed here"), arguments: TestedPlatform.allCases)
  func aChangeThatLandsAfterAKillIsTakenBack(platform: TestedPlatform) throws {
    let live = try PlatformWorld(platform)
    try live.done("promote", LiveWorld.note)
    try live.done("kill", "ai-summary")
    let write: JSON = platform == .unleash ? ["path": "/on$"] : [:]
    // Its changes are carried out after five seconds, and nobody else's wait.
    var rules = ["POST", "PUT", "PATCH"].map {
      write.setting("method", to: .string($0)).setting("do", to: ["delay": 5])
    }
    if platform == .unleash { rules = [rules[0]] }
    try live.fail(rules)
    let restoring = try live.world.start(
      ["restore", LiveWorld.note, "--reason", "mended"], environment: live.environment)
    for _ in 0..<400 where try live.tell(.get, "/faults")["rules"]?.items?.count == rules.count { usleep(20_000) }
    try live.fail([])
    let killed = try live.done("kill", "ai-summary", "--reason", "worse")
    let restored = try restoring.finish()
    // Where a version guards the change it is refused; else it looks for the kill.
    #expect([5, 6].contains(restored.status), "\(killed)\n\(restored)")
    #expect(try live.isOff("ai-summary"), "\(killed)\n\(restored)")
    #expect(try live.done("status", "ai-summary").output.contains("worse"), "\(killed)\n\(restored)")
    try live.done("history", "--verify")
  }

  /// Each flag would have its own deadline: eight of them would take eight times as long.
  @Test(.enabled(if: Tool.python.isWanted, "python3 is not installed here")) func allOfThemHaveOneDeadline() throws {
    let live = try PlatformWorld(.unleash)
    let store = try #require(live.environment["ROLLOUT_STORE"])
    try live.world.folder.write("rolloutctl.json", Self.settings.replacing("STORE", with: store))
    try live.fail([["times": 1000, "do": ["delay": 60]]])
    let start = ContinuousClock.now
    let flags = (1...8).map { (flag: "f\($0)", status: "firing") }
    let outcome = try run(live.world, Self.event(flags), ["--within", "2s", "--format", "json"], live.environment)
    #expect(ContinuousClock.now - start < .seconds(12), "\(outcome)")
    #expect(outcome.status == 1, "\(outcome)")
    let told = try #require(try LiveWorld.object(outcome.output)?["flags"] as? [[String: Any]])
    #expect(told.compactMap { $0["flag"] as? String } == flags.map(\.flag))
  }
}
