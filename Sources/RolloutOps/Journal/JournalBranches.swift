/// A journal in which git left more than one branch: each a chain of its own, all from the same beginning.
package struct JournalBranches: Sendable {
  /// As many as people could still look at; a merge leaves two.
  private static let most = 8

  /// In the order in which they end in the file.
  package let branches: [Branch]
  /// How many entries all of them have.
  package let common: Int
  /// All that the file held.
  let bytes: [UInt8]

  /// One of them, from the first entry on.
  package struct Branch: Sendable {
    package let reading: JournalReading
    /// The lines of all its entries, without their line feeds.
    let lines: [[UInt8]]

    package func entries(after common: Int) -> ArraySlice<Entry> { reading.entries[common...] }

    /// Its own entries, to be kept in the journal of another, each once: those that are `known` there are left out. Of an
    /// entry that took in others only the seal is kept, and beside it the others, which would be kept again and again.
    package func merged(after common: Int, besides known: inout Set<String>) -> MergedBranch? {
      guard let head = reading.head else { return nil }
      var kept: [String] = []
      for (entry, line) in zip(reading.entries, lines).dropFirst(common) {
        guard known.insert(entry.hash).inserted else { continue }
        guard entry.content.merges else {
          kept.append(String(decoding: line, as: UTF8.self))
          continue
        }
        let previous = reading.entries.dropLast(reading.entries.count - entry.sequence + 1).last?.hash
        kept.append(SealedEntry(entry, previous: previous ?? EntryCodec.firstPrevious).line)
        for line in entry.content.mergedBranches.flatMap(\.lines) {
          if let hash = SealedEntry.hash(in: line), known.insert(hash).inserted { kept.append(line) }
        }
      }
      return MergedBranch(head: head, common: common, lines: kept)
    }
  }

  /// A journal that is one whole chain has one branch. Lines that are neither entries nor git's marks are a fault, and so
  /// is an entry that none of the others leads to.
  static func parse(_ bytes: [UInt8], path: String, flag: FlagKey) throws(JournalTrouble) -> JournalBranches {
    var links: [Link] = []
    var numbers: [String: Int] = [:]
    var isParent: Set<String> = []
    let text = bytes.last == 0x0A ? bytes.dropLast() : bytes[...]
    for (index, line) in text.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      if isMark(line) { continue }
      let link = try Link(Array(line), path: path, line: index + 1, flag: flag)
      // What both sides of a merge have stands there twice.
      if numbers[link.entry.hash] != nil { continue }
      guard
        link.previous == EntryCodec.firstPrevious && link.entry.sequence == 1
          || numbers[link.previous].map({ links[$0].entry.sequence + 1 == link.entry.sequence }) == true
      else { throw .edited(path: path, line: index + 1, sequence: link.entry.sequence) }
      numbers[link.entry.hash] = links.count
      isParent.insert(link.previous)
      links.append(link)
    }
    let ends = links.indices.filter { !isParent.contains(links[$0].entry.hash) }
    guard ends.count <= most else {
      throw .unreadable(path: path, line: 1, "it has \(ends.count) branches, and \(most) can be brought together")
    }
    let branches = ends.map { end in
      var chain: [Link] = []
      var at: Int? = end
      while let index = at {
        chain.append(links[index])
        at = numbers[links[index].previous]
      }
      return Branch(chain.reversed())
    }
    return JournalBranches(branches: branches, common: common(branches), bytes: bytes)
  }

  private static func common(_ branches: [Branch]) -> Int {
    guard let first = branches.first else { return 0 }
    return branches.dropFirst().reduce(first.lines.count) { count, branch in
      zip(first.lines, branch.lines).prefix(count).prefix { $0 == $1 }.count
    }
  }

  /// Whether git left more in it than one chain: several branches, or its marks around one that has all.
  package var isMerge: Bool {
    branches.count > 1 || bytes.split(separator: 0x0A).contains { Self.isMark($0) }
  }

  /// What git puts around the sides of a file that it could not merge, and around what they come from.
  static func isMark(_ line: some Collection<UInt8>) -> Bool {
    ["<<<<<<< ", "||||||| ", ">>>>>>> "].contains { line.starts(with: $0.utf8) } || line.elementsEqual("=======".utf8)
  }

  fileprivate struct Link {
    let entry: Entry
    let previous: String
    let line: [UInt8]

    init(_ line: [UInt8], path: String, line number: Int, flag: FlagKey) throws(JournalTrouble) {
      let previous = (try? JSON.parse(line))?["prev"]?.text ?? ""
      let read: Result<Entry, EntryCodec.Fault> = line.withUnsafeBufferPointer { buffer in
        do throws(EntryCodec.Fault) {
          return .success(try EntryCodec.entry(buffer, previous: previous))
        } catch {
          return .failure(error)
        }
      }
      switch read {
      case .success(let entry): (self.entry, self.previous, self.line) = (entry, previous, line)
      case .failure(let fault): throw Journal.trouble(fault, path: path, line: number)
      }
      guard entry.content.flag == flag else { throw .otherFlag(path: path, line: number, entry.content.flag) }
    }
  }
}

