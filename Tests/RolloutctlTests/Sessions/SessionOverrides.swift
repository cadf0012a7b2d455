@testable import RolloutOps

/// Gates that hold, and each of them overridden by its name.
enum SessionOverrides {
  private typealias Gates = (title: String, note: String, prepare: SessionStates.Begin, verb: String)

  private static let measured = SampleNote.saying(
    "Schedule", "Schedule: 25% of paid 0s -> 50% 0s -> 100% 0s",
    in: SampleNote.saying(
      "Rollback trigger",
      """
      Evidence: traces/*.ndjson
      Metrics to watch:
      - latency: p95(latency_ms)
      - parse failures: rate(parse_error)
      - policy violations: count(policy_violation)
      Hold trigger:
      - latency up more than 10%
      Rollback trigger:
      - parse failures above 2%
      Kill trigger:
      - policy violations above 0
      """))

  private static let all: [Gates] = [
    ("Nobody has looked", Session.plainNote, { SessionStates.exposing($0) }, "promote"),
    (
      "Nobody has looked, also not for what must be zero",
      SampleNote.saying(
        "Rollback trigger",
        """
        Metrics to watch:
        - policy violations: count(policy_violation)
        Rollback trigger:
        - policy violations above 0
        """), { $0.type(["promote", Session.note]) }, "promote"
    ),
    ("It has to soak", Session.plainNote.replacing("5% of paid 0s", with: "5% of paid 1d"), attested, "promote"),
    ("Review", Session.plainNote.replacing("Tier: 3", with: "Tier: 2"), attested, "promote"),
    (
      "The checklist", Session.plainNote.replacing("Tier: 3", with: "Tier: 1"),
      { session in
        session.type(["promote", Session.note])
        session.type(["attest", Session.note, "gates", "--evidence", "looked at it"])
      }, "promote"
    ),
    (
      "The note names no owner, no version, no place to look",
      ["Owner", "Version", "Dashboard / query"].reduce(Session.plainNote) { SampleNote.saying($1, nil, in: $0) },
      { session in
        session.type(["promote", Session.note])
        session.type(["attest", Session.note, "gates", "--evidence", "looked at it"])
      }, "promote"
    ),
    (
      "The clock is behind", Session.plainNote,
      { session in
        try attested(session)
        session.clock.advance(TimeSpan(seconds: -7200))
      }, "promote"
    ),
    (
      "Somebody is still out, at the end", Session.plainNote,
      { session in
        session.type(["promote", Session.note])
        session.climb(3)
        session.type(["exclude", Session.key, Session.acme, "--reason", "asked"])
        session.type(["attest", Session.note, "gates", "--evidence", "looked at it"])
      }, "finish"
    ),
    ("No evidence yet", measured, { $0.type(["promote", Session.note]) }, "promote"),
    ("Sound evidence", measured, traffic { _ in }, "promote"),
    ("Too little", measured, traffic { $0.canaries = 3 }, "promote"),
    ("It fires", measured, traffic { $0.failsEvery = 8 }, "promote"),
    ("It is slow", measured, traffic { $0.latency = 9000 }, "promote"),
    ("A violation kills", measured, traffic { $0.violations = 1 }, "promote"),
    (
      "A kill trigger that bears something, by eye",
      Session.plainNote.replacing(
        "Rollback trigger:", with: "Kill trigger:\n- parse failures above 20%\nRollback trigger:"),
      { SessionStates.exposing($0) }, "promote"
    ),
    (
      "It fires a kill", measured.replacing("Kill trigger:", with: "Kill trigger:\n- parse failures above 4%"),
      traffic { $0.failsEvery = 4 }, "promote"
    ),
    ("The split is not the stage's", measured, traffic { $0.controls = 200 }, "promote"),
    (
      "Old evidence", measured,
      { session in
        try traffic { _ in }(session)
        session.wait(100_000)
      }, "promote"
    ),
    ("Held", Session.plainNote, { try held($0) }, "promote"),
  ]

  @Sendable private static func attested(_ session: Session) throws {
    SessionStates.exposing(session)
    session.type(["attest", Session.note, "gates", "--evidence", "looked at it"])
    session.wait()
  }

  private static func held(_ session: Session) throws {
    try attested(session)
    session.type(["hold", Session.key])
  }

  private struct Traffic {
    var canaries = 300
    var controls = 900
    var failsEvery = 0
    var latency = 900
    var violations = 0

    func text(at time: Instant) -> String {
      let when = ISO8601.precise(time)
      func line(_ version: String, _ index: Int, fails: Bool, latency: Int, violates: Bool) -> String {
        """
        {"ts": "\(when)", "prompt_version": "\(version)", "tenant": "\(version)-\(index)", "plan": "paid", \
        "parse_error": \(fails), "latency_ms": \(latency + index % 7), "policy_violation": \(violates)}\n
        """
      }
      let canary = (0..<canaries).map {
        line("v7", $0, fails: failsEvery > 0 && $0 % failsEvery == 0, latency: latency, violates: $0 < violations)
      }
      return canary.joined()
        + (0..<controls).map { line("v6", $0, fails: false, latency: 900, violates: false) }.joined()
    }
  }

  private static func traffic(_ change: @escaping @Sendable (inout Traffic) -> Void) -> SessionStates.Begin {
    { session in
      var traffic = Traffic()
      change(&traffic)
      session.type(["promote", Session.note])
      session.wait()
      let time = Instant(microseconds: session.clock.now().microseconds - 10_000_000)
      session.files.put("/w/traces/today.ndjson", traffic.text(at: time))
    }
  }

  static func text() throws -> String {
    var told = SessionText()
    for one in all {
      told.title(one.title)
      let session = Session(note: one.note)
      try one.prepare(session)
      session.restart()
      told.type(["gate", Session.note], in: session.copy())
      let words = [one.verb, Session.note]
      told.typePlainly(words, in: session.copy())
      let answer = session.copy().type(words + ["--format", "json"])
      let names = try JSON.parse(Array(answer.output.utf8))["gates"]?.items?.compactMap { $0["name"]?.text } ?? []
      for gate in names + ["sok"] {
        told.typePlainly(words + ["--override", gate, "--reason", "demo at noon"], in: session.copy())
      }
    }
    told.title("Without a reason")
    told.typePlainly(["promote", Session.note, "--override", "soak"], in: Session())
    return told.text
  }
}
