import Foundation
import Testing

@testable import RolloutOps

/// A power cut in the middle of a write into the flag file leaves a file of which some bytes are old and some new. strace
/// ends the program right after the write, and the test puts old bytes back.
@Suite(.enabled(if: Tool.strace.isWanted, Tool.strace.reason)) struct TornFileTests {
  private static let excluding = ["exclude", "ai-summary", "tenant=acme", "--reason", "complaint"]
  private static let killing = ["kill", "ai-summary"]

  private struct Torn {
    let world: LiveWorld
    let (before, after): (String, String)
    let found: String

    func file() throws -> String { try world.folder.read("flags.json") }
  }

  /// At the first stage, in a file that is written in place.
  private func torn(by words: [String]) throws -> Torn {
    let world = try LiveWorld()
    try world.folder.write("rolloutctl.json", #"{"store": "file:flags.json", "replace": "in place"}"#)
    try world.done("promote", LiveWorld.note)
    let before = try world.folder.read("flags.json")
    let outcome = try Tool.strace.run(
      [
        "-f", "-qq", "-o", "/dev/null", "-P", world.folder.path("flags.json"), "-e",
        "inject=fdatasync:signal=KILL:when=1", try #require(Binary.path),
      ] + words, in: world.folder, environment: ["ROLLOUT_ACTOR": "maya"])
    try #require(outcome.end == .signal(9), "\(outcome)")
    let after = try world.folder.read("flags.json")
    try #require(after != before)
    let (old, new) = (Array(before.utf8), Array(after.utf8))
    let found = try #require(
      new.indices.lazy.map { Array(new[..<$0]) + old.dropFirst($0) }.first { (try? JSON.parse($0)) == nil })
    let torn = Torn(world: world, before: before, after: after, found: String(decoding: found, as: UTF8.self))
    try world.folder.write("flags.json", torn.found)
    return torn
  }

  /// Nothing that was kept for the mending is left.
  private func isTidy(_ world: LiveWorld) throws -> Bool {
    try !FileManager.default.subpathsOfDirectory(atPath: world.folder.path).contains { $0.contains("in-place") }
  }

  @Test(arguments: [killing, excluding]) func whoeverLooksSaysSoAndChangesNothing(words: [String]) throws {
    let torn = try torn(by: words)
    let before = try torn.world.snapshot()
    for look in [
      ["status", "ai-summary"], ["promote", LiveWorld.note, "--dry-run"], ["kill", "ai-summary", "--dry-run"],
    ] {
      let outcome = try torn.world.start(look).finish()
      #expect(outcome.status == 1, "\(look): \(outcome)")
      #expect(
        "\(outcome)".contains(
          "a crash tore the file while it was written in place; the next command that changes something mends it"),
        "\(look): \(outcome)")
    }
    #expect(try torn.world.snapshot() == before)
  }

  @Test(arguments: ["promote", "hold", "attest", "watch"])
  func aKillThatWasInterruptedIsThereAfterwards(verb: String) throws {
    let torn = try torn(by: Self.killing)
    let words =
      switch verb {
      case "attest": ["attest", LiveWorld.note, "gates", "--evidence", "seen"]
      case "watch": ["watch", "--once", LiveWorld.note]
      default: [verb, LiveWorld.note]
      }
    let outcome = try torn.world.start(words).finish()
    #expect("\(outcome)".contains("it was mended, and is as the kill that was interrupted meant it"), "\(outcome)")
    #expect(try torn.world.isKilled() && torn.file() == torn.after, "\(outcome)")
    #expect(try torn.world.run("status", "ai-summary", "--exit-code").status == 5)
    #expect(try isTidy(torn.world))
    try torn.world.done("restore", "ai-summary", "--reason", "again")
    try torn.world.verify()
  }

  /// It is judged as not landed, like every change that a crash interrupted.
  @Test(arguments: ["hold", "exclude"]) func anotherChangeHasNotHappened(verb: String) throws {
    let torn = try torn(by: Self.excluding)
    let outcome = try torn.world.start(verb == "hold" ? ["hold", LiveWorld.note] : Self.excluding).finish()
    #expect(outcome.status == 0, "\(outcome)")
    #expect("\(outcome)".contains("it was mended, and is as it was before that change"), "\(outcome)")
    if verb == "hold" {
      #expect(try torn.file() == torn.before)
    } else {
      #expect(try torn.file().contains("acme"))
    }
    #expect(try isTidy(torn.world))
    try torn.world.verify()
  }

  @Test(arguments: [["ai-summary"], ["--all", "--yes"]], [killing, excluding])
  func aKillMendsItOnItsWay(targets: [String], words: [String]) throws {
    let torn = try torn(by: words)
    let outcome = try torn.world.start(["kill"] + targets).finish()
    #expect(outcome.status == 0 && outcome.output.contains(/is OFF( already)?: everybody gets "off"/), "\(outcome)")
    if targets == ["ai-summary"] { #expect("\(outcome)".contains("a crash had torn"), "\(outcome)") }
    #expect(try torn.world.isKilled() && isTidy(torn.world))
    try torn.world.verify()
  }

  /// Whoever was at the file since has the word: what they made of it is nobody's to guess.
  @Test func nothingIsGuessed() throws {
    let torn = try torn(by: Self.killing)
    let place = try #require(zip(torn.before.utf8, torn.after.utf8).enumerated().first { $1.0 != $1.1 }?.offset)
    var bytes = Array(torn.found.utf8)
    bytes[place + 1] = UInt8(ascii: "#")
    for text in [String(decoding: bytes, as: UTF8.self), torn.found + "\n", "#" + torn.found.dropFirst()] {
      try torn.world.folder.write("flags.json", text)
      let seen = try torn.world.run("status", "ai-summary")
      #expect(seen.status == 1 && seen.errors.contains("mend it first") && !seen.errors.contains("tore"), "\(seen)")
      let killed = try torn.world.run("kill", "ai-summary", "--within", "1s")
      #expect(killed.status == 1 && (killed.output + killed.errors).contains("NOT off"), "\(killed)")
      #expect(try torn.file() == text)
    }
  }
}
