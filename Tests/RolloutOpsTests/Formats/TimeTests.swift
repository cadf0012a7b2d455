import Testing

@testable import RolloutOps

@Suite struct TimeTests {
  @Test(.needsPython) func theCalendarAgreesWithPython() throws {
    let seed: UInt64 = 11
    var random = SplitMix64(seed: seed)
    let first = CivilTime(year: 1, month: 1, day: 1).secondsSince1970
    let last = CivilTime(year: 9999, month: 12, day: 31, hour: 23, minute: 59, second: 59).secondsSince1970
    var asked = [first, last, 0, -1, -86_400, 951_782_400, 951_868_800, 4_107_542_400]
    asked += (0..<20_000).map { _ in Int.random(in: first...last, using: &random) }
    let answers = try Python.run(
      """
      import sys, datetime as d
      for line in sys.stdin:
          t = d.datetime(1970, 1, 1, tzinfo=d.timezone.utc) + d.timedelta(seconds=int(line))
          print(t.isoformat().replace('+00:00', 'Z'), t.isoweekday() % 7)
      """, input: asked.map { "\($0)\n" }.joined()
    ).split(separator: "\n")
    #expect(answers.count == asked.count)
    for (seconds, answer) in zip(asked, answers) {
      let civil = CivilTime(secondsSince1970: seconds)
      let written = ISO8601.string(Instant(seconds: seconds))
      #expect("\(written) \(civil.weekday)" == answer, "seed \(seed)")
      #expect(civil.secondsSince1970 == seconds && civil.exists)
      #expect(ISO8601.instant(written) == Instant(seconds: seconds))
    }
  }

  @Test func onlyRealDatesExist() {
    var count = 0
    for year in [1900, 2000, 2023, 2024] {
      for month in 0...13 {
        for day in 0...32 where CivilTime(year: year, month: month, day: day).exists { count += 1 }
      }
    }
    #expect(count == 365 + 366 + 365 + 366)
    #expect(!CivilTime(year: 2026, month: 1, day: 1, hour: 24).exists)
    #expect(!CivilTime(year: 2026, month: 1, day: 1, minute: 60).exists)
    #expect(!CivilTime(year: 2026, month: 1, day: 1, second: 60).exists)
  }

  @Test(arguments: [
    ("2026-11-21T10:27:09Z", "2026-11-21T10:27:09.000000Z"), ("2026-11-21t10:27:09z", "2026-11-21T10:27:09.000000Z"),
    ("2026-11-21 10:27+01:00", "2026-11-21T09:27:00.000000Z"), ("2026-11-21T10:27-0330", "2026-11-21T13:57:00.000000Z"),
    ("2026-11-21T10:27+02", "2026-11-21T08:27:00.000000Z"),
    ("2026-11-21T10:27:09.1234567Z", "2026-11-21T10:27:09.123456Z"),
    ("2026-11-21T10:27:09,5Z", "2026-11-21T10:27:09.500000Z"),
    ("1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.900000Z"),
    ("0000-01-01T00:00Z", "0000-01-01T00:00:00.000000Z"),
  ])
  func readsMoments(text: String, precise: String) {
    #expect(ISO8601.instant(text).map(ISO8601.precise) == precise)
  }

  @Test(arguments: [
    "", "2026", "2026-11", "2026-11-21", "2026-11-21T10", "2026-11-21T10:27", "2026-02-29T00:00Z", "2026-13-01T00:00Z",
    "2026-11-21T24:00Z", "2026-11-21T10:27:60Z", "2026-11-21T10:27:09.Z", "2026-11-21T10:27Zx", "2026-11-21T10:27+",
    "2026-11-21T10:27+24:00", "2026-11-21T10:27+01:60", "2026-11-21T10:27+01:", "2026-1-21T10:27Z", "٢٠٢٦-11-21T10:27Z",
    " 2026-11-21T10:27Z",
  ])
  func refusesWhatIsNoMoment(text: String) {
    #expect(ISO8601.instant(text) == nil)
  }

  @Test func aTimeWithoutZoneIsReadAsSuch() {
    let reading = ISO8601.read("2026-11-21")
    #expect(reading?.civil == CivilTime(year: 2026, month: 11, day: 21))
    #expect(reading?.offset == nil)
    #expect(ISO8601.read("2026-11-21T10:27")?.civil.minute == 27)
  }

  @Test(arguments: [
    (3600, "2026-11-21T11:00:00+01:00"), (-12_600, "2026-11-21T06:30:00-03:30"), (0, "2026-11-21T10:00:00Z"),
  ])
  func writesOffsets(offset: Int, text: String) throws {
    #expect(ISO8601.string(try #require(ISO8601.instant("2026-11-21T10:00Z")), offset: offset) == text)
  }

  @Test(arguments: [
    ("24h", 86_400), ("3d", 259_200), ("1d 12h", 129_600), ("90 minutes", 5400), ("0s", 0), ("2w", 1_209_600),
    ("1h30m", 5400), (" 5 min ", 300), ("1 Day", 86_400), ("36525d", 3_155_760_000), ("1hr 1sec", 3601),
  ])
  func readsSpans(text: String, seconds: Int) {
    #expect(TimeSpan(text)?.seconds == seconds)
  }

  @Test(arguments: [
    "", " ", "3", "h", "3 dayz", "-1h", "+1h", "1.5h", "36526d", "99999999999999999999s", "٣d", "3d x", "1h,", "3d3",
  ])
  func refusesWhatIsNoSpan(text: String) {
    #expect(TimeSpan(text) == nil)
  }

  @Test(arguments: [
    (0, "0s"), (59, "59s"), (60, "1m"), (125, "2m 5s"), (3599, "59m 59s"), (3600, "1h"), (5400, "1h 30m"),
    (64_800, "18h"), (172_800, "48h"), (172_801, "2d"), (273_600, "3d 4h"), (-5400, "-1h 30m"),
  ])
  func writesSpans(seconds: Int, text: String) {
    #expect(TimeSpan(seconds: seconds).description == text)
  }

  @Test func momentsRoundDown() {
    #expect(Instant(microseconds: -1).seconds == -1)
    #expect(Instant(microseconds: 1_999_999).seconds == 1)
    #expect(Instant(microseconds: 500_000).since(Instant(seconds: 1)) == TimeSpan(seconds: -1))
    #expect(Instant(seconds: 5) - .minutes(1) == Instant(seconds: -55))
  }
}
