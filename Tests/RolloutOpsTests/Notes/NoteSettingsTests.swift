import Testing

@testable import RolloutOps

/// A kill reads three fields of a note and no more; they must say what the whole note says.
@Suite struct NoteSettingsTests {
  @Test(arguments: [
    NoteFixtures.full, NoteFixtures.bare, NoteFixtures.quiet, "",
    "Store: tbd\nStore: file:a.json", "Store: file:a.json\nStore: file:b.json\nJournal: one\nJournal: two",
    "Store:\n- file:c.json", "- **Store:** `file:d.json`\n- **Journal:** notes/journal",
    "Store:\n```\nx\n```\nStore: file:e.json", "<!-- Store: file:f.json -->\nFlag store: file:g.json",
    "```\nStore: file:h.json\n```", "Flag store: file:i.json\r\nJournal: j\r\n", "\u{FEFF}Store: file:k.json",
    "Store: file:l.json\n\u{1}", "Store: file:m.json\n<!-- never closed", "Store: file:n.json\n```\nnever closed",
    "Evaluation: eval/*.ndjson\nEvaluation:\n- tbd\n- `https://e/ofrep/v1`", "Evaluation: https://e/cases/7",
    "Evaluation: https://e/ofrep/v1\nEvaluation: https://f/ofrep/v1", "## Store\n- file:o.json",
    "  Store: file:p.json\n    and more",
  ])
  func aKillReadsWhatTheNoteSays(text: String) {
    let bytes = Array(text.utf8)
    let note = Note.read(bytes, path: "notes/note.md")
    let (store, journal, evaluation) = Note.settings(in: bytes)
    #expect(store == note.store)
    #expect(journal == note.journal)
    #expect(evaluation == note.evaluation)
  }

  @Test func theTableSaysSomething() {
    let text = "Store: tbd\nStore: `file:a.json`\nEvaluation: https://e/ofrep/v1\nJournal: here"
    let (store, journal, evaluation) = Note.settings(in: Array(text.utf8))
    #expect(store == "file:a.json")
    #expect(journal == "here")
    #expect(evaluation == "https://e/ofrep/v1")
  }

  /// The environment names one store, the note that the journal remembers another: the flag is off in both.
  @Test func aKillFollowsTheRememberedNote() throws {
    let world = try World.after(1)
    world.files.put(
      "/w/other.json",
      #"{"flags":{"ai-summary":{"state":"ENABLED","variants":{"on":true,"off":false},"#
        + #""defaultVariant":"on"}}}"#)
    world.variables.withLock { $0 = ["ROLLOUT_STORE": "file:other.json"] }
    var choices = OperatorChoices()
    choices.journal = "/w/flags.json.rollout"
    let report = Kill(context: world.context(), choices: choices).perform(["ai-summary"])
    #expect(report.lines.map(\.store) == ["file:other.json", "file:flags.json"])
    #expect(report.lines.map(\.off) == [true, true])
    #expect(try world.flag?.mark?.killed == true)
  }
}
