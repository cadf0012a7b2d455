import Foundation

@testable import RolloutOps

/// Every state in which a rollout is found, and every verb that is typed there.
enum SessionStates {
  typealias Begin = @Sendable (Session) throws -> Void

  /// The name, the note, and how it comes there.
  static let all: [(name: String, note: String, begin: Begin)] = [
    ("off", Session.plainNote, { _ in }),
    (
      "rolled-back", Session.plainNote,
      { session in
        exposing(session)
        session.type(["rollback", Session.key, "--to", "off", "--reason", "night"])
      }
    ),
    ("exposing", Session.plainNote, exposing),
    (
      "excluding", Session.plainNote,
      { session in
        exposing(session)
        session.type(["exclude", Session.key, Session.acme, "--reason", "asked"])
      }
    ),
    ("complete", Session.plainNote, complete),
    ("finished", Session.plainNote, finished),
    (
      "abandoned", Session.plainNote,
      { session in
        exposing(session)
        session.type(["abandon", Session.key, "--reason", "no better"])
      }
    ),
    (
      "held", Session.plainNote,
      { session in
        exposing(session)
        session.type(["hold", Session.key, "--reason", "legal review"], by: "lee")
      }
    ),
    (
      "held-by-a-machine", Session.plainNote,
      { session in
        exposing(session)
        session.rollBackByItself()
      }
    ),
    (
      "degraded", Session.variantNote,
      { session in
        exposing(session)
        session.type(["degrade", Session.key])
      }
    ),
    (
      "killed", Session.plainNote,
      { session in
        exposing(session)
        session.type(["kill", Session.key], by: "oncall")
      }
    ),
    (
      "plan-changed", Session.plainNote,
      { session in
        exposing(session)
        session.editNote("25% of paid 0s", to: "20% of paid 0s")
      }
    ),
    ("drift-wider", Session.plainNote, drift { try $0.edit("5000],[\"off\",95000]", to: "9000],[\"off\",91000]") }),
    ("drift-narrower", Session.plainNote, drift { try $0.edit("5000],[\"off\",95000]", to: "2000],[\"off\",98000]") }),
    ("drift-unmarked", Session.plainNote, drift { try $0.edit { $0.removing("metadata") } }),
    (
      "drift-everybody", Session.plainNote,
      drift { try $0.edit { $0.removing("targeting").setting("defaultVariant", to: "on") } }
    ),
    (
      "drift-unreadable", Session.plainNote,
      drift { try $0.edit { $0.setting("targeting", to: ["sem_ver": ["1", "2"]]) } }
    ),
    ("killed-outside", Session.plainNote, drift { try $0.edit { $0.removing("targeting").removing("metadata") } }),
    ("killed-by-another-journal", Session.plainNote, drift { try $0.edit { killed($0) } }),
    ("deleted-outside", Session.plainNote, drift { try $0.edit { _ in nil } }),
    (
      "kill-undone-outside", Session.plainNote,
      { session in
        exposing(session)
        session.type(["kill", Session.key], by: "oncall")
        try session.edit { $0.removing("metadata").setting("defaultVariant", to: "on") }
      }
    ),
    (
      "foreign-flag", Session.plainNote,
      { session in
        try session.edit { _ in
          [
            "state": "ENABLED", "variants": ["on": true, "off": false], "defaultVariant": "off",
            "targeting": ["if": [["===": [["var": "plan"], "paid"]], "on", "off"]],
          ]
        }
      }
    ),
    (
      "torn-journal", Session.plainNote,
      { session in
        exposing(session)
        session.files.put(Session.journalFile, (session.files.text(Session.journalFile) ?? "") + "{\"v\":1,\"seq\":")
      }
    ),
    (
      "journal-gone", Session.plainNote,
      { session in
        exposing(session)
        session.files.erase(Session.journalFile)
      }
    ),
  ]

  /// What nobody can do to etcd by hand, or that looks the same there.
  static func isFor(_ store: Session.Store, _ name: String) -> Bool {
    store == .file || !["torn-journal", "journal-gone"].contains(name)
  }

  static func session(_ name: String, in store: Session.Store = .file) throws -> Session {
    guard let state = all.first(where: { $0.name == name }) else { return Session(store) }
    let session = Session(store, note: state.note)
    try state.begin(session)
    session.wait()
    session.restart()
    return session
  }

  @Sendable static func exposing(_ session: Session) {
    session.type(["promote", Session.note])
    session.climb()
  }

  @Sendable private static func complete(_ session: Session) {
    session.type(["promote", Session.note])
    session.climb(3)
  }

  @Sendable private static func finished(_ session: Session) {
    complete(session)
    session.type(["attest", Session.note, "gates", "--evidence", "looked at it"])
    session.type(["finish", Session.note])
  }

  private static func drift(_ act: @escaping Begin) -> Begin {
    { session in
      exposing(session)
      try act(session)
    }
  }

  private static func killed(_ flag: JSON) -> JSON {
    let metadata = (flag["metadata"] ?? [:]).setting("rolloutctl", to: "killed")
    return flag.removing("targeting").setting("metadata", to: metadata)
  }

  // MARK: What is typed

  static let verbs: [[String]] = [
    ["promote", Session.note],
    ["promote", Session.note, "--adopt"],
    ["rollback", Session.key, "--reason", "slower"],
    ["rollback", Session.key, "--to", "off", "--reason", "night"],
    ["hold", Session.key, "--reason", "legal review"],
    ["resume", Session.key, "--reason", "it was the upstream"],
    ["kill", Session.key, "--reason", "wrong totals"],
    ["restore", Session.key, "--reason", "prompt mended"],
    ["exclude", Session.key, Session.acme, "--reason", "asked"],
    ["include", Session.key, Session.acme, "--reason", "asked again"],
    ["adopt", Session.note, "--stage", "25%"],
    ["replan", Session.note, "--reason", "smaller steps"],
    ["finish", Session.note],
    ["abandon", Session.key, "--reason", "no better"],
    ["degrade", Session.key],
    ["attest", Session.note, "gates", "--evidence", "looked again"],
  ]

  /// The state as it is seen, and each verb on a copy of it.
  static func text(_ name: String, in store: Session.Store) throws -> String {
    let session = try session(name, in: store)
    var told = SessionText()
    told.title("\(name), \(store == .file ? "in a file" : "in etcd")")
    let looks = [["status", Session.key], ["history", Session.key]]
    for words in looks { told.type(words, in: session.copy()) }
    let status = session.copy().type(looks[0] + ["--format", "json"]).output
    if store == .file { told.add(["", "Its JSON, which the others are held against:", status.trimmed]) }
    let base = try JSON.parse(Array(status.utf8))
    for words in verbs { told.type(words, in: session.copy(), base: base) }
    return told.text
  }
}

extension String {
  fileprivate var trimmed: String { trimmingCharacters(in: .newlines) }
}
