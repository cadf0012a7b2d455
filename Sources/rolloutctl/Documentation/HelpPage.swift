import RolloutOps

/// What `help` prints, from the table of commands.
struct HelpPage {
  let table: CommandTable
  let topics = Topic.all

  /// The page about a command or topic; all of them without a subject.
  func text(about subject: String?) throws(UsageError) -> String {
    guard let subject else { return overview }
    if let command = table[subject] { return page(of: command.description) }
    if let topic = topics.first(where: { $0.name == subject }) { return page(of: topic) }
    let nearest = Suggestion.nearest(to: subject, among: table.commands.map { $0.name } + topics.map(\.name))
    throw UsageError(
      command: HelpOptions.name,
      fault: .senseless("there is no command or topic '\(subject)'" + (nearest.map { "; did you mean \($0)?" } ?? "")))
  }

  private var overview: String {
    var page = PlainText()
    page.add([.paragraph("\(table.program) releases AI features in stages: \(Manual.summary).")])
    page.gap()
    page.line("Usage: \(table.program) COMMAND [flags] [words]")
    let commands = table.descriptions
    for group in CommandGroup.inOrder {
      page.title("\(group.name) (\(group.summary))")
      page.add(commands.filter { $0.group == group }.map { Entry($0.name, $0.summary) }, widest: 12)
    }
    page.title("topics")
    page.add(topics.map { Entry($0.name, $0.summary) }, widest: 12)
    page.gap()
    page.line("'\(table.program) help COMMAND' or 'help TOPIC' says more.")
    return page.text
  }

  private func page(of topic: Topic) -> String {
    var page = PlainText()
    page.line("\(topic.name): \(topic.summary)")
    page.add(topic.blocks())
    return page.text
  }

  private func page(of command: CommandDescription) -> String {
    var page = PlainText()
    page.line("\(table.program) \(command.name): \(command.summary)")
    page.gap()
    page.line("Usage: " + command.usage(of: table.program))
    page.add(command.details())
    if !command.arguments.isEmpty {
      page.title("Words")
      page.add(command.arguments.map { Entry($0.name, $0.meaning) })
    }
    for (title, flags) in [
      ("Flags", command.allFlags.filter { !$0.isCommon }), ("Common flags", command.allFlags.filter(\.isCommon)),
    ] where !flags.isEmpty {
      page.title(title)
      page.add(flags.map { Entry($0.synopsis, $0.meaning) })
    }
    page.title("Exit status")
    page.add(command.exits().map { Entry(String($0.status), $0.meaning) })
    let examples = command.examples()
    page.title(examples.count == 1 ? "Example" : "Examples")
    for example in examples {
      page.line("  # \(example.comment)")
      page.line("  \(example.line)")
    }
    page.gap()
    page.line("See also: " + command.seeAlso.map { "help \($0)" }.joined(separator: ", "))
    return page.text
  }
}

extension CommandDescription {
  /// One line: what has to be there is spelled out.
  func usage(of program: String) -> String {
    let required = flags.filter(\.isRequired).map(\.plainSynopsis)
    let optional = flags.allSatisfy(\.isRequired) ? [] : ["[flags]"]
    return ([program, name] + required + optional + arguments.map(\.synopsis)).joined(separator: " ")
  }
}

extension ArgumentDescription {
  var meaning: String { summary + (choices.isEmpty ? "" : ": " + choices.joined(separator: ", ")) }
}

extension FlagDescription {
  /// `--limit COUNT`, `--canary VERSION...`.
  var plainSynopsis: String { spelling + (valueName.map { " " + $0 } ?? "") + (repeats ? "..." : "") }
  /// `-n, --limit COUNT`.
  var synopsis: String { (short.map { "-\($0), " } ?? "") + plainSynopsis }

  /// Summary, choices and details.
  var meaning: String {
    let listed = choices.isEmpty ? summary : "\(summary) (\(choices.joined(separator: ", ")))"
    return details.map { listed + ". " + $0 } ?? listed
  }
}
