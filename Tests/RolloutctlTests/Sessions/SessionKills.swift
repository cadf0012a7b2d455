@testable import RolloutOps

/// Kills that are refused, go wrong, are tried again, or find that it was done already.
enum SessionKills {
  private typealias Night = (title: String, state: String, prepare: SessionStates.Begin, words: [[String]])

  private static let kill = ["kill", Session.key]
  private static let shortly = kill + ["--within", "2s"]

  private static let common: [Night] = [
    ("Twice, and then with the reason", "exposing", { _ in }, [kill, kill, kill + ["--reason", "wrong totals"]]),
    ("By the note, and into a variant", "exposing", { _ in }, [["kill", Session.note, "--to", "off"]]),
    ("Into a variant that it does not have", "exposing", { _ in }, [kill + ["--to", "fast"]]),
    ("Into the stand-in", "degraded", { _ in }, [kill + ["--to", "fast"], kill + ["--to", "off"]]),
    ("A key that nobody has", "exposing", { _ in }, [["kill", "ai-sumary"], ["kill", "ai-sumary", Session.key]]),
    (
      "All of them", "exposing", { _ in },
      [["kill", "--all"], ["kill", "--all", "--yes"], ["kill", "--all", "--yes"]]
    ),
    ("Only in mind", "exposing", { _ in }, [kill + ["--dry-run"], ["kill", "--all", "--dry-run"]]),
    ("Off already, by hand", "killed-outside", { _ in }, [kill, kill]),
    ("Off already, by another journal", "killed-by-another-journal", { _ in }, [kill]),
    ("Undone by hand", "kill-undone-outside", { _ in }, [kill, kill]),
    ("The flag is gone", "deleted-outside", { _ in }, [kill]),
    ("Nobody's flag", "foreign-flag", { _ in }, [kill]),
    ("Held, and finished", "held", { _ in }, [kill]), ("Finished", "finished", { _ in }, [kill]),
    ("Abandoned", "abandoned", { _ in }, [kill]),
    (
      "The note is gone, and the settings are none", "exposing",
      { session in
        session.files.erase("/w/" + Session.note)
        session.files.put("/w/rolloutctl.json", "{")
      }, [kill, kill]
    ),
  ]

  private static let file: [Night] = [
    (
      "The disk is full twice", "exposing",
      { $0.files.fail(.create, on: "flags.json", .other(code: 28, text: "no space left"), times: 2) }, [kill]
    ),
    (
      "The disk is full for good", "exposing",
      { $0.files.fail(.create, on: "flags.json", .other(code: 28, text: "no space left")) },
      [shortly, ["status", Session.key]]
    ),
    (
      "The journal takes nothing", "exposing",
      { $0.files.fail(.append, on: ".journal", .other(code: 28, text: "no space left")) }, [kill, kill]
    ),
    (
      "The journal cannot be read", "exposing",
      { $0.files.fail(.read, on: ".journal", .other(code: 5, text: "input/output error")) }, [kill]
    ),
    ("The journal is torn", "torn-journal", { _ in }, [kill, kill]),
    ("The journal is gone", "journal-gone", { _ in }, [kill]),
    (
      "The journal is held", "exposing", { $0.files.holdLock(Session.journalFile + ".lock", holder: "somebody") },
      [kill]
    ),
    (
      "The flag file cannot be read twice", "exposing",
      { $0.files.fail(.read, on: "w/flags.json", .other(code: 5, text: "input/output error"), times: 2) }, [kill]
    ),
    ("The flag file is gone", "exposing", { $0.files.erase(Session.flagFile) }, [shortly]),
    ("The flag file is no JSON", "exposing", { $0.files.put(Session.flagFile, "{\"flags\": {") }, [shortly]),
    (
      "Somebody else replaces it in between", "exposing",
      { session in
        session.files.before(.rename, on: "flags.json") { files in
          files.put(Session.flagFile, (files.text(Session.flagFile) ?? "").replacing("5000", with: "6000"))
        }
      }, [kill]
    ),
  ]

  private static let etcd: [Night] = [
    ("Two requests are lost", "exposing", { $0.lose(2, .lost) }, [kill]),
    ("Nothing arrives", "exposing", { $0.lose(.max, .lost) }, [shortly]),
    ("The answers of two are lost", "exposing", { $0.lose(2, .unanswered, after: 1) }, [kill]),
    ("A request is repeated on the way", "exposing", { $0.lose(1, .twice, after: 2) }, [kill]),
    ("It is busy twice", "exposing", { $0.lose(2, .unavailable) }, [kill]),
    ("It wants rest", "exposing", { $0.lose(2, .limited) }, [kill]),
    ("Done, says a broken answer", "exposing", { $0.lose(1, .cutButDone503, after: 1) }, [kill]),
  ]

  static func text(in store: Session.Store) throws -> String {
    var told = SessionText()
    for night in common + (store == .file ? file : etcd) {
      told.title(night.title)
      let session = try SessionStates.session(night.state, in: store)
      try night.prepare(session)
      for words in night.words {
        told.typePlainly(words, in: session, by: "oncall")
        // The faults go on.
        session.files.restart()
        session.etcd.forget()
      }
    }
    return told.text
  }
}

extension Session {
  /// So many requests meet this, after so many that nothing happens to.
  fileprivate func lose(_ times: Int, _ what: MemoryEtcd.Fault, after skips: Int = 0) {
    let count = RequestCounter()
    etcd.fault.withLock { fault in
      fault = { _ in
        let number = count.next()
        return number > skips && number - skips <= times ? what : .none
      }
    }
  }
}
