import Testing

@testable import RolloutOps

/// Approvals, limits, wrong keys and broken answers of a PostHog.
extension PostHogStoreTests {
  private func started() throws {
    try world.move(.promote)
    _ = try world.advance()
    try platform.forget()
  }

  private func refused(_ verb: Verb = .rollback) throws -> (RolloutOps.ExitStatus, String) {
    let trouble = try #require(throws: Trouble.self) { try world.move(verb) }
    let words = trouble.sentences.joined(separator: "\n")
    #expect(!words.contains(LivePlatform.token), "no token is ever said")
    return (trouble.status, words)
  }

  private func answering(_ status: Int, _ body: String, _ headers: JSON = [:]) -> JSON {
    [
      "method": "GET",
      "do": ["answer": ["status": .number(status), "body": .string(body), "headers": headers]],
    ]
  }

  // MARK: Approval

  @Test func aChangeThatNeedsApprovalSaysWhereAndChangesNothing() throws {
    try started()
    try platform.edit(["state": ["approvals": ["feature_flag.update"]]])
    let before = try platform.flag("ai-summary")["filters"]
    for _ in 0..<2 {
      let (status, words) = try refused()
      #expect(status == .hold && words.contains("change request ") && words.contains("/project/1/feature_flags/101"))
    }
    #expect(try platform.flag("ai-summary")["filters"] == before)
  }

  @Test func aKillWhoseSwitchNeedsApprovalGoesByTheRules() throws {
    try started()
    try platform.edit(["state": ["approvals": ["feature_flag.disable"]]])
    #expect(world.kill().status == .done)
    let flag = try #require(try store().read(World.key).flag)
    #expect(flag.serving == .everyone("off") && flag.mark?.killed == true)
    #expect(try platform.flag("ai-summary")["filters"]?["groups"]?.items?.first?["rollout_percentage"] == 0)
  }

  @Test func aKillThatOtherFlagsDependOnGoesByTheRules() throws {
    try started()
    let needs: JSON = ["key": "101", "type": "flag", "operator": "flag_evaluates_to", "value": true]
    try platform.edit("other", ["active": true, "filters": ["groups": [["properties": [needs]]]]])
    #expect(world.kill().status == .done)
    #expect(try store().read(World.key).flag?.mark?.killed == true)
  }

  @Test func aKillThatNeedsApprovalEitherWaySaysNotOff() throws {
    try started()
    try platform.edit(["state": ["approvals": true]])
    let kill = world.kill()
    #expect(kill.status != .done && kill.lines[0].reasons[0].hasPrefix("NOT off"))
    #expect(kill.lines[0].reasons.joined().contains("change request"))
    #expect(kill.lines[0].reasons.joined().contains("$POSTHOG_API_KEY"))
    #expect(kill.lines[0].attempts == 1)
  }

  @Test func aKillWithVariantsThatNeedsApprovalIsSwitchedOff() throws {
    let world = platform.world(SampleNote.withVariants)
    try world.move(.promote)
    try platform.edit(["state": ["approvals": ["feature_flag.update"]]])
    #expect(world.kill().status == .done)
    #expect(try platform.flag("ai-summary")["active"] == false)
    #expect(try store(world).read(World.key).flag?.serving == .everyone("control"))
  }

  // MARK: The second kind of configuration

  private static let ofRules: JSON = [
    "flags": [
      "pilot": ["id": 7, "active": true, "version": 3, "filters": ["version": 2, "rules": [], "default_value": false]]
    ]
  ]

  @Test func aFlagOfRulesIsSwitchedWithItsVersion() throws {
    let (key, off) = (FlagKey("pilot"), PlatformKillTests.Stage.off)
    try platform.put(Self.ofRules)
    let store = try store()
    let look = try #require(store.look([key])[key]).get()
    #expect(look.flag?.isForeign == true)
    #expect(store.byHand(key, serving: "off").lines.contains(#"-d '{"active":false,"version":3}'"#))
    #expect((try? store.send([KillOrder(off, over: look, Occasion(.kill))])[0].get()) == .flag)
    let writes = try platform.requests().filter { $0.method != "GET" }
    #expect(writes.map(\.body) == [["active": false, "version": 3]])
    #expect(try #require(store.look([key])[key]).get().flag?.serving == .everyone("off"))
    // A stale version is refused, and the next look has the new one.
    try platform.put(Self.ofRules)
    let before = try #require(store.look([key])[key]).get()
    try platform.edit("pilot", ["version": 9])
    let stale = store.send([KillOrder(off, over: before, Occasion(.kill))])[0]
    guard case .failure(.changedMeanwhile) = stale else {
      Issue.record("\(stale)")
      return
    }
    _ = store.look([key])
    try store.switchOff(key, Occasion(.kill))
    #expect(try platform.flag("pilot")["active"] == false)
  }

