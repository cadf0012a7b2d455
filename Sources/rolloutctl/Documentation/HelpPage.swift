import RolloutOps

/// What `help` prints, from the table of commands.
struct HelpPage {
  /// The command that prints it.
  static let command = "help"

  let table: CommandTable
  var columns = PlainText.usualColumns
  let topics = Topic.all

  /// The page about a command or topic; all of them without a subject.
  func text(about subject: String?) throws(UsageError) -> String {
    guard let subject else { return overview }
    if let command = table[subject] { return page(of: command.description) }
    return try topicPage(subject)
  }

  /// Of a command, or of all, what one screen holds.
  func short(about subject: String?) throws(UsageError) -> String {
    guard let subject else { return firstScreen }
    if let command = table[subject] { return shortPage(of: command.description) }
    return try topicPage(subject)
  }

  private func topicPage(_ subject: String) throws(UsageError) -> String {
    if let topic = topics.first(where: { $0.name == subject }) { return page(of: topic) }
    let nearest = Suggestion.nearest(to: subject, among: table.commands.map { $0.name } + topics.map(\.name))
    throw UsageError(
      command: Self.command,
      fault: .senseless("there is no command or topic '\(subject)'" + (nearest.map { "; did you mean \($0)?" } ?? "")))
  }

  private var overview: String {
    var page = PlainText(columns: columns)
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

  private var firstScreen: String {
    var page = PlainText(columns: columns)
    page.add([.paragraph("\(table.program) releases AI features in stages: \(Manual.summary).")])
    page.gap()
    page.line("Usage: \(table.program) COMMAND [flags] [words]")
    page.gap()
    let commands = table.descriptions
    page.add(
      CommandGroup.inOrder.map { group in
        Entry(group.name, commands.filter { $0.group == group }.map(\.name).joined(separator: " "))
      })
    page.title("Examples")
    page.add(Manual.examples)
    page.gap()
    page.folded("Topics: " + topics.map(\.name).joined(separator: " "), hang: 8)
    page.folded(
      "'\(table.program) COMMAND -h' is a screen about a command, '--help' all about it; '\(table.program) help' lists "
        + "what each of them does, 'help TOPIC' explains.", hang: 0)
    return page.text
  }

  private func beginning(of command: CommandDescription) -> PlainText {
    var page = PlainText(columns: columns)
    page.folded("\(table.program) \(command.name): \(command.summary)", hang: 4)
    page.gap()
    page.folded("Usage: " + command.usage(of: table.program), hang: 7)
    return page
  }

  /// What a person types every day: the usage, the examples and the flags that only this command has.
  private func shortPage(of command: CommandDescription) -> String {
    var page = beginning(of: command)
    page.gap()
    page.add(command.examples())
    let own = command.flags.filter { !$0.isCommon }
    if !own.isEmpty {
      page.gap()
      page.add(own.map { Entry($0.synopsis, $0.listedSummary) })
    }
    page.gap()
    let common = command.flags.filter(\.isCommon).map(\.spelling).joined(separator: " ")
    page.add([
      .paragraph((common.isEmpty ? "" : "Also: \(common). ") + "'\(table.program) \(command.name) --help' says all.")
    ])
    return page.text
  }

  private func page(of topic: Topic) -> String {
    var page = PlainText(columns: columns)
    page.folded("\(topic.name): \(topic.summary)", hang: 4)
    page.add(topic.blocks())
    return page.text
  }

  private func page(of command: CommandDescription) -> String {
    var page = beginning(of: command)
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
    page.folded("See also: " + command.seeAlso.map { "help \($0)" }.joined(separator: ", "), hang: 10)
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

  /// Summary and choices.
  var listedSummary: String { choices.isEmpty ? summary : "\(summary) (\(choices.joined(separator: ", ")))" }
  /// With the details too.
  var meaning: String { details.map { listedSummary + ". " + $0 } ?? listedSummary }
}
