import Testing

@testable import RolloutOps

/// From logs to a comparison, in a world without files.
@Suite struct CompareTests {
  static let log = "/w/traces.ndjson"

  /// 100 records of v6 and 50 of v7, by ten tenants a version. Of v7 every fifth fails, of v6 every twentieth.
  static let lines: [String] = (0..<150).map { index in
    let isNew = index % 3 == 0
    let number = isNew ? index / 3 : index - index / 3 - 1
    let fails = number % (isNew ? 5 : 20) == 0
    let time = "2026-11-21T0\(index / 60):\(index % 60 < 10 ? "0" : "")\(index % 60):00Z"
    return """
      {"ts": "\(time)", "prompt_version": "\(isNew ? "v7" : "v6")", "tenant": "\(isNew ? "new" : "old")\(number % 10)", \
      "error": \(fails), "latency_ms": \(100 + number), "plan": "\(index % 2 == 0 ? "paid" : "free")"}
      """
  }

  private func report(
    _ lines: [String] = lines, isStream: Bool = false, _ adjust: (inout Compare.Request) -> Void = { _ in }
  ) throws(Trouble) -> ComparisonReport {
    var request = Compare.Request()
    (request.label, request.control, request.canaries) = ("prompt_version", "v6", ["v7"])
    request.traces = [isStream ? "-" : "traces.ndjson"]
    adjust(&request)
    var inputs = MemoryInputs([(isStream ? "-" : Self.log): lines.map { $0 + "\n" }.joined()])
    if isStream { inputs.streams = ["-"] }
    let world = World()
    return try Compare(
      context: Context(
        clock: world.clock, files: world.files, inputs: inputs, output: world.output,
        surroundings: Surroundings(workingFolder: "/w", actor: "maya", host: "box", process: 7))
    ).report(request)
  }

  private func names(_ report: ComparisonReport) -> [String] { report.rows.map(\.metric.name) }

  @Test func whatTheLogCarriesIsCompared() throws {
    let report = try report()
    #expect(names(report) == ["p50(latency_ms)", "p95(latency_ms)", "rate(error)"])
    let error = try #require(report.rows.last).comparison
    #expect(error.canary.count == 50 && error.canary.value == 0.2)
    #expect(error.control.count == 100 && error.control.value == 0.05)
    #expect(report.rows[0].comparison.control.value == 149.5 && report.rows[0].comparison.canary.value == 124.5)
    #expect(report.unit == "tenant" && report.ratio.arms.map(\.units) == [10, 10])
    #expect(report.status == .done && report.reasons == [])
    // p95 of 50 records has no interval; the others have.
    #expect(report.rows.map(\.comparison.gap) == [nil, .tooFewValues, nil])
  }

  @Test func aStreamIsReadOnceAndWhole() throws {
    let (file, stream) = (try report(), try report(isStream: true))
    #expect(stream.json.written(.compact) == file.json.written(.compact))
    #expect(stream.unit == "tenant")
  }

  /// Longer than the beginning that is looked at first.
  @Test func aLongStreamIsWhole() throws {
    let padding = String(repeating: "x", count: 5000)
    let long = Self.lines.map { $0.replacing("\"plan\"", with: "\"prompt\": \"\(padding)\", \"plan\"") }
    #expect(long.joined().utf8.count > 2 * LogFeed.pieceSize)
    #expect(try report(long, isStream: true).json.written(.compact) == report().json.written(.compact))
  }

  @Test func theUnitIsTheOneThatTheLogCarries() throws {
    let users = Self.lines.map { $0.replacing("\"tenant\"", with: "\"user_id\"") }
    #expect(try report(users).unit == "user")
    let nobody = Self.lines.map { $0.replacing("\"tenant\"", with: "\"shoe\"") }
    let report = try report(nobody)
    #expect(report.unit == nil && report.ratio.arms.map(\.units) == [nil, nil])
    #expect(report.remarks.contains { $0.hasPrefix("no tenant or user is known: every record counts for itself") })
    let asked = try self.report { $0.unit = "none" }
    #expect(asked.unit == nil && !asked.remarks.contains { $0.contains("counts for itself") })
  }

