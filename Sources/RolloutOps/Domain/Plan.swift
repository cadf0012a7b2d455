/// What a note says, made executable: everything that deciding and writing need, and nothing of its prose.
///
/// A plan is what a rollout freezes in the journal when it starts. Its digest is what tells an edited note from an
/// edited sentence in it.
package struct Plan: Hashable, Sendable {
  package var flag: FlagKey
  package var change = ""
  package var changeType: ChangeType?
  /// Nil where the note names none; `effectiveTier` is what rules go by.
  package var tier: Int?
  package var version: VersionLabel?
  package var controlVersion: VersionLabel?
  package var unit = "tenant"
  package var owner: String?
  package var onCall: String?
  package var approvers: [String] = []
  package var timeZone: String?
  package var cohorts: [Cohort] = []
  package var exclusions: [Selector] = []
  package var stages: [Stage] = []
  package var schedule = ScheduleSource.note
  /// How long 100% must last before `finish`; nil where the schedule does not say.
  package var steadyState: TimeSpan?
  package var variants = Variants.boolean
  package var killTo = KillTarget.control
  package var metrics: [Metric] = []
  package var triggers: [Trigger] = []
  package var samples: Int?
  package var checklist: ChecklistMode?
  package var defaultBands = true
  package var promotesItself = false
  package var provenEvidence = false
  package var evidence: [String] = []
  package var scores = ScoreFiles()
  /// What the evidence calls a field, by our name for it.
  package var fields: [String: String] = [:]
  package var dashboard: String?
  package var fallback: String?
  package var runbook: String?
  package var evaluation: String?

  package init(flag: FlagKey) { self.flag = flag }

  /// A note without a tier is tier 2; a model change is tier 1 at least.
  package var effectiveTier: Int {
    changeType == .model ? min(tier ?? 2, 1) : tier ?? 2
  }

  /// Whether open checklist items hold promotion, or are only shown.
  package var checklistHolds: Bool { checklist.map { $0 == .required } ?? (effectiveTier <= 1) }
}

/// The name of a flag in its store.
package struct FlagKey: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let text: String

  package init(_ text: String) { self.text = text }

  // By its bytes, as every reader has it: an accent that is written in two ways makes two flags.
  package static func == (left: FlagKey, right: FlagKey) -> Bool { left.text.isSpelled(right.text) }
  package func hash(into hasher: inout Hasher) { hasher.combine(spelling: text) }
  package static func < (left: FlagKey, right: FlagKey) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }
  package var description: String { text }

  /// Why a note may not name a flag so; nil for a good key. A store may hold worse ones, and kill takes those too.
  package var fault: String? {
    if text.isEmpty { return "a flag key cannot be empty" }
    if text.utf8.count > 200 { return "a flag key has at most 200 bytes, this one \(text.utf8.count)" }
    let fine = text.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || $0.properties.numericType != nil || "._-:/".unicodeScalars.contains($0)
    }
    return fine ? nil : "a flag key is made of letters, digits and . _ - : /"
  }
}

package enum ChangeType: String, CaseIterable, Sendable {
  case prompt, model, retrieval, policy, tool, code
}

/// How live traffic tells the two versions apart: `prompt_version = v7`.
package struct VersionLabel: Hashable, Sendable, CustomStringConvertible {
  package let field: String
  package let value: String

  package init(field: String, value: String) {
    self.field = field
    self.value = value
  }

  package var description: String { "\(field) = \(value)" }
}

package struct Cohort: Hashable, Sendable {
  package let name: String
  package let selector: Selector
}

/// One step of a rollout.
package struct Stage: Hashable, Sendable {
  package enum Audience: Hashable, Sendable {
    /// Nobody live: before/after evidence only.
    case offline
    case cohort(name: String, Selector, share: Percentage)
    case everyone(share: Percentage)
  }

  /// As the note names it; unique in its plan: `internal`, `5% of paid`, `100%`.
  package var name: String
  package var audience: Audience
  package var soak: TimeSpan
  package var samples: Int?
  /// What to look at, in words.
  package var watch: String?

  package init(
    name: String, audience: Audience, soak: TimeSpan = .zero, samples: Int? = nil, watch: String? = nil
  ) {
    (self.name, self.audience, self.soak, self.samples, self.watch) = (name, audience, soak, samples, watch)
  }

  /// The share of its cohort: 0 offline.
  package var share: Percentage {
    switch audience {
    case .offline: .zero
    case .cohort(_, _, let share), .everyone(let share): share
    }
  }

  package var grant: Grant? {
    switch audience {
    case .offline: nil
    case .cohort(_, let selector, let share): Grant(cohort: selector, share: share)
    case .everyone(let share): Grant(cohort: nil, share: share)
    }
  }

  package var isOffline: Bool { audience == .offline }

  /// A stage that draws by percentage rather than letting in a whole named cohort.
  package var isPercentage: Bool {
    switch audience {
    case .offline: false
    case .cohort(_, _, let share): !share.isWhole
    case .everyone: true
    }
  }
}

extension Plan {
  /// Who is let in at that stage: what all stages up to it grant, without the plan's exclusions and `more`.
  package func exposure(at index: Int, excluding more: [Selector] = []) -> Exposure {
    let grants = stages.prefix(index + 1).compactMap(\.grant)
    guard !grants.isEmpty else { return .off }
    return Exposure(grants: grants, exclusions: exclusions).excluding(more)
  }

  package func index(of name: String) -> Int? { stages.firstIndex { $0.name == name } }

  package var firstExposing: Int? { stages.firstIndex { !$0.isOffline } }
}

package enum ScheduleSource: Hashable, Sendable {
  case note
  /// The two cohort fields of the bare template.
  case cohortFields
  case preset(String)
}

package enum KillTarget: String, CaseIterable, Sendable {
  case control, off
}

/// Which bucketing the readers of the flag file use; see the reference page of flagd's fractional operation.
package enum FlagHash: String, CaseIterable, Sendable {
  case v1, v2, v3

  /// Whose readers deal by it, as measured with each; an upgrade may change that.
  package var readers: String {
    switch self {
    case .v1: "Java"
    case .v2: "flagd, Go and Node"
    case .v3: "Python and Rust"
    }
  }
}

package enum ChecklistMode: String, CaseIterable, Sendable {
  case required, advisory
}

/// What the flag can serve, and in which role.
package struct Variants: Hashable, Sendable {
  package struct Variant: Hashable, Sendable {
    package let name: String
    package let value: JSON

    package init(_ name: String, _ value: JSON) {
      self.name = name
      self.value = value
    }
  }

  package let all: [Variant]
  /// Served to those in the stage.
  package let canary: String
  /// Served to everyone else.
  package let control: String

  package init(_ all: [Variant], canary: String, control: String) {
    (self.all, self.canary, self.control) = (all, canary, control)
  }

  /// A flag without `Variants:`: on for those in the stage, off for everyone else.
  package static let boolean = Variants(
    [Variant("on", true), Variant("off", false)], canary: "on", control: "off")

  package var isBoolean: Bool { self == .boolean }

  package subscript(_ name: String) -> JSON? { all.first { $0.name == name }?.value }

  /// What a kill serves.
  package func killed(to target: KillTarget) -> String {
    target == .off && self["off"] != nil ? "off" : control
  }
}
