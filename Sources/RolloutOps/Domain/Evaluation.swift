/// The evaluation before any traffic, where the note names files of it: one record per prompt and version.
///
/// `Evaluation:` may be prose as well; then people look, and say so. The same field may name a server that evaluates flags
/// for applications, which tells what they are served now.
package enum Evaluation {
  /// The kinds of cases that a comparison of before and after has to show.
  package static let sets = ["representative", "known-bad", "format-sensitive"]
  /// The field that says which kind a case is.
  package static let setField = "set"
  /// Cases of each version that are enough to let a change meet traffic, unless the stage says otherwise.
  package static let fewestCases = 30
  /// Of each kind, unless the whole needs fewer.
  package static let fewestOfASet = 10

  private static let endings = [".ndjson", ".jsonl", ".json", ".csv", ".tsv"]

  /// The path or pattern, where the text is one: a single word that ends like a log, or anything after `file:`.
  package static func files(in text: String) -> String? {
    if text.hasPrefix("file:") { return text.count > 5 ? String(text.dropFirst(5)) : nil }
    return isFile(text) ? text : nil
  }

  package static func isFile(_ word: some StringProtocol) -> Bool {
    var name = word.lowercased()
    if name.hasSuffix(".gz") { name.removeLast(3) }
    return endings.contains { name.hasSuffix($0) && name.count > $0.count } && !name.contains("://")
      && !name.contains { $0 == " " || $0 == "\t" }
  }

  /// Whether it is the address of a server that evaluates flags for applications (OpenFeature's remote protocol).
  package static func isEndpoint(_ text: some StringProtocol) -> Bool {
    (text.hasPrefix("https://") || text.hasPrefix("http://")) && !text.contains(" ")
      && text.prefix { $0 != "?" && $0 != "#" }.contains("/ofrep/v1")
  }

  /// `Known bad` and `known_bad` are one kind.
  package static func set(_ value: String) -> String {
    value.lowercased().split { $0 == " " || $0 == "_" || $0 == "-" }.joined(separator: "-")
  }
}

extension Plan {
  /// Nil where the evaluation is prose, or none.
  package var evaluationFiles: String? { evaluation.flatMap { Evaluation.files(in: $0) } }
}