  /// Somebody may have made it one of rules since.
  @Test func aSwitchThatWantsTheVersionGetsIt() throws {
    let key = FlagKey("pilot")
    try platform.put(["flags": ["pilot": ["id": 7, "active": true, "version": 3, "filters": ["groups": []]]]])
    let store = try store()
    _ = store.look([key])
    try platform.put(Self.ofRules)
    try store.switchOff(key, Occasion(.kill))
    #expect(try platform.asked() == ["POST \(Self.flags)7/disable/", "PATCH \(Self.flags)7/"])
    #expect(try platform.flag("pilot")["active"] == false)
  }

  @Test func whoWantsTheFeatureOffAltogetherGetsTheSwitch() throws {
    let world = platform.world(SampleNote.withVariants)
    try world.move(.promote)
    let store = try store(world)
    let look = try #require(store.look([World.key])[World.key]).get()
    let off = Flag(variants: look.flag?.variants ?? [], serving: .applicationDefault, mark: Flag.Mark(killed: true))
    #expect((try? store.send([KillOrder(off, over: look, Occasion(.kill))])[0].get()) == .flag)
    #expect(try platform.flag("ai-summary")["active"] == false)
  }

  // MARK: Keys and addresses

  @Test func aWrongKeyIsSaidByItsVariable() throws {
    world.variables.withLock { $0["POSTHOG_API_KEY"] = "planted-other" }
    let (status, words) = try refused(.promote)
    #expect(status == .inconclusive && words.contains("POSTHOG_API_KEY") && !words.contains("planted"))
    world.variables.withLock { $0["POSTHOG_API_KEY"] = nil }
    #expect(try refused(.promote).1.contains("set POSTHOG_API_KEY"))
  }

  @Test func aKeyWithoutTheScopeIsSaid() throws {
    try started()
    try platform.edit(["state": ["scopes": ["feature_flag:read"]]])
    #expect(try refused().1.contains("feature_flag:write"))
    let kill = world.kill()
    #expect(kill.status == .inconclusive && kill.lines[0].attempts == 1)
  }

  @Test func anUnknownProjectIsSaid() throws {
    try platform.edit(["state": ["project": 2]])
    #expect(try refused(.promote).1.contains("the project 1 is not there"))
  }

  @Test(arguments: ["posthog:1", "posthog+https://us.posthog.com", "posthog+https://us.posthog.com/"])
  func anAddressWithoutItsPartsIsRefused(text: String) throws {
    let trouble = try #require(throws: StoreTrouble.self) { try StoreAddress(text) }
    guard case .badAddress = trouble else { return #expect(Bool(false), "\(trouble)") }
  }

  @Test func twoSpellingsOfOneAddressAreOneStore() throws {
    let store = { (text: String) in
      try StoreAddress(text).opening(from: "/w", StoreTerms(root: "/w"), self.world.context())
    }
    let one = try store("posthog+https://us.posthog.com/12")
    #expect(try one.identity == store("posthog+https://US.posthog.com:443/12/").identity)
    #expect(one.identity == "https://us.posthog.com/project/12")
    #expect(one.journalFolder.path.hasPrefix("/w/.rollout/https-us.posthog.com-project-12-"))
    #expect(
      one.byHand(World.key, serving: nil).sentence
        == "turn off ai-summary at https://us.posthog.com/project/12/feature_flags")
  }

  // MARK: Names that the note takes for granted

  @Test func aUnitThatIsNoGroupTypeIsRefusedBeforeAnythingIsWritten() throws {
    try platform.edit(["state": ["group_types": ["0": "company"]]])
    try platform.put(["group_types": ["0": "company"]])
    let (status, words) = try refused(.promote)
    #expect(status == .badNote && words.contains("company or user"), "\(words)")
    #expect(try platform.asked().allSatisfy { $0.hasPrefix("GET") })
  }

  @Test func aCohortOfPostHogIsUsedByNameAndAnUnknownOneIsRefused() throws {
    let cohorts: JSON = [
      "42": [
        "name": "beta", "properties": ["type": "AND", "values": [["key": "plan", "type": "person", "value": "paid"]]],
      ],
      "43": ["name": "listed", "properties": [:], "is_static": true],
    ]
    try platform.put(["cohorts": cohorts])
    func write(_ name: String) throws -> FlagReading {
      let cohort = PostHogFlagTests.equals("cohort", name)
      let split = Split(
        exposure: Exposure(grants: [Grant(cohort: cohort, share: .whole)]), unit: "user", canary: "on", control: "off")
      let store = try store()
      return try store.write(
        PostHogFlagTests.flag(split, true), replacing: store.read(World.key), Occasion(.ordinary))
    }
    for (name, words) in [("gone", "no cohort \"gone\" in project 1; there is beta"), ("listed", "is static")] {
      let trouble = try #require(throws: StoreTrouble.self) { try write(name) }
      #expect(Sentences.store(trouble).joined().contains(words), "\(trouble)")
    }
    #expect(try platform.asked().allSatisfy { $0.hasPrefix("GET") })
    let split = try write("beta").flag
    #expect(try platform.flag("ai-summary")["filters"]?["groups"]?.items?[0]["properties"]?.items?[0]["value"] == 42)
    #expect(try store().read(World.key).flag == split)
  }

