/// A line of `Evidence:` that joins a judge's scores to the trace logs: `scores/*.ndjson joined by trace_id`, or
/// `quality from scores/*.ndjson joined by trace_id` where only that one is to be taken from there.
struct ScoreText {
  let pattern: Substring
  /// The field by which both files name a request.
  let key: Substring
  /// Empty: whatever the files carry of what is measured.
  let fields: [Substring]

  struct Fault: Error {
    let reason: String
    let at: String.Index
  }

  static let example = "scores/*.ndjson joined by trace_id"
  private static let joining: Set<String> = ["joined", "join", "joining", "joins", "matched", "keyed", "linked"]
  private static let prepositions: Set<String> = ["by", "on", "via", "through", "using", "with"]

  /// Nil where the line joins nothing: then it is a source of its own.
  init?(_ text: Substring) throws(Fault) {
    let words = text.split(whereSeparator: \.isWhitespace)
    guard let at = words.indices.last(where: { Self.joins(words, $0) }) else { return nil }
    guard Self.joining.contains(words[at].lowercased()) else {
      throw Fault(
        reason: "\(words[at].quoted) is not understood; did you mean `joined \(words[at + 1]) …`?",
        at: words[at].startIndex)
    }
    var rest = words[(at + 1)...]
    guard let link = rest.first, Self.prepositions.contains(link.lowercased()) else {
      throw Fault(
        reason: "say by which field they are joined: `\(Self.example)`", at: rest.first?.startIndex ?? text.endIndex)
    }
    rest = rest.dropFirst()
    guard let first = rest.first else {
      throw Fault(reason: "say by which field they are joined: `\(Self.example)`", at: text.endIndex)
    }
    key = try Self.key(first, rest.dropFirst())
    (fields, pattern) = try Self.source(words[..<at], text)
  }

  /// `joined`, or a word nobody knows where it would have to stand: before `by trace_id` at the end.
  private static func joins(_ words: [Substring], _ at: Int) -> Bool {
    let word = words[at].lowercased()
    let isLinked = at + 1 < words.count && prepositions.contains(words[at + 1].lowercased())
    if joining.contains(word) { return at > 0 || isLinked }
    guard at > 0, isLinked, at + 2 < words.count else { return false }
    return Suggestion.nearest(to: word, among: joining.sorted(), prefixes: false) != nil
  }

  private static func key(_ first: Substring, _ rest: ArraySlice<Substring>) throws(Fault) -> Substring {
    let key = first.unwrapped
    // `trace id`, as people say it.
    if key.lowercased() == "trace", rest.count == 1, rest.first?.lowercased() == "id" { return "trace_id" }
    if let more = rest.first {
      throw Fault(reason: "nothing may follow the field by which they are joined", at: more.startIndex)
    }
    guard key.allSatisfy(AttributeName.allows) else {
      throw Fault(reason: "files are joined by one field, such as `trace_id`", at: first.startIndex)
    }
    return key
  }

  private static func source(
    _ words: ArraySlice<Substring>, _ text: Substring
  ) throws(Fault) -> ([Substring], Substring) {
    var names: ArraySlice<Substring> = []
    var files = words
    if let from = words.firstIndex(where: { $0.lowercased() == "from" || $0.lowercased() == "in" }), from > 0 {
      (names, files) = (words[..<from], words[(from + 1)...])
    }
    guard let first = files.first, let last = files.last else {
      throw Fault(reason: "name the files before it: `\(example)`", at: text.startIndex)
    }
    let pattern = text[first.startIndex..<last.endIndex].unwrapped
    if pattern == "-" || pattern.contains("://") {
      throw Fault(reason: "scores are read from files, not from \(pattern.quoted)", at: first.startIndex)
    }
    let listed = names.flatMap { $0.split(separator: ",") }.map(\.unwrapped)
      .filter { !["and", "the", "judge", "scores", "score", "all"].contains($0.lowercased()) }
    return (listed, pattern)
  }
}

// MARK: - In a note

extension NoteReader {
  mutating func readEvidence() {
    var fields: Set<String> = []
    for value in values(.evidence) {
      do throws(ScoreText.Fault) {
        guard let scores = try ScoreText(value.unwrapped) else {
          plan.evidence.append(value.unwrapped.collapsed)
          continue
        }
        add(scores, besides: &fields)
      } catch {
        report(.badEvidence, "this evidence is not understood: \(error.reason)", at: error.at)
      }
    }
  }

  private mutating func add(_ scores: ScoreText, besides known: inout Set<String>) {
    let pattern = scores.pattern.collapsed
    plan.scores.patterns.append(pattern.hasPrefix("file:") ? String(pattern.dropFirst(5)) : pattern)
    for field in scores.fields where known.insert(String(field)).inserted { plan.scores.fields.append(String(field)) }
    let key = plan.fields["trace_id"]
    guard scores.key != "trace_id", key != String(scores.key) else { return }
    if let key {
      report(
        .badEvidence, "requests are told apart by `\(key)` already; join these scores by the same field",
        at: scores.key.startIndex)
    } else {
      plan.fields["trace_id"] = String(scores.key)
    }
  }

  /// Scores alone say nothing about versions, and a field that no metric asks for is misspelled.
  mutating func checkScores() {
    guard !plan.scores.isEmpty else { return }
    let lines = values(.evidence).filter { (try? ScoreText($0.unwrapped)) != nil }
    if let first = lines.first, !plan.evidence.contains(where: { $0 == "-" || !$0.contains("://") }) {
      report(
        .badEvidence, "scores are joined to a trace log, and the note names none; add one, such as `traces/*.ndjson`",
        at: first.startIndex)
    }
    let measures = plan.metrics.map(\.measure) + plan.triggers.map { Signal.named($0.condition.signal)?.measure }
    let measured = Set(measures.compactMap { $0 }.filter { $0.queries == nil }.map(\.field))
    let names = measured.sorted()
    for line in lines {
      for field in (try? ScoreText(line.unwrapped))?.fields ?? [] where !measured.contains(String(field)) {
        let near = Suggestion.nearest(to: String(field), among: isDrowned ? [] : names, prefixes: false)
        let hint = near.map { "did you mean `\($0)`?" } ?? "add a metric such as `- \(field): mean(\(field))`"
        report(.badEvidence, "no metric is measured by the field \(field.quoted); \(hint)", at: field.startIndex)
      }
    }
  }
}
