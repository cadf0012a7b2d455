/// JSON values as programs usually write them, read a word at a time; nil is an answer for whatever is not so plain.
///
/// The text must be followed by zero bytes, as `LineWalk` says.
enum PlainValue {
  typealias Place = UnsafePointer<UInt8>
  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let tops: UInt64 = 0x8080_8080_8080_8080

  /// The next quotation mark, backslash, control character or byte beyond ASCII.
  @inline(__always)
  static func plainEnd(_ start: Place) -> Place {
    // Compared as signed numbers bytes beyond ASCII are negative: one comparison finds them and control characters.
    // Each outcome is taken as two words at once; joining them as masks is not compiled to vector instructions.
    let (quote, slash, blank) = (Sixteen(repeating: 0x22), Sixteen(repeating: 0x5C), Sixteen(repeating: 0x20))
    var at = start
    while true {
      let bytes = UnsafeRawPointer(at).loadUnaligned(as: Sixteen.self)
      let quotes = unsafeBitCast(bytes .== quote, to: SIMD2<UInt64>.self)
      let slashes = unsafeBitCast(bytes .== slash, to: SIMD2<UInt64>.self)
      let others = unsafeBitCast(bytes .< blank, to: SIMD2<UInt64>.self)
      let low = quotes.x | slashes.x | others.x
      if low != 0 { return at + low.trailingZeroBitCount &>> 3 }
      let high = quotes.y | slashes.y | others.y
      if high != 0 { return at + (8 &+ high.trailingZeroBitCount &>> 3) }
      at += 16
    }
  }

  private typealias Sixteen = SIMD16<Int8>

  /// The digits at the beginning of a word that has '0' taken out of each byte.
  @inline(__always)
  static func digits(_ word: UInt64) -> Int {
    let hits = ((word &+ 0x7676_7676_7676_7676) | word) & tops
    return hits == 0 ? 8 : hits.trailingZeroBitCount &>> 3
  }

  /// The number that the first `count` digits, 1 to 8, of such a word are. Neighbours are joined by pairs, fours and
  /// eights (as in D. Lemire, "Quickly parsing eight digits").
  @inline(__always)
  static func whole(_ word: UInt64, _ count: Int) -> UInt64 {
    let right = word &<< UInt64(truncatingIfNeeded: (8 &- count) &* 8)
    let pairs = right &* 10 &+ (right &>> 8)
    let low = (pairs & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064
    let high = ((pairs &>> 16) & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001
    return (low &+ high) &>> 32
  }

  private static let tens: [UInt64] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000]

  @inline(__always)
  static func isNested(_ at: Place) -> Bool { at[0] == UInt8(ascii: "{") || at[0] == UInt8(ascii: "[") }

  // MARK: Kinds

  @inline(__always)
  static func number(_ start: Place, _ found: (Double) -> Void) -> Place? {
    let negative = start[0] == UInt8(ascii: "-")
    var at = negative ? start + 1 : start
    var word = TextCodes.word(at) ^ (ones &* 0x30)
    var count = digits(word)
    // No zeros in front; and long numbers take the long way.
    guard count > 0, count < 8, count == 1 || word & 0xFF != 0 else { return nil }
    var mantissa = whole(word, count)
    at += count
    var places = 0
    if at[0] == UInt8(ascii: ".") {
      at += 1
      word = TextCodes.word(at) ^ (ones &* 0x30)
      places = digits(word)
      guard places > 0 else { return nil }
      mantissa = mantissa &* tens[places] &+ whole(word, places)
      at += places
      if places == 8 {
        word = TextCodes.word(at) ^ (ones &* 0x30)
        count = digits(word)
        // At most 7 digits before the point and 12 behind it fit a word of 19 digits.
        guard count < 5 || (count < 8 && mantissa < 100_000_000_000) else { return nil }
        if count > 0 {
          mantissa = mantissa &* tens[count] &+ whole(word, count)
          places &+= count
          at += count
        }
      }
    }
    guard at[0] | 0x20 != UInt8(ascii: "e"), let value = NumberText.quotient(mantissa, places) else { return nil }
    found(negative ? -value : value)
    return at
  }

  @inline(__always)
  static func truth(_ at: Place, _ found: (Bool) -> Void) -> Place? {
    let word = TextCodes.word(at)
    if word & 0xFF_FFFF_FFFF == 0x65_736C_6166 {
      found(false)
      return at + 5
    }
    guard word & 0xFFFF_FFFF == 0x6575_7274 else { return nil }
    found(true)
    return at + 4
  }

  /// A text that is not empty and has no escapes.
  @inline(__always)
  static func text(_ at: Place, _ text: Place, _ end: Int, _ found: (Place, Int) -> Void) -> Place? {
    guard at[0] == UInt8(ascii: "\"") else { return nil }
    let start = at + 1
    let stop = plainEnd(start)
    guard stop[0] == UInt8(ascii: "\""), stop > start else { return nil }
    found(start, stop - start)
    return stop + 1
  }

  @inline(__always)
  static func skip(_ at: Place, _ text: Place, _ end: Int) -> Place? {
    if at[0] == UInt8(ascii: "\"") {
      let stop = plainEnd(at + 1)
      return stop[0] == UInt8(ascii: "\"") ? stop + 1 : skipByReader(at, text, end)
    }
    if at[0] <= UInt8(ascii: "9"), let behind = skipNumber(at) { return behind }
    let word = TextCodes.word(at)
    if word & 0xFF_FFFF_FFFF == 0x65_736C_6166 { return at + 5 }
    if word & 0xFFFF_FFFF == 0x6575_7274 || word & 0xFFFF_FFFF == 0x6C6C_756E { return at + 4 }
    return skipByReader(at, text, end)
  }

  @inline(__always)
  private static func skipNumber(_ start: Place) -> Place? {
    var at = start[0] == UInt8(ascii: "-") ? start + 1 : start
    let first = at
    while at[0] &- UInt8(ascii: "0") < 10 { at += 1 }
    guard at > first, first[0] != UInt8(ascii: "0") || at == first + 1 else { return nil }
    if at[0] == UInt8(ascii: ".") {
      at += 1
      guard at[0] &- UInt8(ascii: "0") < 10 else { return nil }
      while at[0] &- UInt8(ascii: "0") < 10 { at += 1 }
    }
    return at[0] | 0x20 == UInt8(ascii: "e") ? nil : at
  }

  /// Proves and steps over any value, within its line.
  @inline(never)
  static func skipByReader(_ at: Place, _ text: Place, _ end: Int) -> Place? {
    // Blanks in nested values may be line breaks, and a line must not run into the next; texts end at one by themselves.
    let stop = at[0] == UInt8(ascii: "\"") ? end : lineEnd(text, at - text, end)
    var reader = JSONReader(UnsafeBufferPointer(start: text, count: stop), at: at - text)
    guard (try? reader.skipValue()) != nil else { return nil }
    return text + reader.position
  }

  /// Any value but an object, an array or a text with escapes, and the place behind it.
  @inline(never)
  static func other(_ at: Place, _ text: Place, _ end: Int) -> (FieldValue, Place)? {
    guard !isNested(at), let behind = skipByReader(at, text, end) else { return nil }
    switch at[0] {
    case UInt8(ascii: "\""):
      let inside = UnsafeBufferPointer(start: at + 1, count: behind - at - 2)
      return inside.contains(UInt8(ascii: "\\")) ? nil : (.text(inside), behind)
    case UInt8(ascii: "t"): return (.truth(true), behind)
    case UInt8(ascii: "f"): return (.truth(false), behind)
    case UInt8(ascii: "n"): return (.null, behind)
    default: return (.number(UnsafeBufferPointer(start: at, count: behind - at)), behind)
    }
  }

  /// The next line break, or the end.
  static func lineEnd(_ text: Place, _ start: Int, _ end: Int) -> Int {
    var at = start
    while at < end {
      let breaks = TextCodes.word(text + at) ^ (ones &* 0x0A)
      let hits = (breaks &- ones) & ~breaks & tops
      if hits != 0 { return min(end, at + hits.trailingZeroBitCount >> 3) }
      at += 8
    }
    return end
  }
}

/// Times of one day, most of which share their first eleven bytes with the one before.
struct Day {
  /// `2026-11-` and `21T`.
  private var head: UInt64 = 0
  private var tail: UInt64 = 0
  private var start: Int64 = 0

