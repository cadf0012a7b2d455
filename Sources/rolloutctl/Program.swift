import RolloutOps

/// One command line, from words to exit status. Everything outside comes in through the context, so a whole run can be
/// played in a test or in the demo.
struct Program: Sendable {
  let context: Context

  func run(_ words: [String]) -> ExitStatus {
    let table = CommandTable.rolloutctl
    do throws(UsageError) {
      switch try table.parse(words) {
      case .help(let subject, .short): return say(try page.short(about: subject))
      case .help(let subject, .whole): return turn(try page.text(about: subject))
      case .version: return say(Answers.rolloutctl.version)
      case .candidates(let kind, let line):
        let source = RolloutCandidates(context: context)
        return say(Answers.rolloutctl.candidates(kind: kind, for: line, from: source))
      case .command(let options, let remarks):
        for remark in remarks {
          context.output.remark("\(table.program) \(type(of: options).name): \(Terminal.plain(remark))")
        }
        return try run(options, words)
      }
    } catch {
      context.output.failure(error.message(program: table.program))
      if Self.askForJSON(words) {
        let answer: JSON = [
          "error": .strings(error.sentences(program: table.program)), "exit": .number(Int(ExitStatus.usage.rawValue)),
        ]
        context.output.result(answer.written(.pretty))
      }
      return .usage
    }
  }

  /// Whether the words ask for a kill, in whatever spelling.
  static func kills(_ words: [String]) -> Bool {
    guard case .command(let options, _)? = try? CommandTable.rolloutctl.parse(words) else { return false }
    return options is KillOptions
  }

  /// Whoever reads standard output as JSON does so also when the words could not be parsed.
  static func askForJSON(_ words: [String]) -> Bool {
    let flags = words.prefix { $0 != "--" }
    return flags.contains("--format=json") || zip(flags, flags.dropFirst()).contains { $0 == ("--format", "json") }
  }

  private func run(_ options: any CommandOptions, _ words: [String]) throws(UsageError) -> ExitStatus {
    switch options {
    case let options as HelpOptions: turn(try page.text(about: options.subject))
    case let options as CompletionsOptions: say(Answers.rolloutctl.completion(of: options.shell))
    case let action as any Action: action.run(context, typed: words)
    default: .inconclusive
    }
  }

  /// Help for the width of whoever reads it.
  private var page: HelpPage {
    let columns = context.output.width ?? context.rules.columns ?? PlainText.usualColumns
    return HelpPage(table: .rolloutctl, columns: min(200, max(60, columns)))
  }

  /// A text of several screens.
  private func turn(_ text: String) -> ExitStatus {
    context.output.pages(text, through: context.rules.pager)
    return .done
  }

  private func say(_ text: String) -> ExitStatus {
    context.output.result(text)
    return .done
  }
}
