import Testing

@testable import RolloutOps

/// What every store promises, whatever stands behind it: the file, a document, a real etcd, and the platforms as their
/// scripted servers have them. What is special about one of them is in its own tests.
@Suite(.serialized, .waits, .needsPython) struct StoreContractTests {
  static let key = FlagKey("contract")

  static let stages: [(name: String, exposure: Exposure)] = {
    let staff = Grant(cohort: .equals(attribute: "team", AttributeValue("staff")), share: .whole)
    let paid = { Grant(cohort: .equals(attribute: "plan", AttributeValue("paid")), share: Percentage(percent: $0)) }
    return [
      ("internal", Exposure(grants: [staff])), ("5% of paid", Exposure(grants: [staff, paid(5)])),
      ("25% of paid", Exposure(grants: [staff, paid(25)])),
      ("100%", Exposure(grants: [Grant(cohort: nil, share: .whole)])),
    ]
  }()

  static func flag(_ stage: Int) -> Flag {
    let split = Split(exposure: stages[stage].exposure, unit: "tenant", canary: "on", control: "off")
    return Flag(
      variants: Variants.boolean.all, serving: .split(split),
      mark: Flag.Mark(stage: stages[stage].name, killsTo: "off"))
  }

  /// As a kill decides it from what it has read.
  static func killed(_ reading: FlagReading) throws -> Flag {
    let shown = try #require(reading.flag)
    var variant = shown.mark?.killsTo ?? shown.offVariant ?? "off"
    if case .split(let split) = shown.serving { variant = split.control }
    return Flag(
      variants: shown.variants, serving: .everyone(variant),
      mark: Flag.Mark(killed: true, stage: "killed (\(variant))", killsTo: shown.mark?.killsTo ?? variant))
  }

  @discardableResult
  private func move(_ store: any FlagStore, _ key: FlagKey = key, to stage: Int, over reading: FlagReading? = nil)
    throws -> FlagReading
  {
    try store.write(Self.flag(stage), replacing: reading ?? store.read(key), Occasion(.ordinary))
  }

  private func expectKilled(
    _ reading: FlagReading?, _ hint: Comment? = nil, at place: SourceLocation = #_sourceLocation
  ) {
    #expect(reading?.flag?.mark?.killed == true, hint, sourceLocation: place)
    expectOff(reading, hint, at: place)
  }

  private func expectOff(
    _ reading: FlagReading?, _ hint: Comment? = nil, at place: SourceLocation = #_sourceLocation
  ) {
    guard case .everyone(let variant)? = reading?.flag?.serving, reading?.flag?[variant] == false else {
      let said = hint.map { "\($0): " } ?? ""
      Issue.record("\(said)\(reading?.flag?.serving.description ?? "no flag")", sourceLocation: place)
      return
    }
  }

  // MARK: Reading and moving

  @Test(arguments: ContractStore.all) func aFlagIsMadeAndMovedThroughItsStagesAndBack(kind: ContractStore) throws {
    let world = try kind.world()
    let store = try world.open()
    var reading = try store.read(Self.key)
    #expect(reading.flag == nil && reading.key == Self.key)
    for stage in [0, 1, 2, 3, 2, 0] {
      // What a write answers is enough for the next one.
      reading = try move(store, to: stage, over: reading)
      let elsewhere = try world.open().read(Self.key)
      for found in [reading, elsewhere] {
        #expect(found.flag?.serving == Self.flag(stage).serving, "\(Self.stages[stage].name)")
        #expect(found.flag?.mark?.killed == false)
        #expect(found.flag.map { $0["on"] == true && $0["off"] == false } == true)
      }
      #expect(elsewhere.version == reading.version && elsewhere.trouble == nil)
    }
    try world.expectNeighbourUntouched()
  }

  @Test(arguments: ContractStore.all) func manyReadingsAndTheListAgreeWithOne(kind: ContractStore) throws {
    let world = try kind.world()
    let store = try world.open()
    let (other, none) = (FlagKey(ContractWorld.neighbour), FlagKey("nowhere"))
    try move(store, to: 1)
    let readings = try world.open().read([Self.key, other, none])
    let looks = try world.open().look([Self.key, other, none])
    for key in [Self.key, other, none] {
      let one = try world.open().read(key)
      // How other people's rules are spelled is for show: some is told of one flag alone.
      let many = readings[key]?.flag
      #expect(one.flag?.isForeign == true ? many?.isForeign == true : many == one.flag, "\(key)")
      #expect(many?.mark == one.flag?.mark, "\(key)")
      // A look is something to write against; many readings may be for show, and have no version then.
      #expect([one.version, ""].contains(readings[key]?.version), "\(key)")
      let look = try #require(looks[key]).get()
      // Where the store compares, what it calls this state must be what a change can be made against.
      #expect(look.version == one.version || !kind.compares, "\(key)")
      #expect(look.flag?.mark == one.flag?.mark, "\(key)")
      #expect(look.flag == one.flag || look.flag?.isForeign == true, "\(key)")
    }
    #expect(readings[none]?.flag == nil && readings[other]?.flag?.mark == nil)
    let listed = try world.open().list()
    #expect(Set(listed.map(\.key)) == [Self.key, other] && listed.count == 2)
    #expect(listed.first { $0.key == Self.key }?.mark?.killed == false)
    #expect(listed.contains { $0.key == other && $0.mark == nil })
  }

