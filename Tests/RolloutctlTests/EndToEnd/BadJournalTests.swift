import Foundation
import Testing

/// What the real executable does with a journal that was cut, edited, or written by a later version.
@Suite struct BadJournalTests {
  private func started() throws -> LiveWorld {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.done("attest", LiveWorld.note, "gates", "--evidence", "seen")
    return world
  }

  /// At every length of the last line, its line feed alone included.
  @Test(arguments: [1, 2, 40, 300, 420]) func aCutLineIsSetAsideAndSaid(missing: Int) throws {
    let world = try started()
    let whole = try world.folder.read(LiveWorld.journalPath)
    let cut = String(whole.dropLast(missing))
    try world.folder.write(LiveWorld.journalPath, cut)
    let tail = String(cut[cut.index(after: try #require(cut.lastIndex(of: "\n")))...])
    // Looking says it and changes nothing.
    let seen = try world.run("history", "--verify")
    #expect(seen.status == 0 && seen.errors.contains("cut in the middle (\(tail.utf8.count) bytes)"), "\(seen)")
    #expect(try world.folder.read(LiveWorld.journalPath) == cut)

    let outcome = try world.done("hold", LiveWorld.note, "--reason", "look first")
    #expect(outcome.errors.contains("cut in the middle"), "\(outcome)")
    let names = try FileManager.default.contentsOfDirectory(atPath: world.folder.path("flags.json.rollout"))
    let aside = try #require(names.first { $0.contains(".torn-") }, "the tail is gone: \(names)")
    #expect(try world.folder.read("flags.json.rollout/\(aside)") == tail)
    // The cut attestation does not count; what came before it does.
    #expect(try world.entries().count == 3)
    try world.done("resume", LiveWorld.note)
    #expect(try world.run("promote", LiveWorld.note).status == 3)
    try world.enter("5% of paid")
    try world.verify()
  }

  /// What nobody else may read in the journal nobody else may read in what was set aside of it.
  @Test func whatIsSetAsideIsAsPrivateAsTheJournal() throws {
    let world = try started()
    let whole = try world.folder.read(LiveWorld.journalPath)
    try world.folder.write(LiveWorld.journalPath, String(whole.dropLast(40)))
    try #require(chmod(world.folder.path(LiveWorld.journalPath), 0o600) == 0)
    try world.done("hold", LiveWorld.note, "--reason", "look first")
    let folder = world.folder.path("flags.json.rollout")
    let aside = try #require(FileManager.default.contentsOfDirectory(atPath: folder).first { $0.contains(".torn-") })
    let mode = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(aside)")[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test(arguments: [
    (#""actor":"maya""#, #""actor":"lily""#), (#""name":"internal""#, #""name":"25% of p""#),
    (#""outcome":"done""#, #""outcome":"DONE""#),
  ])
  func anEditedEntryIsNamedAndStopsAllButKill(old: String, new: String) throws {
    let world = try started()
    var lines = try world.folder.read(LiveWorld.journalPath).split(separator: "\n").map(String.init)
    try #require(lines[1].contains(old))
    lines[1] = lines[1].replacing(old, with: new)
    try world.folder.write(LiveWorld.journalPath, lines.joined(separator: "\n") + "\n")
    try expectRefusals(in: world, saying: ["ai-summary.journal:2: entry 2 was edited", "bring back the true file"])
  }

  @Test func anEntryTakenOutIsNamed() throws {
    let world = try started()
    var lines = try world.folder.read(LiveWorld.journalPath).split(separator: "\n").map(String.init)
    lines.remove(at: 1)
    try world.folder.write(LiveWorld.journalPath, lines.joined(separator: "\n") + "\n")
    try expectRefusals(
      in: world, saying: ["ai-summary.journal:2: entry 3 was edited, or the one before it was taken out"])
  }

  @Test func anEntryOfALaterVersionIsNotGuessedAt() throws {
    let world = try started()
    let text = try world.folder.read(LiveWorld.journalPath)
    let last = try #require(text.range(of: #"{"v":1,"seq":3"#))
    try world.folder.write(LiveWorld.journalPath, text.replacingCharacters(in: last, with: #"{"v":2,"seq":3"#))
    try expectRefusals(
      in: world, saying: ["ai-summary.journal:3: written by a newer rolloutctl (journal format 2); update this one"])
  }

  @Test func garbageIsNoEntry() throws {
    let world = try started()
    try world.folder.write(LiveWorld.journalPath, "\u{1B}[31mnot a journal\n")
    try expectRefusals(in: world, saying: ["ai-summary.journal:1: this is no journal entry"])
  }

  @Test func oneEditedJournalHidesNoOtherRollout() throws {
    let world = try started()
    let (note, other) = ("notes/other.md", "flags.json.rollout/other.journal")
    try world.folder.write(note, LiveWorld.plainNote.replacingOccurrences(of: "ai-summary", with: "other"))
    try world.done("promote", note)
    let fine = try world.done("status")
    #expect(fine.errors == "")
    try world.folder.write(other, try world.folder.read(other).replacingOccurrences(of: "maya", with: "lily"))
    let fleet = try world.run("status")
    #expect(fleet.status == 1, "\(fleet)")
    #expect(try fleet.status == world.run("status", "other").status)
    #expect(fleet.output.split(separator: "\n").map { $0.prefix(12) } == ["? other     ", "▷ ai-summary"], "\(fleet)")
    #expect(fleet.errors.contains("other.journal:1: entry 1 was edited"), "\(fleet)")
  }

  private func expectRefusals(
    in world: LiveWorld, saying sentences: [String], at place: SourceLocation = #_sourceLocation
  ) throws {
    let before = try world.snapshot()
    for words in [
      ["promote", LiveWorld.note], ["hold", LiveWorld.note], ["status", "ai-summary"],
      ["attest", LiveWorld.note, "fallback"],
      ["restore", "ai-summary", "--reason", "r"],
    ] {
      let outcome = try world.start(words).finish()
      #expect(outcome.status == 1, "\(words): \(outcome)", sourceLocation: place)
      #expect(outcome.output == "", sourceLocation: place)
      for sentence in sentences {
        #expect(outcome.errors.contains(sentence), "\(words): \(outcome)", sourceLocation: place)
      }
      BadNoteTests.expectPlain(outcome, at: place)
    }
    let verified = try world.run("history", "--verify")
    #expect(verified.status == 1, sourceLocation: place)
    #expect((verified.output + verified.errors).contains(sentences[0]), "\(verified)", sourceLocation: place)
    #expect(try world.snapshot() == before, sourceLocation: place)

    let killed = try world.run("kill", "ai-summary")
    #expect(killed.status == 0, "\(killed)", sourceLocation: place)
    #expect((killed.output + killed.errors).contains("could not be journaled"), "\(killed)", sourceLocation: place)
    #expect(try world.isKilled(), sourceLocation: place)
    #expect(try world.snapshot()[LiveWorld.journalPath] == before[LiveWorld.journalPath], sourceLocation: place)
  }
}
