/// What the evidence showed about the stage where a rollout stands: measured outside, judged here, decided upon in
/// `Requirements`.
package struct StageEvidence: Hashable, Sendable {
  /// What holds where the evidence was not asked, as in a list of many rollouts.
  package static let notMeasured = "not measured here"

  /// One trigger with what was found.
  package struct Row: Hashable, Sendable {
    package let trigger: Trigger
    package internal(set) var outcome: Outcome
    package let measure: Measure?
    /// The segment that fares worst, where the trigger looks at segments.
    package var segment: String?
    /// What it was held against, where that comes from an evaluation.
    package var figure: EvaluationFigures.Figure?
    /// The kind of cases that fares worse than the whole, offline.
    package var set: String?

    package init(_ trigger: Trigger, _ outcome: Outcome, measure: Measure? = nil, segment: String? = nil) {
      (self.trigger, self.outcome, self.measure, self.segment) = (trigger, outcome, measure, segment)
    }
  }

  package enum Outcome: Hashable, Sendable {
    case found(Finding)
    /// No machine can tell; a person may.
    case unmeasured(String)
    /// The evidence should have told, and did not.
    case silent(String)
    /// It has to wait for traffic, and holds nothing before.
    case notAsked(String)
  }

  /// Records and units of one version inside the stage's cohort.
  package struct Arm: Hashable, Sendable {
    package var records: Int
    /// Nil where the evidence does not carry the unit.
    package var units: Int?

    package init(records: Int = 0, units: Int? = nil) { (self.records, self.units) = (records, units) }

    /// What `Samples:` counts.
    package var samples: Int { units ?? records }
  }

  package var canary = Arm()
  /// Nil where no control is left to compare with.
  package var control: Arm?
  /// Since when it was measured.
  package var from: Instant
  /// The files of an evaluation, as the note names them; nil for the traffic of a stage.
  package var origin: String?
  /// The kinds of cases of an evaluation.
  package var sets: [CaseSet] = []
  package var newest: Instant?
  package var rows: [Row] = []
  /// What comes from a judge's scores.
  package var scored: [Scored] = []
  /// What makes the evidence as a whole not to be trusted: each of them holds.
  package var faults: [String] = []
  /// A source did not answer, so that asking again is worth it.
  package var isUnread = false
  /// What should be known, and holds nothing.
  package var remarks: [String] = []

  package init(from: Instant) { self.from = from }
}

extension StageEvidence {
  /// Several tests in one look: each rollback trigger has to stand among the others. A kill trigger is on its own, and a
  /// count that must be zero needs no test.
  package mutating func correct() {
    let tested = rows.indices.filter { index in
      guard case .found = rows[index].outcome else { return false }
      return rows[index].trigger.action == .rollback
    }
    let findings = tested.compactMap { index -> Finding? in
      if case .found(let finding) = rows[index].outcome { finding } else { nil }
    }
    for (index, finding) in zip(tested, Judgement.corrected(findings)) {
      rows[index].outcome = .found(finding)
    }
  }

  /// How unlikely this split is for a draw of that share, by units; nil where it cannot be told.
  package func sampleRatio(share: Percentage) -> Double? {
    guard let control, let canaries = canary.units, let controls = control.units, canaries + controls > 0,
      share > .zero, !share.isWhole
    else { return nil }
    let part = share.percent / 100
    return Corrections.sampleRatio([canaries, controls], shares: [part, 1 - part])?.pValue
  }
}

extension StageEvidence {
  /// Cases of one kind.
  package struct CaseSet: Hashable, Sendable {
    package let name: String
    package let canary: Int
    package let control: Int

    package init(_ name: String, canary: Int, control: Int) {
      (self.name, self.canary, self.control) = (name, canary, control)
    }
  }
}

extension StageEvidence {
  /// What a judge scored of one field.
  package struct Scored: Hashable, Sendable {
    package let field: String
    /// That have any score, of whatever version and time.
    package let requests: Int
    /// Of the canary, at this stage.
    package let records: Int
    /// Of those, with a score.
    package let judged: Int
    /// Different units among the judged; nil where the evidence does not carry the unit.
    package let units: Int?
  }
}
