import Testing

@testable import RolloutOps

/// An entry whose action is known and whose detail this version cannot read: it stays where it is, whoever widens stops
/// before it, and whoever narrows goes on.
@Suite struct UnreadableDeedTests {
  private static let details: [(action: Entry.Action, detail: [JSON.Member])] = [
    (.exclude, []), (.exclude, [JSON.Member("selector", "tenant ~ acme")]),
    (.include, [JSON.Member("selector", ["tenant": "acme"])]),
    (.replan, [JSON.Member("plan", ["from": "a later version"])]),
    (.adopt, [JSON.Member("shown", "f"), JSON.Member("exclusions", ["tenant ~ acme", 5])]),
  ]

  /// A rollout at its first stage, with such an entry behind it.
  private func world(_ index: Int) throws -> World {
    let world = World()
    try world.move(.promote)
    let journal = Journal(path: World.journal, flag: World.key, files: world.files)
    var reading = try journal.read()
    let (action, detail) = Self.details[index]
    let content = Entry.Content(
      action, .done, flag: World.key, store: "file:flags.json", from: .stage(0, name: "internal"),
      to: .stage(0, name: "internal"), reason: "later", written: detail)
    try journal.append(content, to: &reading, at: world.clock.now(), by: world.context().surroundings)
    return world
  }

  @Test(arguments: details.indices)
  func whoeverWidensStopsBeforeIt(index: Int) throws {
    let world = try world(index)
    let number = try #require(try world.entries.last?.sequence)
    #expect(try Set(Progress(world.entries).notUnderstood) == [number])
    for verb in [Verb.promote, .finish, .resume] {
      let report = try world.move(verb, reason: "go on")
      #expect(report.status == .inconclusive, "\(verb) \(report.decision.reasons)")
      #expect(report.decision.reasons.first?.contains("entry \(number) of the journal") == true)
    }
  }

  @Test(arguments: details.indices)
  func aKillGoesThrough(index: Int) throws {
    let world = try world(index)
    let before = try #require(world.files.bytes(World.journal))
    #expect(world.kill().status == .done)
    #expect(try world.flag?.mark?.killed == true)
    let after = try #require(world.files.bytes(World.journal))
    #expect(after.starts(with: before) && after.count > before.count)
    #expect(try world.entries.last?.content.action == .kill)
  }

  /// What was put there is told as it stands, also where it is no selector.
  @Test func historyTellsTheTextAsItStands() throws {
    let world = try world(1)
    let report = try History(context: world.context(), choices: OperatorChoices())
      .history(of: World.key.text, History.Filter())
    #expect(report.text(ink: .none).contains("tenant ~ acme"))
  }
}
