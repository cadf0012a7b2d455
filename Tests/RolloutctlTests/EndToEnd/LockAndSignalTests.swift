import Foundation
import Glibc
import Testing

/// Somebody else at the lock, signals in the middle of a change, and readers that go away.
@Suite struct LockAndSignalTests {
  /// The store's lock is waited for 10 s, the journal's 20 s; both are tried at once. A kill goes on after 2 s.
  @Test func whoHoldsTheLockIsNamedAndAKillGoesOn() throws {
    let worlds = [try LiveWorld(), try LiveWorld(), try LiveWorld()]
    for world in worlds {
      try world.done("promote", LiveWorld.note)
      try world.done("attest", LiveWorld.note, "gates", "--evidence", "seen")
    }
    let locks = [
      ["flags.json.rollout/lock"], ["\(LiveWorld.journalPath).lock"],
      ["flags.json.rollout/lock", "\(LiveWorld.journalPath).lock"],
    ]
    let holders = try zip(worlds, locks).flatMap { world, names in
      try names.map { try LockHolder(world.folder.path($0), signed: "lee on desk, process 7") }
    }
    let started = FlagReader.monotonic()
    let promotions = try worlds[0...1].map { try $0.start(["promote", LiveWorld.note]) }
    // Nobody gives these locks up, so a kill that ends has gone on without them.
    let killed = try worlds[2].run("kill", "ai-summary", actor: "oncall")
    #expect(FlagReader.monotonic() - started >= 2, "a kill waits that long for others")
    #expect(killed.status == 0, "\(killed)")
    #expect(try worlds[2].isKilled())
    #expect((killed.output + killed.errors).contains("lee on desk, process 7"), "\(killed)")
    for (index, (world, promotion)) in zip(worlds, promotions).enumerated() {
      let outcome = try promotion.finish(within: 60)
      #expect(outcome.status == 1 && outcome.output == "", "\(outcome)")
      #expect(outcome.errors.contains("somebody else holds it (lee on desk, process 7)"), "\(outcome)")
      #expect(try (world.flag()["metadata"] as? [String: Any])?["rolloutctl.stage"] as? String == "internal")
      #expect(try world.entered() == ["internal"], "world \(index)")
    }
    withExtendedLifetime(holders) {}
    // The promotion that had journaled its intent says now how it ended.
    try world(worlds[0], goesOnWithout: holders)
  }

  private func world(_ world: LiveWorld, goesOnWithout holders: [LockHolder]) throws {
    try world.verify()
    #expect(try world.entries().last?["outcome"] as? String == "undone")
  }

  // MARK: Signals

  /// Delivered on entering a system call, so that it always comes at the same moment of the change.
  struct Moment: Sendable, CustomTestStringConvertible {
    let call: String
    let ordinal: Int
    let signal: String
    var testDescription: String { "\(signal) before \(call) \(ordinal)" }
  }

  static let moments = ["SIGTERM", "SIGINT", "SIGHUP"].flatMap { signal in
    [("fdatasync", 1), ("fdatasync", 2), ("fsync", 1), ("/^rename", 1), ("utimensat", 1)]
      .map { Moment(call: $0.0, ordinal: $0.1, signal: signal) }
  }

