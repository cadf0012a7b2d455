import Foundation
import Testing

/// An error at every system call on files that a kill makes, as strace lets the kernel answer (Tests/Live/call_faults.py).
/// Said once it stops no kill; and whatever is said, a kill that ends well has turned the flag off, no file is torn, and no
/// temporary is left.
@Suite struct CallFaultTests {
  private struct Summary: Decodable {
    struct Wrong: Decodable {
      let call: String
      let error: String
      let when: String
      let wrong: String
      let said: String
    }

    let runs: Int
    let calls: [String: Int]
    let unmet: Int
    let slowest: Double
    let wrong: [Wrong]
  }

  /// Every so many of all runs; 1 by hand for all of them.
  private static let stride = ProcessInfo.processInfo.environment["ROLLOUTCTL_CALL_FAULTS_STRIDE"] ?? "12"

  private static let canTrace =
    Tool.strace.path != nil && (try? Tool(name: "unshare").run(["-mpf", "--mount-proc", "true"]))?.status == 0

  @Test(.enabled(if: canTrace || Live.isRequired, "no strace, or nobody may have a process namespace here"))
  func anErrorAtAnyCallStopsNoKill() throws {
    let folder = try TemporaryFolder()
    let outcome = try Binary.run(
      [Live.script("call_faults.py"), try #require(Binary.path), folder.path, Self.stride], within: 1200,
      program: Tool.python.path)
    try #require(outcome.end == .status(0), "\(outcome)")
    let summary = try JSONDecoder().decode(Summary.self, from: Data(outcome.output.utf8))
    print("\(summary.runs) kills with an error at a call of \(summary.calls); the slowest took \(summary.slowest) s")
    for one in summary.wrong {
      Issue.record("\(one.call) answers \(one.error) (\(one.when)): \(one.wrong): \(one.said)")
    }
    #expect(summary.runs > 100 && summary.unmet * 5 < summary.runs, "\(summary.unmet) errors were never met")
  }
}
