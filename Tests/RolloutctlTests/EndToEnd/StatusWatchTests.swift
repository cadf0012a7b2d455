import Foundation
import RolloutOps
import Testing

@testable import rolloutctl

/// `status --watch` at a real terminal, and where there is none.
@Suite(.enabled(if: Live.hasFlagsPython || Live.isRequired, Live.flagsReason)) struct StatusWatchTests {
  static let watch = ["status", "ai-summary", "--watch", "--interval", "1s"]

  /// The rollout that the demo leaves, which has more lines than a small window.
  private func play(
    words: [String] = watch, columns: Int = 80, rows: Int = 24, environment: [String: String] = [:],
    _ steps: [TerminalPlay.Step]
  ) throws -> TerminalPlay {
    let world = try DemoWorld.played()
    return try TerminalPlay.of(
      words, in: world.folder, at: world.place, columns: columns, rows: rows, environment: environment, steps)
  }

  @Test func aSmallWindowLeavesOutWhatIsTicked() throws {
    let play = try play([.see("q ends"), .shot("first"), .type("q"), .end])
    let screen = TerminalPlay.timeless(play.shots["first"])
    #expect(
      screen == [
        "ai-summary   prompt_version v6 → v7   tier 2   owner maya   file:flags.json",
        "  without tenant = acme",
        "  ✓ internal      team = staff   25h",
        "  ▶ 25% of paid   plan = paid    since <time> 18h of 48h",
        "  · 50% · 100%",
        "Gates (no machine measures them: look at",
        "    https://dashboards.example.com/d/summary, then attest gates)",
        "  rolloutctl attest ai-summary gates --evidence \"…\"",
        "  ○ rollback if parse failures above 2%",
        "  ○ rollback if quality drops by more than 5%",
        "  ○ kill if cost exceeds 5x control over 1h",
        "  nobody has looked at 25% of paid yet",
        "Before 50%:",
        "  ○ soak   30h to go, 18h of 48h done (<time>)",
        "Checklist: 6 of 8 (advice at tier 2; it blocks nothing)",
        "  · fallback       try what users see when the flag is off (off -> the clause",
        "                   template, without AI), then attest fallback",
        "  · nightly-eval   have production samples judged every night, then attest",
        "                   nightly-eval",
        "  rolloutctl attest ai-summary ITEM --evidence \"…\"",
        "  … no room for 8 ticked lines",
        "→ hold: soak: 30h to go, 18h of 48h done (and 3 more); earliest",
        "    <time>",
        "last look <time>, every 1s; nothing changed yet   q ends",
      ])
    #expect(play.end == 0)
    play.expectGivenBack()
    // What was seen last stays on the normal screen.
    #expect(play.last.joined(separator: "\n").contains("q ends"))
    #expect(play.written.components(separatedBy: "\u{1B}[?1049h").count == 2)
  }

  @Test func aLargeWindowShowsAllAndFollowsItsSize() throws {
    let play = try play(
      columns: 200, rows: 50,
      [
        .see("q ends"), .shot("large"), .resize(80, 24), .see("no room for"), .resize(200, 50), .see("✓ runbook"),
        .shot("again"), .type("q"), .end,
      ])
    let world = try DemoWorld.played()
    let status = try world.type("rolloutctl status ai-summary").output
    let screen = TerminalPlay.timeless(play.shots["large"])
    #expect(screen.dropLast() == TerminalPlay.timeless(Readme.lines(status).dropLast())[...], "\(screen)")
    #expect(screen.last == "last look <time>, every 1s; nothing changed yet   q ends")
    #expect(TerminalPlay.timeless(play.shots["again"]) == screen)
    play.expectGivenBack()
  }

  @Test func whatChangedSinceTheLookBeforeIsSaid() throws {
    let play = try play([
      .see("q ends"), .run("rolloutctl hold ai-summary --reason lunch"), .see("held by maya"),
      .see("changed since the look before: held by maya"), .see("last change"), .shot("held"),
      .run("rolloutctl kill ai-summary"), .see("changed since the look before: 25% of paid → killed"),
      .see("→ killed"), .shot("killed"), .type("q"), .end,
    ])
    #expect(play.shots["held"]?.contains { $0.hasPrefix("last change ") && $0.contains("held by maya") } == true)
    #expect(play.shots["killed"]?.contains { $0.contains("■ killed at 25% of paid by maya") } == true)
    play.expectGivenBack()
  }

  @Test func aStoreThatGoesAwayLeavesItsLastPicture() throws {
    let play = try play([
      .see("q ends"), .run("mv flags.json away"), .see("unreachable since"), .shot("away"), .run("mv away flags.json"),
      .see("the store answers again"), .miss("unreachable since"), .type("q"), .end,
    ])
    let away = play.shots["away"] ?? []
    #expect(away.contains { $0.contains("▶ 25% of paid") }, "\(away)")
    #expect(away.contains { $0.contains("→ hold: soak") }, "\(away)")
    #expect(away.count <= 24)
    #expect(play.end == 0)
    play.expectGivenBack()
  }

  /// Of several rollouts too, whose store is then told by name.
  @Test func theFleetKeepsTheRowsOfAStoreThatIsAway() throws {
    let play = try play(
      words: ["status", "--watch", "--interval", "1s"],
      [
        .see("q ends"), .run("mv flags.json away"), .see("unreachable since"), .shot("away"),
        .run("mv away flags.json"),
        .see("answers again"), .type("q"), .end,
      ])
    let away = play.shots["away"] ?? []
    #expect(away.contains { $0.hasPrefix("○ ai-summary   25% of paid") }, "\(away)")
    play.expectGivenBack()
  }

  /// The server takes the question and never answers, until it goes on.
  @Test func aStoreThatHangsHoldsUpNeitherThePictureNorTheKeys() throws {
    let server = try LiveServer("document_server.py", ["-"])
    let (port, process) = (try server.port("port"), try server.port("process"))
    // A server that is stopped does not hear that it should end.
    defer { kill(pid_t(process), SIGCONT) }
    let world = try LiveWorld()
    let store = "http://127.0.0.1:\(port)/flags.json"
    try world.done("promote", LiveWorld.note, "--store", store, "--journal", "journals")
    let play = try TerminalPlay.of(
      Self.watch + ["--store", store, "--journal", "journals"], in: world.folder,
      [
        .see("q ends"), .run("kill -STOP \(process)"), .see("unreachable since"), .shot("hanging"),
        .run("kill -CONT \(process)"), .see("the store answers again"), .run("kill -STOP \(process)"),
        .see("unreachable since"), .type("q"), .end, .run("kill -CONT \(process)"),
      ])
    #expect(play.shots["hanging"]?.contains { $0.contains("▶ internal") } == true, "\(play.shots)")
    #expect(play.end == 0)
    play.expectGivenBack()
    withExtendedLifetime(server) {}
  }

  @Test(arguments: [("TERM", SIGTERM), ("HUP", SIGHUP), ("QUIT", SIGQUIT), ("INT", SIGINT)])
  func aSignalEndsItAndGivesTheTerminalBack(name: String, number: Int32) throws {
    let play = try play([.see("q ends"), .modes("meanwhile"), .signal(name), .end])
    #expect(play.end == -number)
    #expect(play.modes["meanwhile"] != play.modes["before"])
    #expect(play.last.contains { $0.contains("▶ 25% of paid") })
    play.expectGivenBack()
  }

  @Test func controlCEndsIt() throws {
    let play = try play([.see("q ends"), .type("\u{3}"), .end])
    #expect(play.end == -SIGINT)
    play.expectGivenBack()
  }

  /// Twice, since whoever came back once must hear the next stop too.
  @Test func controlZGivesTheTerminalToTheShellAndTakesItAgain() throws {
    let play = try play([
      .see("q ends"), .type("\u{1A}"), .stopped, .modes("stopped"), .shot("stopped"),
      .run("rolloutctl kill ai-summary"), .front, .see("→ killed"), .modes("again"), .shot("again"), .type("\u{1A}"),
      .stopped, .modes("stopped twice"), .front, .miss("rolloutctl attest ai-summary gates"), .type("q"), .end,
    ])
    #expect(play.modes["stopped"] == play.modes["before"] && play.modes["stopped twice"] == play.modes["before"])
    #expect(play.modes["again"] != play.modes["before"])
    // Behind it is what stood on the normal screen, with the picture that was left there.
    #expect(play.shots["stopped behind"] == nil && play.shots["again behind"]?.isEmpty == false)
    #expect(play.end == 0)
    play.expectGivenBack()
  }

  @Test func aTerminalThatCanDoNothingGetsALineForEachChange() throws {
    let play = try play(
      environment: ["TERM": "dumb"],
      [
        .see("→ hold"), .run("rolloutctl kill ai-summary"), .see("25% of paid → killed"), .run("mv flags.json away"),
        .see("unreachable since"), .run("mv away flags.json"), .see("the store answers again"), .type("\u{3}"), .end,
      ])
    #expect(!play.written.contains("\u{1B}"), "\(play.written)")
    #expect(play.written.components(separatedBy: "owner maya").count == 2, "the block stands there once")
    #expect(play.modes["after"] == play.modes["before"])
  }

  /// A file instead of a terminal; the watch ends by itself with the rollout.
  @Test func aPipeGetsALineForEachChange() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let watch = try world.start(Self.watch)
    try world.done("abandon", "ai-summary", "--reason", "no")
    let outcome = try watch.finish(within: 30)
    #expect(outcome.status == 0 && !outcome.output.contains("\u{1B}"), "\(outcome)")
    #expect(outcome.output.contains("abandoned"), "\(outcome)")
  }

  /// Every look asks the server as often as one without `--watch`.
  @Test func everyLookMeasuresOnce() throws {
    let server = try LiveServer("document_server.py", ["-"])
    let store = "http://127.0.0.1:\(try server.port("port"))/flags.json"
    let world = try LiveWorld()
    let place = ["--store", store, "--journal", "journals", "--verbose"]
    try world.done("promote", LiveWorld.note, "--store", store, "--journal", "journals")
    let once = try world.start(["status", "ai-summary"] + place).finish()
    let asked = once.errors.components(separatedBy: "GET http").count - 1
    try #require(once.status == 0 && asked > 0, "\(once)")
    let play = try TerminalPlay.of(
      Self.watch + ["--format", "json"] + place, in: world.folder, columns: 500,
      [.count("{\"flag\":", 3), .type("\u{3}"), .end])
    let looks = play.written.components(separatedBy: "{\"flag\":").count - 1
    let upToThird = play.written.components(separatedBy: "{\"flag\":").prefix(3).joined()
    #expect(looks >= 3 && upToThird.components(separatedBy: "GET http").count - 1 == 3 * asked, "\(play.written)")
    withExtendedLifetime(server) {}
  }

  /// A reader that goes away ends it, also when nothing changes any more.
  @Test func aReaderThatIsGoneEndsIt() throws {
    let world = try DemoWorld.played()
    let outcome = try world.type("rolloutctl status ai-summary --watch --interval 1s | head -n 1")
    #expect(outcome.status == 0 && outcome.output.hasPrefix("ai-summary"), "\(outcome)")
  }
}
