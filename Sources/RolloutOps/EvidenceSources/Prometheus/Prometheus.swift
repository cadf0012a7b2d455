/// A server that answers PromQL, as a source of evidence.
package struct Prometheus: Sendable {
  /// From when to when, of which version, split by which label.
  package struct Span: Hashable, Sendable {
    package let version: String
    package let from: Instant
    package let to: Instant
    package var segment: String?

    package init(version: String, from: Instant, to: Instant, segment: String? = nil) {
      (self.version, self.from, self.to, self.segment) = (version, from, to, segment)
    }
  }

  /// Longer than that and Prometheus itself takes a series for gone.
  package static let freshness = TimeSpan.minutes(5)

  private let address: WebAddress
  private let http: any HTTP
  private let token: Secret?
  private let allowsPlain: Bool

  package init(_ address: WebAddress, _ http: any HTTP, token: Secret?, allowsPlain: Bool = false) {
    (self.address, self.http, self.token, self.allowsPlain) = (address, http, token, allowsPlain)
  }

  private static let mark = "prometheus+"

  static func isMeant(_ source: String) -> Bool { source.lowercased().hasPrefix(mark) }

  /// `prometheus+https://host:9090/path`; nil where it is no such address.
  package static func address(_ source: String) throws(WebAddress.Fault) -> WebAddress? {
    guard isMeant(source) else { return nil }
    var address = try WebAddress(source.dropFirst(mark.count))
    address.query = nil
    return address
  }

  // MARK: One query

  /// At that moment. It changes nothing on the server; POST is for the length of queries.
  func ask(_ query: String, at moment: Instant) throws(QueryTrouble) -> [PrometheusAnswer.Series] {
    var request = HTTPRequest(.post, address.below("/api/v1/query"))
    request.isWrite = false
    request.allowsPlain = allowsPlain
    request.headers = [
      HTTPRequest.Header("Content-Type", "application/x-www-form-urlencoded"),
      HTTPRequest.Header("Accept", "application/json"),
    ]
    request.authorization = token.map { Secret("Bearer \($0.plain)") }
    let body = PercentCode.form([("query", query), ("time", Self.time(moment)), ("timeout", "9s")])
    request.body = Array(body.utf8)
    let answer: HTTPAnswer
    do throws(HTTPTrouble) {
      answer = try http.answer(to: request)
    } catch {
      throw .http(error)
    }
    return try PrometheusAnswer(answer, from: address.place).series
  }

  /// Seconds since 1970 with milliseconds, which is as fine as Prometheus keeps time.
  private static func time(_ moment: Instant) -> String {
    let thousandths = Int(moment.microseconds.quotientRoundedDown(by: 1000))
    let text = String(thousandths % 1000 + 1000).dropFirst()
    return "\(thousandths / 1000).\(text)"
  }

  // MARK: A definition

  /// By the segment's value; the key of an answer that is not split is "".
  package func read(_ queries: Queries, _ span: Span, isNow: Bool) throws(QueryTrouble) -> [String: QueryFigure] {
    if let label = span.segment {
      guard QueryTemplate.isLabel(label) else { throw .badLabel(label) }
      guard queries.templates.allSatisfy(\.hasSegment) else { throw .noSegment(label) }
    }
    let figures = try figures(queries, span)
    if isNow { try checkFresh(queries.traffic, span) }
    return figures
  }

  private func figures(_ queries: Queries, _ span: Span) throws(QueryTrouble) -> [String: QueryFigure] {
    switch queries.kind {
    case .ratio(let events, let all):
      let (events, all) = (try numbers(events, span), try numbers(all, span))
      return try each(all) { (segment, count) throws(QueryTrouble) in
        // A segment without a series of its own beside others that have one has seen no event.
        try rate(events[segment] ?? 0, of: count)
      }
    case .mean(let sum, let count):
      let (sums, counts) = (try numbers(sum, span), try numbers(count, span))
      return try each(counts) { (segment, count) throws(QueryTrouble) in
        guard count >= 0, let sum = sums[segment] else {
          throw .impossible("the sum and the count do not fit together")
        }
        return .mean(count > 0 ? sum / count : .nan, count: QueryFigure.whole(count))
      }
    case .bare(let query): return try numbers(query, span).mapValues { .bare($0) }
    case .quantile(_, let query), .over(_, let query): return try buckets(query, span).mapValues { .buckets($0) }
    }
  }

  private func each(
    _ numbers: [String: Double], _ body: (String, Double) throws(QueryTrouble) -> QueryFigure
  ) throws(QueryTrouble) -> [String: QueryFigure] {
    var all: [String: QueryFigure] = [:]
    for (segment, number) in numbers { all[segment] = try body(segment, number) }
    return all
  }

  private func rate(_ events: Double, of all: Double) throws(QueryTrouble) -> QueryFigure {
    do throws(Impossible) { return try .rate(events, of: all) } catch { throw .impossible(error.why) }
  }

  private func filled(_ template: QueryTemplate, _ span: Span) -> String {
    template.filled(.init(version: span.version, window: span.to.since(span.from), segment: span.segment))
  }

  private func numbers(_ template: QueryTemplate, _ span: Span) throws(QueryTrouble) -> [String: Double] {
    let query = filled(template, span)
    let series = try ask(query, at: span.to)
    guard !series.isEmpty else { throw .empty(query: query) }
    var found: [String: Double] = [:]
    for one in series {
      guard case .number(let value) = one.value, value.isFinite else { throw .notANumber(query: query) }
      let key = span.segment.map { one.labels[$0] ?? "" } ?? ""
      guard found.updateValue(value, forKey: key) == nil else { throw .several(series.count, query: query) }
    }
    return found
  }

  private func buckets(_ template: QueryTemplate, _ span: Span) throws(QueryTrouble) -> [String: BucketedValues] {
    let query = filled(template, span)
    let series = try ask(query, at: span.to)
    guard !series.isEmpty else { throw .empty(query: query) }
    var found: [String: BucketedValues] = [:]
    var classic: [String: [(upper: Double, count: Double)]] = [:]
    for one in series {
      let key = span.segment.map { one.labels[$0] ?? "" } ?? ""
      switch one.value {
      case .histogram(let values):
        guard values.total.isFinite else { throw .notANumber(query: query) }
        guard found.updateValue(values, forKey: key) == nil else { throw .several(series.count, query: query) }
      case .number(let count):
        guard let bound = one.labels["le"].flatMap(PrometheusAnswer.number) else {
          throw .impossible("`\(query)` gives no buckets: keep the label `le` with `sum by (le) (…)`")
        }
        classic[key, default: []].append((bound, count))
      }
    }
    for (key, cumulative) in classic {
      guard let values = BucketedValues(cumulative: cumulative), found[key] == nil else {
        throw .impossible("`\(query)` gives no whole histogram: one series for each bound, up to +Inf")
      }
      found[key] = values
    }
    return found
  }

  /// A long window still shows what came in before a server fell silent.
  private func checkFresh(_ template: QueryTemplate, _ span: Span) throws(QueryTrouble) {
    guard template.hasWindow, span.to.since(span.from).seconds > Self.freshness.seconds else { return }
    let short = Span(version: span.version, from: span.to - Self.freshness, to: span.to, segment: span.segment)
    guard try !ask(filled(template, short), at: span.to).isEmpty else { throw .stale(Self.freshness) }
  }
}
