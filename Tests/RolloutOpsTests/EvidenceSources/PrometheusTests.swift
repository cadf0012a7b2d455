import Testing

@testable import RolloutOps

/// What a metrics server says, by value: only a whole, fresh, single and finite answer is evidence.
@Suite struct PrometheusTests {
  static let now = Instant(seconds: 1_795_255_200)
  static let query = #"sum(increase(a{v="v7"}[60s]))"#
  static let events = #"sum(increase(e{v="v7"}[60s]))"#

  private func template(_ text: String) throws -> QueryTemplate { try QueryTemplate(text) }
  private func bare() throws -> Queries {
    Queries("m", .bare(try template(#"sum(increase(a{v="$version"}[$window]))"#)))
  }
  private func ratio() throws -> Queries {
    Queries(
      "m",
      .ratio(
        events: try template(#"sum(increase(e{v="$version"}[$window]))"#),
        all: try template(#"sum(increase(a{v="$version"}[$window]))"#)))
  }

  private func read(
    _ queries: Queries, _ stubs: [ScriptedHTTP.Stub], seconds: Int = 60, segment: String? = nil
  ) throws -> [String: QueryFigure] {
    let http = ScriptedHTTP(stubs)
    defer { #expect(http.unused == []) }
    let server = Prometheus(try WebAddress("https://prom/x"), http, token: Secret("t"))
    let span = Prometheus.Span(
      version: "v7", from: Self.now - TimeSpan(seconds: seconds), to: Self.now, segment: segment)
    return try server.read(queries, span, isNow: true)
  }

  private func trouble(_ queries: Queries, _ stubs: [ScriptedHTTP.Stub], seconds: Int = 60) -> QueryTrouble? {
    do { _ = try read(queries, stubs, seconds: seconds) } catch { return error as? QueryTrouble }
    return nil
  }

  @Test func theRequestIsAForm() throws {
    let http = ScriptedHTTP([.number(Self.query, "1")])
    let server = Prometheus(try WebAddress("https://prom/x/"), http, token: Secret("planted-token"))
    _ = try server.ask(Self.query, at: Instant(microseconds: 1_795_255_200_123_456))
    let request = try #require(http.requests.first)
    #expect(request.address.description == "https://prom/x/api/v1/query")
    #expect(request.authorization?.plain == "Bearer planted-token")
    #expect(request.headers.contains(.init("Content-Type", "application/x-www-form-urlencoded")))
    #expect(ScriptedHTTP.body(request).hasSuffix("&time=1795255200.123&timeout=9s"))
  }

  @Test(arguments: [
    ("prometheus+https://h:9090", "https://h:9090/"), ("prometheus+http://127.0.0.1:9090/p", "http://127.0.0.1:9090/p"),
    ("traces/*.ndjson", nil), ("https://h", nil),
  ])
  func theAddressSaysWhatItIs(source: String, address: String?) throws {
    #expect(try Prometheus.address(source)?.description == address)
  }

  @Test func oneNumberIsABareNumber() throws {
    #expect(try read(bare(), [.number(Self.query, "0.25")]) == ["": .bare(0.25)])
    let scalar = #"{"status":"success","data":{"resultType":"scalar","result":[1,"1055"]}}"#
    #expect(try read(bare(), [.said(Self.query, scalar)]) == ["": .bare(1055)])
  }

  @Test(arguments: [
    // Events, requests, what is counted: estimates are rounded, and an event is never rounded away.
    ("3.7", "728.57", 4, 729), ("0", "728.57", 0, 729), ("0.2", "728.57", 1, 729), ("10.1", "10", 10, 10),
    ("0", "0", 0, 0),
    ("0.4", "0.4", 1, 1),
  ])
  func aRatioCounts(events: String, all: String, counted: Int, of: Int) throws {
    let found = try read(ratio(), [.number(Self.events, events), .number(Self.query, all)])
    #expect(found == ["": .rate(events: counted, of: of)])
  }

  @Test(arguments: [("30", "20"), ("-1", "20"), ("1", "-20")]) func aRatioThatCannotBeIsNone(
    events: String, all: String
  ) throws {
    let found = trouble(try ratio(), [.number(Self.events, events), .number(Self.query, all)])
    guard case .impossible = found else { return #expect(found == .impossible("")) }
  }

  @Test func noDataIsNoEvidence() throws {
    #expect(trouble(try bare(), [.vector(Self.query, [])]) == .empty(query: Self.query))
    #expect(trouble(try ratio(), [.vector(Self.events, [])]) == .empty(query: Self.events))
  }

  @Test(arguments: ["NaN", "+Inf", "-Inf"]) func whatIsNoNumberIsNoEvidence(value: String) throws {
    #expect(trouble(try bare(), [.number(Self.query, value)]) == .notANumber(query: Self.query))
  }

  @Test func severalSeriesAreNotAddedUp() throws {
    let two = [("{\"tenant\":\"a\"}", "1"), ("{\"tenant\":\"b\"}", "2")]
    #expect(trouble(try bare(), [.vector(Self.query, two)]) == .several(2, query: Self.query))
  }

  @Test(arguments: [
    (400, #"{"status":"error","errorType":"bad_data","error":"parse error"}"#, false),
    (200, #"{"status":"error","errorType":"execution","error":"x"}"#, false),
    (200, #"{"status":"success","warnings":["one store is down"],"data":{"resultType":"vector","result":[]}}"#, false),
    (200, #"{"status":"success","infos":["not a counter"],"data":{"resultType":"scalar","result":[1,"1"]}}"#, false),
    (200, #"{"status":"success","data":{"resultType":"matrix","result":[]}}"#, false),
    (200, #"{"status":"success","data":{"resultType":"string","result":[1,"x"]}}"#, false),
    (401, "", true), (403, "no", true), (302, "", true), (502, "<html>", true), (200, "<html>", true), (200, "", true),
    (200, #"{"status":"success","data":{"resultType":"scalar","result":[1,""#, true), (200, "[]", true),
    (200, #"{"status":"success","data":{"resultType":"scalar","result":["1",1]}}"#, true),
    (200, #"{"status":"success","data":{"resultType":"scalar","result":[1,"0x10"]}}"#, true),
    (200, #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{}}]}}"#, true),
    (500, #"{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}"#, true),
  ])
  func noOtherAnswerIsEvidence(status: Int, body: String, isOfServer: Bool) throws {
    let found = try #require(trouble(try bare(), [.said(Self.query, body, status)]))
    #expect(found.isOfServer == isOfServer, "\(found.sentence)")
    #expect(!found.sentence.isEmpty)
  }

  @Test func aServerThatSaysNothingIsSaid() throws {
    let found = try #require(trouble(try bare(), [.failed(Self.query, .unresolved)]))
    #expect(found.isOfServer && found.sentence.contains("no address"))
  }

  @Test func whatIsLongAgoIsStale() throws {
    let hour = Self.query.replacing("60s", with: "3600s")
    let fresh = Self.query.replacing("60s", with: "300s")
    #expect(try read(bare(), [.number(hour, "5"), .number(fresh, "0")], seconds: 3600) == ["": .bare(5)])
    #expect(trouble(try bare(), [.number(hour, "5"), .vector(fresh, [])], seconds: 3600) == .stale(.minutes(5)))
  }

  @Test func segmentsAreToldApartByTheirLabel() throws {
    let queries = Queries(
      "m",
      .ratio(
        events: try template(#"sum by ($segment) (e{v="$version"})"#),
        all: try template(#"sum by ($segment) (a{v="$version"})"#)))
    let stubs: [ScriptedHTTP.Stub] = [
      .vector(#"sum by (tenant) (e{v="v7"})"#, [(#"{"tenant":"a"}"#, "3")]),
      .vector(#"sum by (tenant) (a{v="v7"})"#, [(#"{"tenant":"a"}"#, "10"), (#"{"tenant":"b"}"#, "20")]),
    ]
    #expect(
      try read(queries, stubs, segment: "tenant") == ["a": .rate(events: 3, of: 10), "b": .rate(events: 0, of: 20)])
    #expect(throws: QueryTrouble.badLabel("a) or (b")) { try read(queries, [], segment: "a) or (b") }
    #expect(throws: QueryTrouble.noSegment("tenant")) { try read(bare(), [], segment: "tenant") }
  }

  // MARK: Histograms

  private static let classic: [(labels: String, value: String)] = [
    (#"{"le":"+Inf"}"#, "100"), (#"{"le":"0.5"}"#, "40"), (#"{"le":"1"}"#, "80"), (#"{"le":"3"}"#, "98"),
  ]

  private func histogram() throws -> Queries {
    Queries("m", .quantile(0.95, buckets: try template(#"b{v="$version"}"#)))
  }

  private func buckets(_ stub: ScriptedHTTP.Stub) throws -> BucketedValues {
    guard case .buckets(let values)? = try read(histogram(), [stub])[""] else { throw QueryTrouble.impossible("none") }
    return values
  }

  @Test func aClassicHistogramIsRead() throws {
    let values = try buckets(.vector(#"b{v="v7"}"#, Self.classic))
    #expect(values.total == 100)
    #expect(values.count(over: 3) == 2 && values.count(over: 0.5) == 60)
    #expect(values.count(over: 2) == nil, "no bound, no count")
    // As histogram_quantile: 1 + (3 - 1) * (95 - 80) / 18.
    #expect(abs((values.quantile(0.95)?.value ?? 0) - (1 + 2 * 15.0 / 18)) < 1e-12)
    #expect(abs((values.quantile(0.2)?.value ?? 0) - 0.25) < 1e-12)
    #expect(values.quantile(0.99).map { $0.value == 3 && $0.isAtLeast } == true)
  }

  @Test func aNativeHistogramIsRead() throws {
    let values = try buckets(
      .said(
        #"b{v="v7"}"#,
        #"""
        {"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{"count":"10","sum":"9",
        "buckets":[[0,"0.5","1","4"],[0,"1","2","6"]]}]}]}}
        """#))
    #expect(values.total == 10 && values.count(over: 1) == 6)
    #expect(values.quantile(0.7)?.value == 1.5)
  }

  @Test(arguments: [
    [(#"{"le":"1"}"#, "5"), (#"{"le":"3"}"#, "6")], [(#"{"le":"+Inf"}"#, "5")], [("{}", "5")],
    [(#"{"le":"1"}"#, "5"), (#"{"le":"1"}"#, "5"), (#"{"le":"+Inf"}"#, "6")],
    [(#"{"le":"1"}"#, "NaN"), (#"{"le":"+Inf"}"#, "6")],
  ])
  func halfAHistogramIsNone(series: [(String, String)]) throws {
    let found = trouble(try histogram(), [.vector(#"b{v="v7"}"#, series.map { (labels: $0.0, value: $0.1) })])
    guard case .impossible = found else { return #expect(found == .impossible("")) }
  }

  @Test func anEmptyHistogramHasNoQuantile() throws {
    let values = try buckets(.vector(#"b{v="v7"}"#, Self.classic.map { (labels: $0.labels, value: "0") }))
    #expect(values.quantile(0.95) == nil)
  }
}
