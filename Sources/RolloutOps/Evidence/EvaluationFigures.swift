/// What the evaluation before any traffic showed, for triggers that name a forecast or a baseline and no number: the
/// forecast is what the new version reached there, the baseline what the old one did.
///
/// A figure comes with the cases behind it. It is an estimate like any other, so traffic is held against those cases
/// rather than against a number that a few of them gave.
package struct EvaluationFigures: Sendable {
  package struct Figure: Hashable, Sendable {
    /// `forecast` or `baseline`.
    package let name: String
    package let sample: Sample
    /// As the note names the files.
    package let source: String

    package init(_ name: String, _ sample: Sample, from source: String) {
      (self.name, self.sample, self.source) = (name, sample, source)
    }

    package var cases: Int { sample.count }
  }

  package enum Answer: Hashable, Sendable {
    case figure(Figure)
    /// It should have been there, and cannot be used.
    case silent(String)
    /// The files do not say it.
    case none(String)
  }

  private let source: String
  private let fewest: Int
  private let content: Content

  private enum Content: Sendable {
    case unread(String)
    case samples([Measure: (canary: Sample?, control: Sample?)])
  }

  package init(unread why: String, from source: String) {
    (self.source, fewest, content) = (source, 0, .unread(why))
  }

  /// By the measures of one record; `fewest` cases make a figure.
  package init(_ samples: [Measure: (canary: Sample?, control: Sample?)], fewest: Int, from source: String) {
    (self.source, self.fewest, content) = (source, fewest, .samples(samples))
  }

  package func answer(_ name: String, _ measure: Measure) -> Answer {
    switch content {
    case .unread(let why): return .silent("its \(name) is read from \(source): \(why)")
    case .samples(let samples):
      let both = samples[measure]
      guard let sample = name == "forecast" ? both?.canary : both?.control, sample.count > 0 else {
        let version = name == "forecast" ? "new" : "old"
        return .none("\(source) gives no \(name): no case of the \(version) version carries \(measure.field)")
      }
      guard sample.count >= fewest else {
        return .silent("its \(name) is from \(sample.count) cases of \(source); \(fewest) are enough")
      }
      return .figure(Figure(name, sample, from: source))
    }
  }
}

extension Trigger.Condition {
  /// What an evaluation would have to tell; nil where the note gives the number, or asks for none.
  package var missingFigure: String? {
    switch against {
    case .forecast(nil): "forecast"
    case .baseline(nil): "baseline"
    case .none, .control, .baseline, .forecast, .normal, .previousStage: nil
    }
  }
}

extension Plan {
  /// How many cases make a figure: as many as let a change meet traffic.
  package var fewestCases: Int { stages.first(where: \.isOffline)?.samples ?? Evaluation.fewestCases }
}

extension EvaluationFigures.Figure {
  /// `forecast 0.86 from eval.ndjson, 120 cases`
  func told(_ value: Double?, of measure: Measure?) -> String {
    let value = value.map { " " + Figures.value($0, of: measure) } ?? ""
    return "\(name)\(value) from \(source), \(Figures.grouped(cases)) cases"
  }

  func json(_ value: Double?) -> JSON {
    ["name": .string(name), "value": .figure(value), "cases": .number(cases), "source": .string(source)]
  }
}
