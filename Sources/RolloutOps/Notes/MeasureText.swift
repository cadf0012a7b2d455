/// A metric's definition as a note writes it: `mean(quality)`, `p95(latency_ms)`, `share(feedback = down)`,
/// `sum(cost_usd) per hour`.
struct MeasureText {
  let measure: Measure

  struct Fault: Error {
    let reason: String
    let at: String.Index
  }

  /// Nil where the text is prose rather than a definition: it does not start with a function.
  init?(_ text: Substring) throws(Fault) {
    let text = text.unwrappedCode.trimmed
    if Self.startsWithWeight(text) {
      measure = .weighted(try Self.terms(text))
      return
    }
    let name = text.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
    var rest = text[name.endIndex...]
    guard !name.isEmpty, rest.first == "(" else { return nil }
    rest = rest.dropFirst()
    guard let close = rest.firstIndex(of: ")") else {
      throw Fault(reason: "the bracket is not closed: write `\(name)(field)`", at: rest.endIndex)
    }
    var made = try Self.made(name, rest[..<close].trimmed)
    let tail = rest[rest.index(after: close)...].trimmed
    if !tail.isEmpty { made = try Self.perSpan(made, tail) }
    measure = made
  }

  private static func made(_ name: Substring, _ inside: Substring) throws(Fault) -> Measure {
    let parts = inside.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(\.trimmed)
    if name.lowercased() == "share" {
      guard parts.count == 2, !parts[1].isEmpty else {
        throw Fault(
          reason: "a share names a value: write `share(\(parts.first ?? "field") = value)`", at: inside.startIndex)
      }
      return .share(try field(parts[0]), of: String(parts[1].unwrapped))
    }
    if name.lowercased() == "quantile" {
      let both = inside.split(separator: ",", maxSplits: 1).map(\.trimmed)
      guard both.count == 2, let level = Double(both[0]), level > 0, level < 1 else {
        throw Fault(reason: "write `quantile(0.95, field)`, or `p95(field)`", at: inside.startIndex)
      }
      return .quantile(level, try field(both[1]))
    }
    if name.lowercased() == "count", inside == "*" { return .records(per: nil) }
    if name.lowercased() == "new" { return .novel(try field(inside)) }
    guard let measure = Measure(function: name, of: try field(inside)) else {
      let known = Measure.functions.flatMap(\.names) + ["share", "new", "p50", "p95", "p99"]
      let near = Suggestion.nearest(to: String(name), among: known).map { "did you mean `\($0)`?" }
      throw Fault(
        reason: "there is no function \(name.quoted); "
          + (near ?? "write `rate`, `mean`, `median`, `p95`, `sum`, `count`, `new` or `share(field = value)`"),
        at: name.startIndex)
    }
    return measure
  }

  private static func field(_ text: Substring) throws(Fault) -> String {
    let name = text.unwrapped
    let isFine = !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || "._-@:/".contains($0) }
    guard isFine else {
      throw Fault(reason: "a field is one name, such as `latency_ms` or `usage.cost`", at: text.startIndex)
    }
    return String(name)
  }

  private static func perSpan(_ measure: Measure, _ tail: Substring) throws(Fault) -> Measure {
    let words = tail.lowercased().split(separator: " ")
    let span = words.count == 2 && words[0] == "per" ? TriggerWords.spans[String(words[1])] : nil
    let isTotal = measure.isTotal && measure.per(.hours(1)) != nil
    guard let span, isTotal, let per = measure.per(span) else {
      throw Fault(
        reason: isTotal ? "only `per hour`, `per day` or `per minute` may follow" : "nothing may follow here",
        at: tail.startIndex)
    }
    return per
  }
}

// MARK: - Composite scores

extension MeasureText {
  /// `0.5 mean(judge) + …`: prose may begin with a number too, but not with one before a function.
  private static func startsWithWeight(_ text: Substring) -> Bool {
    guard let first = text.first, first.isNumber || first == "-" || first == "+" else { return false }
    let rest = text.drop { $0.isNumber || ".-+*× ".contains($0) }
    return rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }.endIndex < rest.endIndex && rest.contains("(")
      && rest.first?.isLetter == true
  }

  private static let mostTerms = 12

  private static func terms(_ text: Substring) throws(Fault) -> [Measure.Term] {
    var terms: [Measure.Term] = []
    var rest = text
    while !rest.isEmpty {
      let start = rest.startIndex
      var sign = 1.0
      if rest.first == "+" || rest.first == "-" {
        if rest.first == "-" { sign = -1 }
        rest = rest.dropFirst().trimmed
      } else if !terms.isEmpty {
        throw Fault(reason: "`+` or `-` stands between two parts of a score", at: rest.startIndex)
      }
      let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest = rest[number.endIndex...].trimmed
      if rest.first == "*" || rest.first == "×" { rest = rest.dropFirst().trimmed }
      guard let weight = number.isEmpty ? 1 : Double(number), weight > 0, weight.isFinite else {
        throw Fault(reason: "a weight is a number above 0, such as `0.5 mean(judge)`", at: start)
      }
      guard let close = rest.firstIndex(of: ")"), terms.count < mostTerms else {
        throw Fault(reason: "a part of a score reads `0.5 mean(judge)`", at: rest.startIndex)
      }
      let part = rest[...close]
      guard let measure = try MeasureText(part)?.measure else {
        throw Fault(reason: "a part of a score is a function of a field, such as `mean(judge)`", at: part.startIndex)
      }
      switch measure {
      case .rate, .share, .mean: terms.append(Measure.Term(sign * weight, measure))
      case .quantile, .sum, .count, .records, .novel, .weighted, .queries:
        throw Fault(reason: "a score adds up rates, shares and means, and \(measure) is none", at: part.startIndex)
      }
      rest = rest[rest.index(after: close)...].trimmed
    }
    return terms
  }
}

extension Metric {
  /// How the note says it is measured, else the usual way for its name; nil where neither can be computed.
  package var measure: Measure? {
    if let definition, let read = try? MeasureText(Substring(definition)) { return read.measure }
    if let definition, definition.contains("`") {
      // What is meant for a metrics server and not understood must not be looked for in logs.
      return (try? QueryText(Substring(definition), metric: name)).map { .queries($0.queries) }
    }
    return Signal.named(name)?.measure
  }
}

extension Signal {
  package var measure: Measure? { usual.flatMap { try? MeasureText(Substring($0)) }?.measure }
}
