import Testing

@testable import RolloutOps

/// Many flags of one file, killed by one replacement.
@Suite struct FileOrdersTests {
  static let keys = (0..<40).map { FlagKey("flag-\($0)") }

  static func killed(_ flag: Flag) -> Flag {
    var flag = flag
    (flag.serving, flag.mark) = (.everyone("off"), Flag.Mark(killed: true, killsTo: "off"))
    return flag
  }

  /// A kill of everything that a look found.
  static func orders(_ keys: [FlagKey], in store: any FlagStore) throws -> [KillOrder] {
    let looks = store.look(keys)
    return try keys.map { key in
      let reading = try #require(looks[key]).get()
      return KillOrder(killed(try #require(reading.flag)), over: reading, Occasion(.kill))
    }
  }

  private static func isOff(_ key: FlagKey, in store: any FlagStore) -> Bool {
    guard let reading = try? store.look([key])[key]?.get() else { return false }
    return reading.flag?.mark?.killed == true && reading.flag?.serving == .everyone("off")
  }

  @Test func allOfThemAreOneReplacement() throws {
    let world = FlagWorld(ManyFlagsTests.document(Self.keys))
    let orders = try Self.orders(Self.keys, in: world.store)
    world.files.restart()
    #expect(world.store.send(orders).allSatisfy { $0 == .success(.flag) })
    #expect(world.files.trace.count { $0.hasPrefix("rename") } == 1, "\(world.files.trace)")
    #expect(world.files.trace.count { $0.hasPrefix("create") } == 1 && world.leftovers.isEmpty)
    #expect(Self.keys.allSatisfy { Self.isOff($0, in: world.store) })
  }

  /// Whatever the file looks like: together they come to what they come to one after another.
  @Test func togetherTheyWriteWhatOneAfterAnotherWrites() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<200 {
      let count = Int.random(in: 1...6, using: &random)
      let flags = (0..<count).map { ("flag-\($0)", RandomDocumentTests.flag(&random)) }
      let members = [("flags", RandomDocumentTests.object(flags, &random)), ("more", "1")].shuffled(using: &random)
      let text = RandomDocumentTests.object(members, &random)
      var keys = flags.map { FlagKey($0.0) }.shuffled(using: &random)
      keys.removeLast(Int.random(in: 0..<count, using: &random))
      let (together, alone) = (FlagWorld(text), FlagWorld(text))
      let outcomes = together.store.send(try Self.orders(keys, in: together.store))
      #expect(outcomes.allSatisfy { $0 == .success(.flag) }, "seed \(seed)")
      for key in keys {
        let reading = try alone.store.read(key)
        _ = try alone.store.write(Self.killed(try #require(reading.flag)), replacing: reading, urgency: .kill)
      }
      #expect(together.text == alone.text, "seed \(seed): \(text)")
    }
  }

  @Test func whatSomebodyElseSavesMeanwhileIsKept() throws {
    let text = ManyFlagsTests.document(Self.keys)
    let world = FlagWorld(text)
    let orders = try Self.orders(Array(Self.keys.prefix(5)), in: world.store)
    // The last of them is not what was read any more, and neither is one that nobody kills.
    let theirs = text.replacing("\"flag-4\": {", with: "\"flag-4\": {\"source\": \"s\", ").replacing(
      "\"flag-9\": {", with: "\"flag-9\": { ")
    world.files.before(.setModified) { $0.put(FlagWorld.path, theirs) }
    let outcomes = world.store.send(orders)
    #expect(outcomes.prefix(4).allSatisfy { $0 == .success(.flag) })
    #expect(outcomes[4] == .failure(.changedMeanwhile(path: FlagWorld.path)))
    #expect(world.text.contains("\"flag-9\": { ") && world.text.contains("\"flag-4\": {\"source\": \"s\", "))
    #expect(Self.keys.prefix(4).allSatisfy { Self.isOff($0, in: world.store) } && world.leftovers.isEmpty)
  }

  @Test func whatIsWrongWithOneFlagHidesNoOther() throws {
    let world = FlagWorld(#"{"flags": {"a": \#(FileStoreTests.flag), "b": 7, "c": \#(FileStoreTests.flag)}}"#)
    let looks = world.store.look(["a", "b", "c", "d"].map { FlagKey($0) })
    #expect(looks.values.count { (try? $0.get())?.flag != nil } == 2)
    #expect(try #require(looks[FlagKey("d")]).get().flag == nil)
    #expect(throws: StoreTrouble.self) { try #require(looks[FlagKey("b")]).get() }
    // Readers go on serving the old file for it, which a look afterwards says of each.
    #expect(
      world.store.send(try Self.orders([FlagKey("a"), FlagKey("c")], in: world.store)).allSatisfy {
        $0 == .success(.flag)
      })
    let after = try #require(world.store.look([FlagKey("a")])[FlagKey("a")]).get()
    guard case .rejectedByReaders? = after.trouble else {
      Issue.record("a look says nothing of the flag that readers reject: \(after)")
      return
    }
  }

  @Test func aHeldLockIsPassedAfterTwoSecondsByAllOfThem() throws {
    let world = FlagWorld(ManyFlagsTests.document(Self.keys))
    let orders = try Self.orders(Self.keys, in: world.store)
    world.files.holdLock("\(FlagWorld.path).rollout/lock", holder: "lee on desk")
    let start = world.clock.now()
    #expect(world.store.send(orders).allSatisfy { $0 == .success(.flag) })
    #expect(world.clock.now().since(start) == TimeSpan(seconds: 2))
  }

  @Test func aFileThatCannotBeReplacedIsSaidForEach() throws {
    let world = FlagWorld(ManyFlagsTests.document(Self.keys))
    let orders = try Self.orders(Array(Self.keys.prefix(3)), in: world.store)
    world.files.fail(.create, on: "rollout-new", .diskFull)
    world.files.fail(.overwrite, .diskFull)
    #expect(world.store.send(orders).allSatisfy { if case .failure(.file) = $0 { true } else { false } })
  }

  /// Twice the same flag, or one that is as it shall be already, is no reason to touch the file twice.
  @Test func aFlagThatStandsSoIsNotWrittenAgain() throws {
    let world = FlagWorld(ManyFlagsTests.document(Self.keys))
    _ = world.store.send(try Self.orders(Array(Self.keys.prefix(2)), in: world.store))
    let again = try Self.orders(Array(Self.keys.prefix(2)), in: world.store)
    world.files.restart()
    #expect(world.store.send(again).allSatisfy { $0 == .success(.flag) })
    #expect(!world.files.trace.contains { $0.hasPrefix("rename") })
  }
}
