import Testing

@testable import RolloutOps

/// Looking back over one journal or many, whole or not.
struct HistoryTests {
  private static let other = "/w/flags.json.rollout/other.journal"

  private func changes(_ world: World) throws -> HistoryReport {
    try History(context: world.context(), choices: OperatorChoices()).changes(since: "24h", until: nil)
  }

  private func history(_ world: World, of target: String?, verify: Bool = false, newest limit: Int? = nil) throws
    -> HistoryReport
  {
    var filter = History.Filter()
    (filter.verify, filter.limit) = (verify, limit)
    return try History(context: world.context(), choices: OperatorChoices()).history(of: target, filter)
  }

  /// The journal without its last line.
  private func loseOutcome(_ world: World) throws {
    let lines = try #require(world.files.text(World.journal)).split(separator: "\n")
    world.files.put(World.journal, lines.dropLast().map { $0 + "\n" }.joined())
  }

  @Test func aMoveWhoseOutcomeWasLostIsAmongTheChanges() throws {
    let world = World()
    try world.move(.promote)
    try loseOutcome(world)
    let report = try changes(world)
    #expect(
      report.text(ink: .none)
        == "Sat 21 Nov 10:00 +00:00  just now     ai-summary  maya  promote interrupted?  off → internal  plan of 4 stages"
    )
    #expect(report.markdown.contains("| promote | interrupted? | internal |"))
    #expect(report.status == .done)
  }

  @Test func anAttestationIsNoChange() throws {
    let world = World()
    try world.move(.promote)
    try world.attest("gates")
    #expect(try changes(world).text(ink: .none).split(separator: "\n").count == 1)
    #expect(try history(world, of: "ai-summary").text(ink: .none).split(separator: "\n").count == 2)
  }

  @Test func aBrokenJournalHidesNoOther() throws {
    let world = World()
    try world.move(.promote)
    world.files.put(Self.other, "nonsense\n")
    for report in [try changes(world), try history(world, of: nil)] {
      #expect(report.text(ink: .none).contains("ai-summary  maya  promote  off → internal"))
      #expect(report.failures.first?.hasPrefix("\(Self.other):1: this is no journal entry") == true)
      #expect(report.status == .inconclusive)
      #expect(report.json["exit"]?.integer == 1)
      #expect(report.json["unread"]?.items?.first?["flag"]?.text == "other")
    }
    #expect(throws: Trouble.self) { try history(world, of: "other") }
    #expect(try history(world, of: nil, verify: true).status == .inconclusive)
  }

  @Test func anOutcomeSaysWhatItsIntentSaid() throws {
    let world = World()
    try world.move(.promote)
    try world.move(.exclude, reason: "asked") { $0.selector = .equals(attribute: "tenant", AttributeValue("acme")) }
    let report = try history(world, of: "ai-summary")
    let entries = try #require(report.json["entries"]?.items)
    let done = entries.filter { $0["outcome"]?.text == "done" }
    #expect(done.first?["detail"]?["plan"]?["stages"] != nil)
    #expect(done.first?["detail"]?["of"]?.integer == 1)
    #expect(done.last?["detail"]?["selector"]?.text == "tenant = acme")
    let lines = report.text(ink: .none).split(separator: "\n")
    #expect(
      lines == [
        "Sat 21 Nov 10:00 +00:00  just now     maya  promote  off → internal  plan of 4 stages",
        "Sat 21 Nov 10:00 +00:00  just now     maya  exclude  at internal  tenant = acme  “asked”",
      ])
    #expect(report.markdown.contains("| exclude | done | internal | tenant = acme | asked |"))
  }

  @Test func theNewestAreCountedAsTheyAreShown() throws {
    let world = World()
    try world.move(.promote)
    try world.advance()
    try world.move(.rollback)
    let all = try history(world, of: "ai-summary").text(ink: .none).split(separator: "\n")
    #expect(all.count == 4)
    for count in 1...5 {
      let newest = try history(world, of: "ai-summary", newest: count)
      #expect(newest.text(ink: .none).split(separator: "\n") == all.suffix(count))
      #expect(newest.markdown.split(separator: "\n").count == 2 + min(count, 4))
    }
    // A script gets the two entries of each move, in their order.
    let entries = try #require(try history(world, of: "ai-summary", newest: 3).json["entries"]?.items)
    #expect(entries.compactMap { $0["seq"]?.integer } == [3, 4, 5, 6, 7])
    #expect(entries.compactMap { $0["outcome"]?.text } == ["done", "intended", "done", "intended", "done"])
    #expect(try history(world, of: "ai-summary").json["entries"]?.items?.count == 7)
  }

  @Test(arguments: [
    ("ai-sumary", "there is no journal of ai-sumary; did you mean ai-summary?"),
    ("zzz", "there is no journal of zzz; there are journals of ai-summary"),
  ])
  func anUnknownKeyIsRefused(key: String, sentence: String) throws {
    let world = World()
    try world.move(.promote)
    do {
      _ = try history(world, of: key)
      Issue.record("\(key) was taken")
    } catch let trouble as Trouble {
      #expect(trouble.sentences == [sentence])
      #expect(trouble.status == .usage)
    }
  }

  @Test func aNoteWithoutAJournalHasNoPast() throws {
    #expect(try history(World(), of: World.note).text(ink: .none) == "the journal is empty")
  }
}
