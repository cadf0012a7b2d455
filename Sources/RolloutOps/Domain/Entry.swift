/// One line of the journal: what was intended, or what happened.
///
/// A change of the store is two entries: the intent before it, and the outcome that names the intent's number. What only
/// the journal knows (a hold, an attestation) is one.
package struct Entry: Hashable, Sendable {
  package var sequence: Int
  package var time: Instant
  package var actor: String
  package var host: String
  package var content: Content
  /// The SHA-256 that closes this line and opens the next.
  package var hash: String

  package init(sequence: Int, time: Instant, actor: String, host: String, content: Content, hash: String = "") {
    (self.sequence, self.time, self.actor, self.host) = (sequence, time, actor, host)
    (self.content, self.hash) = (content, hash)
  }

  /// What an operation writes; who, when and the chain are added by the journal.
  package struct Content: Hashable, Sendable {
    package var action: Action
    package var outcome: Outcome
    package var flag: FlagKey
    package var store: String
    package var note: NoteReference?
    package var from: Place?
    package var to: Place?
    package var reason: String?
    package var evidenceDigest: String?
    /// The detail as the members of its line. What this version does not know stands there too.
    package var written: [JSON.Member]

    package init(
      _ action: Action, _ outcome: Outcome, flag: FlagKey, store: String, note: NoteReference? = nil,
      from: Place? = nil, to: Place? = nil, reason: String? = nil, written: [JSON.Member] = []
    ) {
      (self.action, self.outcome, self.flag, self.store) = (action, outcome, flag, store)
      (self.note, self.from, self.to, self.reason) = (note, from, to, reason)
      self.written = written
    }

    package init(
      _ detail: Detail, _ outcome: Outcome, flag: FlagKey, store: String, note: NoteReference? = nil,
      from: Place? = nil, to: Place? = nil, reason: String? = nil
    ) {
      self.init(
        detail.deed.action, outcome, flag: flag, store: store, note: note, from: from, to: to, reason: reason,
        written: detail.written)
    }

    /// Read when somebody asks: most entries are asked once, and some never.
    package var detail: Detail {
      get { Detail(action, reading: written) }
      set { (action, written) = (newValue.deed.action, newValue.written) }
    }
  }

  /// What an entry says beyond who, when and where: the deed, and what may come with any.
  package struct Detail: Hashable, Sendable {
    package var deed: Deed
    /// The number of the intent that it concludes.
    package var concludes: Int?
    /// How long running applications may take to follow.
    package var propagation: TimeSpan?
    /// Somebody else's rules that it replaces, as the store spelled them.
    package var replaced: String?
    /// What was measured before it was decided.
    package var seen: JSON?
    /// Why an outcome is what it is.
    package var why: String?

    package init(_ deed: Deed) { self.deed = deed }
  }

  package enum Outcome: String, Sendable {
    case intended
    case done
    /// The intent did not reach the store.
    case undone
  }
}

extension Entry {
  /// The actor, and whether somebody else only says so.
  package var signature: String {
    let claim = content.claim
    guard claim.isThere else { return actor }
    return "\(actor) (claimed by CI" + (claim.run.map { ": \($0)" } ?? "") + ")"
  }
}

// MARK: - An intent and its outcome

extension Entry {
  /// The number of the intent that it concludes.
  package var concludes: Int? { content.concludes }

  /// What concludes this intent.
  package func outcome(_ outcome: Outcome, why: String? = nil) -> Content {
    content.outcome(outcome, of: sequence, why: why)
  }

  /// This outcome, and what its intent said besides.
  package func telling(_ intent: Entry) -> Entry {
    var told = self
    told.content = content.telling(intent.content)
    return told
  }
}

package struct NoteReference: Hashable, Sendable {
  package let path: String
  package let digest: String
}

/// Where a rollout stands, by the journal.
package enum Place: Hashable, Sendable {
  /// Nobody gets the new version: before the first stage, or rolled back to there.
  case off
  case stage(Int, name: String)
  /// Everybody gets that variant; without one the store hands out none, and applications use the default in their code.
  case killed(serving: String?)
  case finished
  case abandoned

  package var stageIndex: Int? {
    guard case .stage(let index, _) = self else { return nil }
    return index
  }
}

extension Place: CustomStringConvertible {
  package var description: String {
    switch self {
    case .off: "off"
    case .stage(_, let name): name
    case .killed(let variant): "killed (\(variant ?? "disabled"))"
    case .finished: "finished"
    case .abandoned: "abandoned"
    }
  }
}
