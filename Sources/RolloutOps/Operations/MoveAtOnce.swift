/// Moving in a store that keeps the journal too: nobody is waited for, since the flag and its entries change in one
/// transaction that takes neither where either was changed meanwhile. Then it is decided anew on what stands there now.
extension Move {
  /// As often as it is overtaken by what does not settle the matter (an attestation, an exclusion).
  private static let rounds = 16

  func performAtOnce(
    _ request: Request, in rollout: inout Rollout, _ store: any JournalingStore, while stands: (Situation) -> Bool
  ) throws(Trouble) -> Decision {
    let (pinned, interrupted) = (rollout.progress.head, rollout.progress.pending?.sequence)
    for round in 0..<Self.rounds {
      if round > 0 { try rollout.refresh() }
      try settle(&rollout, request)
      if let overtaken = overtaken(request, since: pinned, but: interrupted, rollout) { return overtaken }
      guard stands(rollout.situation) else { return Self.moved(request, rollout) }
      let decision = decide(request, in: rollout.situation)
      guard decision.acts else { return decision }
      do throws(Trouble) {
        return try context.interruptions.postponed { () throws(Trouble) in
          try carryOut(decision, &rollout, in: store)
        }
      } catch {
        guard error.isOvertaken else { throw error }
      }
    }
    throw .store(.changedMeanwhile(path: rollout.store.address))
  }

  private func carryOut(
    _ decision: Decision, _ rollout: inout Rollout, in store: any JournalingStore
  ) throws(Trouble) -> Decision {
    guard decision.writes else { return try carryOut(decision, &rollout) }
    var after = rollout.reading
    var (bytes, meant): ([UInt8], Flag?) = ([], nil)
    let time = max(context.clock.now(), rollout.progress.newest ?? context.clock.now())
    func add(_ content: Entry.Content) {
      bytes += Journal.add(content, to: &after, at: time, by: context.surroundings)
    }
    for step in decision.steps {
      switch step {
      case .intend(let content), .record(let content): add(content)
      case .write(let flag):
        meant = flag
        meant?.mark?.head = after.head
      case .conclude: if let intent = after.entries.last { add(intent.outcome(.done)) }
      }
    }
    guard let meant else { return decision }
    let piece = EtcdFiles.Piece(path: rollout.journal.path, offset: rollout.reading.size, bytes: bytes)
    let occasion = Occasion(
      decision.verb.widens ? .ordinary : .narrowing, comment: decision.comment(context.surroundings))
    do throws(StoreTrouble) {
      rollout.flag = try store.write(meant, replacing: rollout.flag, occasion, appending: [piece])
    } catch {
      // The answer may have been lost on its way back, or the request came twice and the second found the first there.
      // The journal tells, since the two change together.
      guard error.leavesDoubt || error.isConflict, let files = rollout.journal.files as? EtcdFiles,
        (try? files.holds(piece.path, piece.bytes, at: piece.offset)) == true,
        let flag = try? rollout.store.read(rollout.key)
      else { throw .store(error) }
      rollout.flag = flag
    }
    rollout.reading = after
    rollout.progress = Progress(after.entries)
    return decision
  }
}

extension Trouble {
  /// Somebody else was at the flag or its journal in this moment.
  fileprivate var isOvertaken: Bool {
    switch self {
    case .store(.changedMeanwhile): true
    case .journal(let trouble): trouble.isOvertaken
    default: false
    }
  }
}

extension StoreTrouble {
  /// Whether the change may be in all the same.
  var leavesDoubt: Bool {
    switch self {
    case .unanswered(let trouble): trouble.maybeSent
    case .refused(let refusal): refusal.reason == .fault || refusal.reason == .noQuorum
    default: false
    }
  }

  var isConflict: Bool {
    switch self {
    case .changedMeanwhile, .overran: true
    default: false
    }
  }
}
