import Foundation
import Glibc
import Testing

@testable import RolloutOps

/// What is claimed of Unleash, against a real server: the open-source edition on PostgreSQL.
@Suite(.serialized, .waits, .enabled(if: RealUnleash.isWanted, RealUnleash.reason), .timeLimit(.minutes(5)))
struct RealUnleashTests {
  let unleash: RealUnleash

  init() throws {
    unleash = try RealUnleash.shared.get()
    try unleash.fail()
    _ = try unleash.asked()
  }

  private static let off = Flag(
    variants: Variants.boolean.all, serving: .everyone("off"), mark: Flag.Mark(killed: true, killsTo: "off"))

  private func order(_ key: FlagKey, _ looks: [FlagKey: Result<FlagReading, StoreTrouble>]) throws -> KillOrder {
    KillOrder(Self.off, over: try #require(looks[key]).get(), Occasion(.kill))
  }

  private func trouble(_ body: () throws -> Void) throws -> StoreTrouble {
    try #require(throws: StoreTrouble.self) { try body() }
  }

  /// What a server does when it can, some time after it was told to.
  private func comesOff(_ key: String) throws -> Bool {
    for _ in 0..<500 {
      if try !unleash.isOn(key) { return true }
      usleep(20_000)
    }
    return false
  }

  // MARK: A rollout

  /// A server on which no flag was ever tagged refuses a new flag that comes with its tag.
  @Test func theFirstPromotionOfAServerAndTheWholeRolloutAfterIt() throws {
    let desk = try RealUnleash.Desk(unleash, "first-of-all")
    _ = try? unleash.ask(.delete, "/api/admin/tags/simple/rolloutctl-development")
    try desk.done("promote", LiveWorld.note)
    #expect(try unleash.isOn("first-of-all"))
    let tags = try unleash.ask(.get, "/api/admin/features/first-of-all/tags")["tags"]?.items
    #expect(tags?.compactMap { $0["value"]?.text } == ["rolloutctl-development"])
    for stage in ["5% of paid", "25% of paid"] { try desk.enter(stage) }
    // The last stage deletes strategies. A network brings that twice, and the second is answered with 404.
    try unleash.fail(["method": "DELETE", "do": ["twice": true]])
    try desk.enter("100%")
    #expect(try unleash.asked().contains { $0.hasPrefix("DELETE") })
    try desk.done("kill", "first-of-all")
    #expect(try !unleash.isOn("first-of-all"))
    try desk.done("restore", "first-of-all", "--reason", "mended")
    #expect(try unleash.isOn("first-of-all"))
  }

  // MARK: The pieces of a kill

  @Test func manyTakeOneLookAndOneChange() throws {
    let names = (1...5).map { "many-\($0)" }
    for name in names { try unleash.make(name) }
    let (keys, store) = (names.map { FlagKey($0) }, try unleash.store())
    let looks = store.look(keys)
    #expect(try unleash.asked() == ["GET …/features"])
    let orders = try keys.map { try order($0, looks) }
    // In the archive meanwhile: a change of many holds for all or none, and then for each.
    try unleash.ask(.delete, "\(RealUnleash.project)/features/many-5")
    let sent = store.send(orders)
    for (name, outcome) in zip(names, sent).dropLast() {
      #expect((try? outcome.get()) == .flag, "\(outcome)")
      #expect(try !unleash.isOn(name))
    }
    guard case .failure(.occupied(let why)) = sent[4] else {
      Issue.record("\(sent[4])")
      return
    }
    #expect(why.contains("many-5 is archived in Unleash"))
    let asked = try unleash.asked()
    #expect(asked.first == "POST …/bulk_features/environments/development/off")
    // They were nobody's, and are remembered as killed.
    let again = store.look(keys)
    for key in keys.dropLast() { #expect(try again[key]?.get().flag?.mark?.killed == true) }
    guard case .failure(.occupied) = again[keys[4]] else {
      Issue.record("\(String(describing: again[keys[4]]))")
      return
    }
    _ = try unleash.asked()
    #expect(store.send(try keys.dropLast().map { try order($0, again) }).allSatisfy { (try? $0.get()) == .flag })
    #expect(try unleash.asked() == ["POST …/bulk_features/environments/development/off"])
  }

  @Test(arguments: ["answers 500", "answers 403", "hangs"]) func theSwitchTakesNoLook(way: String) throws {
    let name = "blind-\(way.filter(\.isNumber))"
    try unleash.make(name)
    let status = JSON.number(Int(way.filter(\.isNumber)) ?? 0)
    let does: JSON = way == "hangs" ? ["delay": 30] : ["answer": ["status": status, "body": "{}"]]
    try unleash.fail(["method": "GET", "path": .string("/features/\(name)"), "times": 9, "do": does])
    let look = try #require(unleash.store(milliseconds: 500).look([FlagKey(name)])[FlagKey(name)])
    guard case .failure = look else {
      Issue.record("\(look)")
      return
    }
    try unleash.store().switchOff(FlagKey(name), Occasion(.kill))
    #expect(try !unleash.isOn(name))
  }

  @Test func aSwitchThatAFrozenDatabaseTookComesTrueWhenItThaws() throws {
    try unleash.make("frozen")
    try unleash.frozen {
      let store = try unleash.store(milliseconds: 1500)
      guard case .unanswered(let trouble) = try trouble({ try store.switchOff(FlagKey("frozen"), Occasion(.kill)) })
      else {
        Issue.record("it was answered")
        return
      }
      #expect(trouble.maybeSent)
    }
    #expect(try comesOff("frozen"))
  }

  @Test func segmentsStandInNoKillsWay() throws {
    try unleash.ask(.post, "/api/admin/segments", ["name": "beta", "constraints": []])
    let desk = try RealUnleash.Desk(unleash, "segmented") { note in
      note.replacing("- internal: team = staff", with: "- internal: segment = beta")
    }
    try desk.done("promote", LiveWorld.note)
    try unleash.fail(["path": "/segments", "times": 99, "do": ["answer": ["status": 500]]])
    let store = try unleash.store()
    let looks = store.look([FlagKey("segmented")])
    guard case .split(let split)? = try looks[FlagKey("segmented")]?.get().flag?.serving else {
      Issue.record("\(looks)")
      return
    }
    #expect(split.exposure.grants.first?.cohort == .equals(attribute: "segment", AttributeValue("beta")))
    #expect((try? store.send([order(FlagKey("segmented"), looks)])[0].get()) == .flag)
    #expect(try !unleash.isOn("segmented"))
  }

  @Test func whatIsNotThereIsSaid() throws {
    let key = FlagKey("nobody-made-it")
    let store = try unleash.store()
    let words = Sentences.store(try trouble { try store.switchOff(key, Occasion(.kill)) }).joined()
    #expect(words.contains("the flag nobody-made-it is not there"), "\(words)")
    #expect(try #require(store.look([key])[key]).get().flag == nil)
    try unleash.make("archived")
    try unleash.ask(.delete, "\(RealUnleash.project)/features/archived")
    guard case .failure(.occupied(let why))? = store.look([FlagKey("archived")])[FlagKey("archived")] else {
      Issue.record("an archived flag is none that never was")
      return
    }
    #expect(why.contains("archived is archived in Unleash"))
  }

  // MARK: Whether a kill would work

  @Test func doctorTellsWhatHasNoPlaceAndWhatIsClosed() throws {
    let desk = try RealUnleash.Desk(unleash, "healthy")
    #expect(try desk.run("doctor").output.contains("the project default has the environment development"))
    let address = try unleash.address
    for (place, missing) in [("nope/development", "no project nope"), ("default/nope", "no environment nope")] {
      let store = address.replacing("default/development", with: place)
      let outcome = try desk.run("doctor", "--store", store)
      #expect(outcome.status == 1 && outcome.output.contains(missing), "\(outcome)")
    }
    let stage = try unleash.stage()
    try stage.maintain(true)
    defer { try? stage.maintain(false) }
    let outcome = try desk.run("doctor")
    #expect(outcome.status == 1 && outcome.output.contains("maintenance mode"), "\(outcome)")
    let trouble = try trouble { try unleash.store().switchOff(FlagKey("healthy"), Occasion(.kill)) }
    #expect(Sentences.store(trouble).joined().contains("Unleash is currently in maintenance mode"), "\(trouble)")
  }
}

extension RealUnleashTests {
  /// The same through the real binary, whose kill must then send the switch without a look.
  @Suite struct Kills {
    let unleash: RealUnleash

    init() throws {
      unleash = try RealUnleash.shared.get()
      try unleash.fail()
      _ = try unleash.asked()
    }

    /// Without its database the server cannot tell, or is not even there: nothing is done, and nothing is said to be.
    @Test func aDatabaseThatIsStoppedStopsNothingForGood() throws {
      let desk = try RealUnleash.Desk(unleash, "stopped")
      try desk.done("promote", LiveWorld.note)
      try unleash.withoutDatabase {
        let killed = try desk.run("kill", "stopped", "--within", "4s")
        #expect(killed.status == 1 && !killed.output.contains("OFF: everybody gets \"off\""), "\(killed)")
        let restored = try desk.run("rollback", "stopped", "--to", "off", "--reason", "slow")
        #expect(restored.status == 1, "\(restored)")
        #expect(try desk.run("status", "stopped").status == 1)
      }
      let killed = try desk.done("kill", "stopped", "--within", "30s")
      #expect(try !unleash.isOn("stopped"), "\(killed)")
      try desk.done("restore", LiveWorld.note, "--reason", "it is back")
      #expect(try unleash.isOn("stopped"))
    }

    /// In the middle of a life, and a kill right after it.
    @Test func aServerThatWasStartedAnewKnowsWhereItWas() throws {
      let desk = try RealUnleash.Desk(unleash, "anew")
      try desk.done("promote", LiveWorld.note)
      try unleash.restart()
      #expect(try desk.done("status", "anew").output.contains("▶ internal"))
      try desk.done("exclude", LiveWorld.note, "tenant=acme", "--reason", "asked")
      try unleash.restart()
      try desk.done("kill", "anew")
      #expect(try !unleash.isOn("anew"))
      try desk.done("restore", LiveWorld.note, "--reason", "mended")
      #expect(try desk.done("status", "anew").output.contains("without tenant = acme"))
    }

    /// It says that it may be off, and never that it is: nobody could look.
    @Test func aKillInAFrozenDatabaseIsOffWhenItThaws() throws {
      let desk = try RealUnleash.Desk(unleash, "frozen-kill")
      try desk.done("promote", LiveWorld.note)
      try unleash.frozen {
        let outcome = try desk.run("kill", "frozen-kill", "--within", "4s")
        #expect(outcome.status == 1 && outcome.description.contains("may be off"), "\(outcome)")
      }
      for _ in 0..<500 where try unleash.isOn("frozen-kill") { usleep(20_000) }
      #expect(try !unleash.isOn("frozen-kill"))
    }

    @Test(arguments: [500, 403]) func aKillWhoseLooksFailIsSentAllTheSame(status: Int) throws {
      let name = "sent-\(status)"
      let desk = try RealUnleash.Desk(unleash, name)
      try desk.done("promote", LiveWorld.note)
      try unleash.fail([
        "method": "GET", "path": "/features", "times": 9999,
        "do": ["answer": ["status": .number(status), "body": "{}"]],
      ])
      let outcome = try desk.run("kill", name, "--within", "4s")
      #expect(outcome.status == 1 && outcome.description.contains("may be off"), "\(outcome)")
      #expect(try !unleash.isOn(name))
    }

    @Test func aKillBesideAHangingLookIsOffAndReadBack() throws {
      let desk = try RealUnleash.Desk(unleash, "hanging")
      try desk.done("promote", LiveWorld.note)
      try unleash.fail(["method": "GET", "path": "/features/hanging$", "do": ["delay": 8]])
      let outcome = try desk.run("kill", "hanging", "--within", "20s")
      #expect(outcome.status == 0 && !outcome.output.contains("NOT off"), "\(outcome)")
      #expect(try !unleash.isOn("hanging"))
    }

    @Test func segmentsThatFailStandInNoKillsWay() throws {
      _ = try? unleash.ask(.post, "/api/admin/segments", ["name": "gamma", "constraints": []])
      let desk = try RealUnleash.Desk(unleash, "gamma-flag") { note in
        note.replacing("- internal: team = staff", with: "- internal: segment = gamma")
      }
      try desk.done("promote", LiveWorld.note)
      try unleash.fail(["path": "/segments", "times": 99, "do": ["answer": ["status": 500]]])
      try desk.done("kill", "gamma-flag")
      #expect(try !unleash.isOn("gamma-flag"))
    }
  }
}
