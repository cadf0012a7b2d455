/// Times as ISO 8601 writes them: `2026-11-21T10:27:09Z`, `2026-11-21 10:27+01:00`, `2026-11-21`.
package enum ISO8601 {
  /// A time as text; without `offset` it has no zone of its own and the reader decides.
  package struct Reading: Hashable, Sendable {
    package let civil: CivilTime
    package let microsecond: Int
    /// Seconds east of UTC; nil where the text names none.
    package let offset: Int?
  }

  package static func read(_ text: some StringProtocol) -> Reading? {
    var text = String(text)
    return text.withUTF8(read)
  }

  package static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> Reading? {
    var scan = Scanner(bytes)
    guard let year = scan.number(4), scan.take("-"), let month = scan.number(2), scan.take("-"),
      let day = scan.number(2)
    else { return nil }
    var civil = CivilTime(year: year, month: month, day: day)
    var microsecond = 0
    var offset: Int?
    if !scan.isAtEnd {
      guard scan.take("T") || scan.take("t") || scan.take(" "), let hour = scan.number(2), scan.take(":"),
        let minute = scan.number(2)
      else { return nil }
      (civil.hour, civil.minute) = (hour, minute)
      if scan.take(":") {
        guard let second = scan.number(2) else { return nil }
        civil.second = second
        if scan.take(".") || scan.take(",") {
          guard let fraction = scan.fraction() else { return nil }
          microsecond = fraction
        }
      }
      if !scan.isAtEnd {
        guard let zone = scan.zone() else { return nil }
        offset = zone
      }
    }
    guard scan.isAtEnd, civil.exists else { return nil }
    return Reading(civil: civil, microsecond: microsecond, offset: offset)
  }

  /// A moment with its zone in the text; nil where the zone is missing.
  package static func instant(_ text: some StringProtocol) -> Instant? {
    var text = String(text)
    return text.withUTF8(instant)
  }

  package static func instant(_ bytes: UnsafeBufferPointer<UInt8>) -> Instant? {
    guard let reading = read(bytes), let offset = reading.offset else { return nil }
    let seconds = reading.civil.secondsSince1970 - offset
    return Instant(microseconds: Int64(seconds) * 1_000_000 + Int64(reading.microsecond))
  }

  /// `2026-11-21T10:27:09.123456Z`: always UTC and always the same width, so that text sorts as time does.
  package static func precise(_ instant: Instant) -> String {
    let micro = instant.microseconds - Int64(instant.seconds) * 1_000_000
    return "\(seconds(CivilTime(secondsSince1970: instant.seconds))).\(padded(Int(micro), 6))Z"
  }

  /// `2026-11-21T10:27:09+01:00`, on a clock that is `offset` seconds east of UTC.
  package static func string(_ instant: Instant, offset: Int = 0) -> String {
    seconds(CivilTime(secondsSince1970: instant.seconds + offset)) + self.offset(offset)
  }

  /// `Z`, `+01:00`, `-03:30`.
  package static func offset(_ seconds: Int) -> String {
    guard seconds != 0 else { return "Z" }
    let minutes = abs(seconds) / 60
    return "\(seconds < 0 ? "-" : "+")\(padded(minutes / 60, 2)):\(padded(minutes % 60, 2))"
  }

  private static func seconds(_ time: CivilTime) -> String {
    "\(padded(time.year, 4))-\(padded(time.month, 2))-\(padded(time.day, 2))"
      + "T\(padded(time.hour, 2)):\(padded(time.minute, 2)):\(padded(time.second, 2))"
  }

  package static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  private struct Scanner {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
      guard position < bytes.count, bytes[position] == UInt8(ascii: scalar) else { return false }
      position += 1
      return true
    }

    mutating func number(_ width: Int) -> Int? {
      guard position + width <= bytes.count else { return nil }
      var value = 0
      for byte in bytes[position..<(position + width)] {
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
      }
      position += width
      return value
    }

    /// Microseconds; further digits are dropped.
    mutating func fraction() -> Int? {
      var value = 0
      var count = 0
      while let digit = number(1) {
        if count < 6 { value = value * 10 + digit }
        count += 1
      }
      guard count > 0 else { return nil }
      for _ in min(count, 6)..<6 { value *= 10 }
      return value
    }

    mutating func zone() -> Int? {
      if take("Z") || take("z") { return 0 }
      let sign = take("+") ? 1 : take("-") ? -1 : 0
      guard sign != 0, let hours = number(2), hours < 24 else { return nil }
      if !take(":") && isAtEnd { return sign * hours * 3600 }
      guard let minutes = number(2), minutes < 60 else { return nil }
      return sign * (hours * 3600 + minutes * 60)
    }
  }
}
