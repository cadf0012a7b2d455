/// Trace logs as evidence about a stage: one pass over them for each window that the triggers look over, with a judge's
/// scores from files of their own where the note names some.
package struct LogEvidence: EvidenceSource {
  private let logs: TraceLogs
  private let paths: [String]
  private let scores: [String]
  private var question: StageQuestion?
  private var answers: [StageQuestion.Answer] = []

  init(_ lines: [String], _ plan: Plan, in place: EvidencePlace) throws(SourceTrouble) {
    paths = try Self.paths(lines, in: place)
    scores = try Self.found(plan.scores.patterns.map(place.locate), place)
    logs = TraceLogs(place.context.inputs)
  }

  /// Where the logs of these lines are, absolute.
  static func paths(_ lines: [String], in place: EvidencePlace) throws(SourceTrouble) -> [String] {
    try found(
      lines.map { $0 == "-" ? $0 : place.locate($0.hasPrefix("file:") ? String($0.dropFirst(5)) : $0) }, place)
  }

  private static func found(_ patterns: [String], _ place: EvidencePlace) throws(SourceTrouble) -> [String] {
    guard !patterns.isEmpty else { return [] }
    do throws(FileTrouble) {
      return try LogPattern(place.context.files).paths(patterns)
    } catch {
      throw SourceTrouble(Sentences.file(error))
    }
  }

  package var isNamed: Bool { !paths.isEmpty }

  package func measures(_ measure: Measure) -> Bool { measure.queries == nil }

  // MARK: Asking

  package mutating func ask(_ question: StageQuestion, telling evidence: inout StageEvidence) {
    self.question = question
    for part in question.parts where isNamed {
      // What comes once is about this stay.
      if part.time.isEarlier, paths.contains("-") { continue }
      guard answers.isEmpty || !paths.contains("-") else {
        evidence.faults.append("standard input can be read once, and the triggers look over several windows")
        break
      }
      do throws(FileTrouble) {
        answers.append(try answer(part, question.question(part, scoredBy: scores)))
      } catch {
        evidence.faults.append(Sentences.file(error))
        evidence.isUnread = true
        break
      }
    }
    if let whole = answers.first {
      question.describe(whole, beside: answers.count(where: \.part.time.isEarlier), in: &evidence)
    }
    question.describeScores(answers, scores, in: &evidence)
  }

  /// The stage's cohort is looked for where the evidence carries its attributes; where nothing at all would be left, all
  /// records count, and that is said.
  private func answer(
    _ part: StageQuestion.Part, _ question: TraceQuestion
  ) throws(FileTrouble) -> StageQuestion.Answer {
    let answer = try logs.ask(question, paths)
    guard question.filter != nil, answer.records > 0, answer.filteredOut >= answer.records, !paths.contains("-")
    else { return StageQuestion.Answer(part: part, evidence: answer, isWidened: false) }
    var wider = question
    wider.filter = nil
    return StageQuestion.Answer(part: part, evidence: try logs.ask(wider, paths), isWidened: true)
  }

  // MARK: Answers

  package func row(_ trigger: MeasuredTrigger) -> StageEvidence.Row {
    guard let question, isNamed else {
      return .init(trigger.trigger, .unmeasured("no log is named that carries \(trigger.measure.field)"))
    }
    var row = question.row(trigger, answers)
    row.figure = trigger.figure
    return row
  }

  package func row(band: MeasuredTrigger) -> StageEvidence.Row? {
    isNamed ? question?.bandRow(band, answers) : nil
  }

  package func close(_ triggers: [MeasuredTrigger], isAlone: Bool, telling evidence: inout StageEvidence) {
    evidence.remarks += question?.hidden(triggers, evidence.rows, answers) ?? []
  }
}
