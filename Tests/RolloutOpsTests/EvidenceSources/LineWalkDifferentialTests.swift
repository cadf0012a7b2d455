import Testing

@testable import RolloutOps

/// Long logs of regular records, which the fast way learns to foresee, with odd ones among them: it reads what the plain
/// JSON reader says of each line.
@Suite struct LineWalkDifferentialTests {
  static let requests = [
    FieldRequest(.number, ["cost", "price"]), FieldRequest(.number, ["tokens"]), FieldRequest(.text, ["version"]),
    FieldRequest(.event, ["error"]), FieldRequest(.time, ["ts"]), FieldRequest(.text, ["a_name_of_twenty_bytes"]),
  ]

  /// A new member is followed by nothing that was seen before, least of all by a record's first one.
  @Test(arguments: [
    #"{"tokens":12{"tokens":12.5}"#, #"{"tokens":12 {"tokens":13}"#, #"{"tokens":1,"cost":2{"tokens":3}"#,
  ])
  func aBraceBetweenMembersIsNoComma(line: String) {
    for log in [line + "\n", #"{"tokens":5}"# + "\n" + line + "\n"] {
      let fast = LogReading.objects(log, Self.requests)
      #expect(fast == LogReading.objects(log, Self.requests, carefully: true), "\(log)")
      #expect(fast.broken == [log == line + "\n" ? 0 : 1], "\(log)")
    }
  }

  // MARK: Random logs

  private static let names = [
    "ts", "cost", "price", "tokens", "version", "error", "a_name_of_twenty_bytes", "id", "n", "quality", "model",
    "none",
  ]

  /// A value as one program would write it again and again.
  private static func regular(_ name: String, _ random: inout SplitMix64) -> String {
    func digits(_ count: Int) -> String {
      (0..<count).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
    }
    switch name {
    case "ts":
      let fraction = Bool.random(using: &random) ? ".\(digits(3))" : ""
      return "\"2026-11-2\(digits(1))T1\(digits(1)):0\(digits(1)):3\(digits(1))\(fraction)Z\""
    case "cost": return "0.00\(digits(4))"
    case "quality": return "0.\(digits(3))"
    case "price", "n": return "\(Int.random(in: 0...99_999, using: &random)).\(digits(2))"
    case "tokens": return "\(Int.random(in: 1...3000, using: &random))"
    case "error": return Int.random(in: 0..<9, using: &random) == 0 ? "true" : "false"
    case "id": return "\"\(digits(16))\""
    case "model": return "\"\(digits(Int.random(in: 14...18, using: &random)))\""
    case "none": return "null"
    default: return "\"v\(digits(1))\""
    }
  }

  private static let odd = [
    "null", "true", "false", "0", "-0.0", "-3", "-12.75", "007", "01.5", "1.", ".5", "-", "1e3", "2e-05", "1E400",
    "12.5e",
    "12345678", "123456789", "0.123456789012", "99999999.9", "1234567890123456789", "12345678901234567890123", "1.2.3",
    #""""#, #""v""#, #""v77""#, #""12.5""#, #""false""#, #""0""#, #""caf\u00e9""#, #""café""#, #""a\"b""#, #""a\\""#,
    #""tab\t""#, "\"\u{7F}\"", "\"\u{1}\"", #""a text that is a good deal longer than sixteen bytes""#,
    #""exactly16bytes!!""#,
    "[]", "{}", #"{"cost":1,"version":"x"}"#, #"[1,"}",{"a":[]}]"#, " 5", " \t7 ", "nul", "True", "", "5 6",
    #""2026-11-21""#,
    #""2026-11-21T10:27:61.000Z""#, #""2026-11-21T10:27:09.123456Z""#, #""2026-11-21 10:27:09.120+01:00""#,
  ]

  /// One byte of a regular value is another one, so that it nearly has the shape that was foreseen.
  private static func altered(_ value: String, _ random: inout SplitMix64) -> [UInt8] {
    var bytes = Array(value.utf8)
    let place = Bool.random(using: &random) ? 0 : Int.random(in: bytes.indices, using: &random)
    bytes[place] = (Array("00059.-e\"\\, }n".utf8) + [0, 1, 0x1F, 0x7F, 0xC3, 0xFF]).randomElement(using: &random) ?? 0
    return bytes
  }

