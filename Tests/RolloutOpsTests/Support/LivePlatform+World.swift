@testable import RolloutOps

extension LivePlatform {
  /// Everything in memory but the platform.
  func world(_ note: String, variable: String, store: String) -> World {
    let world = World(note: note, server: http)
    world.variables.withLock { $0 = [variable: "\(Self.token)\n", "ROLLOUT_STORE": store] }
    return world
  }
}
