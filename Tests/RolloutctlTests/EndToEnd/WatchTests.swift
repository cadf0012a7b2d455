import Foundation
import RolloutOps
import Testing

@testable import rolloutctl

/// `watch` with the real binary, on real logs and a real clock.
@Suite struct MeasuredTriggerTests {
  static let note =
    LiveWorld.plainNote.replacingOccurrences(
      of: "Schedule: internal 0s -> 5% of paid 0s -> 25% of paid 0s -> 100% 0s",
      with: "Schedule: 5% of paid 0s -> 25% of paid 0s -> 50% 0s -> 100% 0s"
    ).replacingOccurrences(
      of: "Rollback trigger:",
      with: """
        Automation: promote
        Evidence: traces/*.ndjson
        Metrics to watch:
        - parse failures: rate(parse_error)
        - policy violations: count(policy_violation)
        Kill trigger:
        - policy violations above 0
        Rollback trigger:
        """)

  /// Requests of this moment: 300 tenants with the canary, and as many without as the stage's share asks for.
  private func send(_ world: LiveWorld, share: Double, failsEvery: Int = .max, violates: Bool = false) throws {
    // Whoever is taken out and in again starts the stage anew, at this moment: no test waits for readers to follow.
    try world.done("exclude", "ai-summary", "tenant=nobody", "--reason", "asked")
    try world.done("include", "ai-summary", "tenant=nobody", "--reason", "asked")
    let time = ISO8601.precise(SystemClock().now())
    func line(_ version: String, _ index: Int, fails: Bool, violates: Bool) -> String {
      "{\"ts\":\"\(time)\",\"prompt_version\":\"\(version)\",\"tenant\":\"\(version)-\(index)\",\"plan\":\"paid\","
        + "\"parse_error\":\(fails),\"policy_violation\":\(violates)}\n"
    }
    let canary = (0..<300).map {
      line("v7", $0, fails: ($0 + 1).isMultiple(of: failsEvery), violates: violates && $0 == 0)
    }
    let control = (0..<Int(300 / share) - 300).map { line("v6", $0, fails: false, violates: false) }
    try world.folder.write("traces/today.ndjson", (canary + control).joined())
  }

  /// At `25% of paid`, where a watch has brought it.
  private func widened() throws -> LiveWorld {
    let world = try LiveWorld(note: Self.note)
    try world.done("promote", LiveWorld.note)
    try send(world, share: 0.05)
    let outcome = try world.run("watch", "--once", LiveWorld.note, actor: "ci")
    try #require(outcome.status == 0, "\(outcome)")
    #expect(outcome.output.contains("promoted 5% of paid → 25% of paid"), "\(outcome)")
    return world
  }

  /// One rollout's server takes every question and answers none; the other's kill trigger fires meanwhile.
  @Test(.enabled(if: Tool.python.isWanted, "python3 is not installed here"))
  func aStoreThatHangsDelaysNoKillInAnother() throws {
    let server = try LiveServer("hostile_server.py")
    let world = try LiveWorld(note: Self.note)
    try world.done("promote", LiveWorld.note)
    try send(world, share: 0.05, violates: true)
    let silent = "http://127.0.0.1:\(try server.port("near"))/silent"
    try world.folder.write(
      "notes/other.md",
      Self.note.replacing("Flag: ai-summary", with: "Flag: other").replacing("file:flags.json", with: silent))
    let watch = try world.start(["watch", "--once", "notes/other.md", LiveWorld.note], actor: "ci")
    let killed = "for i in $(seq 150); do grep -q '\"killed\"' flags.json && exit 0; sleep 0.1; done; exit 1"
    let waited = try Binary.run(["-c", killed], in: world.folder, program: "/bin/sh")
    #expect(waited.status == 0, "the flag stood while a server kept silent")
    watch.send(SIGKILL)
    _ = try watch.finish()
  }

