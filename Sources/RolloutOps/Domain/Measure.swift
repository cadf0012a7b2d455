/// How a metric is computed: from the records of a trace log, or by queries to a metrics server.
package enum Measure: Hashable, Sendable {
  /// The share of records in which something happened: `rate(parse_error)`.
  case rate(String)
  /// The share of records whose field has that value: `share(feedback = down)`.
  case share(String, of: String)
  case mean(String)
  /// `p95(latency_ms)`; the level is a fraction.
  case quantile(Double, String)
  /// `sum(cost_usd) per hour`
  case sum(String, per: TimeSpan?)
  /// How often it happened: `count(policy_violation)`.
  case count(String, per: TimeSpan?)
  /// How many records there were: `count(*) per hour`.
  case records(per: TimeSpan?)
  /// How many values of the field only the canary has: `new(error_type)`.
  case novel(String)
  /// `0.5 mean(judge) + 0.3 share(feedback = up) + 0.2 rate(task_success)`
  case weighted([Term])
  case queries(Queries)

  /// One signal of a composite score.
  package struct Term: Hashable, Sendable {
    package let weight: Double
    package let measure: Measure

    package init(_ weight: Double, _ measure: Measure) { (self.weight, self.measure) = (weight, measure) }
  }

  /// The field of a record; for queries the metric's own name.
  package var field: String {
    switch self {
    case .queries(let queries): queries.metric
    case .records: "records"
    case .novel(let field): field
    case .weighted(let terms): terms.first?.measure.field ?? ""
    case .rate(let field), .share(let field, _), .mean(let field), .quantile(_, let field), .sum(let field, _),
      .count(let field, _):
      field
    }
  }

  /// A total grows with traffic: only against a number does it mean anything.
  package var isTotal: Bool {
    switch self {
    case .sum, .count, .records, .novel: true
    case .rate, .share, .mean, .quantile, .weighted, .queries: false
    }
  }

  package var isComposite: Bool { if case .weighted = self { true } else { false } }

  package var queries: Queries? { if case .queries(let queries) = self { queries } else { nil } }

  /// Two arms of different size are compared by what one record shows.
  package var perRecord: Measure {
    switch self {
    case .sum(let field, _): .mean(field)
    case .count(let field, _): .rate(field)
    case .rate, .share, .mean, .quantile, .records, .novel, .weighted, .queries: self
    }
  }

  package var isShare: Bool {
    switch self {
    case .rate, .share: true
    case .mean, .quantile, .sum, .count, .records, .novel, .weighted: false
    case .queries(let queries): queries.isShare
    }
  }

  /// The function's names in a note, the first of them ours.
  package static let functions: [(names: [String], make: @Sendable (String) -> Measure)] = [
    (["rate"], { .rate($0) }),
    (["mean", "average", "avg"], { .mean($0) }),
    (["median"], { .quantile(0.5, $0) }),
    (["sum", "total"], { .sum($0, per: nil) }),
    (["count"], { .count($0, per: nil) }),
  ]

  /// `p95`, `mean`, `sum` of a field; nil where there is no such function.
  package init?(function: some StringProtocol, of field: String) {
    let name = function.lowercased()
    if let known = Self.functions.first(where: { $0.names.contains(name) }) {
      self = known.make(field)
    } else if name.first == "p", let percent = Double(name.dropFirst()), percent > 0, percent < 100 {
      // Through whole numbers, so that 99.9 is the double of 0.999.
      self = .quantile((percent * 1_000_000).rounded() / 100_000_000, field)
    } else {
      return nil
    }
  }

  /// Of a total per hour the hour.
  package var span: TimeSpan? {
    switch self {
    case .sum(_, let span), .count(_, let span), .records(let span): span
    case .rate, .share, .mean, .quantile, .novel, .weighted, .queries: nil
    }
  }

  package func per(_ span: TimeSpan) -> Measure? {
    switch self {
    case .sum(let field, _): .sum(field, per: span)
    case .count(let field, _): .count(field, per: span)
    case .rate(let field): .count(field, per: span)
    case .mean(let field): .sum(field, per: span)
    case .records: .records(per: span)
    case .share, .quantile, .novel, .weighted, .queries: nil
    }
  }
}

extension Measure: CustomStringConvertible {
  /// As a note would write it.
  package var description: String {
    switch self {
    case .rate(let field): "rate(\(field))"
    case .share(let field, let value): "share(\(field) = \(value))"
    case .mean(let field): "mean(\(field))"
    case .quantile(0.5, let field): "median(\(field))"
    case .quantile(let level, let field): "p\(Self.percent(level))(\(field))"
    case .sum(let field, let span): "sum(\(field))\(Self.spelled(span))"
    case .count(let field, let span): "count(\(field))\(Self.spelled(span))"
    case .records(let span): "count(*)\(Self.spelled(span))"
    case .novel(let field): "new(\(field))"
    case .weighted(let terms): Self.spelled(terms)
    case .queries(let queries): queries.description
    }
  }

  private static func spelled(_ terms: [Term]) -> String {
    var text = ""
    for term in terms {
      let weight = abs(term.weight) == 1 ? "" : "\(abs(term.weight)) "
      let sign = term.weight < 0 ? "- " : "+ "
      text += (text.isEmpty ? (term.weight < 0 ? "-" : "") : " " + sign) + weight + "\(term.measure)"
    }
    return text
  }

  private static func percent(_ level: Double) -> String {
    let percent = (level * 1_000_000).rounded() / 10_000
    return percent == percent.rounded() ? "\(Int(percent))" : "\(percent)"
  }

  private static func spelled(_ span: TimeSpan?) -> String {
    guard let span else { return "" }
    switch span {
    case .hours(1): return " per hour"
    case .days(1): return " per day"
    case .minutes(1): return " per minute"
    default: return " per \(span)"
    }
  }
}

// MARK: - Units

extension Measure {
  /// What a second is in the field's own unit, by the ending of its name; nil where the name does not tell.
  package var second: Double? {
    switch self {
    case .queries(let queries): return queries.second
    case .records, .novel, .weighted: return nil
    case .rate, .share, .mean, .quantile, .sum, .count: break
    }
    let name = field.lowercased()
    let endings: [(String, Double)] = [
      ("_ms", 1000), ("millis", 1000), ("_us", 1_000_000), ("_ns", 1_000_000_000), ("_s", 1), ("_sec", 1),
      ("seconds", 1),
    ]
    return endings.first { name.hasSuffix($0.0) }?.1
  }

  package var isMoney: Bool {
    if case .weighted = self { return false }
    let name = field.lowercased()
    return name.hasPrefix("cost") || name.contains("_cost") || name.hasSuffix("usd") || name.hasSuffix("eur")
  }
}