  @Test(.enabled(if: Tool.strace.isWanted, Tool.strace.reason), arguments: moments)
  func aSignalWaitsForTheJournalLine(moment: Moment) throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.done("attest", LiveWorld.note, "gates", "--evidence", "seen")
    let outcome = try interrupted(["promote", LiveWorld.note, "--to", "5% of paid"], moment, world)
    // The change is whole, and the process has ended as the signal wanted.
    #expect(outcome.end == .signal(Self.number(of: moment.signal)), "\(outcome)")
    #expect(try world.entered() == ["internal", "5% of paid"])
    #expect(try world.entries().last?["outcome"] as? String == "done")
    #expect(try (world.flag()["metadata"] as? [String: Any])?["rolloutctl.stage"] as? String == "5% of paid")
    try world.verify()
    let again = try world.done("promote", LiveWorld.note, "--to", "5% of paid")
    #expect(again.output.contains("already there") && again.errors == "", "\(again)")
  }

  /// Before anything was decided a signal ends it at once, and nothing was written.
  @Test(.enabled(if: Tool.strace.isWanted, Tool.strace.reason)) func aSignalBeforeTheChangeLeavesNothing() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.done("attest", LiveWorld.note, "gates", "--evidence", "seen")
    let before = try world.snapshot()
    let moment = Moment(call: "flock", ordinal: 1, signal: "SIGTERM")
    let outcome = try interrupted(["promote", LiveWorld.note], moment, world)
    #expect(outcome.end == .signal(SIGTERM), "\(outcome)")
    #expect(try world.snapshot() == before)
    try world.enter("5% of paid")
  }

  static let killMoments = ["SIGTERM", "SIGINT", "SIGHUP"].flatMap { signal in
    ["fdatasync", "fsync", "rename"].map { Moment(call: $0, ordinal: 1, signal: signal) }
  }

  /// The signal comes to the whole process while one of its threads is held in a system call: what is under way is
  /// finished and told, and only then it strikes. A hang-up does not end a kill at all.
  @Test(.enabled(if: Tool.strace.isWanted, Tool.strace.reason), arguments: killMoments)
  func aKillThatIsInterruptedHasKilled(moment: Moment) throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let log = world.folder.path("calls.log")
    let strace = try #require(Tool.strace.path)
    let binary = try #require(Binary.path)
    let line = """
      \(strace) -f -qq -o \(log) -e trace=execve,\(moment.call) --inject=\(moment.call):delay_enter=700000:when=1 \
        \(binary) kill ai-summary & tracer=$!
      for i in $(seq 1 3000); do
        grep -q '\(moment.call)(' \(log) 2>/dev/null && break
        sleep 0.01
      done
      kill -\(moment.signal.dropFirst(3)) $(head -n 1 \(log) | cut -d ' ' -f 1)
      wait $tracer
      """
    let outcome = try Tool.bash.run(["-c", line], in: world.folder, environment: ["ROLLOUT_ACTOR": "oncall"])
    let ending: Binary.Outcome.End =
      moment.signal == "SIGHUP" ? .status(0) : .status(128 + Self.number(of: moment.signal))
    #expect(outcome.end == ending, "\(outcome)")
    #expect(outcome.output.contains("off"), "\(outcome)")
    #expect(try world.isKilled())
    try world.verify()
    #expect(try world.entries().last { $0["action"] as? String == "kill" }?["outcome"] as? String == "done")
    try world.done("restore", "ai-summary", "--reason", "fixed")
  }

  /// A flag that no rollout knows: the kill journals its intent first, and dies with the store written.
  @Test(.enabled(if: Tool.strace.isWanted, Tool.strace.reason)) func aKillThatDiedBehindItsWriteCounts() throws {
    let world = try LiveWorld(flags: "{\"flags\": {\"ai-summary\": \(BadStoreTests.foreign)}}")
    let outcome = try interrupted(["kill", "ai-summary"], Moment(call: "lseek", ordinal: 1, signal: "SIGKILL"), world)
    #expect(outcome.end == .signal(SIGKILL), "\(outcome)")
    #expect(try world.isKilled())
    let next = try world.run("promote", LiveWorld.note)
    #expect(next.status == 5, "\(next)")
    #expect(next.errors.contains("was interrupted after it had reached the store: it counts"), "\(next)")
  }

  private func interrupted(_ words: [String], _ moment: Moment, _ world: LiveWorld) throws -> Binary.Outcome {
    let inject = "--inject=\(moment.call):signal=\(moment.signal):when=\(moment.ordinal)"
    let binary = try #require(Binary.path)
    return try Tool.strace.run(
      ["-f", "-o", "/dev/null", inject, binary] + words, in: world.folder, environment: ["ROLLOUT_ACTOR": "maya"])
  }

  private static func number(of signal: String) -> Int32 {
    ["SIGTERM": SIGTERM, "SIGINT": SIGINT, "SIGHUP": SIGHUP][signal] ?? 0
  }

  // MARK: Pipes

  @Test(
    .enabled(if: Tool.bash.isWanted, Tool.bash.reason),
    arguments: [
      "help promote", "status ai-summary", "history --format json", "check notes/summary.md", "kill ai-summary",
    ])
  func aReaderThatGoesAwayIsNoError(words: String) throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let binary = try #require(Binary.path)
    // The reader has gone before the first byte comes.
    let script = "exec 4> >(:); wait $!; \"$0\" \(words) >&4; echo $?"
    let outcome = try Tool.bash.run(["-c", script, binary], in: world.folder)
    #expect(outcome.output == "0\n" && outcome.errors == "", "\(outcome)")
    if words.hasPrefix("kill") { #expect(try world.isKilled()) }
  }

  /// A standard output that takes nothing must not turn a kill into a failure, nor a change into a lie.
  @Test func aFullStandardOutputChangesNoStatus() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let binary = try #require(Binary.path)
    let outcome = try Tool.sh.run(["-c", "\"$0\" kill ai-summary >/dev/full; echo $?", binary], in: world.folder)
    #expect(outcome.output == "0\n", "\(outcome)")
    #expect(try world.isKilled())
  }
}
