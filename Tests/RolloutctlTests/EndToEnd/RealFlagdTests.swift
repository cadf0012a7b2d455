import Foundation
import Testing

/// A kill before the eyes of the real flagd daemon. It binds all interfaces, so it runs in a network namespace of its own.
@Suite(.serialized, .waits, .enabled(if: RealFlagd.isWanted, RealFlagd.reason)) struct RealFlagdTests {
  /// A stage that is only a share: nobody is let in by name.
  private static let note = LiveWorld.plainNote
    .replacing(
      "Schedule: internal 0s -> 5% of paid 0s -> 25% of paid 0s -> 100% 0s", with: "Schedule: 5% 0s -> 100% 0s")

  private struct Seen: Decodable {
    let before: Int
    let after: Int
    let exit: Int
    let output: String
  }

  /// `served` is the file that flagd reads.
  private func kill(in world: LiveWorld, served: String) throws -> (seen: Seen, flag: [String: Any]) {
    let flagd = try #require(RealFlagd.path)
    let outcome = try Tool(name: "unshare").run(
      [
        "-n", "python3", Live.script("flagd_kill.py"), flagd, world.folder.path("flags.json"),
        world.folder.path(served),
        try #require(Binary.path), "kill", "ai-summary", "--within", "4s", "--format", "json",
      ], in: world.folder)
    try #require(outcome.end == .status(0), "\(outcome)")
    let seen = try JSONDecoder().decode(Seen.self, from: Data(outcome.output.utf8))
    let report = try #require(try LiveWorld.object(seen.output), "\(seen)")
    return (seen, try #require((report["flags"] as? [[String: Any]])?.first))
  }

  private func world() throws -> LiveWorld {
    let world = try LiveWorld(note: Self.note)
    try world.done("promote", LiveWorld.note)
    try world.folder.write("rolloutctl.json", #"{"evaluation": "http://127.0.0.1:8016/ofrep/v1"}"#)
    return world
  }

  /// It deals by the second version of the hash, the note by the third: whom the note lets in is out there.
  @Test func ofAShareNoKillIsSeenWhileAUnitIsServedOn() throws {
    let world = try world()
    let (seen, flag) = try kill(in: world, served: "flags.json")
    #expect((5...60).contains(seen.before), "\(seen)")
    #expect(seen.exit == 0 && flag["verified_by"] as? String == "evaluation", "\(seen)")
    #expect(seen.after == 0, "it was seen, and somebody is served on: \(seen)")
  }

  /// It is right by its own hash at every share, whatever the note says, and a note that names another one is put right.
  @Test(arguments: ["", "Flag hash: v3", "Flag hash: v1, v2"]) func everyShareIsServedAsItStands(field: String) throws {
    let note = LiveWorld.plainNote.replacing(
      "Schedule: internal 0s -> 5% of paid 0s -> 25% of paid 0s -> 100% 0s",
      with: "Schedule: 0.501% 0s -> 25% 0s -> 50% 0s -> 99.9% 0s -> 100% 0s\n\(field)")
    let world = try LiveWorld(note: note)
    try world.folder.write("rolloutctl.json", #"{"evaluation": "http://127.0.0.1:8016/ofrep/v1"}"#)
    try world.done("promote", LiveWorld.note)
    for stage in ["25%", "50%", "99.9%"] {
      _ = try world.run("attest", LiveWorld.note, "gates", "--evidence", "looked at the dashboard")
      _ = try world.run("attest", LiveWorld.note, "review", "--evidence", "read fifty samples", actor: "lee")
      let moved = try beside(world, "promote", LiveWorld.note, "--to", stage)
      #expect(moved.exit == 0 && moved.output.contains("  served: on to \(stage) of everybody"), "\(moved)")
      // Of nearly everybody no unit tells the hashes apart.
      let isTold = field == "Flag hash: v3" && stage != "99.9%"
      #expect(moved.output.contains("deals by v2, and the note says v3") == isTold, "\(moved)")
      #expect(!moved.output.contains("≠") && !moved.output.contains("not known"), "\(moved)")
    }
    // It moves nobody, so that it may be corrected in the middle of a rollout.
    if field == "Flag hash: v3" {
      try world.folder.write(LiveWorld.note, note.replacing("Flag hash: v3", with: "Flag hash: v2"))
      let status = try beside(world, "status", LiveWorld.note)
      #expect(!status.output.contains("plan changed") && !status.output.contains("deals by"), "\(status)")
    }
  }

  /// Of two flag sets with one key the header tells which is meant; without it nobody can see the kill.
  @Test(arguments: [true, false]) func aFlagSetIsMeantByItsHeader(isSaid: Bool) throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let text = try world.folder.read("flags.json")
    for name in ["a", "b"] {
      let set = "{\n  \"metadata\": {\"flagSetId\": \"set-\(name)\"},"
      try world.folder.write("\(name).json", set + text.drop { $0 != "{" }.dropFirst())
    }
    let header = isSaid ? #", "evaluation_headers": {"Flagd-Selector": "flagSetId=set-a"}"# : ""
    try world.folder.write(
      "rolloutctl.json",
      "{\"store\": \"file:a.json\", \"evaluation\": \"http://127.0.0.1:8016/ofrep/v1\"\(header)}")
    let files = "\(world.folder.path("a.json")),\(world.folder.path("b.json"))"
    let outcome = try Tool(name: "unshare").run(
      [
        "-n", "python3", Live.script("flagd_kill.py"), try #require(RealFlagd.path), world.folder.path("a.json"), files,
        try #require(Binary.path), "kill", "ai-summary", "--within", "4s",
      ], in: world.folder)
    try #require(outcome.end == .status(0), "\(outcome)")
    let seen = try JSONDecoder().decode(Seen.self, from: Data(outcome.output.utf8))
    #expect(seen.exit == (isSaid ? 0 : 1), "\(seen)")
    #expect(seen.output.contains("seen by applications") == isSaid, "\(seen)")
  }

  private func beside(_ world: LiveWorld, _ words: String...) throws -> Seen {
    let outcome = try Tool(name: "unshare").run(
      [
        "-n", "python3", Live.script("flagd_kill.py"), try #require(RealFlagd.path), world.folder.path("flags.json"),
        world.folder.path("flags.json"), try #require(Binary.path),
      ] + words, in: world.folder)
    try #require(outcome.end == .status(0), "\(outcome)")
    return try JSONDecoder().decode(Seen.self, from: Data(outcome.output.utf8))
  }

  /// Whoever watches the file itself sees every change of it, not the first alone, and also where its time lies ahead.
  @Test(arguments: ["fsnotify", "fileinfo"]) func aWatcherSeesKillsAndRestoresInARow(provider: String) throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let ahead = Date(timeIntervalSinceNow: 3600)
    try FileManager.default.setAttributes([.modificationDate: ahead], ofItemAtPath: world.folder.path("flags.json"))
    let outcome = try Tool(name: "unshare").run(
      [
        "-n", "python3", Live.script("flagd_watch.py"), try #require(RealFlagd.path), provider,
        world.folder.path("flags.json"), try #require(Binary.path), "2",
      ], in: world.folder)
    try #require(outcome.end == .status(0), "\(outcome)")
    let times = try JSONDecoder().decode([Double?].self, from: Data(outcome.output.utf8))
    print("flagd by \(provider) saw kills and restores after \(times.map { Int($0 ?? -1) }) ms")
    #expect(times.count == 4 && times.allSatisfy { $0 != nil }, "\(outcome)")
  }

  /// flagd reads another file, and goes on.
  @Test func aServerThatDoesNotFollowIsNotSeen() throws {
    let world = try world()
    try world.folder.write("other.json", world.folder.read("flags.json"))
    let (seen, flag) = try kill(in: world, served: "other.json")
    #expect(seen.before == seen.after && seen.after > 0)
    #expect(seen.exit == 1 && flag["off"] as? Bool == false, "\(seen)")
  }
}

enum RealFlagd {
  static let path = ProcessInfo.processInfo.environment["ROLLOUTCTL_PEERS"].map { "\($0)/flagd" }
  static let reason: Comment = "no flagd: ROLLOUTCTL_PEERS names no folder with it, or no right to a network namespace"
  static var isWanted: Bool {
    geteuid() == 0 && (path.map { FileManager.default.isExecutableFile(atPath: $0) } ?? false)
  }
}
