/// A metric by which two versions are compared where no note says which: what is computed, what it is called, and which
/// way is worse.
package struct ComparedMetric: Hashable, Sendable {
  /// As it was asked for.
  package let name: String
  package let measure: Measure
  /// Nil where nobody knows: then a difference is only that.
  package let worse: Trigger.Direction?

  package struct Fault: Error, Hashable {
    package let reason: String
  }

  private init(_ measure: Measure, worse: Trigger.Direction?) {
    if case .quantile(0.5, let field) = measure { name = "p50(\(field))" } else { name = "\(measure)" }
    (self.measure, self.worse) = (measure, worse)
  }

  /// `p95(latency_ms)`, or the name of a signal that everybody knows, as `latency`.
  package init(_ text: String) throws(Fault) {
    let read: MeasureText?
    do throws(MeasureText.Fault) {
      read = try MeasureText(Substring(text))
    } catch {
      throw Fault(reason: error.reason)
    }
    guard let asked = read?.measure ?? Signal.named(text)?.measure else {
      let names = Signal.known.flatMap { [$0.name] + $0.synonyms }
      let near = Suggestion.nearest(to: text, among: names).map { "; did you mean \($0)?" } ?? ""
      throw Fault(reason: "a metric is written p95(latency_ms), rate(error) or share(feedback = down)\(near)")
    }
    switch asked {
    case .records, .novel:
      throw Fault(reason: "two versions are compared by what their records show, and \(asked) counts")
    case .rate, .share, .mean, .quantile, .sum, .count, .weighted, .queries: measure = asked.perRecord
    }
    // A total was asked for, and what one record shows of it is compared: the name must say so.
    let isOwnName = read != nil && measure == asked
    name = isOwnName ? text.split(separator: " ").joined(separator: " ") : ComparedMetric(measure, worse: nil).name
    worse = Self.worse(measure)
  }

  /// What is looked for where nothing is asked for.
  package static let usual: [ComparedMetric] =
    Signal.known.flatMap { signal -> [ComparedMetric] in
      guard let measure = signal.measure?.perRecord, !measure.isTotal else { return [] }
      var measures = [measure]
      if case .quantile(_, let field) = measure { measures = [.quantile(0.5, field), .quantile(0.95, field)] }
      if signal.name == "tokens" { measures += [.mean("tokens_in"), .mean("tokens_out")] }
      return measures.map { ComparedMetric($0, worse: signal.worse) }
    }

  /// Whichever function of a field is asked for, its field gets worse in the same direction.
  private static func worse(_ measure: Measure) -> Trigger.Direction? {
    if case .share = measure { return usual.first { $0.measure == measure }?.worse }
    return usual.first { known in
      if case .share = known.measure { return false }
      return known.measure.field == measure.field
    }?.worse
  }
}
