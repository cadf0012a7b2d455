/// One rollout as people and scripts see it: the stage checklist and the gate status. Built once, rendered as text, JSON
/// or Markdown.
package struct StatusReport: Sendable {
  package let flag: FlagKey
  package let change: String
  package let versions: String?
  package let tier: Int?
  package let owner: String?
  package let store: String
  package let stages: [StageLine]
  package let next: StageLine?
  /// What a promotion would do now, or what one just did.
  package let outlook: Outlook
  package let status: ExitStatus
  package let reasons: [String]
  package let gates: [Gate]
  package let checklist: [ChecklistLine]
  package let place: Place
  package let since: Instant?
  package let killed: Bool
  /// The store's own mark of a kill, whoever set it.
  package let isMarkedKilled: Bool
  /// Who killed it, as far as the journal knows.
  package let kill: Progress.Kill?
  package let hold: Hold?
  /// Who went back, and why, where nobody has gone on since.
  package let wayBack: Progress.WayBack?
  package let degradedTo: String?
  package let exclusions: [String]
  package let drift: Drift?
  /// Who gets what by the store, in words.
  package let serving: String?
  /// Whether a journal knows the flag, so that its key is enough to name the rollout.
  package let isKnown: Bool
  /// The number of the journal's last entry.
  package let head: Int
  /// When waiting alone opens the last gate, where nothing else is missing or not.
  package let earliest: Instant?
  /// How long it has stood at a stage that should be over.
  package let stalled: TimeSpan?
  /// What the note's evidence showed, where it names some.
  package let evidence: StageEvidence?
  /// What else the operator should know: an interrupted change, a torn journal line.
  package let remarks: [String]
  package let calendar: LocalCalendar
  /// What applications are served, where there is somebody to ask.
  package var served: Served?
  /// What is known of a managed flag whose journal is not here.
  package var unjournaled: String?
  /// Where a managed flag whose journal is not here stands by its mark; nil where a journal tells.
  package let marked: String?
  /// Where that flag really is: its address reads alike in every checkout.
  package var realPlace: String?
  /// Whether what was changed is one of several copies.
  package var isWorkingCopy = false

  /// An empty journal says "off" of everything, whatever the store lets in.
  var standsAt: String { marked ?? place.description }

  /// Whether nothing but evidence that was not asked here keeps the next stage shut.
  var isUnmeasured: Bool { reasons.first?.hasSuffix(StageEvidence.notMeasured) == true }

  package struct StageLine: Hashable, Sendable {
    package enum State: Hashable, Sendable { case passed, current, ahead }

    package let index: Int
    package let name: String
    package let who: String?
    package let percent: Percentage
    package let state: State
    package let soak: TimeSpan
    package let lasted: TimeSpan?
    package let since: Instant?
    /// Which gate was skipped on the way in, by whom and why.
    package let override: String?
  }

  package init(
    _ situation: Situation, outlook decision: Decision, done: Decision? = nil, remarks: [String] = [],
    zone: ZoneRules = .utc
  ) {
    let plan = situation.progress.phase == .none ? situation.note?.plan : situation.plan
    let now = situation.now
    flag = situation.key
    change = plan?.change ?? ""
    versions = plan.flatMap { plan in
      guard let version = plan.version else { return nil }
      guard let control = plan.controlVersion, control.field == version.field else { return version.description }
      return "\(version.field) \(control.value) → \(version.value)"
    }
    tier = plan?.effectiveTier
    owner = plan?.owner
    store = situation.store.shown
    place = situation.progress.place
    since = situation.progress.since
    killed = situation.isKilled
    isMarkedKilled = situation.shown?.mark?.killed == true
    kill = situation.isKilled ? situation.progress.kill : nil
    hold = situation.progress.hold
    wayBack = situation.isKilled ? nil : situation.progress.wayBack
    degradedTo = situation.progress.degradedTo
    exclusions = situation.progress.exclusions.map(\.description)
    drift = situation.drift
    serving = situation.shown.map { $0.serving.inShort }
    head = situation.progress.head
    isKnown = head > 0
    marked =
      situation.progress.head > 0
      ? nil : situation.shown?.mark.map { $0.killed ? "killed" : $0.stage ?? "managed" }
    evidence = situation.evidence
    stalled = situation.stalled
    self.remarks =
      remarks
      + (stalled.map { ["stalled: at \(situation.progress.place) for \($0); promote, roll back or abandon"] } ?? [])
    calendar = LocalCalendar(zone: zone, now: now)
    let lines = plan.map { Self.lines($0, situation.progress, now: now) } ?? []
    stages = lines
    next = situation.isKilled ? nil : situation.next.flatMap { lines.indices.contains($0) ? lines[$0] : nil }
    gates = decision.gates
    checklist = decision.checklist.isEmpty ? plan.map { Checklist.lines($0, situation) } ?? [] : decision.checklist
    status = done?.status ?? decision.status
    reasons = done?.reasons ?? decision.reasons
    outlook = done.map { Self.outlook($0) } ?? Self.outlook(decision)
    let closed = decision.gates.filter { $0.verdict != .pass && !$0.advisory }
    earliest = closed.compactMap(\.opens).max()
  }

  private static func outlook(_ decision: Decision) -> Outlook {
    switch decision.status {
    case .kill: .kill
    case .rollback: decision.gates.contains { $0.fired == .rollback } ? .rollback : .degrade
    case .done:
      decision.acts ? decision.verb.outlook : .done
    case .inconclusive, .usage, .hold, .conflict, .badNote: .hold
    }
  }

  /// It is the stage before whose soak or gate was skipped; before the first one there is none.
  private static func skipped(_ index: Int, _ progress: Progress) -> String? {
    let after = progress.visits.last { $0.stage == index + 1 }?.skipped
    return after ?? (index == 0 ? progress.visits.last { $0.stage == 0 }?.skipped : nil)
  }

  private static func lines(_ plan: Plan, _ progress: Progress, now: Instant) -> [StageLine] {
    let current = progress.place.stageIndex
    let reached = progress.phase == .finished ? plan.stages.count : current ?? 0
    return plan.stages.enumerated().map { index, stage in
      let visited = progress.visits.contains { $0.stage == index }
      let who: String? =
        switch stage.audience {
        case .offline: "nobody live"
        case .cohort(_, let selector, _): selector.short
        case .everyone: nil
        }
      let state: StageLine.State = index == current ? .current : index < reached ? .passed : .ahead
      return StageLine(
        index: index, name: stage.name, who: who, percent: stage.share, state: state, soak: stage.soak,
        lasted: visited ? progress.time(at: index, now: now) : nil,
        since: index == current ? progress.since : nil,
        override: skipped(index, progress))
    }
  }
}

extension Progress.Visit {
  /// `soak skipped by maya: “…”`
  fileprivate var skipped: String? {
    override.map { "\($0.gate) skipped by \(by)" + ($0.reason.map { ": “\($0)”" } ?? "") }
  }
}

extension Serving {
  /// Of a split only who is in; the variants go without saying.
  fileprivate var inShort: String {
    guard case .split(let split) = self else { return description }
    return split.exposure.description
  }
}

extension Selector {
  /// A long list of values as their number: `3 tenants`.
  var short: String {
    if case .oneOf(let attribute, let values) = self, values.count > 2 { return "\(values.count) \(attribute)s" }
    return description
  }
}