  /// `"2026-11-21T10:27:09.123Z"` and the like.
  @inline(__always)
  mutating func time(_ at: UnsafePointer<UInt8>, _ found: (Int64) -> Void) -> UnsafePointer<UInt8>? {
    guard at[0] == UInt8(ascii: "\"") else { return nil }
    if TextCodes.word(at + 1) != head || TextCodes.word(at + 9) & 0xFF_FFFF != tail {
      guard learn(at + 1) else { return nil }
    }
    // `10:27:09`, with `00:00:00` taken out.
    let clock = TextCodes.word(at + 12) ^ 0x3030_3A30_303A_3030
    guard (clock &+ 0x7676_7676_7676_7676 | clock) & 0x8080_8080_8080_8080 == 0,
      clock & 0x0000_FF00_00FF_0000 == 0
    else { return nil }
    let hour = (clock & 0xF) &* 10 &+ (clock &>> 8 & 0xF)
    let minute = (clock &>> 24 & 0xF) &* 10 &+ (clock &>> 32 & 0xF)
    let second = (clock &>> 48 & 0xF) &* 10 &+ (clock &>> 56 & 0xF)
    guard hour < 24, minute < 60, second < 60 else { return nil }
    var behind = at + 20
    var microsecond: UInt64 = 0
    if behind[0] == UInt8(ascii: ".") {
      let word = TextCodes.word(behind + 1) ^ 0x3030_3030_3030_3030
      let count = PlainValue.digits(word)
      guard count > 0, count < 7 else { return nil }
      microsecond = PlainValue.whole(word, count) &* Self.scales[count]
      behind += count &+ 1
    }
    guard behind[0] == UInt8(ascii: "Z"), behind[1] == UInt8(ascii: "\"") else { return nil }
    let seconds = Int64(truncatingIfNeeded: hour &* 3600 &+ minute &* 60 &+ second)
    found(start &+ seconds &* 1_000_000 &+ Int64(truncatingIfNeeded: microsecond))
    return behind + 2
  }

  private static let scales: [UInt64] = [1_000_000, 100_000, 10_000, 1000, 100, 10, 1]

  @inline(never)
  private mutating func learn(_ at: UnsafePointer<UInt8>) -> Bool {
    guard at[10] == UInt8(ascii: "T") || at[10] == 0x20,
      let reading = ISO8601.read(UnsafeBufferPointer(start: at, count: 10))
    else { return false }
    start = Int64(reading.civil.secondsSince1970) * 1_000_000
    (head, tail) = (TextCodes.word(at), TextCodes.word(at + 8) & 0xFF_FFFF)
    return true
  }
}
