/// What an entry of the journal says was done to a rollout, with what belongs to that alone.
///
/// A new action is its word and its case here, its members in DeedCodec.swift, and what it changes in Progress.swift.
package enum Deed: Hashable, Sendable {
  case promoted(Passage)
  case rolledBack(Passage)
  case restored(Passage)
  case finished(Passage)
  case abandoned(Passage)
  /// Automatic where a machine held it: only a reason lifts that.
  case held(automatic: Bool)
  /// Nil where an entry does not say which of the two was lifted.
  case resumed(Lift?)
  case killed(KillFacts)
  /// `shown` is the fingerprint of the flag as it stands then, where it had been adopted.
  case excluded(KeptSelector, shown: String?)
  case included(KeptSelector, shown: String?)
  case adopted(Adoption)
  case replanned(FrozenPlan?, differences: [String]?)
  case attested(Words)
  /// To the variant that stands in for the canary.
  case degraded(to: String?)
  /// The action is known, and what this version needs to know of it is not there.
  case unreadable(Entry.Action)
}

extension Entry {
  /// What was done, as the journal's lines and `history --action` call it.
  package enum Action: String, CaseIterable, Sendable {
    case promote, rollback, hold, resume, kill, restore, exclude, include, adopt, replan, finish, abandon, attest,
      degrade

    /// Whether it lets more people in; what only narrows goes through in every state.
    package var widens: Bool {
      switch self {
      case .promote, .resume, .restore, .include, .adopt, .replan, .finish: true
      case .rollback, .hold, .kill, .exclude, .abandon, .attest, .degrade: false
      }
    }

    /// Whether it takes the new version from everybody who has it at that stage.
    package var turnsDown: Bool {
      switch self {
      case .kill, .rollback, .degrade, .abandon: true
      case .promote, .hold, .resume, .restore, .exclude, .include, .adopt, .replan, .finish, .attest: false
      }
    }
  }
}

extension Deed {
  package var action: Entry.Action {
    switch self {
    case .promoted: .promote
    case .rolledBack: .rollback
    case .restored: .restore
    case .finished: .finish
    case .abandoned: .abandon
    case .held: .hold
    case .resumed: .resume
    case .killed: .kill
    case .excluded: .exclude
    case .included: .include
    case .adopted: .adopt
    case .replanned: .replan
    case .attested: .attest
    case .degraded: .degrade
    case .unreadable(let action): action
    }
  }

  /// What it froze of a rollout that starts, where it is one that can.
  package var opening: Opening? {
    switch self {
    case .promoted(let passage), .rolledBack(let passage), .restored(let passage), .finished(let passage),
      .abandoned(let passage):
      passage.opening
    case .adopted(let adoption): adoption.opening
    case .held, .resumed, .killed, .excluded, .included, .replanned, .attested, .degraded, .unreadable: nil
    }
  }

  /// The plan that counts from then on.
  package var plan: FrozenPlan? {
    if case .replanned(let plan, _) = self { plan } else { opening?.plan }
  }
}

// MARK: - What belongs to one kind of deed

extension Deed {
  /// From one place to another; where to stands in the entry itself.
  package struct Passage: Hashable, Sendable {
    /// The gate that did not pass, and that somebody skipped by name.
    package var skipped: SkippedGate?
    /// Whether a hold comes with it, in one entry, so that no crash can part the two.
    package var holds = false
    package var opening: Opening?
    /// Whether it was finished in a store that changes no value: by serving the canary under its own name.
    package var keepsValues = false

    package init(skipped: SkippedGate? = nil, holds: Bool = false, opening: Opening? = nil, keepsValues: Bool = false) {
      (self.skipped, self.holds, self.opening, self.keepsValues) = (skipped, holds, opening, keepsValues)
    }
  }

  package struct SkippedGate: Hashable, Sendable {
    package let gate: String
    package let reason: String?
    /// What it had said.
    package let was: String?
  }

