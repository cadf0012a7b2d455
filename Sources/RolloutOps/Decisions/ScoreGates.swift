/// Scores that a judge gave are a sample of the sample: each field that comes from them has to have enough of its own.
extension MeasuredGates {
  func scores() -> [Gate] { evidence.scored.map(gate) }

  private func gate(_ scored: StageEvidence.Scored) -> Gate {
    let name = "\(scored.field) scores"
    let told = "\(Figures.grouped(scored.judged)) of \(Figures.grouped(scored.records)) canary records have one"
    guard scored.judged > 0 else {
      let why = scored.requests == 0 ? "there is no score at all" : "\(told): is it the same trace_id in both?"
      return Gate(name, .samples, .hold, why)
    }
    guard let need = neededSamples else { return Gate(name, .samples, .pass, told) }
    let have = scored.units ?? scored.judged
    let unit = scored.units == nil ? "records" : "\(plan.unit)s"
    return Gate(
      name, .samples, have >= need ? .pass : .hold,
      "\(Figures.grouped(have)) of \(Figures.grouped(need)) canary \(unit); \(told)")
  }
}

extension StageEvidence.Scored {
  var json: JSON {
    [
      "field": .string(field), "records": .number(records), "judged": .number(judged),
      "units": units.map { .number($0) } ?? .null,
    ]
  }
}
