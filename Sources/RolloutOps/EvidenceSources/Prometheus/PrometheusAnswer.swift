/// What a server that speaks Prometheus' query protocol says, read strictly: an answer that is not wholly understood, or
/// that the server itself calls incomplete, is no evidence.
package struct PrometheusAnswer: Hashable, Sendable {
  package struct Series: Hashable, Sendable {
    package let labels: [String: String]
    package let value: Value
  }

  package enum Value: Hashable, Sendable {
    /// May be NaN or infinite: whoever uses it looks.
    case number(Double)
    case histogram(BucketedValues)
  }

  package let series: [Series]

  package init(_ answer: HTTPAnswer, from place: String) throws(QueryTrouble) {
    switch answer.status {
    case 401, 403: throw .refused(place: place, status: answer.status)
    case 300..<400: throw .elsewhere(place: place, status: answer.status)
    default: break
    }
    let json: JSON
    do throws(JSONError) {
      json = try JSON.parse(answer.body)
    } catch {
      throw .strange(place: place, status: answer.status, "no JSON that can be read")
    }
    if json["status"]?.text == "error" {
      let kind = json["errorType"]?.text ?? "error"
      throw .rejected(kind: kind, Self.short(json["error"]?.text ?? "without a reason"), status: answer.status)
    }
    guard answer.isSuccess, json["status"]?.text == "success", let data = json["data"] else {
      throw .strange(place: place, status: answer.status, "no answer of a Prometheus")
    }
    // Infos too: they say that the query does not mean what it seems to.
    let notes = ["warnings", "infos"].flatMap { json[$0]?.items ?? [] }.map { Self.short($0.text ?? "a warning") }
    guard notes.isEmpty else { throw .partial(notes) }
    series = try Self.series(data, place)
  }

  private static func short(_ text: String) -> String {
    let plain = Terminal.plain(text)
    return plain.count > 200 ? plain.prefix(199) + "…" : plain
  }

  private static func series(_ data: JSON, _ place: String) throws(QueryTrouble) -> [Series] {
    guard let result = data["result"]?.items else { throw .strange(place: place, status: 200, "no result in it") }
    switch data["resultType"]?.text {
    case "scalar":
      guard let value = number(.array(result)) else {
        throw .strange(place: place, status: 200, "a scalar without a value")
      }
      return [Series(labels: [:], value: .number(value))]
    case "vector":
      var all: [Series] = []
      for item in result {
        guard let members = item["metric"]?.members, let value = value(item) else {
          throw .strange(place: place, status: 200, "a series without labels or value")
        }
        var labels: [String: String] = [:]
        for member in members { labels[member.name] = member.value.text ?? "" }
        all.append(Series(labels: labels, value: value))
      }
      return all
    case let kind: throw .kind(kind.map(short) ?? "nothing")
    }
  }

  private static func value(_ item: JSON) -> Value? {
    if let value = item["value"], let number = number(value) { return .number(number) }
    guard let pair = item["histogram"]?.items, pair.count == 2, let parts = pair[1]["buckets"]?.items else {
      return nil
    }
    var buckets: [BucketedValues.Bucket] = []
    for part in parts {
      guard let fields = part.items, fields.count == 4, let lower = fields[1].text.flatMap(number),
        let upper = fields[2].text.flatMap(number), let count = fields[3].text.flatMap(number)
      else { return nil }
      buckets.append(BucketedValues.Bucket(lower: lower, upper: upper, count: count))
    }
    return .histogram(BucketedValues(buckets))
  }

  /// `[1795249182.996, "0.0514"]`
  private static func number(_ pair: JSON) -> Double? {
    guard let items = pair.items, items.count == 2, items[0].double != nil else { return nil }
    return items[1].text.flatMap(number)
  }

  static func number(_ text: String) -> Double? {
    switch text {
    case "NaN": .nan
    case "+Inf", "Inf": .infinity
    case "-Inf": -.infinity
    default: text.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) } ? Double(text) : nil
    }
  }
}

/// Why queries gave no evidence.
package enum QueryTrouble: Error, Hashable, Sendable {
  case http(HTTPTrouble)
  case refused(place: String, status: Int)
  case elsewhere(place: String, status: Int)
  case strange(place: String, status: Int, String)
  case rejected(kind: String, String, status: Int)
  /// Part of the servers behind it did not answer, or the query means something else than it says.
  case partial([String])
  case kind(String)
  case empty(query: String)
  case several(Int, query: String)
  case notANumber(query: String)
  case impossible(String)
  /// Nothing has come in lately, whatever the longer window still shows.
  case stale(TimeSpan)
  case noSegment(String)
  case badLabel(String)
  case noWindow(TimeSpan)

  /// Whether asking anything else of this server is of no use now.
  package var isOfServer: Bool {
    switch self {
    case .http, .refused, .elsewhere, .strange: true
    default: false
    }
  }

  package var sentence: String {
    switch self {
    case .http(let trouble): Sentences.http(trouble)
    case .refused(let place, let status):
      "\(place) refuses to answer (\(status)): set PROMETHEUS_TOKEN to a token that may query"
    case .elsewhere(let place, let status):
      "\(place) sends elsewhere (\(status)), where no token goes: name that address"
    case .strange(let place, let status, let why): "\(place) answers \(status) with \(why)"
    case .rejected(let kind, let why, let status): "the query fails (\(status) \(kind)): \(why)"
    case .partial(let notes): "the server warns about its own answer: \(notes.joined(separator: "; "))"
    case .kind(let kind): "the query gives a \(kind), where one number per version is needed"
    case .empty(let query): "no data for `\(query)`; where a counter may not exist yet, add `or vector(0)`"
    case .several(let count, let query): "`\(query)` gives \(count) series, where one is needed: sum them up"
    case .notANumber(let query): "`\(query)` gives no finite number"
    case .impossible(let what): what
    case .stale(let span): "nothing has come in for the last \(span)"
    case .noSegment(let attribute):
      "the query does not say `by ($segment)`, so it cannot tell one \(attribute) from another"
    case .badLabel(let name): "\(name) cannot be a label's name: map it under `Fields:`"
    case .noWindow(let span): "the query does not say `[$window]`, so it cannot look over \(span)"
    }
  }
}