  /// What a rollout freezes when it starts.
  package struct Opening: Hashable, Sendable {
    package let plan: FrozenPlan?
    /// Which store that was, whatever it is called from where.
    package let storeIdentity: String?
    /// Whether the entry says that a rollout starts: some only bring a plan.
    package let starts: Bool

    package init(plan: FrozenPlan?, storeIdentity: String?, starts: Bool = true) {
      (self.plan, self.storeIdentity, self.starts) = (plan, storeIdentity, starts)
    }
  }

  package enum Lift: String, Sendable { case hold, degrade }

  package struct KillFacts: Hashable, Sendable {
    /// What everybody gets; nil where the entry does not say it.
    package var serving: Serving?
    /// It found the flag killed before, and adds its words.
    package var wasKilled = false
    /// Found in the store by whoever came next; nobody knows who killed it.
    package var isFound = false
    package var proof: Proof?

    package enum Serving: Hashable, Sendable {
      case variant(String)
      /// The store hands out none, and applications use the default in their code.
      case applicationDefault
    }

    /// How it is known that the flag is off.
    package struct Proof: Hashable, Sendable {
      package let seconds: Double
      package let attempts: Int
      /// Whether the store was read once more. Where flag and journal change together nobody has to.
      package let isReadBack: Bool
      /// Why nothing would have told of somebody else's change in between.
      package let unguarded: String?

      package init(seconds: Double, attempts: Int, isReadBack: Bool, unguarded: String? = nil) {
        (self.seconds, self.attempts) = (seconds, attempts)
        (self.isReadBack, self.unguarded) = (isReadBack, unguarded)
      }
    }

    package init(
      serving: Serving? = nil, wasKilled: Bool = false, isFound: Bool = false, proof: Proof? = nil
    ) {
      (self.serving, self.wasKilled, self.isFound, self.proof) = (serving, wasKilled, isFound, proof)
    }
  }

  /// A flag taken over as it stands, branches of the journal brought together, or both at once.
  package struct Adoption: Hashable, Sendable {
    /// The fingerprint of the flag that was accepted.
    package var shown: String?
    /// What it serves, in words.
    package var serving: String?
    /// Who is out from then on, beyond the plan's own exclusions.
    package var exclusions: [KeptSelector]?
    package var opening: Opening?
    package var merge: Merge?

    package init(
      shown: String? = nil, serving: String? = nil, exclusions: [KeptSelector]? = nil, opening: Opening? = nil,
      merge: Merge? = nil
    ) {
      (self.shown, self.serving, self.exclusions) = (shown, serving, exclusions)
      (self.opening, self.merge) = (opening, merge)
    }
  }

  package struct Merge: Hashable, Sendable {
    package var branches: [MergedBranch]
    /// Who held the rollout in one of them.
    package var hold: Hold?
    /// The variant that stood in for the canary in the one that goes on.
    package var degraded: String?

    package init(_ branches: [MergedBranch], hold: Hold? = nil, degraded: String? = nil) {
      (self.branches, self.hold, self.degraded) = (branches, hold, degraded)
    }
  }

  /// What a person says about an item of the checklist, or about a stage.
  package struct Words: Hashable, Sendable {
    package let item: String?
    package let stage: String?
    package let evidence: String?
  }
}

/// That somebody, or a machine, wants a rollout to stay where it is.
package struct Hold: Hashable, Sendable {
  package let actor: String
  package let time: Instant
  package let reason: String?
  /// Set by a machine: only a reason lifts it.
  package let automatic: Bool
}

/// A selector as the journal keeps it: its text, and what this version makes of that.
package struct KeptSelector: Hashable, Sendable {
  package let text: String
  /// Nil where a later version wrote what this one cannot read.
  package let selector: Selector?

  package init(_ selector: Selector) { (text, self.selector) = (selector.description, selector) }

  package init(text: String) { (self.text, selector) = (text, try? SelectorText(Substring(text)).selector) }
}
