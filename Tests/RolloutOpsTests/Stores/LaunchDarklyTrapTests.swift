import Testing

@testable import RolloutOps

/// What goes wrong between us and LaunchDarkly, each in its own spelling.
@Suite(.needsPython, .serialized, .waits) struct LaunchDarklyTrapTests {
  static let shared = Result { try LivePlatform(.launchDarkly) }

  let platform: LivePlatform
  let world: World

  init() throws {
    platform = try Self.shared.get()
    try platform.put(["flags": [:]])
    world = platform.world()
  }

  private func store() throws -> any FlagStore { try platform.store(in: world) }

  private func trouble(_ body: () throws -> Any) throws -> (status: RolloutOps.ExitStatus, text: String) {
    let trouble = try #require(throws: Trouble.self) { _ = try body() }
    let text = trouble.sentences.joined(separator: "; ")
    #expect(!text.contains(LivePlatform.token))
    return (trouble.status, text)
  }

  private func begun() throws {
    try world.move(.promote)
    try world.attest("gates")
    try platform.forget()
  }

  private func patches() throws -> Int { try platform.requests().count { $0.method == "PATCH" } }

  private static func edit(_ change: JSON) -> JSON {
    ["flag": "ai-summary", "change": ["environments": ["production": change]]]
  }

  private func set(_ state: JSON) throws { try platform.edit(["state": state]) }

  // MARK: Somebody else at work

  @Test func aStaleScreenNeverWins() throws {
    try begun()
    let store = try store()
    let reading = try store.read(World.key)
    try platform.edit(Self.edit(["offVariation": 0]))
    #expect(throws: StoreTrouble.self) {
      try store.write(try #require(reading.flag), replacing: reading, urgency: .ordinary)
    }
    #expect(try patches() == 0)
  }

  @Test func rulesChangedInTheLastMomentAreAConflict() throws {
    try begun()
    let rule: JSON = ["_id": "theirs", "clauses": [], "variation": 0]
    try platform.fail(["method": "PATCH", "do": ["race": Self.edit(["rules": [rule]])]])
    #expect(try trouble { try world.move(.promote) }.status == .conflict)
    #expect(try platform.state()["flags"]?["ai-summary"]?["environments"]?["production"]?["rules"]?.items?.count == 1)
  }

  @Test func aRuleAddedWhileWeSwitchOnIsKeptAndNobodyGetsToIt() throws {
    try platform.put(["flags": ["ai-summary": [:]]])
    let rule: JSON = ["_id": "theirs", "clauses": [], "variation": 0]
    try platform.fail(["method": "PATCH", "do": ["race": Self.edit(["rules": [rule]])]])
    #expect(try trouble { try world.move(.promote) }.text.contains("something else than was written"))
    let config = try #require(try platform.state()["flags"]?["ai-summary"]?["environments"]?["production"])
    #expect(config["on"] == false && config["rules"]?.items?.first?["_id"] == "theirs")
  }

  @Test func whetherEventsAreTrackedIsKept() throws {
    try begun()
    try platform.edit(Self.edit(["rules": ["0": ["trackEvents": true]]]))
    #expect(try world.move(.promote).status == .done)
    let rules = try platform.state()["flags"]?["ai-summary"]?["environments"]?["production"]?["rules"]?.items
    #expect(rules?.compactMap { $0["trackEvents"] } == [true, false])
  }

  @Test func aKillInTheMiddleOfAPromotionStands() throws {
    try begun()
    try platform.fail(["method": "PATCH", "do": ["race": Self.edit(["on": false])]])
    #expect(try trouble { try world.move(.promote) }.status == .conflict)
    #expect(try store().read(World.key).flag?.mark?.killed == true)
  }

  @Test func aTargetSetInTheLastMomentIsNoticed() throws {
    try begun()
    let target: JSON = ["values": ["ann"], "variation": 0, "contextKind": "user"]
    try platform.fail(["method": "PATCH", "do": ["race": Self.edit(["targets": [target]])]])
    #expect(try trouble { try world.move(.promote) }.text.contains("something else than was written"))
  }

  @Test func anotherRequestAtTheSameMomentIsNoConflictOfOurs() throws {
    try begun()
    let busy: JSON = [
      "status": 409, "body": ["code": "conflict", "message": "Conflict. Optimistic lock error. Try again later."],
    ]
    try platform.fail(["method": "PATCH", "times": 2, "do": ["answer": busy]])
    #expect(try world.move(.promote).status == .done)
    #expect(try patches() == 3)
    try platform.fail(["method": "PATCH", "times": 9, "do": ["answer": busy]])
    try world.attest("gates")
    try world.attest("review", by: "lee")
    #expect(try trouble { try world.move(.promote) }.status == .conflict)
  }

