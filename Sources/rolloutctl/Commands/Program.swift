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
      case .help(let subject, .whole): return context.turn(try page.text(about: subject))
      case .version: return say(Answers.rolloutctl.version)
      case .candidates(let kind, let line):
        let source = RolloutCandidates(context: context)
        return say(Answers.rolloutctl.candidates(kind: kind, for: line, from: source))
      case .command(let options, let remarks):
        for remark in remarks {
          context.output.remark("\(table.program) \(type(of: options).name): \(Terminal.plain(remark))")
        }
        return try options.run(context, typed: words)
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

  private var page: HelpPage { .fitting(context) }

  private func say(_ text: String) -> ExitStatus {
    context.output.result(text)
    return .done
  }
}
