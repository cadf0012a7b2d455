/// One thing that an edited note changes in a plan.
package struct PlanDifference: Hashable, Sendable {
  package let what: String
  package let before: String
  package let after: String
  /// What a started rollout cannot change any more.
  package let isFrozen: Bool

  package var sentence: String {
    isFrozen ? "\(what) is frozen: \(before) → \(after)" : "\(what): \(before) → \(after)"
  }

  /// `upTo` is the furthest stage that was reached; stages up to it are frozen.
  package static func between(_ old: Plan, _ new: Plan, upTo reached: Int? = nil) -> [PlanDifference] {
    var found: [PlanDifference] = []
    func compare<Value: Equatable>(
      _ what: String, _ value: (Plan) -> Value, frozen: Bool = false, as text: (Value) -> String
    ) {
      guard value(old) != value(new) else { return }
      found.append(PlanDifference(what: what, before: text(value(old)), after: text(value(new)), isFrozen: frozen))
    }
    func text(_ value: String?) -> String { value ?? "none" }
    func list(_ values: [String]) -> String { values.isEmpty ? "none" : values.joined(separator: ", ") }

    compare("flag", \.flag.text, frozen: true, as: text)
    compare("unit", \.unit, frozen: true, as: text)
    compare("variants", \.variants, frozen: true) { variants in
      list(variants.all.map { "\($0.name) = \($0.value.written(.spaced))" })
    }
    compare("version", \.version, frozen: true) { text($0?.description) }
    compare("control version", \.controlVersion, frozen: true) { text($0?.description) }
    found += stages(old.stages, new.stages, upTo: reached)
    compare("steady state", \.steadyState) { text($0?.description) }
    compare("exclude", \.exclusions) { list($0.map(\.description)) }
    compare("tier", \.tier) { text($0.map(String.init)) }
    compare("change type", \.changeType) { text($0?.rawValue) }
    compare("change", \.change, as: text)
    compare("owner", \.owner, as: text)
    compare("on call", \.onCall, as: text)
    compare("approvers", \.approvers, as: list)
    compare("time zone", \.timeZone, as: text)
    compare("triggers", \.triggers) { list($0.map { "\($0.action.name) \($0.text)" }) }
    compare("metrics", \.metrics) {
      list($0.map { [$0.name, $0.definition].compactMap { $0 }.joined(separator: ": ") })
    }
    compare("samples", \.samples) { text($0.map(String.init)) }
    compare("kill to", \.killTo.rawValue, as: text)
    compare("checklist", \.checklist) { text($0?.rawValue) }
    compare("default bands", \.defaultBands) { $0 ? "on" : "off" }
    compare("automation", \.promotesItself) { $0 ? "promote" : "none" }
    compare("evidence level", \.provenEvidence) { $0 ? "proven" : "default" }
    compare("evidence", \.evidence, as: list)
    compare("scores", \.scores) { list($0.patterns + $0.fields) }
    compare("dashboard", \.dashboard, as: text)
    compare("fallback", \.fallback, as: text)
    compare("runbook", \.runbook, as: text)
    compare("evaluation", \.evaluation, as: text)
    // Whatever is left (a cohort that no stage uses, say) must not pass unseen.
    if found.isEmpty, old != new {
      found.append(PlanDifference(what: "plan", before: "as started", after: "edited", isFrozen: false))
    }
    return found
  }

  private static func stages(_ old: [Stage], _ new: [Stage], upTo reached: Int?) -> [PlanDifference] {
    (0..<max(old.count, new.count)).compactMap { index in
      let before = index < old.count ? old[index] : nil
      let after = index < new.count ? new[index] : nil
      guard before != after else { return nil }
      // How long a stage lasts may still change; who is in it, once it was reached, may not.
      let frozen = index <= reached ?? -1 && (before?.audience != after?.audience || before?.name != after?.name)
      return PlanDifference(
        what: "stage \(index + 1)", before: before?.summary ?? "none", after: after?.summary ?? "none",
        isFrozen: frozen)
    }
  }
}

extension Stage {
  /// `5% of paid 24h`, with who that is.
  package var summary: String {
    let who =
      switch audience {
      case .offline, .everyone: ""
      case .cohort(_, let selector, _): " (\(selector))"
      }
    let soak = soak > .zero ? " \(soak)" : ""
    let samples = samples.map { ", \($0) samples" } ?? ""
    return name + who + soak + samples
  }
}

extension Progress {
  /// The furthest stage whose audience somebody has met.
  var furthest: Int? { [reached, place.stageIndex].compactMap { $0 }.max() }
}
