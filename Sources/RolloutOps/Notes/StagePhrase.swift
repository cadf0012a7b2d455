/// One stage as a schedule writes it, cut into its parts: `5% of paid 24h 500 samples`.
///
/// Only the cut is made here; what a cohort's name means is the reader's to know.
struct StagePhrase {
  /// `5% of paid`, `internal`, `offline`.
  let audience: Substring
  let soak: TimeSpan?
  let samples: Int?

  init(_ text: Substring) {
    var words = text.split { $0.isWhitespace || $0 == "," || $0 == "+" || $0 == "(" || $0 == ")" }
    if text.contains("=") || text.contains("[") { words = text.split(whereSeparator: \.isWhitespace) }
    var soak: TimeSpan?
    var samples: Int?
    while words.count > 1 || soak == nil && samples == nil && !words.isEmpty {
      if samples == nil, let (count, used) = Self.samples(words) {
        samples = count
        words.removeLast(used)
      } else if soak == nil, let (span, used) = Self.soak(words, in: text) {
        soak = span
        words.removeLast(used)
      } else {
        break
      }
      while let last = words.last, ["for", "and", "at", "least", "min"].contains(last.lowercased()), words.count > 1 {
        words.removeLast()
      }
    }
    if let first = words.first, let last = words.last {
      audience = text[first.startIndex..<last.endIndex]
    } else {
      audience = text[text.startIndex..<text.startIndex]
    }
    (self.soak, self.samples) = (soak, samples)
  }

  /// The longest run of words at the end that is a length of time: `1 day 12 hours` before `12 hours`.
  private static func soak(_ words: [Substring], in text: Substring) -> (TimeSpan, Int)? {
    guard let last = words.last else { return nil }
    for count in stride(from: min(6, words.count), through: 1, by: -1) {
      let first = words[words.count - count]
      guard first.first?.isNumber == true else { continue }
      if let span = TimeSpan(text[first.startIndex..<last.endIndex]) { return (span, count) }
    }
    return nil
  }

  /// `500 samples`, `n=500`.
  private static func samples(_ words: [Substring]) -> (Int, Int)? {
    guard let last = words.last else { return nil }
    if last.hasPrefix("n="), let count = Int(last.dropFirst(2)), count > 0 { return (count, 1) }
    guard ["samples", "sample", "units"].contains(last.lowercased()), words.count >= 2,
      let count = Int(words[words.count - 2].filter { $0 != "," }), count > 0
    else { return nil }
    return (count, 2)
  }

  /// The stages between arrows, at most `limit` and one more.
  static func pieces(of schedule: Substring, limit: Int) -> [Substring] {
    let arrows: [(sign: String, width: Int)] = [("->", 2), ("→", 1), ("=>", 2), ("➔", 1), ("➜", 1)]
    var pieces: [Substring] = []
    var start = schedule.startIndex
    var at = start
    while at < schedule.endIndex, pieces.count <= limit {
      let first = schedule[at]
      if first == "-" || first == "=" || !first.isASCII,
        let arrow = arrows.first(where: { schedule[at...].hasPrefix($0.sign) })
      {
        pieces.append(schedule[start..<at])
        at = schedule.index(at, offsetBy: arrow.width)
        start = at
      } else {
        at = schedule.index(after: at)
      }
    }
    pieces.append(schedule[start...])
    if pieces.count == 1 { pieces = NoteReader.parts(schedule) }
    return pieces
  }
}
