import Testing

@testable import RolloutOps

@Suite struct SuggestionTests {
  private let verbs = ["status", "promote", "rollback", "hold", "kill", "check", "changes", "Owner"]

  @Test(
    arguments: [
      ("stauts", "status"), ("promte", "promote"), ("stat", "status"), ("kil", "kill"), ("klil", "kill"),
      ("holt", "hold"),
      ("OWNER", "Owner"), ("rolback", "rollback"), ("chang", "changes"), ("xyzzy", nil), ("", nil), ("ho", nil),
      ("k", nil), ("mill wheel", nil),
    ] as [(String, String?)])
  func findsTheNearest(word: String, nearest: String?) {
    #expect(Suggestion.nearest(to: word, among: verbs) == nearest)
  }

  @Test func beginningsCountOnlyWhereWanted() {
    #expect(Suggestion.nearest(to: "stat", among: verbs, prefixes: false) == nil)
    #expect(Suggestion.nearest(to: String(repeating: "a", count: 10_000), among: verbs) == nil)
  }

  @Test(arguments: [
    ("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("kitten", "sitting", 3), ("ca", "abc", 3),
  ])
  func countsEdits(left: String, right: String, distance: Int) {
    #expect(Suggestion.distance(Array(left.unicodeScalars), Array(right.unicodeScalars)) == distance)
    #expect(Suggestion.distance(Array(right.unicodeScalars), Array(left.unicodeScalars)) == distance)
  }
}
