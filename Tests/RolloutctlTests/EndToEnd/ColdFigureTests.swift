import Foundation
import RolloutOps
import Testing

@testable import rolloutctl

/// Quality in production against what the evaluation promised, with the real binary.
@Suite struct ColdFigureTests {
  static let note = MeasuredTriggerTests.note.replacingOccurrences(
    of: "Evidence: traces/*.ndjson", with: "Evidence: traces/*.ndjson\nEvaluation: eval/*.csv.gz"
  ).replacingOccurrences(of: "- parse failures: rate(parse_error)", with: "- quality: mean(quality)")
    .replacingOccurrences(of: "- parse failures above 2%", with: "- quality drops by more than 5% against forecast")

  @Test func productionIsHeldAgainstTheColdScore() throws {
    let world = try LiveWorld(note: Self.note)
    let checked = try world.run("check", LiveWorld.note)
    #expect(checked.status == 0, "\(checked)")
    try world.done("promote", LiveWorld.note)
    // Whoever is taken out and in again starts the stage anew, at this moment: no test waits for readers to follow.
    try world.done("exclude", "ai-summary", "tenant=nobody", "--reason", "asked")
    try world.done("include", "ai-summary", "tenant=nobody", "--reason", "asked")
    let time = ISO8601.precise(SystemClock().now())
    func send(quality: Int) throws {
      let lines = [("v7", 300, quality), ("v6", 5700, 80)].flatMap { version, count, base in
        (0..<count).map {
          "{\"ts\":\"\(time)\",\"prompt_version\":\"\(version)\",\"tenant\":\"\(version)-\($0)\",\"plan\":\"paid\","
            + "\"quality\":0.\(base + $0 % 9),\"policy_violation\":false}\n"
        }
      }
      try world.folder.write("traces/today.ndjson", lines.joined())
    }
    try send(quality: 80)
    let missing = try world.run("gate", LiveWorld.note)
    #expect(missing.status == 3 && missing.output.contains("its forecast is read from eval/*.csv.gz"), "\(missing)")

    try OfflineTests.write(world)
    let near = try world.run("gate", LiveWorld.note)
    #expect(near.status == 0 && near.output.contains("forecast 0.838 from eval/*.csv.gz, 120 cases"), "\(near)")
    try send(quality: 70)
    let far = try world.run("gate", LiveWorld.note, "--format", "json")
    #expect(far.status == 4, "\(far)")
    let gates = try #require(try LiveWorld.object(far.output)?["gates"] as? [[String: Any]])
    let reference = gates.compactMap { $0["reference"] as? [String: Any] }.first
    #expect(reference?["source"] as? String == "eval/*.csv.gz" && reference?["cases"] as? Int == 120)
    // The way back is kept with the figure that it was taken on.
    #expect(try world.run("watch", "--once", LiveWorld.note, actor: "ci").status == 4)
    let details = try world.entries().filter { $0["action"] as? String == "rollback" }
      .compactMap { ($0["detail"] as? [String: Any])?["evidence"] as? [String: Any] }
    let kept = details.last?["gates"] as? [[String: Any]]
    #expect(kept?.contains { ($0["reference"] as? [String: Any])?["name"] as? String == "forecast" } == true)
    try world.verify()
  }
}
