import Foundation
import Testing

/// A checkout can carry a link in the place of the folder that locks and journals are kept in, or of one of them: nothing
/// is written where it leads.
@Suite struct OwnFolderTests {
  private static let precious = "nobody may touch this"

  /// What each file there holds; the folder that a link leads to need not be there.
  private func contents(_ world: LiveWorld, _ name: String) throws -> [String: String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: world.folder.path(name))) ?? []
    return Dictionary(uniqueKeysWithValues: try names.map { ($0, try world.folder.read("\(name)/\($0)")) })
  }

  private func link(_ world: LiveWorld, _ path: String, to target: String) throws {
    try? FileManager.default.removeItem(atPath: world.folder.path(path))
    try FileManager.default.createSymbolicLink(
      atPath: world.folder.path(path), withDestinationPath: world.folder.path(target))
  }

  private func expectRefusal(_ world: LiveWorld, _ words: String..., at place: SourceLocation = #_sourceLocation) throws
  {
    let refused = try world.start(words).finish()
    #expect(refused.status == 1, "\(refused)", sourceLocation: place)
    #expect(
      refused.errors.contains("a symbolic link stands there, and is not followed"), "\(refused)", sourceLocation: place)
  }

  @Test(arguments: [true, false]) func aLinkInThePlaceOfTheFolderLeadsNowhere(isThere: Bool) throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    if isThere {
      for name in ["lock", "spare", "ai-summary.journal.lock"] { try world.folder.write("else/\(name)", Self.precious) }
      try world.folder.write("else/ai-summary.journal", world.folder.read(LiveWorld.journalPath) + #"{"seq":3,"torn"#)
    }
    try link(world, "flags.json.rollout", to: "else")
    let before = try contents(world, "else")
    try expectRefusal(world, "hold", LiveWorld.note)
    try expectRefusal(world, "promote", LiveWorld.note)
    let doctor = try world.done("doctor", "--format", "markdown").output
    #expect(doctor.contains(#/journal \| warning \| .*a symbolic link stands there/#), "\(doctor)")
    let killed = try world.run("kill", "ai-summary")
    #expect(killed.status == 0 && (killed.output + killed.errors).contains("could not be journaled"), "\(killed)")
    #expect(try world.isKilled())
    #expect(try contents(world, "else") == before && world.folder.has("else") == isThere)
  }

  /// A journal's torn end is set aside by cutting it off.
  @Test func aLinkInThePlaceOfAJournalIsNotCut() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.folder.write("else/text", world.folder.read(LiveWorld.journalPath) + Self.precious)
    try link(world, LiveWorld.journalPath, to: "else/text")
    let before = try contents(world, "else")
    try expectRefusal(world, "hold", LiveWorld.note)
    #expect(try world.run("kill", "ai-summary").status == 0)
    #expect(try world.isKilled() && contents(world, "else") == before)
  }

  @Test(arguments: ["lock", "spare"]) func aLinkInThePlaceOfAnotherFileOfOursIsLeftAlone(name: String) throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.folder.write("else/text", Self.precious)
    try link(world, "flags.json.rollout/\(name)", to: "else/text")
    // Room that cannot be kept stops nobody.
    if name == "spare" { try world.done("rollback", LiveWorld.note) }
    #expect(try world.run("kill", "ai-summary").status == 0)
    #expect(try world.isKilled() && world.folder.read("else/text") == Self.precious)
    let path = world.folder.path("flags.json.rollout/\(name)")
    #expect(throws: Never.self) { try FileManager.default.destinationOfSymbolicLink(atPath: path) }
  }
}
