import Testing

@testable import RolloutOps

/// The words of a status, line by line.
struct StatusTextTests {
  private func lines(_ world: World) throws -> [String] { StatusText(try world.status()).lines }

  @Test func running() throws {
    let world = World()
    try world.move(.promote)
    let lines = try lines(world)
    #expect(
      lines == [
        "ai-summary   prompt_version v6 → v7   tier 3   owner maya   file:flags.json",
        "  ▶ internal     team = staff   since Sat 21 Nov 10:00 +00:00",
        "  · 5% of paid · 25% of paid · 100%",
        "Gates (no machine measures them: look at https://dashboards.example.com/d/summary, then attest gates)",
        "  rolloutctl attest ai-summary gates --evidence \"…\"",
        "  ○ rollback if parse failures above 2%   nobody has looked at internal yet",
        "Checklist: 4 of 8 (advice at tier 3; it blocks nothing)",
        "  ✓ flag           ai-summary is in file:flags.json",
        "  · kill-drill     flip it once and attest kill-drill, or kill and restore at the internal stage",
        "  · fallback       try what users see when the flag is off (off -> plain text), then attest fallback",
        "  ✓ internal       internal lasted 0s",
        "  ✓ ramp           percentage stages and a rollback trigger are set",
        "  ✓ dashboard      https://dashboards.example.com/d/summary",
        "  · nightly-eval   have production samples judged every night, then attest nightly-eval",
        "  · runbook        the note names no runbook; write one and name it",
        "  rolloutctl attest ai-summary ITEM --evidence \"…\"",
        "→ hold: parse failures above 2%: nobody has looked at internal yet",
      ])
  }

  @Test func held() throws {
    let world = World()
    try world.move(.promote)
    try world.move(.hold, reason: "lunch")
    let lines = try lines(world)
    #expect(lines.contains("  ‖ held by maya since Sat 21 Nov 10:00 +00:00, just now: lunch"))
    #expect(lines.last == "→ held: rolloutctl resume ai-summary --reason \"…\" lifts it")
  }

  @Test func killed() throws {
    let world = World()
    try world.move(.promote)
    world.kill()
    let lines = try lines(world)
    #expect(lines[1] == "  ■ killed at internal by oncall, Sat 21 Nov 10:00 +00:00, just now: everybody gets \"off\"")
    #expect(
      lines.suffix(2) == [
        "→ it stays off until somebody restores it",
        "  when fixed: rolloutctl restore ai-summary --reason \"…\"",
      ])
  }

  @Test func killedAndThenChanged() throws {
    let world = World()
    try world.move(.promote)
    world.kill()
    try world.serve("on")
    let text = try lines(world)
    #expect(
      text[1...4] == [
        "  ■ was killed at internal by oncall, Sat 21 Nov 10:00 +00:00, just now, but the store shows something else",
        "  ≠ drift  the store does not show what the journal says",
        "      journal  everybody gets \"off\"",
        "      store    everybody gets \"on\"",
      ])
    #expect(
      text.last == "→ conflict: the store does not show what the journal says: "
        + "see status, then adopt, rollback --to off or kill")
    #expect(try world.status().markdown.contains("**Was killed**, but the store shows something else."))
  }

  @Test func turnedOffByAStranger() throws {
    let world = World()
    try world.move(.promote)
    try world.serve("off")
    #expect(
      try lines(world)[1] == "  ■ turned off in the store: everybody gets \"off\"; this journal does not know by whom")
  }

  @Test func markedAsKilledByAnotherJournal() throws {
    let world = World()
    try world.move(.promote)
    world.kill()
    world.files.erase(World.journal)
    #expect(
      try lines(world)[1]
        == "  ■ marked as killed in the store: everybody gets \"off\"; this journal does not know by whom")
  }

  @Test func finished() throws {
    let world = World()
    try world.move(.promote)
    for _ in 0..<3 { try world.advance() }
    try world.attest("gates")
    try world.move(.exclude, reason: "asked") { $0.selector = .equals(attribute: "tenant", AttributeValue("acme")) }
    try world.move(.finish, reason: "agreed") { $0.override = "exclusions" }
    #expect(try lines(world)[1] == "  ✓ finished: everybody has it without tenant = acme")
    try world.serve("off")
    #expect(try !lines(world).contains { $0.contains("✓ finished") })
  }

  @Test func abandonedUnderDrift() throws {
    let world = World()
    try world.move(.promote)
    try world.move(.abandon)
    #expect(try lines(world)[1] == "  abandoned: nobody gets the canary")
    try world.serve("on")
    #expect(try !lines(world).contains { $0.contains("abandoned:") })
  }

  @Test func degraded() throws {
    let world = World()
    try world.move(.promote)
    let journal = Journal(path: World.journal, flag: World.key, files: world.files)
    var reading = try journal.read()
    try journal.append(
      Entry.Content(
        .degrade, .done, flag: World.key, store: "file:flags.json",
        written: [JSON.Member("variant", .string("off"))]), to: &reading, at: world.clock.now(),
      by: world.context("rolloutctl").surroundings)
    #expect(try lines(world).contains("  ↓ degraded to off"))
  }

  @Test func beforeTheFirstMoveTheNoteIsNamed() throws {
    let lines = try lines(World())
    #expect(lines.contains("  rolloutctl attest NOTE ITEM --evidence \"…\""))
  }
}
