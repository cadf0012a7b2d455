import RolloutOps

/// `init [NOTE]`: a note to begin with, and a flag file where it names one that is not there yet.
struct InitOptions: TakesCommonFlags, Equatable {
  static let name = "init"

  var common = CommonOptions()
  var note: String?
  var answers = NoteAnswers()

  /// For whoever types it into another command, or looks at it first.
  var isPrinted: Bool { note == nil || note == "-" }

  static let row = CommandRow<InitOptions>(
    .plan, "write a rollout note from the template",
    arguments: [
      ArgumentRow("NOTE", .optional, "the file to write; without it, or with -, standard output", completion: .note) {
        $0.note = $1
      }
    ],
    flags: asked + [.dryRun] + FlagRow.speaking,
    details: {
      [
        .paragraph(
          """
          Writes a rollout note: the one-page template, filled in from the flags given here, with the rest left open \
          for you. At a terminal it asks for what matters most and was not given. `rolloutctl check` then says what is \
          still missing, and why it matters.
          """),
        .paragraph(
          """
          Where the flag is to live in a file that is not there, that file is made too, without any flag. The file is \
          the one of `--store`, else that of the settings (`ROLLOUT_STORE`, `rolloutctl.json`), else `flags.json` in \
          the working folder, or further up in the repository. No file that exists is ever overwritten, and no server \
          is asked.
          """),
      ]
    },
    exits: {
      ExitRow.table([
        (.done, "the note was written, or printed"),
        (.inconclusive, "the note or the flag file could not be written"),
        (.usage, "the command line was wrong, the note exists already, or a question was left unanswered"),
      ])
    },
    examples: {
      [
        Example("rolloutctl init", "print the template"),
        Example(
          "rolloutctl init notes/search.md --flag ai-search --tier 2 --owner maya",
          "write a note for the flag ai-search"),
        Example(
          "rolloutctl init notes/rank.md --cohort 'paid: plan = pro' --schedule standard", "with stages of a preset"),
      ]
    },
    seeAlso: ["check", "plan", "promote", "notes"])

  /// All that a note can be given here.
  private static let asked: [FlagRow<InitOptions>] = [
    .text("flag", "KEY", "the flag's key; without it the note's file name", completion: .lookup(.flags)) {
      $0.answers.flag = $1
    },
    .text("store", "ADDRESS", "where the flag lives: file:flags.json", completion: .anyFile) { $0.answers.store = $1 },
    .text("title", "TEXT", "the note's heading") { $0.answers.title = $1 },
    .text("change", "TEXT", "what changes, in one line") { $0.answers.change = $1 },
    .text("gain", "TEXT", "why it is worth it") { $0.answers.gain = $1 },
    .text("risk", "TEXT", "what is most likely to get worse") { $0.answers.risk = $1 },
    .choice("change-type", "TYPE", "what kind of change it is") { $0.answers.changeType = $1 },
    .oneOf("tier", "TIER", "how much a failure costs, 0 the most", ["0", "1", "2", "3"]) { $0.answers.tier = Int($1) },
    .text("owner", "NAME", "the one person who watches and calls rollback") { $0.answers.owner = $1 },
    .text("on-call", "NAME", "who is paged") { $0.answers.onCall = $1 },
    .text("unit", "ATTRIBUTE", "what a percentage counts, such as tenant") { $0.answers.unit = $1 },
    .value(
      "version-label", "LABEL", "how traffic shows the new version", details: "Such as `prompt_version = v7`.",
      read: Conversion.versionLabel
    ) { $0.answers.version = $1.description },
    .value(
      "control-version", "LABEL", "how traffic shows the old version", details: "Such as `prompt_version = v6`.",
      read: Conversion.versionLabel
    ) { $0.answers.controlVersion = $1.description },
    .text("time-zone", "ZONE", "of the times that are printed, such as Europe/Berlin") { $0.answers.timeZone = $1 },
    .text("fallback", "TEXT", "what users get when the flag is off") { $0.answers.fallback = $1 },
    .text("runbook", "PATH", "what whoever is paged reads; it must name the flag", completion: .anyFile) {
      $0.answers.runbook = $1
    },
    .text(
      "cohort", "COHORT", "who is meant by a name in the schedule",
      details: "A name and a selector, such as `internal: team = staff`. May be given several times."
    ) { $0.answers.cohorts.append($1) }.repeated(),
    .text("exclude", "SELECTOR", "who is never in, such as stability_tier = stable") { $0.answers.exclude = $1 },
    .text(
      "schedule", "STAGES", "the stages, with arrows between them",
      details: "Such as `internal 3d -> 5% of paid 24h -> 100%`, or the name of a preset."
    ) { $0.answers.schedule = $1 },
    .text("dashboard", "ADDRESS", "the chart or query that people look at") { $0.answers.dashboard = $1 },
    .text("evidence", "PLACE", "measured samples, such as traces/*.ndjson") { $0.answers.evidence = $1 },
  ]
}

extension InitOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let output = invocation.context.output
    if let fault = answers.flag.flatMap({ FlagKey($0).fault }) {
      throw .usage("--flag \(answers.flag ?? ""): no flag can have this key: \(fault)")
    }
    guard let note, !isPrinted else {
      output.result(NoteTemplate.text(answers))
      return .done
    }
    let verb = Init(context: invocation.context, choices: invocation.choices)
    // Nobody is asked ten questions for a note that cannot be written.
    _ = try verb.free(note)
    var answers = answers
    if output.asks, !common.dryRun {
      let questions = InitQuestions(output: output, actor: invocation.context.surroundings.actor)
      try questions.ask(for: &answers, note: note)
    }
    let report = try verb.write(answers, to: note)
    invocation.remark(report.remarks)
    output.result(report.told(ink: invocation.ink))
    return .done
  }
}
