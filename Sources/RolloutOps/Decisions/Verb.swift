/// What can be asked for that moves a rollout: by an operator, and `degrade` by a watch alone.
package enum Verb: String, CaseIterable, Sendable {
  case promote, rollback, hold, resume, kill, restore, exclude, include, adopt, replan, finish, abandon, degrade
}

extension Verb {
  /// Whether it may let more people in. Written out, so that a new verb has to say it.
  package var widens: Bool {
    switch self {
    case .promote, .resume, .restore, .include, .adopt, .replan, .finish: true
    case .rollback, .hold, .kill, .exclude, .abandon, .degrade: false
    }
  }

  /// Whether it passes gates.
  var needsEvidence: Bool { self == .promote || self == .finish }

  /// Whether it goes by the note as it is now; the others run from the plan frozen in the journal.
  var needsNote: Bool {
    switch self {
    case .promote, .replan, .finish, .adopt: true
    case .rollback, .hold, .resume, .kill, .restore, .exclude, .include, .abandon, .degrade: false
    }
  }

  /// The state that it is there to end.
  var ends: RolloutState? {
    switch self {
    case .adopt: .drifted
    case .restore: .killed
    case .replan: .planChanged
    case .resume: .degraded
    case .promote, .rollback, .hold, .kill, .exclude, .include, .finish, .abandon, .degrade: nil
    }
  }
}

/// What a rollout comes to next, in the one word that reports show.
package enum Outlook: String, Sendable { case promote, hold, rollback, degrade, kill, done }

extension Verb {
  /// Where it goes ahead.
  package var outlook: Outlook {
    switch self {
    case .promote, .restore: .promote
    case .rollback: .rollback
    case .hold: .hold
    case .kill: .kill
    case .degrade: .degrade
    case .resume, .exclude, .include, .adopt, .replan, .finish, .abandon: .done
    }
  }
}

/// In which state a rollout is found. Where several hold at once, the first in this order counts.
package enum RolloutState: String, CaseIterable, Sendable {
  /// The store shows something else than the journal says.
  case drifted
  case killed
  /// The note's plan is no longer the one that was frozen.
  case planChanged = "plan changed"
  case held
  case degraded
  /// Not started, or rolled back to where nobody gets the new version.
  case off
  case exposing
  /// At the last stage.
  case complete
  case finished
  case abandoned
}

/// What a verb does in a state.
package enum Rule: Hashable, Sendable {
  /// It goes ahead.
  case goes
  /// It goes ahead when every gate of the next step passes.
  case gated
  /// It opens a new rollout of this flag, where the note's plan is another one; else nothing is left to do.
  case startsAnew
  /// It goes ahead as far as that keeps within what the store shows.
  case narrows
  /// Written to the journal; the store stays as it is.
  case recorded
  /// What was asked for is so already: exit 0.
  case already(String)
  case refused(ExitStatus, String)

  package var status: ExitStatus {
    switch self {
    case .refused(let status, _): status
    case .goes, .gated, .startsAnew, .narrows, .recorded, .already: .done
    }
  }
}

