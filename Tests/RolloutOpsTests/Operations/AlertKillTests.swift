import Testing

@testable import RolloutOps

/// `kill --on-alert`: which alerts kill which flags, and which kill nothing.
@Suite struct AlertKillTests {
  let world: World

  init() throws {
    world = World()
    try world.move(.promote)
    world.files.put(
      "/w/rolloutctl.json",
      """
      {"store": "file:flags.json",
       "alerts": [{"when": {"alertname": "CostLoop", "feature": "*"}, "kill": ["$feature"]},
                  {"when": {"service": "summaries"}, "kill": ["ai-summary"]}]}
      """)
  }

  /// As Alertmanager sends it, cut down to what matters.
  static func event(
    status: String = "firing", name: String = "CostLoop", feature: String? = "ai-summary",
    start: String = "2026-11-21T09:58:00Z"
  ) -> String {
    let label = feature.map { #", "feature": "\#($0)""# } ?? ""
    return """
      {"version": "4", "status": "\(status)", "receiver": "rolloutctl", "commonLabels": {"severity": "page"},
       "alerts": [{"status": "\(status)", "labels": {"alertname": "\(name)"\(label)}, "fingerprint": "c0ffee",
                   "annotations": {"summary": "a tenant loops"}, "startsAt": "\(start)"}]}
      """
  }

  private func answer(_ event: String) throws -> AlertKill.Answer {
    world.files.put("-", event)
    return try AlertKill(Kill(context: world.context("alertmanager"), choices: OperatorChoices())).perform()
  }

  private var isKilled: Bool { get throws { try world.flag?.mark?.killed == true } }

  @Test func aFiringAlertKillsWithItselfAsTheReason() throws {
    let answer = try answer(Self.event())
    #expect(answer.status == .done && answer.report?.lines.map(\.off) == [true])
    #expect(try isKilled)
    let reason = try #require(try world.entries.last?.content.reason)
    #expect(reason == "alert CostLoop: a tenant loops [c0ffee since 2026-11-21T09:58:00Z]")
  }

  @Test func whatIsOverKillsNothing() throws {
    let answer = try answer(Self.event(status: "resolved"))
    #expect(answer.status == .done && answer.report == nil)
    #expect(answer.ignored == ["CostLoop is over: nothing to kill"])
    #expect(try !isKilled)
  }

  /// Several alerts as one event of Alertmanager's: name, feature, status.
  static func event(of alerts: [(String, String, String)]) -> String {
    let all = alerts.enumerated().map { index, alert in
      """
      {"status": "\(alert.2)", "labels": {"alertname": "\(alert.0)", "feature": "\(alert.1)"}, "fingerprint": "f\(index)",
       "startsAt": "2026-11-21T09:58:00Z"}
      """
    }
    return "{\"version\": \"4\", \"status\": \"firing\", \"alerts\": [\(all.joined(separator: ","))]}"
  }

  private func reason(of flag: String) throws -> String? {
    let path = "/w/flags.json.rollout/\(flag).journal"
    return try Journal(path: path, flag: FlagKey(flag), files: world.files).read().entries.last?.content.reason
  }

  @Test func whatFiresIsKilledTogetherAndEachFlagKeepsItsOwnReasons() throws {
    let flag = #"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"on"}"#
    world.files.put(World.store, "{\"flags\": {\"one\": \(flag), \"two\": \(flag), \"three\": \(flag)}}")
    let answer = try answer(
      Self.event(of: [
        ("CostLoop", "one", "firing"), ("CostLoop", "two", "firing"), ("CostLoop", "three", "resolved"),
        ("CostLoop", "two", "firing"),
      ]))
    #expect(answer.status == .done)
    let report = try #require(answer.report)
    #expect(report.lines.map(\.flag.text) == ["one", "two"] && report.lines.allSatisfy(\.off))
    #expect(answer.ignored == ["CostLoop is over: nothing to kill"])
    #expect(try reason(of: "one") == "alert CostLoop [f0 since 2026-11-21T09:58:00Z]")
    #expect(
      try reason(of: "two")
        == "alert CostLoop [f1 since 2026-11-21T09:58:00Z]; alert CostLoop [f3 since 2026-11-21T09:58:00Z]")
  }

  /// Both had killed it: neither kills again what was restored since.
  @Test func everyAlertThatAKillAnsweredIsRemembered() throws {
    let event = Self.event(of: [("CostLoop", "ai-summary", "firing"), ("CostLoop", "ai-summary", "firing")])
    _ = try answer(event)
    try world.move(.restore, reason: "mended")
    let again = try answer(event)
    #expect(again.report == nil && again.ignored.count == 2 && again.status == .done)
    #expect(try !isKilled)
    // One more has joined the group since.
    let more = try answer(
      Self.event(of: [
        ("CostLoop", "ai-summary", "firing"), ("CostLoop", "ai-summary", "firing"),
        ("CostLoop", "ai-summary", "firing"),
      ]))
    #expect(more.report?.lines.map(\.off) == [true] && more.ignored.count == 2)
  }

  @Test func aGroupOfThousandsMakesNoEndlessLine() throws {
    let many = (0..<1000).map { _ in ("CostLoop", "ai-summary", "firing") }
    #expect(try answer(Self.event(of: many)).report?.lines.count == 1)
    let reason = try #require(try reason(of: "ai-summary"))
    #expect(reason.hasSuffix("; and 900 more alerts") && reason.utf8.count < 6000, "\(reason.utf8.count)")
  }

