import RolloutOps

/// `help [COMMAND or TOPIC]`.
struct HelpOptions: CommandOptions, Equatable {
  static let name = "help"

  var subject: String?

  static let row = CommandRow<HelpOptions>(
    .help, "explain a command or a topic",
    arguments: [
      ArgumentRow(
        "SUBJECT", .optional, "a command or a topic", completion: .words(CommandTable.names + Topic.names)
      ) { $0.subject = $1 }
    ],
    details: {
      [.paragraph("Without a subject: all commands and all topics.")]
    },
    exits: { ExitRow.table([(.done, "printed")]) },
    examples: {
      [
        Example("rolloutctl help kill", "before you need it"),
        Example("rolloutctl help exit-codes", "what a pipeline reads"),
      ]
    },
    seeAlso: ["version"])
}
