/// The hour of the day, or the day of the week, in which most requests come, where a stay has not seen it yet: what only
/// shows under load, or to those who come on Mondays, was not there to be seen.
package struct TrafficPeak: Hashable, Sendable {
  package let sentence: String

  /// So many times the average makes a peak.
  private static let dailyPeak = 1.5
  private static let weeklyPeak = 1.25
  private static let days = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"]

  /// Of records by the hour since 1970. Nil where there is no peak, where the stay has seen it, or where the records tell
  /// too little of days or weeks.
  package init?(_ hours: [Int64: Int], unseenFrom start: Instant, to end: Instant) {
    guard let first = hours.keys.min(), let last = hours.keys.max() else { return nil }
    let seen = start.hour...max(start.hour, end.hour)
    func busiest(_ cycle: Int64, of part: Int64, _ factor: Double) -> Int64? {
      let slots = Int(cycle / part)
      guard last - first + 1 >= 2 * cycle else { return nil }
      // Whole cycles only: else the slots at the edge would look quiet or busy.
      let from = last - (last - first + 1) / cycle * cycle + 1
      var totals = Array(repeating: 0, count: slots)
      for (hour, records) in hours where hour >= from {
        totals[Int(hour.quotientRoundedDown(by: part) - (hour.quotientRoundedDown(by: cycle) * cycle / part))] +=
          records
      }
      let all = totals.reduce(0, +)
      guard let peak = totals.indices.max(by: { totals[$0] < totals[$1] }), all > 0,
        Double(totals[peak] * slots) >= factor * Double(all)
      else { return nil }
      return Int64(peak)
    }
    if seen.count < 24, let hour = busiest(24, of: 1, Self.dailyPeak),
      !seen.contains(where: { $0 - $0.quotientRoundedDown(by: 24) * 24 == hour })
    {
      let clock = (hour < 10 ? "0" : "") + "\(hour):00 UTC"
      sentence = "this stay has not seen the busiest hour of the day yet, \(clock)"
    } else if seen.count < 168, let day = busiest(168, of: 24, Self.weeklyPeak),
      !seen.contains(where: { hour in
        let number = hour.quotientRoundedDown(by: 24)
        return number - number.quotientRoundedDown(by: 7) * 7 == day
      })
    {
      sentence = "this stay has not seen the busiest day of the week yet, \(Self.days[Int(day)])"
    } else {
      return nil
    }
  }
}

extension Instant {
  fileprivate var hour: Int64 { microseconds.quotientRoundedDown(by: 3_600_000_000) }
}
