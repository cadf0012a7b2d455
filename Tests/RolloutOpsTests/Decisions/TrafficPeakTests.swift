import Testing

@testable import RolloutOps

@Suite struct TrafficPeakTests {
  /// 2026-11-02 is a Monday.
  private static let monday = Int64(20_759)

  /// So many days of a hundred records an hour, more of them where asked.
  private func hours(_ days: Int64, _ more: (_ day: Int64, _ hour: Int64) -> Int) -> [Int64: Int] {
    var hours: [Int64: Int] = [:]
    for day in 0..<days {
      for hour in 0..<Int64(24) { hours[(Self.monday + day) * 24 + hour] = 100 + more(day, hour) }
    }
    return hours
  }

  private func moment(_ day: Int64, _ hour: Int64) -> Instant {
    Instant(seconds: Int((Self.monday + day) * 86_400 + hour * 3600))
  }

  @Test func theBusiestHourOfTheDayIsMissed() {
    let hours = hours(3) { _, hour in hour == 14 ? 400 : 0 }
    let early = TrafficPeak(hours, unseenFrom: moment(2, 8), to: moment(2, 13))
    #expect(early?.sentence == "this stay has not seen the busiest hour of the day yet, 14:00 UTC")
    #expect(TrafficPeak(hours, unseenFrom: moment(2, 8), to: moment(2, 14)) == nil)
    #expect(TrafficPeak(hours, unseenFrom: moment(1, 16), to: moment(2, 15)) == nil)
    #expect(TrafficPeak(self.hours(3) { _, _ in 0 }, unseenFrom: moment(2, 8), to: moment(2, 9)) == nil, "no peak")
    #expect(
      TrafficPeak(self.hours(1) { _, hour in hour == 14 ? 400 : 0 }, unseenFrom: moment(0, 8), to: moment(0, 9)) == nil)
  }

  @Test func theBusiestDayOfTheWeekIsMissed() {
    let hours = hours(21) { day, _ in day % 7 == 0 ? 200 : 0 }
    let midweek = TrafficPeak(hours, unseenFrom: moment(16, 0), to: moment(19, 0))
    #expect(midweek?.sentence == "this stay has not seen the busiest day of the week yet, Monday")
    #expect(TrafficPeak(hours, unseenFrom: moment(13, 0), to: moment(16, 0)) == nil)
  }
}
