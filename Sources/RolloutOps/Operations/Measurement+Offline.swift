/// A stage that lets nobody in: the note's evaluation is read once, and compared.
extension Measurement {
  func offlineEvidence(_ since: Instant) -> StageEvidence {
    var evidence = StageEvidence(from: since)
    evidence.origin = plan.evaluationFiles
    guard let version = plan.version, let old = plan.controlVersion, old.field == version.field else {
      evidence.faults = [
        "the note does not name both versions by one field, so before and after cannot be told apart"
      ]
      evidence.rows = plan.triggers.map { .init($0, .silent("no version label tells before and after apart")) }
      return evidence
    }
    let asked = plan.triggers.map { ($0, OfflineTrigger($0, in: plan)) }
    let answer: OfflineAnswer
    do throws(FileTrouble) {
      guard let files = try EvaluationFiles(plan, in: place) else { return evidence }
      var question = files.question(version, old, bySet: true)
      for case (_, .asked(let watch)) in asked { question.ask(watch.measure) }
      answer = OfflineAnswer(plan, question, try files.ask(question))
    } catch {
      (evidence.faults, evidence.isUnread) = ([Sentences.file(error)], true)
      evidence.rows = plan.triggers.map { .init($0, .silent("the evaluation could not be read")) }
      return evidence
    }
    answer.describe(&evidence)
    evidence.rows = asked.map { trigger, asked in
      switch asked {
      case .asked(let watch): answer.row(watch)
      case .notAsked(let why): .init(trigger, .notAsked(why))
      case .unwatchable(let reason): .init(trigger, .unmeasured(reason.sentence))
      }
    }
    if !plan.triggers.isEmpty, evidence.rows.allSatisfy({ if case .notAsked = $0.outcome { true } else { false } }) {
      evidence.faults.append("no trigger of the note can be asked before traffic: add one, such as quality drops")
    }
    evidence.correct()
    return evidence
  }
}
