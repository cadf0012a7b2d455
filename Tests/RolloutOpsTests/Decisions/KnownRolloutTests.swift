import Foundation
import Testing

@testable import RolloutOps

/// Whether a rollout is known, and what is said where none is.
@Suite struct KnownRolloutTests {
  @Test func everyVerbSaysItselfWhetherItWidens() {
    for verb in Verb.allCases {
      #expect(verb.widens == Entry.Action(rawValue: verb.rawValue)?.widens, "\(verb)")
    }
  }

  private static let broken = Path.tidied(
    Path.joined(Path.folder(of: "\(#filePath)"), "../../Fixtures/unopened.journal"))

  /// Somebody is in by a promotion that opened nothing.
  private func unopened() throws -> World {
    let world = World()
    try world.move(.promote)
    world.files.put(World.journal, Array(try #require(FileManager.default.contents(atPath: Self.broken))))
    return world
  }

  @Test func aPromotionThatOpenedNothingLeavesNoRollout() throws {
    let world = try unopened()
    let progress = Progress(try world.entries)
    #expect(progress.phase == .none && progress.place == .off && progress.plan == nil)
    #expect(try world.status().drift != nil)
  }

  @Test(arguments: Verb.allCases.filter { ![.kill, .adopt].contains($0) })
  func nothingIsSaidOfWhoIsServedWhereNoRolloutIsKnown(verb: Verb) throws {
    let world = try unopened()
    let report = try world.move(verb, reason: "because") { request in
      request.selector = .equals(attribute: "tenant", AttributeValue("acme"))
      request.variant = "fast"
    }
    #expect(report.status == .conflict)
    #expect(!report.decision.reasons.joined().contains("nobody"), "\(report.decision.reasons)")
  }

  /// With the flag turned off by hand the same journal lets a new rollout begin, at its first stage.
  @Test func whereNobodyIsInAnyMoreAPromotionOpensIt() throws {
    let world = try unopened()
    try world.serve("off")
    #expect(try world.move(.rollback).decision.reasons == ["nobody gets the canary"])
    let report = try world.move(.promote)
    #expect(report.status == .done && report.after.place == .stage(0, name: "internal"))
    #expect(try world.entries.dropLast().last?.content.isOpening == true)
  }

  /// A plan that a later version wrote is known, and cannot be gone by.
  @Test func aPlanThatCannotBeReadIsNoWordOnWhoIsServed() throws {
    let world = World()
    try world.move(.promote)
    var entries = try world.entries
    for index in entries.indices {
      entries[index].content.written = entries[index].content.written.map {
        $0.name == "plan" ? JSON.Member("plan", ["from": "a later version"]) : $0
      }
    }
    let progress = Progress(entries)
    #expect(progress.phase == .open && progress.plan == nil && progress.isOpened)
    for verb in [Verb.rollback, .abandon] {
      let situation = Situation(
        key: World.key, note: nil, progress: progress, shown: try world.flag, spelled: nil,
        store: Situation.StoreFacts(address: "file:flags.json", propagation: .zero), runbook: .missing,
        clock: world.clock.now(), actor: "maya")
      let decision = decide(Request(verb), in: situation)
      #expect(decision.status == .conflict && !decision.reasons.joined().contains("nobody"), "\(decision.reasons)")
    }
  }

  @Test(
    arguments: [
      (Serving.everyone("off"), JSON.bool(true), true), (.everyone("off"), .bool(false), false),
      (.everyone("control"), .bool(true), true), (.everyone("control"), "v6", false),
    ])
  func aVariantIsNotOffByItsNameAlone(serving: Serving, value: JSON, exposes: Bool) throws {
    guard case .everyone(let name) = serving else { return }
    let flag = Flag(variants: [Variants.Variant(name, value)], serving: serving, mark: nil)
    #expect(flag.exposes(control: nil) == exposes)
  }

  // MARK: A kill that nobody journaled

  /// The journal is full: the kill goes through, and is told only by the store.
  private func killedUnseen() throws -> World {
    let world = World()
    try world.move(.promote)
    try world.advance()
    world.files.fail(.append, on: ".journal", .diskFull)
    world.kill()
    world.files.stopFailing()
    return world
  }

  @Test(arguments: [Verb.promote, .hold, .rollback, .restore, .abandon])
  func theNextCommandWritesItDownFirst(verb: Verb) throws {
    let world = try killedUnseen()
    let count = try world.entries.count
    try world.move(verb, by: "lee", reason: "look")
    let kill = try world.entries[count]
    #expect(kill.content.action == .kill && kill.content.detail("found") == "in the store")
    #expect(kill.content.from == .stage(1, name: "5% of paid") && kill.content.to == .killed(serving: "off"))
  }

  @Test func aDryRunWritesNothingDown() throws {
    let world = try killedUnseen()
    let count = try world.entries.count
    #expect(try world.move(.promote, dryRun: true).status == .kill)
    #expect(try world.entries.count == count)
  }

  @Test func whoFoundAKillIsNotSaidToHaveDoneIt() throws {
    let world = try killedUnseen()
    let reasons = try world.move(.promote, by: "lee").decision.reasons
    #expect(reasons.contains("found killed in the store by lee"), "\(reasons)")
    #expect(StatusText(try world.status()).text.contains("found so by lee"))
  }

  // MARK: A kill beside a restore

  /// Somebody on another machine, whom no lock of ours keeps out, kills while the restore writes.
  @Test func aRestoreThatAKillOvertookSwitchesOffAgain() throws {
    let world = World()
    try world.move(.promote)
    world.kill()
    world.files.before(.create, on: "flags.json") { files in
      let journal = Journal(path: World.journal, flag: World.key, files: files)
      guard var reading = try? journal.read() else { return }
      let kill = Entry.Content(
        .kill, .done, flag: World.key, store: "file:flags.json", to: .killed(serving: "off"), reason: "still wrong")
      let who = Surroundings(workingFolder: "/w", actor: "oncall", host: "far", process: 9)
      try? journal.append(kill, to: &reading, at: files.clock.now(), by: who)
    }
    let report = try world.move(.restore, reason: "mended")
    #expect(report.status == .kill && report.decision.reasons[0].contains("oncall killed it"), "\(report.decision)")
    #expect(try world.flag?.mark?.killed == true && world.flag?.serving == .everyone("off"))
    #expect(try world.status().killed)
    #expect(try Progress(world.entries).pending == nil)
  }

  /// The flag is off already, and somebody may be switching it on in this moment: the journal tells them.
  @Test func aKillBesideAnOpenRestoreIsJournaled() throws {
    let world = World()
    try world.move(.promote)
    world.kill()
    let journal = Journal(path: World.journal, flag: World.key, files: world.files)
    var reading = try journal.read()
    let restore = Entry.Content(
      .restore, .intended, flag: World.key, store: "file:flags.json", from: .killed(serving: "off"),
      to: .stage(0, name: "internal"))
    try journal.append(restore, to: &reading, at: world.clock.now(), by: world.context().surroundings)
    #expect(world.kill(by: "lee").status == .done)
    let told = try world.entries.suffix(2).map { "\($0.actor) \($0.content.action) \($0.content.outcome)" }
    #expect(told == ["lee restore undone", "lee kill done"])
    // Whoever killed it first did.
    #expect(try world.status().kill?.actor == "oncall")
  }

  @Test func anOpenWideningIsKnown() throws {
    let world = World()
    try world.move(.promote)
    #expect(try !Progress(world.entries).hasOpenWidening)
    let entries = try world.entries
    let opening = try #require(entries.first)
    #expect(Progress([opening]).hasOpenWidening)
    #expect(!Progress(entries).hasOpenWidening)
  }
}
