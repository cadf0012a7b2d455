import Testing

@testable import RolloutOps

/// The process is stopped before every single effect, with and without a torn write, over random histories. Afterwards
/// the flag file is whole, the journal verifies once the tail is set aside, and the next command settles what happened:
/// no stage is lost, skipped or applied twice.
@Suite struct CrashTests {
  /// What an operator may do next.
  enum Deed: CaseIterable {
    case promote, rollback, hold, resume, kill, restore, exclude, include, replan, attest, finish

    func perform(in world: World, _ random: inout SplitMix64) {
      let acme = Selector.equals(attribute: "tenant", AttributeValue("acme"))
      switch self {
      case .promote: _ = try? world.advance()
      case .rollback: _ = try? world.move(.rollback, reason: "worse")
      case .hold: _ = try? world.move(.hold)
      case .resume: _ = try? world.move(.resume, reason: "fine again")
      case .kill: world.kill()
      case .restore: _ = try? world.move(.restore, on: "ai-summary", reason: "fixed")
      case .exclude: _ = try? world.move(.exclude, reason: "asked") { $0.selector = acme }
      case .include: _ = try? world.move(.include, reason: "asked") { $0.selector = acme }
      case .replan:
        let soak = Int.random(in: 0...3, using: &random)
        world.files.put(World.note, World.plainNote.replacing("100% 0s", "100% \(soak)s"))
        _ = try? world.move(.replan, reason: "later")
      case .attest: try? world.attest("fallback")
      case .finish: _ = try? world.move(.finish)
      }
    }
  }

  @Test(arguments: 0..<12)
  func everyEffectCanBeTheLast(round: Int) throws {
    let seed = UInt64(20_261_121 + round)
    var random = SplitMix64(seed: seed)
    let world = World()
    for step in 0..<6 {
      let deed = try #require(
        step == 0 ? Deed.promote : Deed.allCases.randomElement(using: &random))
      try crashEverywhere(deed, in: world, seed: seed, step: step, random: random)
      world.files.restart()
      deed.perform(in: world, &random)
    }
  }

  /// The same deed on copies of the world, stopped at effect 1, 2, 3, until it runs through.
  private func crashEverywhere(
    _ deed: Deed, in world: World, seed: UInt64, step: Int, random: SplitMix64
  ) throws {
    let hint = "seed \(seed), step \(step), \(deed)"
    let before = try World.Look(world)
    for effect in 1..<80 {
      let copy = world.copy()
      var random = random
      copy.files.restart()
      copy.files.crash(at: effect, torn: effect.isMultiple(of: 2) ? 0.5 : nil)
      deed.perform(in: copy, &random)
      guard copy.files.hasCrashed else { return }
      copy.files.restart()
      try Self.check(copy, before, hint)
    }
    Issue.record("\(deed) has no end; seed \(seed), step \(step)")
  }

  /// What must hold wherever the process, or the whole machine, has stopped in the middle of one deed.
  static func check(_ world: World, _ before: World.Look, _ text: String) throws {
    let hint = Comment(rawValue: text)
    // The file is whole at any moment, not only after the next command.
    #expect(throws: Never.self, hint) { try JSON.parse(try #require(world.files.bytes(World.store))) }
    let torn = try World.Look(world)
    // A look changes nothing and already says where it stands.
    let seen = try world.status()
    let entries = torn.entries.count
    #expect(try World.Look(world).entries.count == entries)
    // The next command settles in words, and afterwards nothing is left open.
    let report = try world.move(.hold, reason: "after the crash")
    let after = try World.Look(world)
    #expect(after.progress.pending == nil, hint)
    #expect(after.torn.isEmpty, hint)
    if torn.progress.pending != nil {
      #expect(report.remarks.contains { $0.contains("was interrupted") }, hint)
      #expect(!seen.remarks.isEmpty, hint)
    }
    // Store and journal agree, or the flag counts as killed: a kill is written before it is journaled.
    let agreement = after.progress.agreement(with: after.flag, variants: nil)
    if agreement != .agrees {
      #expect(
        agreement == .killedOutside && after.flag?.mark?.killed == true, "\(hint): \(agreement)")
    }
    if let mark = after.flag?.mark, !mark.killed {
      #expect(mark.stage == after.progress.place.description, hint)
    }
    let moves = after.progress.visits.count - before.progress.visits.count
    #expect(moves <= 1, "\(hint): a stage was entered twice")
    if let index = after.progress.place.stageIndex, let old = before.progress.place.stageIndex {
      #expect(abs(index - old) <= 1, "\(hint): a stage was skipped")
    }
  }

  /// Finished with somebody left out serves as the last stage does: what became of the way back, only the mark tells.
  @Test func aWayBackThatServesTheSameIsSettledByTheMark() throws {
    let world = World()
    for _ in try world.status().stages { _ = try world.advance() }
    try world.attest("gates")
    _ = try world.move(.finish)
    var random = SplitMix64(seed: 1)
    Deed.exclude.perform(in: world, &random)
    #expect(try World.Look(world).flag?.mark?.stage == "finished")
    let stages = try #require(try World.Look(world).progress.plan?.stages)
    #expect(try #require(stages.last).name == "100%")
    try crashEverywhere(.rollback, in: world, seed: 1, step: 0, random: random)
    world.files.restart()
    _ = try world.move(.rollback, reason: "worse")
    #expect(try World.Look(world).flag?.mark?.stage == "100%")
  }

  /// At no moment is there a rollout that the flag's key alone does not lead to.
  @Test func thePointerComesBeforeTheFirstIntent() throws {
    let (journal, pointer) = ("/w/shared/ai-summary.journal", "/w/flags.json.rollout/ai-summary.journal-at")
    for effect in 1..<80 {
      let world = World(note: World.plainNote + "\nJournal: /w/shared\n")
      world.files.crash(at: effect)
      _ = try? world.move(.promote)
      let hasCrashed = world.files.hasCrashed
      world.files.restart()
      if world.files.text(journal) != nil {
        #expect(world.files.text(pointer) == "shared/ai-summary.journal\n", "effect \(effect)")
      }
      _ = try world.move(.promote)
      #expect(try world.status(of: "ai-summary").place == .stage(0, name: "internal"), "effect \(effect)")
      if !hasCrashed { return }
    }
    Issue.record("it never ran through")
  }
}

extension World {
  /// What the disk says, without any operation.
  struct Look {
    let entries: [Entry]
    let progress: Progress
    let torn: [UInt8]
    let flag: Flag?

    init(_ world: World) throws {
      let reading = try Journal(path: World.journal, flag: World.key, files: world.files).read()
      (entries, torn) = (reading.entries, reading.torn)
      progress = Progress(reading.entries)
      flag = try world.flag
    }
  }
}
