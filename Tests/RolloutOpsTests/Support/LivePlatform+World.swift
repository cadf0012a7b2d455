@testable import RolloutOps

extension LivePlatform {
  /// Everything in memory but the platform, which the note names.
  func world(_ note: String = SampleNote.text, at address: String? = nil) -> World {
    let address = address ?? self.address
    let world = World(note: SampleNote.saying("Store", "Store: \(address)", in: note), server: http)
    world.variables.withLock { $0 = [kind.variable: "\(Self.token)\n", "ROLLOUT_STORE": address] }
    return world
  }

  /// The store as another process opens it.
  func store(_ address: String? = nil, in world: World, until deadline: Instant? = nil) throws -> any FlagStore {
    var terms = StoreTerms(root: "/w")
    terms.deadline = deadline
    return try StoreAddress(address ?? self.address).opening(from: "/w", terms, world.context())
  }
}
