import RolloutOps

/// `check NOTE...`: every problem, for an editor and for a pipeline.
struct CheckOptions: TakesCommonFlags, Equatable {
  static let name = "check"

  /// `github` is for annotations of a workflow run, which only problems with a place can be.
  enum Format: String, CaseIterable, Sendable {
    case text, json, markdown, github
  }

  var common = CommonOptions()
  var notes: [String] = []
  var format = Format.text
  var strict = false

  static let row = CommandRow<CheckOptions>(
    .plan, "list every problem in the notes",
    arguments: [
      ArgumentRow("NOTE", .many, "the notes to check", completion: .note) { $0.notes.append($1) }
    ],
    flags: [
      .toggle("strict", "count warnings as errors") { $0.strict = true },
      .choice(
        "format", "FORMAT", "how to print the problems",
        details: """
          `text` is `file:line:column: error: sentence`, as a compiler prints it: errors first, what is missing last; \
          `github` makes annotations of a workflow run; `json` is one JSON value.
          """
      ) { $0.format = $1 },
    ] + FlagRow.speaking,
    details: {
      [
        .paragraph(
          """
          Reads each note once and prints every problem in it with file, line and column: fields that are not \
          understood, stages that do not rise, cohorts that nobody defined, triggers on what nothing measures, \
          personal data in selectors, what has no effect in this version, and whatever a rollout should have before it \
          starts. Where the flag is to live \
          in Statsig or PostHog, what that cannot express is an error, and what some of its SDKs read otherwise a \
          warning.
          """),
        .paragraph(
          """
          Without `Schedule:` the note gets a preset by its change type and tier; the line at the end says which. \
          `rolloutctl help notes` lists the fields and the rules. Nothing is changed, and no store is asked.
          """),
      ]
    },
    exits: {
      ExitRow.table([
        (.done, "no errors; there may be warnings, unless --strict"),
        (.inconclusive, "a note could not be read"), (.usage, "the command line was wrong, or there is no such note"),
        (.badNote, "at least one note has errors"),
      ])
    },
    examples: {
      [
        Example("rolloutctl check notes/summary.md", "before a commit"),
        Example("rolloutctl check --format github notes/summary.md", "in a workflow, as annotations"),
      ]
    },
    seeAlso: ["init", "plan", "notes", "ci"])
}

extension CheckOptions: Action {
  var wantsJSON: Bool { format == .json }

  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let report = Check(context: invocation.context).check(notes, strict: strict)
    let output = invocation.context.output
    switch format {
    case .text: output.result(report.text(ink: invocation.ink))
    case .json: output.result(report.json.written(.pretty))
    case .github: output.result(report.github)
    case .markdown: output.result(report.markdown)
    }
    return report.status
  }
}
