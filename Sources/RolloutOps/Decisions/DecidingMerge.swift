/// A branch of a journal that is taken into another one.
package struct RivalBranch: Sendable {
  package let merged: MergedBranch
  /// The entries that only it has.
  package let entries: [Entry]
  /// Where the rollout stood by it.
  package let progress: Progress

  package init(merged: MergedBranch, entries: [Entry], progress: Progress) {
    (self.merged, self.entries, self.progress) = (merged, entries, progress)
  }
}

extension Progress {
  /// Which of several branches goes on: one that says what the store shows; of several such the one whose entry last
  /// changed the flag.
  package static func branch(
    of branches: [(progress: Progress, heads: [JournalHead])], showing shown: Flag?
  ) -> Int? {
    let agreeing = branches.indices.filter { index in
      let progress = branches[index].progress
      return progress.agreement(with: shown, variants: progress.plan?.variants) == .agrees
    }
    return agreeing.first { index in shown?.mark?.head.map(branches[index].heads.contains) ?? false } ?? agreeing.first
  }
}

extension Situation {
  /// `adopt --merge`: one journal of several branches. The situation is that of the branch which goes on; what narrows
  /// in the others is taken over with their entries, and whatever would let somebody in again is asked.
  package func merging(_ rivals: [RivalBranch], into head: JournalHead?, _ request: Request) -> Decision {
    Merging(situation: self, rivals: rivals, head: head, request: request).decision()
  }
}

private struct Merging {
  let situation: Situation
  let rivals: [RivalBranch]
  /// The last entry of the branch that goes on.
  let head: JournalHead?
  let request: Request

  private var progress: Progress { situation.progress }

  func decision() -> Decision {
    let asking = Deciding(request: request, situation: situation)
    if let sequence = ([progress] + rivals.map(\.progress)).compactMap(\.notUnderstood.first).first {
      return asking.answer(
        .inconclusive,
        ["entry \(sequence) of the journal says something that this version cannot read; update rolloutctl"])
    }
    if case .drift = situation.agreement { return strange(asking) }
    if request.stage == nil, let undone = undone() { return asking.answer(.conflict, undone) }
    if let wanted = request.stage, let plan = situation.plan, !stands(at: wanted, plan) {
      return asking.answer(.usage, ["the flag stands at \(progress.place), not at \(wanted); leave out --stage"])
    }
    var detail = [JSON.Member("exclusions", .strings(exclusions.map(\.description)))]
    if let adopted = progress.adopted { detail.append(JSON.Member("shown", .string(adopted))) }
    if let stand = progress.degradedTo { detail.append(JSON.Member("degraded", .string(stand))) }
    let content = asking.content(.adopt, .done, to: progress.place, detail + merged)
    var steps = [Decision.Step.record(content)]
    // What no branch knows of a kill is written down before anything else is.
    if let kill = situation.unjournaledKill { steps.append(.record(kill)) }
    if let write { steps.append(.write(write)) }
    return Decision(.adopt, .done, told, from: progress.place, to: progress.place, steps: steps)
  }

  /// No branch says what the flag does: somebody names the stage, as for every flag that was changed by hand.
  private func strange(_ asking: Deciding) -> Decision {
    let adopted = asking.adopt()
    guard adopted.status == .done, case .record(var content) = adopted.steps.first else {
      guard let drift = situation.drift else { return adopted }
      return asking.answer(
        adopted.status,
        ["no branch of the journal says what the flag does"] + adopted.reasons
          + ["journal: \(drift.expected)", "store: \(drift.shown)"])
    }
    content.detail += merged
    let marked = situation.shown.flatMap { flag -> Flag? in
      if case .foreign = flag.serving { return nil }
      return flag.mark?.head == nil ? nil : flag
    }
    let write = marked.map { [Decision.Step.write($0)] } ?? []
    return Decision(
      .adopt, .done, told + adopted.reasons, from: progress.place, to: adopted.to, steps: [.record(content)] + write)
  }

  private func stands(at wanted: String, _ plan: Plan) -> Bool {
    switch plan.find(wanted) {
    case .found(let index): index == progress.place.stageIndex
    case .off: progress.place == .off
    case .ambiguous, .unknown: false
    }
  }

  // MARK: What the other branches add

  /// What somebody turned down in another branch, and the flag has not: that is not forgotten in silence.
  private func undone() -> [String]? {
    guard let shown = situation.shown, shown.exposes(control: situation.plan?.variants.control) else { return nil }
    for rival in rivals {
      guard rival.progress.agreement(with: shown, variants: rival.progress.plan?.variants) != .agrees,
        let entry = rival.entries.last(where: \.turnsDown)
      else { continue }
      let reason = entry.content.reason.map { ": \($0)" } ?? ""
      return [
        "in one branch \(entry.actor) ran \(entry.content.action.rawValue)\(reason)",
        "the flag still serves \(shown.serving)",
        "rolloutctl kill \(situation.key) turns it off; where it is meant to go on, say so: "
          + "rolloutctl adopt \(situation.key) --merge --stage '\(progress.place)'",
      ]
    }
    return nil
  }

  /// Whoever was taken out in any branch stays out.
  private var exclusions: [Selector] {
    rivals.reduce(progress.exclusions) { all, rival in
      all + rival.progress.exclusions.filter { !all.contains($0) }
    }
  }

  private var hold: Progress.Hold? { progress.hold ?? rivals.lazy.compactMap(\.progress.hold).first }

  private var merged: [JSON.Member] {
    [JSON.Member(MergedBranch.name, .array(rivals.map(\.merged.json)))]
      + (hold.map { [JSON.Member(Progress.Hold.name, $0.json)] } ?? [])
  }

  /// The flag with the merge as its head, and without whom another branch took out.
  private var write: Flag? {
    // What somebody else killed is left to the last byte.
    guard let shown = situation.shown, situation.agreement == .agrees else { return nil }
    if exclusions.count > progress.exclusions.count, progress.adopted == nil, let plan = progress.plan {
      let meant = plan.flag(
        at: progress.place, excluding: exclusions, degradedTo: progress.degradedTo, keepsValues: progress.keepsValues)
      if !shown.serves(meant) { return meant }
    }
    return shown.mark?.head == nil ? nil : shown
  }

  // MARK: Words

  private var told: [String] {
    let heads = rivals.map { "\($0.merged.head)" }.joined(separator: ", ")
    var told = [
      "the journal is one again: the branch that ends with \(kept) goes on, and the one that ends with \(heads) is kept in "
        + "its next entry"
    ]
    if progress.hold == nil, let hold {
      told.append("held by \(hold.actor)" + (hold.reason.map { ": \($0)" } ?? ""))
    }
    let taken = exclusions.dropFirst(progress.exclusions.count).map(\.description)
    if !taken.isEmpty { told.append("taken out in another branch, and so here: \(taken.joined(separator: ", "))") }
    if rivals.contains(where: { $0.entries.contains { $0.content.action == .attest } }) {
      told.append("words that were attested in another branch do not count here: attest them again")
    }
    if rivals.contains(where: { $0.progress.plan != nil && $0.progress.plan != progress.plan }) {
      told.append("another branch has another plan; the one that goes on is that of \(kept)")
    }
    return told
  }

  private var kept: String { head?.description ?? "its beginning" }
}

extension Entry {
  /// Whether it did take the new version from people.
  fileprivate var turnsDown: Bool {
    guard content.outcome == .done else { return false }
    return switch content.action {
    case .kill, .rollback, .degrade, .abandon: true
    case .promote, .hold, .resume, .restore, .exclude, .include, .adopt, .replan, .finish, .attest: false
    }
  }
}
