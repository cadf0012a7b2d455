/// Traffic against the evaluation before it: the figures that triggers leave to the note's files.
extension Measurement {
  /// Nil where no trigger asks for one, or the note has no such files.
  func figures() -> EvaluationFigures? {
    guard let source = plan.evaluationFiles, let version = plan.version else { return nil }
    let asking = plan.triggers.filter { $0.condition.missingFigure != nil }
    let measures = Set(asking.compactMap { try? MeasuredTrigger.compared(by: $0, in: plan) })
    guard !asking.isEmpty else { return nil }
    do throws(FileTrouble) {
      guard let files = try EvaluationFiles(plan, in: place) else { return nil }
      var question = files.question(version, plan.controlVersion, bySet: false)
      for measure in measures { question.ask(measure) }
      let evidence = try files.ask(question)
      if evidence.tooManyBroken != nil {
        let lines = evidence.logs.reduce(0) { $0 + $1.lines }
        return EvaluationFigures(unread: "\(evidence.broken) of \(lines) lines are broken", from: source)
      }
      var samples: [Measure: (canary: Sample?, control: Sample?)] = [:]
      for measure in measures {
        let found = { (arm: Int) in
          evidence.cell(arm: arm).flatMap { question.sample(of: measure, in: $0.samples) }
        }
        samples[measure] = (found(TraceQuestion.canary), found(TraceQuestion.control))
      }
      return EvaluationFigures(samples, fewest: plan.fewestCases, from: source)
    } catch {
      return EvaluationFigures(unread: Sentences.file(error), from: source)
    }
  }

  /// What a trigger asks of the evidence, or the row that says why it asks nothing.
  func asked(_ trigger: Trigger, _ figures: EvaluationFigures?) -> Asked {
    do throws(MeasuredTrigger.Unwatchable) {
      var figure: EvaluationFigures.Figure?
      if let name = trigger.condition.missingFigure, let figures {
        let measure = try MeasuredTrigger.compared(by: trigger, in: plan)
        switch figures.answer(name, measure) {
        case .figure(let found): figure = found
        case .silent(let why): return .row(.init(trigger, .silent(why), measure: measure))
        // Without it a baseline is the old version's traffic.
        case .none(let why) where name == "forecast" || plan.controlVersion == nil:
          return .row(.init(trigger, .unmeasured(why), measure: measure))
        case .none: break
        }
      }
      return .watch(try MeasuredTrigger(trigger, in: plan, figure: figure))
    } catch {
      return .row(.init(trigger, .unmeasured(error.sentence)))
    }
  }

  enum Asked {
    case watch(MeasuredTrigger)
    case row(StageEvidence.Row)

    var asking: MeasuredTrigger? { if case .watch(let watch) = self { watch } else { nil } }
  }
}
