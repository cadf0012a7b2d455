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
    Topic(name: "stores", summary: "where flags live, and which store is meant", blocks: StoreGuide.blocks),
    Topic(name: "ci", summary: "in a pipeline: an example for GitHub, one for GitLab", blocks: PipelineGuide.blocks),
    Topic(name: "environment", summary: "variables and files", blocks: environment),
    Topic(name: "states", summary: "where a rollout can stand, and what moves it", blocks: states),
    Topic(name: "marks", summary: "the signs at the beginning of lines", blocks: marks),
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

  @Sendable private static func marks() -> [Block] {
    [
      .paragraph(
        "A sign means the same in every view. In Markdown its word stands beside it or in its place. `→` opens a verdict."
      ),
      .entries(Mark.allCases.map { Entry("`\($0.rawValue)`", "\($0.word): \($0.meaning)") }),
    ]
  }

  @Sendable private static func states() -> [Block] {
    [
      .paragraph("Where several states hold at once, the first of these counts:"),
      .entries(StateWords.states),
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
