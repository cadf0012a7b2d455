import Foundation
import Testing

@testable import RolloutOps

/// Logs that are none, that never end, or that are read by several threads.
@Suite struct LogTrapTests {
  private static let question = TraceLogsTests.question(.quantile("latency_ms"), .mean("cost_usd"))

  static func log(_ count: Int, _ random: inout SplitMix64, padding: Int = 0) -> String {
    (0..<count).map { _ in
      let arm = Bool.random(using: &random) ? "v6" : "v7"
      let latency = Double.random(in: 1...1000, using: &random)
      let cost = Double.random(in: 0...1, using: &random)
      let tenant = Int.random(in: 0..<50, using: &random)
      let filler = String(repeating: "x", count: padding == 0 ? 0 : Int.random(in: 0...padding, using: &random))
      return """
        {"ts":1795256829,"prompt_version":"\(arm)","tenant":"t\(tenant)","latency_ms":\(latency),"cost_usd":\(cost),\
        "answer":"\(filler)"}\n
        """
    }.joined()
  }

  private static func bits(_ evidence: TraceEvidence) -> [[UInt64]] {
    evidence.cells.map { cell in
      cell.samples.flatMap { sample in
        [UInt64(sample.count), sample.moments.mean.bitPattern, sample.moments.squares.bitPattern]
          + sample.values.map(\.bitPattern) + sample.totals.map(\.sum.bitPattern) + sample.owners.map(UInt64.init)
      }
    }
  }

