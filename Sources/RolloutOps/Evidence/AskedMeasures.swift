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

extension Measure {
  /// Put together from what a log answered; nil where it was not asked about.
  package func sample(_ answered: (TraceQuestion.Measure) -> Sample?) -> Sample? {
    guard case .weighted(let terms) = self else {
      return TraceQuestion.Measure.asked(for: self).first.flatMap(answered)
    }
    var score = CompositeScore()
    for term in terms { score.add(term.weight, term.measure.sample(answered) ?? Sample(.mean)) }
    return score.sample
  }
}

extension TraceQuestion {
  package func sample(of measure: RolloutOps.Measure, in samples: [Sample]) -> Sample? {
    measure.sample { asked in measures.firstIndex(of: asked).map { samples[$0] } }
  }

  package mutating func ask(_ measure: RolloutOps.Measure) {
    for asked in TraceQuestion.Measure.asked(for: measure) where !measures.contains(asked) { measures.append(asked) }
  }
}