  @Test func aBreachRollsBackAndIsNotTriedAgainWithoutAReason() throws {
    let world = try widened()
    try send(world, share: 0.25, failsEvery: 8)
    let fired = try world.run("watch", "--once", LiveWorld.note, "--format", "json", actor: "ci")
    #expect(fired.status == 4, "\(fired)")
    let lines = fired.output.split(separator: "\n")
    #expect(lines.count == 1)
    let json = try JSON.parse(Array(lines[0].utf8))
    #expect(json["decision"] == "rollback" && json["done"] == true && json["held"]?["automatic"] == true)
    #expect(try (world.flag()["metadata"] as? [String: Any])?["rolloutctl.stage"] as? String == "5% of paid")
    let history = try world.done("history", LiveWorld.note)
    #expect(history.output.contains("rollback  25% of paid → 5% of paid"), "\(history)")
    #expect(history.output.contains("saw canary 300 · control 900"), "\(history)")
    // The traffic is sound again, and the note lets a watch promote: it stays where it is.
    try FileManager.default.removeItem(atPath: world.folder.path("traces/today.ndjson"))
    let held = try world.run("watch", "--once", LiveWorld.note, actor: "ci")
    #expect(held.status == 3 && held.output.contains("it is held; resume lifts the hold"), "\(held)")
    #expect(try world.run("promote", LiveWorld.note).status == 3)
    #expect(try world.run("resume", LiveWorld.note).status == 2)
    try world.done("resume", LiveWorld.note, "--reason", "prompt mended")
    try send(world, share: 0.05)
    let again = try world.run("watch", "--once", LiveWorld.note, actor: "ci")
    #expect(again.status == 0 && again.output.contains("promoted 5% of paid → 25% of paid"), "\(again)")
    let moves = try world.entries().filter { ["promote", "rollback"].contains($0["action"] as? String) }
      .filter { $0["outcome"] as? String == "done" }.map { ($0["to"] as? [String: Any])?["name"] as? String }
    #expect(moves == ["5% of paid", "25% of paid", "5% of paid", "25% of paid"])
    try world.verify()
    #expect(world.folder.has(LiveWorld.journalPath + ".watch"))
  }

  @Test func aKillTriggerKills() throws {
    let world = try widened()
    try send(world, share: 0.25, failsEvery: 8, violates: true)
    let fired = try world.run("watch", "--once", LiveWorld.note, actor: "ci")
    #expect(fired.status == 5 && fired.output.contains("killed at 25% of paid"), "\(fired)")
    #expect(try world.isKilled())
    let kill = try #require(try world.entries().last { $0["action"] as? String == "kill" })
    #expect((kill["reason"] as? String)?.hasPrefix("policy violations above 0: 1") == true)
    #expect(try world.run("watch", "--once", LiveWorld.note, actor: "ci").status == 5)
    try world.verify()
  }

  /// An interrupt ends it, between two changes: the pause, or a change that is whole.
  @Test(
    .enabled(if: Tool.strace.isWanted, Tool.strace.reason),
    arguments: [("clock_nanosleep", "SIGTERM"), ("clock_nanosleep", "SIGINT"), ("fdatasync", "SIGTERM")])
  func anInterruptEndsItBetweenTwoChanges(call: String, signal: String) throws {
    let world = try widened()
    try send(world, share: 0.25, failsEvery: 8)
    let binary = try #require(Binary.path)
    let outcome = try Tool.strace.run(
      [
        "-f", "-o", "/dev/null", "--inject=\(call):signal=\(signal):when=1", binary, "watch", LiveWorld.note,
        "--interval", "1h",
      ], in: world.folder, environment: ["ROLLOUT_ACTOR": "ci"])
    #expect(outcome.end == .signal(signal == "SIGINT" ? SIGINT : SIGTERM), "\(outcome)")
    #expect(try world.entered().last == "5% of paid")
    #expect(try world.entries().last?["outcome"] as? String == "done")
    try world.verify()
  }
}
