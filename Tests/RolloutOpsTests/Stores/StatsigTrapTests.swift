import Testing

@testable import RolloutOps

/// Reviews, limits, wrong keys and broken answers of a Statsig.
extension StatsigStoreTests {
  private func refused(_ verb: Verb = .rollback) throws -> (RolloutOps.ExitStatus, String) {
    let trouble = try #require(throws: Trouble.self) { try world.move(verb) }
    let words = trouble.sentences.joined(separator: "\n")
    #expect(!words.contains(LivePlatform.token), "no key is ever said")
    return (trouble.status, words)
  }

  // MARK: Reviews

  @Test(arguments: ["pending", "refused"]) func aChangeThatNeedsReviewSaysSoAndAKillWalksPast(review: String) throws {
    try started()
    try platform.edit("ai-summary", ["reviewSettings": ["requiredReview": true]])
    try platform.edit(["state": ["review": .string(review)]])
    let before = try share()
    let (status, words) = try refused()
    #expect(status == .hold && words.contains("https://console.statsig.com"), "\(words)")
    #expect(try share() == before)
    try platform.forget()
    #expect(world.kill().status == .done)
    let writes = try platform.requests().filter { $0.method == "PUT" }
    #expect(writes.map { $0.headers["x-respect-review-settings"] } == ["true", nil])
    #expect(try platform.flag("ai-summary")["isEnabled"] == false)
  }

  // MARK: Looks of a kill

