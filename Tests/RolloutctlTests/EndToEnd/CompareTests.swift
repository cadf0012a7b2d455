import Foundation
import RolloutOps
import Testing

/// `compare` as the real program, from files, pipes and things that are no logs.
@Suite struct CompareTests {
  static let versions = ["--by", "prompt_version", "--control", "v6", "--canary", "v7"]

  private func world() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write("traces/a.ndjson", TraceFixture.text)
    return folder
  }

  private func compare(_ words: [String], in folder: TemporaryFolder, input: String = "") throws -> Binary.Outcome {
    try Binary.run(["compare"] + words + Self.versions, in: folder, input: input)
  }

  /// The numbers again, the slow way.
  @Test func theNumbersAreThoseOfTheLog() throws {
    let folder = try world()
    let outcome = try compare(
      [
        "--traces", "traces/*.ndjson", "--metric", "p95(latency_ms)", "--metric", "rate(parse_error)", "--metric",
        "mean(cost_usd)", "--metric", "p50(latency_ms)", "--format", "json",
      ], in: folder)
    #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
    let answer = try JSON.parse(Array(outcome.output.utf8))
    let records = try TraceFixture.text.split(separator: "\n").map { try JSON.parse(Array($0.utf8)) }
    let mine = records.filter { $0["prompt_version"] == "v7" }
    let metrics = try #require(answer["metrics"]?.items)
    #expect(
      metrics.compactMap { $0["name"]?.text } == [
        "p95(latency_ms)", "rate(parse_error)", "mean(cost_usd)", "p50(latency_ms)",
      ])
    #expect(metrics.allSatisfy { $0["canary"]?["n"]?.integer == mine.count })
    let sorted = mine.compactMap { $0["latency_ms"]?.double }.sorted()
    let place = 0.95 * Double(sorted.count - 1)
    let p95 = sorted[Int(place)] + (place - place.rounded(.down)) * (sorted[Int(place) + 1] - sorted[Int(place)])
    #expect(abs((metrics[0]["canary"]?["value"]?.double ?? 0) - p95) < 1e-9)
    let errors = mine.count { $0["parse_error"]?.truth == true }
    #expect(metrics[1]["canary"]?["value"]?.double == Double(errors) / Double(mine.count))
    let cost = mine.compactMap { $0["cost_usd"]?.double }.reduce(0, +) / Double(mine.count)
    #expect(abs((metrics[2]["canary"]?["value"]?.double ?? 0) - cost) < 1e-12)
    #expect(answer["sample_ratio"]?["arms"]?.items?.map { $0["version"]?.text } == ["v6", "v7"])
  }

  @Test func aPipeAndAFileSayTheSame() throws {
    let folder = try world()
    let file = try compare(["traces/a.ndjson", "--segment", "category"], in: folder)
    let pipe = try compare(["-", "--segment", "category"], in: folder, input: TraceFixture.text)
    #expect(file == pipe && file.status == 0)
    #expect(
      file.output.contains("→ worse in category = spanish: ")
        && file.output.contains("rate(parse_error) 56.3%"), "\(file)")
  }

  /// Longer than the beginning that is looked at before the whole is asked.
  @Test func aLongPipeIsReadWhole() throws {
    let folder = try TemporaryFolder()
    let text = String(repeating: TraceFixture.text, count: 8)
    #expect(text.utf8.count > 1 << 20)
    try folder.write("log", text)
    // As text: cut into other pieces, sums differ in their last digit.
    let file = try compare(["log"], in: folder)
    let pipe = try compare(["-"], in: folder, input: text)
    #expect(file == pipe && file.status == 0)
    let counts = pipe.output.split { !$0.isNumber && $0 != "," }.compactMap { Int($0.filter(\.isNumber)) }
    #expect(counts.contains(8 * 897) && counts.contains(8 * 303), "\(pipe)")
  }

  @Test func allFormatsAnswer() throws {
    let folder = try world()
    let markdown = try compare(["traces/a.ndjson", "--format", "markdown"], in: folder)
    #expect(markdown.output.hasPrefix("## prompt\\_version: v6 → v7\n\n| Metric | v6 | n | v7 | n |"), "\(markdown)")
    let sequential = try compare(["traces/a.ndjson", "--sequential", "--format", "json"], in: folder)
    #expect(try JSON.parse(Array(sequential.output.utf8))["sequential"] == true)
  }

  struct Bad: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var text: String?
    var words = ["log"]
    let status: Int32
    let says: String
  }

  private static let row = "{\"prompt_version\":\"v6\",\"latency_ms\":1}\n"

  @Test(arguments: [
    Bad(
      testDescription: "not a log", text: "Dear all,\nno log.\n", status: 3, says: "no line could be read as a record"),
    Bad(
      testDescription: "bytes", text: "\u{0}\u{1}\u{2}ELF\u{1B}[31m\n\u{0}", status: 3, says: "no line could be read"),
    Bad(testDescription: "one JSON array", text: "[" + row + "]", status: 3, says: "one JSON array"),
    Bad(testDescription: "an empty file", text: "", status: 3, says: "the logs are empty"),
    Bad(
      testDescription: "control without canary", text: row + row, status: 3,
      says: "no record has prompt_version = v7"),
    Bad(testDescription: "a folder", words: ["."], status: 1, says: "it is a folder"),
    Bad(testDescription: "a missing file", words: ["nowhere.ndjson"], status: 1, says: "there is no such file"),
    Bad(testDescription: "a pattern for nothing", words: ["*.csv"], status: 1, says: "no file has such a name"),
    Bad(testDescription: "an empty pipe", words: ["-"], status: 3, says: "the logs are empty"),
    Bad(testDescription: "no log named", words: [], status: 2, says: "name a trace log: --traces FILE"),
    Bad(testDescription: "a bad share", words: ["log", "--share", "many"], status: 2, says: "a share is written 5%"),
    Bad(
      testDescription: "a bad metric", words: ["log", "--metric", "p95 of latency"], status: 2,
      says: "a metric is written p95(latency_ms)"),
  ])
  func badInputIsSaid(bad: Bad) throws {
    let folder = try TemporaryFolder()
    if let text = bad.text { try folder.write("log", text) }
    for format in ["text", "json"] {
      let outcome = try compare(bad.words + ["--format", format], in: folder)
      #expect(outcome.status == bad.status, "\(outcome)")
      #expect((outcome.output + outcome.errors).contains(bad.says), "\(outcome)")
      #expect(!outcome.output.contains("\u{1B}") && !outcome.errors.contains("\u{1B}"))
      if format == "json" {
        #expect(try JSON.parse(Array(outcome.output.utf8))["exit"]?.integer == Int(bad.status))
      }
    }
  }

  @Test func numbersAsTextsAndHostileNames() throws {
    let folder = try TemporaryFolder()
    let lines = (0..<200).map { index in
      "{\"prompt_version\":\"\(index % 2 == 0 ? "v6" : "v7\\u001b[2J")\",\"latency_ms\":\"\(index)\",\"cost_usd\":1e999,"
        + "\"category\":\"\\u001b]0;x\\u0007\"}\n"
    }
    try folder.write("log", lines.joined())
    let outcome = try Binary.run(
      [
        "compare", "log", "--by", "prompt_version", "--control", "v6", "--canary", "v7\u{1B}[2J", "--metric",
        "mean(latency_ms)", "--metric", "cost", "--segment", "category",
      ], in: folder)
    #expect(outcome.status == 0 && outcome.output.contains("v7\\u{1b}[2J"), "\(outcome)")
    #expect(!outcome.output.contains("\u{1B}") && !outcome.output.contains("NaN"))
    #expect(outcome.output.contains("99") && outcome.output.contains("200 values of cost_usd cannot be used"))
  }
}
