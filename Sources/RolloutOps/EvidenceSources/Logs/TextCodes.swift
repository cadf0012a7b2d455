/// Texts as small numbers, in the order in which they are first met.
///
/// Every text that is looked up must be followed by at least eight readable bytes: it is read a word at a time.
struct TextCodes: Sendable {
  struct Entry: Sendable {
    let hash: UInt64
    let start: Int
    let count: Int32
    /// Written as a number or truth value, not as text: `5` and `"5"` have two codes.
    let isBare: Bool
  }

  private var entries: [Entry] = []
  /// An entry's index plus one, or 0 where it is free; at least twice as many places as entries, so that a search ends
  /// soon.
  private var places: [UInt32] = Array(repeating: 0, count: 64)
  private var texts: [UInt8] = Array(repeating: 0, count: 8)

  var count: Int { entries.count }

  /// Forgets all texts and keeps the memory.
  mutating func removeAll() {
    guard !entries.isEmpty else { return }
    let mask = places.count - 1
    if entries.count < places.count / 16 {
      // Whoever stands in a row that begins at an entry's own place goes with it.
      for entry in entries {
        var place = Int(truncatingIfNeeded: entry.hash) & mask
        while places[place] != 0 {
          places[place] = 0
          place = (place + 1) & mask
        }
      }
    } else {
      for place in places.indices { places[place] = 0 }
    }
    entries.removeAll(keepingCapacity: true)
    texts.removeAll(keepingCapacity: true)
    texts.append(contentsOf: repeatElement(0, count: 8))
  }

  /// The text's code, a new one where it has none.
  @inline(__always)
  mutating func code(of text: UnsafePointer<UInt8>, _ length: Int, isBare: Bool = false) -> Int {
    let hash = Self.hash(text, length)
    return find(text, length, isBare, hash) ?? insert(text, length, isBare, hash)
  }

  /// The text's code; nil where it has none.
  @inline(__always)
  func existing(_ text: UnsafePointer<UInt8>, _ length: Int, isBare: Bool = false) -> Int? {
    find(text, length, isBare, Self.hash(text, length))
  }

  /// The code of a text of another collection.
  mutating func code(of code: Int, in other: TextCodes) -> Int {
    let entry = other.entries[code]
    return other.texts.withUnsafeBufferPointer { texts in
      guard let base = texts.baseAddress else { return 0 }
      let text = base + entry.start
      // Two spellings of one text are one here.
      return find(text, Int(entry.count), false, entry.hash) ?? insert(text, Int(entry.count), false, entry.hash)
    }
  }

  func existing(_ code: Int, in other: TextCodes) -> Int? {
    let entry = other.entries[code]
    return other.texts.withUnsafeBufferPointer { texts in
      texts.baseAddress.flatMap { find($0 + entry.start, Int(entry.count), false, entry.hash) }
    }
  }

  func entry(_ code: Int) -> Entry { entries[code] }

  func text(_ code: Int) -> String {
    let entry = entries[code]
    return String(decoding: texts[entry.start..<(entry.start + Int(entry.count))], as: UTF8.self)
  }

  @inline(__always)
  private func find(_ text: UnsafePointer<UInt8>, _ length: Int, _ isBare: Bool, _ hash: UInt64) -> Int? {
    let mask = places.count &- 1
    var place = Int(truncatingIfNeeded: hash) & mask
    while places[place] != 0 {
      let index = Int(places[place]) &- 1
      if entries[index].hash == hash, same(entries[index], text, length, isBare) { return index }
      place = (place &+ 1) & mask
    }
    return nil
  }

  @inline(__always)
  private func same(_ entry: Entry, _ text: UnsafePointer<UInt8>, _ length: Int, _ isBare: Bool) -> Bool {
    guard entry.count == Int32(truncatingIfNeeded: length), entry.isBare == isBare else { return false }
    return texts.withUnsafeBufferPointer { texts in
      guard let base = texts.baseAddress else { return false }
      let own = base + entry.start
      var at = 0
      while at &+ 8 <= length {
        guard Self.word(own + at) == Self.word(text + at) else { return false }
        at &+= 8
      }
      let rest = length &- at
      return rest == 0 || (Self.word(own + at) ^ Self.word(text + at)) & Self.mask(rest) == 0
    }
  }

  @inline(never)
  private mutating func insert(_ text: UnsafePointer<UInt8>, _ length: Int, _ isBare: Bool, _ hash: UInt64) -> Int {
    let start = texts.count - 8
    texts.removeLast(8)
    texts.append(contentsOf: UnsafeBufferPointer(start: text, count: length))
    texts.append(contentsOf: repeatElement(0, count: 8))
    entries.append(Entry(hash: hash, start: start, count: Int32(truncatingIfNeeded: length), isBare: isBare))
    if entries.count * 2 > places.count {
      places = Array(repeating: 0, count: places.count * 4)
      for index in entries.indices { place(index) }
    } else {
      place(entries.count - 1)
    }
    return entries.count - 1
  }

  private mutating func place(_ index: Int) {
    let mask = places.count - 1
    var place = Int(truncatingIfNeeded: entries[index].hash) & mask
    while places[place] != 0 { place = (place + 1) & mask }
    places[place] = UInt32(index + 1)
  }

  // MARK: Words

  @inline(__always)
  static func word(_ text: UnsafePointer<UInt8>) -> UInt64 {
    UInt64(littleEndian: UnsafeRawPointer(text).loadUnaligned(as: UInt64.self))
  }

  /// The lowest `count` bytes, 1 to 8.
  @inline(__always)
  static func mask(_ count: Int) -> UInt64 { .max &>> UInt64(truncatingIfNeeded: (8 &- count) &* 8) }

  /// Multiplies and folds, a word at a time. Nothing depends on the numbers: codes follow the order of appearance.
  @inline(__always)
  static func hash(_ text: UnsafePointer<UInt8>, _ length: Int) -> UInt64 {
    var hash = UInt64(truncatingIfNeeded: length) &* 0x9E37_79B9_7F4A_7C15
    var at = 0
    while at &+ 8 <= length {
      hash = fold(hash ^ word(text + at))
      at &+= 8
    }
    if at < length { hash = fold(hash ^ (word(text + at) & mask(length &- at))) }
    return hash
  }

  @inline(__always)
  private static func fold(_ value: UInt64) -> UInt64 {
    let (high, low) = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return high ^ low
  }
}
