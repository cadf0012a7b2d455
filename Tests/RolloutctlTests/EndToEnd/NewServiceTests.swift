import Foundation
import RolloutOps
import Testing

/// The first stage of a service that has no version before: what nobody can wait for is said once, with the way out.
@Suite struct NewServiceTests {
  private static let comparing = """
    - quality drops by more than 5%
    - cost up more than 20%
    - parse failures above 2%
    Kill trigger:
    - cost exceeds 5x control over 1h
    Metrics to watch:
    - quality: mean(quality)
    - cost: mean(cost_usd)
    - parse failures: rate(parse_error)
    Evidence: traces/*.ndjson
    """

  private func world(naming control: Bool, stage: String = "internal") throws -> LiveWorld {
    var text = LiveWorld.plainNote.replacing("- parse failures above 2%", with: Self.comparing)
    if !control { text = text.replacing("Control version: prompt_version = v6\n", with: "") }
    if stage != "internal" {
      text = text.replacing("Schedule: internal 0s -> 5% of paid 0s", with: "Schedule: \(stage) 0s")
    }
    let world = try LiveWorld(note: text)
    try record("v5", hoursAgo: 2, in: world)
    try world.done("promote", LiveWorld.note)
    return world
  }

  private func record(_ version: String, hoursAgo hours: Int = 0, in world: LiveWorld) throws {
    let time = Instant(microseconds: SystemClock().now().microseconds - Int64(hours) * 3_600_000_000)
    let lines = (0..<300).map { index in
      """
      {"ts":"\(ISO8601.precise(time))","prompt_version":"\(version)","team":"staff","plan":"paid","tenant":"t\(index)",\
      "quality":0.8\(index % 7),"cost_usd":0.01\(index % 5),"parse_error":false}
      """
    }
    try world.folder.write("traces/today.ndjson", lines.joined(separator: "\n") + "\n")
  }

  /// Whoever is taken out and in again starts the stage anew, at this moment: no test waits for readers to follow.
  private func settle(_ world: LiveWorld) throws {
    try world.done("exclude", "ai-summary", "tenant=nobody", "--reason", "asked")
    try world.done("include", "ai-summary", "tenant=nobody", "--reason", "asked")
  }

  @Test func afterAMomentThereIsNoRecordYet() throws {
    let world = try world(naming: true)
    for words in [["gate", LiveWorld.note], ["promote", LiveWorld.note], ["status", LiveWorld.note]] {
      let outcome = try world.start(words).finish()
      #expect(outcome.output.contains("evidence   no record yet: the stage began "), "\(outcome)")
      #expect(!outcome.output.contains("before this stage"), "\(outcome)")
      #expect(outcome.output.components(separatedBy: "  no record yet\n").count == 2, "said once: \(outcome)")
    }
  }

  @Test(.enabled(if: Tool.faketime.isWanted, Tool.faketime.reason)) func afterHoursTheNewestRecordIsNamed() throws {
    let world = try world(naming: true)
    let outcome = try Tool.faketime.run(
      ["-f", "+3h", try #require(Binary.path), "gate", LiveWorld.note], in: world.folder)
    #expect(outcome.output.contains("evidence   no record of the "), "\(outcome)")
    #expect(outcome.output.contains(" since this stage began: the newest is from "), "\(outcome)")
  }

  @Test(arguments: [
    (true, "internal", "no prompt_version = v6 record of team = staff before this stage to compare with"),
    (false, "internal", "the note names no Control version to compare with"),
    (true, "5% of paid", "no record of prompt_version = v6 in this stage to compare with"),
  ])
  func whatHasNoControlIsSaidOnceWithTheWayOut(naming: Bool, stage: String, why: String) throws {
    let world = try world(naming: naming, stage: stage)
    try settle(world)
    try record("v7", in: world)
    let outcome = try world.run("gate", LiveWorld.note)
    #expect(outcome.status == 3, "\(outcome)")
    #expect(outcome.output.components(separatedBy: why).count == 2, "\(outcome)")
    #expect(outcome.output.contains("(\(why): look, then attest gates)"), "\(outcome)")
    #expect(outcome.output.contains("\n  rolloutctl attest ai-summary gates --evidence \"…\"\n"), "\(outcome)")
    #expect(outcome.output.components(separatedBy: "   no control\n").count == 4, "\(outcome)")
    let reason = "3 triggers: nothing to compare with; look, then attest gates"
    let json = try #require(try LiveWorld.object(world.run("gate", LiveWorld.note, "--format", "json").output))
    #expect((json["reasons"] as? [String])?.contains(reason) == true, "\(json)")
    // What a machine measured stays its own.
    #expect(outcome.output.contains("✓ rollback if parse failures above 2%"), "\(outcome)")
    try world.done("attest", "ai-summary", "gates", "--evidence", "read them")
    let gates = try world.run("gate", LiveWorld.note).output
    #expect(!gates.contains("no control") && gates.contains("seen by maya: read them"), "\(gates)")
  }

  /// A pipeline does not wait for what never comes.
  @Test func waitingEndsAtAPersonsTurn() throws {
    let world = try world(naming: true)
    try settle(world)
    try record("v7", in: world)
    let outcome = try world.start(["gate", LiveWorld.note, "--wait", "--timeout", "1h"]).finish(within: 60)
    #expect(outcome.end == .status(3), "\(outcome)")
    #expect(outcome.errors.contains("somebody's turn: quality drops by more than 5%"), "\(outcome)")
    try world.done("attest", "ai-summary", "gates", "--evidence", "read them")
    #expect(try world.run("promote", LiveWorld.note).end == .status(0))
  }
}