extension JournalBranches.Branch {
  fileprivate init(_ chain: [JournalBranches.Link]) {
    var reading = JournalReading()
    for link in chain {
      reading.entries.append(link.entry)
      reading.hash = link.entry.hash
      reading.size += link.line.count + 1
    }
    (self.reading, lines) = (reading, chain.map(\.line))
  }

  var bytes: [UInt8] { lines.flatMap { $0 + [0x0A] } }
}

extension Journal {
  /// What stands in the file, whether it is one chain or several.
  package func branches() throws(JournalTrouble) -> JournalBranches {
    let bytes: [UInt8]
    do throws(FileTrouble) { bytes = try files.read(path, limit: Self.longest) } catch { throw .file(error) }
    return try JournalBranches.parse(bytes, path: path, flag: flag)
  }

  /// Puts one branch in the place of all, with an entry behind it that keeps the others. The journal must be locked.
  package func replace(
    _ branches: JournalBranches, by branch: JournalBranches.Branch, adding content: Entry.Content, at time: Instant,
    by surroundings: Surroundings
  ) throws(JournalTrouble) -> JournalReading {
    var reading = branch.reading
    let added = Self.add(content, to: &reading, at: time, by: surroundings)
    do throws(FileTrouble) {
      // Where a link stands, the file behind it is somebody else's place, and a rename would leave that as it was.
      let own = Path.joined(try files.realPath(Path.folder(of: path)), Path.name(of: path))
      guard try files.realPath(path) == own else {
        throw FileTrouble(
          .replacing, path, .other(code: 0, text: "a symbolic link stands there; merge the file behind it"))
      }
      // Git knows no lock.
      guard try files.holds(path, branches.bytes) else {
        let found = try files.facts(path)?.size ?? 0
        throw FileTrouble(.replacing, path, .changedSize(expected: branches.bytes.count, found: found))
      }
      try files.put(path, branch.bytes + added, by: "\(path).new", like: try files.facts(path))
      try files.syncFolder(Path.folder(of: path))
    } catch {
      throw .file(error)
    }
    return reading
  }

  /// The hashes of all entries of a chain, and of those that they took in.
  package static func known(in entries: [Entry]) -> Set<String> {
    var known = Set(entries.map(\.hash))
    for entry in entries where entry.content.merges {
      known.formUnion(entry.content.mergedBranches.flatMap(\.lines).compactMap(SealedEntry.hash))
    }
    return known
  }

  /// The entries that an entry took in from other branches, each with its own seal and behind one that is known; nil
  /// where they do not hold.
  package static func taken(by entry: Entry, behind entries: [Entry]) -> [Entry]? {
    var known = known(in: Array(entries.prefix(entry.sequence - 1)))
    known.insert(EntryCodec.firstPrevious)
    var taken: [Entry] = []
    let branches = entry.content.mergedBranches
    var left = branches.flatMap(\.lines)
    // One that was taken in by another branch stands behind that branch's entry.
    while !left.isEmpty {
      var later: [String] = []
      for line in left {
        guard let previous = SealedEntry.previous(in: line) else { return nil }
        guard known.contains(previous) else {
          later.append(line)
          continue
        }
        var bytes = line
        let read = bytes.withUTF8 { try? EntryCodec.entry($0, previous: previous) }
        guard let read = read ?? SealedEntry(line)?.entry else { return nil }
        known.insert(read.hash)
        taken.append(read)
      }
      guard later.count < left.count else { return nil }
      left = later
    }
    let heads = known.map { $0.prefix(16) }
    for branch in branches where !heads.contains(where: { branch.head.description.hasSuffix(":\($0)") }) { return nil }
    return taken
  }
}