  private static func log(_ random: inout SplitMix64) -> [UInt8] {
    let templates = (0..<Int.random(in: 1...3, using: &random)).map { _ in
      names.shuffled(using: &random).prefix(Int.random(in: 1...names.count, using: &random))
    }
    let (comma, colon) = (
      [",", ", ", " ,"].randomElement(using: &random) ?? ",", [":", ": "].randomElement(using: &random) ?? ":"
    )
    let oddity = Int.random(in: 5...200, using: &random)
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 40...160, using: &random) {
      guard var order = templates.randomElement(using: &random).map(Array.init) else { continue }
      // A name that comes twice; only where it is not another name for a field.
      if Int.random(in: 0..<oddity, using: &random) == 0 { order.append("version") }
      var line = Array("{".utf8)
      for (index, name) in order.enumerated() {
        line += Array("\(index > 0 ? comma : "")\"\(name)\"\(colon)".utf8)
        let value = regular(name, &random)
        switch Int.random(in: 0..<oddity, using: &random) {
        case 0: line += Array((odd.randomElement(using: &random) ?? "").utf8)
        case 1: line += altered(value, &random)
        default: line += Array(value.utf8)
        }
      }
      line.append(UInt8(ascii: "}"))
      if Int.random(in: 0..<oddity, using: &random) == 0 { line = JSONReaderFuzzTests.mutate(line, &random) }
      if Int.random(in: 0..<oddity, using: &random) == 0 { line.append(0x0D) }
      bytes += line + [0x0A]
    }
    return bytes
  }

  // MARK: The plain way

  /// What the reader of whole values makes of each line, as `LogReading` writes it.
  private static func plainly(_ log: [UInt8]) -> (rows: [[String]], broken: [Int]) {
    var (rows, broken): ([[String]], [Int]) = ([], [])
    for (number, line) in log.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast().enumerated() {
      var line = Array(line)
      while let last = line.last, [0x20, 0x09, 0x0D].contains(last) { line.removeLast() }
      guard !line.isEmpty else { continue }
      if let members = object(line) { rows.append(requests.map { cell($0, members) }) } else { broken.append(number) }
    }
    return (rows, broken)
  }

  private static func object(_ line: [UInt8]) -> [JSON.Member]? {
    line.withUnsafeBufferPointer { buffer in
      var reader = JSONReader(buffer, lastWins: true)
      guard let value = try? reader.value(), (try? reader.end()) != nil else { return nil }
      return value.members
    }
  }

  private static func cell(_ request: FieldRequest, _ members: [JSON.Member]) -> String {
    let found = request.names.compactMap { name in members.last { $0.name == name }?.value }
    guard let value = found.first(where: { $0 != .null }) else {
      return request.kind == .event && !found.isEmpty ? "no" : "-"
    }
    switch request.kind {
    case .number: return number(value)
    case .text: return text(value)
    case .event: return happened(value) ? "yes" : "no"
    case .time: return time(value)
    }
  }

  private static func number(_ value: JSON) -> String {
    switch value {
    case .bool(let truth): return truth ? "1.0" : "0.0"
    case .spelled(let text), .string(let text):
      guard let number = Double(text), number.isFinite else { return "?" }
      return "\(number)"
    default: return "?"
    }
  }

  private static func text(_ value: JSON) -> String {
    switch value {
    case .bool(let truth): "bare \(truth)"
    case .spelled(let text): "bare \(text)"
    case .string(let text): text.isEmpty ? "-" : text
    default: "?"
    }
  }

  private static func happened(_ value: JSON) -> Bool {
    switch value {
    case .bool(let truth): truth
    case .spelled(let text): Double(text) != 0
    case .string(let text): !["", "0", "false"].contains(text)
    case .array(let items): !items.isEmpty
    case .object(let members): !members.isEmpty
    case .null: false
    }
  }

  private static func time(_ value: JSON) -> String {
    let spelling: String
    switch value {
    case .string(let text), .spelled(let text): spelling = text
    default: return "?"
    }
    if let instant = ISO8601.instant(spelling) { return "\(instant.microseconds)" }
    // Numbers since 1970 and other spellings have tests of their own.
    let padded = Array(spelling.utf8) + [UInt8](repeating: 0, count: 8)
    return padded.withUnsafeBufferPointer { buffer in
      TimeText.read(UnsafeBufferPointer(rebasing: buffer.dropLast(8))).map { "\($0)" } ?? "?"
    }
  }

  // MARK: Tests

  @Test func foreseenRecordsAndOddOnesAreReadAsThePlainReaderReadsThem() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<60 {
      let log = Self.log(&random)
      let (rows, broken) = Self.plainly(log)
      let read = LogReading.objects(log, Self.requests)
      #expect(Array(broken.prefix(LogScan.keptFaults)) == read.broken, "seed \(seed)")
      #expect(rows.count == read.rows.count, "seed \(seed)")
      for (row, (expected, ours)) in zip(rows, read.rows).enumerated() where expected != ours {
        Issue.record("seed \(seed), record \(row): \(ours) instead of \(expected)")
        return
      }
    }
  }

  /// A shape was learned from thousands of values, and the next one has it but for one byte.
  @Test func oneOtherByteInALearnedShapeIsSeen() {
    let number = FieldRequest(.number, ["n"])
    let regular = String(repeating: #"{"s":"abcd","n":12.345,"q":0.125,"z":0}"# + "\n", count: 50)
    let odd: [(line: String, is: String?)] = [
      (#"{"s":"abcd","n":12.346,"q":0.125,"z":0}"#, "12.346"), (#"{"s":"abcd","n":02.345,"q":0.125,"z":0}"#, nil),
      (#"{"s":"abcd","n":12a345,"q":0.125,"z":0}"#, nil), (#"{"s":"abcd","n":12.34.,"q":0.125,"z":0}"#, nil),
      (#"{"s":"abcd","n":12.34e,"q":0.125,"z":0}"#, nil), (#"{"s":"abcd","n":1234.5,"q":0.125,"z":0}"#, "1234.5"),
      (#"{"s":"abcd","n":12.3450,"q":0.125,"z":0}"#, "12.345"),
      (#"{"s":"abcd","n":12.345e1,"q":0.125,"z":0}"#, "123.45"),
      (#"{"s":"abcd","n":-2.345,"q":0.125,"z":0}"#, "-2.345"), (#"{"s":"abcd","n":12.345,"q":0.1x5,"z":0}"#, nil),
      (#"{"s":"abcd","n":12.345,"q":00.25,"z":0}"#, nil), (#"{"s":"abcd","n":12.345,"q":0.125e,"z":0}"#, nil),
      (#"{"s":"ab\d","n":12.345,"q":0.125,"z":0}"#, nil), (#"{"s":"abc\"","n":12.345,"q":0.125,"z":0}"#, "12.345"),
      (#"{"s":"a"cd","n":12.345,"q":0.125,"z":0}"#, nil),
      ("{\"s\":\"ab\u{1}d\",\"n\":12.345,\"q\":0.125,\"z\":0}", nil),
      (#"{"s":"abé","n":12.345,"q":0.125,"z":0}"#, "12.345"), (#"{"s":"abcd","n":12.345 ,"q":0.125,"z":0}"#, "12.345"),
    ]
    for (line, expected) in odd {
      let read = LogReading.objects(regular + line + "\n" + regular, [number])
      let rows = Array(repeating: ["12.345"], count: 50)
      #expect(read.rows == rows + (expected.map { [[$0]] } ?? []) + rows, "\(line)")
      #expect(read.broken == (expected == nil ? [50] : []), "\(line)")
    }
    // Half a character in a text of learned length.
    let half =
      Array(regular.utf8) + Array(#"{"s":"abc"#.utf8) + [0xC3] + Array(#"","n":1,"q":0.125,"z":0}"#.utf8) + [0x0A]
    #expect(LogReading.objects(half, [number]).broken == [50])
  }

  @Test func piecesMayHaveOtherShapesAndTexts() throws {
    // The same thread reads both pieces, and codes and shapes of the first mean nothing in the second.
    let one = #"{"prompt_version":"v6","tenant":"a1","latency_ms":1.25,"error":false}"# + "\n"
    let other = #"{"prompt_version":"v7","tenant":"b","latency_ms":75,"error":true}"# + "\n"
    let count = LogFeed.pieceSize / one.utf8.count + 10
    let log = String(repeating: one, count: count) + String(repeating: other, count: count)
    let evidence = try TraceLogsTests.ask(
      log, TraceLogsTests.question(unit: "tenant", .mean("latency_ms"), .rate("error")))
    #expect(evidence.cells.map(\.records) == [count, count])
    #expect(evidence.cells.map { $0.samples[0].moments.mean } == [1.25, 75])
    #expect(evidence.cells.map { $0.samples[1].events } == [0, count])
    #expect(evidence.cells.map(\.units) == [1, 1])
  }
}
