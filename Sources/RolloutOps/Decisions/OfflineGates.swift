/// The gates of an offline stage whose evaluation was measured: whether there are cases enough, and of every kind.
extension MeasuredGates {
  private var neededCases: Int { stage.samples ?? Evaluation.fewestCases }

  func cases() -> [Gate] {
    let (mine, others, need) = (evidence.canary.records, evidence.control?.records ?? 0, neededCases)
    let told =
      "\(Figures.grouped(mine)) cases of the canary, \(Figures.grouped(others)) of the control; "
      + "\(Figures.grouped(need)) of each are enough"
    return [Gate("cases", .samples, min(mine, others) >= need ? .pass : .hold, told), sets()]
  }

  private func sets() -> Gate {
    let need = min(Evaluation.fewestOfASet, neededCases)
    var (faults, found): ([String], [String]) = ([], [])
    for name in Evaluation.sets {
      let set = evidence.sets.first { $0.name == name }
      let (mine, others) = (set?.canary ?? 0, set?.control ?? 0)
      if mine == 0, others == 0 {
        faults.append("no \(name) case")
      } else if min(mine, others) < need {
        let (fewer, whose) = mine <= others ? (mine, "canary") : (others, "control")
        faults.append("\(fewer) of \(need) \(name) cases of the \(whose)")
      }
      found.append("\(name) \(Figures.grouped(mine))")
    }
    if evidence.sets.isEmpty {
      return Gate("sets", .samples, .hold, "no case says its set: \(Evaluation.sets.joined(separator: ", "))")
    }
    return faults.isEmpty
      ? Gate("sets", .samples, .pass, found.joined(separator: ", "))
      : Gate("sets", .samples, .hold, faults.joined(separator: "; "))
  }
}
