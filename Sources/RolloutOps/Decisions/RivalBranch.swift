/// A branch of a journal that is taken into another one.
package struct RivalBranch: Sendable {
  package let merged: MergedBranch
  /// The entries that only it has.
  package let entries: [Entry]
  /// Where the rollout stood by it.
  package let progress: Progress
}

extension Progress {
  /// Which of several branches goes on: one that says what the store shows, and of several such one that was killed, else
  /// the one whose entry last changed the flag. Where none of them says it, that one too.
  package static func branch(
    of branches: [(progress: Progress, heads: [JournalHead])], showing shown: Flag?
  ) -> Int? {
    let agreeing = branches.indices.filter { index in
      let progress = branches[index].progress
      return progress.agreement(with: shown, variants: progress.plan?.variants) == .agrees
    }
    let head = shown?.mark?.head
    let changer = { (indices: [Int]) in
      indices.first { index in head.map(branches[index].heads.contains) ?? false }
    }
    return agreeing.first { branches[$0].progress.isKilled } ?? changer(agreeing) ?? agreeing.first
      ?? branches.indices.first { branches[$0].progress.isKilled && shown?.mark?.killed == true }
      ?? changer(Array(branches.indices))
  }
}

extension Situation {
  /// `adopt --merge`: one journal of several branches. The situation is that of the branch which goes on; what narrows
  /// in the others is taken over with their entries, and whatever would let somebody in again is asked.
  package func merging(
    _ rivals: [RivalBranch], into own: [Entry], endingWith head: JournalHead?, _ request: Request
  ) -> Decision {
    BranchMerge(situation: self, rivals: rivals, own: own, head: head, request: request).decision()
  }
}

private struct BranchMerge {
  let situation: Situation
  let rivals: [RivalBranch]
  /// The entries that only the branch that goes on has.
  let own: [Entry]
  /// Its last one.
  let head: JournalHead?
  let request: Request

  private var progress: Progress { situation.progress }

  func decision() -> Decision {
    let asking = Decider(request: request, situation: situation)
    if let sequence = ([progress] + rivals.map(\.progress)).compactMap(\.notUnderstood.first).first {
      return asking.answer(
        .inconclusive,
        ["entry \(sequence) of the journal says something that this version cannot read; update rolloutctl"])
    }
    if request.stage == nil, let undone = undone() { return asking.answer(.conflict, undone) }
    if situation.drift != nil, request.stage != nil { return strange(asking) }
    if let wanted = request.stage, let plan = situation.plan, !stands(at: wanted, plan) {
      return asking.answer(
        .usage,
        ["the flag stands at \(progress.place), not at \(wanted): --stage '\(progress.place)' says that it is meant to"]
      )
    }
    var adoption = Deed.Adoption(
      shown: progress.adopted, exclusions: exclusions.map(KeptSelector.init), merge: merge)
    adoption.merge?.degraded = progress.degradedTo
    let content = asking.content(.adopted(adoption), .done, to: progress.place)
    var steps = [Decision.Step.record(content)]
    // What no branch knows of a kill is written down before anything else is.
    if let kill = situation.unjournaledKill { steps.append(.record(kill)) }
    if let write { steps.append(.write(write)) }
    return Decision(.adopt, .done, told + drifted, from: progress.place, to: progress.place, steps: steps)
  }

  /// The journals are one again, and nothing is adopted that nobody has named.
  private var drifted: [String] {
    guard let drift = situation.drift else { return [] }
    return [
      "no branch says what the flag does: look with status, then adopt --stage, rollback --to off or kill",
      "journal: \(drift.expected)", "store: \(drift.shown)",
    ]
  }

  /// No branch says what the flag does, and somebody names the stage, as for every flag that was changed by hand. Whom a
  /// branch took out stays out.
  private func strange(_ asking: Decider) -> Decision {
    let shown = situation.shown.map(withoutExcluded)
    let adopted = asking.adopt(as: shown)
    guard adopted.status == .done, case .record(var content) = adopted.steps.first,
      case .adopted(var adoption) = content.detail.deed
    else {
      guard let drift = situation.drift else { return adopted }
      return asking.answer(
        adopted.status,
        ["no branch of the journal says what the flag does"] + adopted.reasons
          + ["journal: \(drift.expected)", "store: \(drift.shown)"])
    }
    adoption.merge = merge
    content.detail.deed = .adopted(adoption)
    let written = shown.flatMap { flag -> Flag? in
      if case .foreign = flag.serving { return nil }
      return flag.mark?.head == nil && flag == situation.shown ? nil : flag
    }
    let write = written.map { [Decision.Step.write($0)] } ?? []
    return Decision(
      .adopt, .done, told + adopted.reasons, from: progress.place, to: adopted.to, steps: [.record(content)] + write)
  }

  private func withoutExcluded(_ flag: Flag) -> Flag {
    guard case .split(var split) = flag.serving else { return flag }
    let missing = exclusions.filter { !split.exposure.exclusions.contains($0) }
    guard !missing.isEmpty else { return flag }
    split.exposure = Exposure(grants: split.exposure.grants, exclusions: split.exposure.exclusions + missing)
    var flag = flag
    flag.serving = .split(split)
    return flag
  }

  private func stands(at wanted: String, _ plan: Plan) -> Bool {
    if wanted.lowercased() == progress.place.description.lowercased() { return true }
    return switch plan.find(wanted) {
    case .found(let index): index == progress.place.stageIndex
    case .off: progress.place == .off
    case .ambiguous, .unknown: false
    }
  }

  // MARK: What the other branches add

  /// What somebody turned down in another branch, and the flag has not: that is not forgotten in silence.
  private func undone() -> [String]? {
    guard let shown = situation.shown, shown.exposes(control: situation.plan?.variants.control) else { return nil }
    for (progress, entries) in rivals.map({ ($0.progress, $0.entries) }) + [(progress, own)] {
      guard progress.agreement(with: shown, variants: progress.plan?.variants) != .agrees,
        let entry = entries.last(where: \.turnsDown)
      else { continue }
      let reason = entry.content.reason.map { ": \($0)" } ?? ""
      let stage = situation.drift == nil ? "'\(self.progress.place)'" : "STAGE"
      return [
        "in one branch \(entry.actor) ran \(entry.content.action.rawValue)\(reason)",
        "the flag shows: \(shown.serving)",
        "rolloutctl kill \(situation.key) turns it off; where it is meant to go on, say so: "
          + "rolloutctl adopt \(situation.key) --merge --stage \(stage)",
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

  private var hold: Hold? { progress.hold ?? rivals.lazy.compactMap(\.progress.hold).first }

  private var merge: Deed.Merge { Deed.Merge(rivals.map(\.merged), hold: hold) }

  /// The flag with the merge as its head, and without whom another branch took out.
  private var write: Flag? {
    guard let shown = situation.shown, situation.drift == nil else { return nil }
    if progress.isKilled, shown.mark?.killed != true, let plan = progress.plan {
      // Another branch has turned it off without a kill's mark.
      return plan.flag(at: progress.place)
    }
    if situation.agreement == .agrees, exclusions.count > progress.exclusions.count, progress.adopted == nil,
      let plan = progress.plan
    {
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
      "the journal is one again: "
        + (heads.isEmpty
          ? "git's marks are gone, and nothing else was in them"
          : "the branch that ends with \(kept) goes on, and the one that ends with \(heads) is kept in its next entry")
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
  fileprivate var turnsDown: Bool { content.outcome == .done && content.action.turnsDown }
}
