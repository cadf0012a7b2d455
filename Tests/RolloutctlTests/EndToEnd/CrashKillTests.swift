import Foundation
import Testing

/// The process really ends (SIGKILL) between every two of its effects, over random histories: Tests/Live/crash.py.
///
/// `ROLLOUTCTL_CRASH_SEED` brings a run back; with `ROLLOUTCTL_LIVE=required` there are thousands of kills.
@Suite struct CrashKillTests {
  static let areWanted = Tool.strace.isWanted && Tool.python.isWanted
  static let reason: Comment = "strace or python3 is not installed here"

  @Test(.enabled(if: areWanted, reason)) func killedBeforeEveryEffectNothingIsLostSkippedOrAppliedTwice() throws {
    _ = try #require(Tool.strace.path, Self.reason)
    let binary = try #require(Binary.path, "no rolloutctl beside the tests: build it first")
    let own = ProcessInfo.processInfo.environment
    let seed = own["ROLLOUTCTL_CRASH_SEED"] ?? String(UInt32.random(in: 1...UInt32.max))
    let points = Live.isRequired ? 2500 : 300
    // Where the flagd provider is installed, its own parser reads every flag file.
    let python = Live.hasFlagsPython ? Live.flagsPython : Tool.python.path
    // A kill that finds somebody letting people in looks once more after a while, so most of the time is waiting.
    let outcome = try Binary.run(
      [Live.script("crash.py"), binary, "--points", String(points), "--seed", seed, "--jobs", "4"], within: 1800,
      program: python)
    print("crash.py: \(outcome.output)")
    let summary = try #require(try LiveWorld.object(outcome.output), "seed \(seed): \(outcome)")
    let failures = try #require(summary["failures"] as? [String])
    #expect(failures == [], "seed \(seed)")
    #expect(outcome.end == .status(0), "seed \(seed): \(outcome.errors)")
    let killed = try #require(summary["points"] as? Int)
    let interrupted = try #require(summary["interrupted"] as? Int)
    #expect(killed >= points, "seed \(seed)")
    // Otherwise the kills fell everywhere but where they matter.
    #expect(interrupted > killed / 10, "seed \(seed)")
  }
}
