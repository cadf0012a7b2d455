/// JSON numbers as programs usually write them, few digits and perhaps a point, read as one machine word.
///
/// Nil is an answer for whatever is not so plain. The text must be followed by zero bytes, as `LineWalk` says.
enum PlainNumber {
  typealias Cursor = UnsafePointer<UInt8>
  /// `00000000`: taken out of a word by exclusive or, it leaves digits as numbers below ten.
  static let zeros: UInt64 = 0x3030_3030_3030_3030

  /// The digits at the beginning of a word that has '0' taken out of each byte.
  @inline(__always)
  static func digits(_ word: UInt64) -> Int {
    let hits = ((word &+ 0x7676_7676_7676_7676) | word) & 0x8080_8080_8080_8080
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

  /// Fewer than eight digits with the point taken out of them.
  private struct Short {
    let digits: UInt64
    let count: Int
    let places: Int
    let end: Cursor
  }

  @inline(__always)
  private static func short(_ at: Cursor) -> Short? {
    let word = TextCodes.word(at) ^ zeros
    let whole = digits(word)
    // No zeros in front of another digit.
    guard whole > 0, whole < 8, whole == 1 || word & 0xFF != 0 else { return nil }
    guard at[whole] == UInt8(ascii: ".") else {
      return Short(digits: word, count: whole, places: 0, end: at + whole)
    }
    // What stands behind the point moves up by one byte.
    let kept = TextCodes.mask(whole)
    let joined = (word & kept) | ((TextCodes.word(at + 1) ^ zeros) & ~kept)
    let count = digits(joined)
    guard count > whole, count < 8 else { return nil }
    return Short(digits: joined, count: count, places: count &- whole, end: at + (count &+ 1))
  }

  @inline(__always)
  static func read(_ at: Cursor, _ found: (Double) -> Void) -> Cursor? {
    guard let short = short(at), short.end[0] | 0x20 != UInt8(ascii: "e") else { return nil }
    let mantissa = Double(Int64(truncatingIfNeeded: whole(short.digits, short.count)))
    // Both are exact, so the division is rounded once.
    found(mantissa / powers[short.places])
    return short.end
  }

  private static let powers: [Double] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7]

  /// Steps over a number.
  @inline(__always)
  static func skip(_ at: Cursor) -> Cursor? {
    guard let short = short(at), short.end[0] | 0x20 != UInt8(ascii: "e") else { return nil }
    return short.end
  }

  /// A number of up to 19 digits, perhaps negative.
  @inline(never)
  static func readLong(_ start: Cursor) -> (value: Double, end: Cursor)? {
    let isNegative = start[0] == UInt8(ascii: "-")
    var at = isNegative ? start + 1 : start
    let first = at
    var mantissa: UInt64 = 0
    while at[0] &- UInt8(ascii: "0") < 10, at - first < 20 {
      mantissa = mantissa &* 10 &+ UInt64(at[0] &- UInt8(ascii: "0"))
      at += 1
    }
    guard at > first, at == first + 1 || first[0] != UInt8(ascii: "0") else { return nil }
    var (count, places) = (at - first, 0)
    if at[0] == UInt8(ascii: ".") {
      at += 1
      let point = at
      while at[0] &- UInt8(ascii: "0") < 10, at - first < 21 {
        mantissa = mantissa &* 10 &+ UInt64(at[0] &- UInt8(ascii: "0"))
        at += 1
      }
      places = at - point
      guard places > 0 else { return nil }
      count += places
    }
    guard count < 20, at[0] | 0x20 != UInt8(ascii: "e"), let value = NumberText.quotient(mantissa, places) else {
      return nil
    }
    return (isNegative ? -value : value, at)
  }
}
