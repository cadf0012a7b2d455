import Foundation
import Testing

@testable import RolloutOps

/// Tokens stay where they are: against servers that send back all they were sent, nothing of them is in any output, file
/// or journal. Whoever runs the program looks for them, and whoever clears a test's folder away; here both are seen to.
@Suite(.enabled(if: Tool.python.isWanted, "python3 is not installed here"), .serialized, .waits) struct NoTokenTests {
  static let variables = [
    "ROLLOUT_HTTP_TOKEN", "ETCD_USERNAME", "ETCD_PASSWORD", "LAUNCHDARKLY_ACCESS_TOKEN", "UNLEASH_API_TOKEN",
    "POSTHOG_API_KEY", "STATSIG_CONSOLE_KEY", "PROMETHEUS_TOKEN",
  ]

  /// Each with a text of its own, so that a hit names the culprit.
  static let planted = Dictionary(
    uniqueKeysWithValues: variables.enumerated().map { ($1, "\(Planted.mark)\($0)-secret") })

  static let stores = [
    "http://HOST/flags.json", "etcd+http://HOST/prod", "launchdarkly+http://HOST/web/production",
    "unleash+http://HOST/default/production", "posthog+http://HOST/1", "statsig+http://HOST/production",
  ]

  @Test(arguments: stores) func noneIsTold(store: String) throws {
    let server = try LiveServer("hostile_server.py")
    // Most of them wait for a server in vain, so all wait at the same time, each in a world of its own.
    var running: [(world: LiveWorld, line: [String], Binary.Running)] = []
    // A port that repeats the request, headers included, and one that nobody listens on.
    for port in ["near", "refused"] {
      let address = store.replacing("HOST", with: "127.0.0.1:\(try server.port(port))")
      var lines = [
        ["kill", "ai-summary", "--within", "1s"], ["promote", LiveWorld.note],
        ["doctor", "ai-summary", "--within", "1s"], ["doctor", "--card", "ai-summary", "--within", "1s"],
      ]
      if port == "near" {
        lines += [["kill", "--all", "--yes", "--within", "1s"], ["status", LiveWorld.note], ["status"], ["history"]]
      }
      for line in lines {
        for extra in [["--verbose"], ["--format", "json"]] {
          let world = try LiveWorld(
            note: LiveWorld.plainNote.replacing("Store: file:flags.json", with: "Store: \(address)"))
          let environment = Self.planted.merging(["ROLLOUT_STORE": address]) { $1 }
          running.append((world, line, try world.start(line + extra, environment: environment)))
        }
      }
    }
    for (_, line, process) in running {
      let outcome = try process.finish()
      if case .signal = outcome.end { Issue.record("\(line): \(outcome)") }
      if line[0] == "kill" { #expect(outcome.status == 1, "\(outcome)") }
    }
  }

  @Test func onePlantedOnPurposeIsFound() throws {
    let words = ["-c", "echo \(Planted.platformToken); echo \(Planted.password) >&2"]
    try withKnownIssue {
      _ = try Tool.sh.run(words)
    } matching: { issue in
      "\(issue)".contains("onePlantedOnPurposeIsFound") && "\(issue)".contains(" of -c echo")
    }
    for name in ["flags.json.rollout/ai-summary.journal", "core", ".rollout/\(Planted.mark)name"] {
      try withKnownIssue {
        let folder = try TemporaryFolder()
        try folder.write(name, "{\"reason\": \"\(Planted.password)\"}")
      } matching: {
        "\($0)".contains("a secret is in \(name)")
      }
    }
  }
}
