import Foundation
import RolloutOps
import Testing

@testable import rolloutctl

@Suite struct ManPageTests {
  static let pages = ManPages(table: .rolloutctl).all

  @Test(.enabled(if: Tool.mandoc.isWanted, Tool.mandoc.reason), arguments: pages.map(\.name))
  func mandocFindsNothing(name: String) throws {
    let answer = try Tool.mandoc.run([
      "-Tlint", "-Wwarning", Repository.root.appendingPathComponent("man/\(name)").path,
    ])
    #expect(answer.output + answer.errors == "")
    #expect(answer.status == 0)
  }

  @Test(arguments: pages.filter { $0.name.hasSuffix(".1") }.map(\.name))
  func everySectionIsThere(name: String) throws {
    let text = try #require(Self.pages.first { $0.name == name }?.text)
    let sections = text.split(separator: "\n").filter { $0.hasPrefix(".SH ") }.map { String($0.dropFirst(4)) }
    let order = [
      "NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS", "STATES", "STORES", "PIPELINES", "EXIT STATUS",
      "ENVIRONMENT",
      "FILES", "EXAMPLES", "SEE ALSO",
    ]
    #expect(sections == order.filter(sections.contains))
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES", "SEE ALSO"] {
      #expect(sections.contains(section), "\(section)")
    }
  }

  @Test(.enabled(if: Tool.mandoc.isWanted, Tool.mandoc.reason)) func aPageReadsAsItShould() throws {
    let file = Repository.root.appendingPathComponent("man/rolloutctl-history.1").path
    let page = try Tool.mandoc.run(["-Tascii", "-Owidth=78", file]).output
      .replacing(/.\u{8}/, with: "")
    #expect(page.contains("rolloutctl-history - the journal: who did what, when and why\n"))
    #expect(page.contains("       -n, --limit COUNT\n"))
    #expect(page.contains("           rolloutctl history --since 24h --action kill -n 5\n"))
    #expect(page.contains("rolloutctl(1), rolloutctl-changes(1), rolloutctl-status(1)"))
    #expect(page.contains("0.1.0") && page.contains("2026-11-21"))
  }

  @Test func roffKeepsWhatIsLiteral() {
    var page = Roff(page: "x", section: 1)
    page.add([.paragraph("Say `--to 'a\\b'` - not ~.")])
    page.code(".dot\n'quote\n\nback\\slash")
    let lines = page.text.split(separator: "\n").map(String.init)
    #expect(lines.contains("Say \\fB\\-\\-to \\(aqa\\eb\\(aq\\fR - not \\(ti."))
    #expect(lines.contains("\\&.dot") && lines.contains("\\(aqquote") && lines.contains("back\\eslash"))
  }

  /// The manual's note is one that `check` has nothing to say against, but for the runbook that it has no room for.
  @Test func theNoteOfTheManualIsSound() {
    let note = Note.read(Array(NoteGuide.example.utf8), path: "notes/contract.md")
    #expect(note.diagnostics.filter { $0.severity == .error } == [])
  }
}
