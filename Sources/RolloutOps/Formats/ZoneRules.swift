/// What clocks show at one place: seconds east of UTC, and the name people give that time.
package struct LocalOffset: Hashable, Sendable {
  package let seconds: Int
  /// `CET`, or digits where nobody has a name for it: `-03`.
  package let abbreviation: String

  static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }

  static func isSignOrDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
  }
}

/// When the clocks of one zone are changed, and to what: recorded changes, and the rule for the time after them.
package struct ZoneRules: Hashable, Sendable {
  struct Change: Hashable, Sendable {
    /// Seconds since 1970.
    let at: Int
    let to: LocalOffset
  }

  /// Before the first change.
  let first: LocalOffset
  /// In order of time.
  let changes: [Change]
  /// After the last change; without it the last change holds for ever.
  let rule: PosixZone?

  init(first: LocalOffset, changes: [Change] = [], rule: PosixZone? = nil) {
    (self.first, self.changes, self.rule) = (first, changes, rule)
  }

  package static let utc = ZoneRules(first: LocalOffset(seconds: 0, abbreviation: "UTC"))

  package func offset(at instant: Instant) -> LocalOffset { offset(at: instant.seconds) }

  /// What clocks show at that moment.
  package func civil(at instant: Instant) -> CivilTime {
    CivilTime(secondsSince1970: instant.seconds + offset(at: instant).seconds)
  }

  /// When clocks show that time. A time that does not exist, since clocks were put forward over it, moves forward by as
  /// much; of a time that exists twice the first is meant.
  package func instant(of time: CivilTime) -> Instant {
    let local = time.secondsSince1970
    // No clock is further than this from UTC, so the answer lies on one of the next few stretches of equal offset.
    var start = local - 26 * 3600
    var before: Int?
    while true {
      let offset = offset(at: start).seconds
      guard let end = change(after: start), local >= end + offset else {
        let isSkipped = local < start + offset
        return Instant(seconds: local - (isSkipped ? before ?? offset : offset))
      }
      (before, start) = (offset, end)
    }
  }

  private func offset(at seconds: Int) -> LocalOffset {
    let next = index(after: seconds)
    if next == changes.count, let rule { return rule.offset(at: seconds) }
    return next == 0 ? first : changes[next - 1].to
  }

  private func change(after seconds: Int) -> Int? {
    let next = index(after: seconds)
    return next < changes.count ? changes[next].at : rule?.change(after: seconds)
  }

  /// The index of the first change after that moment, by halving.
  private func index(after seconds: Int) -> Int {
    var (low, high) = (0, changes.count)
    while low < high {
      let middle = (low + high) / 2
      if changes[middle].at <= seconds { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
