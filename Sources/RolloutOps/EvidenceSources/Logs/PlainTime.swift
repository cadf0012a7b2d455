/// Times of one day, most of which share their first sixteen bytes, down to the minute, with the one before.
struct Day {
  /// `2026-11-`, `21T10:27`, and the moment at which that minute starts.
  private var head: UInt64 = 0
  private var tail: UInt64 = 0
  private var minute: Int64 = 0

  /// `"2026-11-21T10:27:09.123Z"` and the like; nil where it is not so plain.
  @inline(__always)
  mutating func time(_ at: UnsafePointer<UInt8>, _ found: (Int64) -> Void) -> UnsafePointer<UInt8>? {
    guard at[0] == UInt8(ascii: "\"") else { return nil }
    if TextCodes.word(at + 1) != head || TextCodes.word(at + 9) != tail {
      guard learn(at + 1) else { return nil }
    }
    // `:09.123Z` with `:00.000Z` taken out leaves numbers below ten, the tens of seconds below six, and nothing else.
    let clock = TextCodes.word(at + 17) ^ 0x5A30_3030_2E30_303A
    let excess = ((clock &+ 0x0076_7676_0076_7A00) | clock) & 0x0080_8080_0080_8000
    guard excess | (clock & 0xFF00_0000_FF00_00FF) == 0 else { return rarely(at, found) }
    guard at[25] == UInt8(ascii: "\"") else { return nil }
    let second = (clock &>> 8 & 0xF) &* 10 &+ (clock &>> 16 & 0xF)
    let thousandths = (clock &>> 32 & 0xF) &* 100 &+ (clock &>> 40 & 0xF) &* 10 &+ (clock &>> 48 & 0xF)
    found(minute &+ Int64(truncatingIfNeeded: second &* 1000 &+ thousandths) &* 1000)
    return at + 26
  }

  /// With more or fewer digits behind the second, or none.
  @inline(__always)
  private func rarely(_ at: UnsafePointer<UInt8>, _ found: (Int64) -> Void) -> UnsafePointer<UInt8>? {
    guard let (offset, behind) = offset(at) else { return nil }
    found(minute &+ offset)
    return behind
  }

  @inline(never)
  private func offset(_ at: UnsafePointer<UInt8>) -> (offset: Int64, behind: UnsafePointer<UInt8>)? {
    let clock = TextCodes.word(at + 17) ^ 0x5A30_3030_2E30_303A
    guard ((clock &+ 0x7A00) | (clock &+ 0x76_0000) | clock) & 0x80_80FF == 0 else { return nil }
    let second = (clock &>> 8 & 0xF) &* 10 &+ (clock &>> 16 & 0xF)
    var behind = at + 20
    var microsecond: UInt64 = 0
    if behind[0] == UInt8(ascii: ".") {
      let word = TextCodes.word(behind + 1) ^ PlainNumber.zeros
      let count = PlainNumber.digits(word)
      guard count > 0, count < 7 else { return nil }
      microsecond = PlainNumber.whole(word, count) &* Self.scales[count]
      behind += count &+ 1
    }
    guard behind[0] == UInt8(ascii: "Z"), behind[1] == UInt8(ascii: "\"") else { return nil }
    return (Int64(truncatingIfNeeded: second &* 1_000_000 &+ microsecond), behind + 2)
  }

  private static let scales: [UInt64] = [1_000_000, 100_000, 10_000, 1000, 100, 10, 1]

  @inline(never)
  private mutating func learn(_ at: UnsafePointer<UInt8>) -> Bool {
    guard at[10] == UInt8(ascii: "T") || at[10] == 0x20,
      let reading = ISO8601.read(UnsafeBufferPointer(start: at, count: 10))
    else { return false }
    // `10:27`, with `00:00` taken out.
    let clock = (TextCodes.word(at + 11) ^ 0x30_303A_3030) & 0xFF_FFFF_FFFF
    guard (clock &+ 0x76_7600_7676 | clock) & 0x80_80FF_8080 == 0 else { return false }
    let hour = (clock & 0xF) &* 10 &+ (clock &>> 8 & 0xF)
    let minutes = (clock &>> 24 & 0xF) &* 10 &+ (clock &>> 32 & 0xF)
    guard hour < 24, minutes < 60 else { return false }
    let seconds = reading.civil.secondsSince1970 + Int(hour) * 3600 + Int(minutes) * 60
    minute = Int64(seconds) * 1_000_000
    (head, tail) = (TextCodes.word(at), TextCodes.word(at + 8))
    return true
  }
}
