import Foundation
import Testing

/// How `check` and `promote` tell what is wrong with a note.
@Suite struct NoteFindingTests {
  /// An error in the middle, one at the end, doubtful lines before both, and much that is missing.
  private static let mixed = """
    # Mixed

    Change: x
    Flag: ai-summary
    Store: file:flags.json
    Approvers: lee
    Kil switch: by hand
    Tier: 9
    Owner:
    Version: prompt_version = v7
    Cohorts:
    - internal: team = staff
    Schedule: internal 1d -> 20% 3 dayz -> 100%
    """

  private func world() throws -> LiveWorld {
    let world = try LiveWorld()
    try world.folder.write("bad.md", Self.mixed + "\n")
    return world
  }

  /// Errors by line, then warnings by line, then one block of what the note does not say.
  @Test func errorsComeFirstAndGapsLast() throws {
    let lines = try world().run("check", "bad.md").output.split(separator: "\n").map(String.init)
    let title = try #require(lines.firstIndex(of: "bad.md: not said yet:"), "\(lines)")
    func place(_ line: String) -> [Int] { line.split(separator: ":").dropFirst().prefix(2).compactMap { Int($0) } }
    let (found, gaps) = (lines[..<title], lines[(title + 1)...])
    #expect(found.map { $0.contains(": error: ") } == [true, true, false, false], "\(found)")
    #expect(found.map { place($0)[0] } == [8, 13, 6, 7])
    #expect(!gaps.isEmpty && gaps.allSatisfy { $0.contains(": warning: no ") }, "\(gaps)")
    #expect(gaps.map { place($0)[0] } == gaps.map { place($0)[0] }.sorted())
    // A field that is named and empty is shown where it can be filled in.
    #expect(gaps.contains { $0.hasPrefix("bad.md:9:1: warning: no Owner:") })
  }

  /// Every format has the one order: a workflow run shows ten problems and no more.
  @Test func everyFormatHasTheSameOrder() throws {
    let world = try world()
    let text = try world.run("check", "bad.md").output
    let rules = text.split(separator: "\n").compactMap { line in
      line.hasSuffix("]") ? line.split(separator: "[").last.map { String($0.dropLast()) } : nil
    }
    let json = try #require(try LiveWorld.object(world.run("check", "bad.md", "--format", "json").output))
    let problems = try #require(json["problems"] as? [[String: Any]])
    #expect(problems.compactMap { $0["rule"] as? String } == rules && rules.count > 8)
    #expect(problems.first { $0["rule"] as? String == "unknown-field" }?["meant"] as? String == "Kill trigger")
    #expect(problems.first { $0["rule"] as? String == "no-owner" }?["missing"] as? Bool == true)
    let github = try world.run("check", "bad.md", "--format", "github").output.split(separator: "\n")
    #expect(github.map { String($0.components(separatedBy: "title=")[1].prefix { $0 != ":" }) } == rules)
  }

  /// No sentence says one thing twice, and none needs a wide screen.
  @Test func gapsAreAQuestionAndALineToWrite() throws {
    let output = try world().run("check", "bad.md").output
    #expect(output.contains("no Fallback: what do users get when the flag is off? write `Fallback: "))
    for line in output.split(separator: "\n") { #expect(line.count <= 170, "\(line)") }
  }

  /// What has no effect, and what is nearly a field, is said by both; and by neither twice.
  @Test func checkAndPromoteWarnOfWhatHasNoEffect() throws {
    let world = try LiveWorld()
    let more =
      "Approvers: lee, priya\nNotify: https://chat.example.com/hook\nSucess criterion: 5%\nKil switch: by hand\n"
    try world.folder.write(LiveWorld.note, LiveWorld.plainNote + more)
    let sentences = [
      "`Approvers` has no effect in this version: it asks nobody for an approval [no-effect]",
      "`Notify` has no effect in this version: it tells nobody of a move [no-effect]",
      "`Sucess criterion` is no field of a rollout note; did you mean `Hold trigger`? [unknown-field]",
      "`Kil switch` is no field of a rollout note; did you mean `Kill trigger`? [unknown-field]",
    ]
    let checked = try world.run("check", LiveWorld.note)
    let promoted = try world.run("promote", LiveWorld.note, "--dry-run")
    #expect(checked.end == .status(0) && promoted.end == .status(0))
    for sentence in sentences {
      for text in [checked.output, promoted.errors] {
        #expect(text.components(separatedBy: "warning: \(sentence)").count == 2, "\(sentence) in \(text)")
      }
    }
    #expect(promoted.errors.split(separator: "\n").count == sentences.count, "\(promoted)")
    #expect(try world.run("promote", LiveWorld.note, "--quiet").errors == "")
    // By its key the rollout has the same note.
    #expect(try world.run("promote", "ai-summary").errors.contains(sentences[0]))
  }
}
