import Testing

@testable import RolloutOps

/// Errors of calls on files before a kill: what is said once stops none, and what stays is told soon.
@Suite struct PassingFaultTests {
  private static let reasons: [FileTrouble.Reason] = [
    .notPermitted, .diskFull, .other(code: 4, text: "interrupted"), .other(code: 5, text: "input/output error"),
    .other(code: 117, text: "the structure needs cleaning"),
  ]

  private static let settings = #"{"stores": {"here": "file:flags.json", "other": "file:other.json"}}"#

  private static func text(_ world: World) throws -> String { try #require(world.files.text(World.store)) }

  private static func isOff(_ world: World) throws -> Bool {
    try text(world).contains(#""rolloutctl": "killed""#)
  }

  @Test(
    arguments: [
      MemoryFiles.Effect.read, .facts, .realPath, .makeFolder, .lock, .create, .setModified, .rename, .syncFolder,
      .append,
    ], reasons)
  func whatFailsOnceStopsNoKill(effect: MemoryFiles.Effect, reason: FileTrouble.Reason) throws {
    let before = try KillTests.exposing()
    for skips in 0..<12 {
      let world = before.copy()
      world.files.before(effect, after: skips) { $0.fail(effect, reason, times: 1) }
      let report = world.kill()
      #expect(report.status == .done && report.lines.allSatisfy(\.off), "\(effect) \(skips): \(report)")
      #expect(try Self.isOff(world))
      #expect(!world.files.paths.contains { $0.contains("rollout-new") })
    }
  }

  /// The settings may name a store of which nobody else knows.
  @Test(arguments: [MemoryFiles.Effect.read, .facts], reasons)
  func whatFailsOnceHidesNoStore(effect: MemoryFiles.Effect, reason: FileTrouble.Reason) throws {
    let world = try KillTests.exposing()
    world.files.put("/w/other.json", try Self.text(world))
    world.files.put("/w/rolloutctl.json", Self.settings)
    world.files.fail(effect, on: "rolloutctl.json", reason, times: 1)
    let report = world.kill()
    #expect(report.status == .done && report.lines.count == 2 && report.lines.allSatisfy(\.off), "\(report)")
    // One that stays may hide one, and that is said.
    let other = try KillTests.exposing()
    other.files.put("/w/rolloutctl.json", Self.settings)
    other.files.fail(.facts, on: "/w/rolloutctl.json", reason)
    other.files.fail(.read, on: "/w/rolloutctl.json", reason)
    let lame = other.kill()
    #expect(lame.status == .inconclusive && lame.unread.count == 1 && lame.lines.allSatisfy(\.off), "\(lame)")
  }

  /// A note's store is looked for upward, and the flag file of somebody else stands further up.
  @Test(arguments: reasons) func whatFailsOnceLeadsToNoOtherFile(reason: FileTrouble.Reason) throws {
    let world = try KillTests.exposing()
    let place = Path.folder(of: World.store)
    world.files.put(Path.joined(Path.folder(of: place), "flags.json"), try Self.text(world))
    for name in ["flags.json", ".git", "rolloutctl.json"] {
      let other = world.copy()
      other.files.fail(.facts, on: Path.joined(place, name), reason, times: 1)
      let report = other.kill()
      #expect(report.status == .done && report.lines.map(\.store) == ["file:flags.json"], "\(report)")
      #expect(try Self.isOff(other))
    }
  }

  @Test(arguments: [
    FileTrouble.Reason.notPermitted, .diskFull, .other(code: 117, text: "the structure needs cleaning"),
  ])
  func whatStaysIsToldAfterTwoSeconds(reason: FileTrouble.Reason) throws {
    let world = try KillTests.exposing()
    let before = try Self.text(world)
    world.files.fail(.create, on: "rollout-new", reason)
    world.files.fail(.overwrite, reason)
    let line = world.kill().lines[0]
    #expect(line.outcome == .notOff && (1.9..<2.3).contains(line.seconds), "\(line)")
    #expect(try Self.text(world) == before)
  }

  /// Whatever keeps a new file from the old one's place, the old one can be written into.
  @Test(arguments: [MemoryFiles.Effect.create, .setModified, .rename], [5, 116, 24, 117])
  func aKillNeedsNoNewFile(effect: MemoryFiles.Effect, code: Int32) throws {
    let world = try KillTests.exposing()
    world.files.fail(effect, on: effect == .rename ? "" : "rollout-new", .other(code: code, text: "an error"))
    let line = world.kill().lines[0]
    #expect(line.outcome == .off && line.attempts == 9 && line.seconds < 0.5, "\(line)")
    #expect(line.reasons.contains { $0.contains("itself, since no new file could take its place") }, "\(line)")
    #expect(try Self.isOff(world))
    #expect(!world.files.paths.contains { $0.contains("rollout-new") })
  }

  /// The beginning of the new bytes over the old ones is nobody's file.
  @Test func whatFailsInTheMiddleOfTheFileIsTakenBack() throws {
    let world = try KillTests.exposing()
    let old = try Array(Self.text(world).utf8)
    let killed = world.copy()
    _ = killed.kill()
    let new = try Array(Self.text(killed).utf8)
    let torn = zip(old, new).prefix { $0 == $1 }.count + 20
    world.files.fail(.create, on: "rollout-new", .diskFull)
    world.files.before(.overwrite) {
      $0.put(World.store, Array(new.prefix(torn) + old.dropFirst(torn)), replacing: false)
      $0.fail(.overwrite, .diskFull, times: 1)
    }
    // The first write of all after the one that puts it back.
    world.files.before(.overwrite, after: 1) { $0.fail(.overwrite, .diskFull) }
    #expect(world.kill().lines[0].outcome == .notOff)
    #expect(try Array(Self.text(world).utf8) == old)
  }
}