  @Test func anyNumberOfThreadsGivesTheSameBits() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    let inputs = MemoryInputs([
      "/a": Self.log(9000, &random, padding: 300), "/b": Self.log(30, &random), "/c": Self.log(3000, &random),
    ])
    var question = Self.question
    (question.unit, question.segments) = ("tenant", ["tenant"])
    var seen: Set<[[UInt64]]> = []
    for threads in [1, 2, 3, 8] {
      let evidence = try TraceLogs(inputs, crew: Crew(threads: threads)).ask(question, ["/a", "/b", "/c"])
      #expect(evidence.records == 12_030)
      seen.insert(Self.bits(evidence))
    }
    #expect(seen.count == 1, "seed \(seed)")
  }

  /// Lines of every length against every place where a piece may end.
  @Test func noLineIsLostOrReadTwiceBetweenPieces() throws {
    let piece = LogFeed.pieceSize
    let record = #"{"prompt_version":"v6","latency_ms":1}"# + "\n"
    for offset in -2...2 {
      let filler = piece + offset - record.utf8.count * 2 - 9
      let log = record + #"{"x":""# + String(repeating: "y", count: filler) + "\"}\n" + record + record
      let evidence = try TraceLogsTests.ask(log, Self.question)
      #expect(evidence.records == 4 && evidence.broken == 0, "\(offset)")
      #expect(evidence.cells.first?.records == 3)
      #expect(try TraceLogsTests.ask(log, Self.question, stream: true).records == 4)
    }
    // A line over several pieces, which none of them but the first may read.
    let long =
      record + #"{"latency_ms":5,"prompt_version":"v6","x":""# + String(repeating: "y", count: piece * 3) + "\"}\n"
      + record
    let evidence = try TraceLogsTests.ask(long, Self.question)
    #expect(evidence.cells.first?.samples[0].values == [1, 5, 1])
    #expect(evidence.log("/l")?.lines == 3)
  }

  @Test func aLineOfFiftyMegabytesIsBrokenAndTheRestIsRead() throws {
    let record = #"{"prompt_version":"v6","latency_ms":1}"# + "\n"
    let log = record + #"{"prompt_version":"v6","x":""# + String(repeating: "y", count: 50 << 20) + "\"}\n" + record
    for stream in [false, true] {
      let evidence = try TraceLogsTests.ask(log, Self.question, stream: stream)
      #expect(evidence.records == 2)
      #expect(evidence.log("/l")?.faults == [TraceEvidence.Log.Fault(line: 2, reason: LogFeed.longLineReason)])
      #expect(evidence.log("/l")?.lines == 3)
    }
  }

  @Test func brokenLinesAreNumberedThroughTheWholeLog() throws {
    let record = #"{"prompt_version":"v6","latency_ms":1,"x":"\#(String(repeating: "y", count: 5000))"}"# + "\n"
    let log = String(repeating: record, count: 400) + "oops\n\n" + String(repeating: record, count: 400) + "{\n"
    for stream in [false, true] {
      let found = try #require(try TraceLogsTests.ask(log, Self.question, stream: stream).log("/l"))
      #expect(found.faults.map(\.line) == [401, 803])
      #expect((found.records, found.broken, found.lines) == (800, 2, 803))
    }
  }

  @Test(arguments: [
    ("", 0, 0), ("\n\n", 0, 0), ("PNG\u{1}\u{2}\n\u{3}\n", 2, 0), ("# Title\n\nSome prose, and more\n", 2, 0),
    ("[{\"latency_ms\":1}]\n", 1, 0), ("{\"a\":1}\n", 0, 1),
  ])
  func whatIsNoLogHasNoRecords(text: String, broken: Int, records: Int) throws {
    for stream in [false, true] {
      let evidence = try TraceLogsTests.ask(text, Self.question, stream: stream)
      #expect((evidence.broken, evidence.records) == (broken, records), "\(text)")
      #expect(evidence.cells.isEmpty)
    }
  }

  @Test func gzipDataOnStandardInputIsSaidToBeThat() throws {
    var inputs = MemoryInputs()
    inputs.files = ["-": [0x1F, 0x8B, 8, 0, 0]]
    inputs.streams = ["-"]
    let evidence = try TraceLogs(inputs, crew: Crew(threads: 1)).ask(Self.question, ["-"])
    #expect(evidence.log("-")?.faults.first?.reason.contains("zcat") == true)
  }

  @Test func aMissingLogIsATroubleForAnyNumberOfThreads() {
    for threads in [1, 2] {
      #expect(throws: FileTrouble(.reading, "/b", .missing)) {
        try TraceLogs(MemoryInputs(["/a": "{}\n"]), crew: Crew(threads: threads)).ask(Self.question, ["/a", "/b"])
      }
    }
  }

  @Test func aBillionInOneCellIsANumberLikeOthers() throws {
    let log =
      #"{"prompt_version":"v6","latency_ms":1000000000}"# + "\n" + #"{"prompt_version":"v6","latency_ms":1e400}"#
    let evidence = try TraceLogsTests.ask(log, Self.question)
    #expect(evidence.cells.first?.samples[0].values == [1e9])
    #expect(evidence.field("latency_ms")?.unreadable == 1)
  }

  // MARK: Bounds

  @Test func beyondTheLimitValuesAreThinnedTheSameWayEveryTime() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    let inputs = MemoryInputs(["/a": Self.log(20_000, &random)])
    var limits = TraceTally.Limits()
    limits.values = 3000
    var seen: Set<[[UInt64]]> = []
    for threads in [1, 2] {
      let evidence = try TraceLogs(inputs, crew: Crew(threads: threads), limits: limits).ask(Self.question, ["/a"])
      let kept = evidence.cells.map { $0.samples[0].values.count }
      #expect(kept.reduce(0, +) <= 3000 && kept.allSatisfy { $0 > 500 }, "seed \(seed): \(kept)")
      #expect(evidence.thinning == 8)
      #expect(evidence.cells.map { $0.samples[1].count }.reduce(0, +) == 20_000)
      let mean = evidence.cells[0].samples[0].moments.mean
      #expect(abs(mean - 500) < 60, "seed \(seed): \(mean)")
      seen.insert(Self.bits(evidence))
    }
    #expect(seen.count == 1, "seed \(seed)")
  }

  @Test func beyondTheLimitUnitsAreGroupedAndSegmentsCounted() throws {
    let log = (0..<100).map { #"{"prompt_version":"v6","tenant":"t\#($0)","latency_ms":\#($0)}"# + "\n" }.joined()
    var limits = TraceTally.Limits()
    (limits.units, limits.cells) = (8, 11)
    var question = Self.question
    (question.unit, question.segments) = ("tenant", ["tenant"])
    let evidence = try TraceLogs(MemoryInputs(["/a": log]), crew: Crew(threads: 1), limits: limits)
      .ask(question, ["/a"])
    #expect(evidence.pooledUnits)
    #expect(evidence.cell(arm: 0)?.units == 8)
    #expect(evidence.cell(arm: 0)?.samples[0].totals.map(\.count).reduce(0, +) == 100)
    #expect(evidence.cells.count == 11 && evidence.uncounted == 90)
    #expect(evidence.crossing().units == 0)
  }
}
