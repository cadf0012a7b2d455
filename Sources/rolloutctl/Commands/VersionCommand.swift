import RolloutOps

/// `version`, also as `--version`.
struct VersionOptions: TakesCommonFlags, Equatable {
  static let name = "version"

  var common = CommonOptions()

  static let row = CommandRow<VersionOptions>(
    .help, "print the version", flags: FlagRow.printing,
    details: {
      [
        .paragraph(
          "Prints the program's name and version on one line, as `rolloutctl --version` does; a release names the "
            + "commit that it was built from.")
      ]
    },
    exits: { ExitRow.table([(.done, "printed")]) },
    examples: { [Example("rolloutctl version", "for a bug report")] },
    seeAlso: ["help"])
}

extension VersionOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let program = CommandTable.rolloutctl.program
    let commit = Release.commit
    var members = [JSON.Member("name", .string(program)), JSON.Member("version", .string(Release.number))]
    if let commit { members.append(JSON.Member("commit", .string(commit))) }
    invocation.print(
      text: { _, _ in Answers.rolloutctl.version },
      json: { .object(members) },
      markdown: { "\(program) \(Release.text(commit: commit))" })
    return .done
  }
}
