import Foundation
import Testing

@testable import RolloutOps

/// The fast way, the slow way and Python read the same from random lines, and nothing traps on any bytes.
@Suite struct LogScanPropertyTests {
  static let requests = [
    FieldRequest(.number, ["n"]), FieldRequest(.text, ["t"]), FieldRequest(.event, ["e"]),
    FieldRequest(.number, ["usage.in"]), FieldRequest(.time, ["ts"]),
  ]

  static func line(_ random: inout SplitMix64) -> String {
    func pick(_ choices: [String], _ random: inout SplitMix64) -> String { choices.randomElement(using: &random) ?? "" }
    let scalars = [
      "0", "7", "-3", "12.5", "0.001", "1e3", "-0.0", "123456789.123456789", "3.14159265358979312", "true", "false",
      "null", #""""#, #""v6""#, #""v7 with a longer text é""#, #""a\"b\\c\u00e9""#, #""12.5""#, #""1e400""#,
      #""2026-11-21T10:27:09.120Z""#, #""2026-11-21 10:27:09""#, "1795256829", "[]", "{}", #"[1,{"n":5}]"#,
      #"{"in":4}"#, #"{"in":"4","out":[2]}"#, "1e400", #""false""#,
    ]
    let blank = ["", "", "", " ", "\t", "  "]
    var members: [String] = []
    for name in ["n", "t", "e", "usage", "usage.in", "ts", "other", "a name that is rather long for a member of a log"]
      .shuffled(using: &random).prefix(Int.random(in: 0...8, using: &random))
    {
      members.append(
        pick(blank, &random) + #"""# + name + #"""# + pick(blank, &random) + ":" + pick(blank, &random)
          + pick(scalars, &random) + pick(blank, &random))
    }
    // Both spellings of one path in one line have no order that Python could be asked for.
    if members.contains(where: { $0.contains(#""usage""#) }) { members.removeAll { $0.contains(#""usage.in""#) } }
    return pick(blank, &random) + "{" + members.joined(separator: ",") + "}" + pick(["", " ", "\r"], &random)
  }

  @Test func bothWaysAgreeOnWellFormedLines() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<300 {
      let log = (0..<20).map { _ in Self.line(&random) }.joined(separator: "\n")
      let fast = LogReading.objects(log, Self.requests)
      #expect(fast == LogReading.objects(log, Self.requests, carefully: true), "seed \(seed): \(log)")
      #expect(fast.rows.count == 20, "seed \(seed): \(log)")
    }
  }

  @Test func bothWaysAgreeOnDamagedLines() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<2000 {
      var bytes: [UInt8] = []
      for _ in 0..<3 { bytes += Array(Self.line(&random).utf8) + [0x0A] }
      for _ in 0..<3 { bytes = JSONReaderFuzzTests.mutate(bytes, &random) }
      let fast = LogReading.objects(bytes, Self.requests)
      let slow = LogReading.objects(bytes, Self.requests, carefully: true)
      #expect(fast == slow, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
    }
  }

  @Test(.needsPython) func numbersTextsAndPathsAgreeWithPython() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    let lines = (0..<3000).map { _ in Self.line(&random) }
    let told = try Python.run(Self.reference, input: lines.joined(separator: "\n") + "\n")
    let expected = told.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    #expect(expected.count == lines.count)
    for (line, expected) in zip(lines, expected) {
      guard let row = LogReading.objects(line, Self.requests).rows.first else {
        Issue.record("seed \(seed): no record: \(line)")
        continue
      }
      let numbers = [row[0], row[3]].map { Double($0).map { "\($0.bitPattern)" } ?? $0 }
      let ours = [numbers[0], row[1], row[2], numbers[1]].joined(separator: "|")
      #expect(ours == expected, "seed \(seed): \(line)")
    }
  }

  static let reference = #"""
    import json, math, struct, sys

    def number(value, there):
        if not there or value is None: return "-"
        if isinstance(value, bool): value = float(value)
        if isinstance(value, str):
            try: value = float(value)
            except ValueError: return "?"
        if isinstance(value, (dict, list)): return "?"
        try: value = float(value)
        except OverflowError: return "?"
        return str(struct.unpack("<Q", struct.pack("<d", value))[0]) if math.isfinite(value) else "?"

    def text(raw, value):
        if value is None or value == "": return "-"
        if isinstance(value, (dict, list)): return "?"
        if isinstance(value, bool): return "bare true" if value else "bare false"
        return value if isinstance(value, str) and not isinstance(value, Spelled) else "bare " + value

    class Spelled(str): pass

    def event(value, there):
        if not there: return "-"
        if isinstance(value, str):
            try: value = float(value)
            except ValueError: value = value.strip().lower() not in ("", "false", "no", "none", "null", "off", "n", "f")
        return "yes" if value else "no"

    for line in sys.stdin.buffer.read().decode().split("\n")[:-1]:
        record = json.loads(line)
        spelled = json.loads(line, parse_int=Spelled, parse_float=Spelled)
        usage = record.get("usage.in", None)
        there = "usage.in" in record
        if isinstance(record.get("usage"), dict) and "in" in record["usage"]:
            usage, there = record["usage"]["in"], True
        print("|".join([number(record.get("n"), "n" in record), text(line, spelled.get("t")),
                        event(record.get("e"), "e" in record), number(usage, there)]))
    """#

  @Test func numbersAreExact() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<20_000 {
      let digits = String(UInt64.random(in: 0...UInt64.max, using: &random)).prefix(
        Int.random(in: 1...20, using: &random))
      let whole = Int.random(in: 0...digits.count, using: &random)
      let head = digits.prefix(whole).drop { $0 == "0" }
      let spelling = (head.isEmpty ? "0" : head) + (whole < digits.count ? "." + digits.dropFirst(whole) : "")
      let read = LogReading.objects("{\"n\":\(spelling)}", Self.requests).rows.first?.first
      #expect(read.flatMap { Double($0) } == Double(spelling), "seed \(seed): \(spelling)")
    }
  }
}
