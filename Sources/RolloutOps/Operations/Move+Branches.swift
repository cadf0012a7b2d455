/// `adopt --merge`: two people moved a rollout in two copies of a folder, and git left both branches of its journal in
/// the file.
extension Move {
  package func merge(_ request: Request, on target: String) throws(Trouble) -> MoveReport {
    var request = request
    request.reason = choices.reason
    let finder = Finder(context: context, choices: choices, choosesBranch: Self.branchThatGoesOn)
    var rollout = try finder.open(target, needsNote: false)
    if choices.dryRun { return report(request, try decision(request, rollout).decision, rollout) }
    let lock: any FileLock
    do throws(JournalTrouble) {
      lock = try rollout.journal.lock(holder: context.holderNow(of: request.verb.rawValue), patience: Self.patience)
    } catch {
      throw .journal(error)
    }
    defer { lock.release() }
    // Whoever held the lock may have brought them together.
    rollout = try finder.open(target, needsNote: false)
    let (decision, branches) = try decision(request, rollout)
    guard decision.acts else { return report(request, decision, rollout) }
    let done = try context.interruptions.postponed { () throws(Trouble) in
      try carryOut(decision, on: branches, &rollout)
    }
    return report(request, done, rollout)
  }

  private func decision(
    _ request: Request, _ rollout: Rollout
  ) throws(Trouble) -> (decision: Decision, branches: JournalBranches) {
    let found: JournalBranches
    do throws(JournalTrouble) { found = try rollout.journal.branches() } catch { throw .journal(error) }
    let rivals = found.branches.filter { $0.reading.hash != rollout.reading.hash }
    guard found.isMerge else {
      // A chain that does not hold is nobody's branch.
      do throws(JournalTrouble) { _ = try rollout.journal.read() } catch { throw .journal(error) }
      let none = "the journal is one chain, there is nothing to merge"
      return (Decision(.adopt, .done, [none], from: rollout.progress.place), found)
    }
    var known = Journal.known(in: rollout.reading.entries)
    let facts = rivals.compactMap { branch -> RivalBranch? in
      branch.merged(after: found.common, besides: &known).map {
        RivalBranch(
          merged: $0, entries: Array(branch.entries(after: found.common)), progress: Progress(branch.reading.entries))
      }
    }
    let own = Array(rollout.reading.entries.dropFirst(found.common))
    return (rollout.situation.merging(facts, into: own, endingWith: rollout.reading.head, request), found)
  }

  /// The first entry replaces the file, and the rest are ordinary steps.
  private func carryOut(
    _ decision: Decision, on branches: JournalBranches, _ rollout: inout Rollout
  ) throws(Trouble) -> Decision {
    guard case .record(let content) = decision.steps.first,
      let branch = branches.branches.first(where: { $0.reading.hash == rollout.reading.hash })
    else { return decision }
    let time = max(
      context.clock.now(), branches.branches.compactMap { $0.reading.entries.last?.time }.max() ?? context.clock.now())
    do throws(JournalTrouble) {
      rollout.reading = try rollout.journal.replace(
        branches, by: branch, adding: content, at: time, by: context.surroundings)
    } catch {
      throw .journal(error)
    }
    rollout.progress = Progress(rollout.reading.entries)
    let rest = Decision(
      decision.verb, decision.status, decision.reasons, from: decision.from, to: decision.to,
      steps: Array(decision.steps.dropFirst()))
    _ = try Performer(context: context, order: .intentFirst).perform(rest, in: &rollout)
    return decision
  }

  private static let branchThatGoesOn: @Sendable (JournalBranches, FlagReading) -> JournalReading = { found, flag in
    let branches = found.branches.map { branch in
      (
        progress: Progress(branch.reading.entries),
        heads: branch.entries(after: found.common).map { JournalHead(sequence: $0.sequence, hash: $0.hash) }
      )
    }
    let index = Progress.branch(of: branches, showing: flag.flag)
    return index.map { found.branches[$0].reading } ?? found.branches.first?.reading ?? JournalReading()
  }
}
