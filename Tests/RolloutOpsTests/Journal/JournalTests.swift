import Testing

@testable import RolloutOps

@Suite struct JournalTests {
  static let who = Surroundings(workingFolder: "/w", actor: "maya", host: "box", process: 7)

  /// A journal of three entries with everything that an entry can carry.
  func journal() throws -> (files: MemoryFiles, journal: Journal, reading: JournalReading) {
    let files = MemoryFiles()
    let journal = Journal(path: "/w/j/a.journal", flag: FlagKey("a"), files: files)
    var reading = try journal.read()
    #expect(reading.entries.isEmpty && reading.size == 0)
    var content = Entry.Content(
      .promote, .intended, flag: FlagKey("a"), store: "file:flags.json",
      note: NoteReference(path: "notes/ä.md", digest: "d1"), from: .off, to: .stage(0, name: "5% of \"paid\""),
      reason: "line\nbreak", written: [JSON.Member("opens", true), JSON.Member("plan", ["x": [1, "y", nil]])])
    content.evidenceDigest = "e1"
    try journal.append(content, to: &reading, at: files.clock.now(), by: Self.who)
    content.outcome = .done
    content.written = [JSON.Member("of", 1)]
    try journal.append(content, to: &reading, at: files.clock.now(), by: Self.who)
    content = Entry.Content(.kill, .done, flag: FlagKey("a"), store: "s", from: .finished, to: .killed(serving: "off"))
    try journal.append(content, to: &reading, at: files.clock.now(), by: Self.who)
    return (files, journal, reading)
  }

  @Test func whatIsReadIsWhatWasWritten() throws {
    let (_, journal, written) = try journal()
    let read = try journal.read()
    #expect(read.entries == written.entries)
    #expect(read.hash == written.hash && read.size == written.size && read.torn.isEmpty)
    #expect(read.entries.map(\.sequence) == [1, 2, 3])
  }

  /// Every single bit of every entry is held by the chain.
  @Test func noByteCanBeChangedUnseen() throws {
    let (files, journal, _) = try journal()
    let bytes = try #require(files.bytes(journal.path))
    for index in bytes.indices.dropLast() {
      var edited = bytes
      edited[index] ^= 1
      files.put(journal.path, edited)
      #expect(throws: JournalTrouble.self, "byte \(index)") { try journal.read() }
    }
  }

  @Test func noEntryCanBeTakenOutOrSwapped() throws {
    let (files, journal, _) = try journal()
    let lines = try #require(files.text(journal.path)).split(separator: "\n").map { "\($0)\n" }
    for order in [[1, 2], [0, 2], [0, 2, 1], [1, 0, 2], [0, 0, 1, 2]] {
      files.put(journal.path, order.map { lines[$0] }.joined())
      #expect(throws: JournalTrouble.self, "\(order)") { try journal.read() }
    }
    // What is cut from the end cannot be seen in the chain; the store that is ahead of the journal shows it.
    files.put(journal.path, lines[0] + lines[1])
    #expect(try journal.read().entries.count == 2)
  }

  @Test func theEditedEntryIsNamed() throws {
    let (files, journal, _) = try journal()
    let text = try #require(files.text(journal.path))
    files.put(
      journal.path,
      text.replacing(
        "\"actor\":\"maya\",\"host\":\"box\",\"action\":\"kill\"",
        "\"actor\":\"lee!\",\"host\":\"box\",\"action\":\"kill\""))
    #expect(throws: JournalTrouble.edited(path: "/w/j/a.journal", line: 3, sequence: 3)) { try journal.read() }
  }

  @Test func aTailCutAnywhereIsSetAsideAndTheChainGoesOn() throws {
    let (files, journal, whole) = try journal()
    let bytes = try #require(files.bytes(journal.path))
    let lastStart = try #require(bytes.dropLast().lastIndex(of: 0x0A)) + 1
    for end in (lastStart + 1)..<bytes.count {
      files.put(journal.path, Array(bytes[..<end]))
      var reading = try journal.read()
      #expect(reading.entries == Array(whole.entries.dropLast()))
      #expect(reading.torn == Array(bytes[lastStart..<end]))
      try journal.append(whole.entries[2].content, to: &reading, at: files.clock.now(), by: Self.who)
      #expect(try journal.read().entries.count == 3 && journal.read().torn.isEmpty)
      let aside = files.paths.filter { $0.hasPrefix("/w/j/a.journal.torn-3-") }
      #expect(aside.contains { files.bytes($0) == Array(bytes[lastStart..<end]) }, "cut at \(end)")
    }
  }

  @Test func aNewerFormatIsRefusedByName() throws {
    let files = MemoryFiles()
    let journal = Journal(path: "/w/j/a.journal", flag: FlagKey("a"), files: files)
    files.put(journal.path, "{\"v\":2,\"seq\":1}\n")
    #expect(throws: JournalTrouble.newer(path: "/w/j/a.journal", line: 1, format: 2)) { try journal.read() }
  }

  @Test func anotherFlagsEntryIsRefused() throws {
    let (files, _, _) = try journal()
    let other = Journal(path: "/w/j/a.journal", flag: FlagKey("b"), files: files)
    #expect(throws: JournalTrouble.otherFlag(path: "/w/j/a.journal", line: 1, FlagKey("a"))) { try other.read() }
  }

  @Test func aStrangersLineBetweenReadingAndAppendingIsNoticed() throws {
    let (files, journal, reading) = try journal()
    var stale = reading
    files.put(journal.path, try #require(files.bytes(journal.path)) + Array("x\n".utf8))
    #expect(throws: JournalTrouble.self) {
      try journal.append(reading.entries[2].content, to: &stale, at: files.clock.now(), by: Self.who)
    }
  }

  @Test(arguments: ["ai-summary", "a.b", ".hidden", "with space", "sl/ash:colon", "ünï", "%41", "~x", ""])
  func everyKeyHasAFileNameAndBack(key: String) {
    let name = JournalFolder.escaped(key)
    #expect(JournalFolder.unescaped(name) == key)
    #expect(!name.contains("/") && !name.hasPrefix("."))
  }

  @Test func aLongKeyKeepsItsBeginningAndItsDigest() throws {
    let key = FlagKey(String(repeating: "k", count: 10_000))
    let name = JournalFolder.escaped(key.text)
    #expect(name.utf8.count < 200 && JournalFolder.unescaped(name) == nil)
    let files = MemoryFiles()
    let folder = JournalFolder(path: "/w/j", files: files)
    var reading = JournalReading()
    let content = Entry.Content(.hold, .done, flag: key, store: "s")
    try folder.journal(of: key).append(content, to: &reading, at: files.clock.now(), by: Self.who)
    #expect(try folder.flags() == [key])
  }
}
