/// Times as people at one place write and read them, seen from one moment.
package struct LocalCalendar: Sendable {
  package let zone: ZoneRules
  package let now: Instant

  static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  // MARK: Writing

  /// `Tue 10:02` within six days of now, so that no weekday can mean two dates; `Tue 24 Nov 10:02` further off, and
  /// with the year when it is another one. Only for places where the offset stands nearby: see `exact`.
  package func brief(_ instant: Instant) -> String {
    let (time, today) = (zone.civil(at: instant), zone.civil(at: now))
    let distance = (time.midnight.secondsSince1970 - today.midnight.secondsSince1970) / 86_400
    return abs(distance) <= 6 ? "\(Self.weekdays[time.weekday]) \(Self.clock(time))" : dated(time, today)
  }

  /// `Wed 25 Nov 10:02 +01:00`: clear without anything around it, and with the year when it is another one.
  package func exact(_ instant: Instant) -> String {
    "\(dated(zone.civil(at: instant), zone.civil(at: now))) \(offset(instant))"
  }

  /// `12 min ago`, for eyes; a moment that is still to come has none.
  package func age(_ instant: Instant) -> String? {
    let seconds = now.since(instant).seconds
    switch seconds {
    case ..<0: return nil
    case ..<60: return "just now"
    case ..<3600: return "\(seconds / 60) min ago"
    case ..<(48 * 3600): return "\(seconds / 3600)h ago"
    default: return "\(seconds / 86_400) days ago"
    }
  }

  /// `10:02:33 +01:00`, for what is said within minutes.
  package func clock(_ instant: Instant) -> String {
    let time = zone.civil(at: instant)
    return "\(Self.clock(time)):\(ISO8601.padded(time.second, 2)) \(offset(instant))"
  }

  /// `Wed 25 Nov 10:02 +01:00, 12 min ago`.
  package func aged(_ instant: Instant) -> String {
    [exact(instant), age(instant)].compactMap(\.self).joined(separator: ", ")
  }

  /// `Wed 25 Nov`.
  package func day(_ instant: Instant) -> String { date(zone.civil(at: instant), zone.civil(at: now)) }

  /// `2026-11-25T10:02:00+01:00`, for machines.
  package func iso(_ instant: Instant) -> String {
    ISO8601.string(instant, offset: zone.offset(at: instant).seconds)
  }

  /// `+01:00`; for UTC `+00:00`, since a bare `Z` says nothing to most people.
  package func offset(_ instant: Instant) -> String {
    let seconds = zone.offset(at: instant).seconds
    return seconds == 0 ? "+00:00" : ISO8601.offset(seconds)
  }

  private func dated(_ time: CivilTime, _ today: CivilTime) -> String { "\(date(time, today)) \(Self.clock(time))" }

  private func date(_ time: CivilTime, _ today: CivilTime) -> String {
    let year = time.year == today.year ? "" : " \(time.year)"
    return "\(Self.weekdays[time.weekday]) \(time.day) \(Self.months[time.month - 1])\(year)"
  }

  private static func clock(_ time: CivilTime) -> String {
    "\(ISO8601.padded(time.hour, 2)):\(ISO8601.padded(time.minute, 2))"
  }

  // MARK: Reading

  /// What `time` understands, for the sentence that refuses anything else.
  package static let timeForms = "2026-11-24T10:00+01:00, \"2026-11-24 10:00\", 10:00, \"tomorrow 10:00\" or +2h"

  /// A moment as an operator writes it. A time without an offset is one of this zone, a date alone is its midnight, and
  /// a time alone is today's, even when that has passed.
  package func time(_ text: some StringProtocol) -> Instant? {
    let text = text.split(separator: " ").joined(separator: " ").lowercased()
    if text == "now" { return now }
    if text.hasPrefix("+") { return TimeSpan(text.dropFirst()).map { now + $0 } }
    if let reading = ISO8601.read(text) { return instant(reading) }
    let words = text.split(separator: " ")
    guard let first = words.first, words.count <= 2 else { return nil }
    if let days = ["yesterday": -1, "today": 0, "tomorrow": 1][first] {
      return words.count == 1 ? at("00:00", days: days) : at(words[1], days: days)
    }
    return words.count == 1 ? at(first, days: 0) : nil
  }

  /// The start of a look back: a length of time before now (`2h`), or a moment.
  package func since(_ text: some StringProtocol) -> Instant? {
    TimeSpan(text).map { now - $0 } ?? time(text)
  }

  /// That time of day, some days from today.
  private func at(_ clock: Substring, days: Int) -> Instant? {
    let day = CivilTime(secondsSince1970: zone.civil(at: now).midnight.secondsSince1970 + days * 86_400)
    let date = ISO8601.string(Instant(seconds: day.secondsSince1970)).prefix(10)
    return ISO8601.read("\(date)T\(clock)").map(instant)
  }

  private func instant(_ reading: ISO8601.Reading) -> Instant {
    let whole =
      reading.offset.map { Instant(seconds: reading.civil.secondsSince1970 - $0) } ?? zone.instant(of: reading.civil)
    return Instant(microseconds: whole.microseconds + Int64(reading.microsecond))
  }
}

extension CivilTime {
  fileprivate var midnight: CivilTime { CivilTime(year: year, month: month, day: day) }
}
