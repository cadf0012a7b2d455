import Testing

@testable import RolloutOps

/// A journal that was written in several copies, as git leaves it in one file.
@Suite struct JournalBranchesTests {
  private static let key = FlagKey("a")

  private func hold(_ reason: String) -> Entry.Content {
    Entry.Content(.hold, .done, flag: Self.key, store: "s", from: .off, to: .off, reason: reason)
  }

  private func line(_ reason: String, _ reading: inout JournalReading, by actor: String) -> [UInt8] {
    Journal.add(
      hold(reason), to: &reading, at: Instant(seconds: 1_800_000_000),
      by: Surroundings(workingFolder: "/w", actor: actor, host: "box", process: 7))
  }

  private func parse(_ bytes: [UInt8]) throws -> JournalBranches {
    try JournalBranches.parse(bytes, path: "/w/a.journal", flag: Self.key)
  }

  /// Trunks and branches of any length, with git's marks and without, the trunk once or on every side.
  @Test(arguments: 0..<60) func everyBranchIsFoundWhole(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var trunk = JournalReading()
    let common = (0..<Int.random(in: 0...4, using: &random)).flatMap { line("trunk \($0)", &trunk, by: "maya") }
    let count = Int.random(in: 2...4, using: &random)
    var sides: [[UInt8]] = []
    var ends: [String] = []
    for side in 0..<count {
      var reading = trunk
      sides.append(
        (0..<Int.random(in: 1...4, using: &random)).flatMap { line("\(side) \($0)", &reading, by: "side \(side)") })
      ends.append(reading.hash)
    }
    let isMarked = Bool.random(using: &random)
    let again = Bool.random(using: &random) ? common : []
    var bytes = common + (isMarked ? Array("<<<<<<< HEAD\n".utf8) : [])
    for (index, side) in sides.enumerated() {
      if index > 0, isMarked { bytes += Array("=======\n".utf8) }
      bytes += again + side
    }
    if isMarked { bytes += Array(">>>>>>> other\n".utf8) }

    let found = try parse(bytes)
    #expect(found.branches.map(\.reading.hash) == ends, "seed \(seed)")
    #expect(found.common == trunk.entries.count && found.isMerge, "seed \(seed)")
    // Alone, each is a journal.
    for branch in found.branches {
      let alone = try Journal.parse(branch.bytes, path: "p", flag: Self.key)
      #expect(alone.entries == branch.reading.entries && alone.size == branch.reading.size, "seed \(seed)")
    }
    // Any one line that goes missing from the trunk leaves what follows it without a beginning.
    if !common.isEmpty, again.isEmpty {
      let first = try #require(common.firstIndex(of: 0x0A))
      #expect(throws: JournalTrouble.self, "seed \(seed)") { try parse(Array(bytes[(first + 1)...])) }
    }
  }

  @Test func moreBranchesThanAnybodyLooksAtAreRefused() throws {
    var bytes: [UInt8] = []
    for side in 0..<9 {
      var reading = JournalReading()
      bytes += line("\(side)", &reading, by: "maya")
    }
    #expect(throws: JournalTrouble.self) { try parse(bytes) }
  }

  /// Git knows no lock: what it changed since the look is not overwritten.
  @Test func whatChangedSinceIsLeftAlone() throws {
    let files = MemoryFiles()
    let journal = Journal(path: "/w/j/a.journal", flag: Self.key, files: files)
    var (ours, theirs) = (JournalReading(), JournalReading())
    let bytes = line("ours", &ours, by: "maya") + line("theirs", &theirs, by: "lee")
    files.put(journal.path, bytes)
    let found = try journal.branches()
    files.put(journal.path, bytes + Array("=======\n".utf8))
    #expect(throws: JournalTrouble.self) {
      _ = try journal.replace(
        found, by: found.branches[0], adding: hold("merged"), at: Instant(seconds: 1_800_000_001), by: JournalTests.who)
    }
    #expect(files.bytes(journal.path) == bytes + Array("=======\n".utf8))
  }
}
