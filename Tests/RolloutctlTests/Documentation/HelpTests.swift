import RolloutOps
import Testing

@testable import rolloutctl

/// What `help` and `--help` print.
@Suite struct HelpTests {
  private static let subjects = [nil] + (CommandTable.names + Topic.names).map(Optional.some)

  @Test(arguments: subjects) func fitsEightyColumns(subject: String?) throws {
    let page = HelpPage(table: .rolloutctl)
    #expect(try Answers.rolloutctl.help(about: subject) == page.text(about: subject))
    for text in [try page.text(about: subject), try page.short(about: subject)] {
      for line in text.split(separator: "\n") {
        #expect(Terminal.width(line) <= 80, "\(line)")
        #expect(line.last != " ", "\(line)")
      }
      #expect(!text.contains("`") && !text.contains("\n\n\n") && text.hasSuffix("\n"))
    }
  }

  @Test func theOverviewShowsEveryCommandOnce() throws {
    let lines = try Answers.rolloutctl.help(about: nil).split(separator: "\n").map(String.init)
    for command in CommandTable.rolloutctl.descriptions {
      let shown = lines.filter { $0.hasPrefix("  \(command.name) ") }
      #expect(shown.count == 1 && shown[0].hasSuffix("  \(command.summary)"), "\(command.name): \(shown)")
    }
    for topic in Topic.names { #expect(lines.filter { $0.hasPrefix("  \(topic) ") }.count == 1) }
    for group in CommandGroup.inOrder { #expect(lines.contains("\(group.name) (\(group.summary)):")) }
  }

  @Test func aCommandShowsAllOfItsRow() throws {
    let text = try Answers.rolloutctl.help(about: "restore")
    #expect(text.hasPrefix("rolloutctl restore: after a kill, back to the first stage that exposes\n"))
    #expect(text.contains("Usage: rolloutctl restore --reason TEXT [flags] FLAG\n"))
    #expect(text.contains("  FLAG  the flag's key, or its note's path\n"))
    #expect(text.contains("  --to STAGE  further than the first exposing stage."))
    #expect(text.contains("  --format FORMAT     how to print the result (text, json, markdown)."))
    #expect(text.contains("  -h, --help          print help and do nothing else; -h prints one screen\n"))
    #expect(text.contains("  2  the command line was wrong\n"))
    #expect(text.contains("  # back to the first stage\n  rolloutctl restore ai-summary --reason"))
    #expect(text.hasSuffix("See also: help kill, help promote, help states\n"))
  }

  @Test func exitCodesAreTheOneTable() throws {
    let text = try Answers.rolloutctl.help(about: "exit-codes")
    for status in ExitStatus.allCases {
      #expect(
        text.contains(
          "\n  \(status.rawValue)  \(status.meaning.split(separator: " ").prefix(5).joined(separator: " "))"))
    }
    #expect(text.contains("5, 4, 6, 1, 7, 2, 3, 0."))
  }

  @Test func statesAreTheOneTable() throws {
    let text = try Answers.rolloutctl.help(about: "states")
    for condition in RolloutState.allCases { #expect(text.components(of: "\n  \(condition.rawValue) ") == 2) }
    #expect(
      StateWords.entries(of: .finish).contains(Entry("off, exposing", "exits 3: it has not reached its last stage")))
    #expect(StateWords.entries(of: .kill) == [Entry("any state", "goes ahead")])
    #expect(
      StateWords.entries(of: .hold).last
        == Entry("any other state", "goes into the journal, and the flag stays as it is"))
  }

  @Test func notesShowEveryFieldAndRule() throws {
    let text = try Answers.rolloutctl.help(about: "notes")
    for field in NoteField.all { #expect(text.contains("\n  \(field.name)"), "\(field.name)") }
    for rule in NoteRule.all {
      #expect(text.contains("\n  \(rule.name) ") || text.contains("\n  \(rule.name)\n"), "\(rule.name)")
    }
  }

  @Test func anUnknownSubjectIsAMistake() {
    #expect(
      throws: UsageError(command: "help", fault: .senseless("there is no command or topic 'kil'; did you mean kill?"))
    ) {
      try Answers.rolloutctl.help(about: "kil")
    }
    #expect(
      throws: UsageError(
        command: "help", fault: .senseless("there is no command or topic 'exitcodes'; did you mean exit-codes?"))
    ) {
      try Answers.rolloutctl.help(about: "exitcodes")
    }
  }
}

extension String {
  fileprivate func components(of separator: String) -> Int {
    var (count, rest) = (0, self[...])
    while let range = rest.firstRange(of: separator) {
      (count, rest) = (count + 1, rest[range.upperBound...])
    }
    return count
  }
}
