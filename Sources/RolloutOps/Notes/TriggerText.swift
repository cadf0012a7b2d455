/// One trigger as somebody wrote it: `p95 latency exceeds 3 s over 15m -> fast`.
///
/// A subject, a comparison, and what narrows it. Shares and percentages are kept as fractions: `2%` is 0.02, `2 points`
/// too; times are in seconds.
struct TriggerText {
  let condition: Trigger.Condition
  /// The variant behind an arrow.
  let target: Substring?
  let text: Substring
  /// Where the signal is named, and whether anything is known by that name.
  let signal: String.Index
  let isMeasured: Bool

  struct Fault: Error {
    let rule: NoteRule
    let reason: String
    let at: String.Index
  }

  /// All triggers of a line: they may be separated by `;`, a comma or `or`. `resolve` gives the metric's name for what
  /// the line calls it.
  static func read(_ line: Substring, resolve: (String) -> String?) -> (triggers: [TriggerText], fault: Fault?) {
    var parser = TriggerParser(line)
    var triggers: [TriggerText] = []
    do {
      repeat { triggers.append(try parser.trigger(resolve: resolve)) } while parser.takeSeparator()
      return (triggers, nil)
    } catch {
      return (triggers, error)
    }
  }
}

struct TriggerParser {
  let tokens: [TriggerToken]
  let end: String.Index
  var at = 0
  /// Where the trigger being read starts.
  var start = 0

  init(_ line: Substring) {
    tokens = TriggerToken.all(in: line)
    end = line.trimmed.endIndex
  }

  mutating func trigger(resolve: (String) -> String?) throws(TriggerText.Fault) -> TriggerText {
    start = at
    let subject = try subject(resolve: resolve)
    var condition = Trigger.Condition(
      signal: subject.signal, function: subject.function, test: .above(.init(0, .plain)), against: .none)
    (condition.per, condition.window) = (subject.per, subject.window)
    if !subject.isAnyOf { try comparison(into: &condition) }
    var target: Substring?
    while at < tokens.count, try modifier(into: &condition, target: &target) {}
    let last = tokens[max(start, at - 1)].text
    let first = tokens[start].text
    return TriggerText(
      condition: condition, target: target, text: Substring(first.base)[first.startIndex..<last.endIndex],
      signal: subject.place, isMeasured: subject.isMeasured)
  }

  /// Between two triggers of one line; a full stop at the end is passed over.
  mutating func takeSeparator() -> Bool {
    var found = false
    while at < tokens.count, [";", ",", "or", ".", "|"].contains(tokens[at].plain) {
      at += 1
      found = true
    }
    return found && at < tokens.count
  }

  // MARK: Cursor

  var next: TriggerToken? { at < tokens.count ? tokens[at] : nil }

  func word(_ offset: Int = 0) -> String? { at + offset < tokens.count ? tokens[at + offset].plain : nil }

  mutating func take(_ word: String) -> Bool {
    guard next?.plain == word else { return false }
    at += 1
    return true
  }

  mutating func take(_ words: Set<String>) -> Bool {
    guard let next, words.contains(next.plain) else { return false }
    at += 1
    return true
  }

  /// The place of what comes next, or the end of the line.
  var place: String.Index { next?.text.startIndex ?? end }

  /// A fault at this place that says how far the line was understood and what could follow.
  func fault(expecting what: String) -> TriggerText.Fault {
    let found = next.map { ", not \($0.text.quoted)" } ?? ""
    guard at > start else {
      return TriggerText.Fault(rule: .badTrigger, reason: "a trigger starts with \(what)\(found)", at: place)
    }
    let understood = Substring(tokens[start].text.base)[tokens[start].text.startIndex..<tokens[at - 1].text.endIndex]
    return TriggerText.Fault(
      rule: .badTrigger, reason: "understood \(understood.quoted); what could follow is \(what)\(found)", at: place)
  }

  // MARK: Subject

  private static let mostWords = 16

  struct Subject {
    var signal: String
    var function: String?
    var per: TimeSpan?
    var window: TimeSpan?
    var place: String.Index
    var isMeasured: Bool
    /// `any policy violation`: one is too many.
    var isAnyOf = false
  }

  private mutating func subject(resolve: (String) -> String?) throws(TriggerText.Fault) -> Subject {
    let first = at
    var window: TimeSpan?
    var words: [TriggerToken] = []
    while let next, ![";", "or", "->", "=>", "→"].contains(next.plain) {
      if let (span, used) = windowBeforeComparison() {
        window = span
        at += used
        continue
      }
      if startsComparison(at: at) { break }
      // No signal's name is a paragraph, and what follows may look at every beginning of it.
      guard words.count < Self.mostWords else { break }
      if ![":", "*", "`"].contains(next.plain) { words.append(next) }
      at += 1
    }
    let isAny = words.first?.plain == "any"
    while let word = words.first, TriggerWords.leading.contains(word.plain) { words.removeFirst() }
    while let word = words.last, TriggerWords.fillers.contains(word.plain) { words.removeLast() }
    let (span, rest) = Self.period(in: words)
    guard !rest.isEmpty else {
      at = first
      throw fault(expecting: "a signal, such as `parse errors`, `quality`, `cost` or `p95 latency`")
    }
    let named = Self.signal(rest, resolve: resolve)
    var subject = Subject(
      signal: named.signal, function: named.function, per: span, window: window, place: named.place,
      isMeasured: named.isMeasured)
    if !startsComparison(at: at) {
      subject.isAnyOf = isAny && named.isMeasured
      if !subject.isAnyOf { throw noComparison(from: first, words: rest, resolve: resolve) }
    }
    return subject
  }

