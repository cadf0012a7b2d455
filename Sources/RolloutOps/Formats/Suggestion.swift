/// The nearest word that would have been right: what every "unknown …" sentence ends with.
package enum Suggestion {
  /// The candidate that `word` is most likely a misspelling of; nil when none is near enough to be worth a guess.
  ///
  /// A word of three letters or more also finds what it begins (`stat`, `status`), unless `prefixes` is off.
  package static func nearest(
    to word: String, among candidates: some Sequence<String>, prefixes: Bool = true
  ) -> String? {
    let wanted = Array(word.lowercased().unicodeScalars)
    guard !wanted.isEmpty, wanted.count <= longest else { return nil }
    let cutoff = max(1, min(3, wanted.count / 3))
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
      let other = Array(candidate.lowercased().unicodeScalars)
      let begins = prefixes && wanted.count >= 3 && other.starts(with: wanted)
      guard other.count <= longest, begins || abs(other.count - wanted.count) <= cutoff else { continue }
      let distance = begins ? min(1, other.count - wanted.count) : Self.distance(wanted, other)
      if distance <= cutoff, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.candidate
  }

  /// No name is longer, and the cost is the product of the lengths.
  private static let longest = 64

  /// Insertions, deletions, replacements and swaps of neighbours (Damerau and Levenshtein, no letter touched twice).
  static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in 1...left.count {
      var current = [row]
      for column in 1...right.count {
        let same = left[row - 1] == right[column - 1]
        var cost = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (same ? 0 : 1))
        if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
          cost = min(cost, beforeLast[column - 2] + 1)
        }
        current.append(cost)
      }
      (beforeLast, last) = (last, current)
    }
    return last[right.count]
  }
}
