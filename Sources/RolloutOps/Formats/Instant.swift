/// A moment, in microseconds since 1970-01-01T00:00:00Z: fine enough to order a file's modification times.
package struct Instant: Hashable, Comparable, Sendable {
  package let microseconds: Int64

  package init(microseconds: Int64) { self.microseconds = microseconds }
  package init(seconds: Int) { self.microseconds = Int64(seconds) * 1_000_000 }

  /// Whole seconds since 1970, rounded down also before it.
  package var seconds: Int { Int(microseconds.quotientRoundedDown(by: 1_000_000)) }

  package static func < (left: Instant, right: Instant) -> Bool { left.microseconds < right.microseconds }
  package static func + (left: Instant, right: TimeSpan) -> Instant {
    Instant(microseconds: left.microseconds + Int64(right.seconds) * 1_000_000)
  }
  package static func - (left: Instant, right: TimeSpan) -> Instant { left + TimeSpan(seconds: -right.seconds) }

  /// Whole seconds from `earlier` to here, rounded down.
  package func since(_ earlier: Instant) -> TimeSpan {
    TimeSpan(seconds: Int((microseconds - earlier.microseconds).quotientRoundedDown(by: 1_000_000)))
  }
}

extension FixedWidthInteger {
  func quotientRoundedDown(by divisor: Self) -> Self {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder != 0 && (remainder < 0) != (divisor < 0) ? quotient - 1 : quotient
  }
}

/// A date and time of day on the proleptic Gregorian calendar, without a zone.
package struct CivilTime: Hashable, Sendable {
  package var year: Int
  package var month: Int
  package var day: Int
  package var hour = 0
  package var minute = 0
  package var second = 0

  package init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    (self.year, self.month, self.day) = (year, month, day)
    (self.hour, self.minute, self.second) = (hour, minute, second)
  }

  /// What a clock shows that many seconds after 1970-01-01T00:00:00.
  ///
  /// Days are counted in 400-year cycles that begin on 1 March, so that the leap day comes last
  /// (Howard Hinnant, "chrono-compatible low-level date algorithms").
  package init(secondsSince1970 seconds: Int) {
    let days = seconds.quotientRoundedDown(by: 86_400)
    let rest = seconds - days * 86_400
    let shifted = days + 719_468
    let era = shifted.quotientRoundedDown(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    (hour, minute, second) = (rest / 3600, rest % 3600 / 60, rest % 60)
  }

  package var secondsSince1970: Int {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear.quotientRoundedDown(by: 400)
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return (era * 146_097 + dayOfEra - 719_468) * 86_400 + hour * 3600 + minute * 60 + second
  }

  /// 0 is Sunday.
  package var weekday: Int {
    let days = secondsSince1970.quotientRoundedDown(by: 86_400)
    return (((days + 4) % 7) + 7) % 7
  }

  /// Whether such a date and time exist on the calendar.
  package var exists: Bool {
    guard (0...9999).contains(year), (1...12).contains(month), (0..<24).contains(hour), (0..<60).contains(minute),
      (0..<60).contains(second)
    else { return false }
    return (1...Self.days(inMonth: month, of: year)).contains(day)
  }

  package static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
