import Testing

@testable import RolloutOps

/// Samples of logs: the same from the same seed, fair to every record, and byte for byte what the log says.
@Suite struct DrawTests {
  private func draw(
    _ files: [String: String], threads: Int = 2, streams: Set<String> = [],
    _ adjust: (inout DrawQuestion) -> Void = { _ in }
  ) throws -> DrawAnswer {
    var question = DrawQuestion()
    question.allocation = .inAll(12)
    adjust(&question)
    var inputs = MemoryInputs(files)
    inputs.streams = streams
    return try Draw(inputs, crew: Crew(threads: threads)).draw(question, files.keys.sorted())
  }

  private func texts(_ answer: DrawAnswer) -> [String] {
    answer.strata.flatMap { $0.drawn.map { String(decoding: $0.text, as: UTF8.self) } }
  }

  /// Long enough for several pieces.
  private static func lines(_ count: Int, _ categories: [String] = ["a", "b", "c"], padding: Int = 300) -> [String] {
    (0..<count).map { index in
      """
      {"ts":"2026-11-20T00:00:00Z","id":\(index),"category":"\(categories[index % categories.count])",\
      "prompt_version":"v\(index % 4)","text":"\(String(repeating: "x", count: index % padding))"}
      """
    }
  }

  private static func text(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }

  @Test func neitherThreadsNorPipesChangeIt() throws {
    let log = Self.text(Self.lines(6000))
    #expect(log.utf8.count > 3 * LogFeed.pieceSize)
    let by = { (question: inout DrawQuestion) in question.strata = ["category"] }
    let one = texts(try draw(["/a": log, "/b": log], threads: 1, by))
    #expect(one.count == 12)
    #expect(texts(try draw(["/a": log, "/b": log], threads: 4, by)) == one)
    #expect(texts(try draw(["/a": log, "/b": log], threads: 4, streams: ["/a", "/b"], by)) == one)
    let other = try draw(["/a": log, "/b": log]) { question in
      by(&question)
      question.seed = 1
    }
    #expect(texts(other) != one)
  }

  @Test func everyByteIsAsItStands() throws {
    let odd = [
      "  {\"ts\" : \"2026-11-20T00:00:00Z\",\t\"id\": 1e0, \"n\":[1, {\"a\":null}]} ", "{\"id\":\"\\u00e9 é 🙂\"}\r",
      "{\"id\":1,\"id\":2}", "{ }",
    ]
    let broken = ["{\"id\":", "no record", ""]
    for stream in [false, true] {
      let log = "\u{FEFF}" + Self.text(odd + broken) + "{\"id\": 9}"
      let answer = try draw(["/log": log], streams: stream ? ["/log"] : [])
      #expect(texts(answer) == odd + ["{\"id\": 9}"])
      #expect(answer.strata[0].drawn.map(\.line) == [1, 2, 3, 4, 8])
      #expect(answer.logs[0].broken == 2 && answer.logs[0].faults.map(\.line) == [5, 6] && answer.records == 5)
    }
  }

  @Test func rowsOfCellsStandAsTheyAre() throws {
    let rows = ["1,\"said \"\"no\"\", twice\",v1", "2,\"two\nlines\",v2\r", "3,,v3"]
    let answer = try draw(["/log": "id,text,prompt_version\r\n" + Self.text(rows) + "4,too,many,cells\n"]) {
      $0.versions = [VersionLabel(field: "prompt_version", value: "v1"), .init(field: "prompt_version", value: "v2")]
    }
    #expect(texts(answer) == Array(rows.prefix(2)))
    let records = try #require(answer.strata.first).drawn
    #expect(records.map(\.line) == [2, 3] && answer.withOtherLabels == 1 && answer.logs[0].broken == 1)
    #expect(answer.logs[0].faults.map(\.line) == [6], "the header and every line of a row count")
    #expect(records[0].layout.map { String(decoding: $0.header, as: UTF8.self) } == "id,text,prompt_version")
    #expect(records[0].json == ["id": "1", "text": "said \"no\", twice", "prompt_version": "v1"])
    #expect(records[1].json == ["id": "2", "text": "two\nlines", "prompt_version": "v2"])
  }

  // MARK: Who is drawn

