/// An item of the stage checklist (seed: "before moving on"): what it asks, and who can answer.
package enum ChecklistItem: String, CaseIterable, Sendable {
  case flag
  case killDrill = "kill-drill"
  case fallback
  case internalStage = "internal"
  case ramp
  case dashboard
  case nightlyEvaluation = "nightly-eval"
  case runbook

  package var question: String {
    switch self {
    case .flag: "the flag exists in its store"
    case .killDrill: "the kill switch was flipped within 31 days"
    case .fallback: "the fallback was tested, not only reviewed"
    case .internalStage: "the internal stage lasted its days, issues triaged"
    case .ramp: "a percentage stage with a rollback trigger is defined"
    case .dashboard: "cost, latency, errors and quality can be seen"
    case .nightlyEvaluation: "production traffic is evaluated every night"
    case .runbook: "the runbook exists and names the flag"
    }
  }

  /// The flag's presence is a fact that nobody's word replaces.
  package var attestable: Bool { self != .flag }

  /// For how long a word or a kill counts; nil as long as the rollout.
  package var validity: TimeSpan? {
    switch self {
    case .killDrill, .fallback: .days(31)
    default: nil
    }
  }

  /// Whether an attestation of that item goes on counting in the flag's next rollout.
  package static func outlives(_ item: String) -> Bool { ChecklistItem(rawValue: item)?.validity != nil }
}

/// What else a person can attest for a stage.
package enum StageAttestation {
  /// The gates that no machine can measure, seen by eye.
  package static let gates = "gates"
  /// The human review before the first wide stage.
  package static let review = "review"

  package static let all = ChecklistItem.allCases.filter(\.attestable).map(\.rawValue) + [gates, review]
}
