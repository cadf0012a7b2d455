/// Finds records that stand in the logs more than once: a collector that sends again, a file that is matched twice.
///
/// Two requests may well look alike, so only lines that carry a request's own id are looked at. Of those one in sixteen is
/// remembered, chosen by its own text: all copies of a line are, or none.
struct RepeatedLines: Sendable {
  static let oneIn: UInt64 = 16

  private(set) var digests: [UInt64] = []
  private let names: [String]
  /// As they stand in JSON.
  private let keys: [[UInt8]]
  /// Which key stood where the last time: programs write their members in one order.
  private var last = (key: 0, place: 0)
  /// Lines of this piece that were searched in vain. After some of them the rest is taken to be alike.
  private var vain = 0

  private static let mostVain = 4

  init(_ names: [String]) {
    self.names = names
    keys = names.map { Array("\"\($0)\"".utf8) }
  }

  mutating func begin() {
    digests.removeAll(keepingCapacity: true)
    vain = 0
  }

  /// A line of JSON, with or without what ends it.
  @inline(__always)
  mutating func see(_ text: UnsafePointer<UInt8>, _ range: Range<Int>) {
    if let end = Self.chosenEnd(text, range) { add(text, range.lowerBound..<end) }
  }

  /// A row below a header.
  mutating func see(_ text: UnsafePointer<UInt8>, _ range: Range<Int>, below layout: SeparatedLayout) {
    guard let end = Self.chosenEnd(text, range), layout.hasColumn(of: names) else { return }
    digests.append(Self.digest(text, range.lowerBound..<end))
  }

  @inline(never)
  private mutating func add(_ text: UnsafePointer<UInt8>, _ range: Range<Int>) {
    guard vain < Self.mostVain else { return }
    let line = UnsafeBufferPointer(start: text + range.lowerBound, count: range.count)
    if keys.isEmpty || !Self.stands(keys[last.key], in: line, at: last.place) {
      guard let found = find(in: line) else {
        vain += 1
        return
      }
      last = found
    }
    vain = 0
    digests.append(Self.digest(text, range))
  }

  private func find(in line: UnsafeBufferPointer<UInt8>) -> (key: Int, place: Int)? {
    for place in line.indices where line[place] == UInt8(ascii: "\"") {
      for key in keys.indices where Self.stands(keys[key], in: line, at: place) { return (key, place) }
    }
    return nil
  }

  private static func stands(_ key: [UInt8], in line: UnsafeBufferPointer<UInt8>, at place: Int) -> Bool {
    guard place + key.count <= line.count else { return false }
    for index in key.indices where line[place + index] != key[index] { return false }
    return true
  }

  // MARK: Digests

  private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Where the line's own text ends, if its text chooses it. Four words of it tell: short lines never are. The top bits of
  /// a product depend on all bits of its word, and no product waits for another.
  @inline(__always)
  private static func chosenEnd(_ text: UnsafePointer<UInt8>, _ range: Range<Int>) -> Int? {
    var end = range.upperBound
    while end > range.lowerBound, text[end - 1] <= 0x20 { end &-= 1 }
    let count = end &- range.lowerBound
    guard count >= 32 else { return nil }
    let quarter = count &>> 2
    let middle = range.lowerBound &+ (count &>> 1)
    let mixed =
      (word(text, middle &- quarter) &* factor) ^ (word(text, middle) &* 0xD6E8_FEB8_6659_FD93)
      ^ (word(text, middle &+ quarter) &* 0xBF58_476D_1CE4_E5B9) ^ (word(text, end &- 8) &* 0x94D0_49BB_1331_11EB)
    return mixed < .max / oneIn ? end : nil
  }

  @inline(__always)
  private static func word(_ text: UnsafePointer<UInt8>, _ place: Int) -> UInt64 {
    UnsafeRawPointer(text).loadUnaligned(fromByteOffset: place, as: UInt64.self)
  }

  /// The words of the text, the last two of them ending with it, multiplied and folded: every other word, so that two
  /// chains of products run side by side.
  private static func digest(_ text: UnsafePointer<UInt8>, _ range: Range<Int>) -> UInt64 {
    var digests = (even: UInt64(truncatingIfNeeded: range.count), odd: factor)
    var place = range.lowerBound
    while place < range.upperBound {
      let start = min(place, range.upperBound &- 16)
      digests.even = folded(digests.even, word(text, start))
      digests.odd = folded(digests.odd, word(text, start &+ 8))
      place &+= 16
    }
    return folded(digests.even, digests.odd)
  }

  @inline(__always)
  private static func folded(_ digest: UInt64, _ word: UInt64) -> UInt64 {
    let product = (digest ^ word).multipliedFullWidth(by: factor)
    return product.high ^ product.low ^ (digest &<< 1)
  }
}

/// The digests of all logs, and how many of them were there before.
struct SeenDigests: Sendable {
  private(set) var count = 0
  private var again = 0
  /// 0 is a free one; at least twice as many places as digests, so that a search ends soon.
  private var places = [UInt64](repeating: 0, count: 1 << 10)

  /// The share that was there before.
  var repeatedShare: Double { count == 0 ? 0 : Double(again) / Double(count) }

  mutating func add(_ digests: [UInt64]) {
    count += digests.count
    if count * 2 > places.count {
      let old = places
      places = Array(repeating: 0, count: 1 << (Int.bitWidth - (count * 2).leadingZeroBitCount))
      _ = Self.enter(old, in: &places)
    }
    again += Self.enter(digests, in: &places)
  }

  /// How many of them were there already.
  private static func enter(_ digests: [UInt64], in places: inout [UInt64]) -> Int {
    places.withUnsafeMutableBufferPointer { places in
      var known = 0
      for digest in digests where digest != 0 {
        var place = Int(truncatingIfNeeded: digest) & (places.count - 1)
        while places[place] != digest, places[place] != 0 { place = (place + 1) & (places.count - 1) }
        known += places[place] == digest ? 1 : 0
        places[place] = digest
      }
      return known
    }
  }
}
