/// What a person who watches a status sees: the last picture, and below it what became of the looks since. A value: it
/// takes in looks, and tells what to draw.
package struct StatusWatchFrame: Sendable {
  package private(set) var picture: StatusPicture
  /// When the picture was seen.
  private var seen: Instant
  private let interval: TimeSpan
  /// What the last look that changed something changed.
  private var news: (time: Instant, sentences: [String])?
  /// Since when nobody could look, and why.
  private var blind: (since: Instant, why: String, isAway: Bool)?
  /// Stores that do not answer, where others do.
  private var away: [(store: String, since: Instant)] = []

  package init(_ picture: StatusPicture, at time: Instant, every interval: TimeSpan) {
    (self.picture, seen, self.interval) = (picture, time, interval)
    away = picture.away.map { ($0.store, time) }
  }

  // MARK: Looks

  /// A look that succeeded. What it changed, in sentences.
  @discardableResult
  package mutating func see(_ next: StatusPicture, at time: Instant) -> [String] {
    let next = next.keeping(picture)
    var sentences = next.changes(since: picture)
    if let blind { sentences.append(blind.isAway ? "the store answers again" : "it can be read again") }
    if !sentences.isEmpty { news = (time, sentences) }
    (picture, seen, blind) = (next, time, nil)
    away = next.away.map { one in (one.store, away.first { $0.store == one.store }?.since ?? time) }
    return sentences
  }

  /// A look that was begun then and failed; nil where it was known already that nobody can look.
  @discardableResult
  package mutating func fail(_ trouble: Trouble, at time: Instant) -> String? {
    let isFirst = blind == nil
    blind = (blind?.since ?? time, trouble.sentences.first ?? "", trouble.isAway)
    return isFirst ? blindness : nil
  }

  /// A look that was begun then has not ended yet, which takes too long.
  package mutating func miss(since time: Instant) {
    if blind == nil { blind = (time, "no answer yet", true) }
  }

  private var blindness: String? {
    blind.map { blind in
      let since = picture.calendar.clock(blind.since)
      return "\(blind.isAway ? "unreachable" : "cannot be read") since \(since): \(blind.why)"
    }
  }

  // MARK: The picture

  /// Never more rows than the window has, nor wider ones.
  package func lines(columns: Int, rows: Int, ink: Ink, links: Bool = false) -> [String] {
    // The verdict has the first row of a window that is too small for more.
    let below = Array(footer(ink).flatMap { Self.rows(of: $0, columns) }.suffix(max(0, rows - 1)))
    let lines = picture.lines(ink: ink, width: columns).map { links ? Terminal.linked($0) : $0 }
    let isRollout = if case .rollout = picture { true } else { false }
    return Self.fitted(lines, hasConclusion: isRollout, columns: columns, rows: max(0, rows - below.count), ink) + below
  }

  private func footer(_ ink: Ink) -> [String] {
    let calendar = picture.calendar
    var lines: [String] = []
    if let blindness { lines.append(ink.bad("? ") + Terminal.plain(blindness)) }
    lines += away.map { one in
      ink.bad("? ")
        + "\(Terminal.plain(one.store)) unreachable since \(calendar.clock(one.since)); its rows are from before"
    }
    if let news {
      let what = Terminal.plain(news.sentences.prefix(6).joined(separator: "; "))
      let more = news.sentences.count > 6 ? "; and \(news.sentences.count - 6) more" : ""
      let isNow = news.time == seen && blind == nil
      lines.append(
        isNow
          ? ink.strong("changed since the look before: ") + what + more
          : ink.dim("last change \(calendar.clock(news.time)): ") + what + more)
    }
    let still = news == nil ? "; nothing changed yet" : ""
    return lines + [ink.dim("last look \(calendar.clock(seen)), every \(interval)\(still)   q ends")]
  }

  /// Lines for a window: what is ticked goes first, then what is still to come, then what only explains, each from the
  /// bottom. The first line and the verdict stay.
  static func fitted(_ lines: [String], hasConclusion: Bool, columns: Int, rows: Int, _ ink: Ink) -> [String] {
    let blocks = lines.map { Self.rows(of: $0, columns) }
    var total = blocks.map(\.count).reduce(0, +)
    guard total > rows else { return blocks.flatMap(\.self) }
    let end =
      hasConclusion ? lines.lastIndex { Terminal.unpainted($0).hasPrefix("→") } ?? lines.endIndex : lines.endIndex
    // Where hardly anything has room, the verdict goes before the title, and both before all others.
    if rows <= 3 {
      let verdict = lines.indices.filter { $0 >= end }.flatMap { blocks[$0] }
      return Array((verdict + (blocks.first ?? [])).prefix(rows))
    }
    let order = lines.indices.dropFirst().map { (rank: $0 >= end ? 4 : Self.rank(lines[$0]), index: $0) }
      .sorted { ($0.rank, $1.index) < ($1.rank, $0.index) }
    var gone: Set<Int> = []
    for (_, index) in order where total + 1 > rows {
      gone.insert(index)
      total -= blocks[index].count
    }
    let ticked = gone.count(where: { Self.rank(lines[$0]) == 0 })
    let parts = [ticked > 0 ? "\(ticked) ticked" : nil, gone.count > ticked ? "\(gone.count - ticked) other" : nil]
    let words = parts.compactMap(\.self).joined(separator: " and ")
    let note = ink.dim(
      Terminal.clipped("  … no room for \(words) line\(gone.count == 1 ? "" : "s")", to: columns))
    let kept = lines.indices.filter { !gone.contains($0) }
    let all =
      kept.filter { $0 < end }.flatMap { blocks[$0] } + [note] + kept.filter { $0 >= end }.flatMap { blocks[$0] }
    return Array(all.prefix(rows))
  }

  /// By the mark in front of the line.
  private static func rank(_ line: String) -> Int {
    let text = Terminal.unpainted(line).drop { $0 == " " }
    guard let first = text.first else { return 0 }
    return switch Mark(rawValue: String(first)) {
    case .met: 0
    case .advice, .markOnly: 1
    case .notYet, .fired, .fails, .look, .unknown, .here, .ready, .killed, .held, .degraded, .drifted, .worse, .better,
      .differs:
      3
    case nil: text.hasPrefix("note: ") ? 3 : 2
    }
  }

  /// A line that stays whole although it is wider takes several rows of the window.
  private static func rows(of line: String, _ columns: Int) -> [String] {
    Terminal.folded(line, to: columns).flatMap { row in Terminal.broken(row, at: columns) }
  }
}

extension Trouble {
  /// Whether nothing is there, or nobody answers; else something is there that cannot be read.
  fileprivate var isAway: Bool {
    switch self {
    case .store(.unanswered), .store(.file), .file: true
    default: false
    }
  }
}
