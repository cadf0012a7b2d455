import Foundation
import Testing

/// What bad notes and keys get: a sentence with what, where and what next; the status of the table; nothing written.
@Suite struct BadNoteTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Makes the note; it is given the plain note's text.
    var text: @Sendable (String) -> String = { $0 }
    var says: [String] = []
  }

  static let cases: [Case] = [
    Case(
      testDescription: "a stage of 0%", text: { $0.replacing("5% of paid 0s", with: "0% of paid 0s") },
      says: ["bad.md:17:26: error:", "a stage of 0% lets nobody in", "offline"]),
    Case(
      testDescription: "a stage of 100.5%", text: { $0.replacing("100% 0s", with: "100.5% 0s") },
      says: ["bad.md:17:", "`100.5%` is more than everyone"]),
    Case(
      testDescription: "soak 3 dayz", text: { $0.replacing("internal 0s", with: "internal 3 dayz") },
      says: ["bad.md:17:20: error:", "`3 dayz` is no length of time", "`3d`"]),
    Case(
      testDescription: "10,000 stages",
      text: { text in
        let stages = (1...10_000).map { "\(Double($0) / 100)% 0s" }.joined(separator: " -> ")
        return text.split(separator: "\n", omittingEmptySubsequences: false)
          .map { $0.hasPrefix("Schedule:") ? "Schedule: \(stages)" : String($0) }.joined(separator: "\n")
      }, says: ["bad.md:17:", "at most 1000 stages"]),
    Case(
      testDescription: "NUL bytes", text: { _ in String(repeating: "\0", count: 3000) },
      says: ["bad.md:1:1: error:", "control character NUL"]),
    Case(
      testDescription: "NUL bytes behind a good note", text: { $0 + "\0" },
      says: ["bad.md:21:1: error:", "control character NUL"]),
    Case(
      testDescription: "a key with a space", text: { $0.replacing("ai-summary", with: "ai summary") },
      says: ["bad.md:4:9: error:", "cannot be a flag key", "letters, digits"]),
    Case(
      testDescription: "a key with a quote", text: { $0.replacing("ai-summary", with: "ai\"summary") },
      says: ["bad.md:4:9: error:", "cannot be a flag key"]),
    Case(
      testDescription: "a key with an escape sequence",
      text: { $0.replacing("ai-summary", with: "\u{1B}[31mai\u{1B}]0;x\u{7}") },
      says: ["bad.md:4:7: error:", "control character"]),
    Case(
      testDescription: "a key over two lines",
      text: { $0.replacing("Flag: ai-summary", with: "Flag: ai\nFlag: summary") },
      says: ["bad.md:5:1: error:", "stands already in line 4"]),
    Case(
      testDescription: "a key of 10 kB",
      text: { $0.replacing("ai-summary", with: String(repeating: "k", count: 10_240)) },
      says: ["bad.md:4:7: error:", "at most 200 bytes", "10240"]),
    Case(
      testDescription: "nothing at all", text: { _ in "" },
      says: ["bad.md:1:1: error: this page has no field of a rollout note"]),
    Case(
      testDescription: "a page of prose", text: { _ in "# Read me\n\nThis is prose: nothing else.\n" },
      says: ["bad.md:1:1: error: this page has no field of a rollout note"]),
  ]

  @Test(arguments: cases) func aBadNoteIsRefusedWithItsPlace(bad: Case) throws {
    let world = try LiveWorld()
    try world.folder.write("bad.md", bad.text(LiveWorld.plainNote))
    let before = try world.snapshot()
    for words in [["promote", "bad.md"], ["plan", "bad.md"], ["replan", "bad.md", "--reason", "r"]] {
      let outcome = try world.start(words).finish(within: 60)
      #expect(outcome.status == 7, "\(words): \(outcome)")
      #expect(outcome.output == "")
      for sentence in bad.says { #expect(outcome.errors.contains(sentence), "\(words): \(outcome)") }
      #expect(outcome.errors.contains("rolloutctl check bad.md"), "what next is not said: \(outcome)")
      Self.expectPlain(outcome)
    }
    #expect(try world.snapshot() == before)
  }

  /// A terabyte that takes no room on the disk: whoever reads it comes to no end.
  @Test func aHugeNoteIsNotRead() throws {
    let world = try LiveWorld()
    try world.folder.write("bad.md", "")
    try #require(truncate(world.folder.path("bad.md"), 1 << 40) == 0)
    // Before the folder is looked through for secrets.
    defer { unlink(world.folder.path("bad.md")) }
    let before = try world.snapshot()
    let outcome = try world.start(["promote", "bad.md"]).finish(within: 60)
    #expect(outcome.status == 7 && outcome.output == "")
    let told = "bad.md has 1099511627776 bytes; a rollout note is a page of text, at most 1048576 bytes"
    #expect(outcome.errors.contains(told), "\(outcome)")
    #expect(try world.snapshot() == before)
  }

  @Test(arguments: ["notes", "notes/missing.md", "."]) func whatIsNoNote(path: String) throws {
    let world = try LiveWorld()
    let before = try world.snapshot()
    let outcome = try world.run("promote", path)
    let isMissing = path.hasSuffix(".md")
    #expect(outcome.status == (isMissing ? 2 : 7), "\(outcome)")
    #expect(outcome.output == "")
    #expect(
      outcome.errors.contains(isMissing ? "rolloutctl init notes/missing.md" : "is a folder; name the note in it"))
    #expect(try world.snapshot() == before)
  }

  @Test func everyProblemIsInOnePass() throws {
    let world = try LiveWorld()
    let bad = LiveWorld.plainNote.replacing("internal 0s", with: "internal 3 dayz").replacing(
      "100% 0s", with: "100.5% 0s")
    try world.folder.write("bad.md", bad)
    let outcome = try world.run("check", "bad.md")
    #expect(outcome.status == 7)
    #expect(outcome.output.contains("3 dayz") && outcome.output.contains("100.5%"))
  }

  // MARK: Keys on the command line

  static let keys = [
    "my flag", "my\"flag", "a\nb", "\u{1B}[31mred\u{1B}]0;title\u{7}", String(repeating: "k", count: 10_240), "-- x",
    "né", "a\u{202E}b",
  ]

  @Test(arguments: keys) func aKeyThatNobodyHasTurnsNothingOff(key: String) throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let before = try world.snapshot()
    for words in [["kill", "--", key], ["status", "--", key], ["promote", "--", key], ["history", "--", key]] {
      let outcome = try world.start(words).finish()
      Self.expectPlain(outcome)
      if words[0] == "kill" {
        #expect(outcome.status == 1, "\(outcome)")
        #expect((outcome.output + outcome.errors).contains("nothing was turned off"))
      }
      if words[0] == "promote" { #expect(outcome.status == 2, "\(outcome)") }
    }
    #expect(try world.snapshot() == before)
  }

  /// Such flags cannot be rolled out by a note, but somebody may have made them, and kill takes them all the same.
  @Test(arguments: keys) func anOddFlagCanBeKilled(key: String) throws {
    let flag: [String: Any] = ["state": "ENABLED", "variants": ["on": true, "off": false], "defaultVariant": "on"]
    let text = try JSONSerialization.data(withJSONObject: ["flags": [key: flag, "other": flag]])
    let world = try LiveWorld(flags: String(decoding: text, as: UTF8.self))
    let outcome = try world.run("kill", "--", key)
    #expect(outcome.status == 0, "\(outcome)")
    Self.expectPlain(outcome)
    #expect(try world.isKilled(key))
    #expect(try world.flag("other")["defaultVariant"] as? String == "on")
    for words in [["status"], ["history", "--verify"], ["history", "--", key], ["changes", "--since", "1h"]] {
      let outcome = try world.start(words).finish()
      #expect(outcome.status == 0, "\(words): \(outcome)")
      #expect(outcome.output.contains(words == ["history", "--verify"] ? "2 entries, the chain holds" : "kill"))
      Self.expectPlain(outcome)
    }
  }

  /// No control character reaches a terminal, and no character that turns the direction of a line.
  static func expectPlain(_ outcome: Binary.Outcome, at place: SourceLocation = #_sourceLocation) {
    for scalar in (outcome.output + outcome.errors).unicodeScalars where scalar != "\n" {
      let isControl = scalar.properties.generalCategory == .control
      let isDirection = ("\u{202A}"..."\u{202E}").contains(scalar) || ("\u{2066}"..."\u{2069}").contains(scalar)
      #expect(!isControl && !isDirection, "U+\(String(scalar.value, radix: 16))", sourceLocation: place)
    }
  }
}
