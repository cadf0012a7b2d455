import Testing

@testable import RolloutOps

/// A change to a flag file against everybody else who touches it, and against the end of the process.
@Suite struct FileStoreTests {
  static let flag = #"{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}"#
  static let text = "{\n  \"flags\": {\n    \"a\": \(flag),\n    \"b\": \(flag)\n  }\n}\n"
  static let otherEdited = text.replacing("\"b\": {", with: "\"b\": { ")
  static let oursEdited = text.replacing("\"a\": {", with: "\"a\": { ")

  @Test func anotherFlagsChangeIsNoConflict() throws {
    let world = FlagWorld(Self.text)
    let reading = try world.read("a")
    world.files.put(FlagWorld.path, Self.otherEdited)
    let flag = Flag(variants: Variants.boolean.all, serving: .everyone("on"), mark: nil)
    let written = try world.store.write(flag, replacing: reading, urgency: .ordinary)
    #expect(written.flag == flag)
    #expect(world.text == Self.otherEdited.replacing("off\"},\n    \"b\"", with: "on\"},\n    \"b\""))
  }

  @Test(arguments: [Urgency.ordinary, .kill]) func ourFlagsChangeIsOne(urgency: Urgency) throws {
    let world = FlagWorld(Self.text)
    let reading = try world.read("a")
    world.files.put(FlagWorld.path, Self.oursEdited)
    let flag = Flag(variants: Variants.boolean.all, serving: .everyone("on"), mark: nil)
    #expect(throws: StoreTrouble.changedMeanwhile(path: FlagWorld.path)) {
      _ = try world.store.write(flag, replacing: reading, urgency: urgency)
    }
    #expect(world.text == Self.oursEdited)
  }

  @Test(arguments: [Urgency.ordinary, .kill]) func aBirthElsewhereIsAConflict(urgency: Urgency) throws {
    let world = FlagWorld("{\"flags\":{}}")
    let reading = try world.read("a")
    world.files.put(FlagWorld.path, "{\"flags\":{\"a\":\(Self.flag)}}")
    let flag = Flag(variants: Variants.boolean.all, serving: .everyone("on"), mark: nil)
    #expect(throws: StoreTrouble.changedMeanwhile(path: FlagWorld.path)) {
      _ = try world.store.write(flag, replacing: reading, urgency: urgency)
    }
  }

  @Test(arguments: [Urgency.ordinary, .kill])
  func whoeverReplacesTheFileInTheLastMomentLosesNothing(urgency: Urgency) throws {
    let world = FlagWorld(Self.text)
    world.files.before(.exchange) { $0.put(FlagWorld.path, Self.otherEdited) }
    let reading = try world.write(.everyone("on"), urgency: urgency)
    #expect(reading.flag?.serving == .everyone("on"))
    #expect(world.text.contains("\"b\": { "))
    #expect(world.leftovers.isEmpty)
  }

  @Test(arguments: [Urgency.ordinary, .kill])
  func ourOwnFlagReplacedInTheLastMomentIsPutBack(urgency: Urgency) throws {
    let world = FlagWorld(Self.text)
    let before = try #require(world.files.modified(FlagWorld.path))
    world.files.before(.exchange) { $0.put(FlagWorld.path, Self.oursEdited) }
    #expect(throws: StoreTrouble.changedMeanwhile(path: FlagWorld.path)) {
      _ = try world.write(.everyone("on"), urgency: urgency)
    }
    #expect(world.text == Self.oursEdited)
    #expect(try #require(world.files.modified(FlagWorld.path)) > before)
    #expect(world.leftovers.isEmpty)
  }

  @Test func theNewestOfThreeWritersStands() throws {
    let world = FlagWorld(Self.text)
    let third = Self.oursEdited.replacing("\"b\"", with: "\"c\"")
    world.files.before(.exchange) { files in
      files.put(FlagWorld.path, Self.oursEdited)
      files.before(.exchange) { $0.put(FlagWorld.path, third) }
    }
    #expect(throws: StoreTrouble.changedMeanwhile(path: FlagWorld.path)) { _ = try world.write(.everyone("on")) }
    #expect(world.text == third)
    #expect(world.leftovers.isEmpty)
  }

  @Test func withoutExchangeItLooksAndRenames() throws {
    let world = FlagWorld(Self.text)
    world.files.fail(.exchange, .unsupported)
    #expect(try world.write(.everyone("on")).flag?.serving == .everyone("on"))
    world.files.before(.exchange) { $0.put(FlagWorld.path, Self.oursEdited) }
    #expect(throws: StoreTrouble.changedMeanwhile(path: FlagWorld.path)) { _ = try world.write(.everyone("on")) }
    #expect(world.text == Self.oursEdited)
    #expect(world.leftovers.isEmpty)
  }

  // MARK: What stays

  @Test func theLinkTheModeAndTheOwnerStay() throws {
    let world = FlagWorld("{}")
    world.files.erase(FlagWorld.path)
    world.files.put("/real/f.json", Array(Self.text.utf8), mode: 0o640)
    world.files.link(FlagWorld.path, to: "/real/f.json")
    _ = try world.write(.everyone("on"))
    #expect(world.files.text("/real/f.json")?.contains(#""defaultVariant": "on""#) == true)
    #expect(try world.files.facts("/real/f.json")?.mode == 0o640)
    #expect(try world.files.realPath(FlagWorld.path) == "/real/f.json")
    #expect(world.files.paths.contains("/real/f.json.rollout/lock"))
    #expect(!world.files.paths.contains("/w/flags.json.rollout"))
  }

  @Test func theModificationTimeAlwaysRises() throws {
    let world = FlagWorld(Self.text)
    var last = try #require(world.files.modified(FlagWorld.path))
    for round in 0..<6 {
      // The same microsecond, then a clock that went back an hour.
      if round == 3 { world.clock.advance(.hours(-1)) }
      _ = try world.write(.everyone(round % 2 == 0 ? "on" : "off"))
      let time = try #require(world.files.modified(FlagWorld.path))
      #expect(time > last)
      last = time
    }
  }

  // MARK: Locks

  @Test func anOrdinaryChangeWaitsAndThenNamesTheHolder() throws {
    let world = FlagWorld(Self.text)
    _ = try world.write(.everyone("on"))
    let lock = "\(FlagWorld.path).rollout/lock"
    #expect(!world.files.isLocked(lock))
    world.files.holdLock(lock, holder: "lee on desk")
    let start = world.clock.now()
    #expect(throws: StoreTrouble.file(FileTrouble(.locking, lock, .held(by: "lee on desk")))) {
      _ = try world.write(.everyone("off"))
    }
    #expect(world.clock.now().since(start) == TimeSpan(seconds: 10))
    world.clock.onPause { [files = world.files] _ in files.unlock(lock) }
    _ = try world.write(.everyone("off"))
  }

  @Test func aKillWaitsTwoSecondsAndGoesOn() throws {
    let world = FlagWorld(Self.text)
    _ = try world.write(.everyone("on"))
    world.files.holdLock("\(FlagWorld.path).rollout/lock", holder: "lee on desk")
    let start = world.clock.now()
    #expect(try world.write(.everyone("off"), urgency: .kill).flag?.serving == .everyone("off"))
    #expect(world.clock.now().since(start) == TimeSpan(seconds: 2))
  }

  @Test(arguments: [FileTrouble.Reason.notPermitted, .readOnly, .diskFull])
  func aKillNeedsNoLockFolder(reason: FileTrouble.Reason) throws {
    let world = FlagWorld(Self.text)
    world.files.fail(.makeFolder, reason)
    #expect(throws: StoreTrouble.file(FileTrouble(.creating, "\(FlagWorld.path).rollout", reason))) {
      _ = try world.write(.everyone("on"))
    }
    #expect(try world.write(.everyone("on"), urgency: .kill).flag?.serving == .everyone("on"))
  }

  // MARK: Failures

  @Test(arguments: [
    (MemoryFiles.Effect.create, FileTrouble.Reason.diskFull), (.create, .readOnly), (.setModified, .notPermitted),
    (.exchange, .busy), (.exchange, .notPermitted),
  ]) func whatFailsBeforeTheExchangeLeavesNoTrace(effect: MemoryFiles.Effect, reason: FileTrouble.Reason) throws {
    for urgency in [Urgency.ordinary, .kill] {
      let world = FlagWorld(Self.text)
      world.files.fail(effect, reason)
      world.files.fail(.overwrite, reason)
      let error = #expect(throws: StoreTrouble.self) { _ = try world.write(.everyone("on"), urgency: urgency) }
      guard case .file(let trouble) = error else { return #expect(Bool(false), "\(String(describing: error))") }
      #expect(trouble.reason == reason)
      #expect(world.text == Self.text)
      #expect(world.leftovers.isEmpty)
      #expect(!world.files.isLocked("\(FlagWorld.path).rollout/lock"))
    }
  }

  @Test func whatCannotBeExpressedIsSaidBeforeAnythingIsTouched() throws {
    let world = FlagWorld(Self.text)
    let reading = try world.read("a")
    var split = Split.paid(5)
    split.exposure = Exposure(grants: [Grant(cohort: nil, share: Percentage(micro: 1_234_567))])
    let flag = Flag(variants: Variants.boolean.all, serving: .split(split), mark: nil)
    let nearest = Percentage(micro: 1_235_000)
    #expect(throws: StoreTrouble.inexpressible(Percentage(micro: 1_234_567), nearest: nearest)) {
      _ = try world.store.write(flag, replacing: reading, urgency: .ordinary)
    }
    #expect(world.files.effects == 0)
  }

  @Test func aDiskThatLiesIsFoundOut() throws {
    let world = FlagWorld(Self.text)
    world.files.before(.remove) { $0.put(FlagWorld.path, Self.text) }
    #expect(throws: StoreTrouble.notAsWritten(path: FlagWorld.path)) { _ = try world.write(.everyone("on")) }
  }

  @Test func aSplitThatLetsNobodyInIsControlForEveryone() throws {
    let world = FlagWorld(Self.text)
    var split = Split.paid(5)
    split.exposure = Exposure(exclusions: [.equals(attribute: "tier", AttributeValue("x"))])
    #expect(try world.write(.split(split)).flag?.serving == .everyone("off"))
  }

  // MARK: The end of the process

  @Test(arguments: [Urgency.ordinary, .kill], [nil, 0, 0.5, 0.99])
  func wholeAfterACrashBetweenAnyTwoEffects(urgency: Urgency, torn: Double?) throws {
    let rehearsal = FlagWorld(Self.text)
    _ = try rehearsal.write(.everyone("on"), urgency: urgency)
    let after = rehearsal.text
    #expect(rehearsal.files.effects >= 7)
    for step in 1...rehearsal.files.effects {
      let world = FlagWorld(Self.text)
      world.files.crash(at: step, torn: torn)
      let crashed = try? world.write(.everyone("on"), urgency: urgency)
      #expect(world.text == Self.text || world.text == after, "step \(step)")
      #expect(crashed == nil || world.text == after)
      world.files.restart()
      world.clock.advance(.minutes(2))
      let next = FlagWorld(world.files, process: 101)
      #expect(try next.write(.split(.paid(5))).flag?.serving == .split(.paid(5)), "step \(step)")
      #expect(next.leftovers.isEmpty, "step \(step)")
    }
  }

  @Test func onlyOldLeftoversOfDeadProcessesGo() throws {
    let world = FlagWorld(Self.text)
    let stem = "\(FlagWorld.path).rollout-new-"
    world.files.put("\(stem)7-0", "x")
    world.files.put("\(stem)8-0", "x")
    world.files.put("\(stem)notes", "x")
    world.files.put("/proc/8", "")
    world.clock.advance(.minutes(1))
    world.files.put("\(stem)9-0", "x")
    _ = try world.write(.everyone("on"))
    #expect(world.leftovers == ["\(stem)8-0", "\(stem)9-0", "\(stem)notes"])
  }
}
