import Testing

@testable import RolloutOps

/// A change to a flag file against everybody else who touches it, and against the end of the process.
@Suite struct FileStoreTests {
  static let flag = #"{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}"#
  static let text = "{\n  \"flags\": {\n    \"a\": \(flag),\n    \"b\": \(flag)\n  }\n}\n"
  static let otherEdited = text.replacing("\"b\": {", with: "\"b\": { ")
  static let oursEdited = text.replacing("\"a\": {", with: "\"a\": {\"metadata\": {\"owner\": \"lee\"}, ")
  /// As a formatter leaves it: in other words the same.
  static let oursSpaced = text.replacing("\"a\": {", with: "\"a\": {\n\t")

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

  @Test(arguments: [Urgency.ordinary, .kill]) func ourFlagSpacedAnewIsNone(urgency: Urgency) throws {
    let world = FlagWorld(Self.text)
    let reading = try world.read("a")
    world.files.put(FlagWorld.path, Self.oursSpaced)
    let flag = Flag(variants: Variants.boolean.all, serving: .everyone("on"), mark: nil)
    #expect(try world.store.write(flag, replacing: reading, urgency: urgency).flag?.serving == .everyone("on"))
    #expect(world.text.contains("\"a\": {\n\t"))
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

  @Test(arguments: [Urgency.ordinary, .kill], [true, false])
  func whoeverSavesTheFileBeforeTheLastLookLosesNothing(urgency: Urgency, replacing: Bool) throws {
    let world = FlagWorld(Self.text)
    world.files.before(.setModified) { $0.put(FlagWorld.path, Array(Self.otherEdited.utf8), replacing: replacing) }
    let reading = try world.write(.everyone("on"), urgency: urgency)
    #expect(reading.flag?.serving == .everyone("on"))
    #expect(world.text.contains("\"b\": { "))
    #expect(world.leftovers.isEmpty && world.store.caveats.isEmpty)
  }

  @Test(arguments: [Urgency.ordinary, .kill], [true, false])
  func ourOwnFlagSavedBeforeTheLastLookStays(urgency: Urgency, replacing: Bool) throws {
    let world = FlagWorld(Self.text)
    world.files.before(.setModified) { $0.put(FlagWorld.path, Array(Self.oursEdited.utf8), replacing: replacing) }
    #expect(throws: StoreTrouble.changedMeanwhile(path: FlagWorld.path)) {
      _ = try world.write(.everyone("on"), urgency: urgency)
    }
    #expect(world.text == Self.oursEdited)
    #expect(world.leftovers.isEmpty)
  }

  /// The one moment that nobody can see into: what was put there is gone, and that is said.
  @Test func whatIsReplacedBetweenTheLastLookAndTheMoveIsGoneAndThatIsSaid() throws {
    let world = FlagWorld(Self.text)
    world.files.before(.rename) { $0.put(FlagWorld.path, Self.otherEdited) }
    #expect(throws: StoreTrouble.overran(path: FlagWorld.path)) { _ = try world.write(.everyone("on")) }
    #expect(world.text.contains(#""defaultVariant": "on""#) && !world.text.contains("\"b\": { "), "it is in force")
    let other = FlagWorld(Self.text)
    other.files.before(.rename) { $0.put(FlagWorld.path, Self.otherEdited) }
    #expect(try other.write(.everyone("on"), urgency: .kill).flag?.serving == .everyone("on"))
    #expect(other.store.caveats == ["somebody replaced \(FlagWorld.path) in that moment; their version is gone"])
  }

  /// It is in the old file still, which is open.
  @Test(arguments: [Urgency.ordinary, .kill])
  func whatIsWrittenIntoTheOldFileInTheLastMomentIsTakenOver(urgency: Urgency) throws {
    let world = FlagWorld(Self.text)
    world.files.before(.rename) { $0.put(FlagWorld.path, Array(Self.otherEdited.utf8), replacing: false) }
    #expect(try world.write(.everyone("on"), urgency: urgency).flag?.serving == .everyone("on"))
    #expect(world.text.contains(#""defaultVariant": "on""#) && world.text.contains("\"b\": { "), "\(world.text)")
    #expect(world.leftovers.isEmpty && world.store.caveats.isEmpty)
  }

  @Test func ourOwnFlagWrittenThereIsGivenBack() throws {
    let world = FlagWorld(Self.text)
    world.files.before(.rename) { $0.put(FlagWorld.path, Array(Self.oursEdited.utf8), replacing: false) }
    #expect(throws: StoreTrouble.changedMeanwhile(path: FlagWorld.path)) { _ = try world.write(.everyone("on")) }
    #expect(world.text == Self.oursEdited && world.leftovers.isEmpty)
  }

