/// What one look of a watch found, and what was done about it.
package struct WatchReport: Sendable {
  package let target: String
  package let time: Instant
  package let outcome: Outcome
  /// Whether it differs from the look before; the first one does.
  package var isNews = false
  /// What the operator should hear once, not at every look.
  package private(set) var remarks: [String] = []

  package enum Outcome: Sendable {
    case looked(Look)
    case failed(Trouble)
  }

  package struct Look: Sendable {
    /// The rollout as it stands afterwards, with the gates that were seen before.
    package let status: StatusReport
    package let reaction: Reaction?
    /// The evidence did not answer.
    package let isUnread: Bool
  }

  /// What the look asked for.
  package struct Reaction: Sendable {
    package let verb: Verb
    package let reason: String
    package let variant: String?
    package let outcome: Outcome

    package enum Outcome: Sendable {
      /// `--dry-run`.
      case foreseen
      case done(from: Place, to: Place)
      /// Somebody moved the rollout in between.
      case overtaken([String])
      case failed([String], ExitStatus)
    }

    package init(_ request: Request, outcome: Outcome) {
      (verb, reason, variant) = (request.verb, request.reason ?? "", request.variant)
      self.outcome = outcome
    }

    package init?(_ request: Request?, outcome: Outcome) {
      guard let request else { return nil }
      self.init(request, outcome: outcome)
    }
  }

  package init(target: String, time: Instant, _ outcome: Outcome) {
    (self.target, self.time, self.outcome) = (target, time, outcome)
  }

  package mutating func say(_ remark: String) {
    remarks.append(remark)
    isNews = true
  }
}

extension WatchReport {
  package var look: Look? { if case .looked(let look) = outcome { look } else { nil } }
  package var reaction: Reaction? { look?.reaction }
  package var isDone: Bool { if case .done? = reaction?.outcome { true } else { false } }
  package var isUnread: Bool { look?.isUnread ?? false }

  /// What fired, also where it could not be acted on; else whether the next stage may be entered.
  package var status: ExitStatus {
    switch outcome {
    case .failed(let trouble): return trouble.status
    case .looked(let look):
      switch look.reaction?.outcome {
      case .failed(_, let status): return ExitStatus.worst([look.status.status, status])
      // Nothing was done about a verdict that was overtaken.
      case .overtaken: return .conflict
      case .foreseen, .done, nil: return look.status.status
      }
    }
  }

  package var reasons: [String] {
    switch outcome {
    case .failed(let trouble): trouble.sentences
    case .looked(let look): failures + look.status.reasons
    }
  }

  /// Why what was asked for was not done.
  package var failures: [String] {
    switch reaction?.outcome {
    case .failed(let sentences, _), .overtaken(let sentences): sentences
    case .foreseen, .done, nil: []
    }
  }

  /// What makes one look another one than the last: where it stands, the verdict, and what keeps it there; not how long
  /// that still takes.
  package var gist: String {
    switch outcome {
    case .failed(let trouble): return "failed \(trouble.sentences)"
    case .looked(let look):
      let status = look.status
      let closed = status.gates.filter { $0.verdict != .pass && !$0.advisory }.map(\.gist)
      let why = closed.isEmpty ? [status.reasons.first ?? ""] : closed
      return "\(status.standsAt) \(status.status.rawValue) \(status.degradedTo ?? "") \(status.hold?.reason ?? "") "
        + "entry \(status.head)\(look.isUnread ? " blind" : "") \(why.joined(separator: ", "))"
    }
  }
}

extension Gate {
  /// Without its figures, which are others at every look.
  fileprivate var gist: String {
    var reason = ""
    switch found?.outcome {
    case .found(let finding):
      switch finding.reason {
      case .beyond, .firstEvent, .beyondByChance, .beyondUncorrected, .likeControl: reason = " beyond"
      case .noCanary, .noControl, .nothingComparable, .notANumber, .impossible: reason = " no figure"
      case .inside, .provenInside, .insideUnproven, .tooFewSamples, .noSpread, .controlIsZero, .singleUnit: break
      }
    case .silent: reason = " silent"
    case .unmeasured: reason = " unmeasured"
    case .notAsked, nil: break
    }
    return "\(name) \(verdict.rawValue)\(reason)"
  }
}
