import Testing

@testable import RolloutOps

/// LaunchDarkly's trigger: an address that is itself the secret, and turns a flag off where the API would not.
@Suite(.needsPython, .serialized, .waits) struct LaunchDarklyTriggerTests {
  static let shared = Result { try LivePlatform(.launchDarkly) }

  let platform: LivePlatform
  let world: World

  init() throws {
    platform = try Self.shared.get()
    try platform.put(["flags": [:]])
    world = platform.world()
    try world.move(.promote)
  }

  private func set(_ state: JSON) throws { try platform.edit(["state": state]) }

  /// Made as somebody does it on the platform; its address is a secret.
  private func makeTrigger() throws -> String {
    try set([
      "triggers": [
        [
          "_id": "0123456789ab", "enabled": true, "_triggerCount": 0, "project": "default", "flag": "ai-summary",
          "environment": "production", "secret": "planted-4f1c-secret", "instructions": [["kind": "turnFlagOff"]],
        ]
      ]
    ])
    return "\(platform.place)/webhook/triggers/0123456789ab/planted-4f1c-secret"
  }

  private func isOn() throws -> Bool? {
    try platform.state()["flags"]?["ai-summary"]?["environments"]?["production"]?["on"]?.truth
  }

  @Test(arguments: ["ai-summary", "production/ai-summary", "default/production/ai-summary"])
  func aKillPastAnApprovalGoesByTheTrigger(name: String) throws {
    let trigger = try makeTrigger()
    try set(["approvals": ["production"]])
    world.variables.withLock { $0["LAUNCHDARKLY_TRIGGER_URLS"] = "other=https://127.0.0.1:1/x \(name)=\(trigger)" }
    let kill = world.kill()
    #expect(kill.status == .done && kill.lines[0].off, "\(kill.lines)")
    #expect(try isOn() == false)
    #expect(try world.status().killed)
  }

  /// Off, but nobody may look: that is not called off.
  @Test func whereTheTokenIsRefusedTheTriggerIsCalledAndOffIsNotClaimed() throws {
    let trigger = try makeTrigger()
    world.variables.withLock {
      $0["LAUNCHDARKLY_TRIGGER_URLS"] = "ai-summary=\(trigger)"
      $0["LAUNCHDARKLY_ACCESS_TOKEN"] = "worn out"
    }
    let kill = world.kill()
    #expect(kill.status == .inconclusive && !kill.lines[0].off)
    #expect(try isOn() == false)
    let told = kill.lines[0].reasons.joined(separator: "; ")
    #expect(told.contains("its trigger was called and answered well, but nobody could read the flag back as off"))
    #expect(!told.contains("planted"))
  }

  @Test func aKillThatGoesThroughTouchesNoTrigger() throws {
    let trigger = try makeTrigger()
    world.variables.withLock { $0["LAUNCHDARKLY_TRIGGER_URLS"] = "ai-summary=\(trigger)" }
    #expect(world.kill().status == .done)
    #expect(try platform.state()["triggers"]?.items?.first?["_triggerCount"] == 0)
  }

  @Test func aTriggerThatIsGoneIsSaidWithoutItsAddress() throws {
    try set(["approvals": ["production"]])
    let gone = "\(platform.place)/webhook/triggers/planted-id/planted-secret"
    for (address, words) in [(gone, "the trigger of ai-summary"), ("planted-secret", "of ai-summary in LAUNCHDARKLY")] {
      world.variables.withLock { $0["LAUNCHDARKLY_TRIGGER_URLS"] = "ai-summary=\(address)" }
      let told = world.kill().lines[0].reasons.joined(separator: "; ")
      #expect(told.contains(words) && told.contains("needs an approval there") && !told.contains("planted"), "\(told)")
    }
  }

  @Test func nothingIsTriggeredByADryRun() throws {
    let trigger = try makeTrigger()
    world.variables.withLock {
      $0["LAUNCHDARKLY_TRIGGER_URLS"] = "ai-summary=\(trigger)"
      $0["LAUNCHDARKLY_ACCESS_TOKEN"] = "worn out"
    }
    var choices = OperatorChoices()
    choices.dryRun = true
    #expect(Kill(context: world.context(), choices: choices).perform(["ai-summary"]).status == .inconclusive)
    #expect(try isOn() == true)
  }
}
