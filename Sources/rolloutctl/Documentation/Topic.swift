import RolloutOps

/// What `help` explains besides commands.
struct Topic: Sendable {
  let name: String
  let summary: String
  let blocks: @Sendable () -> [Block]

  /// In the order of the documentation.
  static let names = all.map(\.name)

  static let all: [Topic] = [
    Topic(name: "exit-codes", summary: "what a pipeline reads", blocks: exitCodes),
    Topic(
      name: "notes", summary: "the rollout note: stages, selectors, triggers, fields, rules", blocks: NoteGuide.blocks),
    Topic(
      name: "evidence", summary: "trace logs, metrics, and how a gate decides", blocks: EvidenceGuide.blocks),
    Topic(name: "stores", summary: "where flags live, and which store is meant", blocks: stores),
    Topic(name: "environment", summary: "variables and files", blocks: environment),
    Topic(name: "states", summary: "where a rollout can stand, and what moves it", blocks: states),
  ]

  @Sendable private static func exitCodes() -> [Block] {
    [
      .entries(ExitStatus.allCases.map { Entry(String($0.rawValue), $0.meaning) }),
      .paragraph(
        """
        A verb that did what was asked exits 0: `rolloutctl kill` that killed, `rolloutctl rollback` that rolled back. \
        4 and 5 come from `rolloutctl gate`, `promote`, `finish`, `watch` and from `rolloutctl status --exit-code`; only \
        `watch` has acted then. \
        Trouble with evidence is 3, trouble with the store is 1.
        """),
      .paragraph(
        "Of several targets the worst counts, in this order: "
          + ExitStatus.worstFirst.map { String($0.rawValue) }.joined(separator: ", ") + "."),
    ]
  }

  @Sendable private static func stores() -> [Block] {
    [
      .entries([
        Entry(
          "`file:flags.json`",
          """
          a flag file in flagd's format, or its bare path; OpenFeature SDKs read it as it is. No server is needed.
          """)
      ]),
      .paragraph(
        """
        The store is found in this order: `--store`, the note's `Store:`, `ROLLOUT_STORE`, `rolloutctl.json` upward \
        from the working folder, `rolloutctl/rolloutctl.json` in the XDG configuration folder. Where nobody names \
        one, it is `file:flags.json`.
        """),
      .paragraph(
        """
        In a flag file rolloutctl edits its own flag and leaves every other byte as it was: order, spacing, numbers, \
        other flags. It takes a lock, compares the version that it read, and puts a new file in the old one's place; \
        of a symbolic link the target is replaced. A file that is no flagd document is never overwritten, and \
        targeting that rolloutctl did not write is replaced only by `rolloutctl promote --adopt` and \
        `rolloutctl kill`.
        """),
      .paragraph(
        """
        The journal of a flag is found in this order: `--journal`, the note's `Journal:`, a pointer beside the flag \
        file, `ROLLOUT_JOURNAL`, `"journal"` in `rolloutctl.json`, and last beside the flag file itself: \
        `flags.json.rollout/KEY.journal`. The pointer, `flags.json.rollout/KEY.journal-at`, is a text file with the \
        journal's path; a rollout whose journal is kept elsewhere leaves it there when it starts, so that the key \
        alone leads to its journal. A pointer that leads nowhere is named and ignored, and stops no kill.
        """),
      .paragraph(
        """
        Killed means that every evaluation serves the kill variant: no targeting, and that variant as the default. \
        Readers of a file see a change when they look next, mostly within seconds.
        """),
      .paragraph(
        """
        Into a container, mount the folder that holds the flag file, never the file alone: a file that is mounted by         itself stays the old one when a new one takes its name, and nothing can be put in its place from inside.
        """),
    ]
  }

  @Sendable private static func environment() -> [Block] {
    [
      .entries(EnvironmentVariable.all.map(\.entry)),
      .paragraph("Files:"),
      .entries(FileTable.all),
      .paragraph(
        """
        A setting is taken from the command line, else the note, else the environment, else `rolloutctl.json`. A \
        rollout's journal stays where it began: see `rolloutctl help stores`.
        """),
    ]
  }

  @Sendable private static func states() -> [Block] {
    [
      .paragraph("Where several states hold at once, the first of these counts:"),
      .entries(StateWords.conditions),
      .paragraph(
        """
        A hold, a degrade and an edited note do not say where the rollout stands: a verb that they let through does \
        what it does in the next of these that holds.
        """),
      .paragraph(
        """
        A move whose outcome is not in the journal was interrupted: the next command that changes anything compares \
        the store with it, judges it landed or not landed, and says so. It is never carried out later.
        """),
      .paragraph(
        """
        What only narrows (kill, rollback, hold, exclude) runs from the plan in the journal, whatever the note says \
        now. What each verb does in each state:
        """),
      .entries(StateWords.byCondition),
      .paragraph("No command asks for `degrade`: it is what `rolloutctl watch` does when a degrade trigger fires."),
    ]
  }
}
