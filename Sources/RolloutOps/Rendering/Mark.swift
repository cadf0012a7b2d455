/// The signs at the beginning of lines. A sign means one thing in every view; where signs get lost, as in Markdown, its
/// word stands beside it.
package enum Mark: String, CaseIterable, Sendable {
  case met = "✓"
  case notYet = "○"
  case advice = "·"
  case fired = "!"
  case fails = "✗"
  case look = "△"
  case unknown = "?"
  case here = "▶"
  case ready = "▷"
  case killed = "■"
  case held = "‖"
  case degraded = "↓"
  case drifted = "≠"
  case markOnly = "~"
  case worse = "▼"
  case better = "▲"
  case differs = "◆"

  /// For who cannot see the sign.
  package var word: String {
    switch self {
    case .met: "passes"
    case .notYet: "not yet"
    case .advice: "advice"
    case .fired: "fired"
    case .fails: "would not work"
    case .look: "look at it"
    case .unknown: "not known"
    case .here: "here"
    case .ready: "ready"
    case .killed: "killed"
    case .held: "held"
    case .degraded: "degraded"
    case .drifted: "drift"
    case .markOnly: "by its mark"
    case .worse: "worse"
    case .better: "better"
    case .differs: "differs"
    }
  }

  package var meaning: String {
    switch self {
    case .met: "it holds: a gate passes, a trigger is quiet, a check is fine, a stage is passed"
    case .notYet: "it is missing, and keeps the next stage shut"
    case .advice: "it is missing or past a limit, and keeps nothing shut; or a stage that is still to come"
    case .fired: "a trigger fired: act now"
    case .fails: "it does not hold, or a kill would not work"
    case .look: "it works, and somebody should look at it"
    case .unknown: "nobody here could tell"
    case .here: "the stage where it stands"
    case .ready: "the next stage may be entered"
    case .killed: "killed, and the store agrees"
    case .held: "held by an operator or by an automatic rollback"
    case .degraded: "the variant of a degrade trigger is served in the canary's place"
    case .drifted: "the store, or what applications are served, is not what the journal says"
    case .markOnly: "known by the store's mark alone: its journal is not here"
    case .worse: "the canary is worse than the control"
    case .better: "the canary is better than the control"
    case .differs: "the versions differ, and neither way is known to be the better one"
    }
  }

  package func sign(_ ink: Ink) -> String {
    switch self {
    case .met, .better: ink.good(rawValue)
    case .notYet, .look, .held, .degraded, .differs: ink.warning(rawValue)
    case .fired, .fails, .killed, .drifted, .worse, .unknown: ink.bad(rawValue)
    case .advice: ink.dim(rawValue)
    case .here: ink.strong(rawValue)
    case .ready, .markOnly: rawValue
    }
  }
}

extension Gate {
  var mark: Mark {
    switch verdict {
    // Past its limit, where that says nothing against the canary: no tick.
    case .pass: found?.isBesideTheLimit == true ? .advice : .met
    case .hold: advisory ? .advice : .notYet
    case .breach: .fired
    }
  }
}

extension StageEvidence.Row {
  fileprivate var isBesideTheLimit: Bool {
    if case .found(let finding) = outcome { finding.reason == .likeControl } else { false }
  }
}

extension ChecklistLine {
  func mark(holds: Bool) -> Mark { state == .open ? holds ? .notYet : .advice : .met }
}

extension DoctorCheck.State {
  var mark: Mark {
    switch self {
    case .fine: .met
    case .warning: .look
    case .failed: .fails
    case .unknown: .unknown
    }
  }
}