  @Test func anArchivedFlagIsNotMadeAgain() throws {
    try platform.edit("ai-summary", ["archived": true, "active": false])
    let (status, words) = try refused(.promote)
    #expect(status == .conflict && words.contains("archived"), "\(words)")
  }

  // MARK: A bad day

  @Test func aLimitIsWaitedForAsLongAsItSays() throws {
    try started()
    try platform.fail(
      ["times": 2, "do": ["answer": ["status": 429, "headers": ["Retry-After": "7"], "body": "{}"]]])
    let before = world.clock.now()
    #expect(try world.move(.rollback).status == .done)
    #expect(world.clock.now().since(before).seconds >= 14)
    try platform.edit(["state": ["limit": ["requests": 1, "seconds": 60]]])
    #expect(try refused(.promote).1.contains("asked too often"))
  }

  @Test func aPageForBrowsersIsNoAnswer() throws {
    try platform.fail(answering(200, "<html>Sign in</html>", ["Content-Type": "text/html"]))
    #expect(try refused(.promote).1.contains("no JSON"))
    try platform.fail(answering(400, "<html>\(LivePlatform.token)</html>"))
    #expect(try refused(.promote).1 == "\(platform.place) answered 400")
  }

  @Test func anErrorInASuccessIsAnError() throws {
    try platform.fail(answering(200, #"{"type":"server_error","detail":"the database is away"}"#))
    #expect(try refused(.promote).1.contains("no list of flags: the database is away"))
    try started()
    try platform.fail([
      "method": "PATCH", "do": ["answer": ["status": 200, "body": #"{"success":false,"error":"read-only today"}"#]],
    ])
    #expect(try refused().1.contains("no flag: read-only today"))
  }

  @Test func aChangeWhoseAnswerWasCutIsJudgedByWhatStandsThere() throws {
    try platform.fail(["method": "POST", "do": ["after": "close"]])
    #expect(try world.move(.promote).status == .done)
    #expect(try world.status().place.stageIndex == 0)
    #expect(try platform.requests().filter { $0.method == "POST" }.count == 1, "nobody may repeat it blindly")
  }

  @Test func aFlagThatWasMadeTwiceIsOurs() throws {
    try platform.fail(["method": "POST", "do": ["twice": true]])
    #expect(try world.move(.promote).status == .done)
    #expect(try world.status().place.stageIndex == 0)
  }

  @Test func aChangeOfRulesWhoseAnswerWasCutIsRepeated() throws {
    try started()
    try platform.fail(["method": "PATCH", "do": ["after": "close"]])
    #expect(try world.move(.rollback).status == .done)
    #expect(try platform.requests().filter { $0.method == "PATCH" }.count == 2)
    try platform.fail(["method": "POST", "times": 2, "do": ["truncate": true]])
    #expect(world.kill().status == .done)
  }

  @Test func anotherHostIsNotFollowed() throws {
    try platform.fail(["do": ["redirect": "https://evil.example.com/"]])
    #expect(try refused(.promote).1.contains("sends to https://evil.example.com, which is not followed"))
  }

  @Test(arguments: [500, 502, 503]) func aKillGetsThroughFaults(status: Int) throws {
    try started()
    let fault: JSON = ["answer": ["status": .number(status), "body": "<html>oops</html>"]]
    try platform.fail(["method": "GET", "times": 2, "do": fault], ["method": "POST", "times": 2, "do": fault])
    #expect(world.kill().status == .done)
    #expect(try platform.flag("ai-summary")["active"] == false)
  }

  @Test func aKillDoesNotWaitForAnAnswerThatDripsIn() throws {
    try started()
    try platform.fail(["method": "GET", "do": ["drip": 50]])
    // Real time goes by until the answer is given up: a shorter kill gives it up sooner.
    #expect(world.kill(within: TimeSpan(seconds: 3)).status == .done)
    #expect(try platform.flag("ai-summary")["active"] == false)
  }

  @Test func aStalePromotionDoesNotUndoAKill() throws {
    try started()
    let late = try store()
    let reading = try late.read(World.key)
    var flag = try #require(reading.flag)
    guard case .split(var split) = flag.serving else { return #expect(Bool(false)) }
    split.exposure = split.exposure.adding(Grant(cohort: nil, share: Percentage(percent: 50)))
    flag.serving = .split(split)
    #expect(world.kill().status == .done)
    #expect(throws: StoreTrouble.self) { try late.write(flag, replacing: reading, Occasion(.ordinary)) }
    #expect(try platform.flag("ai-summary")["active"] == false)
  }
}