/// What every verb does in every state: the table that `help states` prints and the tests walk through.
package enum StateTable {
  /// Where several states hold, in their order. A hold, a degrade and an edited note do not say where a rollout
  /// stands: a verb that they let through is asked for the next state too, unless it is there to end this one.
  package static func rule(_ verb: Verb, in states: [RolloutState]) -> Rule {
    var rule = Rule.goes
    for state in states {
      rule = self.rule(verb, in: state)
      guard rule == .goes, [.planChanged, .held, .degraded].contains(state), state != verb.ends else { break }
    }
    return rule
  }

  package static func rule(_ verb: Verb, in state: RolloutState) -> Rule {
    switch verb {
    case .promote: promote(state)
    case .rollback: rollback(state)
    case .hold: state == .held ? .already("it is held already") : .recorded
    case .resume: resume(state)
    case .kill: .goes
    case .restore: restore(state)
    case .exclude: exclude(state)
    case .include: include(state)
    case .adopt: state == .drifted ? .goes : .already("store and journal agree, there is nothing to adopt")
    case .replan: replan(state)
    case .finish: finish(state)
    case .abandon: abandon(state)
    case .degrade: degrade(state)
    }
  }

  private static let drift = Rule.refused(
    .conflict, "the store does not show what the journal says: see status, then adopt, rollback --to off or kill")
  private static let killed = Rule.refused(.kill, "the flag is killed: restore it first, with a reason")
  private static let held = Rule.refused(.hold, "it is held; resume lifts the hold")
  private static let degraded = Rule.refused(.hold, "it is degraded; resume brings the canary back")
  private static let planChanged = Rule.refused(
    .conflict, "the note's plan is not the one that was started; replan takes it over")
  private static let closed = Rule.refused(.conflict, "the rollout is closed; promote starts a new one")

  private static func promote(_ state: RolloutState) -> Rule {
    switch state {
    case .drifted: drift
    case .killed: killed
    case .planChanged: planChanged
    case .held: held
    case .degraded: degraded
    case .off, .exposing: .gated
    case .complete: .already("it is at its last stage, there is nothing to do until finish")
    case .finished, .abandoned: .startsAnew
    }
  }

  private static func rollback(_ state: RolloutState) -> Rule {
    switch state {
    case .drifted: .narrows
    case .killed: .already("the flag is killed, nobody gets the canary")
    case .off: .already("nobody gets the canary")
    case .abandoned: .already("the rollout was abandoned, nobody gets the canary")
    case .planChanged, .held, .degraded, .exposing, .complete, .finished: .goes
    }
  }

  private static func resume(_ state: RolloutState) -> Rule {
    switch state {
    // Undoing a degrade writes the store; a hold alone does not.
    case .degraded: .goes
    case .drifted, .killed, .planChanged, .held: .recorded
    case .off, .exposing, .complete, .finished, .abandoned: .already("it is not held")
    }
  }

  private static func restore(_ state: RolloutState) -> Rule {
    switch state {
    case .killed: .goes
    case .drifted: drift
    case .planChanged, .held, .degraded, .off, .exposing, .complete, .finished, .abandoned:
      .already("the flag is not killed")
    }
  }

  private static func exclude(_ state: RolloutState) -> Rule {
    switch state {
    case .drifted: .narrows
    case .killed, .off: .recorded
    case .planChanged, .held, .degraded, .exposing, .complete, .finished: .goes
    case .abandoned: .already("the rollout was abandoned, nobody gets the canary")
    }
  }

  private static func include(_ state: RolloutState) -> Rule {
    switch state {
    case .drifted: drift
    case .held: held
    case .killed, .off: .recorded
    case .planChanged, .degraded, .exposing, .complete, .finished: .goes
    case .abandoned: .already("the rollout was abandoned")
    }
  }

  private static func replan(_ state: RolloutState) -> Rule {
    switch state {
    case .drifted: drift
    case .planChanged, .killed, .held, .degraded: .goes
    case .exposing, .complete, .off: .already("the note's plan is the one in use")
    case .finished, .abandoned: closed
    }
  }

  private static func finish(_ state: RolloutState) -> Rule {
    switch state {
    case .drifted: drift
    case .killed: killed
    case .planChanged: planChanged
    case .held: held
    case .degraded: degraded
    case .off, .exposing: .refused(.hold, "it has not reached its last stage")
    case .complete: .gated
    case .finished: .already("it is finished")
    case .abandoned: closed
    }
  }

  private static func abandon(_ state: RolloutState) -> Rule {
    switch state {
    case .abandoned: .already("it is abandoned")
    case .finished: .refused(.conflict, "it is finished: everybody has it; rollback or kill takes it back")
    // A killed flag stays killed; only the rollout is closed.
    case .killed: .recorded
    case .drifted, .planChanged, .held, .degraded, .off, .exposing, .complete: .goes
    }
  }

  private static func degrade(_ state: RolloutState) -> Rule {
    switch state {
    case .drifted: drift
    case .killed: .already("the flag is killed, nobody gets the canary")
    case .degraded: .already("it is degraded already")
    case .off: .already("nobody gets the canary")
    case .abandoned: .already("the rollout was abandoned, nobody gets the canary")
    case .finished: .refused(.conflict, "it is finished: everybody has it; rollback or kill takes it back")
    case .planChanged, .held, .exposing, .complete: .goes
    }
  }
}
