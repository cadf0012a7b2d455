import Testing

@testable import RolloutOps

/// What a platform will do to a flag by itself after a kill stands in the closing block, and asking for it holds nobody
/// up.
@Suite struct KillUndoersTests {
  private static let scheduled: JSON = [
    "record_id": "4711", "model_name": "FeatureFlag", "scheduled_at": "2100-01-01T00:00:00Z", "executed_at": nil,
    "payload": ["operation": "update_status", "value": true],
  ]
  private static let change: JSON = [
    "executionDate": 4_102_444_800_000, "instructions": [["kind": "turnFlagOn"]],
  ]

  /// The platform, what it keeps beside the flag, what it keeps in the flag, and what is said.
  private static let cases: [(platform: TestedPlatform, beside: [JSON.Member], within: (String, JSON)?, said: String)] =
    [
      (.launchDarkly, [JSON.Member("scheduled", ["k": [change]])], nil, "LaunchDarkly will change k on 2100-01-01"),
      (.posthog, [JSON.Member("scheduled_changes", [scheduled])], nil, "PostHog will change k on 2100-01-01"),
      (
        .unleash, [],
        (
          "environments",
          [
            [
              "name": "production", "enabled": true,
              "strategies": [
                ["name": "default", "id": "s1", "milestoneId": "m1", "parameters": [:], "constraints": []]
              ],
            ]
          ]
        ), "a release plan moves k in production"
      ),
      (
        .statsig, [],
        (
          "rules",
          [
            [
              "name": "all", "passPercentage": 100, "conditions": [["type": "public"]],
              "pendingAutomatedRollouts": [["time": 4_102_444_800_000, "passPercent": 50]],
            ]
          ]
        ), "Statsig will widen the rule \"all\" of k on 2100-01-01"
      ),
    ]

  private func world(_ index: Int) throws -> PlatformWorld {
    let (platform, beside, within, _) = Self.cases[index]
    let live = try PlatformWorld(platform)
    let flag = within.map { platform.open.setting($0.0, to: $0.1) } ?? platform.open
    try live.put(.object([JSON.Member("flags", ["k": flag])] + beside))
    return live
  }

  @Test(arguments: 0..<4) func aScheduleIsToldWithTheKill(index: Int) throws {
    let live = try world(index)
    let outcome = try live.run("kill", "k")
    #expect(outcome.status == 0 && outcome.output.contains("  may undo"), "\(outcome)")
    #expect(outcome.output.contains(Self.cases[index].said), "\(outcome)")
    let again = try JSON.parse(Array(live.run("kill", "k", "--format", "json").output.utf8))
    let told = again["flags"]?.items?.first?["may_be_undone"]?.items ?? []
    #expect(told.contains { $0.text?.hasPrefix(Self.cases[index].said) ?? false }, "\(again.written())")
  }

  /// The flag is off by then: an answer that does not come is done without.
  @Test func anAnswerThatDoesNotComeIsNotWaitedFor() throws {
    let live = try world(0)
    try live.fail([["path": "scheduled-changes", "times": 100, "do": ["delay": 25]]])
    let start = ContinuousClock.now
    let outcome = try live.run("kill", "k")
    #expect(outcome.status == 0 && outcome.output.contains("read back"), "\(outcome)")
    #expect(ContinuousClock.now - start < .seconds(15), "it ended when the platform answered")
    #expect(!outcome.output.contains("may undo"), "\(outcome)")
  }
}
