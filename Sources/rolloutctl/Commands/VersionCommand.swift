import RolloutOps

/// `version`, also as `--version`.
struct VersionOptions: CommandOptions, Equatable {
  static let name = "version"

  static let row = CommandRow<VersionOptions>(
    .help, "print the version",
    details: { [.paragraph("Prints the program's name and version on one line, as `rolloutctl --version` does.")] },
    exits: { ExitRow.table([(.done, "printed")]) },
    examples: { [Example("rolloutctl version", "for a bug report")] },
    seeAlso: ["help"])
}
