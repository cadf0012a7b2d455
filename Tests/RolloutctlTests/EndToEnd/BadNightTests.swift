import Foundation
import Testing

@testable import RolloutOps

/// Nights on which a kill once said more than it knew, or less than it could do.
@Suite struct BadNightTests {
  private static let on = #""state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on""#

  private func world(_ flags: String) throws -> LiveWorld { try LiveWorld(flags: #"{"flags": {\#(flags)}}"#) }

  /// Nobody knows whether a flag that nobody knows takes a value.
  @Test func aKeyThatWasTakenForAValueIsNamed() throws {
    let world = try world(#""a": {\#(Self.on)}, "b": {\#(Self.on)}"#)
    let outcome = try world.run("kill", "--now", "b", "a")
    #expect(outcome.errors.contains("b   is still on") && outcome.errors.contains("rolloutctl kill b"), "\(outcome)")
    #expect(try world.isKilled("a") && !world.isKilled("b"))
    let other = try world.run("kill", "--region", "eu-1", "a")
    #expect(other.status == 0 && !other.errors.contains("still on"), "no flag has that name: \(other)")
  }

  /// Whatever a variant is called, and whatever the flag's own mark says: what everybody would get is the new version.
  @Test(arguments: [
    #""variants": {"on": true, "off": false}, "metadata": {"rolloutctl": "managed", "rolloutctl.kill": "on"}"#,
    #""variants": {"on": true, "off": false}, "metadata": {"rolloutctl": "killed", "rolloutctl.kill": "on"}"#,
    #""variants": {"on": true, "off": true}, "metadata": {"rolloutctl": "managed", "rolloutctl.kill": "off"}"#,
  ]) func aVariantThatTurnsItOnIsNoWayBack(members: String) throws {
    let world = try world(#""a": {"state": "ENABLED", "defaultVariant": "on", \#(members)}"#)
    let outcome = try world.run("kill", "a")
    #expect(outcome.status == 1 && !outcome.output.contains("off"), "\(outcome)")
  }

  @Test func alertsThatWereCutOffAnEventAreNoSuccess() throws {
    let world = try world(#""a": {\#(Self.on)}"#)
    try world.folder.write(
      "rolloutctl.json", #"{"alerts": [{"when": {"alertname": "CostLoop", "feature": "*"}, "kill": ["$feature"]}]}"#)
    let alert =
      #"{"status": "firing", "startsAt": "2026-11-30T05:00:00Z", "labels": {"alertname": "CostLoop", "feature": "a"}}"#
    for (alerts, cut, status) in [(alert, 0, 0), (alert, 1, 1), ("", 7, 1)] as [(String, Int, Int32)] {
      try world.folder.write(
        "event.json",
        #"{"version": "4", "status": "firing", "truncatedAlerts": \#(cut), "alerts": [\#(alerts)]}"#)
      let line = "'\(try #require(Binary.path))' kill --on-alert < event.json"
      let outcome = try Tool.bash.run(["-c", line], in: world.folder, environment: ["ROLLOUT_ACTOR": "maya"])
      #expect(outcome.status == status, "\(outcome)")
      #expect(cut == 0 || outcome.errors.contains("\(cut) more alerts were cut off"), "\(outcome)")
    }
    #expect(try world.isKilled("a"))
  }

  /// What the first look at a silent store takes is part of the time, and nothing is known of its flags then.
  @Test func aStoreThatIsSilentHasNoFlagsThatAreKnown() throws {
    let live = try PlatformWorld(.unleash)
    try live.fail([["times": 1000, "do": ["delay": 30]]])
    let start = ContinuousClock.now
    let outcome = try live.run("kill", "--all", "--yes", "--within", "3s")
    #expect(ContinuousClock.now - start < .seconds(15))
    #expect(outcome.status == 1 && outcome.errors.contains("its flags are not known"), "\(outcome)")
    #expect(!outcome.errors.contains("is marked as managed") && !outcome.errors.contains("0 flags"), "\(outcome)")
  }

  /// The lock is waited for where there is time for that, and passed where there is not.
  @Test(arguments: ["1s", "2s", "20s"])
  func aLockThatIsHeldIsPassedBeforeTheDeadline(within: String) throws {
    let world = try world(#""a": {\#(Self.on)}"#)
    try world.folder.write("flags.json.rollout/lock", "")
    let holder = try LockHolder(world.folder.path("flags.json.rollout/lock"), signed: "lee")
    try withExtendedLifetime(holder) {
      let outcome = try world.run("kill", "a", "--within", within)
      #expect(outcome.status == 0, "\(outcome)")
      #expect(try world.isKilled("a"))
    }
  }

  /// One accent, written in two ways: two flags, and two tenants.
  @Test func namesAreBytes() throws {
    let (one, two) = ("caf\u{E9}", "cafe\u{301}")
    let managed = Self.on + #", "metadata": {"rolloutctl": "managed"}"#
    let world = try world(#""\#(one)": {\#(managed)}, "\#(two)": {\#(managed)}"#)
    let outcome = try world.run("kill", "--all", "--yes")
    #expect(outcome.status == 0 && outcome.output.contains("2 of 2 off"), "\(outcome)")
    let text = try world.folder.read("flags.json")
    #expect(text.components(separatedBy: #": "killed""#).count == 3, "\(text)")
    let other = try LiveWorld()
    try other.done("promote", LiveWorld.note)
    for tenant in [one, two] {
      let excluded = try other.run("exclude", LiveWorld.note, "tenant=\(tenant)", "--reason", "asked")
      #expect(excluded.status == 0 && !excluded.output.contains("already"), "\(excluded)")
    }
    #expect(try other.folder.read("flags.json").utf8.count { $0 == 0xCC } == 1, "the second spelling is there too")
  }

  /// From another folder the key alone leads to another flag file.
  @Test func theLineBackNamesTheNoteThatWasAskedFor() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.folder.write("other/flags.json", world.folder.read("flags.json"))
    let line = "cd other && '\(try #require(Binary.path))' kill ../\(LiveWorld.note)"
    let outcome = try Tool.bash.run(["-c", line], in: world.folder, environment: ["ROLLOUT_ACTOR": "maya"])
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.output.contains("rolloutctl restore --reason \"…\" ../\(LiveWorld.note)"), "\(outcome)")
    #expect(try world.isKilled() && !world.isKilled(in: "other/flags.json"))
  }

  /// Whoever finds it killed has written nothing, and is told who has.
  @Test func whoeverFindsItKilledIsNotNamedForIt() throws {
    let world = try world(#""a": {\#(Self.on)}"#)
    #expect(try world.run("kill", "a", actor: "maya").output.contains("journaled   as maya"))
    let again = try world.run("kill", "a", actor: "lee")
    #expect(again.output.contains("journaled   already, by maya"), "\(again)")
    #expect(try world.run("kill", "a", "--reason", "loops", actor: "lee").output.contains("journaled   as lee"))
    let refused = try world.run("kill", "a", "--to", "on")
    #expect(refused.status == 1 && refused.errors.contains("is killed already, and stays as it is"), "\(refused)")
  }

  /// A checkout can carry a link: what it leads to is somebody else's.
  @Test(arguments: ["lock", "ai-summary.journal", "ai-summary.journal.lock"])
  func noLinkIsFollowedWhereSomethingIsWritten(name: String) throws {
    let world = try LiveWorld()
    try world.folder.write("precious", "years of work\n")
    let line = "mkdir flags.json.rollout; ln -s ../precious flags.json.rollout/\(name)"
    _ = try Tool.bash.run(["-c", line], in: world.folder)
    let refused = try world.run("promote", LiveWorld.note)
    let isSaid = refused.errors.contains("a symbolic link stands there") || name == "ai-summary.journal"
    #expect(refused.status == 1 && isSaid, "\(refused)")
    try world.folder.write("flags.json", #"{"flags": {"ai-summary": {\#(Self.on)}}}"#)
    #expect(try world.run("kill", "ai-summary").status == 0)
    _ = try world.run("doctor")
    #expect(try world.isKilled() && world.folder.read("precious") == "years of work\n")
  }

  /// Without the three descriptors the next file that is opened would be one of them.
  @Test(arguments: ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"]) func nothingIsPrintedIntoAFile(closing: String) throws {
    let world = try world(#""a": {\#(Self.on)}"#)
    let line = "'\(try #require(Binary.path))' kill a nothing --within 1s \(closing)"
    let outcome = try Tool.bash.run(["-c", line], in: world.folder, environment: ["ROLLOUT_ACTOR": "maya"])
    #expect(outcome.status == 1, "\(outcome)")
    #expect(try world.isKilled("a"))
    try world.done("history", "a", "--verify")
  }

  @Test func aFileThatMayNotGrowIsAnErrorAndNotTheEnd() throws {
    let world = try world(#""a": {\#(Self.on)}"#)
    let line = "ulimit -f 0; '\(try #require(Binary.path))' kill a --within 1s"
    let outcome = try Tool.bash.run(["-c", line], in: world.folder, environment: ["ROLLOUT_ACTOR": "maya"])
    // A try that is under way when the time is over may have been the one that got through: that is said then instead.
    let isSaid = outcome.errors.contains("NOT off") || outcome.errors.contains("it may be off")
    #expect(outcome.status == 1 && isSaid && outcome.output == "", "\(outcome)")
    #expect(outcome.errors.contains("File too large"), "\(outcome)")
  }
}
