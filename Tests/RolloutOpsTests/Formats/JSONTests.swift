import Foundation
import Testing

@testable import RolloutOps

@Suite struct JSONTests {
  /// A value with odd names, odd characters and numbers in every spelling.
  static func random(_ generator: inout SplitMix64, depth: Int = 0) -> JSON {
    switch Int.random(in: 0..<(depth > 4 ? 6 : 8), using: &generator) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &generator))
    case 2: return .number(Int.random(in: -(1 << 53)...(1 << 53), using: &generator))
    case 3:
      return .spelled(
        ["0", "-0", "1.0", "1e3", "1E-7", "0.1", "123456789012345678901234567890"].randomElement(using: &generator)
          ?? "0")
    case 4: return .number(Double.random(in: -1e6...1e6, using: &generator))
    case 5: return .string(text(&generator))
    case 6:
      return .array((0..<Int.random(in: 0...4, using: &generator)).map { _ in random(&generator, depth: depth + 1) })
    default:
      var names: [String] = []
      for _ in 0..<Int.random(in: 0...12, using: &generator) {
        let name = text(&generator)
        // Names that look alike to Swift (composed and decomposed) are one name to it: kept apart here.
        if !names.contains(name) { names.append(name) }
      }
      return .object(names.map { JSON.Member($0, random(&generator, depth: depth + 1)) })
    }
  }

  static func text(_ generator: inout SplitMix64) -> String {
    let pool: [Character] = [
      "a", "b", "\"", "\\", "/", "\n", "\t", "\r", "\u{0}", "\u{1F}", "\u{7F}", "\u{85}", "\u{2028}", "é", "世", "🚀",
      "\u{FFFF}", " ",
    ]
    return String(
      (0..<Int.random(in: 0...8, using: &generator)).compactMap { _ in pool.randomElement(using: &generator) })
  }

  @Test(arguments: 0..<40) func whatIsWrittenReadsBack(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    for _ in 0..<100 {
      let value = Self.random(&generator)
      for style in [JSON.Style.compact, .spaced, .pretty] {
        #expect(try JSON.parse(value.written(style)) == value, "seed \(seed)")
      }
    }
  }

  @Test(.needsPython) func pythonReadsTheSame() throws {
    let seed: UInt64 = 101
    var generator = SplitMix64(seed: seed)
    let values = (0..<3000).map { _ in Self.random(&generator) }
    let lines = values.map { $0.written() }
    #expect(lines.allSatisfy { !$0.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) } })
    let answers = try Python.run(
      """
      import sys, json
      for line in sys.stdin.read().split('\\n')[:-1]:
          value = json.loads(line)
          print(json.dumps(value, separators=(',', ':')), json.dumps(value, ensure_ascii=False), sep='\\t')
      """, input: lines.map { "\($0)\n" }.joined()
    ).split(separator: "\n")
    #expect(answers.count == values.count)
    for (value, answer) in zip(values, answers) {
      for spelling in answer.split(separator: "\t") {
        #expect(try JSON.parse(String(spelling)).means(value), "seed \(seed): \(spelling)")
      }
    }
  }

  /// Damaged texts: both must refuse or both accept. Python is told to refuse what it would take by itself: a name twice
  /// in one object, `NaN` and `Infinity`, and half a surrogate pair.
  @Test(.needsPython) func pythonRefusesTheSame() throws {
    let seed: UInt64 = 202
    var generator = SplitMix64(seed: seed)
    let splinters = Array("{}[]\",:\\ue0.-+1tfn \n/*'\u{1}é".utf8)
    let texts: [[UInt8]] = (0..<6000).map { _ in
      var bytes = Array(Self.random(&generator).written(Bool.random(using: &generator) ? .compact : .pretty).utf8)
      for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
        let at = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes.remove(at: at)
        case 1: bytes[at] = splinters.randomElement(using: &generator) ?? 0
        case 2: bytes.insert(splinters.randomElement(using: &generator) ?? 0, at: at)
        default: bytes.removeSubrange(at...)
        }
      }
      return bytes
    }
    let answers = try Python.run(
      """
      import sys, json
      def pairs(p):
          names = [k for k, v in p]
          if len(set(names)) != len(names): raise ValueError
          return dict(p)
      def constant(c): raise ValueError
      for line in sys.stdin:
          try:
              value = json.loads(bytes.fromhex(line).decode('utf-8'), object_pairs_hook=pairs, parse_constant=constant)
              json.dumps(value, ensure_ascii=False).encode('utf-8')
              print('good')
          except ValueError:
              print('bad')
      """,
      input: texts.map { bytes in bytes.map { String(format: "%02x", $0) }.joined() + "\n" }.joined()
    ).split(separator: "\n")
    #expect(answers.count == texts.count)
    var accepted = 0
    for (bytes, answer) in zip(texts, answers) {
      let mine = (try? JSON.parse(bytes)) != nil
      accepted += mine ? 1 : 0
      #expect(mine == (answer == "good"), "seed \(seed): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
    }
    #expect((100..<5900).contains(accepted))
  }

  /// The offsets count bytes.
  @Test(arguments: [
    ("", JSONError.Reason.ended(wanted: "a value"), 0), ("{", .ended(wanted: "a member's name"), 1),
    ("[1,]", .unexpected("']'", wanted: "a value"), 3), ("{\"a\" 1}", .unexpected("'1'", wanted: "':'"), 5),
    ("01", .badNumber, 0), ("[1.]", .badNumber, 1), ("-", .badNumber, 0), ("1e", .badNumber, 0),
    ("nul", .unexpected("'n'", wanted: "null"), 0),
    ("{\"a\":1,\"a\":2}", .duplicate("a"), 11), ("1 2", .trailing, 2),
    ("\u{FEFF}1", .unexpected("byte 239", wanted: "a value"), 0),
    ("\"\\x\"", .badEscape, 1), ("\"\\ud800\"", .badEscape, 1), ("\"\\udc00\"", .badEscape, 1),
    ("\"a\nb\"", .controlCharacter, 2),
  ])
  func saysWhereItStops(text: String, reason: JSONError.Reason, offset: Int) {
    #expect(throws: JSONError(reason, at: offset)) { try JSON.parse(text) }
  }

  @Test func badUTF8InAStringIsRefused() {
    #expect(throws: JSONError(.badUTF8, at: 2)) { try JSON.parse([0x22, 0x61, 0xFF, 0x22]) }
  }

  @Test func deepNestingEndsInAnErrorNotInACrash() throws {
    let fine = String(repeating: "[", count: 256) + String(repeating: "]", count: 256)
    _ = try JSON.parse(fine)
    for text in [String(repeating: "[", count: 100_000), String(repeating: "{\"a\":", count: 100_000)] {
      let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
      #expect(error?.reason == .tooDeep(256))
    }
  }

  @Test func skippingProvesAsMuchAsReading() throws {
    var generator = SplitMix64(seed: 303)
    for _ in 0..<1000 {
      var bytes = Array(Self.random(&generator).written(.pretty).utf8)
      if let at = bytes.indices.randomElement(using: &generator) {
        bytes[at] = UInt8.random(in: 0..<128, using: &generator)
      }
      let skipped = bytes.withUnsafeBufferPointer { buffer in
        var reader = JSONReader(buffer)
        do {
          try reader.skipValue()
          try reader.end()
          return true
        } catch { return false }
      }
      do {
        _ = try JSON.parse(bytes)
        #expect(skipped)
      } catch let error {
        if case .duplicate = error.reason { continue }
        #expect(!skipped, "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
      }
    }
  }

  @Test func editsKeepOrderAndSpelling() throws {
    let value = try JSON.parse(#"{"b": 1.50, "a": [1e2], "c": null}"#)
    #expect(value.setting("a", to: true).written(.spaced) == #"{"b": 1.50, "a": true, "c": null}"#)
    #expect(value.setting("d", to: "x").removing("b").written() == #"{"a":[1e2],"c":null,"d":"x"}"#)
    #expect(value.written(.pretty) == "{\n  \"b\": 1.50,\n  \"a\": [\n    1e2\n  ],\n  \"c\": null\n}")
    #expect(JSON.array([]).written(.pretty) == "[]")
    #expect(value.means(["c": nil, "a": [100], "b": .spelled("1.5")]))
    #expect(!value.means(["c": nil, "a": [100], "b": .spelled("1.51")]))
  }

  @Test func numbersAreSpelledShort() {
    #expect(JSON.number(0.1).written() == "0.1")
    #expect(JSON.number(3.0).written() == "3")
    #expect(JSON.number(.nan) == .null)
    #expect(JSON.number(-.infinity) == .null)
    #expect(JSON.number(1e300).double == 1e300)
  }
}
