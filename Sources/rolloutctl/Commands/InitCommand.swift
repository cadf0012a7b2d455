import RolloutOps

/// `init [NOTE]`: a note to begin with.
struct InitOptions: TakesCommonFlags, Equatable {
  static let name = "init"

  var common = CommonOptions()
  var note: String?
  var flag: String?
  var store: String?
  var change: String?
  var changeType: ChangeType?
  var tier: Int?
  var owner: String?
  var onCall: String?
  var unit: String?
  var version: VersionLabel?
  var controlVersion: VersionLabel?
  var schedule: String?

  static let row = CommandRow<InitOptions>(
    .plan, "write a rollout note from the template",
    arguments: [
      ArgumentRow("NOTE", .optional, "the file to write; without it standard output", completion: .note) {
        $0.note = $1
      }
    ],
    flags: [
      .text("flag", "KEY", "the flag's key in the store", completion: .lookup(.flags)) { $0.flag = $1 },
      .text("store", "ADDRESS", "where the flag lives: file:flags.json", completion: .anyFile) { $0.store = $1 },
      .text("change", "TEXT", "what changes, in one line") { $0.change = $1 },
      .choice("change-type", "TYPE", "what kind of change it is") { $0.changeType = $1 },
      .oneOf("tier", "TIER", "how much a failure costs, 0 the most", ["0", "1", "2", "3"]) { $0.tier = Int($1) },
      .text("owner", "NAME", "the one person who watches and calls rollback") { $0.owner = $1 },
      .text("on-call", "NAME", "who is paged") { $0.onCall = $1 },
      .text("unit", "ATTRIBUTE", "what a percentage counts, such as tenant") { $0.unit = $1 },
      .value(
        "version-label", "LABEL", "how traffic shows the new version", details: "Such as `prompt_version = v7`.",
        read: Conversion.versionLabel
      ) { $0.version = $1 },
      .value(
        "control-version", "LABEL", "how traffic shows the old version", details: "Such as `prompt_version = v6`.",
        read: Conversion.versionLabel
      ) { $0.controlVersion = $1 },
      .text(
        "schedule", "STAGES", "the stages, with arrows between them",
        details: "Such as `internal 3d -> 5% of paid 24h -> 100%`, or the name of a preset."
      ) { $0.schedule = $1 },
      .dryRun,
    ] + FlagRow.speaking,
    details: {
      [
        .paragraph(
          """
          Writes a rollout note: the one-page template, filled in from the flags given here, with the rest left open \
          for you. `rolloutctl check` then says what is still missing, and why it matters.
          """),
        .paragraph("A file that exists is never overwritten, and neither the store nor a journal is touched."),
      ]
    },
    exits: {
      ExitRow.table([
        (.done, "the note was written"),
        (.inconclusive, "the file exists already, or could not be written"),
      ])
    },
    examples: {
      [
        Example("rolloutctl init", "print the bare template"),
        Example(
          "rolloutctl init notes/search.md --flag ai-search --tier 2 --owner maya",
          "write a note for the flag ai-search"),
      ]
    },
    seeAlso: ["check", "plan", "notes"])
}

extension InitOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let path = note ?? "rollout.md"
    let written = try Starting(context: invocation.context).write(answers, to: path)
    invocation.context.output.result(
      "\(Terminal.plain(written)) written; fill it in, then: rolloutctl check \(Terminal.plain(written))")
    return .done
  }
}

extension InitOptions {
  private var answers: NoteAnswers {
    var answers = NoteAnswers()
    (answers.flag, answers.store, answers.change, answers.changeType) = (flag, store, change, changeType)
    (answers.tier, answers.owner, answers.onCall, answers.unit) = (tier, owner, onCall, unit)
    (answers.version, answers.controlVersion) = (version?.description, controlVersion?.description)
    answers.schedule = schedule
    return answers
  }
}
