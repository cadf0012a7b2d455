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

  /// `reached` is the furthest stage that was reached; stages up to it are frozen.
  static func stages(_ old: Plan, _ new: Plan, upTo reached: Int?) -> [PlanDifference] {
    (0..<max(old.stages.count, new.stages.count)).compactMap { index in
      let before = index < old.stages.count ? old.stages[index] : nil
      let after = index < new.stages.count ? new.stages[index] : nil
      guard before != after else { return nil }
      // How long a stage lasts may still change; who is in it, once it was reached, may not.
      let frozen = index <= reached ?? -1 && (before?.audience != after?.audience || before?.name != after?.name)
      return PlanDifference(
        what: "stage \(index + 1)", before: before?.words ?? "none", after: after?.words ?? "none",
        isFrozen: frozen)
    }
  }
}
