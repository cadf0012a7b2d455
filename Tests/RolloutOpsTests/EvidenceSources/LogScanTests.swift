import Testing

@testable import RolloutOps

/// What single lines and cells say.
@Suite struct LogScanTests {
  static let number = [FieldRequest(.number, ["n"])]
  static let text = [FieldRequest(.text, ["t"])]
  static let event = [FieldRequest(.event, ["e"])]
  static let time = [FieldRequest(.time, ["ts"])]

  private func both(_ line: String, _ requests: [FieldRequest]) -> [[String]] {
    let (fast, slow) = (LogReading.objects(line, requests), LogReading.objects(line, requests, carefully: true))
    #expect(fast == slow, "\(line)")
    return fast.rows
  }

  @Test(arguments: [
    ("5", "5.0"), ("-0.25", "-0.25"), ("12.5e2", "1250.0"), (#""12.5""#, "12.5"), (#"" 7 ""#, "7.0"), ("true", "1.0"),
    ("false", "0.0"), ("null", "-"), (#""abc""#, "?"), (#""""#, "?"), ("1e400", "?"), ("[1]", "?"), ("{}", "?"),
    ("0.1", "0.1"), ("0.30000000000000004", "0.30000000000000004"), ("123456789012345678", "1.2345678901234568e+17"),
    ("9007199254740993", "9007199254740992.0"), ("1000000000", "1000000000.0"),
    ("0.000123456789012", "0.000123456789012"),
    ("1234567.123456789012", "1234567.123456789"), (#""nan""#, "?"), (#""inf""#, "?"), (#""0x10""#, "?"),
    ("100000000000000000000000", "1e+23"), ("4.35", "4.35"), ("2.2250738585072011e-308", "2.225073858507201e-308"),
  ])
  func numbers(spelling: String, value: String) {
    #expect(both(#"{"n":\#(spelling)}"#, Self.number) == [[value]])
  }

  @Test(arguments: [
    ("true", "yes"), ("false", "no"), ("1", "yes"), ("0", "no"), ("0.0", "no"), ("null", "no"), (#""timeout""#, "yes"),
    (#""""#, "no"), (#""None""#, "no"), (#""FALSE""#, "no"), (#""0""#, "no"), (#""1""#, "yes"), ("{}", "no"),
    (#"{"message":"x"}"#, "yes"), ("[]", "no"), ("[ ]", "no"), ("[0]", "yes"),
  ])
  func events(spelling: String, value: String) {
    #expect(both(#"{"e":\#(spelling)}"#, Self.event) == [[value]])
  }

  @Test(arguments: [
    (#""v7""#, "v7"), (#""v\u0037""#, "v7"), (#""a\"b""#, #"a"b"#), ("7", "bare 7"), ("7.10", "bare 7.10"),
    ("true", "bare true"), ("null", "-"), (#""""#, "-"), ("[]", "?"), (#""größer""#, "größer"),
    (#""a text that is longer than one word of a machine""#, "a text that is longer than one word of a machine"),
  ])
  func texts(spelling: String, value: String) {
    #expect(both(#"{"t":\#(spelling)}"#, Self.text) == [[value]])
  }

  @Test(arguments: [
    #""2026-11-21T10:27:09Z""#, #""2026-11-21T10:27:09.000Z""#, #""2026-11-21 10:27:09""#, #""2026-11-21T10:27:09""#,
    #""2026-11-21T11:27:09+01:00""#, #""2026-11-21T05:57:09.000000-0430""#, #""2026-11-21 10:27:09 UTC""#,
    #""2026-11-21 11:27:09 +0100""#, "1795256829", "1795256829.0", "1795256829000", "1795256829000000",
    "1795256829000000000", #""1795256829000000000""#, #""1795256829""#, #""21/Nov/2026:10:27:09 +0000""#,
    #""[21/Nov/2026:11:27:09 +0100]""#, #""Sat, 21 Nov 2026 10:27:09 GMT""#,
  ])
  func timesInManySpellings(spelling: String) {
    #expect(both(#"{"ts":\#(spelling)}"#, Self.time) == [["1795256829000000"]])
  }

  @Test(arguments: [
    #""yesterday""#, #""2026-02-30T00:00:00Z""#, #""2026-11-21T25:00:00Z""#, #""2026-11-21T10:61:00Z""#, "1e300",
    "true",
    #""32/Nov/2026:10:27:09 +0000""#, #""2026-11-21T10:27:09.Z""#,
  ])
  func whatIsNoTime(spelling: String) { #expect(both(#"{"ts":\#(spelling)}"#, Self.time) == [["?"]]) }

  @Test func fractionsOfASecondAreKept() {
    #expect(both(#"{"ts":"2026-11-21T10:27:09.123456Z"}"#, Self.time) == [["1795256829123456"]])
    #expect(both(#"{"ts":"2026-11-21T10:27:09.5Z"}"#, Self.time) == [["1795256829500000"]])
    #expect(both(#"{"ts":"2026-11-21T10:27:09.123456789Z"}"#, Self.time) == [["1795256829123456"]])
    #expect(both(#"{"ts":1795256829.25}"#, Self.time) == [["1795256829250000"]])
  }

  // MARK: Names

  @Test func aPathIsNestedOrSpelledWithDots() {
    let requests = [FieldRequest(.number, ["usage.input_tokens"])]
    for line in [
      #"{"usage":{"input_tokens":5}}"#, #"{"usage.input_tokens":5}"#, #"{"attributes":{"usage.input_tokens":5}}"#,
      #"{"attributes":{"usage":{"input_tokens":5}}}"#, #"{"usage":{"x":[{"input_tokens":1}],"input_tokens":"5"}}"#,
      #"{"attributes":[{"key":"x","value":{}},{"key":"usage.input_tokens","value":{"intValue":"5"}}]}"#,
    ] {
      #expect(both(line, requests) == [["5.0"]], "\(line)")
    }
    #expect(both(#"{"input_tokens":5,"usage":{"usage":{"input_tokens":5}}}"#, requests) == [["-"]])
  }

  @Test func theBetterNameCountsWhereverItStands() {
    let requests = [FieldRequest(.number, ["latency_ms", "latency"])]
    #expect(both(#"{"latency_ms":1,"latency":2}"#, requests) == [["1.0"]])
    #expect(both(#"{"latency":2,"latency_ms":1}"#, requests) == [["1.0"]])
    #expect(both(#"{"latency":2,"latency_ms":null}"#, requests) == [["2.0"]])
    #expect(both(#"{"latency_ms":null,"latency":2}"#, requests) == [["2.0"]])
  }

  @Test func ofOneNameTheLastCounts() {
    #expect(both(#"{"n":1,"n":2}"#, Self.number) == [["2.0"]])
    #expect(both(#"{"n":1,"n":null}"#, Self.number) == [["-"]])
  }

  @Test func oneMemberMayAnswerSeveralRequests() {
    let requests = [FieldRequest(.event, ["e"]), FieldRequest(.text, ["e"]), FieldRequest(.number, ["e"])]
    #expect(
      both(#"{"e":"timeout"}"# + "\n" + #"{"e":3}"#, requests) == [["yes", "timeout", "?"], ["yes", "bare 3", "3.0"]])
  }

  @Test func anyOrderAndSpacing() {
    let requests = [FieldRequest(.number, ["a"]), FieldRequest(.text, ["b"]), FieldRequest(.event, ["c"])]
    let log = """
      {"a":1,"b":"x","c":true}
      {"c":true,"b":"x","a":1}
      { "b" : "x" , "a" : 1 , "c" : true }
      {"b": "x", "more": {"a": 9}, "a": 1, "c": true}\r
      \t{"a":1,"b":"x","c":true}

      {"\\u0061":1,"b":"x","c":true}  \r
      """
    #expect(both(log, requests) == Array(repeating: ["1.0", "x", "yes"], count: 6))
  }

  // MARK: What is no record

  @Test(arguments: [
    (#"{"n":1"#, "the text ends"), (#"{"n":01}"#, "a number"), (#"{"n":1.}"#, "a number"), (#"{"n":+1}"#, "found '+'"),
    (#"{"n":1}}"#, "something follows"), (#"{"n":1,}"#, "found '}'"), ("5", "no JSON object"),
    ("[1]", "no JSON object"),
    (#"{"n":"a"#, "the text ends"), ("{\"n\":\"\u{1}\"}", "control character"), (#"{"n":tru}"#, "found 't'"),
    (#"{"n":NaN}"#, "found 'N'"), ("{\"n\":1\u{0}}", "byte 0"), (#"{n:1}"#, "found 'n'"), (#"{"x":"\q"}"#, "escape"),
    (#"{"x":{"y":1}"#, "the text ends"), ("hello", "no JSON object"),
  ])
  func aBrokenLineIsSaidToBe(line: String, reason: String) {
    for carefully in [false, true] {
      let reading = LogReading.objects("{\"n\":1}\n\(line)\n{\"n\":2}\n", Self.number, carefully: carefully)
      #expect(reading.rows == [["1.0"], ["2.0"]], "\(line)")
      #expect(reading.broken == [1])
      #expect(reading.reasons.first?.contains(reason) == true, "\(reading.reasons)")
      #expect(!reading.isUnfinished)
    }
  }

  @Test func halfACharacterBreaksItsLine() {
    for bytes: [UInt8] in [[0xC3], [0xE2, 0x82], [0xFF], [0xED, 0xA0, 0x80], [0xC0, 0xAF]] {
      for name in ["n", "x"] {
        let line = Array("{\"\(name)\":\"".utf8) + bytes + Array("\"}\n{\"n\":2}\n".utf8)
        let reading = LogReading.objects(line, Self.number)
        #expect(reading.rows == [["2.0"]])
        #expect(reading.reasons == ["a string is not UTF-8"])
      }
    }
  }

  @Test func theLastLineMayBeUnfinished() {
    let cut = LogReading.objects("{\"n\":1}\n{\"n\":2,\"t", Self.number)
    #expect(cut.rows == [["1.0"]] && cut.broken.isEmpty && cut.isUnfinished)
    let whole = LogReading.objects("{\"n\":1}\n{\"n\":2}", Self.number)
    #expect(whole.rows == [["1.0"], ["2.0"]] && !whole.isUnfinished)
  }

  // MARK: Cells

  @Test func cellsInEverySpelling() {
    let requests = [FieldRequest(.number, ["a"]), FieldRequest(.text, ["b"]), FieldRequest(.event, ["c"])]
    let expected = LogReading(rows: [["1.0", "x", "yes"], ["-", "y,\n\"z\"", "no"]])
    for (separator, end) in [(",", "\n"), (",", "\r\n"), ("\t", "\n"), (";", "\r\n")] {
      let log = [["a", "b", "c", "d"], ["1", "x", "true", "5\" pipe"], ["", "\"y,\n\"\"z\"\"\"", "", "\"\""]]
        .map { $0.joined(separator: separator) + end }.joined()
      #expect(LogReading.cells(log, requests) == expected, "\(separator) \(end)")
      #expect(LogReading.cells(String(log.dropLast(end.count)) + end + end, requests) == expected)
    }
  }

  @Test func aRowOfAnotherLengthIsBroken() {
    let reading = LogReading.cells("n,t\n1,x\n2\n3,x,y\n4,\"z\n", Self.number)
    #expect(reading?.rows == [["1.0"]])
    #expect(reading?.broken == [1, 2])
    #expect(reading?.isUnfinished == true)
  }

  @Test func aFirstLineWithoutKnownNamesIsNoHeader() { #expect(LogReading.cells("x,y\n1,2\n", Self.number) == nil) }
}
