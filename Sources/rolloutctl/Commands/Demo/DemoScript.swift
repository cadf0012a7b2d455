import RolloutOps

/// What happens in the demo, as a table: the rollout of four days and a half, whose last command runs now.
enum DemoScript {
  struct Step: Sendable {
    enum Actor: String { case maya, lee }

    /// Why somebody types this now.
    let narration: String
    let actor: Actor
    /// Since the step before.
    let later: TimeSpan
    let words: [String]
    /// The status that it must exit with.
    let expected: ExitStatus

    init(
      _ narration: String, by actor: Actor = .maya, later: TimeSpan = .zero, _ words: String...,
      expecting expected: ExitStatus = .done
    ) {
      (self.narration, self.actor, self.later) = (narration, actor, later)
      (self.words, self.expected) = (words, expected)
    }

    /// A stage counts from when running applications have followed, seconds after the write; so a wait of exactly the
    /// soak would be too short.
    var wait: TimeSpan { later > .zero ? later + TimeSpan(seconds: 10) : .zero }
  }

  private static let note = DemoFiles.notePath
  private static let flag = DemoFiles.flag

  static let steps: [Step] = [
    Step("Maya has written a note. Is anything missing in it?", "check", note),
    Step("Who gets the new prompt, and when at the earliest?", "plan", note),
    Step(
      "Into the first stage. The store has no such flag yet: it is made, off, and opened for the team.", "promote", note
    ),
    Step("Why not further? The soak holds, and says until when; so do the gates.", later: .hours(1), "status", note),
    Step(
      "While only the team is in, Lee rehearses the kill. It needs nothing but the key.", by: .lee, later: .minutes(20),
      "kill", flag, "--reason", "kill drill"),
    Step("Nobody widens a killed flag.", "promote", note, expecting: .kill),
    Step(
      "The drill is over. Back to the first stage, whose soak begins anew.", by: .lee, later: .minutes(5), "restore",
      flag, "--reason", "the drill is over"),
    Step(
      "No machine measures these gates. Maya looks at the dashboard, and the journal keeps what she saw.",
      later: .hours(24), "attest", flag, "gates", "--evidence", "24h: parse failures 0.4%, quality 0.86, cost flat"),
    Step("Now the friends.", "promote", note),
    Step(
      "One of them complains. They are out at once, and the rollout goes on.", later: .hours(3), "exclude", flag,
      "tenant=acme", "--reason", "acme reports loops"),
    Step(
      "The other friends are content.", later: .hours(24), "attest", flag, "gates", "--evidence",
      "24h: parse failures 0.5%, quality 0.86, cost +2%"),
    Step("To the first percentage. A script names the stage that it expects.", "promote", note, "--to", "5% of paid"),
    Step(
      "Real traffic now, and a day of it.", later: .hours(24), "attest", flag, "gates", "--evidence",
      "24h: parse failures 0.8%, quality 0.86 against 0.87, cost +2%"),
    Step(
      "The next stage is the first of 10% or more: somebody else has to look before it.", "promote", note,
      expecting: .hold),
    Step(
      "Lee reads answers.", by: .lee, later: .minutes(30), "attest", flag, "review", "--evidence",
      "40 answers read, none worse; cost and latency flat"),
    Step("Seen by two people, it may grow.", "promote", note),
    Step("This is where it stands today.", later: .hours(18), "status", note),
    Step("And this is how it got there.", "history", flag),
    Step("Nobody has edited the story.", "history", "--verify"),
  ]

  /// What to type in the folder that is left behind.
  static let next = [
    "rolloutctl promote notes/summary.md --dry-run", "rolloutctl exclude ai-summary tenant=globex --reason 'try it'",
    "rolloutctl kill ai-summary", "rolloutctl help",
  ]
}
