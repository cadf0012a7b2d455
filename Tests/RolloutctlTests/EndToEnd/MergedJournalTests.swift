import Foundation
import Testing

/// Two people move a rollout in two copies of a repository, and git leaves both branches of the journal in the file:
/// `adopt --merge` makes one of them, and loses nothing.
@Suite(.enabled(if: Tool(name: "git").isWanted, "git is not installed here")) struct MergedJournalTests {
  private func git(_ world: LiveWorld, _ words: String..., fails: Bool = false) throws {
    let identity = ["-c", "user.name=m", "-c", "user.email=m@example.com", "-c", "init.defaultBranch=main"]
    let outcome = try Tool(name: "git").run(["-C", world.folder.path(".")] + identity + words, in: world.folder)
    try #require((outcome.end == .status(0)) != fails, "\(words): \(outcome)")
  }

  /// A rollout at its first stage, and what two branches did to it; git could not merge the journal.
  private func conflict(_ ours: [[String]], _ theirs: [[String]]) throws -> LiveWorld {
    let world = try LiveWorld()
    try? FileManager.default.removeItem(atPath: world.folder.path(".git"))
    try git(world, "init")
    try world.done("promote", LiveWorld.note)
    try git(world, "add", "-A")
    try git(world, "commit", "-m", "internal")
    try git(world, "checkout", "-b", "other")
    for words in theirs { try #require(world.start(words).finish().status == 0) }
    try git(world, "commit", "-am", "theirs")
    try git(world, "checkout", "main")
    for words in ours { try #require(world.start(words).finish().status == 0) }
    try git(world, "commit", "-am", "ours")
    try git(world, "merge", "other", fails: true)
    return world
  }

  private static let hold = ["hold", LiveWorld.note, "--reason", "slow"]
  private static let kill = ["kill", "ai-summary", "--reason", "smoke"]
  private static let rollback = ["rollback", LiveWorld.note, "--to", "off", "--reason", "slow"]
  private static let exclude = ["exclude", LiveWorld.note, "tenant=acme", "--reason", "asked"]

  private func status(_ world: LiveWorld) throws -> String { try world.done("status", "ai-summary").output }

  @Test func aHoldAndAKillAreOneJournalAgain() throws {
    let world = try conflict([Self.kill], [Self.hold])
    #expect(try world.run("status", "ai-summary").errors.contains("rolloutctl adopt ai-summary --merge"))
    let conflicted = try world.folder.read(LiveWorld.journalPath)
    #expect(try world.done("adopt", "ai-summary", "--merge", "--dry-run").output.contains("would adopt"))
    #expect(try world.folder.read(LiveWorld.journalPath) == conflicted)

    let merged = try world.done("adopt", "ai-summary", "--merge", "--reason", "both")
    #expect(merged.output.contains("the journal is one again") && merged.output.contains("slow"), "\(merged)")
    #expect(try world.isKilled())
    #expect(try status(world).contains("killed"))
    let history = try world.done("history", "ai-summary").output
    #expect(history.contains("in another copy: ") && history.contains("“slow”") && history.contains("“smoke”"))
    #expect(try world.done("history", "--verify").output.contains("the chain holds to its end"))

    // The flag names the merge, so that a journal from before it is noticed.
    let journal = try world.folder.read(LiveWorld.journalPath).split(separator: "\n").map(String.init)
    let last = try #require(
      try JSONSerialization.jsonObject(with: Data(journal.last?.utf8 ?? "".utf8)) as? [String: Any])
    let seal = try #require(last["sha256"] as? String)
    #expect(try world.folder.read("flags.json").contains("\(journal.count):\(seal.prefix(16))"))

    try world.done("restore", LiveWorld.note, "--reason", "mended")
    let refused = try world.run("promote", LiveWorld.note)
    #expect(refused.status == 3 && refused.output.contains("held by"), "\(refused)")
  }

  /// Whoever took the marks out by hand left both sides behind each other.
  @Test func withoutMarksItIsTheSame() throws {
    let world = try conflict([Self.hold], [Self.kill])
    let lines = try world.folder.read(LiveWorld.journalPath).split(separator: "\n").filter { line in
      !["<<<<<<<", "=======", ">>>>>>>"].contains { line.hasPrefix($0) }
    }
    try world.folder.write(LiveWorld.journalPath, lines.joined(separator: "\n") + "\n")
    #expect(try world.run("status", "ai-summary").errors.contains("rolloutctl adopt ai-summary --merge"))
    try world.done("adopt", "ai-summary", "--merge")
    #expect(try status(world).contains("killed"))
    #expect(try world.done("history", "--verify").output.contains("the chain holds to its end"))
  }

  /// A kill that the merge of the flag file has lost is not forgotten in silence.
  @Test func whatOneBranchTurnedDownIsAsked() throws {
    let world = try conflict([Self.exclude], [Self.kill])
    try git(world, "checkout", "--ours", "--", "flags.json")
    let before = try world.folder.read(LiveWorld.journalPath)
    let refused = try world.run("adopt", "ai-summary", "--merge")
    #expect(refused.status == 6, "\(refused)")
    #expect(refused.errors.contains("ran kill: smoke") && refused.errors.contains("rolloutctl kill ai-summary"))
    #expect(try world.folder.read(LiveWorld.journalPath) == before)

    let accepted = try world.done("adopt", "ai-summary", "--merge", "--stage", "internal")
    #expect(accepted.output.contains("the journal is one again"), "\(accepted)")
    #expect(try !world.isKilled())
    #expect(try status(world).contains("internal"))
  }

  /// A flag that is as before either branch says what neither does: whoever was killed or taken out is not let in by that.
  @Test func aFlagThatNoBranchExplainsIsNotTakenOver() throws {
    let world = try conflict([Self.kill], [Self.exclude])
    try git(world, "checkout", "HEAD~1", "--", "flags.json")
    let refused = try world.run("adopt", "ai-summary", "--merge")
    #expect(refused.status == 6 && refused.errors.contains("ran kill: smoke"), "\(refused)")
    let accepted = try world.done("adopt", "ai-summary", "--merge", "--stage", "internal")
    #expect(accepted.output.contains("and so here: tenant = acme"), "\(accepted)")
    #expect(try world.folder.read("flags.json").contains("acme"))
    #expect(try status(world).contains("without tenant = acme"))
    try world.verify()
  }

  /// Where nobody turned it down the journal is one again, and the flag stays what it was: a drift.
  @Test func aDriftStaysOne() throws {
    let world = try conflict([Self.hold], [Self.exclude])
    let flags = try world.folder.read("flags.json").replacingOccurrences(of: "staff", with: "everybody")
    try world.folder.write("flags.json", flags)
    let merged = try world.done("adopt", "ai-summary", "--merge")
    #expect(merged.output.contains("no branch says what the flag does"), "\(merged)")
    #expect(try world.folder.read("flags.json") == flags)
    #expect(try status(world).contains("≠ drift"))
    // Without any flag too.
    let bare = try conflict([Self.hold], [Self.exclude])
    try bare.folder.write("flags.json", "{\"flags\": {}}\n")
    try bare.done("adopt", "ai-summary", "--merge")
    #expect(try status(bare).contains("no such flag"))
  }

  /// A flag that is off without a kill's mark was killed all the same, if a branch says so.
  @Test(arguments: [
    [["rollback", LiveWorld.note, "--to", "off", "--reason", "slow"]], [["abandon", LiveWorld.note, "--reason", "no"]],
  ])
  func whoeverKilledItIsNotForgottenForWhoTurnedItOff(theirs: [[String]]) throws {
    let world = try conflict([Self.kill], theirs)
    try git(world, "checkout", "--theirs", "--", "flags.json")
    try world.done("adopt", "ai-summary", "--merge")
    #expect(try world.isKilled() && status(world).contains("killed"))
    #expect(try world.run("promote", LiveWorld.note).status == 5)
    try world.verify()
  }

  /// The way out that is named is one.
  @Test func whatIsProposedIsTaken() throws {
    let world = try conflict(
      [Self.kill], [["rollback", LiveWorld.note, "--to", "off", "--reason", "x"], ["promote", LiveWorld.note]])
    try git(world, "checkout", "--theirs", "--", "flags.json")
    let refused = try world.run("adopt", "ai-summary", "--merge")
    #expect(refused.status == 6 && refused.errors.contains("--merge --stage 'internal'"), "\(refused)")
    let other = try world.run("adopt", "ai-summary", "--merge", "--stage", "5% of paid")
    #expect(other.status == 2 && other.errors.contains("--stage 'internal'"), "\(other)")
    try world.done("adopt", "ai-summary", "--merge", "--stage", "internal")
    #expect(try !world.isKilled())
  }

  /// Each of two copies merges the other again and again: every entry is kept once, and history tells it.
  @Test func mergesOfMergesKeepEachEntryOnce() throws {
    let world = try conflict([Self.hold], [["attest", LiveWorld.note, "fallback", "--evidence", "theirs 0"]])
    try world.done("adopt", "ai-summary", "--merge")
    try git(world, "add", "-A")
    try git(world, "commit", "-m", "merged")
    var sizes: [Int] = []
    for round in 1...6 {
      // Theirs goes on from before that merge, and merges ours; ours goes on, and merges theirs from before.
      try git(world, "branch", "-f", "ours-before")
      try git(world, "checkout", "other")
      try world.done("attest", LiveWorld.note, "fallback", "--evidence", "theirs \(round)")
      try git(world, "commit", "-am", "theirs \(round)")
      try git(world, "branch", "-f", "theirs-before")
      for (mine, others) in [("other", "ours-before"), ("main", "theirs-before")] {
        try git(world, "checkout", mine)
        if mine == "main" {
          try world.done("attest", LiveWorld.note, "kill-drill", "--evidence", "ours \(round)")
          try git(world, "commit", "-am", "ours \(round)")
        }
        try git(world, "merge", others, fails: true)
        // Both sides have the same flag, but for the entry that each names.
        try git(world, "checkout", mine, "--", "flags.json")
        try world.done("adopt", "ai-summary", "--merge")
        try git(world, "add", "-A")
        try git(world, "commit", "-m", "merged \(round)")
        try world.verify()
      }
      sizes.append(try world.folder.read(LiveWorld.journalPath).utf8.count)
    }
    let growth = zip(sizes.dropFirst(), sizes).map { $0 - $1 }
    #expect((growth.last ?? .max) < 3 * (growth.first ?? 0), "\(sizes)")
    let history = try world.done("history", "ai-summary").output
    for evidence in (0...6).map({ "theirs \($0)" }) + (1...6).map({ "ours \($0)" }) {
      #expect(history.components(separatedBy: evidence + "\n").count == 2, "\(evidence)\n\(history)")
    }
    #expect(try world.done("history", "ai-summary", "--action", "hold").output.contains("“slow”"))
  }

  @Test func whatWasTakenInIsFoundByItsFilters() throws {
    let world = try conflict([Self.hold], [Self.kill])
    try git(world, "checkout", "HEAD", "--", "flags.json")
    try world.done("adopt", "ai-summary", "--merge", "--stage", "internal")
    for words in [["history", "--action", "kill"], ["changes"], ["history", "ai-summary", "--format", "markdown"]] {
      let told = try world.start(words).finish()
      #expect(told.output.contains("kill") && told.output.contains("smoke"), "\(words): \(told)")
    }
    #expect(try world.done("history", "ai-summary", "--format", "json").output.contains("\"in_another_copy\": true"))
  }

  /// Nothing can be journaled while both sides stand in the file, and a kill waits for nobody.
  @Test func aKillWhileBothSidesStandThereIsInTheMergedJournal() throws {
    let world = try conflict([Self.exclude], [Self.hold])
    #expect(try world.run("kill", "ai-summary").status == 0)
    try world.done("adopt", "ai-summary", "--merge")
    #expect(try world.isKilled())
    let told = try status(world)
    #expect(told.contains("killed") && !told.contains("does not say by whom"), "\(told)")
    try world.verify()
    #expect(try world.run("promote", LiveWorld.note).status == 5)
  }

  @Test func whoWasTakenOutInEitherIsOut() throws {
    let world = try conflict([Self.hold], [Self.exclude])
    // The flag file has only our side of the merge, which took nobody out.
    try git(world, "checkout", "HEAD", "--", "flags.json")
    let merged = try world.done("adopt", "ai-summary", "--merge")
    #expect(merged.output.contains("taken out in another branch, and so here: tenant = acme"), "\(merged)")
    #expect(try world.folder.read("flags.json").contains("acme"))
    #expect(try status(world).contains("tenant = acme"))
  }

  @Test func anAttestationIsKeptAndDoesNotCount() throws {
    let attest = ["attest", LiveWorld.note, "gates", "--evidence", "seen"]
    let world = try conflict([Self.hold], [attest])
    let merged = try world.done("adopt", "ai-summary", "--merge")
    #expect(merged.output.contains("attest them again"), "\(merged)")
    #expect(try world.done("history", "ai-summary").output.contains("seen"))
  }

  /// A stage that the store shows exactly need not be named.
  @Test func theStageThatIsShownIsFound() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try FileManager.default.removeItem(atPath: world.folder.path("flags.json.rollout"))
    #expect(try world.done("adopt", LiveWorld.note).output.contains("taken over as it stands"))
    #expect(try world.entered() == ["internal"])
  }

  @Test func oneChainIsLeftAlone() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let before = try world.folder.read(LiveWorld.journalPath)
    #expect(try world.done("adopt", "ai-summary", "--merge").output.contains("there is nothing to merge"))
    #expect(try world.folder.read(LiveWorld.journalPath) == before)
  }

  /// A link is neither followed nor replaced.
  @Test func aLinkedJournalIsLeftAlone() throws {
    let world = try conflict([Self.hold], [Self.exclude])
    let text = try world.folder.read(LiveWorld.journalPath)
    try FileManager.default.moveItem(
      atPath: world.folder.path(LiveWorld.journalPath), toPath: world.folder.path("elsewhere"))
    try FileManager.default.createSymbolicLink(
      atPath: world.folder.path(LiveWorld.journalPath), withDestinationPath: world.folder.path("elsewhere"))
    let refused = try world.run("adopt", "ai-summary", "--merge")
    #expect(refused.status == 1 && refused.errors.contains("a symbolic link stands there"), "\(refused)")
    #expect(try world.folder.read("elsewhere") == text && world.folder.read(LiveWorld.journalPath) == text)
  }

  /// A line that stands twice is no branch.
  @Test func aLineThatStandsTwiceIsAnEdit() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let lines = try world.folder.read(LiveWorld.journalPath).split(separator: "\n")
    let text = (lines + [lines[0]]).joined(separator: "\n") + "\n"
    try world.folder.write(LiveWorld.journalPath, text)
    for words in [["status", "ai-summary"], ["adopt", "ai-summary", "--merge"]] {
      let refused = try world.start(words).finish()
      #expect(refused.status == 1 && refused.errors.contains("was edited"), "\(refused)")
    }
    #expect(try world.folder.read(LiveWorld.journalPath) == text)
  }

  /// Only whole branches are brought together: an edited line stays what it is.
  @Test(arguments: ["slow\"": "fast\"", "======= ": "note: "]) func anEditedBranchIsRefused(was: String, new: String)
    throws
  {
    let world = try conflict([Self.exclude], [Self.hold])
    var text = try world.folder.read(LiveWorld.journalPath)
    text = text.contains(was) ? text.replacingOccurrences(of: was, with: new) : text + "\(new)\n"
    try world.folder.write(LiveWorld.journalPath, text)
    let refused = try world.run("adopt", "ai-summary", "--merge")
    #expect(refused.status == 1 && refused.errors.contains("bring back the true file"), "\(refused)")
    #expect(try world.folder.read(LiveWorld.journalPath) == text)
  }

  /// A line that was taken in is under seal as all others are.
  @Test func anEditedLineThatWasTakenInIsFound() throws {
    let world = try conflict([Self.kill], [Self.hold])
    try world.done("adopt", "ai-summary", "--merge")
    let text = try world.folder.read(LiveWorld.journalPath)
    try world.folder.write(LiveWorld.journalPath, text.replacingOccurrences(of: #"\"slow\""#, with: #"\"fast\""#))
    #expect(try world.run("history", "--verify").status == 1)
  }
}