  /// What nobody can read is kept beside the file: a kill stays a kill.
  @Test func aKillKeepsWhatItCannotReadBesideTheFile() throws {
    let world = FlagWorld(Self.text)
    world.files.before(.rename) { $0.put(FlagWorld.path, Array("{\"flags".utf8), replacing: false) }
    let error = #expect(throws: StoreTrouble.self) { _ = try world.write(.everyone("on"), urgency: .kill) }
    guard case .malformed? = error else { return #expect(Bool(false), "\(String(describing: error))") }
    #expect(world.text.contains(#""defaultVariant": "on""#))
    let place = "\(FlagWorld.path).rollout-theirs-100"
    #expect(world.files.text(place) == "{\"flags" && world.store.caveats.first?.contains(place) == true)
  }

  /// Some file systems of other machines number a file anew whenever they are asked.
  @Test func aFileWhoseNumberChangesByItselfIsKnownByItsBytes() throws {
    let world = FlagWorld(Self.text)
    @Sendable func renumber(_ files: MemoryFiles) {
      files.renumber(FlagWorld.path)
      files.before(.setModified, act: renumber)
    }
    world.files.before(.setModified, act: renumber)
    #expect(try world.write(.everyone("on")).flag?.serving == .everyone("on"))
    #expect(world.leftovers.isEmpty)
  }

  @Test func aKillGoesOnWhateverOthersDoToTheFile() throws {
    let world = FlagWorld(Self.text)
    @Sendable func touch(_ files: MemoryFiles) {
      files.put(FlagWorld.path, Array(Self.otherEdited.utf8), replacing: false)
      files.before(.setModified, act: touch)
    }
    world.files.before(.setModified, act: touch)
    #expect(try world.write(.everyone("off"), urgency: .kill).flag?.serving == .everyone("off"))
    #expect(throws: StoreTrouble.changedMeanwhile(path: FlagWorld.path)) { _ = try world.write(.everyone("on")) }
  }

  @Test func aLinkThatIsTurnedMeanwhileIsFollowed() throws {
    let world = FlagWorld("{}")
    world.files.erase(FlagWorld.path)
    for name in ["one", "two"] { world.files.put("/real/\(name).json", Self.text) }
    world.files.link(FlagWorld.path, to: "/real/one.json")
    world.files.before(.setModified) {
      $0.link(FlagWorld.path, to: "/real/two.json")
    }
    #expect(try world.write(.everyone("on")).flag?.serving == .everyone("on"))
    #expect(world.files.text("/real/one.json") == Self.text && world.files.text("/real/two.json") != Self.text)
  }

  /// A move that hangs between its last look and the rename, and a kill that waits for its lock in vain.
  @Test func aMoveThatWasPassedByAKillKillsAgain() throws {
    let world = FlagWorld(Self.text)
    world.files.before(.rename) { files in
      let kill = FlagWorld(files, process: 101)
      let reading = try? kill.read("a")
      guard let reading, let flag = reading.flag else { return }
      let outcomes = kill.store.send([KillOrder(FileOrdersTests.killed(flag), over: reading, Occasion(.kill))])
      #expect(outcomes == [.success(.flag)] && kill.text.contains("killed"))
    }
    #expect(throws: StoreTrouble.overran(path: FlagWorld.path)) { _ = try world.write(.everyone("on")) }
    let now = try #require(try world.read("a").flag)
    #expect(now.mark?.killed == true && now.serving == .everyone("off"), "\(world.text)")
    // Whoever comes next has the lock as always.
    #expect(try FlagWorld(world.files, process: 102).read("b").flag != nil)
  }

  /// Readers of files compare times to the millisecond, or to the second.
  @Test func theTimeIsAheadOfTheOldOne() throws {
    let world = FlagWorld(Self.text)
    let ahead = world.clock.now() + .hours(3) + TimeSpan(seconds: 0)
    try world.files.setModified(FlagWorld.path, Instant(microseconds: ahead.microseconds + 400))
    _ = try world.write(.everyone("on"))
    #expect(
      world.files.modified(FlagWorld.path) == Instant(microseconds: (ahead.microseconds / 1_000_000 + 1) * 1_000_000))
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
    (.rename, .busy), (.rename, .notPermitted),
  ]) func whatFailsBeforeTheMoveLeavesNoTrace(effect: MemoryFiles.Effect, reason: FileTrouble.Reason) throws {
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

  @Test(arguments: [FileTrouble.Reason.diskFull, .notPermitted])
  func aKillWritesIntoTheFileWhereNoNewOneCanBeMade(reason: FileTrouble.Reason) throws {
    let world = FlagWorld(Self.text)
    world.files.fail(.create, on: "rollout-new", reason)
    #expect(throws: StoreTrouble.self) { _ = try world.write(.everyone("on")) }
    #expect(world.text == Self.text)
    #expect(try world.write(.everyone("on"), urgency: .kill).flag?.serving == .everyone("on"))
    #expect(world.store.caveats.first?.contains("written into \(FlagWorld.path) itself") == true)
    // Whoever saved it meanwhile is not written over.
    let other = FlagWorld(Self.text)
    other.files.fail(.create, on: "rollout-new", reason)
    other.files.before(.create, on: "rollout-new") { $0.put(FlagWorld.path, Self.otherEdited) }
    #expect(try other.write(.everyone("on"), urgency: .kill).flag?.serving == .everyone("on"))
    #expect(other.text.contains("\"b\": { "))
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
    world.files.before(.syncFolder, on: "/w") { $0.put(FlagWorld.path, Self.text) }
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
    #expect(rehearsal.files.effects >= 6)
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
