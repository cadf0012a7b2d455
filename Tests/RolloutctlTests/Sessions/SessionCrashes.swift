import Synchronization

@testable import RolloutOps

/// A command is stopped before each of its effects, and the same is typed again.
enum SessionCrashes {
  private struct Case {
    let state: String
    let words: [String]
    var note = Session.plainNote
    /// Whether somebody has seen the gates.
    var attests = false
  }

  private static let all: [Case] = [
    Case(state: "off", words: ["promote", Session.note]),
    Case(state: "exposing", words: ["promote", Session.note], attests: true),
    Case(state: "exposing", words: ["rollback", Session.key, "--reason", "slower"]),
    Case(state: "exposing", words: ["hold", Session.key, "--reason", "legal review"]),
    Case(state: "held", words: ["resume", Session.key]),
    Case(state: "degraded", words: ["resume", Session.key]),
    Case(state: "exposing", words: ["kill", Session.key, "--reason", "wrong totals"]),
    Case(state: "killed", words: ["restore", Session.key, "--reason", "prompt mended"]),
    Case(state: "exposing", words: ["exclude", Session.key, Session.acme, "--reason", "asked"]),
    Case(state: "excluding", words: ["include", Session.key, Session.acme, "--reason", "asked again"]),
    Case(state: "drift-wider", words: ["adopt", Session.note, "--stage", "25%"]),
    Case(state: "drift-wider", words: ["rollback", Session.key, "--to", "off", "--reason", "who was that?"]),
    Case(state: "plan-changed", words: ["replan", Session.note, "--reason", "smaller steps"]),
    Case(state: "complete", words: ["finish", Session.note], attests: true),
    Case(state: "exposing", words: ["abandon", Session.key, "--reason", "no better"]),
    Case(state: "exposing", words: ["degrade", Session.key], note: Session.variantNote),
    Case(state: "exposing", words: ["attest", Session.note, "gates", "--evidence", "looked again"]),
  ]

  static func text(in store: Session.Store) throws -> String {
    var told = SessionText()
    for one in all {
      told.title("\(one.state), stopped in: \(SessionText.typed(one.words))")
      try tell(one, in: store, &told)
    }
    return told.text
  }

  private static func tell(_ one: Case, in store: Session.Store, _ told: inout SessionText) throws {
    var start = try SessionStates.session(one.state, in: store)
    if one.note != Session.plainNote {
      start = Session(store, note: one.note)
      SessionStates.exposing(start)
    }
    if one.attests { start.type(["attest", Session.note, "gates", "--evidence", "looked at it"]) }
    let whole = start.copy()
    whole.type(one.words)
    let effects = whole.effects
    told.add(effects.enumerated().map { "  \($0.offset + 1). \($0.element)" })
    var group: (first: String, last: String, lines: [String])?
    func finish() {
      guard let group else { return }
      told.add(["", group.first == group.last ? group.first : "\(group.first), to \(group.last)"] + group.lines)
    }
    var known: (found: Session.Standing, time: Instant, lines: [String])?
    for (moment, stop) in stops(effects.count, store) {
      let session = start.copy()
      stop(session)
      session.type(one.words)
      session.restart()
      let (found, time) = (session.standing, session.clock.now())
      // What is left is all that the next command can know.
      var lines = known?.lines ?? []
      if known?.found != found || known?.time != time {
        lines = aftermath(session, one.words, since: start.standing)
        known = (found, time, lines)
      }
      if group?.lines == lines {
        group?.last = moment
      } else {
        finish()
        group = (moment, moment, lines)
      }
    }
    finish()
  }

  /// Everywhere where a process may end: before an effect, and in the middle of it.
  private static func stops(_ count: Int, _ store: Session.Store) -> [(String, (Session) -> Void)] {
    (1..<max(2, count + 1)).flatMap { effect -> [(String, (Session) -> Void)] in
      switch store {
      case .file:
        [
          ("before \(effect)", { $0.files.crash(at: effect) }),
          ("in the middle of \(effect)", { $0.files.crash(at: effect, torn: 0.5) }),
        ]
      case .etcd:
        [
          ("before \(effect)", { $0.loseRequests(from: effect, isDone: false) }),
          ("after \(effect)", { $0.loseRequests(from: effect, isDone: true) }),
        ]
      }
    }
  }

  private static func aftermath(_ session: Session, _ words: [String], since old: Session.Standing) -> [String] {
    let found = session.standing
    var lines = SessionText.change(from: old, to: found, briefly: true)
    let (status, kill) = (session.copy().type(["status", Session.key]), session.copy().type(["kill", Session.key]))
    lines.append("  [status exit \(status.status) \(status.digest), kill exit \(kill.status) \(kill.digest)]")
    let said = session.type(words, by: "lee")
    lines.append("  then \(SessionText.typed(words, by: "lee"))")
    lines += said.lines.map { "  \($0)" } + ["  [exit \(said.status)]"]
    return lines + SessionText.change(from: found, to: session.standing, briefly: true)
  }
}

extension Session {
  /// From that request on none reaches the server; or that one does, and its answer is lost.
  func loseRequests(from number: Int, isDone: Bool) {
    let count = RequestCounter()
    etcd.fault.withLock { fault in
      fault = { _ in
        let now = count.next()
        return now < number ? .none : now == number && isDone ? .unanswered : .lost
      }
    }
  }
}

final class RequestCounter: Sendable {
  private let count = Mutex(0)

  func next() -> Int {
    count.withLock { count in
      count += 1
      return count
    }
  }
}
