import Foundation
import Testing

@testable import RolloutOps
@testable import rolloutctl

/// What the documentation shows works as shown: every example of help and man pages runs through the real program, in a
/// world of its own.
@Suite struct DocumentationTests {
  struct Shown: CustomTestStringConvertible, Sendable {
    let page: String
    let example: Example

    var testDescription: String { "\(page): \(example.line)" }

    static let all =
      CommandTable.rolloutctl.descriptions.flatMap { command in
        command.examples().map { Shown(page: command.name, example: $0) }
      } + Manual.examples.map { Shown(page: "rolloutctl", example: $0) }
  }

  @Test(arguments: Shown.all)
  func anExampleEndsAsShown(shown: Shown) throws {
    let world = try DemoWorld.fresh()
    let example = shown.example
    for line in example.given {
      let outcome = try world.type(line)
      #expect(outcome.end == .status(0), "given \(line): \(outcome)")
    }
    let outcome = try world.type(example.line)
    #expect(outcome.end == .status(example.status), "\(outcome)")
    // Of a note without problems there is nothing to annotate; everything else is answered.
    if !example.line.contains("--format github") { #expect(outcome.output + outcome.errors != "") }
    // What went as asked complains of nothing; only killing all of them says beforehand how many there are,
    // and a sample of records has its summary beside it.
    let talks = example.line.contains("--all") || shown.page == "sample"
    if example.status == 0, !talks { #expect(outcome.errors == "") }
  }

  @Test func everyCommandHasAnExampleOfItself() {
    for command in CommandTable.rolloutctl.descriptions {
      let lines = command.examples().map(\.line)
      #expect(!lines.isEmpty)
      #expect(lines.allSatisfy { $0.hasPrefix("rolloutctl \(command.name)") }, "\(command.name): \(lines)")
    }
  }

  @Test func theNoteOfTheManualHasNoProblem() throws {
    let world = try DemoWorld.fresh()
    try world.folder.write("notes/contract.md", NoteGuide.example)
    let outcome = try world.type("rolloutctl check notes/contract.md")
    #expect(outcome.end == .status(0), "\(outcome)")
    #expect(!outcome.output.contains("error"), "\(outcome)")
  }

  /// The table that is printed is the one that decides.
  @Test(arguments: RolloutState.allCases)
  func helpTellsWhatEveryVerbDoes(condition: RolloutState) throws {
    let row = try #require(StateWords.byCondition.first { $0.term == condition.rawValue })
    var told: [String: String] = [:]
    for group in row.text.components(separatedBy: "; ") {
      let halves = group.components(separatedBy: ": ")
      let verbs = try #require(halves.count == 2 ? halves.last : nil, "\(group)")
      for verb in verbs.components(separatedBy: ", ") {
        #expect(told.updateValue(halves[0], forKey: verb) == nil, "\(verb) twice")
      }
    }
    #expect(Set(told.keys) == Set(Verb.allCases.map(\.rawValue)))
    for verb in Verb.allCases {
      let words = told[verb.rawValue, default: ""]
      switch StateTable.rule(verb, in: condition) {
      case .goes: #expect(words == "goes ahead")
      case .gated: #expect(words == "goes ahead if every gate passes")
      case .startsAnew: #expect(words.hasPrefix("starts a new rollout"))
      case .narrows: #expect(words.hasPrefix("goes ahead as far as"))
      case .recorded: #expect(words.hasPrefix("goes into the journal"))
      case .already: #expect(words == "nothing to do")
      case .refused(let status, _): #expect(words == "exits \(status.rawValue)")
      }
    }
  }
}
