/// The note's evaluation as files: found, and asked about both versions, whatever their time.
struct EvaluationFiles {
  /// As the note spells it.
  let name: String
  private let paths: [String]
  private let logs: TraceLogs
  private let names: FieldNames

  static let (canary, control) = (0, 1)

  /// Nil where the note names no files.
  init?(_ plan: Plan, below folder: String, _ context: Context) throws(FileTrouble) {
    guard let pattern = plan.evaluationFiles else { return nil }
    name = pattern
    paths = try LogPattern(context.files).paths([Settings.locate(pattern: pattern, below: folder, context)])
    logs = TraceLogs(context.inputs)
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
