import Testing

@testable import RolloutOps

/// Many looks: when they come, what is told of them, and what they leave behind.
@Suite struct WatchLoopTests {
  /// One round, then the clock goes to the next one.
  @discardableResult
  func round(_ loop: inout WatchLoop, _ world: World) -> [WatchReport] {
    var reports: [WatchReport] = []
    loop.round { reports.append($0) }
    world.clock.pause(microseconds: loop.pause)
    return reports
  }

  func loop(_ world: World, _ targets: [String] = [World.note], every interval: TimeSpan? = .minutes(1)) -> WatchLoop {
    WatchLoop(Watch(context: world.context("ci"), choices: OperatorChoices()), targets, every: interval)
  }

  @Test func onlyWhatChangedIsNews() throws {
    let world = try World.watched(World.automaticNote.replacing("25% of paid 0s", "25% of paid 1h"))
    world.send(.sound)
    var loop = loop(world)
    let first = round(&loop, world)[0]
    #expect(first.isNews && first.status == .hold && first.reasons[0].hasPrefix("soak: "), "\(first.reasons)")
    let second = round(&loop, world)[0]
    #expect(second.reasons != first.reasons, "the figures went on")
    #expect(!second.isNews)
    world.send(.failing)
    let third = round(&loop, world)[0]
    #expect(third.isNews && third.isDone)
  }

  @Test func aLookComesEveryInterval() throws {
    let world = try World.watched()
    world.send(.sound)
    var loop = loop(world, every: .minutes(5))
    round(&loop, world)
    #expect(loop.pause == 0)
    var reports = 0
    loop.round { _ in reports += 1 }
    loop.round { _ in reports += 1 }
    #expect(reports == 1 && loop.pause == 300_000_000)
  }

  /// Doubling up to ten minutes; said when it begins and when it is over.
  @Test func evidenceThatDoesNotAnswerIsAskedEverMoreRarely() throws {
    let world = try World.watched()
    world.files.fail(.read, on: "today.ndjson", .notPermitted)
    var loop = loop(world)
    var pauses: [Int] = []
    var said: [Bool] = []
    for _ in 0..<6 {
      let before = world.clock.now()
      let report = round(&loop, world)[0]
      #expect(report.status == .hold)
      said.append(report.remarks.contains { $0.contains("could not be read") })
      pauses.append(world.clock.now().since(before).seconds / 60)
    }
    #expect(pauses == [1, 2, 4, 8, 10, 10])
    #expect(said == [true, false, false, false, false, false])
    world.files.stopFailing()
    world.send(.sound)
    let back = round(&loop, world)[0]
    #expect(back.isNews && back.remarks == ["the evidence can be read again"] && back.status == .done)
    #expect(!round(&loop, world)[0].isNews)
  }

  @Test func aBrokenNoteDoesNotStopTheOthers() throws {
    let world = try World.watched()
    world.files.put("/w/notes/broken.md", "Flag: x\nTier: nine\n")
    world.send(.failing)
    var loop = loop(world, ["/w/notes/broken.md", "/w/notes/lost.md", World.note, World.note])
    let reports = round(&loop, world)
    #expect(reports.map(\.status) == [.badNote, .usage, .rollback])
    #expect(ExitStatus.worst(reports.map(\.status)) == .rollback)
    // Once said is enough.
    #expect(round(&loop, world).prefix(2).allSatisfy { !$0.isNews })
  }

  @Test func eachLookLeavesASignOfLifeAndNoEntry() throws {
    let world = try World.watched()
    world.send(.sound)
    let journal = Journal(path: World.journal, flag: World.key, files: world.files)
    #expect(journal.heartbeat == nil)
    var loop = loop(world)
    let entries = try world.entries.count
    var beats: [Instant] = []
    for _ in 0..<3 {
      let now = world.clock.now()
      round(&loop, world)
      let beat = try #require(journal.heartbeat)
      #expect(beat.time == now && beat.next == now + .minutes(1) && beat.actor == "ci" && beat.status == 0)
      beats.append(beat.time)
    }
    #expect(beats == beats.sorted() && Set(beats).count == 3)
    #expect(try world.entries.count == entries)
    #expect(world.files.paths.filter { $0.contains(".watch") } == [World.journal + ".watch"])
    let beat = try #require(journal.heartbeat)
    #expect(!beat.isSilent(at: world.clock.now()))
    world.clock.advance(.minutes(5))
    #expect(beat.isSilent(at: world.clock.now()))
  }

  /// A disk that takes no sign of life stops no look, and that is said once.
  @Test func aHeartbeatThatCannotBeWrittenIsARemark() throws {
    let world = try World.watched()
    world.send(.sound)
    world.files.fail(.create, on: ".watch", .diskFull)
    var loop = loop(world)
    let first = round(&loop, world)[0]
    #expect(first.status == .done && first.remarks.count == 1)
    #expect(round(&loop, world)[0].remarks == [])
  }

  @Test func aLookIsOneValueInJSON() throws {
    let world = try World.watched()
    world.send(.failing)
    let json = world.look().json
    #expect(json["flag"] == "ai-summary" && json["decision"] == "rollback" && json["exit"] == 4)
    #expect(json["verb"] == "rollback" && json["done"] == true && json["target"]?.text == World.note)
    #expect(json["from"]?["name"] == "25% of paid" && json["to"]?["name"] == "5% of paid")
    #expect(json["stage"]?["name"] == "5% of paid" && json["held"]?["automatic"] == true)
    #expect(json["gates"]?.items?.contains { $0["verdict"] == "breach" } == true)
    #expect(json["because"] == json["held"]?["reason"])
    let lost = world.look(at: "/w/notes/lost.md").json
    #expect(lost["exit"] == 2 && lost["error"]?.items?.count == 1)
  }
}
