import Testing

@testable import RolloutOps

/// What can still be read of a broken text.
@Suite struct JSONRemainsTests {
  @Test(
    arguments: [
      (#"{"a": 1, "b": "x"#, ["a": 1]), (#"{"a": 1, "b": {"c": "d", "e": tr"#, ["a": 1, "b": ["c": "d"]]),
      (#"{"a": 1 "b": 2}"#, ["a": 1]), (#"{"a": 1, "b": 2,}"#, ["a": 1, "b": 2]), (#"{"a": [1, 2"#, [:]),
      (#"{"a": {"b": {}"#, ["a": ["b": [:]]]), ("\u{FEFF}{\"a\": 1}", ["a": 1]), ("{", [:]), ("[1, 2]", [1, 2]),
      (#"{"a": "x", "b": 1"#, ["a": "x"]),
    ] as [(String, JSON)])
  func everythingBeforeTheBreakIsThere(text: String, remains: JSON) {
    #expect(JSON.remains(of: Array(text.utf8)) == remains)
  }

  @Test(arguments: ["", " ", "nonsense", "[1, 2", "\"x"]) func ofNothingNothingRemains(text: String) {
    #expect(JSON.remains(of: Array(text.utf8)) == nil)
  }

  @Test func membersOfOneNameAreAllKept() {
    let remains = JSON.remains(of: Array(#"{"a": 1, "a": "x"#.utf8))
    #expect(remains?.members?.map(\.value) == [1])
    #expect(JSON.remains(of: Array(#"{"a": 1, "a": 2}"#.utf8))?.members?.map(\.value) == [1, 2])
  }

  /// A text of a thousand open objects ends the walk, and not the program.
  @Test func deepNestingHasAnEnd() {
    #expect(JSON.remains(of: Array(String(repeating: "{\"a\":", count: 1000).utf8)) != nil)
  }

  /// Of any good text, cut anywhere, every member that remains is one of the whole.
  @Test func aCutTextHasNothingThatTheWholeLacks() throws {
    let text = #"{"store": "file:a.json", "stores": {"b": "c", "d": {"e": [1, 2.5e3, null]}}, "f": true}"#
    let whole = try JSON.parse(text)
    for end in 0..<text.utf8.count {
      let remains = JSON.remains(of: Array(text.utf8.prefix(end)))
      for member in remains?.members ?? [] where member.name != "stores" {
        #expect(whole[member.name] == member.value, "cut at \(end)")
      }
      for member in remains?["stores"]?.members ?? [] where member.name != "d" {
        #expect(whole["stores"]?[member.name] == member.value, "cut at \(end)")
      }
    }
  }
}
