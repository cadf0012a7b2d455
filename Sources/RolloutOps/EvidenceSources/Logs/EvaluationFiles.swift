/// The note's evaluation as files: found, and asked about both versions, whatever their time.
struct EvaluationFiles {
  /// As the note spells it.
  let name: String
  private let paths: [String]
  private let logs: TraceLogs
  private let names: FieldNames

  /// Nil where the note names no files.
  init?(_ plan: Plan, in place: EvidencePlace) throws(FileTrouble) {
    guard let pattern = plan.evaluationFiles else { return nil }
    name = pattern
    paths = try LogPattern(place.context.files).paths([place.locate(pattern)])
    logs = TraceLogs(place.context.inputs)
    names = FieldNames(overrides: plan.fields)
  }

  func question(_ version: VersionLabel, _ old: VersionLabel?, bySet: Bool) -> TraceQuestion {
    var arms = [TraceQuestion.Arm("canary", values: [version.value])]
    if let old, old.field == version.field, old.value != version.value {
      arms.append(TraceQuestion.Arm("control", values: [old.value]))
    }
    return TraceQuestion(
      label: version.field, arms: arms, segments: bySet ? [Evaluation.setField] : [], measures: [], names: names)
  }

  func ask(_ question: TraceQuestion) throws(FileTrouble) -> TraceEvidence { try logs.ask(question, paths) }
}
