/// What a trigger asks of the evaluation before any traffic.
///
/// There nobody has the new version yet: no time passes, and nobody complains. What only traffic can show is not asked.
package enum OfflineTrigger: Sendable {
  case asked(MeasuredTrigger)
  /// Why it has to wait for traffic.
  case notAsked(String)
  case unwatchable(MeasuredTrigger.Unwatchable)

  /// What people do with an answer; no evaluation has it.
  private static let ofUsers: Set<String> = ["feedback", "regenerated", "abandoned", "injection"]

  package init(_ trigger: Trigger, in plan: Plan) {
    let condition = trigger.condition
    if let window = condition.window {
      self = .notAsked("it looks over \(window) of traffic")
      return
    }
    if let segment = condition.segment, segment.attribute != Evaluation.setField {
      self = .notAsked("it looks at each \(segment.attribute) by itself")
      return
    }
    switch condition.against {
    case .forecast(nil): self = .notAsked("its forecast is what this evaluation says")
    case .normal: self = .notAsked("what is normal, traffic shows")
    case .previousStage: self = .notAsked("no stage was before")
    case .none, .control, .baseline, .forecast: self = Self.asking(trigger, plan)
    }
  }

  private static func asking(_ trigger: Trigger, _ plan: Plan) -> OfflineTrigger {
    do throws(MeasuredTrigger.Unwatchable) {
      let watch = try MeasuredTrigger(trigger, in: plan.withoutQueries)
      if ofUsers.contains(watch.measure.field) { return .notAsked("users say it") }
      switch watch.measure {
      case .sum: return .notAsked("it is a total of traffic")
      case .count where !trigger.toleratesNothing: return .notAsked("it is a total of traffic")
      case .count(_, .some): return .notAsked("it is a total of traffic")
      case .queries: return .notAsked("a metrics server counts it")
      case .records: return .notAsked("it is a total of traffic")
      case .novel: return .notAsked("what is new, traffic shows")
      case .count, .rate, .share, .mean, .quantile, .weighted: return .asked(watch)
      }
    } catch {
      let isCounted = plan.metrics.contains {
        Signal.key($0.name) == Signal.key(trigger.condition.signal) && $0.measure?.queries != nil
      }
      if isCounted { return .notAsked("a metrics server counts it") }
      if case .unmeasured(let signal) = error, Signal.named(signal) != nil { return .notAsked("people report it") }
      return .unwatchable(error)
    }
  }
}

extension Plan {
  /// What a metrics server counts of traffic, an evaluation may have under the usual name.
  fileprivate var withoutQueries: Plan {
    var plan = self
    plan.metrics = metrics.map { $0.measure?.queries == nil ? $0 : Metric(name: $0.name, definition: nil) }
    return plan
  }
}
