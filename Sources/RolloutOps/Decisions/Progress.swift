/// How far a rollout has come: the journal's entries, folded.
package struct Progress: Sendable {
  package enum Phase: Sendable { case none, open, finished, abandoned }

  package private(set) var phase = Phase.none
  /// Frozen when the rollout started, or at the last `replan`.
  package private(set) var plan: Plan?
  package private(set) var note: NoteReference?
  /// Whether some entry froze a plan. Without one no rollout is known, whatever else was journaled: earlier versions let
  /// a promotion open none after a kill and a restore.
  package private(set) var isOpened = false
  /// The last thing that was tried is the first opening, and nobody had killed the flag before: it did not land.
  package private(set) var isUnmade = false
  /// The note as it was when the plan was frozen.
  package private(set) var planNote: NoteReference?
  package private(set) var store: String?
  /// Which store that was, whatever it is called from where.
  package private(set) var storeIdentity: String?
  package private(set) var place = Place.off
  /// Since when the exposure is unchanged, the store's propagation bound included.
  package private(set) var since: Instant?
  /// Taken out while the rollout goes on, beyond the note's own exclusions.
  package var exclusions: [Selector] { excluded.sorted { $0.value < $1.value }.map(\.key) }
  /// Each with its number among all that ever were.
  private var excluded: [Selector: Int] = [:]
  private var exclusionCount = 0
  package private(set) var hold: Hold?
  package private(set) var kill: Kill?
  /// The last way back, until somebody goes on.
  package private(set) var wayBack: WayBack?
  /// The variant that stands in for the canary after a degrade.
  package private(set) var degradedTo: String?
  /// Whether it was finished in a store that changes no value: by serving the canary under its own name.
  package private(set) var keepsValues = false
  /// The fingerprint of a flag that was accepted as it stood.
  package private(set) var adopted: String?
  package private(set) var visits: [Visit] = []
  package private(set) var attestations: [Attestation] = []
  /// When the flag was last killed, in this rollout or before: the proof that the switch works.
  package private(set) var lastKill: Instant?
  /// Entries with something in them that this version cannot read. Whoever widens must not go past them.
  package private(set) var notUnderstood: [Int] = []
  /// An intent that nobody concluded.
  package private(set) var pending: Entry?
  package private(set) var head = 0
  package private(set) var newest: Instant?

  package struct WayBack: Hashable, Sendable {
    package let from: Place
    package let actor: String
    package let time: Instant
    package let reason: String?
  }

  package struct Kill: Hashable, Sendable {
    package let actor: String
    package let time: Instant
    package let reason: String?
    package let from: Place?
    /// Found in the store by whoever came next; the journal does not say who killed it.
    package let isFound: Bool
  }

  /// A stay at one stage.
  package struct Visit: Hashable, Sendable {
    package let stage: Int
    /// When the move was read back.
    package let moved: Instant
    /// When every application may be taken to follow: from here the soak counts.
    package let entered: Instant
    package let by: String
    /// By a person who went back: whoever wants to go on says so with a promotion.
    package let isReturn: Bool
    package var left: Instant?
    /// Which gate was skipped by override to get in, and why.
    package let override: Override?

    package struct Override: Hashable, Sendable {
      package let gate: String
      package let reason: String?
    }
  }

  package struct Attestation: Hashable, Sendable {
    package let item: String
    package let stage: String?
    package let actor: String
    package let time: Instant
    package let evidence: String?
  }

  package init() {}

  package init(_ entries: some Sequence<Entry>) {
    for entry in entries { add(entry) }
  }

  /// Without the frozen plans, which take longer to read than all the rest: for whoever goes by the flag alone.
  package init(withoutPlans entries: some Sequence<Entry>) {
    readsPlans = false
    for entry in entries { add(entry) }
  }

  private var readsPlans = true

  package mutating func add(_ entry: Entry) {
    head = entry.sequence
    newest = max(newest ?? entry.time, entry.time)
    switch entry.content.outcome {
    case .intended:
      pending = entry
    case .undone:
      isUnmade = pending?.content.isOpening == true && phase == .none && lastKill == nil
      pending = nil
    case .done:
      guard let intent = pending, entry.concludes == intent.sequence else { return apply(entry) }
      pending = nil
      apply(entry.telling(intent))
    }
  }

  private mutating func apply(_ entry: Entry) {
    let (content, detail) = (entry.content, entry.content.detail)
    note = content.note ?? note
    store = content.store
    let planBefore = plan
    if let frozen = detail.deed.plan { freeze(frozen, entry) }
    switch detail.deed {
    case .promoted(let passage), .rolledBack(let passage), .restored(let passage), .finished(let passage),
      .abandoned(let passage):
      move(to: content.to ?? place, entry, detail, passage)
      // One entry, so that no crash can part the way back from the hold that it leaves.
      if passage.holds { hold = Hold(entry, automatic: true) }
    case .adopted(let adoption):
      move(to: content.to ?? place, entry, detail, Deed.Passage())
      adopt(adoption, entry)
    case .killed(let facts):
      // Words that come later prove nothing about the switch.
      let addsWords = isKilled && facts.wasKilled
      if !addsWords { lastKill = entry.time }
      (kill, isUnmade) = (killed(entry, facts, addsWords: addsWords), false)
      leave(at: entry.time)
      place = content.to ?? place
      (adopted, degradedTo) = (nil, nil)
    case .held(let automatic):
      hold = Hold(entry, automatic: automatic)
    case .resumed(.degrade):
      degradedTo = nil
      since = started(entry, detail)
    case .resumed:
      hold = nil
    case .excluded(let kept, let shown):
      guard let selector = kept.selector else { return notUnderstood.append(entry.sequence) }
      exclude(selector)
      adopted = shown ?? adopted
    case .included(let kept, _):
      guard let selector = kept.selector else { return notUnderstood.append(entry.sequence) }
      excluded[selector] = nil
      // Somebody is in again: what was seen and waited for was another exposure.
      if place.stageIndex != nil { since = started(entry, detail) }
    case .degraded(let variant):
      degradedTo = variant
      since = started(entry, detail)
    case .replanned:
      if let to = content.to { place = to }
      replanned(entry, detail, before: planBefore)
    case .attested(let words):
      guard let item = words.item else { return }
      attestations.append(
        Attestation(
          item: item, stage: words.stage, actor: entry.actor, time: entry.time, evidence: words.evidence))
    case .unreadable:
      notUnderstood.append(entry.sequence)
    }
  }

  private mutating func freeze(_ frozen: FrozenPlan, _ entry: Entry) {
    isOpened = true
    guard readsPlans else { return }
    if let plan = frozen.plan { self.plan = plan } else { notUnderstood.append(entry.sequence) }
    planNote = entry.content.note
  }

  private mutating func adopt(_ adoption: Deed.Adoption, _ entry: Entry) {
    adopted = adoption.shown
    excluded = [:]
    for kept in adoption.exclusions ?? [] {
      if let selector = kept.selector { exclude(selector) } else { notUnderstood.append(entry.sequence) }
    }
    if let merge = adoption.merge {
      hold = merge.hold ?? hold
      degradedTo = merge.degraded
    }
  }

  /// A second kill keeps the memory of where the first one found the rollout. One that finds the flag killed adds its
  /// reason, and takes nothing from whoever killed it.
  private func killed(_ entry: Entry, _ facts: Deed.KillFacts, addsWords adds: Bool) -> Kill {
    let (content, before) = (entry.content, kill)
    return Kill(
      actor: adds ? before?.actor ?? entry.actor : entry.actor, time: adds ? before?.time ?? entry.time : entry.time,
      reason: content.reason ?? (adds ? before?.reason : nil), from: before?.from ?? content.from,
      isFound: adds ? before?.isFound ?? false : facts.isFound)
  }

  /// Words about other people, or about other limits, are void; a changed exclusion starts the soak anew.
  private mutating func replanned(_ entry: Entry, _ detail: Entry.Detail, before: Plan?) {
    guard let before, let plan else { return }
    let areOther = before.triggers != plan.triggers
    let others = Set((before.stages + plan.stages).map(\.name)).filter { stage in
      before.stages.first { $0.name == stage }?.audience != plan.stages.first { $0.name == stage }?.audience
    }
    if areOther || !others.isEmpty {
      attestations.removeAll { word in word.stage.map { areOther || others.contains($0) } ?? false }
    }
    if before.exclusions != plan.exclusions, place.stageIndex != nil { since = started(entry, detail) }
  }

  private mutating func exclude(_ selector: Selector) {
    guard excluded[selector] == nil else { return }
    excluded[selector] = exclusionCount
    exclusionCount += 1
  }

  private func started(_ entry: Entry, _ detail: Entry.Detail) -> Instant {
    entry.time + (detail.propagation ?? .zero)
  }

  private mutating func leave(at time: Instant) {
    if let last = visits.indices.last, visits[last].left == nil { visits[last].left = time }
  }

  private mutating func move(
    to target: Place, _ entry: Entry, _ detail: Entry.Detail, _ passage: Deed.Passage
  ) {
    if let opening = detail.deed.opening, opening.starts {
      storeIdentity = opening.storeIdentity
      (visits, attestations) = ([], attestations.filter { ChecklistItem.outlives($0.item) })
    }
    leave(at: entry.time)
    switch entry.content.action {
    case .rollback:
      wayBack = WayBack(from: place, actor: entry.actor, time: entry.time, reason: entry.content.reason)
    case .exclude, .include, .hold, .resume, .degrade, .attest, .replan: break
    case .promote, .kill, .restore, .adopt, .finish, .abandon: wayBack = nil
    }
    let before = kill
    (kill, adopted, isUnmade) = (nil, nil, false)
    // A killed flag stays killed when its rollout is closed.
    if target == .abandoned, isKilled { kill = before }
    // Going back does not bring the canary back: only resume does, or a new start.
    if entry.content.action != .rollback || target == .off { degradedTo = nil }
    if case .killed = target { kill = before }
    // Nobody can be at a stage of a plan that nobody knows: the store shows who is in, and adopt takes that over.
    if target.stageIndex != nil, !isOpened {
      (place, since) = (.off, started(entry, detail))
      return
    }
    place = target
    switch target {
    case .stage(let index, _):
      phase = .open
      since = started(entry, detail)
      visits.append(
        Visit(
          stage: index, moved: entry.time, entered: started(entry, detail), by: entry.actor,
          isReturn: entry.content.action == .rollback && !passage.holds,
          override: passage.skipped.map { Visit.Override(gate: $0.gate, reason: entry.content.reason) }))
    case .off:
      // After an abandoned rollout a restore leaves the flag off and the rollout closed; before the first one it opens
      // none.
      if phase == .finished { phase = .open }
      since = started(entry, detail)
    case .finished:
      phase = .finished
      // A kill and a restore bring back what stood there, and say nothing about values.
      if entry.content.action == .finish { keepsValues = passage.keepsValues }
      since = started(entry, detail)
    case .abandoned:
      phase = .abandoned
      since = nil
    case .killed: break
    }
  }
}

extension Progress {
  package var isKilled: Bool {
    guard case .killed = place else { return false }
    return true
  }

  /// Whether somebody may be letting people in at this moment: a kill must not take an old look for the last word.
  package var hasOpenWidening: Bool { pending?.content.action.widens == true }

  /// The furthest stage that this rollout was at.
  package var reached: Int? { visits.map(\.stage).max() }

  /// The furthest stage whose audience somebody has met.
  var furthest: Int? { [reached, place.stageIndex].compactMap { $0 }.max() }

  /// How long the rollout stood at a stage, all stays together.
  package func time(at stage: Int, now: Instant) -> TimeSpan {
    visits.filter { $0.stage == stage }.reduce(.zero) { $0 + max(.zero, ($1.left ?? now).since($1.entered)) }
  }
}

extension Hold {
  fileprivate init(_ entry: Entry, automatic: Bool) {
    self.init(actor: entry.actor, time: entry.time, reason: entry.content.reason, automatic: automatic)
  }
}
