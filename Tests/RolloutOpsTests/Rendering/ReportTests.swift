import Testing

@testable import RolloutOps

/// The words of the reports that are no status of one rollout.
struct ReportTests {
  private func fleet(_ world: World) throws -> FleetReport {
    try Status(context: world.context(), choices: OperatorChoices()).fleet()
  }

  private func kill(_ world: World, reason: String) {
    var choices = OperatorChoices()
    choices.reason = reason
    _ = Kill(context: world.context("oncall"), choices: choices, to: nil).perform([World.key.text])
  }

  @Test func fleetOfOneThatWaits() throws {
    let world = World()
    try world.move(.promote)
    let text = try fleet(world).text(ink: .none, width: 120)
    #expect(
      text == "○ ai-summary   internal   hold: parse failures above 2%: nobody has looked at internal yet")
  }

  @Test func fleetOfOneThatIsKilled() throws {
    let world = World()
    try world.move(.promote)
    kill(world, reason: "loops")
    let report = try fleet(world)
    #expect(
      report.text(ink: .none, width: 120)
        == "■ ai-summary   killed   by oncall, Sat 21 Nov 10:00 +00:00, just now: “loops”")
    #expect(report.markdown.contains("| killed | kill | by oncall, Sat 21 Nov 10:00 +00:00: “loops” |"))
  }

  @Test func fleetWithAJournalThatCannotBeRead() throws {
    let world = World()
    world.files.put(World.journal, "nonsense\n")
    #expect(try fleet(world).text(ink: .none, width: 200).hasPrefix("? ai-summary   \(World.journal):1: "))
    #expect(try fleet(world).status == .inconclusive)
    #expect(try fleet(world).failures.first?.hasPrefix("\(World.journal):1: ") == true)
    #expect(try fleet(World()).text(ink: .none, width: 80).hasPrefix("no rollouts yet"))
    #expect(try fleet(World()).status == .done)
  }

  /// Over a thousand rollouts a note that nobody touched is not read again; one that was edited is.
  @Test func fleetSeesAnEditedNote() throws {
    let world = World()
    try world.move(.promote)
    world.files.put(World.note, World.plainNote + "\n\nA word more, and the same plan.\n")
    #expect(try fleet(world).lines.first?.report?.reasons == world.status().reasons)
    #expect(try fleet(world).lines.first?.report?.status == .hold)
    world.files.put(World.note, World.plainNote.replacing("25% of paid 0s", "20% of paid 0s"))
    #expect(try fleet(world).lines.first?.report?.status == .conflict)
    // What a later command says of the note does not make it the one that was planned by.
    try world.move(.hold)
    #expect(try fleet(world).lines.first?.report?.status == .conflict)
    try world.move(.resume)
    try world.move(.replan, reason: "slower")
    #expect(try fleet(world).lines.first?.report?.status == .hold)
    #expect(try fleet(world).lines.first?.report?.reasons == world.status().reasons)
  }

  @Test func plan() throws {
    let world = World()
    let report = try PlanPreview(context: world.context()).plan(World.note, at: nil)
    #expect(
      report.text(ink: .none).split(separator: "\n") == [
        "ai-summary   summary prompt v6 -> v7   tier 3   schedule of the note",
        "  Sat 21 Nov 10:00 +00:00   internal      no soak   team = staff",
        "  Sat 21 Nov 10:00 +00:00   5% of paid    no soak   5% of plan = paid, by tenant   needs gates",
        "  Sat 21 Nov 10:00 +00:00   25% of paid   no soak   25% of plan = paid, by tenant   needs gates",
        "  Sat 21 Nov 10:00 +00:00   100%          no soak   everybody   needs gates",
        "  finish: not before Sat 21 Nov 10:00 +00:00",
        "  Each stage also waits for its gates; these are the earliest dates by soak alone.",
      ])
  }

  @Test func aMoveSaysWhoIsIn() throws {
    let world = World()
    let first = try world.move(.promote)
    #expect(
      first.text(ink: .none, width: 100).split(separator: "\n").prefix(2) == [
        "ai-summary   promote: off → internal", "  now: team = staff",
      ])
    let second = try world.advance()
    #expect(second.text(ink: .none, width: 100).contains("\n  now: team = staff; 5% of plan = paid"))
    let back = try world.move(.rollback)
    #expect(back.markdown.hasSuffix("**rollback**: 5% of paid → internal"))
    #expect(back.text(ink: .none, width: 100).contains("\n  now: team = staff"))
    let held = try world.move(.hold)
    #expect(!held.text(ink: .none, width: 100).contains("now:"))
    #expect(!(try world.move(.promote, dryRun: true)).text(ink: .none, width: 100).contains("now:"))
  }

  @Test func aMoveThatExcludesSaysSoOnce() throws {
    let world = World()
    try world.move(.promote)
    let report = try world.move(.exclude, reason: "asked") {
      $0.selector = .equals(attribute: "tenant", AttributeValue("acme"))
    }
    #expect(report.text(ink: .none, width: 100).contains("\n  now: team = staff, without tenant = acme"))
    #expect(!report.text(ink: .none, width: 100).contains("\n  without"))
  }

  @Test func theRightPlaceComesBeforeANewFile() {
    let trouble = Trouble.store(.file(FileTrouble(.reading, "/w/flags.json", .missing)))
    #expect(
      trouble.sentences == [
        "there is no flag file at /w/flags.json",
        "name the right one with --store, or run it where rolloutctl.json is "
          + "(a new one: echo '{\"flags\": {}}' > /w/flags.json)",
      ])
    #expect(
      Trouble.noteFile(path: "a.md", FileTrouble(.reading, "/w/a.md", .missing)).sentences == [
        "there is no note at a.md; if it moved, name its new path; rolloutctl init a.md writes a new one"
      ])
  }

  /// Names and reasons are other people's text: none of it may steer a terminal.
  @Test func noControlCharactersReachTheText() throws {
    let bad = "x\u{1B}]0;owned\u{07}\u{9B}2J\r\u{202E}y"
    let world = World()
    try world.move(.promote, by: "maya\(bad)")
    try world.move(.hold, by: "maya\(bad)", reason: bad)
    let key = FlagKey("flag\u{1B}[2J")
    let folder = JournalFolder(path: "/w/flags.json.rollout", files: world.files)
    var reading = JournalReading()
    let journal = folder.journal(of: key)
    try journal.append(
      Entry.Content(
        .attest, .done, flag: key, store: "file:flags.json", from: .stage(0, name: bad), to: .stage(1, name: bad),
        reason: bad, written: [JSON.Member("item", .string(bad)), JSON.Member("why", .string(bad))]),
      to: &reading, at: world.clock.now(), by: world.context(bad).surroundings)
    let recalling = History(context: world.context(), choices: OperatorChoices())
    let status = try world.status()
    kill(world, reason: bad)
    let texts = [
      StatusText(status).text, StatusText(try world.status()).text, status.markdown,
      try world.status().markdown, try fleet(world).text(ink: .none, width: 100), try fleet(world).markdown,
      try recalling.changes(since: "24h", until: nil).text(ink: .none),
      try recalling.changes(since: "24h", until: nil).markdown,
      try recalling.history(of: nil, History.Filter()).text(ink: .none),
      try world.move(.promote).text(ink: .none, width: 100), try world.move(.promote).markdown,
    ]
    for text in texts {
      let steering = text.unicodeScalars.filter { scalar in
        scalar != "\n" && [.control, .format].contains(scalar.properties.generalCategory)
      }
      #expect(steering.isEmpty, "\(steering.map(\.value)) in \(text.debugDescription)")
    }
    #expect(texts.contains { $0.contains("owned") }, "the hostile text was there")
  }
}
