import Foundation
import Testing

@testable import RolloutOps

/// What is known of a rollout, and what is said of who is served: by the real binary, on a flag file and on a scripted
/// Unleash.
@Suite struct KnownRolloutTests {
  private static let head = #"{"flags": {"ai-summary": {"state": "ENABLED", "variants": {"on": true, "off": false}, "#
  private static let oldFlag = head + #""defaultVariant": "off"}}}"#
  private static let staffOnly =
    head + #""defaultVariant": "off", "targeting": {"if": [{"===": [{"var": "team"}, "staff"]}, "on", "off"]}}}}"#

  private func json(_ outcome: Binary.Outcome) throws -> JSON { try JSON.parse(Array(outcome.output.utf8)) }

  private func detail(_ entry: [String: Any], _ name: String) -> Any? { (entry["detail"] as? [String: Any])?[name] }

  // MARK: The drill before the first promotion

  @Test func aDrillBeforeTheFirstPromotionBreaksNoRollout() throws {
    let world = try LiveWorld(flags: Self.oldFlag)
    try world.done("kill", "ai-summary", "--reason", "drill")
    try world.done("restore", LiveWorld.note, "--reason", "drill over")
    try world.done("promote", LiveWorld.note)
    #expect(try world.entries().contains { detail($0, "opens") as? Bool == true })
    let status = try json(world.done("status", LiveWorld.note, "--format", "json"))
    #expect(status["drift"] == .null && status["stage"]?["name"] == "internal", "\(status)")
    try world.enter("5% of paid")
    try world.done("rollback", LiveWorld.note, "--to", "off", "--reason", "worse")
    #expect(try world.flag()["targeting"] == nil)
    try world.done("promote", LiveWorld.note)
    try world.done("abandon", LiveWorld.note)
    #expect(try world.flag()["targeting"] == nil)
    try world.verify()
  }

  /// A journal as versions before left it, and people in.
  private func unopened() throws -> LiveWorld {
    let world = try LiveWorld(flags: Self.oldFlag)
    try world.done("promote", LiveWorld.note)
    try world.folder.write(LiveWorld.journalPath, Repository.text("Tests/Fixtures/unopened.journal"))
    return world
  }

  @Test(arguments: [["rollback"], ["rollback", "--to", "off"], ["abandon"], ["promote"]])
  func noVerbSaysNobodyWhilePeopleAreIn(words: [String]) throws {
    let world = try unopened()
    let before = try world.snapshot()
    let outcome = try world.start([words[0], LiveWorld.note] + words.dropFirst(), actor: "maya").finish()
    #expect(outcome.status == 6, "\(outcome)")
    #expect(!outcome.description.contains("nobody gets"), "\(outcome)")
    #expect(outcome.description.contains("rolloutctl adopt NOTE --stage"), "\(outcome)")
    #expect(try world.snapshot() == before)
  }

  @Test func adoptHealsAJournalThatNoEntryOpens() throws {
    let world = try unopened()
    try world.done("adopt", LiveWorld.note, "--stage", "internal")
    let status = try json(world.done("status", LiveWorld.note, "--format", "json"))
    #expect(status["drift"] == .null && status["stage"]?["name"] == "internal", "\(status)")
    try world.enter("5% of paid")
    try world.done("rollback", LiveWorld.note, "--to", "off")
    #expect(try world.flag()["targeting"] == nil)
    try world.verify()
  }

