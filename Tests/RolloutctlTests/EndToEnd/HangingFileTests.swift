import Foundation
import Testing

/// A disk that hangs, as a network file system does: the calls on one flag file take longer than the kill may.
@Suite struct HangingFileTests {
  /// strace holds the call back for 6 s, and itself ends no sooner; what counts is when the kill told what.
  @Test(
    .enabled(if: Tool.strace.isWanted, Tool.strace.reason),
    arguments: [("openat", true), ("read", true), ("fsync", false), ("rename", false)])
  func aFileThatHangsHoldsBackNeitherAnotherStoreNorTheEnd(call: String, isRead: Bool) throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.folder.write("other.json", world.folder.read("flags.json"))
    try world.folder.write(
      "rolloutctl.json", #"{"stores": {"hanging": "file:flags.json", "other": "file:other.json"}}"#)
    // Writes go to other names than the file's own, so there the first of the two stores is the one that hangs.
    let path = isRead ? ["-P", world.folder.path("flags.json")] : []
    let outcome = try Tool.strace.run(
      ["-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)"] + path
        + [
          "--inject=\(call):delay_enter=6000000:when=1", try #require(Binary.path), "kill", "ai-summary", "--within",
          "2s", "--format", "json",
        ], in: world.folder, environment: ["ROLLOUT_ACTOR": "oncall"])
    let report = try #require(try LiveWorld.object(outcome.output), "\(outcome)")
    let flags = try #require(report["flags"] as? [[String: Any]])
    let seconds = flags.compactMap { $0["seconds"] as? Double }
    #expect(seconds.count == 2 && seconds.allSatisfy { $0 < 3.5 }, "\(outcome)")
    if isRead {
      let (hanging, other) = (
        flags.first { $0["store"] as? String == "file:flags.json" },
        flags.first { $0["store"] as? String == "file:other.json" }
      )
      #expect(hanging?["off"] as? Bool == false && other?["off"] as? Bool == true, "\(outcome)")
      #expect((other?["seconds"] as? Double).map { $0 < 1.9 } == true, "\(outcome)")
      #expect(try world.folder.read("other.json").contains("\"killed\""))
    }
  }
}
