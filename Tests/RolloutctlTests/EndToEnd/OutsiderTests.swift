import Foundation
import Testing

/// Somebody else changes the flag file at one moment of ours: strace holds the call, and they act meanwhile.
@Suite struct OutsiderTests {
  enum Deed: String, CaseIterable {
    case replaces, writesInto
    var line: String {
      switch self {
      case .replaces: "cp theirs.json theirs.tmp && mv theirs.tmp flags.json"
      case .writesInto: "cat theirs.json > flags.json"
      }
    }
  }

  /// `b` is nobody's flag but theirs.
  private static let flags =
    #"{"flags": {"b": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"}}}"#

  private func outcome(of words: String, at call: String, _ deed: Deed, _ world: LiveWorld) throws -> Binary.Outcome {
    let mine = try world.folder.read("flags.json")
    try world.folder.write("theirs.json", mine.replacing(#""b": {"#, with: #""b":  {"#))
    let log = world.folder.path("calls.log")
    let (strace, binary) = (try #require(Tool.strace.path), try #require(Binary.path))
    let script = """
      \(strace) -f -qq -o \(log) -e trace=\(call) --inject=\(call):delay_enter=1000000:when=1 \(binary) \(words) & one=$!
      for i in $(seq 1 6000); do
        grep -q '\(call)(' \(log) 2>/dev/null && break
        sleep 0.005
      done
      \(deed.line)
      wait $one
      """
    return try Tool.bash.run(["-c", script], in: world.folder, environment: ["ROLLOUT_ACTOR": "maya"])
  }

  private func world() throws -> LiveWorld {
    let world = try LiveWorld(flags: Self.flags)
    try world.done("promote", LiveWorld.note)
    try world.done("attest", LiveWorld.note, "gates", "--evidence", "seen")
    return world
  }

  private static let verbs = ["kill ai-summary", "promote \(LiveWorld.note) --to '5% of paid'"]

  /// Before the last look nothing of theirs is lost, and neither is what they write into the old file after it.
  @Test(
    .enabled(if: Tool.strace.isWanted, Tool.strace.reason), arguments: verbs,
    [("utimensat", Deed.replaces), ("utimensat", .writesInto), ("rename", .writesInto)])
  func nothingOfTheirsIsLost(words: String, moment: (call: String, deed: Deed)) throws {
    let world = try world()
    let outcome = try outcome(of: words, at: moment.call, moment.deed, world)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(try world.folder.read("flags.json").contains(#""b":  {"#), "theirs")
    let mark = try world.flag()["metadata"] as? [String: Any]
    let place = words.hasPrefix("kill") ? "killed (off)" : "5% of paid"
    #expect(mark?["rolloutctl.stage"] as? String == place)
  }

  /// A busy log in the same folder: for each event that we read strace writes another line there.
  @Test(.enabled(if: Tool.strace.isWanted, Tool.strace.reason))
  func whoeverWritesBesideTheFileWithoutAPauseDelaysNothing() throws {
    let world = try world()
    let outcome = try Tool.strace.run(
      ["-f", "-qq", "-o", world.folder.path("beside.log"), try #require(Binary.path), "kill", "ai-summary"],
      in: world.folder, environment: ["ROLLOUT_ACTOR": "maya"])
    #expect(outcome.status == 0 && outcome.output.contains("off: everybody gets off"), "\(outcome)")
    #expect(!outcome.errors.contains("not off yet"), "\(outcome)")
    #expect(try world.isKilled())
  }

  /// In that last moment nobody can look: it is noticed afterwards, and said.
  @Test(.enabled(if: Tool.strace.isWanted, Tool.strace.reason), arguments: verbs)
  func whatIsLostIsSaid(words: String) throws {
    let world = try world()
    let outcome = try outcome(of: words, at: "rename", .replaces, world)
    #expect("\(outcome)".contains("their version is gone"), "\(outcome)")
    #expect(outcome.status == (words.hasPrefix("kill") ? 0 : 6), "\(outcome)")
    let mark = try world.flag()["metadata"] as? [String: Any]
    #expect(mark?["rolloutctl.stage"] as? String == (words.hasPrefix("kill") ? "killed (off)" : "5% of paid"))
    #expect(try world.run("status", "ai-summary").status == 0)
    try world.verify()
  }
}
