/// What `check` says about the evaluation before any traffic.
extension NoteReader {
  mutating func checkEvaluation() {
    guard let value = entry(.evaluation)?.value else { return }
    let text = value.unwrapped
    guard plan.evaluationFiles != nil else {
      let word = text.split { $0.isWhitespace || ",;()\"`".contains($0) }.first { Evaluation.isFile($0) }
      if let word {
        report(
          .evaluation,
          "this is read as prose, so people have to look; `Evaluation: \(word)` alone would have the file measured",
          at: word.startIndex)
      }
      return
    }
    let field = plan.version?.field
    if plan.version == nil || plan.controlVersion == nil || plan.controlVersion?.field != field {
      report(
        .evaluation,
        "cases of before and after are told apart by `Version:` and `Control version:`, two values of one field; "
          + "name both", at: text.startIndex)
    }
    let isAsked = plan.triggers.contains { trigger in
      trigger.condition.against == .forecast(nil) || trigger.condition.against == .baseline(nil)
    }
    if !plan.stages.contains(where: \.isOffline), !isAsked {
      report(
        .evaluation,
        "nothing asks for this file: no stage is `offline`, and no trigger compares with a forecast or a baseline; "
          + "begin the schedule with `offline ->`", at: text.startIndex)
    }
  }
}
