import Testing

@testable import RolloutOps

/// Records that stand in the logs twice.
@Suite struct RepeatedLinesTests {
  private func question(_ names: FieldNames = FieldNames()) -> TraceQuestion {
    TraceQuestion(
      label: "prompt_version", arms: [TraceQuestion.Arm("canary", values: ["v7"])], measures: [.mean("latency_ms")],
      names: names)
  }

  private func lines(_ count: Int, id: String = "trace_id", salt: Int = 0) -> [String] {
    (0..<count).map { index in
      "{\"ts\":\"2026-11-02T10:00:\(index % 60)Z\",\"prompt_version\":\"v7\",\"\(id)\":\"r\(index * 7919 + salt)\",\"latency_ms\":\(index % 97)}"
    }
  }

  private func ask(_ texts: [String], name: String = "a.ndjson", _ names: FieldNames = FieldNames()) throws
    -> TraceEvidence
  {
    var inputs = MemoryInputs()
    var paths: [String] = []
    for (index, text) in texts.enumerated() {
      let path = "/logs/\(index)-\(name)"
      inputs.files[path] = Array(text.utf8)
      paths.append(path)
    }
    return try TraceLogs(inputs).ask(question(names), paths)
  }

  /// However many come at once, and however often room has to be made for them.
  @Test(arguments: [1, 7, 300, 5000]) func digestsAreKnownAgain(atOnce: Int) {
    let seed: UInt64 = 77
    var random = SplitMix64(seed: seed)
    var (seen, known, again) = (SeenDigests(), Set<UInt64>(), 0)
    #expect(seen.repeatedShare == 0)
    var all: [UInt64] = []
    for _ in 0..<20_000 {
      let old = Int.random(in: 0..<4, using: &random) == 0 ? all.randomElement(using: &random) : nil
      all.append(old ?? UInt64.random(in: 1 ... .max, using: &random))
      again += known.insert(all[all.count - 1]).inserted ? 0 : 1
    }
    for start in stride(from: 0, to: all.count, by: atOnce) {
      seen.add(Array(all[start..<min(start + atOnce, all.count)]))
    }
    #expect(seen.count == all.count && seen.repeatedShare == Double(again) / Double(all.count), "seed \(seed)")
  }

  @Test func aFileThatIsReadTwiceIsFound() throws {
    let text = lines(4000).joined(separator: "\n") + "\n"
    #expect(try ask([text]).repeated == 0)
    #expect(try ask([text, text]).repeated == 0.5)
    // Without a line break at the end, and with the other kind.
    #expect(try ask([text, lines(4000).joined(separator: "\r\n")]).repeated == 0.5)
  }

  @Test func aPartThatWasSentAgainIsFound() throws {
    let all = lines(20_000)
    let share = try ask([(all + all.prefix(2000)).joined(separator: "\n")]).repeated
    #expect(share > 0.07 && share < 0.11, "\(share)")
  }

  /// Without an id two requests may look alike.
  @Test func linesWithoutAnIdAreTwoRequests() throws {
    let text = lines(4000, id: "shard").joined(separator: "\n")
    #expect(try ask([text, text]).repeated == 0)
    #expect(try ask([text, text], FieldNames(overrides: ["trace_id": "shard"])).repeated == 0.5)
  }

  /// The id need not stand where it stood in the line before.
  @Test func theIdMayStandAnywhere() throws {
    let moved = lines(4000).enumerated().map { index, line in
      index % 2 == 0 ? line : line.replacing("{", with: "{\"pad\":\"\(String(repeating: "x", count: index % 9))\",")
    }
    let text = moved.joined(separator: "\n")
    #expect(try ask([text, text]).repeated == 0.5)
  }

  @Test func rowsBelowAHeaderAreLookedAtToo() throws {
    let rows = (0..<4000).map { "2026-11-02T10:00:\($0 % 60)Z,v7,request-\($0 * 7919),\($0 % 97).5" }
    func text(_ id: String) -> String { "ts,prompt_version,\(id),latency_ms\n" + rows.joined(separator: "\n") + "\n" }
    #expect(try ask([text("request_id"), text("request_id")], name: "a.csv").repeated == 0.5)
    #expect(try ask([text("shard"), text("shard")], name: "a.csv").repeated == 0)
  }
}