  /// `cost per hour`, `hourly cost`: the period, and the words without it.
  private static func period(in words: [TriggerToken]) -> (TimeSpan?, [TriggerToken]) {
    if let first = words.first, words.count > 1, let span = TriggerWords.adjectives[first.plain] {
      return (span, Array(words.dropFirst()))
    }
    if words.count > 2, words[words.count - 2].plain == "per",
      let span = TriggerWords.spans[words[words.count - 1].plain]
    {
      return (span, words.dropLast(2))
    }
    return (nil, words)
  }

  /// `latency over 15m exceeds 5 s`: a length of time with a comparison behind it is no comparison itself.
  private func windowBeforeComparison() -> (TimeSpan, Int)? {
    guard at + 3 < tokens.count, ["over", "in", "within"].contains(tokens[at].plain), tokens[at + 1].number != nil,
      let span = TimeSpan("\(tokens[at + 1].text) \(tokens[at + 2].text)"), startsComparison(at: at + 3)
    else { return nil }
    return (span, 3)
  }

  /// The metric that the words name, with or without a function around it: `p95 latency`, `refusal rate`.
  private static func signal(
    _ words: [TriggerToken], resolve: (String) -> String?
  ) -> (signal: String, function: String?, isMeasured: Bool, place: String.Index) {
    func named(
      _ words: ArraySlice<TriggerToken>, function: String?
    ) -> (signal: String, function: String?, isMeasured: Bool, place: String.Index) {
      let text = words.map { String($0.text) }.joined(separator: " ")
      let known = resolve(text)
      return (known ?? text, function, known != nil, words[words.startIndex].text.startIndex)
    }
    let whole = named(words[...], function: nil)
    let (first, last) = (words[0].plain, words[words.count - 1].plain)
    if whole.isMeasured { return whole }
    // A quantile by itself is one of latency, wherever people speak of it.
    if words.count == 1, first.first == "p", TriggerWords.isFunction(first) {
      return (resolve("latency") ?? "latency", first, true, whole.place)
    }
    if words.count > 1, TriggerWords.isFunction(first) {
      let rest = words.dropFirst().drop { $0.plain == "of" }
      return rest.isEmpty ? whole : named(rest, function: first)
    }
    if words.count > 1, TriggerWords.isFunction(last) { return named(words.dropLast(), function: last) }
    return whole
  }

  /// The line has no comparison: point at a misspelled one, or behind what names a signal.
  private func noComparison(
    from first: Int, words: [TriggerToken], resolve: (String) -> String?
  ) -> TriggerText.Fault {
    var stop = self
    for (index, token) in tokens[first..<at].prefix(Self.mostWords).enumerated()
    where index > 0 && token.plain.count > 3 {
      guard let near = Suggestion.nearest(to: token.plain, among: TriggerWords.comparisons, prefixes: false) else {
        continue
      }
      stop.at = first + index
      return stop.fault(expecting: "a comparison (did you mean `\(near)`?)")
    }
    for count in stride(from: words.count - 1, through: 1, by: -1)
    where Self.signal(Array(words.prefix(count)), resolve: resolve).isMeasured {
      stop.at =
        first + (tokens[first..<at].firstIndex { $0.text.endIndex == words[count - 1].text.endIndex } ?? first) - first
        + 1
      break
    }
    return stop.fault(
      expecting:
        "a comparison, such as `above 2%`, `below 0.8`, `up more than 10%`, `drops by more than 5%` or "
        + "`exceeds 5x control`"
    )
  }

  func startsComparison(at index: Int) -> Bool {
    guard index < tokens.count else { return false }
    let word = tokens[index].plain
    if TriggerWords.inclusive.contains(word) || TriggerWords.above.contains(word) || TriggerWords.below.contains(word) {
      return true
    }
    if word == "at", index + 1 < tokens.count { return ["least", "most"].contains(tokens[index + 1].plain) }
    if TriggerWords.more.contains(word) || TriggerWords.less.contains(word) {
      return index + 1 < tokens.count && tokens[index + 1].plain == "than"
    }
    // `thumbs down` is a signal.
    if (word == "up" || word == "down"), index > 0, ["thumbs", "thumb"].contains(tokens[index - 1].plain) {
      return false
    }
    return TriggerWords.up.contains(word) || TriggerWords.down.contains(word) || TriggerWords.either.contains(word)
  }
}