  @Test func aFlagOfThatKeyMadeInTheLastMomentIsAConflict() throws {
    try platform.fail(["method": "POST", "do": ["race": ["flag": "ai-summary", "change": [:]]]])
    #expect(try trouble { try world.move(.promote) }.status == .conflict)
  }

  // MARK: Lost answers

  /// Both were taken: the first found no rules that it could have been guarded by.
  @Test func aPatchThatWasTakenTwiceIsReadAsOne() throws {
    try platform.fail(["method": "PATCH", "do": ["twice": true]])
    #expect(try world.move(.promote).status == .done)
    let rules = { () throws -> Int in
      let place = try platform.state()["flags"]?["ai-summary"]?["environments"]?["production"]
      return try #require(place?["rules"]?.items).count
    }
    let (doubled, status) = (try rules(), try world.status())
    #expect(doubled.isMultiple(of: 2) && status.place.stageIndex == 0 && status.drift == nil)
    try world.attest("gates")
    #expect(try world.move(.promote).status == .done)
    let left = try rules()
    #expect(left <= doubled, "the second copies are gone with the next change")
  }

  @Test func aFlagThatWasMadeTwiceIsOurs() throws {
    try platform.fail(["method": "POST", "do": ["twice": true]])
    #expect(try world.move(.promote).status == .done)
    #expect(try world.status().place.stageIndex == 0)
  }

  @Test func aChangeThatCameTwiceIsOurs() throws {
    try begun()
    try platform.fail(["method": "PATCH", "do": ["twice": true]])
    #expect(try world.move(.promote).status == .done)
    #expect(try world.status().place.stageIndex == 1)
    #expect(try patches() == 1)
  }

  @Test func aChangeWhoseAnswerWasLostIsFoundToHaveLanded() throws {
    try begun()
    try platform.fail(["method": "PATCH", "times": 3, "do": ["after": "close"]])
    #expect(try world.move(.promote).status == .done)
    #expect(try patches() == 1, "whoever may switch on asks once")
    #expect(try world.status().place.stageIndex == 1)
  }

  @Test(
    arguments: [
      ["answer": ["status": 503, "body": "<html>down</html>"]], ["cut": true], ["cut": "reset"], ["truncate": true],
      ["answer": ["status": 200, "body": "<html>a proxy's page</html>"]], ["after": "close"],
      ["answer": ["status": 429, "headers": ["X-Ratelimit-Reset": "1795255203000"], "body": "{}"]],
      ["answer": ["status": 429, "headers": ["Retry-After": "2"], "body": "<html>slow down</html>"]],
    ] as [JSON]) func aKillGetsThrough(fault: JSON) throws
  {
    try begun()
    try platform.fail(["method": "GET", "times": 2, "do": fault], ["method": "PATCH", "times": 2, "do": fault])
    let kill = world.kill()
    #expect(kill.status == .done && kill.lines[0].off, "\(kill.lines)")
    #expect(try store().read(World.key).flag?.mark?.killed == true)
  }

  @Test func anAnswerThatDripsIsGivenUpByAKill() throws {
    try begun()
    try platform.fail(["method": "GET", "do": ["drip": 20]])
    // Real time goes by until the answer is given up: a shorter kill gives it up sooner.
    #expect(world.kill(within: TimeSpan(seconds: 3)).status == .done)
  }

  // MARK: No