  /// The mark of a kill is no word on who is served: somebody may have let people in beside it.
  @Test func aMarkAloneIsNoKill() throws {
    let marked = Self.staffOnly.replacing(
      #""defaultVariant": "off""#, with: #""defaultVariant": "off", "metadata": {"rolloutctl": "killed"}"#)
    let world = try LiveWorld(flags: marked)
    for words in [["rollback"], ["abandon"], ["promote"], ["restore", "--reason", "x"]] {
      let outcome = try world.start([words[0], LiveWorld.note] + words.dropFirst(), actor: "maya").finish()
      #expect(outcome.status == 6 && !outcome.description.contains("nobody gets"), "\(outcome)")
    }
  }

  // MARK: Half made

  private func isOn(_ live: PlatformWorld) throws -> Bool {
    try live.flag("ai-summary")["environments"]?.items?.first { $0["name"] == "production" }?["enabled"] == true
  }

  @Test(.enabled(if: Tool.python.isWanted, "python3 is not installed here"))
  func aFirstPromotionThatNeverSwitchedOnIsNoKill() throws {
    let live = try PlatformWorld(.unleash)
    try live.fail([["method": "POST", "path": "/on$", "do": ["cut": true]]])
    #expect(try live.run("promote", LiveWorld.note).status == 1)
    let status = try live.run("status", LiveWorld.note)
    #expect(!status.output.contains("killed"), "\(status)")
    try live.done("promote", LiveWorld.note)
    #expect(try isOn(live))
    try live.done("kill", "ai-summary")
    #expect(try live.run("promote", LiveWorld.note).status == 5, "a kill is one")
  }

  /// It is in the store, and a look shows it: only the first look afterwards failed.
  @Test(.enabled(if: Tool.python.isWanted, "python3 is not installed here"))
  func aPromotionThatLandedSaysSo() throws {
    let live = try PlatformWorld(.unleash)
    try live.done("promote", LiveWorld.note)
    try live.done("attest", LiveWorld.note, "gates", "--evidence", "looked")
    try live.fail([["method": "GET", "skip": 3, "do": ["answer": ["status": 403]]]])
    let outcome = try live.done("promote", LiveWorld.note)
    #expect(outcome.description.contains("the store shows the change"), "\(outcome)")
    try live.fail([])
    let status = try json(live.done("status", LiveWorld.note, "--format", "json"))
    #expect(status["drift"] == .null && status["stage"]?["name"] == "5% of paid", "\(status)")
  }

  /// Nobody holds back a kill on another machine: it finds the flag off, a moment before a restore switches it on.
  @Test(.enabled(if: Tool.python.isWanted, "python3 is not installed here"))
  func aRestoreThatAKillOvertookSwitchesOffAgain() throws {
    let live = try PlatformWorld(.unleash)
    try live.done("promote", LiveWorld.note)
    try live.done("kill", "ai-summary")
    try live.fail([["path": "/on$", "do": ["delay": 3]]])
    let restore = try live.world.start(
      ["restore", "ai-summary", "--reason", "mended"], environment: live.environment)
    while try live.tell(.get, "/faults")["rules"]?.items?.isEmpty == false { usleep(5000) }
    let folder = live.world.folder
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    let lock = try #require(names.first { $0.hasSuffix("ai-summary.journal.lock") })
    try FileManager.default.removeItem(atPath: folder.path(lock))
    let kill = try live.run("kill", "ai-summary", "--reason", "still wrong")
    #expect(kill.status == 0, "\(kill)")
    let outcome = try restore.finish()
    #expect(outcome.status == 5 && outcome.description.contains("switched off again"), "\(outcome)")
    #expect(try !isOn(live))
    try live.done("history", "--verify")
  }

  // MARK: Off altogether

  private static let variantNote =
    LiveWorld.plainNote + """

      Variants:
      ```json
      {"control": {"prompt": "v6"}, "canary": {"prompt": "v7"}}
      ```
      """

  @Test func offWithoutAVariantOffIsTheFlagDisabled() throws {
    let world = try LiveWorld(note: Self.variantNote)
    try world.done("promote", LiveWorld.note)
    try world.done("kill", "ai-summary", "--to", "off")
    var flag = try world.flag()
    #expect(flag["state"] as? String == "DISABLED" && flag["targeting"] == nil)
    #expect((flag["metadata"] as? [String: Any])?["rolloutctl"] as? String == "killed")
    let status = try world.done("status", LiveWorld.note)
    #expect(status.output.contains("applications use the default in their own code"), "\(status)")
    #expect(try world.run("promote", LiveWorld.note).status == 5)
    // A reason that comes afterwards moves nobody.
    try world.done("kill", "ai-summary", "--reason", "wrong totals")
    #expect(try world.flag()["state"] as? String == "DISABLED")
    #expect(try world.entries().last?["reason"] as? String == "wrong totals")
    try world.done("restore", "ai-summary", "--reason", "mended")
    flag = try world.flag()
    #expect(flag["state"] as? String == "ENABLED" && flag["targeting"] != nil)
    try world.verify()
  }

  @Test func aFlagThatNoNoteKnowsIsTurnedOffAltogetherAndBack() throws {
    let variants = #""variants": {"v6": "a", "v7": "b"}, "defaultVariant": "v7""#
    let world = try LiveWorld(flags: #"{"flags": {"ai-summary": {"state": "ENABLED", \#(variants)}}}"#)
    let refused = try world.run("kill", "ai-summary")
    #expect(refused.status == 1 && refused.description.contains("--to off"), "\(refused)")
    try world.done("kill", "ai-summary", "--to", "off")
    #expect(try world.flag()["state"] as? String == "DISABLED")
    #expect(try world.run("restore", "ai-summary", "--reason", "x").status == 6, "which one is old nobody said")
    #expect(try world.run("kill", "ai-summary").output.contains("is OFF already"))
  }

  // MARK: Words that come late

  @Test func aReasonAfterwardsIsJournaledOnce() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.done("kill", "ai-summary", actor: "oncall")
    for _ in 0..<2 { try world.done("kill", "ai-summary", "--reason", "wrong totals", actor: "lee") }
    let kills = try world.entries().filter { $0["action"] as? String == "kill" }
    #expect(kills.count == 2 && kills.last?["reason"] as? String == "wrong totals")
    let status = try world.done("status", LiveWorld.note)
    #expect(status.output.contains("killed at internal by oncall"), "\(status)")
    #expect(status.output.contains("wrong totals"), "\(status)")
    try world.verify()
  }

  @Test func aKillThatTheJournalMissedIsWrittenDownByTheNextCommand() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let journal = try world.folder.read(LiveWorld.journalPath)
    try world.folder.write(LiveWorld.journalPath, "no entry\n")
    let kill = try world.done("kill", "ai-summary", actor: "oncall")
    #expect(kill.description.contains("could not be journaled"), "\(kill)")
    try world.folder.write(LiveWorld.journalPath, journal)
    #expect(try !world.entries().contains { $0["action"] as? String == "kill" })
    let refused = try world.run("promote", LiveWorld.note)
    #expect(refused.status == 5, "\(refused)")
    let kills = try world.entries().filter { $0["action"] as? String == "kill" }
    #expect(kills.count == 1 && kills.last.flatMap { detail($0, "found") } as? String == "in the store")
    try world.done("restore", "ai-summary", "--reason", "mended")
    try world.verify()
  }
}
