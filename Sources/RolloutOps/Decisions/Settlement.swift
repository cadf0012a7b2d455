/// What became of a change that was interrupted: the one judgement of it, for whoever looks, moves or kills.
package struct Settled: Sendable {
  package let intent: Entry
  package let settlement: Progress.Settlement

  package var outcome: Entry.Outcome { settlement.outcome }

  /// What the journal is told.
  package var content: Entry.Content { intent.outcome(outcome, why: sentence) }

  package var sentence: String {
    let content = intent.content
    let what = "the \(content.action.rawValue) by \(intent.actor)"
    let target = content.to.map { " to \($0)" } ?? ""
    switch settlement {
    case .landed: return "\(what)\(target) was interrupted after it had reached the store: it counts"
    case .undone: return "\(what)\(target) was interrupted before it reached the store: it does not count"
    case .unclear:
      return "\(what)\(target) was interrupted, and the store shows neither what was before nor what was meant"
    }
  }
}

extension Progress {
  /// What became of an intent that was never concluded.
  package enum Settlement: Hashable, Sendable {
    case landed
    case undone
    /// The store shows neither what was before nor what was meant.
    case unclear

    /// What the journal takes it for.
    package var outcome: Entry.Outcome { self == .landed ? .done : .undone }
  }

  /// An interrupted change, judged by what the store shows; nil where none was interrupted. It is never carried out later.
  package func settled(showing shown: Flag?, switchesOnLast: Bool = false) -> Settled? {
    guard let pending, let settlement = settlement(with: shown, switchesOnLast: switchesOnLast) else { return nil }
    return Settled(intent: pending, settlement: settlement)
  }

  package func settlement(with shown: Flag?, switchesOnLast: Bool = false) -> Settlement? {
    guard let pending else { return nil }
    // A kill leaves its mark, whatever rollout is known.
    if pending.content.action == .kill { return shown?.mark?.killed == true ? .landed : .undone }
    if shown?.mark?.killed == true, !isKilled {
      // Nobody killed what was being made: it was not switched on yet.
      if switchesOnLast, pending.content.isOpening, phase == .none, lastKill == nil { return .undone }
      // One that reached the store but not the journal has covered up what stood there.
      return .unclear
    }
    var landed = self
    landed.add(Self.outcome(of: pending, .done, at: pending.time))
    var undone = self
    undone.add(Self.outcome(of: pending, .undone, at: pending.time))
    let before = undone.expectedOrClosed
    if let shown, let meant = landed.expectedOrClosed, shown.serves(meant) {
      // Both may serve the same people, as everybody at the last stage and a finished flag: then the mark tells.
      guard let before, shown.serves(before), shown.isMarked(as: before), !shown.isMarked(as: meant) else {
        return .landed
      }
      return .undone
    }
    switch (shown, before) {
    case (nil, nil): return .undone
    case (nil, .some): return undone.place == .off ? .undone : .unclear
    case (let shown?, let before?): return shown.serves(before) ? .undone : .unclear
    // Nothing was known before: whatever else stands there is not what was meant.
    case (.some, nil): return .undone
    }
  }

  private var expectedOrClosed: Flag? {
    phase == .abandoned ? plan?.flag(at: .abandoned) : expected
  }

  /// The entry that concludes an intent; the journal numbers and signs it.
  package static func outcome(of intent: Entry, _ outcome: Entry.Outcome, at time: Instant) -> Entry {
    Entry(
      sequence: intent.sequence + 1, time: time, actor: intent.actor, host: intent.host,
      content: intent.outcome(outcome))
  }
}
