/// The journal of one flag: a file of hash-chained lines, appended to and never rewritten.
package struct Journal: Sendable {
  package let path: String
  /// What the notes' paths in it are relative to; the folder around the journal's own where none is given.
  package let base: String
  let flag: FlagKey
  package let files: any Files
  private let last = Remembered<JournalMemory>()

  package init(path: String, flag: FlagKey, files: any Files, base: String? = nil) {
    (self.path, self.flag, self.files) = (path, flag, files)
    self.base = base ?? Path.folder(of: Path.folder(of: path))
  }

  /// Hundreds of thousands of entries; whoever gets there has other troubles.
  static let longest = 1 << 30
  /// The bytes of a longer one are not kept to be compared with: reading it again is rarer than running out of memory.
  private static let longestRemembered = 1 << 28
  /// Thousands of entries, which take milliseconds.
  private static let longestToMend = 4 << 20

  /// One look at the whole journal, its chain checked. Bytes that were checked before are only compared.
  package func read() throws(JournalTrouble) -> JournalReading {
    let bytes: [UInt8]
    do throws(FileTrouble) {
      if files.comparesCheaply, let last = last.last, try files.holds(path, last.bytes) { return last.reading }
      bytes = try files.read(path, limit: Self.longest)
      if !files.comparesCheaply, let last = last.last, last.bytes == bytes { return last.reading }
    } catch {
      if error.reason == .missing { return JournalReading() }
      throw .file(error)
    }
    let reading = try Self.parse(bytes, path: path, flag: flag)
    last.last = bytes.count <= Self.longestRemembered ? JournalMemory(bytes: bytes, reading: reading) : nil
    return reading
  }

  static func parse(_ bytes: [UInt8], path: String, flag: FlagKey) throws(JournalTrouble) -> JournalReading {
    let result: Result<JournalReading, JournalTrouble> = bytes.withUnsafeBufferPointer { buffer in
      var reading = JournalReading()
      var start = 0
      var line = 0
      // A line counts when its line feed is there: whatever follows the last one was cut in the middle.
      while let end = lineFeed(in: buffer, from: start) {
        line += 1
        do throws(EntryCodec.Fault) {
          let entry = try EntryCodec.entry(
            UnsafeBufferPointer(rebasing: buffer[start..<end]), previous: reading.hash, like: reading.entries.last)
          guard entry.content.flag == flag else {
            return .failure(.otherFlag(path: path, line: line, entry.content.flag))
          }
          guard entry.sequence == reading.entries.count + 1 else {
            return .failure(.edited(path: path, line: line, sequence: entry.sequence))
          }
          reading.entries.append(entry)
          reading.hash = entry.hash
        } catch {
          return .failure(fault(error, in: bytes, path: path, line: line, flag: flag))
        }
        start = end + 1
      }
      reading.size = start
      reading.torn = Array(buffer[start...])
      return .success(reading)
    }
    return try result.get()
  }

  /// The next line feed, looked for eight bytes at a time.
  private static func lineFeed(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    let raw = UnsafeRawBufferPointer(bytes)
    let ones: UInt64 = 0x0101_0101_0101_0101
    var at = start
    while at + 8 <= raw.count {
      let word = raw.loadUnaligned(fromByteOffset: at, as: UInt64.self) ^ (ones &* 0x0A)
      if (word &- ones) & ~word & (ones &* 0x80) != 0 { break }
      at += 8
    }
    return bytes[at...].firstIndex(of: 0x0A)
  }

  /// A line that does not follow the one before it may be the other side of a merge: git left its marks there, or who
  /// took them out left both sides.
  private static func fault(
    _ fault: EntryCodec.Fault, in bytes: [UInt8], path: String, line: Int, flag: FlagKey
  ) -> JournalTrouble {
    // A kill reads journals too, and waits for no long look at a broken one.
    let branches = bytes.count > longestToMend ? nil : try? JournalBranches.parse(bytes, path: path, flag: flag)
    return branches?.isMerge == true
      ? .conflicted(path: path, line: line, flag) : trouble(fault, path: path, line: line)
  }

  static func trouble(_ fault: EntryCodec.Fault, path: String, line: Int) -> JournalTrouble {
    switch fault {
    case .notAnEntry(let why): .unreadable(path: path, line: line, why)
    case .newer(let format): .newer(path: path, line: line, format: format)
    case .edited(let sequence): .edited(path: path, line: line, sequence: sequence)
    }
  }

  package func exists() throws(JournalTrouble) -> Bool {
    do throws(FileTrouble) { return try files.facts(path) != nil } catch { throw .file(error) }
  }

  /// The folder that it stands in.
  package var folder: JournalFolder { JournalFolder(Folder(path: Path.folder(of: path), files: files, base: base)) }

  /// Adds one entry behind those of `reading` and brings the reading up to date. The journal must be locked.
  package func append(
    _ content: Entry.Content, to reading: inout JournalReading, at time: Instant, by surroundings: Surroundings
  ) throws(JournalTrouble) {
    try setAsideTail(of: &reading)
    var after = reading
    let bytes = Self.add(content, to: &after, at: time, by: surroundings)
    do throws(FileTrouble) {
      if reading.size == 0 { try files.makeFolder(Path.folder(of: path)) }
      try files.append(path, bytes, at: reading.size)
      if reading.size == 0 { try files.syncFolder(Path.folder(of: path)) }
    } catch {
      throw .file(error)
    }
    reading = after
    remember(bytes, reading)
  }

  /// The line of one more entry behind those of `reading`, which is brought up to date; nothing is written.
  package static func add(
    _ content: Entry.Content, to reading: inout JournalReading, at time: Instant, by surroundings: Surroundings
  ) -> [UInt8] {
    var entry = Entry(
      sequence: reading.entries.count + 1, time: time, actor: surroundings.actor, host: surroundings.host,
      content: content)
    if let job = surroundings.job { entry.content.claim(by: job.system, run: job.address) }
    let (bytes, hash) = EntryCodec.line(entry, previous: reading.hash)
    entry.hash = hash
    reading.entries.append(entry)
    reading.hash = hash
    reading.size += bytes.count
    return bytes
  }

  private func remember(_ bytes: [UInt8], _ reading: JournalReading) {
    last.change { memory in
      guard memory.bytes.count + bytes.count == reading.size else { return }
      memory.bytes += bytes
      memory.reading = reading
    }
  }

  /// A last line that was cut in the middle moves to a file of its own, so that nothing is lost and the chain goes on.
  private func setAsideTail(of reading: inout JournalReading) throws(JournalTrouble) {
    guard !reading.torn.isEmpty else { return }
    let aside = "\(path).torn-\(reading.entries.count + 1)-\(SHA256.hex(reading.torn).prefix(8))"
    do throws(FileTrouble) {
      // What nobody else may read in the journal nobody else may read there.
      try copy(reading.torn, to: aside, like: try files.facts(path))
      // The copy lasts before the original is cut.
      try files.syncFolder(Path.folder(of: path))
      try files.truncate(path, to: reading.size)
    } catch {
      throw .file(error)
    }
    reading.torn = []
  }

  private func copy(_ tail: [UInt8], to aside: String, like journal: FileFacts?) throws(FileTrouble) {
    do throws(FileTrouble) {
      try files.create(aside, tail, like: journal)
    } catch {
      guard error.reason == .exists else { throw error }
      if try files.holds(aside, tail) { return }
      // A crash in the middle of this very step left a part of it.
      try files.remove(aside)
      try files.create(aside, tail, like: journal)
    }
  }

  /// The right to append. Whoever decides and writes holds it from before the reading to the outcome.
  package func lock(holder: String, patience: TimeSpan) throws(JournalTrouble) -> any FileLock {
    do throws(FileTrouble) {
      try files.makeFolder(Path.folder(of: path))
      return try files.lock("\(path).lock", holder: holder, patience: patience)
    } catch {
      throw .file(error)
    }
  }
}

/// What stood in a journal at the last look, and what it meant.
private struct JournalMemory: Sendable {
  var bytes: [UInt8]
  var reading: JournalReading
}

/// A journal as one look found it.
package struct JournalReading: Sendable {
  package var entries: [Entry] = []
  /// The hash that the next entry follows.
  package var hash = EntryCodec.firstPrevious
  /// How many bytes whole lines take.
  package var size = 0
  /// What follows the last line feed: a line cut in the middle.
  package var torn: [UInt8] = []

  package init() {}

  /// What a flag remembers of it.
  package var head: JournalHead? { entries.last.map { JournalHead(sequence: $0.sequence, hash: $0.hash) } }

  /// Held against what flags remember of it.
  package func end(_ heads: [JournalHead]) -> JournalEnd {
    for head in heads where head.sequence > entries.count { return .isMissing(head) }
    for head in heads where JournalHead(sequence: head.sequence, hash: entries[head.sequence - 1].hash) != head {
      return .isAnother(head)
    }
    return heads.isEmpty ? .notKnown("the flag does not say how far it was") : .isThere
  }
}
