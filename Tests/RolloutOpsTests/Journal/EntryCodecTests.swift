import Testing

@testable import RolloutOps

/// A reader takes what is said again from the entry before; what it hands out must be what stands in each line.
@Suite struct EntryCodecTests {
  private static let flag = FlagKey("ai-summary")

  /// Entries whose words change now and then, with everything that an entry can hold or lack.
  private func entries(_ count: Int, seed: UInt64) -> [Entry] {
    var random = SplitMix64(seed: seed)
    func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &random)] }
    let places: [Place?] = [
      nil, .off, .stage(2, name: "5% of \"paid\""), .killed(serving: "control"), .killed(serving: nil), .finished,
      .abandoned,
    ]
    return (1...count).map { number in
      var content = Entry.Content(
        pick(Entry.Action.allCases), pick([.intended, .done, .undone]), flag: Self.flag,
        store: pick(["file:flags.json", "file:größer.json"]), from: pick(places), to: pick(places),
        reason: pick([nil, "worse", "worst", "a \"quoted\" \u{1} reason", ""]),
        written: pick([[], [JSON.Member("of", .number(number))], [JSON.Member("plan", ["a": ["b": true]])]]))
      content.note = pick([
        nil, NoteReference(path: "notes/a.md", digest: "00ff"), NoteReference(path: "b", digest: "1"),
      ])
      content.evidenceDigest = pick([nil, "ab12"])
      return Entry(
        sequence: number, time: Instant(microseconds: 1_795_000_000_000_000 + Int64(number) * 1_500_001),
        actor: pick(["maya", "lee", "m\\aya", "m\u{e9}"]), host: pick(["box", "böx"]), content: content)
    }
  }

  private func journal(_ entries: [Entry]) -> (bytes: [UInt8], entries: [Entry]) {
    var (bytes, hash, sealed): ([UInt8], String, [Entry]) = ([], EntryCodec.firstPrevious, [])
    for var entry in entries {
      let line = EntryCodec.line(entry, previous: hash)
      (hash, entry.hash) = (line.hash, line.hash)
      bytes += line.bytes
      sealed.append(entry)
    }
    return (bytes, sealed)
  }

  @Test(arguments: 0..<20)
  func whatIsWrittenIsRead(round: Int) throws {
    let seed = UInt64(20_261_121 + round)
    let (bytes, entries) = journal(entries(40, seed: seed))
    let reading = try Journal.parse(bytes, path: "/j", flag: Self.flag)
    #expect(reading.entries == entries, "seed \(seed)")
    #expect(reading.hash == entries.last?.hash)
    #expect(reading.size == bytes.count)
    #expect(reading.torn.isEmpty)
  }

  /// Any other byte anywhere is noticed, in the line where it stands or, for the last line feed, as a torn tail.
  @Test func everyByteCounts() throws {
    let (bytes, _) = journal(entries(6, seed: 7))
    for at in bytes.indices {
      var edited = bytes
      edited[at] ^= 1
      let reading = try? Journal.parse(edited, path: "/j", flag: Self.flag)
      if at == bytes.indices.last {
        #expect(reading?.entries.count == 5)
        #expect(reading?.torn.isEmpty == false)
      } else {
        #expect(reading == nil, "byte \(at)")
      }
    }
  }

  @Test func membersInAnyOrderAndUnknownOnesAreRead() throws {
    let line =
      #"{"prev":"\#(EntryCodec.firstPrevious)","store":"s","later":{"x":[1]},"flag":"ai-summary","seq":1,"#
      + #""outcome":"done","action":"hold","host":"box","actor":"maya","time":"2026-11-21T10:00:00Z","v":1"#
    let bytes = Array((line + ",\"sha256\":\"\(SHA256.hex(line))\"}\n").utf8)
    let entry = try #require(try Journal.parse(bytes, path: "/j", flag: Self.flag).entries.first)
    #expect(entry.actor == "maya")
    #expect(entry.content.action == .hold)
    #expect(entry.content.store == "s")
    #expect(entry.time == ISO8601.instant("2026-11-21T10:00:00Z"))
  }
}
