import Foundation
import Testing

/// A note that keeps its journal elsewhere: whoever knows only the flag's key finds it all the same.
@Suite struct JournalPlaceTests {
  private static let journal = "shared/journals/ai-summary.journal"
  private static let usual = "flags.json.rollout/ai-summary.journal"
  private static let pointer = "flags.json.rollout/ai-summary.journal-at"

  private func started() throws -> LiveWorld {
    let world = try LiveWorld(note: LiveWorld.plainNote + "Journal: ../shared/journals\n")
    try world.done("promote", LiveWorld.note)
    return world
  }

  @Test func theKeyAloneLeadsToIt() throws {
    let world = try started()
    #expect(!world.folder.has(Self.usual))
    #expect(try world.folder.read(Self.pointer) == "shared/journals/ai-summary.journal\n")
    let byKey = try world.done("status", "ai-summary")
    #expect(byKey.output.contains("▶ internal") && byKey.errors == "", "\(byKey)")
    #expect(try byKey.output == world.done("status", LiveWorld.note).output)
    #expect(try world.done("status").output.contains("ai-summary   internal"))
    #expect(try world.done("changes").output.contains("promote  off → internal"))

    let killed = try world.done("kill", "ai-summary", "--reason", "loops")
    #expect(killed.errors == "" && killed.output.contains("journaled   as maya"), "\(killed)")
    #expect(try world.isKilled() && !world.folder.has(Self.usual))
    #expect(try world.done("status").output.contains("killed   by maya"))
    try world.done("restore", "ai-summary", "--reason", "mended")
    try world.done("hold", "ai-summary")
    let story = try world.done("history", "ai-summary")
    #expect(story.output.split(separator: "\n").count == 4, "\(story)")
    #expect(try world.entries(Self.journal).count == 6 && !world.folder.has(Self.usual))
    try world.verify()
  }

  /// What the environment says for all flags does not hide the journal of this one; the command line does.
  @Test func onlyTheCommandLineIsStronger() throws {
    let world = try started()
    let elsewhere = try world.run("history", "ai-summary", environment: ["ROLLOUT_JOURNAL": "nowhere"])
    #expect(elsewhere.status == 0 && elsewhere.output.contains("off → internal"), "\(elsewhere)")
    #expect(try world.run("history", "ai-summary", "--journal", "nowhere").status == 2)
    #expect(
      try world.run("status", "ai-summary", "--journal", "nowhere").output.contains(
        "ai-summary.journal is not there or empty"))
  }

  @Test func aCheckoutMayMove() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note, "--journal", "kept")
    #expect(try world.folder.read(Self.pointer) == "kept/ai-summary.journal\n")
    let moved = try LiveWorld()
    for name in ["flags.json", Self.pointer, "kept/ai-summary.journal"] {
      try moved.folder.write(name, try world.folder.read(name))
    }
    #expect(try moved.done("status", "ai-summary").output.contains("▶ internal"))
    // The note names no journal: the rollout goes on in the one where it began.
    try moved.enter("5% of paid")
    #expect(try moved.entered("kept/ai-summary.journal") == ["internal", "5% of paid"])
  }

  /// The next rollout may be kept in the usual place again.
  @Test func thePointerFollowsTheRollout() throws {
    let world = try started()
    try world.done("abandon", LiveWorld.note)
    try world.folder.write(LiveWorld.note, LiveWorld.plainNote)
    try world.done("promote", LiveWorld.note, "--journal", "flags.json.rollout")
    #expect(try world.folder.read(Self.pointer) == "\(Self.usual)\n")
    #expect(try world.done("history", "ai-summary").output.split(separator: "\n").count == 1)
  }

  enum Breakage: CaseIterable { case missing, empty, nowhere, garbage, folder, pipe, tooLong }

  @Test(arguments: Breakage.allCases) func aBrokenPointerStopsNoKill(breakage: Breakage) throws {
    let world = try started()
    let path = world.folder.path(Self.pointer)
    try FileManager.default.removeItem(atPath: path)
    switch breakage {
    case .missing: break
    case .empty: try world.folder.write(Self.pointer, "")
    case .nowhere: try world.folder.write(Self.pointer, "gone/ai-summary.journal\n")
    case .garbage: try Data([0xFF, 0x00, 0x1B, 0x5B]).write(to: URL(fileURLWithPath: path))
    case .folder: try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    case .pipe: #expect(mkfifo(path, 0o600) == 0)
    case .tooLong: try world.folder.write(Self.pointer, String(repeating: "x", count: 1 << 14))
    }
    let remark = breakage == .missing ? "" : "should say where the journal of ai-summary is"
    let seen = try world.run("status", "ai-summary")
    #expect(seen.status == 0 && seen.output.contains("ai-summary.journal is not there or empty"), "\(seen)")
    let killed = try world.run("kill", "ai-summary")
    #expect(killed.status == 0, "\(killed)")
    #expect(try world.isKilled())
    for outcome in [seen, killed] where !remark.isEmpty {
      #expect((outcome.output + outcome.errors).contains(remark), "\(outcome)")
      BadNoteTests.expectPlain(outcome)
    }
    // The note still names its journal.
    #expect(try world.run("history", LiveWorld.note).output.contains("off → internal"))
  }

  @Test func whereNoPointerCanBeLeftTheRolloutStartsAndSaysSo() throws {
    let world = try LiveWorld(note: LiveWorld.plainNote + "Journal: ../shared/journals\n")
    try world.folder.write(Self.pointer + "/a-folder", "in the way")
    let outcome = try world.run("promote", LiveWorld.note)
    #expect(outcome.status == 0 && outcome.errors.contains("no word of it could be left"), "\(outcome)")
    #expect(try world.entered(Self.journal) == ["internal"])
    #expect(!world.folder.has(Self.pointer + ".new"))
    try world.done("kill", "ai-summary")
  }
}
