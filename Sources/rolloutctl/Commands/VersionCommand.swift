import RolloutOps

/// `version`, also as `--version`.
struct VersionOptions: TakesCommonFlags, Equatable {
  static let name = "version"

  var common = CommonOptions()

  static let row = CommandRow<VersionOptions>(
    .help, "print the version", flags: FlagRow.printing,
    details: { [.paragraph("Prints the program's name and version on one line, as `rolloutctl --version` does.")] },
    exits: { ExitRow.table([(.done, "printed")]) },
    examples: { [Example("rolloutctl version", "for a bug report")] },
    seeAlso: ["help"])
}

extension VersionOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let program = CommandTable.rolloutctl.program
    invocation.print(
      text: { _, _ in Answers.rolloutctl.version },
      json: { ["name": .string(program), "version": .string(Release.number)] },
      markdown: { "\(program) \(Release.number)" })
    return .done
  }
}
