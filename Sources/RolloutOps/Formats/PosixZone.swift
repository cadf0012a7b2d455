/// The rule by which a zone goes on after its last recorded change, as POSIX spells it in `TZ` and in the last line of
/// a time-zone file: `CET-1CEST,M3.5.0,M10.5.0/3`, `<-03>3`.
struct PosixZone: Hashable, Sendable {
  let standard: LocalOffset
  let summer: Summer?

  struct Summer: Hashable, Sendable {
    let time: LocalOffset
    let start: Change
    let end: Change
  }

  /// A day of every year, and the seconds after its midnight (which may lie on another day).
  struct Change: Hashable, Sendable {
    enum Day: Hashable, Sendable {
      /// `J60`: 1 to 365, and 29 February is never counted.
      case julian(Int)
      /// `59`: 0 to 365, leap days counted.
      case ofYear(Int)
      /// `M10.5.0`: the fifth (which means the last) Sunday of October.
      case ofMonth(month: Int, week: Int, weekday: Int)
    }

    let day: Day
    let time: Int

    /// Seconds since 1970 as the clock before the change shows them.
    func seconds(in year: Int) -> Int {
      let newYear = CivilTime(year: year, month: 1, day: 1).secondsSince1970
      switch day {
      case .julian(let day):
        let isAfterLeapDay = day >= 60 && CivilTime.days(inMonth: 2, of: year) == 29
        return newYear + (isAfterLeapDay ? day : day - 1) * 86_400 + time
      case .ofYear(let day):
        return newYear + day * 86_400 + time
      case .ofMonth(let month, let week, let weekday):
        let first = CivilTime(year: year, month: month, day: 1)
        var day = 1 + (weekday - first.weekday + 7) % 7 + (week - 1) * 7
        if day > CivilTime.days(inMonth: month, of: year) { day -= 7 }
        return first.secondsSince1970 + (day - 1) * 86_400 + time
      }
    }
  }

  func offset(at seconds: Int) -> LocalOffset {
    guard let summer else { return standard }
    let last = changes(around: seconds).last { $0.at <= seconds }
    return last?.isSummer ?? false ? summer.time : standard
  }

  /// The first change after that moment; nil when there is none ever.
  func change(after seconds: Int) -> Int? { changes(around: seconds).first { $0.at > seconds }?.at }

  /// All changes from more than half a year before that moment to more than half a year after, in order.
  private func changes(around seconds: Int) -> [(at: Int, isSummer: Bool)] {
    guard let summer else { return [] }
    let year = CivilTime(secondsSince1970: seconds).year
    return (year - 1...year + 1).flatMap { year in
      [
        (at: summer.end.seconds(in: year) - summer.time.seconds, isSummer: false),
        (at: summer.start.seconds(in: year) - standard.seconds, isSummer: true),
      ]
    }
    // Where summer ends in the moment in which it begins again, it never ends: the beginning comes last.
    .sorted { ($0.at, $0.isSummer ? 1 : 0) < ($1.at, $1.isSummer ? 1 : 0) }
  }
}

// MARK: - Reading

extension PosixZone {
  /// Nil for whatever is no such rule. A summer time without its two days is refused: POSIX leaves to the machine
  /// when it would begin.
  init?(_ text: some StringProtocol) {
    var scan = Scanner(bytes: Array(text.utf8))
    guard let name = scan.name(), let west = scan.offset() else { return nil }
    standard = LocalOffset(seconds: -west, abbreviation: name)
    guard !scan.isAtEnd else {
      summer = nil
      return
    }
    guard let summerName = scan.name() else { return nil }
    var summerWest = west - 3600
    if scan.peek != UInt8(ascii: ",") {
      guard let west = scan.offset() else { return nil }
      summerWest = west
    }
    guard scan.take(","), let start = scan.change(), scan.take(","), let end = scan.change(), scan.isAtEnd else {
      return nil
    }
    summer = Summer(
      time: LocalOffset(seconds: -summerWest, abbreviation: summerName), start: start, end: end)
  }

  private struct Scanner {
    let bytes: [UInt8]
    var position = 0

    var isAtEnd: Bool { position == bytes.count }
    var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
      guard peek == UInt8(ascii: scalar) else { return false }
      position += 1
      return true
    }

    /// `CET`, or in angle brackets with digits and signs: `<-03>`.
    mutating func name() -> String? {
      let quoted = take("<")
      let start = position
      while let byte = peek, LocalOffset.isLetter(byte) || quoted && LocalOffset.isSignOrDigit(byte) { position += 1 }
      let name = String(decoding: bytes[start..<position], as: UTF8.self)
      return name.utf8.count >= 3 && (!quoted || take(">")) ? name : nil
    }

    /// Seconds west of Greenwich.
    mutating func offset() -> Int? { time(upTo: 24) }

    mutating func time(upTo hours: Int) -> Int? {
      let sign = take("-") ? -1 : 1
      if sign == 1 { _ = take("+") }
      guard let hour = number(0...hours) else { return nil }
      var seconds = hour * 3600
      if take(":") {
        guard let minute = number(0...59) else { return nil }
        seconds += minute * 60
        if take(":") {
          guard let second = number(0...59) else { return nil }
          seconds += second
        }
      }
      return sign * seconds
    }

    mutating func change() -> Change? {
      let day: Change.Day
      if take("J") {
        guard let number = number(1...365) else { return nil }
        day = .julian(number)
      } else if take("M") {
        guard let month = number(1...12), take("."), let week = number(1...5), take("."), let weekday = number(0...6)
        else { return nil }
        day = .ofMonth(month: month, week: week, weekday: weekday)
      } else {
        guard let number = number(0...365) else { return nil }
        day = .ofYear(number)
      }
      guard take("/") else { return Change(day: day, time: 2 * 3600) }
      // A week and more: later versions of the file format allow it, and real zones use it.
      guard let time = time(upTo: 167) else { return nil }
      return Change(day: day, time: time)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int? {
      let start = position
      var value = 0
      while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), position - start < 3 {
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
        position += 1
      }
      return position > start && range.contains(value) ? value : nil
    }
  }
}