  // MARK: Variants

  /// A stage of a flag with values, killed to one of them.
  private static func valued(_ stage: Int, killsTo: String) -> Flag {
    let split = Split(
      exposure: stages[stage].exposure, unit: "tenant", canary: "canary", control: "control")
    let values: [(String, JSON)] = [
      ("control", ["model": "m-4"]), ("canary", ["model": "m-5", "n": 1]), ("off", ["enabled": false]),
    ]
    return Flag(
      variants: values.map { Variants.Variant($0.0, $0.1) }, serving: .split(split),
      mark: Flag.Mark(stage: stages[stage].name, killsTo: killsTo))
  }

  @Test(arguments: ContractStore.all, ["control", "off"])
  func aFlagWithVariantsIsMovedKilledAndFinished(kind: ContractStore, killsTo: String) throws {
    let world = try kind.world()
    func put(_ flag: Flag, _ urgency: Urgency = .ordinary) throws {
      let store = try world.open()
      let written = try store.write(flag, replacing: store.read(Self.key), Occasion(urgency))
      for found in [written, try world.open().read(Self.key)] {
        let shown = try #require(found.flag)
        #expect(shown.serves(flag), "\(shown.serving) for \(flag.serving), \(shown.variants)")
        #expect(shown.mark?.killed == flag.mark?.killed && shown.mark?.killsTo == killsTo)
      }
    }
    for stage in [0, 1, 2, 3, 2] { try put(Self.valued(stage, killsTo: killsTo)) }
    #expect(try world.open().list().map(\.key).contains(Self.key))
    var killed = try Self.killed(try world.open().read(Self.key))
    killed.serving = .everyone(killsTo)
    try put(killed, .kill)
    try put(Self.valued(1, killsTo: killsTo))
    // As a kill sends it, and as it is looked at then.
    let store = try world.open()
    let reading = try #require(store.look([Self.key])[Self.key]).get()
    let sent = store.send([KillOrder(killed, over: reading, Occasion(.kill))])
    #expect(throws: Never.self) { try #require(sent.first).get() }
    let look = try #require(try world.open().look([Self.key])[Self.key]).get()
    #expect(look.flag?.serving == .everyone(killsTo) && look.flag?.mark?.killed == true)
    try put(Self.valued(3, killsTo: killsTo))
    var finished = Self.valued(3, killsTo: killsTo)
    finished.serving = .everyone("canary")
    try put(finished)
    try world.expectNeighbourUntouched()
  }

  // MARK: Somebody else at work

  @Test(arguments: ContractStore.all) func aStaleReadingNeverWins(kind: ContractStore) throws {
    let world = try kind.world()
    let (mine, theirs) = (try world.open(), try world.open())
    let stale = try move(mine, to: 0)
    try move(theirs, to: 2)
    let trouble = try #require(throws: StoreTrouble.self) { try move(mine, to: 1, over: stale) }
    guard case .changedMeanwhile = trouble else {
      Issue.record("\(trouble)")
      return
    }
    #expect(try world.open().read(Self.key).flag?.serving == Self.flag(2).serving)
  }

  @Test(arguments: ContractStore.all) func twoWhoMakeTheSameFlagAreNotBothRight(kind: ContractStore) throws {
    let world = try kind.world()
    let (mine, theirs) = (try world.open(), try world.open())
    let absent = try mine.read(Self.key)
    try move(theirs, to: 2)
    #expect(throws: StoreTrouble.self) { try move(mine, to: 0, over: absent) }
    #expect(try world.open().read(Self.key).flag?.serving == Self.flag(2).serving)
  }

  // MARK: Killing

  @Test(arguments: ContractStore.all) func aSplitIsKilled(kind: ContractStore) throws {
    let world = try kind.world()
    let store = try world.open()
    let reading = try move(store, to: 2)
    expectKilled(try store.write(Self.killed(reading), replacing: reading, Occasion(.kill)))
    expectKilled(try world.open().read(Self.key))
    #expect(try world.open().list().first { $0.key == Self.key }?.mark?.killed == true)
    try world.expectNeighbourUntouched()
    // Afterwards it can be let in again.
    #expect(try move(world.open(), to: 0).flag?.mark?.killed == false)
    #expect(try world.open().read(Self.key).flag?.serving == Self.flag(0).serving)
  }

