/// Where rollouts stand. Looking changes nothing, recovery included.
package struct Status: Sendable {
  package let context: Context
  package let choices: OperatorChoices

  package init(context: Context, choices: OperatorChoices) {
    self.context = context
    self.choices = choices
  }

  package func status(of target: String) throws(Trouble) -> StatusReport {
    var rollout = try Finder(context: context, choices: choices).open(target, needsNote: false)
    rollout.settleInMind()
    if let found = rollout.note, found.note.hasErrors {
      if rollout.progress.phase == .none { throw .note(path: target, found.note.diagnostics) }
      let errors = found.note.diagnostics.filter { $0.severity == .error }.count
      rollout.remarks.append("the note has \(errors) error\(errors == 1 ? "" : "s"); rolloutctl check shows them")
    }
    rollout.measure()
    if !rollout.flag.parents.isEmpty {
      let parents = rollout.flag.parents.joined(separator: ", ")
      rollout.remarks.append("\(rollout.key) depends on \(parents): whoever gets no \(parents) gets no \(rollout.key)")
    }
    if let trouble = rollout.flag.trouble, case .rejectedByReaders = trouble {
      rollout.remarks += Sentences.store(trouble) + ["so this is what is written there, and not what they serve"]
    }
    if rollout.progress.phase != .none { rollout.remarks += rollout.store.remarks(on: rollout.key) }
    let zone = rollout.zone(&rollout.remarks)
    var report = StatusReport(
      rollout.situation, outlook: outlook(in: rollout.situation), remarks: rollout.remarks, zone: zone)
    report.served = rollout.served(waits: false)
    // Nothing can be drifted from what nobody here knows.
    if rollout.progress.head == 0, let mark = rollout.flag.flag?.mark {
      let place = mark.killed ? "killed" : mark.stage ?? "managed"
      report.realPlace = rollout.store.isRemote ? rollout.store.address : rollout.store.identity
      report.unjournaled = "\(rollout.journal.path) is not there or empty; by the store's mark it stands at \(place)"
    }
    return report
  }
}
