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
    #expect(outcome.status == 0 && outcome.output.contains("OFF: everybody gets \"off\""), "\(outcome)")
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

  // MARK: At each call

  private struct Summary: Decodable {
    struct Wrong: Decodable {
      let verb: String
      let call: String
      let at: Int
      let deed: String
      let wrong: String
      let said: String
    }

    let runs: Int
    /// How many calls and deeds there are to be put together.
    let places: Int
    let fates: [String: Int]
    let gone: [String: Int]
    let wrong: [Wrong]
  }

  /// So many of them; more by hand (Tests/Long/run outsiders).
  private static let count = ProcessInfo.processInfo.environment["ROLLOUTCTL_OUTSIDERS"].flatMap(Int.init) ?? 300

  private static let canTrace =
    Tool.strace.path != nil && (try? Tool(name: "unshare").run(["-mpf", "--mount-proc", "true"]))?.status == 0

  /// Only between the last look and the rename can anything of theirs be lost, and each loss is said.
  @Test(.enabled(if: canTrace || Live.isRequired, "no strace, or nobody may have a process namespace here"))
  func atWhateverCallSomebodyComesNothingIsLostUnsaid() throws {
    let folder = try TemporaryFolder()
    let note = Repository.root.appendingPathComponent("Tests/Fixtures/summary.md").path
    let outcome = try Binary.run(
      [Live.script("outsiders.py"), try #require(Binary.path), note, folder.path, "\(Self.count)"],
      within: 60 + Self.count, program: Tool.python.path)
    try #require(outcome.end == .status(0), "\(outcome)")
    let summary = try JSONDecoder().decode(Summary.self, from: Data(outcome.output.utf8))
    print("outsiders: \(summary.runs) runs, \(summary.places) places: \(summary.fates); gone: \(summary.gone)")
    for one in summary.wrong {
      Issue.record("\(one.verb), \(one.deed) before \(one.call) \(one.at): \(one.wrong): \(one.said)")
    }
    #expect(summary.runs == Self.count && (summary.fates["unmet"] ?? 0) * 5 < summary.runs, "\(summary.fates)")
    for call in summary.gone.keys {
      #expect(call.hasSuffix(": rename, replaces"), "lost at another moment: \(call)")
    }
  }
}
