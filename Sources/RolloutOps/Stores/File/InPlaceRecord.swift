/// What is kept beside a flag file while it is written in place: the bytes that go and those that come, where they stand,
/// and a hash of the whole file with each of them. A crash in the middle of the write leaves a file of which some bytes
/// are old and some new; with this it is put together again, and never by guessing.
struct InPlaceRecord {
  private let start: Int
  private let old: Part
  private let new: Part
  /// Whether the new text is what the file shall be after a crash: nobody gets back what a kill took away. Any other
  /// change that was interrupted has not happened.
  let isKill: Bool

  /// One of the two texts, from `start` on.
  private struct Part {
    let bytes: [UInt8]
    /// The length and the hash of the whole file with it.
    let size: Int
    let hash: String

    init(_ whole: [UInt8], _ range: Range<Int>) {
      (bytes, size, hash) = (Array(whole[range]), whole.count, SHA256.hex(whole))
    }

    init?(_ header: JSON?, _ bytes: ArraySlice<UInt8>) {
      guard let size = header?["size"]?.integer, let hash = header?["sha256"]?.text else { return nil }
      (self.bytes, self.size, self.hash) = (Array(bytes), size, hash)
    }

    var header: JSON {
      .object([
        JSON.Member("part", .number(bytes.count)), JSON.Member("size", .number(size)),
        JSON.Member("sha256", .string(hash)),
      ])
    }

    /// The whole file, if the rest of this one is what it was.
    func whole(in found: [UInt8], from start: Int, replacing length: Int?) -> [UInt8]? {
      guard found.count >= start else { return nil }
      var whole = found[..<start] + bytes
      if let length {
        guard found.count >= start + length else { return nil }
        whole += found[(start + length)...]
      }
      return whole.count == size && SHA256.hex(whole) == hash ? Array(whole) : nil
    }
  }

  /// A file of the same length is written only where the two differ, and any other from its beginning.
  init?(_ new: [UInt8], over old: [UInt8], isKill: Bool) {
    self.isKill = isKill
    if new.count == old.count {
      guard let range = new.difference(from: old) else { return nil }
      (start, self.old, self.new) = (range.lowerBound, Part(old, range), Part(new, range))
    } else {
      start = new.firstDifference(from: old)
      (self.old, self.new) = (Part(old, start..<old.count), Part(new, start..<new.count))
    }
  }

  // MARK: As a file

  /// A line that says what follows it: the old bytes, then the new ones.
  var text: [UInt8] {
    let header = JSON.object([
      JSON.Member("start", .number(start)), JSON.Member("old", old.header), JSON.Member("new", new.header),
      JSON.Member("kill", .bool(isKill)),
    ])
    return Array(header.written(.compact).utf8) + [0x0A] + old.bytes + new.bytes
  }

  /// Nil for what is no whole record: a crash may have torn that one too.
  init?(_ text: [UInt8]) {
    guard let end = text.firstIndex(of: 0x0A), let header = try? JSON.parse(Array(text[..<end])),
      let start = header["start"]?.integer, let isKill = header["kill"]?.truth,
      let (first, second) = Self.lengths(header), start >= 0, first >= 0, second >= 0,
      text.count == end + 1 + first + second,
      let old = Part(header["old"], text[(end + 1)..<(end + 1 + first)]),
      let new = Part(header["new"], text[(end + 1 + first)...])
    else { return nil }
    (self.start, self.isKill, self.old, self.new) = (start, isKill, old, new)
  }

  private static func lengths(_ header: JSON) -> (Int, Int)? {
    guard let old = header["old"]?["part"]?.integer, let new = header["new"]?["part"]?.integer else { return nil }
    // No file is that long, and no sum of the two too long for a number.
    return max(old, new) <= FileStore.sizeLimit ? (old, new) : nil
  }

  // MARK: Mending

  /// What the file was, or was to be, where `found` is what a crash left of it. Nil where it is anything else: whoever was
  /// at it since has the word.
  func mended(_ found: [UInt8]) -> [UInt8]? {
    let length = old.size == new.size ? old.bytes.count : nil
    guard let before = old.whole(in: found, from: start, replacing: length),
      let after = new.whole(in: found, from: start, replacing: length),
      found != before, found != after, found.indices.allSatisfy({ Self.isOf(before, or: after, found[$0], at: $0) })
    else { return nil }
    return isKill ? after : before
  }

  /// What a disk makes longer and has no bytes for yet is zeros.
  private static func isOf(_ before: [UInt8], or after: [UInt8], _ byte: UInt8, at place: Int) -> Bool {
    (place < before.count ? before[place] == byte : byte == 0) || place < after.count && after[place] == byte
  }
}
