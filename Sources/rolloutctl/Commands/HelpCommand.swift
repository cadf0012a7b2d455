import RolloutOps

/// `help [COMMAND or TOPIC]`.
struct HelpOptions: Command, Equatable {
  static let name = HelpPage.command

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

  func run(_ context: Context, typed words: [String]) throws(UsageError) -> ExitStatus {
    context.turn(try HelpPage.fitting(context).text(about: subject))
  }
}

extension HelpPage {
  /// For the width of whoever reads it.
  static func fitting(_ context: Context) -> HelpPage {
    let columns = context.output.width ?? context.rules.columns ?? PlainText.usualColumns
    return HelpPage(table: .rolloutctl, columns: min(200, max(60, columns)))
  }
}

extension Context {
  /// Prints a text of several screens.
  func turn(_ text: String) -> ExitStatus {
    output.pages(text, through: rules.pager)
    return .done
  }
}
