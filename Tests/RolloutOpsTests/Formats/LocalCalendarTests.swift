import Testing

@testable import RolloutOps

@Suite struct LocalCalendarTests {
  /// Saturday, 21 November 2026, 11:27 in Berlin.
  let calendar: LocalCalendar

  init() throws {
    let rule = try #require(PosixZone("CET-1CEST,M3.5.0,M10.5.0/3"))
    let now = try #require(ISO8601.instant("2026-11-21T10:27:09.5Z"))
    calendar = LocalCalendar(zone: ZoneRules(first: rule.standard, rule: rule), now: now)
  }

  @Test(arguments: [
    ("2026-11-21T10:02Z", "Sat 11:02", "Sat 21 Nov 11:02 +01:00"),
    ("2026-11-26T22:59Z", "Thu 23:59", "Thu 26 Nov 23:59 +01:00"),
    ("2026-11-27T23:00Z", "Sat 28 Nov 00:00", "Sat 28 Nov 00:00 +01:00"),
    ("2026-11-27T22:59Z", "Fri 23:59", "Fri 27 Nov 23:59 +01:00"),
    ("2026-11-14T23:00Z", "Sun 00:00", "Sun 15 Nov 00:00 +01:00"),
    ("2026-11-14T22:59Z", "Sat 14 Nov 23:59", "Sat 14 Nov 23:59 +01:00"),
    ("2026-07-01T08:00Z", "Wed 1 Jul 10:00", "Wed 1 Jul 10:00 +02:00"),
    ("2026-12-31T23:30Z", "Fri 1 Jan 2027 00:30", "Fri 1 Jan 2027 00:30 +01:00"),
  ])
  func writes(moment: String, brief: String, exact: String) throws {
    let instant = try #require(ISO8601.instant(moment))
    #expect(calendar.brief(instant) == brief)
    #expect(calendar.exact(instant) == exact)
  }

  @Test(
    arguments: [
      ("2026-11-21T10:27:10.5Z", nil), ("2026-11-21T10:27:09.5Z", "just now"), ("2026-11-21T10:26:10Z", "just now"),
      ("2026-11-21T10:26:09Z", "1 min ago"), ("2026-11-21T09:27:10Z", "59 min ago"), ("2026-11-21T09:27:09Z", "1h ago"),
      ("2026-11-19T10:27:10Z", "47h ago"), ("2026-11-19T10:27:09Z", "2 days ago"),
      ("2025-11-21T10:27:09Z", "365 days ago"),
    ] as [(String, String?)])
  func tellsHowLongAgo(moment: String, age: String?) throws {
    let instant = try #require(ISO8601.instant(moment))
    #expect(calendar.age(instant) == age)
    #expect(calendar.aged(instant) == calendar.exact(instant) + (age.map { ", \($0)" } ?? ""))
  }

  @Test func writesUTCAndMachinesToo() throws {
    let instant = try #require(ISO8601.instant("2026-11-21T10:02Z"))
    let utc = LocalCalendar(zone: .utc, now: instant)
    #expect(utc.exact(instant) == "Sat 21 Nov 10:02 +00:00")
    #expect(utc.day(instant) == "Sat 21 Nov")
    #expect(utc.clock(instant) == "10:02:00 +00:00" && calendar.clock(calendar.now) == "11:27:09 +01:00")
    #expect(calendar.iso(instant) == "2026-11-21T11:02:00+01:00")
  }

  @Test(arguments: [
    ("now", "2026-11-21T10:27:09.500000Z"), ("+2h", "2026-11-21T12:27:09.500000Z"),
    ("+1d 30m", "2026-11-22T10:57:09.500000Z"), ("2026-11-24T10:00+03:00", "2026-11-24T07:00:00.000000Z"),
    ("2026-11-24T10:00:00.25Z", "2026-11-24T10:00:00.250000Z"), ("2026-11-24 10:00", "2026-11-24T09:00:00.000000Z"),
    ("2026-07-24 10:00", "2026-07-24T08:00:00.000000Z"), ("2026-11-24", "2026-11-23T23:00:00.000000Z"),
    ("10:00", "2026-11-21T09:00:00.000000Z"), ("23:59:58", "2026-11-21T22:59:58.000000Z"),
    ("today 10:00", "2026-11-21T09:00:00.000000Z"), ("Tomorrow  10:00", "2026-11-22T09:00:00.000000Z"),
    ("tomorrow", "2026-11-21T23:00:00.000000Z"), ("yesterday 18:30", "2026-11-20T17:30:00.000000Z"),
    ("2026-03-29 02:30", "2026-03-29T01:30:00.000000Z"), ("2026-10-25 02:30", "2026-10-25T00:30:00.000000Z"),
    (" 10:00 ", "2026-11-21T09:00:00.000000Z"),
  ])
  func reads(text: String, moment: String) {
    #expect(calendar.time(text).map(ISO8601.precise) == moment)
  }

  @Test(arguments: [
    "", " ", "10", "10:0", "24:00", "10:60", "2h", "+", "+2", "+2x", "-2h", "2026-02-29", "2026-11-24 25:00",
    "tomorrow 10:00 x", "tomorrow x", "monday 10:00", "2026-11-24T10:00+25:00", "10:00 tomorrow", "24.11.2026",
  ])
  func refuses(text: String) {
    #expect(calendar.time(text) == nil)
  }

  @Test(arguments: [
    ("2h", "2026-11-21T08:27:09.500000Z"), ("1d 12h", "2026-11-19T22:27:09.500000Z"),
    ("yesterday", "2026-11-19T23:00:00.000000Z"), ("2026-11-20 10:00", "2026-11-20T09:00:00.000000Z"),
  ])
  func looksBack(text: String, moment: String) {
    #expect(calendar.since(text).map(ISO8601.precise) == moment)
  }

  @Test func doesNotLookBackToNowhere() {
    #expect(calendar.since("two hours") == nil)
  }
}
