import RolloutOps
import Testing

@testable import rolloutctl

/// The table of commands holds itself to its rules, row by row.
@Suite struct TableTests {
  static let table = CommandTable.rolloutctl
  static let commands = table.descriptions
  static let names = commands.map(\.name)

  @Test func everySpellingIsThereOnce() {
    #expect(Set(Self.names).count == Self.names.count)
    #expect(Set(Topic.names).isDisjoint(with: Self.names) && Set(Topic.names).count == Topic.names.count)
    for command in Self.commands {
      let spellings = command.allFlags.flatMap(\.spellings)
      #expect(Set(spellings).count == spellings.count, "\(command.name)")
    }
  }

  @Test func reflexesAreSpelledAsNothingElseIs() {
    let spellings = KillOptions.row.reflexes.flatMap(\.description.spellings)
    #expect(Set(spellings).isDisjoint(with: Self.table.allFlags.flatMap(\.spellings)))
  }

  /// Words that lead to a command are no commands, and the command is there.
  @Test func habitsLeadSomewhere() {
    let words = Self.table.habits.flatMap(\.words)
    #expect(Set(words).count == words.count && Set(words).isDisjoint(with: Self.names))
    for habit in Self.table.habits {
      if case .command(let name) = habit.meaning { #expect(Self.names.contains(name)) }
    }
  }

  /// A shell and the words before a command's name are read without knowing the command.
  @Test func aSpellingTakesAValueEverywhereOrNowhere() {
    var takesValue: [String: Bool] = [:]
    for flag in Self.table.common + Self.commands.flatMap(\.allFlags) {
      for spelling in flag.spellings {
        #expect(takesValue[spelling] ?? flag.takesValue == flag.takesValue, "\(spelling)")
        takesValue[spelling] = flag.takesValue
      }
    }
  }

  @Test(arguments: commands.map(\.name)) func flagsAreDescribed(name: String) throws {
    for flag in try description(name).allFlags {
      let place: Comment = "\(name) \(flag.spelling)"
      #expect(flag.long.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x2D } && flag.long.count > 1, place)
      #expect(flag.summary.count <= 60 && !flag.summary.hasSuffix("."), place)
      #expect(flag.details?.hasSuffix(".") ?? true, place)
      if let valueName = flag.valueName { #expect(valueName == valueName.uppercased() && !valueName.isEmpty, place) }
      if !flag.takesValue { #expect(flag.completion == .nothing && flag.choices.isEmpty, place) }
      if !flag.choices.isEmpty { #expect(flag.completion == .words(flag.choices), place) }
    }
  }

  @Test(arguments: commands.map(\.name)) func commandsAreDescribed(name: String) throws {
    let command = try description(name)
    #expect(command.summary.count <= 60 && !command.summary.hasSuffix("."))
    #expect(command.summary.first?.isLowercase == true)
    #expect(CommandGroup.inOrder.contains(command.group))
    #expect(!command.details().isEmpty)
    #expect(!command.examples().isEmpty)
    #expect(
      command.arguments.dropLast().allSatisfy { $0.arity == .one }, "only the last word may be left out or repeated")
    for argument in command.arguments { #expect(argument.summary.count <= 60) }
    let statuses = command.exits().map(\.status)
    #expect(statuses == Array(Set(statuses)).sorted() && statuses.first == 0)
    #expect(statuses.allSatisfy { ExitStatus(rawValue: $0) != nil })
  }

  @Test func lookupsAreKnown() {
    let completions =
      Self.commands.flatMap(\.allFlags).map(\.completion) + Self.commands.flatMap(\.arguments).map(\.completion)
    let used = Set(completions.compactMap(\.lookup))
    #expect(used == Set(Lookup.allCases.map(\.rawValue)))
  }

  // MARK: References

  @Test(arguments: commands.map(\.name)) func referencesOfACommandResolve(name: String) throws {
    let command = try description(name)
    for other in command.seeAlso {
      #expect((Self.names + Topic.names).contains(other) && other != name, "\(name) sees also \(other)")
    }
    let texts =
      command.details().flatMap(\.texts) + command.allFlags.compactMap(\.details) + command.exits().map(\.meaning)
      + command.arguments.map(\.summary)
    expectReferences(in: texts, of: command)
  }

  @Test(arguments: Topic.names) func referencesOfATopicResolve(name: String) throws {
    let topic = try #require(Topic.all.first { $0.name == name })
    expectReferences(in: topic.blocks().flatMap(\.texts), of: nil)
  }

  @Test func referencesOfTheManualResolve() {
    expectReferences(in: (Manual.description + Manual.flagRules).flatMap(\.texts), of: nil)
  }

  /// Flags named in a literal exist: in the command that the literal names, else in the one that it is written in.
  private func expectReferences(in texts: [String], of command: CommandDescription?) {
    for text in texts {
      #expect(text.filter { $0 == "`" }.count % 2 == 0, "unpaired: \(text)")
      for span in Span.read(text) where span.isLiteral {
        var words = span.text.split(separator: " ").map(String.init)
        var owner = command
        if words.first == "rolloutctl" { words.removeFirst() }
        if let name = words.first, let named = Self.commands.first(where: { $0.name == name }) {
          owner = named
          if name == "help", words.count > 1 {
            #expect((Self.names + Topic.names + ["COMMAND"]).contains(words[1]), "\(span.text)")
          }
        } else if span.text.hasPrefix("rolloutctl ") {
          #expect(span.text == "rolloutctl --version", "\(span.text) names no command")
          continue
        }
        let flags = owner?.allFlags ?? Self.table.allFlags
        for word in words where word.hasPrefix("--") && word.count > 2 {
          #expect(flags.contains { $0.spelling == word.splitAtEquals.0 }, "\(span.text) in \(owner?.name ?? "a topic")")
        }
      }
    }
  }

  // MARK: Examples

  @Test(arguments: (commands.flatMap { $0.examples() } + Manual.examples).map(\.line))
  func anExampleIsReadAsACommand(line: String) throws {
    let example = try #require((Self.commands.flatMap { $0.examples() } + Manual.examples).first { $0.line == line })
    for line in example.given + [example.line] {
      let words = try words(of: line)
      #expect(words.first == "rolloutctl")
      _ = try Self.table.parse(Array(words.dropFirst()))
    }
    #expect(ExitStatus(rawValue: example.status) != nil)
    #expect(!example.comment.isEmpty && !example.comment.hasSuffix("."))
  }

  /// As a shell would split it: the examples use blanks and single quotes, and nothing else that a shell reads.
  private func words(of line: String) throws -> [String] {
    try #require(!line.contains { "\"\\$`*?<>|&;".contains($0) }, "\(line) needs a shell")
    var words: [String] = []
    for (offset, part) in line.split(separator: "'", omittingEmptySubsequences: false).enumerated() {
      if offset % 2 == 1 { words.append(String(part)) } else { words += part.split(separator: " ").map(String.init) }
    }
    return words
  }

  private func description(_ name: String) throws -> CommandDescription {
    try #require(Self.commands.first { $0.name == name })
  }
}