  @Test(arguments: [("suppressed", #""suppressed""#), ("FIRING", #""FIRING""#), ("", #""""#)])
  func aStatusThatIsNeitherIsNeverOver(status: String, shown: String) throws {
    let answer = try answer(Self.event(of: [("CostLoop", "ai-summary", status)]))
    #expect(answer.status == .inconclusive && answer.report == nil && answer.ignored == [])
    #expect(
      answer.unrouted == [
        "CostLoop: its status \(shown) is neither firing nor resolved, so nobody knows whether to kill; "
          + "nothing was turned off for it"
      ])
    #expect(try !isKilled)
  }

  @Test func oneThatCannotBeReadKeepsNobodyFromKillingForTheOthers() throws {
    let answer = try answer(
      Self.event(of: [("A", "x", "pending"), ("CostLoop", "ai-summary", "firing"), ("B", "y", "resolved")]))
    #expect(answer.status == .inconclusive && answer.report?.lines.map(\.off) == [true])
    #expect(answer.unrouted.count == 1 && answer.ignored.count == 1)
    #expect(try isKilled)
    let bare = try Alert.all(
      in: JSON.parse(Array(#"{"alerts": [{}, {"status": "firing", "labels": {"a": "b"}}]}"#.utf8)))
    #expect(bare.map(\.state) == [.unreadable("it has no status"), .firing])
  }

  @Test func anEventOfPagerDutyThatNobodyKnowsIsNoQuietOne() throws {
    let states = try [
      "incident.exploded", "incident.resolved", "incident.annotated", "pagey.ping", "incident.escalated",
    ]
    .map { kind in
      let event = #"{"event": {"event_type": "\#(kind)", "data": {"id": "Q1", "title": "Loop"}}}"#
      return try #require(Alert.all(in: JSON.parse(Array(event.utf8))).first).state
    }
    #expect(
      states == [
        .unreadable(#"its event_type "incident.exploded" is none that this version knows"#), .quiet("is over"),
        .quiet("starts nothing (incident.annotated)"), .quiet("starts nothing (pagey.ping)"), .firing,
      ])
  }

  @Test func anAlertThatIsToldAgainUndoesNoRestore() throws {
    _ = try answer(Self.event())
    // Still off: said again, and nothing changes.
    #expect(try answer(Self.event()).report?.lines.map(\.off) == [true])
    try world.move(.restore, reason: "mended")
    let again = try answer(Self.event())
    #expect(again.status == .done && again.report == nil)
    #expect(again.ignored.first?.contains("restored since") == true)
    #expect(try !isKilled)
    // It fires anew: that is another one.
    _ = try answer(Self.event(start: "2026-11-21T11:00:00Z"))
    #expect(try isKilled)
  }

  @Test func aFiringAlertThatLeadsNowhereIsSaid() throws {
    for event in [Self.event(feature: nil), Self.event(name: "Other")] {
      let answer = try answer(event)
      #expect(answer.status == .inconclusive && answer.report == nil)
      #expect(answer.unrouted.first?.contains("severity = page") == true)
    }
    #expect(try !isKilled)
    let unknown = try answer(Self.event(feature: "ai-sumary"))
    #expect(unknown.status == .inconclusive)
    #expect(unknown.report?.lines[0].reasons[0].contains("did you mean ai-summary?") == true)
  }

  @Test func aJournalThatCannotBeTrustedStopsNoKill() throws {
    _ = try answer(Self.event())
    try world.move(.restore, reason: "mended")
    world.files.put(World.journal, "{\"edited\": true}\n")
    let answer = try answer(Self.event())
    #expect(answer.report?.lines.map(\.off) == [true])
    #expect(try isKilled)
  }

  @Test(arguments: [
    ("incident.triggered", true), ("incident.reopened", true), ("incident.acknowledged", false),
    ("incident.resolved", false),
  ]) func pagerDutysIncidentsKillWhereTheyStart(kind: String, kills: Bool) throws {
    let answer = try answer(
      """
      {"event": {"id": "01", "event_type": "\(kind)", "resource_type": "incident", "occurred_at": "2026-11-21T09:59:00Z",
        "data": {"id": "Q1", "type": "incident", "title": "Cost loop", "html_url": "https://pd.example.com/Q1",
                 "urgency": "high", "service": {"id": "S1", "summary": "summaries"}}}}
      """)
    #expect(answer.status == .done)
    #expect(try isKilled == kills)
    if kills { #expect(try world.entries.last?.content.reason?.contains("https://pd.example.com/Q1") == true) }
  }

  @Test(arguments: ["", "hello", "[]", "{\"alerts\": [{}]}", "{\"event\": {\"data\": {}}}", "{\"status\": \"firing\"}"])
  func whatIsNoEventIsRefused(event: String) throws {
    let trouble = try #require(throws: Trouble.self) { try answer(event) }
    #expect(trouble.status == .usage && trouble.sentences[0].contains("nothing was turned off"))
    #expect(try !isKilled)
  }

  @Test(arguments: [
    "\"alerts\": {}", "\"alerts\": [{\"kill\": [\"a\"]}]", "\"alerts\": [{\"when\": {\"a\": 1}, \"kill\": [\"a\"]}]",
    "\"alerts\": [{\"when\": {\"a\": \"b\"}, \"kill\": [1]}]", "\"store\": \"file:flags.json\"",
  ]) func routesThatAreNoneAreRefused(routes: String) throws {
    world.files.put("/w/rolloutctl.json", "{\(routes)}")
    #expect(throws: Trouble.self) { try answer(Self.event()) }
  }
}
