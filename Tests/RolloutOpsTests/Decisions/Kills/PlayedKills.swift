@testable import RolloutOps

/// Nights that a kill has to get through, each played to its end.
enum PlayedKills {
  typealias Night = (name: String, title: String, play: @Sendable () -> KillSimulation)

  static let refused = StoreTrouble.refused(
    ServerRefusal("https://flags.example", status: 403, .credentials(variable: "TOKEN")))
  static let failing = StoreTrouble.refused(ServerRefusal("https://flags.example", status: 500, .fault))
  static let approval = StoreTrouble.refused(
    ServerRefusal("https://flags.example", status: 403, .needsApproval(where: nil)))
  static let full = StoreTrouble.refused(ServerRefusal("http://etcd.example", status: 429, .outOfSpace))

  static func resting(_ seconds: Int) -> StoreTrouble {
    .refused(ServerRefusal("https://flags.example", status: 429, .tooOften, rest: TimeSpan(seconds: seconds)))
  }

  static let all: [Night] =
    [
      ("file", "Three flags in a file: one look, one replacement, one look", { file(3) }),
      ("already-off", "A platform says off: the switch is thrown all the same, and then it is believed", alreadyOff),
      ("document-3s", "A document whose every answer takes 3 s", { document(3_000) }),
      ("document-8s", "A document whose every answer takes 8 s", { document(8_000) }),
      (
        "document-12s", "A document whose every answer takes 12 s, known from the last look",
        { document(12_000, known: true) }
      ),
      ("platform-12s", "A platform whose every answer takes 12 s: the switch does not wait for the look", platform12),
      ("unreadable", "Reading is refused, the switch works: sent, and nobody may look", unreadable),
      ("frozen", "A server that answers nothing at all", frozen),
      ("resting", "A server that wants an hour of rest is asked again after 5 s", { resting }),
      ("no-rest", "A server that always wants rest: every flag says so at the deadline", noRest),
      ("neighbour", "A server that hangs delays no other", neighbour),
      ("approval", "An approval is asked for: the way that takes none is used", glass),
      ("no-room", "etcd has no room left: in the last third the flag itself is taken away", noRoom),
      ("interrupted", "Somebody interrupts while a write is under way", interrupted),
      ("restored", "Somebody brings it back: seen at the second look, and killed again", restored),
      ("missing", "A flag that is nowhere, and a file that never was", missing),
      ("dry", "A dry run only looks", dry),
    ]

  private static func file(_ count: Int) -> KillSimulation {
    var night = KillSimulation { _, _, _ in .after(1) }
    let store = night.store(isRemote: false, width: 1, batch: .max)
    for _ in 0..<count { night.flag(in: store) }
    return night.run()
  }

  private static func alreadyOff() -> KillSimulation {
    var night = KillSimulation { _, _, _ in .after(50) }
    night.flag(in: night.store(killSwitch: .platform), isOn: false)
    return night.run()
  }

  private static func document(_ milliseconds: Int, known: Bool = false) -> KillSimulation {
    var night = KillSimulation { _, _, _ in .after(milliseconds) }
    let flag = night.flag(in: night.store(width: 128, batch: .max))
    if known { night.at(1, .recalled([flag: .on])) }
    return night.run()
  }

  private static func platform12() -> KillSimulation {
    var night = KillSimulation { _, _, _ in .after(12_000) }
    night.flag(in: night.store(killSwitch: .platform))
    return night.run()
  }

  private static func unreadable() -> KillSimulation {
    var night = KillSimulation { kind, _, _ in kind == .look ? .failing(refused, after: 20) : .after(20) }
    night.flag(in: night.store(killSwitch: .platform))
    return night.run()
  }

  private static func frozen() -> KillSimulation {
    var night = KillSimulation(within: 10) { _, _, _ in .lost }
    night.flag(in: night.store(killSwitch: .platform))
    return night.run()
  }

  private static var resting: KillSimulation {
    var night = KillSimulation { kind, nth, _ in
      kind == .look && nth == 1 ? .failing(resting(3600), after: 5) : .after(5)
    }
    let store = night.store()
    for _ in 0..<3 { night.flag(in: store) }
    return night.run()
  }

  private static func noRest() -> KillSimulation {
    var night = KillSimulation(within: 3) { _, _, _ in .failing(resting(3600), after: 5) }
    let store = night.store()
    for _ in 0..<3 { night.flag(in: store) }
    return night.run()
  }

  private static func neighbour() -> KillSimulation {
    var night = KillSimulation(within: 5) { kind, nth, store in
      if store == 0 { return .lost }
      return kind == .look && nth < 4 ? .failing(failing, after: 5) : .after(5)
    }
    let (silent, lively) = (night.store(), night.store())
    night.flag(in: silent)
    night.flag(in: lively)
    return night.run()
  }

  private static func glass() -> KillSimulation {
    var night = KillSimulation { kind, _, _ in kind == .send ? .failing(approval, after: 30) : .after(30) }
    night.hasGlass = true
    night.flag(in: night.store())
    return night.run()
  }

  private static func noRoom() -> KillSimulation {
    var night = KillSimulation(within: 6) { kind, _, _ in kind == .send ? .failing(full, after: 500) : .after(20) }
    night.flag(in: night.store(killSwitch: .removal))
    return night.run()
  }

  private static func interrupted() -> KillSimulation {
    var night = KillSimulation { kind, _, _ in kind == .send ? .after(400) : .after(20) }
    let store = night.store(width: 1)
    for _ in 0..<4 { night.flag(in: store) }
    night.at(100, .interrupted)
    return night.run()
  }

  private static func restored() -> KillSimulation {
    var night = KillSimulation { _, _, _ in .after(20) }
    let flag = night.flag(in: night.store(killSwitch: .platform))
    night.outsider(2_000, turns: flag, on: true)
    night.at(1_000, .doubted(flag, from: Instant(seconds: 1_795_255_206)))
    return night.run()
  }

  private static func missing() -> KillSimulation {
    let gone = StoreTrouble.file(FileTrouble(.reading, "/w/flags.json", .missing))
    var night = KillSimulation { _, _, store in store == 0 ? .after(1) : .failing(gone) }
    let (there, never) = (night.store(isRemote: false), night.store(isRemote: false))
    night.flag(in: there, exists: false)
    night.flag(in: never)
    return night.run()
  }

  private static func dry() -> KillSimulation {
    var night = KillSimulation(isDry: true) { _, _, _ in .after(20) }
    let store = night.store(killSwitch: .platform)
    night.flag(in: store)
    night.flag(in: store, isOn: false)
    return night.run()
  }
}