  @Test func rulesThatLetNobodyInProveNothingWhereOverridesDoNotAnswer() throws {
    let world = Self.world(platform, "production")
    try started(world)
    let store = try store("production", world)
    let looks = store.look([World.key])
    let flag = Flag(variants: Variants.boolean.all, serving: .everyone("off"), mark: Flag.Mark(killed: true))
    let order = KillOrder(flag, over: try #require(looks[World.key]).get(), Occasion(.kill))
    #expect((try? store.send([order])[0].get()) == .flag)
    try platform.fail(["path": "/overrides$", "times": 99, "do": ["answer": ["status": 500]]])
    let blind = try #require(store.look([World.key])[World.key]).get()
    try platform.fail()
    #expect(blind.flag?.isForeign == true && blind.flag?.mark?.killed == false && blind.trouble != nil)
    let seen = try #require(store.look([World.key])[World.key]).get()
    #expect(seen.flag?.serving == .everyone("off") && seen.flag?.mark?.killed == true && seen.trouble == nil)
  }

  @Test func anEnvironmentHasNoSwitchOfItsOwn() throws {
    guard case .none = try store("production").killSwitch else {
      Issue.record("the switch is for all environments")
      return
    }
  }

  // MARK: Keys and addresses

  @Test func aWrongKeyIsNeverRepeated() throws {
    world.variables.withLock { $0["STATSIG_CONSOLE_KEY"] = "planted-console" }
    let (status, words) = try refused(.promote)
    #expect(status == .inconclusive && words.contains("STATSIG_CONSOLE_KEY") && !words.contains("planted-console"))
    let kill = world.kill()
    #expect(kill.lines[0].attempts == 1 && !kill.lines[0].reasons.joined().contains("planted-console"))
    world.variables.withLock { $0["STATSIG_CONSOLE_KEY"] = nil }
    #expect(try refused(.promote).1.contains("set STATSIG_CONSOLE_KEY"))
  }

  @Test func anotherServiceBehindTheAddressIsSaid() throws {
    try platform.fail(["do": ["answer": ["status": 404, "body": #"{"status":404,"message":"Cannot GET /x"}"#]]])
    #expect(try refused(.promote).1.contains("the Console API is not there"))
    try platform.fail(["do": ["answer": ["status": 404, "body": "<html>Not found</html>"]]])
    #expect(try refused(.promote).1.contains("the Console API is not there"))
  }

  static let addresses: [(String, String)] = [
    ("statsig:", "https://statsigapi.net"), ("statsig:production", "https://statsigapi.net/production"),
    ("statsig+http://127.0.0.1:8", "http://127.0.0.1:8"), ("statsig+http://127.0.0.1:8/", "http://127.0.0.1:8"),
    ("statsig+http://127.0.0.1:8/staging", "http://127.0.0.1:8/staging"),
    ("statsig+https://h/base/staging", "https://h/base/staging"),
  ]

  @Test(arguments: addresses.indices) func anAddressMayNameAnEnvironment(index: Int) throws {
    let (text, identity) = Self.addresses[index]
    let store = try StoreAddress(text).opening(from: "/w", StoreTerms(root: "/w"), world.context())
    #expect(store.identity == identity)
    #expect(
      store.byHand(World.key, serving: nil).sentence.contains("all environments") == identity.hasSuffix("ion")
        || index > 3)
  }

  @Test(arguments: ["statsig:a/b", "statsig+https://", "statsig:a b"]) func anotherIsRefused(text: String) throws {
    #expect(throws: StoreTrouble.self) { try StoreAddress(text) }
  }

  // MARK: What a gate cannot be

  @Test func variantsThatCouldNotBeToldFromOthersAreRefusedBeforeAnythingIsWritten() throws {
    let note = SampleNote.withVariants.replacing(#"{"model": "m-5"}"#, with: #"{"value": "m-5"}"#)
    let world = Self.world(platform, nil, note)
    let trouble = try #require(throws: Trouble.self) { try world.move(.promote) }
    #expect(trouble.status == .badNote && trouble.sentences[0].contains(#"write "m-5" in its place"#))
    #expect(try platform.asked().allSatisfy { $0.hasPrefix("GET") })
  }

  @Test func aSegmentIsUsedByNameAndAnUnknownOneIsRefused() throws {
    try platform.put(["segments": ["staff": ["rules": [["conditions": [["type": "public"]]]]]]])
    func write(_ name: String) throws -> FlagReading {
      let cohort = StatsigGateTests.equals("segment", name)
      let split = Split(
        exposure: Exposure(grants: [Grant(cohort: cohort, share: .whole)]), unit: "user", canary: "on", control: "off")
      let store = try store()
      return try store.write(
        StatsigGateTests.flag(split), replacing: store.read(World.key), Occasion(.ordinary))
    }
    let trouble = try #require(throws: StoreTrouble.self) { try write("gone") }
    #expect(Sentences.store(trouble) == ["Statsig has no segment \"gone\"; there is staff"])
    #expect(try platform.asked().allSatisfy { $0.hasPrefix("GET") })
    #expect(try write("staff").flag == store().read(World.key).flag)
  }

  // MARK: A bad day

  @Test func aLimitIsWaitedForWithAndWithoutAWordAboutHowLong() throws {
    try started()
    for headers: JSON in [[:], ["Retry-After": "7"]] {
      let answer: JSON = ["status": 429, "headers": headers, "body": #"{"status":429,"message":"Too many requests."}"#]
      try platform.fail(["times": 2, "do": ["answer": answer]])
      #expect(try store().read(World.key).flag != nil)
    }
    try platform.edit(["state": ["limit": ["requests": 1, "seconds": 60]]])
    _ = world.kill()
    let trouble = try #require(throws: Trouble.self) { try world.move(.restore, reason: "mended") }
    #expect(trouble.sentences.joined().contains("asked too often"), "\(trouble.sentences)")
  }

  @Test func whatIsWrongWithAPropertyIsSaid() throws {
    try platform.fail([
      "method": "POST",
      "do": [
        "answer": [
          "status": 400,
          "body":
            #"{"status":400,"message":"Validation failed","errors":[{"property":"rules.0","errorMessage":"Required"}]}"#,
        ]
      ],
    ])
    #expect(try refused(.promote).1.contains("Validation failed: rules.0: Required"))
  }

  @Test func aPageForBrowsersIsNoAnswer() throws {
    try platform.fail(["do": ["answer": ["status": 200, "body": "<html>Sign in</html>"]]])
    #expect(try refused(.promote).1.contains("no JSON"))
    try platform.fail(["do": ["answer": ["status": 200, "body": #"{"status":500,"message":"the database is away"}"#]]])
    #expect(try refused(.promote).1.contains("the database is away"))
  }

  @Test func aChangeWhoseAnswerWasCutIsJudgedByWhatStandsThere() throws {
    try platform.fail(["method": "POST", "do": ["after": "close"]])
    #expect(try world.move(.promote).status == .done)
    #expect(try world.status().place.stageIndex == 0)
    #expect(try platform.requests().filter { $0.method == "POST" }.count == 1)
    try world.attest("gates")
    try platform.fail(["method": "PATCH", "do": ["truncate": true]])
    #expect(try world.move(.promote).status == .done)
    #expect(try world.status().place.stageIndex == 1)
  }

  @Test func aGateThatWasMadeOrChangedTwiceIsOurs() throws {
    try platform.fail(["method": "POST", "do": ["twice": true]])
    #expect(try world.move(.promote).status == .done)
    try world.attest("gates")
    try platform.fail(["method": "PATCH", "do": ["twice": true]])
    #expect(try world.move(.promote).status == .done)
    #expect(try world.status().place.stageIndex == 1)
  }

  @Test func anotherHostIsNotFollowed() throws {
    try platform.fail(["do": ["redirect": "https://evil.example.com/"]])
    #expect(try refused(.promote).1.contains("sends to https://evil.example.com, which is not followed"))
  }

  @Test(arguments: [500, 503]) func aKillGetsThroughFaults(status: Int) throws {
    try started()
    let fault: JSON = ["answer": ["status": .number(status), "body": "<html>oops</html>"]]
    try platform.fail(["method": "GET", "times": 2, "do": fault], ["method": "PUT", "times": 2, "do": fault])
    #expect(world.kill().status == .done)
    #expect(try platform.flag("ai-summary")["isEnabled"] == false)
  }

  @Test func aLaunchedGateIsKilledByItsSwitchAndNotInOneEnvironment() throws {
    try started()
    try platform.edit("ai-summary", ["status": "Launched"])
    #expect(try store().read(World.key).flag?.serving == .everyone("on"))
    let kill = Self.world(platform, "production").kill()
    #expect(kill.status != .done && kill.lines[0].reasons.joined().contains("the gate is launched"), "\(kill.lines)")
    #expect(world.kill().status == .done)
    #expect(try platform.flag("ai-summary")["isEnabled"] == false)
  }

  @Test func aKillByAnIdThatIsOvertakenLooksAgain() throws {
    let world = Self.world(platform, "production")
    try platform.edit(["state": ["rule_paths": "id"]])
    try started(world)
    try platform.fail([
      "method": "PATCH", "do": ["race": ["flag": "ai-summary", "change": ["rules": ["1": ["id": "x:9.00:2"]]]]],
    ])
    let kill = world.kill()
    #expect(kill.status == .done && kill.lines[0].attempts == 2, "\(kill.lines)")
  }
}
