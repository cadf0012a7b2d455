/// A person's word on what no machine can see, kept in the journal.
package struct Attest: Sendable {
  package let context: Context
  package let choices: OperatorChoices

  package init(context: Context, choices: OperatorChoices) {
    self.context = context
    self.choices = choices
  }

  /// `named` is the stage that is meant, where it is not the one at which the rollout stands.
  package func attest(
    _ item: String, on target: String, evidence: String?, stage named: String? = nil
  ) throws(Trouble) -> AttestReport {
    let items = StageAttestation.all
    guard items.contains(item) else {
      let near = Suggestion.nearest(to: item, among: items).map { "; did you mean \($0)?" } ?? ""
      throw .usage("\(item) is nothing to attest\(near); one of \(items.joined(separator: ", "))")
    }
    if item == StageAttestation.gates, evidence?.allSatisfy(\.isWhitespace) ?? true {
      throw .usage("attest gates needs --evidence: what was seen, and where")
    }
    var rollout = try Finder(context: context, choices: choices, mends: !choices.dryRun)
      .open(target, needsNote: false)
    rollout.settleInMind()
    let stage = try Self.stage(item, named, rollout.situation)
    let words = Self.words(item, stage, evidence, rollout)
    guard !choices.dryRun else {
      return AttestReport(item: item, stage: stage, flag: rollout.key, done: false, remarks: rollout.remarks)
    }
    do throws(JournalTrouble) {
      let lock = try rollout.journal.lock(
        holder: context.holder(of: "attest"), patience: Move.patience)
      defer { lock.release() }
      try append(words, &rollout)
    } catch {
      throw .journal(error)
    }
    return AttestReport(item: item, stage: stage, flag: rollout.key, done: true, remarks: rollout.remarks)
  }

  /// How often somebody who asks for no lock, as a kill, may be there first.
  private static let rounds = 16

  private func append(_ words: Entry.Content, _ rollout: inout Rollout) throws(JournalTrouble) {
    for round in 1...Self.rounds {
      rollout.reading = try rollout.journal.read()
      let newest = rollout.reading.entries.last?.time
      do throws(JournalTrouble) {
        return try rollout.journal.append(
          words, to: &rollout.reading, at: context.now(after: newest), by: context.surroundings)
      } catch {
        guard error.isOvertaken, round < Self.rounds else { throw error }
      }
    }
  }

  /// Gates are seen at the stage where it stands; the review stands before a stage; the rest is about the rollout.
  private static func stage(_ item: String, _ named: String?, _ situation: Situation) throws(Trouble) -> String? {
    guard let plan = situation.planToPromote else { throw .usage("no rollout of \(situation.key) is known") }
    if let named, [StageAttestation.gates, StageAttestation.review].contains(item) {
      guard case .found(let index) = plan.find(named) else {
        let stages = plan.stages.map(\.name).joined(separator: ", ")
        throw .usage("no stage is called \(named); the stages are \(stages)")
      }
      let name = plan.stages[index].name
      // A word counts for one stay, and that has to have begun.
      if item == StageAttestation.gates, situation.progress.place.stageIndex != index, !situation.isKilled {
        throw .usage("it stands at \(situation.progress.place): the gates of \(name) are seen once it stands there")
      }
      return name
    }
    if item == StageAttestation.review, !situation.startsAnew, situation.progress.visits.last?.by == situation.actor {
      throw .usage(
        "\(situation.actor) promoted \(situation.key) to where it stands, and nobody reviews their own promotion: have "
          + "somebody else attest the review")
    }
    switch item {
    case StageAttestation.gates:
      switch situation.progress.place {
      case .stage(_, let name): return name
      case .killed:
        if case .stage(_, let name)? = situation.progress.kill?.from { return name }
        throw .usage("it was killed, says the journal: say with --stage which stage was looked at")
      case .off, .finished, .abandoned:
        throw .usage("the gates are seen at a stage with live traffic; promote to the first one")
      }
    case StageAttestation.review:
      guard let wide = plan.firstWide else { throw .usage("no stage of this plan needs a review") }
      return plan.stages[wide].name
    default:
      return nil
    }
  }

  private static func words(_ item: String, _ stage: String?, _ evidence: String?, _ rollout: Rollout) -> Entry.Content
  {
    let situation = rollout.situation
    let words = Deed.Words(item: item, stage: stage, evidence: evidence)
    var content = Entry.Content(
      Entry.Detail(.attested(words)), .done, flag: rollout.key, store: rollout.store.address,
      note: situation.note?.reference ?? rollout.progress.note, from: rollout.progress.place)
    content.evidenceDigest = evidence.map { SHA256.hex($0) }
    return content
  }
}