  @Test func anApprovalIsSpelledAsAMethodThatIsNotAllowed() throws {
    try begun()
    try set(["approvals": ["production"]])
    let (status, text) = try trouble { try world.move(.promote) }
    #expect(status == .hold && text.contains("needs an approval there"))
    #expect(text.contains("/projects/default/flags/ai-summary/targeting?env=production"))
    let kill = world.kill()
    #expect(kill.status == .inconclusive)
    let hand = try #require(kill.lines[0].reasons.last)
    #expect(
      hand.contains("$LAUNCHDARKLY_ACCESS_TOKEN") && hand.contains("turnFlagOff") && hand.contains("semanticpatch"))
  }

  @Test func aScheduledChangeHoldsAPromotionAndNoKill() throws {
    try begun()
    try set(["pending": [["flag": "ai-summary", "environment": "production"]]])
    let (status, text) = try trouble { try world.move(.promote) }
    #expect(status == .conflict && text.contains("scheduled change"))
    #expect(world.kill().status == .done)
  }

  /// The platform's own ramp and ours would undo each other; one that is over stands in nobody's way.
  @Test(arguments: [("in_progress", false), ("paused", false), ("completed", true)])
  func aRunningReleaseHoldsWhatWidensAndNoKill(status: String, isFree: Bool) throws {
    try begun()
    try set(["releases": ["ai-summary": [["environmentKey": "production", "status": .string(status)]]]])
    if isFree {
      #expect(try world.move(.promote).status == .done)
    } else {
      let (exit, text) = try trouble { try world.move(.promote) }
      #expect(exit == .conflict && text.contains("automated release") && text.contains("kill goes through"))
      #expect(try patches() == 0)
      #expect(try world.move(.rollback).status == .done)
    }
    #expect(world.kill().status == .done)
  }

  @Test func aTokenThatIsMissingWrongOrWeakIsSaidByItsVariable() throws {
    world.variables.withLock { $0["LAUNCHDARKLY_ACCESS_TOKEN"] = nil }
    #expect(try trouble { try world.move(.promote) }.text.contains("set LAUNCHDARKLY_ACCESS_TOKEN"))
    world.variables.withLock { $0["LAUNCHDARKLY_ACCESS_TOKEN"] = "Bearer planted-platform-token" }
    #expect(try trouble { try world.move(.promote) }.text.contains("the token in LAUNCHDARKLY_ACCESS_TOKEN is wrong"))
    world.variables.withLock { $0["LAUNCHDARKLY_ACCESS_TOKEN"] = "planted-platform-token\n" }
    try begun()
    try set(["denied": ["updateRules"]])
    let (status, text) = try trouble { try world.move(.promote) }
    #expect(status == .inconclusive && text.contains("(updateRules)"))
  }

  @Test func aKillNeedsNoRightToTag() throws {
    try platform.put(["flags": ["ai-summary": ["environments": ["production": ["on": true]]]]])
    try platform.fail(["method": "PATCH", "skip": 1, "do": ["answer": ["status": 403, "body": "{}"]]])
    #expect(world.kill().lines[0].off)
    #expect(try platform.state()["flags"]?["ai-summary"]?["environments"]?["production"]?["on"] == false)
    #expect(try store().read(World.key).flag?.serving == .everyone("off"))
  }

  @Test func aPlaceThatIsNotThereIsNamed() throws {
    func said(_ end: String) throws -> String {
      let address = platform.kind.address(at: platform.place, "/\(end)")
      let world = platform.world(at: address)
      let trouble = try #require(throws: Trouble.self) { try world.move(.promote) }
      return trouble.sentences.joined(separator: "; ")
    }
    #expect(try said("none/production").contains("of the project none"))
    #expect(try said("default/prod").contains("the environment prod"))
    #expect(try platform.state()["flags"] == [:], "no flag is left behind")
    try platform.put(["flags": ["ai-summary": [:]]])
    #expect(try said("default/prod").contains("the environment prod"))
  }

  @Test func tooManyRequestsAreWaitedForAndThenSaid() throws {
    try begun()
    let reset = String((world.clock.now().microseconds / 1000) + 4000)
    let limit: JSON = [
      "status": 429, "headers": ["X-Ratelimit-Reset": .string(reset)], "body": ["code": "rate_limited"],
    ]
    try platform.fail(["method": "PATCH", "times": 1, "do": ["answer": limit]])
    let before = world.clock.now()
    #expect(try world.move(.promote).status == .done)
    #expect((3...8).contains(world.clock.now().since(before).seconds))
    try platform.fail(["times": 99, "do": ["answer": ["status": 429, "body": "{}"]]])
    #expect(try trouble { try world.status() }.text.contains("asked too often"))
  }

  @Test func anotherAnswerThanLaunchDarklysIsSaid() throws {
    try platform.fail(["times": 9, "do": ["answer": ["status": 200, "body": "<html>Sign in</html>"]]])
    #expect(try trouble { try world.status() }.text.contains("answered what it should not: no JSON"))
    try platform.fail(["times": 9, "do": ["answer": ["status": 200, "body": ["error": .string(LivePlatform.token)]]]])
    #expect(try trouble { try world.status() }.text.contains("no flag ai-summary"))
    try platform.fail(["times": 9, "do": ["answer": ["status": 404, "body": "nginx"]]])
    #expect(try trouble { try world.status() }.text.contains("404"))
    try platform.fail(["times": 9, "do": ["redirect": "https://login.example.com/x"]])
    #expect(try trouble { try world.status() }.text.contains("sends to a login page, https://login.example.com"))
    try platform.fail([
      "times": 9, "do": ["answer": ["status": 401, "body": ["message": "planted-platform-token is bad"]]],
    ])
    #expect(try trouble { try world.status() }.text.contains("LAUNCHDARKLY_ACCESS_TOKEN"))
  }

  // MARK: Addresses

  @Test func addressesAreReadAndOtherSpellingsRefused() throws {
    for (text, place) in [
      ("launchdarkly:web/production", "https://app.launchdarkly.com"),
      ("launchdarkly+https://app.eu.launchdarkly.com/web/production", "https://app.eu.launchdarkly.com"),
    ] {
      let store = try platform.store(text, in: world)
      #expect(store.identity == "launchdarkly+\(place)/web/production")
    }
    for wrong in ["launchdarkly:web", "launchdarkly:web/production/x", "launchdarkly:/production"] {
      #expect(throws: StoreTrouble.self, "\(wrong)") { try StoreAddress(wrong) }
    }
  }
}
