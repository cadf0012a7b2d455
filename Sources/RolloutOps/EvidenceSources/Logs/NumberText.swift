/// Numbers as text, read to the nearest Double.
///
/// A number of up to 19 digits is a whole number divided by a power of ten; both fit a machine word, so one division
/// gives the right answer (W. D. Clinger, "How to read floating point numbers accurately", 1990, for the short ones).
/// The rest is left to the standard library, which is exact too, and ten times slower.
enum NumberText {
  /// The number that a whole text or cell is, however JSON would have it: `+5`, `.5` and spaces around it are fine.
  /// Nil for anything else, and for what no Double can hold.
  static func read(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
    let text = trimmed(text)
    var (at, end) = (text.startIndex, text.endIndex)
    guard at < end else { return nil }
    let negative = text[at] == UInt8(ascii: "-")
    if negative || text[at] == UInt8(ascii: "+") { at += 1 }
    var mantissa: UInt64 = 0
    var (digits, places, seen) = (0, 0, 0)
    var isFraction = false
    while at < end {
      let byte = text[at]
      if byte == UInt8(ascii: "."), !isFraction {
        isFraction = true
      } else if byte &- UInt8(ascii: "0") < 10 {
        if digits < 19 { mantissa = mantissa &* 10 &+ UInt64(byte &- UInt8(ascii: "0")) }
        // Zeros in front are no digits of the number.
        if mantissa > 0 || digits > 0 { digits += 1 }
        if isFraction { places += 1 }
        seen += 1
      } else {
        break
      }
      at += 1
    }
    guard seen > 0 else { return nil }
    if at == end, digits <= 19, let value = quotient(mantissa, places) { return negative ? -value : value }
    // Only digits, one point and an exponent may follow: not `inf`, `nan` or hexadecimal.
    while at < end, isSpelling(text[at]) { at += 1 }
    end = text.endIndex
    guard at == end, let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return nil }
    return value
  }

  /// `mantissa` / 10^`places`, correctly rounded; nil where one division does not do.
  @inline(__always)
  static func quotient(_ mantissa: UInt64, _ places: Int) -> Double? {
    guard places < 20 else { return mantissa == 0 ? 0 : nil }
    if mantissa <= 1 &<< 53 { return Double(mantissa) / powers[places] }
    return longQuotient(mantissa, places)
  }

  @inline(never)
  private static func longQuotient(_ mantissa: UInt64, _ places: Int) -> Double? {
    guard places > 0 else { return Double(mantissa) }
    let divisor = wholePowers[places]
    // Both with their top bit set: the quotient has 63 or 64 bits, ten more than a Double keeps, and what remains is
    // told by its last bit alone.
    let (high, low) = (mantissa &<< mantissa.leadingZeroBitCount, divisor &<< divisor.leadingZeroBitCount)
    let (quotient, rest) = low.dividingFullWidth((high &>> 1, high &<< 63))
    let scale = divisor.leadingZeroBitCount - mantissa.leadingZeroBitCount - 63
    return Double(sign: .plus, exponent: scale, significand: Double(quotient | (rest == 0 ? 0 : 1)))
  }

  private static func isSpelling(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E")
      || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
  }

  static func trimmed(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    var (start, end) = (text.startIndex, text.endIndex)
    while start < end, text[start] == 0x20 || text[start] == 0x09 { start += 1 }
    while start < end, text[end - 1] == 0x20 || text[end - 1] == 0x09 { end -= 1 }
    return UnsafeBufferPointer(rebasing: text[start..<end])
  }

  /// 10^`places`, for at most 19.
  static func power(_ places: Int) -> Double { powers[places] }

  /// 10^0 to 10^19: exact as Doubles too.
  private static let powers: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
  ]
  private static let wholePowers: [UInt64] = [
    1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
    100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
    10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
  ]
}
