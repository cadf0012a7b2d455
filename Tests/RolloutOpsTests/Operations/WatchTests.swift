import Testing

@testable import RolloutOps

/// Looks that act, through the real operations, on logs of a scripted world.
@Suite struct WatchTests {
  func place(_ world: World) throws -> Place { try Progress(world.entries).place }
  static let first = Place.stage(0, name: "5% of paid")
  static let second = Place.stage(1, name: "25% of paid")

  @Test func soundTrafficIsLeftAloneWithoutAutomation() throws {
    let world = try World.watched()
    world.send(.sound)
    let (store, entries) = (world.files.text(World.store), try world.entries.count)
    let report = world.look()
    #expect(report.status == .done && report.reaction == nil, "\(report.reasons)")
    #expect(world.files.text(World.store) == store)
    #expect(try world.entries.count == entries)
  }

  @Test func aBreachGoesOneStageBackAndLeavesAHold() throws {
    let world = try World.watched()
    world.send(.failing)
    let report = world.look()
    #expect(report.status == .rollback && report.isDone, "\(report.reasons)")
    #expect(try place(world) == Self.first)
    let progress = try Progress(world.entries)
    #expect(progress.hold?.automatic == true && progress.hold?.actor == "ci")
    #expect(progress.hold?.reason?.hasPrefix("parse failures above 2%: ") == true)
    #expect(try world.flag?.mark?.stage == "5% of paid")
    // The journal can say why, a month later.
    let intent = try #require(try world.entries.last { $0.content.outcome == .intended })
    let seen = try #require(intent.content.detail("evidence"))
    #expect(seen["canary"]?["records"]?.integer == 300 && seen["control"]?["records"]?.integer == 900)
    let gate = try #require(seen["gates"]?.items?.first { $0["name"] == "parse failures above 2%" })
    #expect(gate["verdict"] == "breach" && gate["interval"]?.items?.count == 2 && gate["canary"]?["n"] == 300)
    #expect(intent.content.evidenceDigest?.count == 64)
    let told = try History(context: world.context(), choices: OperatorChoices()).history(of: World.note, .init())
    #expect(told.text(ink: .none).contains("\n    saw canary 300 · control 900\n      cost up more than 10% pass: "))
  }

  /// Not by a watch, also where the note lets it promote, and not by a person before the hold is lifted with a reason.
  @Test func theStageIsNotTriedAgainUntilSomebodyResumesWithAReason() throws {
    let world = try World.watched(World.automaticNote)
    world.send(.failing)
    #expect(world.look().status == .rollback)
    world.send(Traffic(share: 0.05))
    let again = world.look()
    #expect(again.status == .hold && again.reaction == nil, "\(again.reasons)")
    #expect(try world.move(.promote).status == .hold)
    #expect(try world.move(.resume).status == .usage)
    #expect(try world.move(.resume, reason: "prompt mended").status == .done)
    let after = world.look()
    #expect(after.status == .done && after.isDone, "\(after.reasons)")
    #expect(try place(world) == Self.second)
  }

  @Test func aHeldRolloutStillNarrows() throws {
    let world = try World.watched()
    try world.move(.hold)
    world.send(.failing)
    #expect(world.look().status == .rollback)
    #expect(try Progress(world.entries).hold?.automatic == true)
    // At the first stage something fires too: nobody gets the canary then.
    world.send(Traffic(share: 0.05, failsEvery: 4))
    #expect(world.look().status == .rollback)
    #expect(try place(world) == .off)
  }

  @Test func aDegradeServesTheVariantUntilResumeBringsTheCanaryBack() throws {
    let world = try World.watched()
    world.send(.slow)
    let report = world.look()
    #expect(report.status == .rollback && report.reaction?.verb == .degrade && report.isDone, "\(report.reasons)")
    #expect(try place(world) == Self.second)
    guard case .split(let split)? = try world.flag?.serving else { throw Trouble.usage("no split") }
    #expect(split.canary == "fast" && split.control == "control")
    #expect(try world.move(.promote).status == .hold)
    // It is so already: nothing more to do, and the next stage stays shut.
    world.send(.slow)
    let again = world.look()
    #expect(again.status == .hold && again.reaction == nil, "\(again.reasons)")
    // What is worse goes through.
    let since = try #require(try Progress(world.entries).since)
    let other = world.copy()
    other.send(.failing)
    #expect(other.look().status == .rollback)
    #expect(try place(other) == Self.first)
    #expect(try world.move(.resume).status == .done)
    guard case .split(let back)? = try world.flag?.serving else { throw Trouble.usage("no split") }
    #expect(back.canary == "canary")
    #expect(try #require(try Progress(world.entries).since) > since)
  }

