/// How the values of one member have looked: texts of one length without escapes, or numbers with their point in one
/// place.
///
/// Where a value ends is only known when its bytes are, and the next member waits for that. Where values keep their shape
/// the end is known beforehand, and the bytes only have to prove it. A shape is a guess that is checked on every value:
/// what is read never depends on it.
struct ValueShape {
  typealias Cursor = UnsafePointer<UInt8>
  private typealias Sixteen = SIMD16<Int8>
  private typealias Words = SIMD2<UInt64>

  enum Kind: UInt8 {
    case unknown, text, number
    /// It changed too often to be guessed.
    case changing
  }

  private(set) var kind = Kind.unknown
  /// Values of this piece that looked otherwise.
  private var misses: UInt8 = 0
  /// Of the whole value, with its quotation marks.
  private(set) var length = 0

  /// A text's bytes, up to 16.
  private var bytes = Words(0, 0)

  /// A number's bytes, up to eight; what they are without their digits; and what must be added to what is left for any
  /// but a digit, and anything in the point's place but the point, to reach the top bit of its byte.
  private var mask: UInt64 = 0
  private var pattern: UInt64 = 0
  private var excess: UInt64 = 0
  /// The digits in front of the point, and how many there are in all.
  private var front: UInt64 = 0
  private var digits = 0
  private var power = 1.0
  /// The lowest first digit.
  private var least: UInt8 = 0

  private static let mostMisses = 16

  /// For a new piece.
  mutating func forget() { (kind, misses) = (.unknown, 0) }

  // MARK: Checking

  /// The place of the closing quotation mark; nil for a text of another length, and for what is not plain.
  @inline(__always)
  func textEnd(_ at: Cursor) -> Cursor? {
    guard kind == .text, at[0] == UInt8(ascii: "\""), at[length &- 1] == UInt8(ascii: "\"") else { return nil }
    let text = UnsafeRawPointer(at + 1).loadUnaligned(as: Sixteen.self)
    let hits =
      unsafeBitCast(text .== Sixteen(repeating: 0x22), to: Words.self)
      | unsafeBitCast(text .== Sixteen(repeating: 0x5C), to: Words.self)
      | unsafeBitCast(text .< Sixteen(repeating: 0x20), to: Words.self)
    let inside = hits & bytes
    return inside.x | inside.y == 0 ? at + (length &- 1) : nil
  }

  /// The digits of a number and the point, each without what makes it a letter; nil for other numbers.
  @inline(__always)
  private func number(_ at: Cursor) -> UInt64? {
    guard kind == .number else { return nil }
    let left = (TextCodes.word(at) & mask) ^ pattern
    // Whatever follows it may be a part of the number, unless it is a comma.
    guard ((left &+ excess) | left) & 0x8080_8080_8080_8080 == 0, at[0] >= least, at[length] == UInt8(ascii: ",") else {
      return nil
    }
    return left
  }

  @inline(__always)
  func numberEnd(_ at: Cursor) -> Cursor? { number(at) == nil ? nil : at + length }

  @inline(__always)
  func number(_ at: Cursor, _ found: (Double) -> Void) -> Cursor? {
    guard let left = number(at) else { return nil }
    let joined = (left & front) | ((left &>> 8) & ~front)
    let mantissa = PlainNumber.whole(joined, digits)
    // Both are exact, so the division is rounded once.
    found(Double(Int64(truncatingIfNeeded: mantissa)) / power)
    return at + length
  }

  // MARK: Learning

  /// Takes the shape of a value that was read and had another one than expected.
  @inline(__always)
  mutating func learn(_ at: Cursor, until end: Cursor) {
    if kind != .changing { change(at, end) }
  }

  @inline(never)
  private mutating func change(_ at: Cursor, _ end: Cursor) {
    misses += 1
    length = end - at
    kind = .unknown
    if at[0] == UInt8(ascii: "\"") { learnText() } else { learnNumber(at) }
    if misses >= Self.mostMisses { kind = .changing }
  }

  private mutating func learnText() {
    let count = length - 2
    guard count > 0, count <= 16 else { return }
    kind = .text
    bytes = Words(TextCodes.mask(min(count, 8)), count > 8 ? TextCodes.mask(count - 8) : 0)
  }

  private mutating func learnNumber(_ at: Cursor) {
    guard length <= 8 else { return }
    var point = length
    (pattern, excess) = (0, 0)
    for index in 0..<length {
      let shift = UInt64(index * 8)
      if at[index] == UInt8(ascii: "."), point == length {
        point = index
        pattern |= 0x2E << shift
        excess |= 0x7F << shift
      } else {
        guard at[index] &- UInt8(ascii: "0") < 10 else { return }
        pattern |= 0x30 << shift
        excess |= 0x76 << shift
      }
    }
    guard point > 0, point < length - 1 || point == length else { return }
    mask = TextCodes.mask(length)
    front = TextCodes.mask(point)
    digits = point == length ? length : length - 1
    power = NumberText.power(digits - point)
    // No zeros in front of another digit.
    least = UInt8(ascii: point > 1 ? "1" : "0")
    kind = .number
  }
}
