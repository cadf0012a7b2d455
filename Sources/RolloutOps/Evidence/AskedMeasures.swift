/// What has to be taken from each record for a measure of the note or of the command line.
extension TraceQuestion.Measure {
  /// In the order of a composite's parts. Nothing where no field of a single record tells: records are counted anyway, a
  /// new kind is found by looking at a segment, and queries are for a metrics server.
  package static func asked(for measure: Measure) -> [TraceQuestion.Measure] {
    switch measure {
    case .records, .novel, .queries: []
    case .weighted(let terms): terms.flatMap { asked(for: $0.measure) }
    case .rate(let field), .count(let field, _): [.rate(field)]
    case .share(let field, let value): [.share(value, of: field)]
    case .mean(let field), .sum(let field, _): [.mean(field)]
    case .quantile(_, let field): [.quantile(field)]
    }
  }
}

extension CompositeScore {
  /// Of what a log answered for the measure's parts; nil where the measure is no composite.
  package init?(_ measure: Measure, _ sample: (TraceQuestion.Measure) -> Sample?) {
    guard case .weighted(let terms) = measure else { return nil }
    self.init()
    for term in terms {
      let asked = TraceQuestion.Measure.asked(for: term.measure).first
      add(term.weight, asked.flatMap(sample) ?? Sample(.mean))
    }
  }
}
