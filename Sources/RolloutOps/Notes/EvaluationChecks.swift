/// What `check` says about the evaluation before any traffic.
extension NoteReader {
  /// One evaluation before any traffic, and one address that is asked what applications are served.
  mutating func readEvaluation() {
    var (before, endpoint): (Substring?, Substring?)
    for value in values(.evaluation).map(\.unwrapped) {
      let isEndpoint = Evaluation.isEndpoint(value)
      guard (isEndpoint ? endpoint : before) == nil else {
        let which = isEndpoint ? "one address that is asked what is served" : "one evaluation before any traffic"
        report(.badValue, "`Evaluation` takes \(which); remove this one or join them", at: value.startIndex)
        continue
      }
      if isEndpoint { endpoint = value } else { before = value }
    }
    if let endpoint, let fault = WebAddress.fault(in: endpoint) {
      report(.badValue, "\(endpoint.quoted) cannot be asked: \(fault)", at: endpoint.startIndex)
    }
    plan.evaluation = before?.collapsed
  }

  mutating func checkEvaluation() {
    guard let text = values(.evaluation).map(\.unwrapped).first(where: { !Evaluation.isEndpoint($0) }) else { return }
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
