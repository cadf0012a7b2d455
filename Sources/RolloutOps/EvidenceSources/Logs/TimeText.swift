/// Times as trace logs spell them, in microseconds since 1970.
///
/// Understood are ISO 8601 (with `T` or a space, with `Z`, an offset, ` UTC` or nothing, which is UTC), a number of
/// seconds, milliseconds, microseconds or nanoseconds since 1970 (told apart by size), the web servers'
/// `21/Nov/2026:10:27:09 +0100` and the mail's `Sat, 21 Nov 2026 10:27:09 GMT`.
enum TimeText {
  static func read(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    let text = NumberText.trimmed(text)
    if text.count >= 10, text[4] == UInt8(ascii: "-"), let time = iso(text) { return time }
    if let number = NumberText.read(text) { return epoch(number, text) }
    return worded(text)
  }

  private static func iso(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    if let reading = ISO8601.read(text) { return microseconds(reading, offset: 0) }
    // The zone as a word of its own: ` UTC`, ` +0100`.
    guard let space = text.lastIndex(of: 0x20), space > 10, let offset = zone(text[(space + 1)...]),
      let reading = ISO8601.read(UnsafeBufferPointer(rebasing: text[..<space])), reading.offset == nil
    else { return nil }
    return microseconds(reading, offset: offset)
  }

  private static func microseconds(_ reading: ISO8601.Reading, offset: Int) -> Int64 {
    Int64(reading.civil.secondsSince1970 - (reading.offset ?? offset)) * 1_000_000 + Int64(reading.microsecond)
  }

  /// A number since 1970: below 10^11 they are seconds (until the year 5138), and so on by thousands.
  static func epoch(_ number: Double) -> Int64? {
    let size = number.magnitude
    let scale = size < 1e11 ? 1e6 : size < 1e14 ? 1e3 : size < 1e17 ? 1 : 1e-3
    let time = (number * scale).rounded(.toNearestOrAwayFromZero)
    // The years 0 to 9999, which is what can be printed.
    return time > -62_167_219_200e6 && time < 253_402_300_800e6 ? Int64(time) : nil
  }

  /// Nanoseconds have more digits than a Double.
  private static func epoch(_ number: Double, _ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    guard number >= 1e14, let whole = Int64(String(decoding: text, as: UTF8.self)) else { return epoch(number) }
    return whole < 100_000_000_000_000_000 ? epoch(number) : whole / 1000
  }

  private static let months: [StaticString] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ]

  /// Day, month by name, year, time of day, zone, whatever stands between them.
  private static func worded(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    guard text.count >= 17, text.count <= 40 else { return nil }
    var words = text.split { byte in
      switch byte {
      case UInt8(ascii: "/"), UInt8(ascii: ":"), 0x20, UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"): true
      default: false
      }
    }[...]
    // The day of the week says nothing.
    if let first = words.first, first.count == 3, number(first) == nil { words.removeFirst() }
    guard words.count == 6 || words.count == 7, let day = number(words.removeFirst()),
      let month = month(words.removeFirst()), let year = number(words.removeFirst()),
      let hour = number(words.removeFirst()), let minute = number(words.removeFirst()),
      let second = number(words.removeFirst())
    else { return nil }
    guard let offset = words.isEmpty ? 0 : zone(words.removeFirst()) else { return nil }
    let civil = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    guard year > 999, civil.exists else { return nil }
    return Int64(civil.secondsSince1970 - offset) * 1_000_000
  }

  private static func number(_ word: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    guard word.count <= 4, word.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }) else { return nil }
    return word.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  private static func month(_ word: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    months.firstIndex { name in
      word.count == 3 && zip(word, 0..<3).allSatisfy { $0 | 0x20 == name.utf8Start[$1] }
    }.map { $0 + 1 }
  }

  private static func zone(_ word: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    if word.elementsEqual("UTC".utf8) || word.elementsEqual("GMT".utf8) || word.elementsEqual("Z".utf8) { return 0 }
    guard let sign = word.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
    let digits = word.dropFirst().filter { $0 != UInt8(ascii: ":") }
    guard digits.count == 4, digits.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }) else { return nil }
    let parts = digits.map { Int($0 - UInt8(ascii: "0")) }
    let (hours, minutes) = (parts[0] * 10 + parts[1], parts[2] * 10 + parts[3])
    guard hours < 24, minutes < 60 else { return nil }
    return (sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 3600 + minutes * 60)
  }
}
