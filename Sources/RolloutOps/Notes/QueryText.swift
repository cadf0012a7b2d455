/// A metric's definition by queries, each in backticks: ``ratio(`events`, `all`)``, ``mean(`sum`, `count`)``,
/// ``quantile(0.95, `buckets`)``, or one query by itself.
struct QueryText {
  let queries: Queries

  /// Nil where it is no such definition: it starts neither with a query nor with a function of one.
  init?(_ text: Substring, metric: String) throws(MeasureText.Fault) {
    let text = text.trimmed
    guard text.contains("`") else { return nil }
    if text.first == "`" {
      let (query, rest) = try Self.query(text)
      guard rest.trimmed.isEmpty else {
        throw MeasureText.Fault(reason: "nothing may follow the query", at: rest.trimmed.startIndex)
      }
      queries = Queries(metric, .bare(query))
      return
    }
    let name = text.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
    guard !name.isEmpty, text[name.endIndex...].first == "(" else { return nil }
    let (level, found, rest) = try Self.arguments(text[name.endIndex...].dropFirst())
    guard rest.trimmed.isEmpty else {
      throw MeasureText.Fault(reason: "nothing may follow here", at: rest.trimmed.startIndex)
    }
    let inside = text[name.endIndex...].dropFirst().startIndex
    queries = Queries(metric, try Self.kind(name, level, found, at: inside))
  }

  private static func kind(
    _ name: Substring, _ level: Double?, _ found: [QueryTemplate], at place: String.Index
  ) throws(MeasureText.Fault) -> Queries.Kind {
    switch (name.lowercased(), found.count, level) {
    case ("ratio", 2, nil): return .ratio(events: found[0], all: found[1])
    case ("ratio", _, _):
      throw MeasureText.Fault(reason: "a ratio has two queries: write ``ratio(`events`, `all`)``", at: place)
    case ("mean", 2, nil), ("average", 2, nil), ("avg", 2, nil): return .mean(sum: found[0], count: found[1])
    case ("mean", _, _), ("average", _, _), ("avg", _, _):
      throw MeasureText.Fault(reason: "a mean has two queries: write ``mean(`sum`, `count`)``", at: place)
    case ("quantile", 1, let level?) where level > 0 && level < 1: return .quantile(level, buckets: found[0])
    case ("quantile", _, _):
      throw MeasureText.Fault(
        reason: "a quantile has a level between 0 and 1 and one query: write ``quantile(0.95, `buckets`)``", at: place)
    case (_, 1, nil):
      if case .quantile(let level, _)? = Measure(function: name, of: "") { return .quantile(level, buckets: found[0]) }
    default: break
    }
    throw MeasureText.Fault(
      reason: "there is no function \(name.quoted) of queries; write ``ratio(`events`, `all`)``, "
        + "``mean(`sum`, `count`)``, ``quantile(0.95, `buckets`)`` or one query by itself", at: name.startIndex)
  }

  /// A number first, perhaps, then queries, up to the closing bracket; and what follows it.
  private static func arguments(
    _ text: Substring
  ) throws(MeasureText.Fault) -> (level: Double?, queries: [QueryTemplate], rest: Substring) {
    var rest = text.drop(while: \.isWhitespace)
    var level: Double?
    let number = rest.prefix { $0.isNumber || $0 == "." }
    if !number.isEmpty {
      guard let value = Double(number) else {
        throw MeasureText.Fault(reason: "\(number.quoted) is no number", at: number.startIndex)
      }
      level = value
      rest = rest[number.endIndex...].drop(while: \.isWhitespace)
      guard rest.first == "," else {
        throw MeasureText.Fault(reason: "a comma and a query come next", at: rest.startIndex)
      }
      rest = rest.dropFirst().drop(while: \.isWhitespace)
    }
    var queries: [QueryTemplate] = []
    while true {
      let (query, after) = try query(rest)
      queries.append(query)
      rest = after.drop(while: \.isWhitespace)
      if rest.first == ")" { return (level, queries, rest.dropFirst()) }
      guard rest.first == "," else {
        throw MeasureText.Fault(reason: "a comma or the closing bracket comes next", at: rest.startIndex)
      }
      rest = rest.dropFirst().drop(while: \.isWhitespace)
    }
  }

  private static func query(_ text: Substring) throws(MeasureText.Fault) -> (QueryTemplate, Substring) {
    guard text.first == "`" else {
      throw MeasureText.Fault(reason: "a query in backticks comes next", at: text.startIndex)
    }
    let inside = text.dropFirst()
    guard let close = inside.firstIndex(of: "`") else {
      throw MeasureText.Fault(reason: "the backtick is not closed", at: text.startIndex)
    }
    do throws(QueryTemplate.Fault) {
      return (try QueryTemplate(inside[..<close]), inside[close...].dropFirst())
    } catch {
      throw MeasureText.Fault(reason: error.reason, at: inside.index(inside.startIndex, offsetBy: error.offset))
    }
  }
}