  @Test(arguments: ContractStore.all, ContractWorld.Hand.allCases)
  func aFlagThatSomebodyMadeByHandIsKilled(kind: ContractStore, hand: ContractWorld.Hand) throws {
    let world = try kind.world()
    try world.make(hand, Self.key.text)
    let store = try world.open()
    let reading = try store.read(Self.key)
    #expect(reading.flag?.mark?.stage == nil)
    _ = try store.write(Self.killed(reading), replacing: reading, Occasion(.kill))
    let after = try world.open().read(Self.key)
    expectOff(after)
    // A platform's switch is no mark of ours; where there is one, it says killed.
    #expect(after.flag?.mark?.killed != false)
    try world.expectNeighbourUntouched()
  }

  /// What a kill sends is what its write would do; whether it has, the look afterwards tells.
  @Test(arguments: ContractStore.all) func manyOrdersAreCarriedOutAndSeen(kind: ContractStore) throws {
    let world = try kind.world()
    let keys = (0..<3).map { FlagKey("contract-\($0)") }
    for (stage, key) in keys.enumerated() { try move(world.open(), key, to: stage) }
    let store = try world.open()
    let looks = store.look(keys + [FlagKey("nowhere")])
    #expect(looks.count == 4)
    #expect(try looks[FlagKey("nowhere")]?.get().flag == nil)
    let orders = try keys.map { key in
      let reading = try #require(looks[key]).get()
      return KillOrder(try Self.killed(reading), over: reading, Occasion(.kill))
    }
    for outcome in store.send(orders) { #expect(throws: Never.self) { try outcome.get() } }
    for found in [store.look(keys), try world.open().look(keys)] {
      for key in keys { expectKilled(try #require(found[key]).get(), "\(key)") }
    }
    try world.expectNeighbourUntouched()
  }

  /// Either the order loses, or the flag is off: it is never called sent and leaves people in.
  @Test(arguments: ContractStore.all) func aStaleOrderLosesOrKills(kind: ContractStore) throws {
    let world = try kind.world()
    try move(world.open(), to: 0)
    let store = try world.open()
    let stale = try #require(store.look([Self.key])[Self.key]).get()
    try move(world.open(), to: 2)
    let outcomes = store.send([KillOrder(try Self.killed(stale), over: stale, Occasion(.kill))])
    let after = try world.open().read(Self.key)
    switch try #require(outcomes.first) {
    case .success:
      #expect(!kind.compares, "the store took an order that was made for another state")
      expectKilled(after)
    case .failure: #expect(after.flag?.serving == Self.flag(2).serving || after.flag?.mark?.killed == true)
    }
  }

  /// A flag that was taken away meanwhile does not come back by being killed, and the other orders are carried out.
  @Test(arguments: ContractStore.all) func anOrderForAFlagThatIsGoneFailsAlone(kind: ContractStore) throws {
    let world = try kind.world()
    let (gone, there) = (FlagKey("gone"), Self.key)
    for key in [gone, there] { try move(world.open(), key, to: 1) }
    let store = try world.open()
    let looks = store.look([gone, there])
    let orders = try [gone, there].map { key in
      let reading = try #require(looks[key]).get()
      return KillOrder(try Self.killed(reading), over: reading, Occasion(.kill))
    }
    try world.remove(gone.text)
    let outcomes = store.send(orders)
    #expect(throws: StoreTrouble.self) { try outcomes[0].get() }
    #expect(try world.open().read(gone).flag == nil)
    // A document takes all of them in one change, and whoever was there in between is looked at first.
    guard kind.name != "document" else { return }
    #expect(throws: Never.self) { try outcomes[1].get() }
    expectKilled(try world.open().read(there))
  }

  /// Where there is a switch it takes no look, and what it does is what it is called.
  @Test(arguments: ContractStore.all) func theSwitchTurnsItOff(kind: ContractStore) throws {
    let world = try kind.world()
    try move(world.open(), to: 2)
    let store = try world.open()
    let kinds = ["file": KillSwitch.none, "document": .none]
    if let known = kinds[kind.name] { #expect(store.killSwitch == known) }
    guard store.killSwitch != .none else { return }
    do {
      try store.switchOff(Self.key, Occasion(.kill))
    } catch {
      // Then it has to be seen once, by whatever was asked before.
      guard kind.numbersFlags else { throw error }
      _ = try store.read(Self.key)
      try store.switchOff(Self.key, Occasion(.kill))
    }
    let after = try #require(world.open().look([Self.key])[Self.key]).get()
    if store.killSwitch == .removal { #expect(after.flag == nil) } else { expectKilled(after) }
    try world.expectNeighbourUntouched()
  }
}
