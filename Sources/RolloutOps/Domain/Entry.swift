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
    /// What belongs to one kind of action alone: the frozen plan, an attested item, an excluded selector.
    package var detail: [JSON.Member]

    package init(
      _ action: Action, _ outcome: Outcome, flag: FlagKey, store: String, note: NoteReference? = nil,
      from: Place? = nil, to: Place? = nil, reason: String? = nil, detail: [JSON.Member] = []
    ) {
      (self.action, self.outcome, self.flag, self.store) = (action, outcome, flag, store)
      (self.note, self.from, self.to, self.reason) = (note, from, to, reason)
      self.detail = detail
    }

    package func detail(_ name: String) -> JSON? { detail.first { $0.name == name }?.value }
  }

  package enum Action: String, CaseIterable, Sendable {
    case promote, rollback, hold, resume, kill, restore, exclude, include, adopt, replan, finish, abandon, attest,
      degrade

    /// Whether it lets more people in; what only narrows goes through in every state.
    package var widens: Bool {
      switch self {
      case .promote, .resume, .restore, .include, .adopt, .replan, .finish: true
      case .rollback, .hold, .kill, .exclude, .abandon, .attest, .degrade: false
      }
    }
  }

  package enum Outcome: String, Sendable {
    case intended
    case done
    /// The intent did not reach the store.
    case undone
  }
}

extension Entry {
  /// The member of the detail that says that a pipeline only claims who acted.
  package static let claim = "claimed_by"

  /// The actor, and whether somebody else only says so.
  package var signature: String {
    guard let claim = content.detail(Self.claim) else { return actor }
    return "\(actor) (claimed by CI" + (claim["run"]?.text.map { ": \($0)" } ?? "") + ")"
  }
}

// MARK: - An intent and its outcome

extension Entry {
  /// The number of the intent that it concludes.
  package var concludes: Int? { content.detail("of")?.integer }

  /// What concludes this intent.
  package func outcome(_ outcome: Outcome, why: String? = nil) -> Content {
    var ended = content
    ended.outcome = outcome
    // Whoever reads only outcomes still wants to know who was taken out, or which gate was passed.
    ended.detail =
      [JSON.Member("of", .number(sequence))] + content.detail.filter { ["selector", "override"].contains($0.name) }
    if let why { ended.detail.append(JSON.Member("why", .string(why))) }
    return ended
  }

  /// This outcome, and what its intent said besides.
  package func telling(_ intent: Entry) -> Entry {
    var told = self
    told.content.detail += intent.content.detail.filter { content.detail($0.name) == nil }
    return told
  }
}

package struct NoteReference: Hashable, Sendable {
  package let path: String
  package let digest: String

  package init(path: String, digest: String) {
    self.path = path
    self.digest = digest
  }
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
