/// A judge's scores beside the trace logs: which measures are taken from them, and how much of the canary they cover.
extension StageQuestion {
  /// The part's question, with what its scores are asked for.
  func question(_ part: Part, scoredBy paths: [String]) -> TraceQuestion {
    var question = part.question
    var fields: [String] = []
    for measure in question.measures {
      if case .share = measure { continue }
      if !fields.contains(measure.field) { fields.append(measure.field) }
    }
    let named = plan.scores.fields
    if !named.isEmpty { fields.removeAll { !named.contains($0) } }
    // Without a list whatever the files carry comes from them. What is listed does so even while nothing is judged.
    if !paths.isEmpty, !fields.isEmpty {
      question.scores = TraceQuestion.Scores(paths, fields: fields, yields: named.isEmpty)
    }
    return question
  }

  /// How much of the canary is judged, and what is wrong with the scores.
  func describeScores(_ answers: [Answer], _ paths: [String], in stage: inout StageEvidence) {
    guard !paths.isEmpty, let whole = answers.first else { return }
    for answer in answers {
      guard let cell = cell(Self.canary, answer) else { continue }
      for (at, measure) in answer.part.question.measures.enumerated() {
        guard answer.evidence.scored.contains(measure.field),
          !stage.scored.contains(where: { $0.field == measure.field })
        else { continue }
        if case .share = measure { continue }
        let sample = cell.samples[at]
        stage.scored.append(
          StageEvidence.Scored(
            field: measure.field, requests: answer.evidence.scores, records: cell.records, judged: sample.count,
            units: stage.canary.units == nil ? nil : sample.unitCount))
      }
    }
    stage.faults += faults(of: answers.first { !$0.evidence.scoreLogs.isEmpty }?.evidence ?? whole.evidence)
    if answers.allSatisfy({ $0.evidence.scored.isEmpty }) {
      let fields = Set(answers.flatMap { $0.part.question.measures.map(\.field) }).sorted().joined(separator: ", ")
      stage.faults.append("the scores carry nothing that is measured (\(fields.isEmpty ? "no field" : fields))")
    }
    let origin = paths.count == 1 ? Path.name(of: paths[0]) : "\(paths.count) files of scores"
    let names = stage.scored.map(\.field).joined(separator: ", ")
    if !names.isEmpty { stage.remarks.append("\(names) from \(origin)") }
  }

  private func faults(of evidence: TraceEvidence) -> [String] {
    TraceEvidence.tooManyBroken(evidence.scoreLogs, "lines of scores").map { [$0] } ?? []
  }
}