  /// The slow way: all numbers of a stratum, sorted.
  @Test func theLowestNumbersOfEachStratumAreDrawn() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<30 {
      let categories = (0..<Int.random(in: 1...40, using: &random)).map { "c\($0)" }
      let count = Int.random(in: 0...900, using: &random)
      let lines = (0..<count).map { index in
        "{\"id\":\(index),\"category\":\"\(categories[Int.random(in: 0..<categories.count, using: &random) / 2])\"}"
      }
      let size = Int.random(in: 1...60, using: &random)
      let isOfEach = Bool.random(using: &random)
      let answer = try draw(["/log": Self.text(lines)]) {
        ($0.strata, $0.seed, $0.allocation) = (["category"], seed, isOfEach ? .ofEach(size) : .inAll(size))
      }
      var offset = 0
      var numbers: [String: [DrawNumber]] = [:]
      for line in lines {
        let category = line.split(separator: "\"")[5]
        numbers[String(category), default: []].append(DrawNumber(seed, log: 0, offset: offset))
        offset += line.utf8.count + 1
      }
      let seen = numbers.values.map(\.count)
      let share = isOfEach ? size : DrawTally.share(of: seen, size)
      for stratum in answer.strata {
        let all = try #require(numbers[stratum.values[0] ?? ""]?.sorted())
        #expect(stratum.seen == all.count, "seed \(seed)")
        let least = min(share, all.count)
        #expect((least...(isOfEach ? least : least + 1)).contains(stratum.drawn.count), "seed \(seed)")
        let ids = Set(all.prefix(stratum.drawn.count).map(\.offset))
        let places = Set(
          stratum.drawn.map { record in lines.prefix(record.line - 1).reduce(0) { $0 + $1.utf8.count + 1 } })
        #expect(ids == places, "seed \(seed)")
      }
      #expect(answer.drawn == (isOfEach ? seen.reduce(0) { $0 + min($1, size) } : min(size, count)), "seed \(seed)")
    }
  }

  @Test(arguments: [
    ([100, 100, 100], 30, 10), ([100, 4, 100], 30, 13), ([1, 2, 3], 30, 30), ([5, 5, 5], 2, 0), ([], 7, 7),
    ([1_000_000, 7], 200, 193),
  ])
  func sharesAreEvenAndNothingIsLost(seen: [Int], size: Int, share: Int) {
    #expect(DrawTally.share(of: seen, size) == share)
  }

  @Test func everyRecordIsAsLikelyAsAnyOther() throws {
    let log = Self.text(Self.lines(50))
    var drawn = Array(repeating: 0, count: 50)
    for seed in 0..<400 {
      let answer = try draw(["/log": log], threads: 1) { ($0.seed, $0.allocation) = (UInt64(seed), .inAll(10)) }
      for record in answer.strata[0].drawn { drawn[record.line - 1] += 1 }
    }
    // Each in a fifth of 400 draws: 80, with a standard deviation of 8 and the seeds always the same.
    let statistic = drawn.reduce(0.0) { $0 + (Double($1) - 80) * (Double($1) - 80) / 64 }
    #expect(statistic < 90 && statistic > 20, "χ² of 49: \(statistic)")
  }

  /// More strata than records: some strata get one, by chance, and each size is kept.
  @Test func moreStrataThanRecords() throws {
    let lines = Self.lines(3000, (0..<700).map { "c\($0)" })
    let answer = try draw(["/log": Self.text(lines)]) { ($0.strata, $0.allocation) = (["category"], .inAll(20)) }
    #expect(answer.drawn == 20 && answer.strata.count == 700)
    #expect(answer.strata.allSatisfy { $0.drawn.count <= 1 })
  }

  @Test func valuesBeyondAnyUseAreOne() {
    var question = DrawQuestion()
    (question.strata, question.allocation) = (["id"], .ofEach(1))
    var tally = DrawTally(question, ["/log"], mostStrata: 3)
    for number in 0..<10 {
      var part = DrawTally.Part()
      var stratum = DrawTally.Stratum(values: ["\(number)"])
      stratum.seen = 2
      stratum.kept = [.init(number: DrawNumber(1, log: 0, offset: number), line: number, text: [], layout: nil)]
      part.strata = [stratum]
      tally.add(part)
    }
    let answer = tally.result()
    #expect(answer.strata.map(\.isRest) == [false, false, false, true])
    #expect(answer.strata.map(\.seen) == [2, 2, 2, 14] && answer.drawn == 4)
  }

  // MARK: What counts

  @Test func onlyWhatIsWantedIsSeen() throws {
    let lines = [
      "{\"ts\":\"2026-11-20T10:00:00Z\",\"v\":\"v7\",\"feedback\":\"down\"}",
      "{\"ts\":\"2026-11-20T11:00:00Z\",\"v\":\"v7\",\"feedback\":\"down\"}",
      "{\"ts\":\"2026-11-20T12:00:00Z\",\"v\":\"v7\",\"feedback\":\"down\"}",
      "{\"ts\":\"2026-11-20T11:00:00Z\",\"v\":\"v6\",\"feedback\":\"down\"}",
      "{\"ts\":\"2026-11-20T11:00:00Z\",\"v\":\"v7\",\"feedback\":\"up\"}", "{\"v\":\"v7\",\"feedback\":\"down\"}",
      "{\"ts\":\"2026-11-20T11:00:00Z\",\"feedback\":\"down\"}",
    ]
    let answer = try draw(["/log": Self.text(lines)]) { question in
      question.versions = [VersionLabel(field: "prompt", value: "v7")]
      question.names = FieldNames(overrides: ["prompt": "v"])
      question.filter = try? TypedSelector.included("feedback = down")
      (question.since, question.until) = (Self.hour(11), Self.hour(12))
    }
    #expect(texts(answer) == [lines[1]] && answer.records == 7)
    #expect(
      answer.filteredOut == 1 && answer.withOtherLabels == 2 && answer.outsideTime == 2 && answer.withoutTime == 1)
    #expect(answer.first == Self.hour(11) && answer.last == Self.hour(11))
  }

  private static func hour(_ hour: Int) -> Instant { Instant(seconds: 1_795_132_800 + hour * 3600) }

  @Test func recordsWithoutTheFieldAreAStratum() throws {
    let lines = [
      "{\"category\":\"b\"}", "{\"x\":1}", "{\"category\":\"a\",\"plan\":5}", "{\"category\":\"a\",\"plan\":\"5\"}",
    ]
    let answer = try draw(["/log": Self.text(lines)]) { $0.strata = ["category", "plan"] }
    #expect(answer.strata.map(\.values) == [["a", "5"], ["b", nil], [nil, nil]])
    #expect(answer.strata.map(\.seen) == [2, 1, 1])
  }
}
