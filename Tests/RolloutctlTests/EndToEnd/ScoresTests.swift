import Foundation
import RolloutOps
import Testing

@testable import rolloutctl

/// A judge's scores in a file beside the traces, with the real binary.
@Suite struct ScoresTests {
  static let note = MeasuredTriggerTests.note.replacingOccurrences(of: "Automation: promote\n", with: "")
    .replacingOccurrences(
      of: "Evidence: traces/*.ndjson", with: "Evidence:\n- traces/*.ndjson\n- scores/*.csv joined by trace_id"
    )
    .replacingOccurrences(of: "- parse failures: rate(parse_error)", with: "- quality: mean(quality)")
    .replacingOccurrences(of: "- parse failures above 2%", with: "- quality drops by more than 5%")

  @Test func aJudgesScoresGateThePromotion() throws {
    let world = try LiveWorld(note: Self.note)
    #expect(try world.run("check", LiveWorld.note).status == 0)
    try world.done("promote", LiveWorld.note)
    // Whoever is taken out and in again starts the stage anew, at this moment: no test waits for readers to follow.
    try world.done("exclude", "ai-summary", "tenant=nobody", "--reason", "asked")
    try world.done("include", "ai-summary", "tenant=nobody", "--reason", "asked")
    let time = ISO8601.precise(SystemClock().now())
    let versions = [("v7", 300), ("v6", 5700)]
    try world.folder.write(
      "traces/today.ndjson",
      versions.map { version, count in
        (0..<count).map {
          "{\"ts\":\"\(time)\",\"prompt_version\":\"\(version)\",\"tenant\":\"\(version)-\($0)\",\"plan\":\"paid\","
            + "\"trace_id\":\"\(version)-\($0)\",\"policy_violation\":false}\n"
        }.joined()
      }.joined())
    func score(_ canaries: Int, worse: Bool = false) throws {
      let mine = (0..<canaries).map { "v7-\($0),0.\((worse ? 50 : 80) + $0 % 9)\n" }
      let others = (0..<600).map { "v6-\($0),0.\(80 + $0 % 9)\n" }
      try world.folder.write("scores/night.csv", "trace_id,quality\n" + (mine + others).joined())
    }
    try score(40)
    let few = try world.run("gate", LiveWorld.note)
    #expect(
      few.status == 3 && few.output.contains("40 of 200 canary tenants; 40 of 300 canary records have one"), "\(few)")
    try score(250)
    let enough = try world.run("gate", LiveWorld.note)
    #expect(enough.status == 0 && enough.output.contains("quality from night.csv"), "\(enough)")
    try score(250, worse: true)
    let worse = try world.run("gate", LiveWorld.note)
    #expect(worse.status == 4 && worse.output.contains("rollback if quality drops by more than 5%"), "\(worse)")
    let watched = try world.run("watch", "--once", LiveWorld.note, actor: "ci")
    #expect(watched.status == 4, "\(watched)")
    try world.verify()
  }

  @Test func checkExplainsAJoinThatIsNone() throws {
    let world = try LiveWorld(note: Self.note.replacingOccurrences(of: "joined by trace_id", with: "joined trace_id"))
    let outcome = try world.run("check", LiveWorld.note)
    #expect(outcome.status == 7 && outcome.output.contains("say by which field they are joined"), "\(outcome)")
  }
}