  @Test func someRecordsAlone() throws {
    let paid = try report { $0.filter = "plan = paid" }
    #expect(paid.rows.last?.comparison.canary.count == 25)
    let late = try report { $0.since = "2026-11-21T01:00:00Z" }
    #expect(late.rows.last?.comparison.canary.count == 30)
    #expect(
      late.first == Instant(microseconds: 1_795_222_800_000_000), "\(late.first.map { "\($0.microseconds)" } ?? "")")
  }

  @Test func severalCanariesAreCorrectedTogether() throws {
    let more =
      Self.lines
      + Self.lines.filter { $0.contains("\"v7\"") }.map {
        $0.replacing("v7", with: "v8").replacing("\"new", with: "\"newer")
      }
    let report = try report(more) {
      $0.canaries = ["v7", "v8"]
      $0.metrics = ["rate(error)", "p50(latency_ms)"]
    }
    #expect(report.rows.map(\.canary) == ["v7", "v8", "v7", "v8"])
    #expect(report.tests == 4)
    #expect(report.rows.map(\.adjusted) == Corrections.holm(report.rows.map(\.comparison.pValue)))
    #expect(report.json["canary"]?.items?.count == 2)
  }

  @Test func aSegmentThatGotWorseIsNamed() throws {
    // In one category v7 fails always, in another never; in a third there are too few.
    let lines = (0..<1000).map { index in
      let isNew = index % 2 == 0
      let category = index < 100 ? "es" : index < 990 ? "en" : "fr"
      let fails = isNew && category == "es" || index % 10 < 2
      return "{\"prompt_version\": \"\(isNew ? "v7" : "v6")\", \"category\": \"\(category)\", \"error\": \(fails)}"
    }
    let report = try report(lines) { $0.segment = "category" }
    #expect(report.segments.map(\.value) == ["en", "es"] && report.smallSegments == 1)
    #expect(report.segments.map(\.records) == [890, 100])
    #expect(report.worseSegments.map(\.segment.value) == ["es"])
    #expect(report.json["worse_segments"] == ["es"])
  }

  @Test func aUnitAsSegmentIsHeldAgainstTheWholeControl() throws {
    let lines =
      Self.lines
      + (0..<40).map { _ in
        "{\"ts\": \"2026-11-21T02:40:00Z\", \"prompt_version\": \"v7\", \"tenant\": \"loop\", \"error\": true, \"latency_ms\": 90}"
      }
    let report = try report(lines) { $0.segment = "tenant" }
    #expect(report.segments.map(\.value) == ["loop"] && report.smallSegments == 10)
    #expect(report.segments.first?.rows.last?.comparison.control.count == 100)
    #expect(report.worseSegments.first?.rows.map(\.metric.name) == ["rate(error)"])
  }

  @Test func theSplitIsTested() throws {
    let meant = try report { $0.share = Percentage(percent: 50) }
    #expect(meant.ratio.pValue == 1 && !meant.ratio.isOff)
    // 10 of 20 units where 1 was meant: (10-1)²/1 + (10-19)²/19 = 85.26
    let off = try report { $0.share = Percentage(percent: 5) }
    #expect(abs((off.ratio.statistic ?? 0) - 85.26315789473684) < 1e-9 && off.ratio.isOff)
    #expect(off.json["sample_ratio"]?["counts"] == "units")
    let unknown = try report {
      $0.share = Percentage(percent: 50)
      $0.unit = "none"
    }
    #expect(abs((unknown.ratio.statistic ?? 0) - 100.0 / 6) < 1e-9, "50 of 150 records where 75 were meant")
  }

  // MARK: Bad evidence

  @Test func whatIsWrongIsSaid() throws {
    let lines =
      Self.lines + [
        "{\"prompt_version\": \"v7\", \"tenant\": \"old0\", \"error\": \"no\", \"latency_ms\": \"fast\"}",
        "{\"tenant\": \"old1\"}", "{\"prompt_version\": \"v5\"}",
        "{\"prompt_version\": \"v6\", \"latency_ms\": \"12.5\"}",
        "not json",
      ]
    let report = try report(lines)
    #expect(
      report.remarks == [
        "traces.ndjson:155: broken: \(report.brokenReason)", "1 of 154 records carry no prompt_version",
        "1 of 154 records are of another prompt_version: v5 (1)", "1 records carry no tenant; each counts for itself",
        "1 tenant is in more than one version: old0", "1 values of latency_ms cannot be used",
        "rate(error): with 15 events in v7 and v6 the test is rough; --sequential counts exactly",
      ], "\(report.remarks)")
    #expect(report.status == .done)
    #expect(report.rows.first?.comparison.control.count == 101, "a number as a text is a number")
  }

  struct Nothing: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let lines: [String]
    let reason: String
    var adjust: @Sendable (inout Compare.Request) -> Void = { _ in }
  }

  @Test(arguments: [
    Nothing(testDescription: "no line", lines: [], reason: "the logs are empty"),
    Nothing(testDescription: "no record", lines: ["a", "b"], reason: "no line could be read as a record"),
    Nothing(
      testDescription: "mostly broken", lines: lines.prefix(3) + ["a", "b", "c", "d"],
      reason: "4 lines are broken and only 3 are not"),
    Nothing(
      testDescription: "no control", lines: lines, reason: "no record has prompt_version = v5; there are v6 (100)",
      adjust: { $0.control = "v5" }),
    Nothing(
      testDescription: "no canary", lines: lines, reason: "no record has prompt_version = v9; there are v7 (50)",
      adjust: { $0.canaries = ["v9"] }),
    Nothing(
      testDescription: "no label", lines: lines, reason: "no record carries model_version",
      adjust: { $0.label = "model_version" }),
    Nothing(
      testDescription: "nobody selected", lines: lines, reason: "no record is plan = gold",
      adjust: { $0.filter = "plan = gold" }),
    Nothing(
      testDescription: "no such field", lines: lines, reason: "no metric that was asked for has a value",
      adjust: { $0.metrics = ["mean(latencyms)"] }),
    Nothing(
      testDescription: "no usual field", lines: ["{\"prompt_version\":\"v6\"}", "{\"prompt_version\":\"v7\"}"],
      reason: "the records carry none of the usual fields"),
    Nothing(
      testDescription: "too few", lines: Array(lines.prefix(20)), reason: "the versions have too few values",
      adjust: { $0.metrics = ["p99(latency_ms)"] }),
    Nothing(
      testDescription: "nothing since", lines: lines, reason: "no record in that time has prompt_version = v6",
      adjust: { $0.since = "2026-11-21T09:00:00Z" }),
  ])
  func thereIsNothingToCompare(nothing: Nothing) throws {
    let report = try report(nothing.lines, nothing.adjust)
    #expect(report.status == .hold)
    #expect(report.reasons.first?.hasPrefix(nothing.reason) == true, "\(report.reasons)")
    #expect(report.json["exit"] == 3)
    #expect(ComparisonText(report, ink: .none, width: 80).text.contains("→ nothing to compare: "))
  }

  @Test(arguments: [
    Nothing(testDescription: "itself", lines: lines, reason: "v6 cannot be compared with itself") {
      $0.canaries = ["v6"]
    },
    Nothing(testDescription: "a metric", lines: lines, reason: "--metric latncy: ") { $0.metrics = ["latncy"] },
    Nothing(testDescription: "a time", lines: lines, reason: "--since soon is no time") { $0.since = "soon" },
    Nothing(testDescription: "a selector", lines: lines, reason: "plan = paid and: ") { $0.filter = "plan = paid and" },
    Nothing(testDescription: "a share", lines: lines, reason: "--share 50% leaves nobody") {
      $0.share = Percentage(percent: 50)
      $0.canaries = ["v7", "v8"]
    },
  ])
  func senselessIsRefused(nothing: Nothing) throws {
    #expect {
      try report(nothing.lines, nothing.adjust)
    } throws: { error in
      let trouble = error as? Trouble
      return trouble?.status == .usage && trouble?.sentences.first?.hasPrefix(nothing.reason) == true
    }
  }

  @Test func aLogThatIsNotThereIsTrouble() {
    #expect { try report { $0.traces = ["nowhere.ndjson"] } } throws: { ($0 as? Trouble)?.status == .inconclusive }
    #expect { try report { $0.traces = ["nothing-*.ndjson"] } } throws: { ($0 as? Trouble)?.status == .inconclusive }
  }
}

extension ComparisonReport {
  /// The reader's own words are tested beside the reader.
  fileprivate var brokenReason: String {
    remarks.first { $0.contains(": broken: ") }.map { String($0.split(separator: ": ", maxSplits: 2).last ?? "") } ?? ""
  }
}
