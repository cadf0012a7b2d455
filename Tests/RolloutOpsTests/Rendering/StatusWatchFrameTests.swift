import Testing

@testable import RolloutOps

/// What a watch on a terminal shows, decided without one.
@Suite struct StatusWatchFrameTests {
  private func frame(_ world: World) throws -> StatusWatchFrame {
    StatusWatchFrame(.rollout(try world.status()), at: world.clock.now(), every: TimeSpan(seconds: 5))
  }

  private func lines(_ frame: StatusWatchFrame, _ columns: Int = 100, _ rows: Int = 50) -> [String] {
    frame.lines(columns: columns, rows: rows, ink: .none)
  }

  @Test func thePictureIsTheStatusAndBelowItTheLooks() throws {
    let world = World()
    try world.move(.promote)
    let frame = try frame(world)
    #expect(Array(lines(frame, 200).dropLast()) == StatusText(try world.status(), width: 200).lines)
    #expect(lines(frame).last == "last look 10:00:00 +00:00, every 5s; nothing changed yet   q ends")
  }

  @Test func noWindowIsTooSmall() throws {
    let world = World()
    try world.move(.promote)
    var frame = try frame(world)
    try world.move(.hold, reason: "a reason of some words, longer than a narrow window is wide")
    frame.see(.rollout(try world.status()), at: world.clock.now())
    frame.fail(.usage("gone"), at: world.clock.now())
    for columns in [1, 2, 10, 20, 33, 40, 60, 80, 200] {
      for rows in 1...40 {
        let lines = frame.lines(columns: columns, rows: rows, ink: Ink(isOn: true), links: true)
        #expect(lines.count <= rows, "\(columns)x\(rows): \(lines.count)")
        if columns > 2 {
          #expect(lines.allSatisfy { Terminal.columns(of: $0) <= columns }, "\(columns)x\(rows): \(lines)")
        }
      }
    }
  }

  @Test func tickedLinesGoFirstAndTheTopStays() {
    let lines = [
      "head", "  ✓ one", "  ✓ two", "  ▶ three", "  · later", "Gates", "  ✗ shut", "  ! fired", "Checklist (1 of 2)",
      "  ✓ done", "  · open", "  a hint", "→ hold: shut", "  because",
    ]
    func fitted(_ rows: Int) -> [String] {
      StatusWatchFrame.fitted(lines, hasConclusion: true, columns: 80, rows: rows, .none)
    }
    #expect(fitted(14) == lines)
    #expect(
      fitted(12) == [
        "head", "  ▶ three", "  · later", "Gates", "  ✗ shut", "  ! fired", "Checklist (1 of 2)", "  · open",
        "  a hint", "  … no room for 3 ticked lines", "→ hold: shut", "  because",
      ])
    #expect(fitted(13).filter { $0.contains("✓") } == ["  ✓ one"], "only as many as must go, from the bottom")
    #expect(
      fitted(7) == [
        "head", "  ▶ three", "  ✗ shut", "  ! fired", "  … no room for 3 ticked and 5 other lines", "→ hold: shut",
        "  because",
      ])
    // A window for one line shows the verdict.
    #expect(fitted(1) == ["→ hold: shut"])
    #expect(fitted(3) == ["→ hold: shut", "  because", "head"])
  }

  @Test func whatChangedIsSaidUntilTheNextChange() throws {
    let world = World()
    try world.move(.promote)
    var frame = try frame(world)
    world.clock.advance(TimeSpan(seconds: 5))
    try world.move(.hold, reason: "lunch")
    #expect(frame.see(.rollout(try world.status()), at: world.clock.now()).first == "held by maya")
    #expect(lines(frame).suffix(2).first?.hasPrefix("changed since the look before: held by maya") == true)
    world.clock.advance(TimeSpan(seconds: 5))
    #expect(frame.see(.rollout(try world.status()), at: world.clock.now()) == [])
    #expect(lines(frame).suffix(2).first?.hasPrefix("last change 10:00:05 +00:00: held by maya") == true)
    #expect(lines(frame).last == "last look 10:00:10 +00:00, every 5s   q ends")
  }

  @Test func timeThatPassesIsNoChange() throws {
    let world = World(note: World.plainNote.replacing("internal 0s", with: "internal 3d"))
    try world.move(.promote)
    let before = try world.status()
    world.clock.advance(.hours(20))
    #expect(try world.status().changes(since: before) == [])
  }

  @Test func everyChangeHasItsSentence() throws {
    let world = World()
    try world.move(.promote)
    let first = try world.status()
    world.kill()
    let killed = try world.status()
    #expect(killed.changes(since: first) == ["internal → killed", "kill-drill is done"])
    try world.serve("on")
    #expect(
      try world.status().changes(since: killed).contains("drift: the store does not show what the journal says"))
    #expect(try killed.changes(since: world.status()).contains("no drift any more"))
    try world.serve("off")
    try world.move(.restore, reason: "ok")
    let back = try world.status()
    #expect(back.changes(since: killed).first == "killed → internal")
    try world.attest("gates")
    #expect(try world.status().changes(since: back).contains("hold → promote"))
    #expect(
      try world.status().changes(since: back).contains { $0.hasSuffix("parse failures above 2% passes") })
    let open = try world.status()
    try world.attest("fallback")
    #expect(try world.status().changes(since: open).contains("fallback is attested"))
    try world.move(.exclude, reason: "asked") { $0.selector = .equals(attribute: "tenant", AttributeValue("acme")) }
    #expect(try world.status().changes(since: open).contains("without tenant = acme"))
  }

  @Test func blindnessIsSaidOnceAndLeavesThePicture() throws {
    let world = World()
    try world.move(.promote)
    var frame = try frame(world)
    let picture = lines(frame).dropLast()
    let trouble = Trouble.store(.file(FileTrouble(.reading, "/w/flags.json", .missing)))
    #expect(frame.fail(trouble, at: world.clock.now())?.hasPrefix("unreachable since 10:00:00 +00:00: ") == true)
    world.clock.advance(TimeSpan(seconds: 5))
    #expect(frame.fail(trouble, at: world.clock.now()) == nil)
    #expect(lines(frame).prefix(picture.count) == picture)
    #expect(lines(frame).contains { $0.hasPrefix("? unreachable since 10:00:00 +00:00: ") })
    #expect(frame.see(.rollout(try world.status()), at: world.clock.now()) == ["the store answers again"])
    #expect(!lines(frame).contains { $0.contains("unreachable") })
    #expect(frame.fail(.evidence("odd"), at: world.clock.now())?.hasPrefix("cannot be read since 10:00:05") == true)
    #expect(frame.see(.rollout(try world.status()), at: world.clock.now()) == ["it can be read again"])
    frame.miss(since: world.clock.now())
    #expect(lines(frame).contains("? unreachable since 10:00:05 +00:00: no answer yet"))
  }
}
