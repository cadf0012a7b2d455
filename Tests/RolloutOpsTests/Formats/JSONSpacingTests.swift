import Testing

@testable import RolloutOps

@Suite struct JSONSpacingTests {
  private func fitted(_ text: String, to size: Int, from start: Int = 0) -> String {
    String(decoding: JSONSpacing.fitted(Array(text.utf8), to: size, from: start), as: UTF8.self)
  }

  @Test func spacesComeBeforeTheNextValueEnds() {
    #expect(fitted(#"{"a":{"b":1},"c":2}"#, to: 22) == #"{"a":{"b":1   },"c":2}"#)
    #expect(fitted(#"{"a":{"b":1},"c":2}"#, to: 21, from: 13) == #"{"a":{"b":1},"c":2  }"#)
    // A comma or a bracket in a text ends nothing.
    #expect(fitted(#"{"a":"},\"]","b":1}"#, to: 21, from: 5) == #"{"a":"},\"]"  ,"b":1}"#)
    #expect(fitted("1", to: 3) == "1")
  }

  /// Only as many as are needed, and only where there are more in a row than anybody writes.
  @Test func whatWasPutInIsTakenOutAgain() {
    let run = String(repeating: " ", count: 80)
    #expect(fitted("{\"a\":1\(run)}", to: 80) == "{\"a\":1\(run.dropLast(7))}")
    #expect(fitted("{\"a\":1\(run),\"b\":2\(run)}", to: 40) == "{\"a\":1,\"b\":2\(run.prefix(27))}")
    #expect(fitted("{\"a\": 1    }", to: 5) == "{\"a\": 1    }")
    #expect(fitted("{\"a\":\"\(run),\"}", to: 5) == "{\"a\":\"\(run),\"}")
  }

  @Test func blanksGiveWayWhereThereIsNoRoom() {
    func squeezed(_ text: String, to size: Int, from start: Int) -> String? {
      JSONSpacing.squeezed(Array(text.utf8), to: size, from: start).map { String(decoding: $0, as: UTF8.self) }
    }
    // Those behind the change first, and none inside a text.
    #expect(squeezed(#"{ "a b": 1,  "c": "\" d" }"#, to: 21, from: 8) == #"{ "a b":1,"c":"\" d"}"#)
    #expect(squeezed(#"{ "a b": 1 }"#, to: 10, from: 9) == #"{"a b": 1}"#)
    #expect(squeezed(#"{ "a b": 1 }"#, to: 9, from: 9) == #"{"a b":1}"#)
    #expect(squeezed(#"{ "a b": 1 }"#, to: 8, from: 9) == nil)
    #expect(squeezed("{}", to: 5, from: 0) == "{}")
  }

  /// Its length does not grow with the number of changes.
  @Test func aTextThatIsChangedBackAndForthStaysAsLongAsTheLongest() throws {
    let (short, long) = (
      #"{"f":{"on":false},"g":1}"#, #"{"f":{"on":true,"rules":"\#(String(repeating: "x", count: 200))"},"g":1}"#
    )
    var file = Array(long.utf8)
    for _ in 0..<10 {
      for next in [short, long] {
        let edited = Array(next.utf8)
        file = JSONSpacing.fitted(edited, to: file.count, from: edited.firstDifference(from: file))
        #expect(try file.count == long.utf8.count && JSON.parse(file) == JSON.parse(next))
      }
    }
  }

  @Test func theDifferenceIsAsSmallAsItCanBe() {
    let (old, new) = (Array("abcdef".utf8), Array("abXYef".utf8))
    #expect(new.difference(from: old) == 2..<4 && old.difference(from: old) == nil)
    #expect(Array("b".utf8).difference(from: Array("a".utf8)) == 0..<1)
    #expect(new.firstDifference(from: old) == 2 && Array("ab".utf8).firstDifference(from: old) == 2)
  }
}
