/// JSON values as programs usually write them, read a word at a time; nil is an answer for whatever is not so plain.
///
/// The text must be followed by zero bytes, as `LineWalk` says.
enum PlainValue {
  typealias Cursor = UnsafePointer<UInt8>
  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let tops: UInt64 = 0x8080_8080_8080_8080

  /// The next quotation mark, backslash, control character or byte beyond ASCII.
  @inline(__always)
  static func plainEnd(_ start: Cursor) -> Cursor {
    // Compared as signed numbers bytes beyond ASCII are negative: one comparison finds them and control characters.
    let (quote, slash, blank) = (Sixteen(repeating: 0x22), Sixteen(repeating: 0x5C), Sixteen(repeating: 0x20))
    var at = start
    while true {
      let bytes = UnsafeRawPointer(at).loadUnaligned(as: Sixteen.self)
      // Joined as pairs of words, which stays in vector registers; joined as masks it would not.
      let hits =
        unsafeBitCast(bytes .== quote, to: SIMD2<UInt64>.self) | unsafeBitCast(bytes .== slash, to: SIMD2<UInt64>.self)
        | unsafeBitCast(bytes .< blank, to: SIMD2<UInt64>.self)
      if hits.x != 0 { return at + hits.x.trailingZeroBitCount &>> 3 }
      if hits.y != 0 { return at + (8 &+ hits.y.trailingZeroBitCount &>> 3) }
      at += 16
    }
  }

  private typealias Sixteen = SIMD16<Int8>

  @inline(__always)
  static func isNested(_ at: Cursor) -> Bool { at[0] == UInt8(ascii: "{") || at[0] == UInt8(ascii: "[") }

  // MARK: Kinds

  private static let truths: (yes: UInt64, no: UInt64, null: UInt64) = (0x6575_7274, 0x65_736C_6166, 0x6C6C_756E)

  @inline(__always)
  static func truth(_ at: Cursor, _ found: (Bool) -> Void) -> Cursor? {
    let word = TextCodes.word(at)
    let isNo = word & 0xFF_FFFF_FFFF == truths.no
    guard isNo || word & 0xFFFF_FFFF == truths.yes else { return nil }
    found(!isNo)
    return at + (isNo ? 5 : 4)
  }

  @inline(__always)
  static func isNull(_ at: Cursor) -> Bool { TextCodes.word(at) & 0xFFFF_FFFF == truths.null }

  /// The quotation mark that closes a text without escapes.
  @inline(__always)
  static func textEnd(_ at: Cursor) -> Cursor? {
    guard at[0] == UInt8(ascii: "\"") else { return nil }
    let stop = plainEnd(at + 1)
    return stop[0] == UInt8(ascii: "\"") ? stop : nil
  }

  /// The place behind a number or literal that is not odd.
  @inline(__always)
  static func skipBare(_ at: Cursor) -> Cursor? {
    if at[0] <= UInt8(ascii: "9") { return PlainNumber.skip(at) }
    return isNull(at) ? at + 4 : truth(at) { _ in }
  }

  /// Proves and steps over any value, within its line.
  @inline(never)
  static func skipByReader(_ at: Cursor, _ text: Cursor, _ end: Int) -> Cursor? {
    // Blanks in nested values may be line breaks, and a line must not run into the next; texts end at one by themselves.
    let stop = at[0] == UInt8(ascii: "\"") ? end : lineEnd(text, at - text, end)
    var reader = JSONReader(UnsafeBufferPointer(start: text, count: stop), at: at - text)
    guard (try? reader.skipValue()) != nil else { return nil }
    return text + reader.position
  }

  /// Any value but an object, an array or a text with escapes, and the place behind it.
  @inline(never)
  static func other(_ at: Cursor, _ text: Cursor, _ end: Int) -> (FieldValue, Cursor)? {
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
  static func lineEnd(_ text: Cursor, _ start: Int, _ end: Int) -> Int {
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
