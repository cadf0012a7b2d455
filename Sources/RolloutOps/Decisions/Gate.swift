/// One condition for the next step, judged now.
package struct Gate: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// The clock, or the journal's order, cannot be trusted.
    case clock
    case soak
    /// What the note must name before percentage traffic: owner, version label, monitoring query.
    case note
    case checklist(ChecklistItem)
    case review
    case trigger(Trigger)
    /// What the note says to watch, where it has no triggers.
    case byEye
    /// Whether what was measured can be trusted at all.
    case evidence
    case samples
    case sampleRatio
    /// Somebody is still taken out.
    case exclusions
  }

  /// What `--override` and JSON call it.
  package let name: String
  package let kind: Kind
  package let verdict: Verdict
  /// A sentence with numbers.
  package let reason: String
  /// What to do about it, where several gates share that.
  package let hint: String?
  /// Whether nothing that may still be measured opens it.
  package let needsPerson: Bool
  /// When this gate will pass by waiting alone.
  package let opens: Instant?
  /// Shown, but not counted.
  package let advisory: Bool
  /// The numbers behind it, where a machine measured.
  package let found: StageEvidence.Row?

  package init(
    _ name: String, _ kind: Kind, _ verdict: Verdict, _ reason: String, hint: String? = nil, needsPerson: Bool = false,
    opens: Instant? = nil, advisory: Bool = false, found: StageEvidence.Row? = nil
  ) {
    (self.name, self.kind, self.verdict, self.reason) = (name, kind, verdict, reason)
    self.needsPerson = needsPerson
    (self.hint, self.opens, self.advisory, self.found) = (hint, opens, advisory, found)
  }

  /// Nothing overrides a clock that cannot be trusted, a kill trigger, or a count that must stay zero.
  package var canBeOverridden: Bool {
    switch kind {
    case .clock: false
    case .trigger(let trigger): trigger.action != .kill && !trigger.toleratesNothing
    case .byEye, .soak, .note, .checklist, .review, .evidence, .samples, .sampleRatio, .exclusions: true
    }
  }
}

extension Gate {
  /// Nothing to compare with: waiting may never end it, and a person can.
  var isWithoutControl: Bool {
    guard verdict == .hold, case .found(let finding)? = found?.outcome else { return false }
    return finding.isBeyondMachines
  }

  /// What a breach of it asks for; nil where it only holds.
  package var fired: Trigger.Action? {
    guard verdict == .breach, case .trigger(let trigger) = kind else { return nil }
    return trigger.action == .hold ? nil : trigger.action
  }

  /// Kill before rollback before degrade before everything that waits.
  var severity: Int {
    switch fired {
    case .kill: 3
    case .rollback: 2
    case .degrade: 1
    case .hold, nil: 0
    }
  }

  var status: ExitStatus {
    switch fired {
    case .kill: .kill
    case .rollback, .degrade: .rollback
    case .hold, nil: .hold
    }
  }
}

/// A line of the checklist.
package struct ChecklistLine: Hashable, Sendable {
  package enum State: String, Sendable { case done, open, attested }

  package let item: ChecklistItem
  package let state: State
  package let by: String?
  package let reason: String

  package init(_ item: ChecklistItem, _ state: State, by: String? = nil, reason: String) {
    (self.item, self.state, self.by, self.reason) = (item, state, by, reason)
  }
}