  @Test func aKillTriggerKillsWithItsFiguresAsTheReason() throws {
    let world = try World.watched()
    world.send(Traffic(failsEvery: 8, latency: 9000, violations: 1))
    let report = world.look()
    #expect(report.status == .kill && report.isDone, "\(report.reasons) \(report.failures)")
    #expect(try world.flag?.mark?.killed == true)
    let entry = try #require(try world.entries.last { $0.content.action == .kill })
    #expect(entry.content.reason?.hasPrefix("policy violations above 0: 1") == true)
    #expect(entry.content.detail("evidence")?["gates"] != nil)
    // It stands killed, and nobody is asked twice.
    let entries = try world.entries.count
    let again = world.look()
    #expect(again.status == .kill && again.reaction == nil)
    #expect(try world.entries.count == entries)
  }

  /// A note that was edited, or is broken now, keeps nobody in.
  @Test(arguments: ["50% 0s -> 100% 0s", "Change type: prompt"])
  func theNotesTroubleStopsNothingThatNarrows(text: String) throws {
    let world = try World.watched(World.automaticNote)
    world.files.put(
      World.note,
      World.automaticNote.replacing(text, text.hasPrefix("50%") ? "40% 0s -> 100% 0s" : "Change type: nonsense"))
    world.send(.sound)
    let quiet = world.look()
    #expect(quiet.reaction == nil && [.conflict, .badNote].contains(quiet.status), "\(quiet.reasons)")
    world.send(.failing)
    #expect(world.look().status == .rollback)
    #expect(try place(world) == Self.first)
  }

  @Test func aDryRunSaysWhatItWouldDo() throws {
    let world = try World.watched()
    world.send(.failing)
    let (store, entries) = (world.files.text(World.store), try world.entries.count)
    let report = world.look(dryRun: true)
    #expect(report.status == .rollback && !report.isDone && report.reaction?.verb == .rollback)
    #expect(report.text(ink: .none).last?.contains("would roll back") == true)
    #expect(world.files.text(World.store) == store)
    #expect(try world.entries.count == entries)
  }

  /// Between the look and the lock somebody moved: what was seen says nothing about where it stands now.
  @Test(arguments: [Verb.rollback, .kill])
  func whatSomebodyMovedMeanwhileIsLeftAlone(verb: Verb) throws {
    let world = try World.watched()
    world.send(.failing)
    world.files.before(.lock, on: ".journal.lock") { files in
      let other = World(sharing: files)
      if verb == .kill { other.kill() } else { _ = try? other.move(.rollback, by: "lee") }
    }
    let report = world.look()
    #expect(report.status == .conflict && !report.isDone, "\(report.reasons)")
    #expect(try world.entries.allSatisfy { $0.actor != "ci" })
    #expect(try Progress(world.entries).hold == nil)
  }

  /// Nobody's lock is held while the log is read: a kill by a person goes through in that very moment.
  @Test func aKillByAPersonDoesNotWaitForTheEvidence() throws {
    let world = try World.watched()
    world.send(.failing)
    let before = world.clock.now()
    world.files.before(.read, on: "today.ndjson") { files in
      let report = World(sharing: files).kill()
      #expect(report.status == .done && report.lines[0].seconds == 0)
    }
    let report = world.look()
    #expect(world.clock.now() == before)
    #expect(!report.isDone)
    #expect(try world.flag?.mark?.killed == true)
    #expect(world.look().status == .kill)
  }

  // MARK: Crashes

  /// Stopped before every effect of an automatic step back or degrade, with and without a torn write: the next look ends
  /// where the first one wanted to, once.
  @Test(arguments: [Traffic.failing.failsEvery, 0])
  func everyEffectCanBeTheLast(failsEvery: Int) throws {
    let isRollback = failsEvery > 0
    let world = try World.watched(World.automaticNote)
    world.send(isRollback ? .failing : .slow)
    for effect in 1..<80 {
      let copy = world.copy()
      copy.files.restart()
      copy.files.crash(at: effect, torn: effect.isMultiple(of: 2) ? 0.5 : nil)
      let first = copy.look()
      let hasCrashed = copy.files.hasCrashed
      copy.files.restart()
      _ = try JSON.parse(try #require(copy.files.bytes(World.store)))
      // The second look may find that it has happened; whoever goes on writes down what became of it.
      let second = copy.look()
      _ = try copy.move(.hold, reason: "after the crash")
      let after = try World.Look(copy)
      #expect(after.progress.pending == nil && after.torn.isEmpty, "effect \(effect)")
      #expect(after.progress.agreement(with: after.flag, variants: nil) == .agrees, "effect \(effect)")
      if isRollback {
        #expect(after.progress.place == Self.first, "effect \(effect)")
        #expect(after.progress.hold?.automatic == true, "effect \(effect): it went back without a hold")
      } else {
        #expect(after.progress.degradedTo == "fast" && after.progress.place == Self.second, "effect \(effect)")
      }
      let verb: Entry.Action = isRollback ? .rollback : .degrade
      let done = after.entries.count { $0.content.action == verb && $0.content.outcome == .done }
      #expect(done == 1, "effect \(effect)")
      #expect(second.status != .conflict, "effect \(effect): \(second.reasons)")
      guard hasCrashed else {
        #expect(first.isDone)
        return
      }
    }
    Issue.record("it has no end")
  }
}
