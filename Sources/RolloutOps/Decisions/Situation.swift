/// Everything a decision may look at, as one value.
package struct Situation: Sendable {
  package let key: FlagKey
  /// The note as it is now; nil where the operator named only the flag and its note could not be read.
  package let note: NotedPlan?
  package let progress: Progress
  package let shown: Flag?
  /// The flag as the store spells it, kept where it is somebody else's work that is replaced.
  package let spelled: String?
  package let store: StoreFacts
  package let runbook: RunbookReading
  /// What the machine's clock says; `now` is never before the journal's newest entry.
  package let clock: Instant
  package let actor: String
  /// What the note's evidence showed; nil where it names none, and people look.
  package var evidence: StageEvidence?

  package struct NotedPlan: Sendable {
    package let reference: NoteReference
    package let plan: Plan
  }

  package struct StoreFacts: Hashable, Sendable {
    package let address: String
    /// The same for people: with its real place where the address alone does not tell.
    package let shown: String
    /// The same from every folder, and in a checkout that moved with its journal.
    package let identity: String
    package let propagation: TimeSpan
    /// Another store that the settings name and that has this flag too.
    package let rival: String?
    /// The store that the rollout was started on, where it is another one.
    package let startedOn: String?
    /// Whether a flag that is being made shows as killed until the store switches it on by a last request.
    package let switchesOnLast: Bool
    /// Whether no verb changes a variant's value there, so that a finished flag serves its canary.
    package let keepsValues: Bool
    /// Whether a flag that is off without any variants has none yet.
    package let keepsVariantsInRules: Bool

    package init(
      address: String, shown: String? = nil, identity: String = "", propagation: TimeSpan, rival: String? = nil,
      startedOn: String? = nil,
      switchesOnLast: Bool = false, keepsValues: Bool = false, keepsVariantsInRules: Bool = false
    ) {
      (self.address, self.shown) = (address, shown ?? address)
      (self.identity, self.propagation) = (identity, propagation)
      (self.rival, self.startedOn, self.switchesOnLast) = (rival, startedOn, switchesOnLast)
      (self.keepsValues, self.keepsVariantsInRules) = (keepsValues, keepsVariantsInRules)
    }
  }

  package init(
    key: FlagKey, note: NotedPlan?, progress: Progress, shown: Flag?, spelled: String?, store: StoreFacts,
    runbook: RunbookReading, clock: Instant, actor: String
  ) {
    (self.key, self.note, self.progress, self.shown, self.spelled) = (key, note, progress, shown, spelled)
    (self.store, self.runbook, self.clock, self.actor) = (store, runbook, clock, actor)
  }
}

extension Situation {
  package var now: Instant { max(clock, progress.newest ?? clock) }

  /// The frozen plan while a rollout is open or closed, else the note's.
  package var plan: Plan? { progress.phase == .none ? note?.plan : progress.plan ?? note?.plan }

  package var agreement: Agreement {
    let hasNone = store.keepsVariantsInRules && shown?.hasOnlyTheSwitch == true
    return progress.agreement(
      with: shown, variants: hasNone ? nil : note?.plan.variants, switchesOnLast: store.switchesOnLast)
  }

  package var drift: Drift? {
    if case .drift(let drift) = agreement { drift } else { nil }
  }

  package var isKilled: Bool { progress.isKilled || agreement == .killedOutside }

  /// A kill that stands in the store and that the journal does not know, as the journal shall have it: found, by whoever
  /// came next.
  package var unjournaledKill: Entry.Content? {
    guard agreement == .killedOutside, let shown, shown.mark?.killed == true else { return nil }
    var variant: String?
    switch shown.serving {
    case .everyone(let name): variant = name
    case .split(let split): variant = split.control
    case .applicationDefault: break
    case .foreign: return nil
    }
    let facts = Deed.KillFacts(serving: variant.map { .variant($0) } ?? .applicationDefault, isFound: true)
    return Entry.Content(
      Entry.Detail(.killed(facts)), .done, flag: key, store: store.address, note: progress.note,
      from: progress.place, to: .killed(serving: variant))
  }

  /// An edited sentence is no change; an edited stage, cohort or trigger is.
  package var planChanged: Bool {
    guard progress.phase == .open, let frozen = progress.plan, let noted = note?.plan else { return false }
    return frozen != noted
  }

  package var isAtLastStage: Bool {
    guard let plan, let index = progress.place.stageIndex else { return false }
    return index == plan.stages.count - 1
  }

  /// Every state that holds, in their order; the last says where the rollout stands.
  package var states: [RolloutState] {
    var states: [RolloutState] = []
    if drift != nil { states.append(.drifted) }
    if isKilled { states.append(.killed) }
    if planChanged { states.append(.planChanged) }
    if progress.hold != nil { states.append(.held) }
    if progress.degradedTo != nil { states.append(.degraded) }
    states.append(standing)
    return states
  }

  /// The one that counts.
  package var state: RolloutState { states.first ?? standing }

  private var standing: RolloutState {
    switch progress.place {
    case .off, .killed: .off
    case .stage: isAtLastStage ? .complete : .exposing
    case .finished: .finished
    case .abandoned: .abandoned
    }
  }

  /// At a stage that is left by promotion, how long it has stood there beyond its soak and a week: a rollout that nobody
  /// ends is a risk of its own.
  package var stalled: TimeSpan? {
    guard progress.phase == .open, !isKilled, !isAtLastStage, let plan, let index = progress.place.stageIndex,
      let since = progress.since
    else { return nil }
    let patience = TimeSpan(seconds: plan.stages[index].soak.seconds + TimeSpan.days(7).seconds)
    let stood = now.since(since)
    return stood > patience ? stood : nil
  }

  /// How far the clock is behind the journal, where that is more than two minutes.
  package var clockBehind: TimeSpan? {
    guard let newest = progress.newest else { return nil }
    let behind = newest.since(clock)
    return behind > .minutes(2) ? behind : nil
  }

  /// The stage that a promotion would enter.
  package var next: Int? {
    guard let plan else { return nil }
    switch progress.place {
    case .stage(let index, _): return index + 1 < plan.stages.count ? index + 1 : nil
    case .off: return plan.stages.isEmpty ? nil : 0
    case .finished, .abandoned: return startsAnew && !plan.stages.isEmpty ? 0 : nil
    case .killed: return nil
    }
  }

  /// Whether the note plans another rollout than the closed one.
  package var startsAnew: Bool {
    guard let noted = note?.plan else { return false }
    switch progress.phase {
    case .none, .abandoned: return true
    case .finished: return progress.plan != noted
    // An opening that this version cannot read is one all the same.
    case .open: return !progress.isOpened
    }
  }

  /// The plan that a promotion goes by: the note's when it opens a rollout, else the frozen one.
  package var planToPromote: Plan? { startsAnew ? note?.plan : plan }
}
