/// What an operator asked for, with everything they added.
package struct Request: Sendable {
  package var verb: Verb
  /// `--to` or `--stage`, as typed.
  package var stage: String?
  package var override: String?
  package var reason: String?
  /// `promote --adopt`: replace what somebody set up by hand before the rollout.
  package var adoptsForeign = false
  /// `exclude` and `include`.
  package var selector: Selector?
  /// `kill --to`.
  package var killTo: String?
  /// `degrade`: what stands in for the canary.
  package var variant: String?
  /// A machine asks: going back leaves a hold that only a reason lifts.
  package var isAutomatic = false
  /// What was seen when it was decided, for the journal.
  package var seen: JSON?

  package init(_ verb: Verb) { self.verb = verb }
}

/// The answer to a request: what to do, step by step, or why not. A value, so that every one of them can be tested.
package struct Decision: Sendable {
  package let verb: Verb
  package let status: ExitStatus
  /// Sentences: why so, most important first.
  package let reasons: [String]
  package let from: Place
  package let to: Place
  package let steps: [Step]
  package let gates: [Gate]
  package let checklist: [ChecklistLine]

  package enum Step: Hashable, Sendable {
    /// Written to the journal before the store is touched.
    case intend(Entry.Content)
    case write(Flag)
    /// The outcome of the intent, once the store was read back.
    case conclude
    /// A change that only the journal knows, or one that is journaled after the fact.
    case record(Entry.Content)
  }

  init(
    _ verb: Verb, _ status: ExitStatus, _ reasons: [String], from: Place, to: Place? = nil, steps: [Step] = [],
    gates: [Gate] = [], checklist: [ChecklistLine] = []
  ) {
    (self.verb, self.status, self.reasons) = (verb, status, reasons)
    (self.from, self.to, self.steps) = (from, to ?? from, steps)
    (self.gates, self.checklist) = (gates, checklist)
  }

  /// Whether it changes anything at all.
  package var acts: Bool { !steps.isEmpty }

  /// Whether it changes the store.
  package var writes: Bool { steps.contains { if case .write = $0 { true } else { false } } }
}
