/// What a widening finds when it has landed. The journal's lock keeps others of this machine out, and nobody else: a
/// kill waits for no lock, and may have found the flag off while it was being switched on, and gone.
extension Performer {
  /// The kill that was journaled since the intent, taken up again; nil where none was. The flag is switched off before
  /// anything is said.
  func killed(_ decision: Decision, _ rollout: inout Rollout) throws(Trouble) -> Decision? {
    let seen = rollout.progress.head
    guard let reading = try? rollout.journal.read(), reading.entries.count > seen else { return nil }
    let since = reading.entries.dropFirst(seen)
    guard let kill = since.last(where: { $0.content.action == .kill && $0.content.outcome == .done }) else {
      return nil
    }
    rollout.reading = reading
    rollout.progress = Progress(reading.entries)
    let who = "\(kill.actor) killed it while this \(decision.verb.rawValue) was under way"
    try switchOff(kill, &rollout)
    if rollout.progress.pending != nil { try? rollout.conclude(.undone, why: who) }
    return Decision(
      decision.verb, .kill, ["\(who): it is switched off again"], from: decision.from, to: rollout.progress.place)
  }

  private func switchOff(_ kill: Entry, _ rollout: inout Rollout) throws(Trouble) {
    var request = Request(.kill)
    if case .killed(let variant)? = kill.content.to { request.killTo = variant ?? "off" }
    do throws(StoreTrouble) {
      rollout.flag = try rollout.store.read(rollout.key)
      for case .write(let flag) in decide(request, in: rollout.situation).steps {
        rollout.flag = try rollout.store.write(
          flag, replacing: rollout.flag, Occasion(.kill, comment: "rolloutctl kill by \(kill.actor)"))
      }
    } catch {
      throw .store(error)
    }
  }
}
