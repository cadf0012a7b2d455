/// A length of time in whole seconds, as soaks and deadlines are written: `24h`, `3d`, `1d 12h`, `90 minutes`.
///
/// A day is 86,400 s, whatever the calendar does on that day.
package struct TimeSpan: Hashable, Comparable, Sendable {
  package let seconds: Int

  package init(seconds: Int) { self.seconds = seconds }

  package static let zero = TimeSpan(seconds: 0)
  package static func minutes(_ count: Int) -> TimeSpan { TimeSpan(seconds: count * 60) }
  package static func hours(_ count: Int) -> TimeSpan { TimeSpan(seconds: count * 3600) }
  package static func days(_ count: Int) -> TimeSpan { TimeSpan(seconds: count * 86_400) }

  package static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.seconds < right.seconds }
  package static func + (left: TimeSpan, right: TimeSpan) -> TimeSpan {
    TimeSpan(seconds: left.seconds + right.seconds)
  }
  package static func - (left: TimeSpan, right: TimeSpan) -> TimeSpan {
    TimeSpan(seconds: left.seconds - right.seconds)
  }
}

// MARK: - Text

extension TimeSpan: CustomStringConvertible {
  /// A century: longer than any soak, and far from overflow in every sum.
  private static let longest = 36_525 * 86_400

  /// Reads `24h`, `3d`, `1d 12h`, `90 minutes`; nil when it is anything else.
  package init?(_ text: some StringProtocol) {
    var rest = Substring(text)
    var total = 0
    var seen = false
    func skipSpace() { rest = rest.drop { $0 == " " || $0 == "\t" } }
    skipSpace()
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard let count = Int(digits), count <= Self.longest else { return nil }
      rest = rest.dropFirst(digits.count)
      skipSpace()
      let unit = rest.prefix { $0.isASCII && $0.isLetter }
      guard let size = Self.units[unit.lowercased()] else { return nil }
      rest = rest.dropFirst(unit.count)
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow, product <= Self.longest, total + product <= Self.longest else { return nil }
      total += product
      seen = true
      skipSpace()
    }
    guard seen else { return nil }
    self.seconds = total
  }

  private static let units: [String: Int] = [
    "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1,
    "m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hr": 3600, "hrs": 3600, "hour": 3600, "hours": 3600,
    "d": 86_400, "day": 86_400, "days": 86_400,
    "w": 604_800, "wk": 604_800, "week": 604_800, "weeks": 604_800,
  ]

  /// The two largest units that matter, rounded down: `3d 4h`, `18h`, `2m 5s`. Up to 48 hours stay in hours, as
  /// schedules are written.
  package var description: String {
    if seconds < 0 { return "-\(TimeSpan(seconds: -seconds))" }
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 3600 { return Self.pair(seconds / 60, "m", seconds % 60, "s") }
    if seconds <= 48 * 3600 { return Self.pair(seconds / 3600, "h", seconds % 3600 / 60, "m") }
    return Self.pair(seconds / 86_400, "d", seconds % 86_400 / 3600, "h")
  }

  /// Rounded up to a whole minute, where it is longer than one: for what is still to wait.
  package var inFullMinutes: TimeSpan { seconds < 120 ? self : TimeSpan(seconds: (seconds + 59) / 60 * 60) }

  private static func pair(_ large: Int, _ largeUnit: String, _ small: Int, _ smallUnit: String) -> String {
    small == 0 ? "\(large)\(largeUnit)" : "\(large)\(largeUnit) \(small)\(smallUnit)"
  }
}
