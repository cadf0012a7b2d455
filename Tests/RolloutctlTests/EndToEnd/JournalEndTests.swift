import Foundation
import Testing

@testable import RolloutOps

/// A chain tells that an entry was edited, and not that its end was cut off or that all of it was computed anew. The flag
/// remembers how far the journal was, and `history --verify` holds the two against each other.
@Suite struct JournalEndTests {
  private let world: LiveWorld
  private let lines: [String]

  /// Two stages: entries 1 and 2, an attestation for each item, and the second promotion.
  init() throws {
    world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.enter("5% of paid")
    lines = try world.folder.read(LiveWorld.journalPath).split(separator: "\n").map(String.init)
  }

  /// The number of the entry that the flag was changed by.
  private func remembered() throws -> Int {
    let metadata = try JSON.parse(world.folder.read("flags.json"))["flags"]?["ai-summary"]?["metadata"]
    let head = try #require(JournalHead(metadata?["rolloutctl.journal"]?.text))
    let entry = try JSON.parse(lines[head.sequence - 1])
    #expect(entry["sha256"]?.text?.hasPrefix(head.digits) == true)
    return head.sequence
  }

  private func write(_ lines: [String]) throws {
    try world.folder.write(LiveWorld.journalPath, lines.map { $0 + "\n" }.joined())
  }

  private func expect(
    _ words: String, end: String, status: Int32 = 1, at place: SourceLocation = #_sourceLocation
  ) throws {
    for target in [["ai-summary"], []] {
      let outcome = try world.start(["history", "--verify"] + target).finish()
      #expect(outcome.status == status && outcome.output.contains(words), "\(outcome)", sourceLocation: place)
      let json = try JSON.parse(world.start(["history", "--verify", "--format", "json"] + target).finish().output)
      let first = json["verified"]?.items?.first
      #expect(first?["end"]?.text == end, "\(json)", sourceLocation: place)
      #expect(first?["holds"]?.truth == (status == 0), "\(json)", sourceLocation: place)
    }
  }

  @Test func whatTheFlagRemembersIsThere() throws {
    let head = try remembered()
    #expect(head == lines.count - 1)
    try expect("✓ ai-summary: \(lines.count) entries, the chain holds to its end", end: "there", status: 0)
    // The outcome belongs to the same change: a crash may have kept it out.
    try write(Array(lines.prefix(head)))
    try expect("the chain holds to its end", end: "there", status: 0)
  }

  @Test func anEndThatWasCutOffIsMissed() throws {
    let head = try remembered()
    try write(Array(lines.prefix(head - 1)))
    try expect(
      "✗ ai-summary: \(head - 1) entries, the chain holds, but the flag was changed by entry \(head): the end of the "
        + "journal is missing", end: "missing")
  }

  @Test func anEmptyJournalAndNoneAreMissed() throws {
    let head = try remembered()
    try write([])
    try expect("there is no journal, and the flag was changed by entry \(head) of one: it is gone", end: "gone")
    try FileManager.default.removeItem(atPath: world.folder.path(LiveWorld.journalPath))
    try expect("there is no journal, and the flag was changed by entry \(head) of one: it is gone", end: "gone")
  }

  /// By somebody who knows how a chain is made.
  @Test func aChainThatWasComputedAnewIsAnother() throws {
    let head = try remembered()
    var previous = EntryCodec.firstPrevious
    let forged = lines.map { line in
      let open = line.replacing("maya", with: "lily").dropLast(EntryCodec.sealLength)
      let start = open.range(of: #","prev":""#)?.upperBound ?? open.endIndex
      let text = open[..<start] + previous + "\""
      previous = SHA256.hex(Array(text.utf8))
      return text + #","sha256":"\#(previous)"}"#
    }
    try write(forged.map(String.init))
    let told = try world.run("history", "ai-summary")
    #expect(told.status == 0 && told.output.contains("lily"), "the chain is no chain: \(told)")
    try expect(
      "entry \(head) is not the one that changed the flag: the journal was written anew", end: "another")
  }

  /// As `doctor` tells them, which asks whether a kill would work: it would.
  @Test func doctorMissesTheSame() throws {
    let head = try remembered()
    func expect(
      _ words: String, end: String = "; a kill works", at place: SourceLocation = #_sourceLocation
    ) throws {
      let outcome = try world.run("doctor", "--format", "json")
      #expect(outcome.status == 0, "\(outcome)", sourceLocation: place)
      let checks = try JSON.parse(outcome.output)["stores"]?.items?.first?["checks"]?.items ?? []
      let journal = checks.filter { $0["name"] == "journal" }
      #expect(journal.count == 2, "\(outcome)", sourceLocation: place)
      #expect(journal.last?["state"] == "warning", "\(outcome)", sourceLocation: place)
      let sentence = journal.last?["sentence"]?.text ?? ""
      #expect(
        sentence.contains("ai-summary") && sentence.contains(words) && sentence.hasSuffix(end),
        "\(outcome)", sourceLocation: place)
    }
    let fine = try world.done("doctor", "--format", "markdown").output
    #expect(fine.contains("the journal in it holds together") && !fine.contains("journal | warning"), "\(fine)")
    try write(Array(lines.prefix(head - 1)))
    try expect("the end of the journal is missing")
    try write(lines.dropLast(2) + [lines[0]])
    try expect("it was edited, or a line was taken out", end: "; a kill works, and cannot be written down there")
    try FileManager.default.removeItem(atPath: world.folder.path(LiveWorld.journalPath))
    try expect("the flag was changed by entry \(head) of one: it is gone")
  }

  /// It is written before any journal is looked at.
  @Test func aKillLeavesWhatTheFlagRemembers() throws {
    let head = try remembered()
    try world.done("kill", "ai-summary")
    #expect(try remembered() == head)
    try expect("\(lines.count + 1) entries, the chain holds to its end", end: "there", status: 0)
    try write(Array(lines.prefix(head - 1)))
    try expect("the end of the journal is missing", end: "missing")
  }

  @Test func aFlagThatSaysNothingIsNoFault() throws {
    let text = try world.folder.read("flags.json")
    let member = try #require(text.firstMatch(of: #/,?\s*"rolloutctl.journal": "[^"]*"/#))
    try world.folder.write("flags.json", text.replacing(member.output, with: ""))
    let words = "\(lines.count) entries, the chain holds; whether its end is missing is not known"
    try expect("✓ ai-summary: \(words): the flag does not say how far it was", end: "not known", status: 0)
    try world.folder.write("flags.json", "{")
    let outcome = try world.run("history", "ai-summary", "--verify")
    #expect(outcome.status == 0 && outcome.output.contains("not known: the flag could not be read"), "\(outcome)")
  }
}
