import Foundation
import Testing

@testable import RolloutOps

/// What a flag file carries beside its bytes, and a file that must stay what it is.
@Suite struct CarriedOverTests {
  private static let words = [
    ["kill", "ai-summary"], ["restore", "ai-summary", "--reason", "again"],
    ["exclude", "ai-summary", "tenant=acme", "--reason", "complaint"],
  ]

  /// An access list (version 2; owner, the user 1234, group, mask, others; linux/posix_acl_xattr.h) and a word of somebody.
  private static let setting = """
    import os, struct, sys
    entries = [(1, 6, -1), (2, 4, 1234), (4, 4, -1), (16, 4, -1), (32, 0, -1)]
    access = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
    os.setxattr(sys.argv[1], "system.posix_acl_access", access)
    os.setxattr(sys.argv[1], "user.owner", b"team ai")
    """

  private static let reading = """
    import os, sys
    print({name: os.getxattr(sys.argv[1], name) for name in sorted(os.listxattr(sys.argv[1]))})
    """

  private func attributes(of world: LiveWorld) throws -> String {
    try Tool.python.run(["-c", Self.reading, world.folder.path("flags.json")]).output
  }

  private func mark(_ world: LiveWorld) throws {
    let set = try Tool.python.run(["-c", Self.setting, world.folder.path("flags.json")])
    try #require(set.status == 0, "this file system keeps no access lists: \(set)")
  }

  @Test(.enabled(if: Tool.python.isWanted, Tool.python.reason)) func theNewFileHasTheOldOnesAttributes() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try mark(world)
    let before = try attributes(of: world)
    #expect(before.contains("posix_acl_access") && before.contains("team ai"))
    for words in Self.words {
      let outcome = try world.start(words).finish()
      #expect(outcome.status == 0, "\(words): \(outcome)")
      #expect(try attributes(of: world) == before, "\(words)")
    }
  }

  @Test(.enabled(if: Tool.strace.isWanted && Tool.python.isWanted, Tool.strace.reason))
  func whereTheyCannotBeGivenAKillWritesIntoTheOldFile() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try mark(world)
    let (before, file) = (try world.folder.read("flags.json"), try identity(of: world))
    func run(_ words: [String]) throws -> Binary.Outcome {
      try Tool.strace.run(
        ["-f", "-qq", "-o", "/dev/null", "-e", "inject=fsetxattr:error=EPERM", try #require(Binary.path)] + words,
        in: world.folder)
    }
    let refused = try run(Self.words[2])
    #expect(refused.status == 1 && refused.errors.contains("its system.posix_acl_access cannot be given"), "\(refused)")
    #expect(try world.folder.read("flags.json") == before)
    let killed = try run(Self.words[0])
    #expect(killed.status == 0 && (killed.output + killed.errors).contains("it was written into"), "\(killed)")
    #expect(try world.isKilled() && identity(of: world) == file)
    let names = try FileManager.default.contentsOfDirectory(atPath: world.folder.path)
    #expect(!names.contains { $0.contains("rollout-new") }, "\(names)")
  }

  private func identity(of world: LiveWorld) throws -> Int {
    try #require(
      FileManager.default.attributesOfItem(atPath: world.folder.path("flags.json"))[.systemFileNumber] as? Int)
  }

  /// As on the host of a container that has the file, and not its folder, mounted.
  @Test func inPlaceTheFileStaysWhatItIs() throws {
    let world = try LiveWorld()
    try world.folder.write("rolloutctl.json", #"{"store": "file:flags.json", "replace": "in place"}"#)
    let file = try identity(of: world)
    try world.done("promote", LiveWorld.note)
    for words in Self.words + Self.words.prefix(2) {
      let size = try world.folder.read("flags.json").utf8.count
      let outcome = try world.start(words).finish()
      #expect(outcome.status == 0, "\(words): \(outcome)")
      #expect(try identity(of: world) == file, "\(words)")
      #expect(try world.isKilled() == (words[0] == "kill"), "\(words)")
      if words[0] == "kill" { #expect(try world.folder.read("flags.json").utf8.count == size) }
    }
    try world.done("doctor")
    try world.folder.write("rolloutctl.json", #"{"replace": "inplace"}"#)
    let refused = try world.run("hold", "ai-summary", "--reason", "x")
    #expect(refused.status == 1 && refused.errors.contains(#""replace" is "rename" or "in place""#), "\(refused)")
    #expect(try world.run("kill", "ai-summary").status == 0)
  }

  /// Whoever has the flag file can go on with it, though root was at it.
  @Test(.enabled(if: geteuid() == 0, "only root can give files away")) func whatRootMakesIsTheFilesOwners() throws {
    let world = try LiveWorld()
    try #require(chown(world.folder.path("flags.json"), 1234, 1235) == 0)
    try world.done("promote", LiveWorld.note)
    try world.done("kill", "ai-summary")
    let made = try FileManager.default.subpathsOfDirectory(atPath: world.folder.path("flags.json.rollout"))
    #expect(made.contains("ai-summary.journal") && made.contains("lock"), "\(made)")
    for name in ["flags.json", "flags.json.rollout"] + made.map({ "flags.json.rollout/\($0)" }) {
      let found = try FileManager.default.attributesOfItem(atPath: world.folder.path(name))
      #expect(found[.ownerAccountID] as? Int == 1234 && found[.groupOwnerAccountID] as? Int == 1235, "\(name)")
    }
  }
}
