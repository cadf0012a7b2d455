import Synchronization
import Testing

@testable import RolloutOps

/// Two operators at one rollout: whatever one does between any two steps of the other, no stage is skipped, no move is
/// applied twice, and a kill stays.
@Suite struct InterleavingTests {
  static let moments: [MemoryFiles.Effect] = [
    .read, .facts, .makeFolder, .lock, .create, .setModified, .rename, .append, .remove, .syncFolder,
  ]

  @Test(arguments: 0..<16)
  func oneActsBetweenTwoStepsOfTheOther(round: Int) throws {
    let seed = UInt64(42_000 + round)
    var random = SplitMix64(seed: seed)
    let world = try World.after(1)
    for step in 0..<8 {
      let first = try #require(CrashTests.Deed.allCases.randomElement(using: &random))
      let second = try #require(CrashTests.Deed.allCases.randomElement(using: &random))
      let moment = try #require(Self.moments.randomElement(using: &random))
      let before = try World.Look(world)
      let skips = Int.random(in: 0...4, using: &random)
      let inner = random
      world.files.before(moment, on: "/w/flags.json", after: skips) { files in
        var random = inner
        second.perform(in: World(sharing: files), &random)
      }
      first.perform(in: world, &random)
      try check(world, since: before, "seed \(seed), step \(step): \(second) before \(moment) \(skips + 1) of \(first)")
    }
  }

  /// Kill in the middle of anything, and anything in the middle of a kill: off at the end, unless somebody restored it.
  @Test(arguments: CrashTests.Deed.allCases.filter { $0 != .restore }, moments)
  func killWins(deed: CrashTests.Deed, moment: MemoryFiles.Effect) throws {
    let start = try World.after(2)
    var isOver: Set<Bool> = []
    for (killIsInside, skips) in [true, false].flatMap({ inside in (0..<5).map { (inside, $0) } }) {
      // Where the deed has no such moment any more, a later one was played already: nothing comes in between.
      if isOver.contains(killIsInside) { continue }
      let world = start.copy()
      let hasActed = Mutex(false)
      var random = SplitMix64(seed: 1)
      world.files.before(moment, on: "/w/flags.json", after: skips) { files in
        hasActed.withLock { $0 = true }
        var random = SplitMix64(seed: 2)
        let other = World(sharing: files)
        if killIsInside { other.kill() } else { deed.perform(in: other, &random) }
      }
      if killIsInside { deed.perform(in: world, &random) } else { world.kill() }
      if !hasActed.withLock({ $0 }) { isOver.insert(killIsInside) }
      // The hook does not fire where the deed never comes to that moment; then nobody has killed yet.
      guard try world.entries.contains(where: { $0.content.action == .kill }) || world.flag?.mark?.killed == true else {
        continue
      }
      #expect(
        try world.flag?.serving == .everyone("off"), "\(deed), \(moment) \(skips + 1), kill inside: \(killIsInside)")
      #expect(try world.move(.promote).status == .kill, "\(deed), \(moment) \(skips + 1), kill inside: \(killIsInside)")
    }
  }

  private func check(_ world: World, since before: World.Look, _ hint: String) throws {
    let after = try World.Look(world)
    #expect(after.progress.pending == nil, "\(hint)")
    let agreement = after.progress.agreement(with: after.flag, variants: nil)
    #expect(agreement == .agrees || agreement == .killedOutside, "\(hint): \(agreement)")
    var place = before.progress.place
    for entry in after.entries.dropFirst(before.entries.count) where entry.content.outcome == .done {
      guard let to = entry.content.to, to != place else { continue }
      if let old = place.stageIndex, let new = to.stageIndex, entry.content.action != .restore {
        #expect(abs(new - old) == 1, "\(hint): from \(place) to \(to)")
      }
      place = to
    }
  }
}
