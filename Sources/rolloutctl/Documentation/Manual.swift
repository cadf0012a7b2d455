import RolloutOps

/// What the pages say about the program as a whole.
enum Manual {
  static let summary = "a rollout note in git moves a feature flag, step by step and back"

  static let description: [Block] = [
    .paragraph(
      """
      A team writes a one-page rollout note in Markdown and keeps it in git. rolloutctl reads the note, moves a \
      feature flag through the note's stages in a flag store, checks gates before each step, and refuses, holds, \
      rolls back or kills with reasons.
      """),
    .list([
      "Kill always works. No note, gate, journal or problem in a note can stop it, and it says off only after reading back.",
      "No data is never a pass.",
      "One step at a time, exactly once. What somebody changed meanwhile is shown, never overwritten.",
      "Who, when and why are in a journal whose entries are chained by hashes.",
    ]),
  ]

  static let flagRules: [Block] = [
    .paragraph(
      """
      Flags stand before or after the other words, and common flags also before the command's name; there they are \
      defaults, which the same flag after the name replaces. A value follows its flag as the next word or after an \
      equals sign, and one that begins with a dash only after an equals sign, unless it is a negative number. A flag \
      with a value is given once. After `--` every word is an ordinary one.
      """)
  ]

  static let examples: [Example] = [
    Example("rolloutctl check notes/summary.md", "what is missing in the note"),
    Example("rolloutctl promote notes/summary.md", "enter the first stage, later the next"),
    Example(
      "rolloutctl status notes/summary.md", "where it stands, and what holds it",
      given: ["rolloutctl promote notes/summary.md"]),
    Example("rolloutctl kill ai-summary", "take everyone out, now", given: ["rolloutctl promote notes/summary.md"]),
  ]
}
