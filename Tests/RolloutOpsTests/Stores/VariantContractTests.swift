import Testing

@testable import RolloutOps

extension StoreContractTests {
  /// What every store promises that hands out values other than on and off.
  @Suite struct WithVariants {
    static let key = StoreContractTests.key
    static let kinds = ContractStore.all

    static func flag(_ serving: Serving) -> Flag {
      Flag(variants: ValuedVariants.objects, serving: serving, mark: Flag.Mark(killsTo: "control"))
    }

    static func flag(_ stage: Int, without: [Selector] = []) -> Flag {
      let exposure = StoreContractTests.stages[stage].exposure.excluding(without)
      return flag(.split(Split(exposure: exposure, unit: "tenant", canary: "canary", control: "control")))
    }

    private static func killed(_ reading: FlagReading, to variant: String = "control") throws -> Flag {
      let shown = try #require(reading.flag)
      return Flag(
        variants: shown.variants, serving: .everyone(variant),
        mark: Flag.Mark(killed: true, stage: "killed (\(variant))", killsTo: shown.mark?.killsTo))
    }

    private func expect(
      _ reading: FlagReading?, _ meant: Flag, killed: Bool = false, at place: SourceLocation = #_sourceLocation
    ) {
      #expect(reading?.flag?.serving == meant.serving, sourceLocation: place)
      #expect(reading?.flag?.mark?.killed == killed, sourceLocation: place)
      for variant in meant.variants {
        #expect(reading?.flag?[variant.name]?.means(variant.value) == true, "\(variant.name)", sourceLocation: place)
      }
    }

    @Test(arguments: kinds) func aFlagIsMadeAndMovedThroughItsStagesAndBack(kind: ContractStore) throws {
      let world = try kind.world()
      let store = try world.open()
      var reading = try store.read(Self.key)
      for stage in [0, 1, 2, 3, 2, 0] {
        reading = try store.write(Self.flag(stage), replacing: reading, Occasion(.ordinary))
        for found in [reading, try world.open().read(Self.key)] { expect(found, Self.flag(stage)) }
        #expect(reading.flag?.mark?.killsTo == "control")
      }
      try world.expectNeighbourUntouched()
    }

    @Test(arguments: kinds) func whoIsTakenOutIsKeptOutAtEveryStage(kind: ContractStore) throws {
      let world = try kind.world()
      let store = try world.open()
      let acme = Selector.equals(attribute: "tenant", AttributeValue("acme"))
      var reading = try store.read(Self.key)
      for flag in [
        Self.flag(1, without: [acme]), Self.flag(3, without: [acme]), Self.flag(3), Self.flag(.everyone("control")),
      ] {
        reading = try store.write(flag, replacing: reading, Occasion(.ordinary))
        expect(try world.open().read(Self.key), flag)
      }
    }

    /// From wherever it stands, by whatever is kept there.
    @Test(arguments: kinds, [0, 2, 3, 4]) func itIsKilledToControlAndLetInAgain(kind: ContractStore, stage: Int) throws
    {
      let world = try kind.world()
      let store = try world.open()
      let flag = stage == 4 ? Self.flag(.everyone("canary")) : Self.flag(stage)
      let reading = try store.write(flag, replacing: store.read(Self.key), Occasion(.ordinary))
      let killed = try Self.killed(reading)
      expect(try store.write(killed, replacing: reading, Occasion(.kill)), killed, killed: true)
      expect(try world.open().read(Self.key), killed, killed: true)
      let again = try world.open()
      expect(try again.write(Self.flag(0), replacing: again.read(Self.key), Occasion(.ordinary)), Self.flag(0))
      expect(try world.open().read(Self.key), Self.flag(0))
      try world.expectNeighbourUntouched()
    }

    @Test(arguments: kinds) func itIsKilledToOff(kind: ContractStore) throws {
      let world = try kind.world()
      let store = try world.open()
      let reading = try store.write(Self.flag(2), replacing: store.read(Self.key), Occasion(.ordinary))
      _ = try store.write(Self.killed(reading, to: "off"), replacing: reading, Occasion(.kill))
      expect(try world.open().read(Self.key), Self.flag(.everyone("off")), killed: true)
      let again = try world.open()
      // And from there to control, which lets nobody in.
      _ = try again.write(Self.killed(again.read(Self.key)), replacing: again.read(Self.key), Occasion(.kill))
      let after = try world.open().read(Self.key)
      #expect(after.flag?.mark?.killed == true && after.flag?.exposes(control: "control") == false)
    }

    /// Flags that are on or off and flags with variants, in one kill.
    @Test(arguments: kinds) func manyOrdersAreCarriedOutAndSeen(kind: ContractStore) throws {
      let world = try kind.world()
      let keys = (0..<4).map { FlagKey("contract-\($0)") }
      for (index, key) in keys.enumerated() {
        let (store, flag) = (try world.open(), index < 2 ? Self.flag(index) : StoreContractTests.flag(index - 1))
        _ = try store.write(flag, replacing: store.read(key), Occasion(.ordinary))
      }
      let store = try world.open()
      let looks = store.look(keys)
      let orders = try keys.map { key in
        let reading = try #require(looks[key]).get()
        return KillOrder(try StoreContractTests.killed(reading), over: reading, Occasion(.kill))
      }
      for outcome in store.send(orders) { #expect(throws: Never.self) { try outcome.get() } }
      for found in [store.look(keys), try world.open().look(keys)] {
        for (index, key) in keys.enumerated() {
          let flag = try #require(found[key]).get().flag
          #expect(flag?.serving == .everyone(index < 2 ? "control" : "off") && flag?.mark?.killed == true, "\(key)")
        }
      }
      try world.expectNeighbourUntouched()
    }
  }
}
