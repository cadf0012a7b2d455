/// Everything that can stop a command, as data; `Rendering/Sentences.swift` makes the words.
package enum Trouble: Error, Sendable {
  case usage(String)
  /// The note's own problems, in full.
  case note(path: String, [Diagnostic])
  case noteFile(path: String, FileTrouble)
  case settings(path: String, String)
  case store(StoreTrouble)
  /// The command line names several stores, and the command is about one rollout in one of these.
  case severalStores(FlagKey, [String])
  case journal(JournalTrouble)
  case zone(ZoneTrouble)
  case file(FileTrouble)
  /// What a note names as its evidence cannot be had; the text says why.
  case evidence(String)
}

extension Trouble {
  /// The one place where it turns into an exit status.
  package var status: ExitStatus {
    switch self {
    case .usage, .severalStores: .usage
    case .note: .badNote
    case .noteFile(_, let trouble):
      switch trouble.reason {
      case .missing: .usage
      case .isFolder, .notAFile, .tooLong: .badNote
      default: .inconclusive
      }
    case .store(.changedMeanwhile), .store(.overran): .conflict
    case .store(.inexpressible), .store(.beyond): .badNote
    case .store(.occupied): .conflict
    case .journal(let trouble) where trouble.isOvertaken: .conflict
    case .store(.refused(let refusal)): refusal.isForApproval ? .hold : .inconclusive
    case .settings, .store, .journal, .zone, .file, .evidence: .inconclusive
    }
  }
}

extension ServerRefusal {
  package var isForApproval: Bool { if case .needsApproval = reason { true } else { false } }
}

/// What kept a file operation from happening, as data.
package struct FileTrouble: Error, Hashable, Sendable {
  package enum Doing: String, Sendable {
    case reading, inspecting, listing, creating, replacing, appending, locking, removing, syncing
  }

  package enum Reason: Hashable, Sendable {
    case missing
    case exists
    case notPermitted
    case readOnly
    case diskFull
    case isFolder
    case notAFile
    case tooLong(size: Int, limit: Int)
    /// The extended attribute of that name: an access list, a label.
    case notCarriedOver(String)
    case changedSize(expected: Int, found: Int)
    /// Somebody else has the lock; the text is what the holder wrote into it.
    case held(by: String)
    /// Replacing a bind-mounted file, or one in use.
    case busy
    case unsupported
    /// A pattern such as `traces/*.ndjson` that names nothing.
    case noMatch
    /// What was read cannot be what it claims to be; the text says why.
    case damaged(String)
    /// A library of the system that this takes is not there.
    case needsLibrary(String, package: String)
    /// The server that keeps it gave no answer.
    case unanswered(HTTPTrouble)
    /// The server that keeps it would not.
    case refused(ServerRefusal)
    case other(code: Int32, text: String)
  }

  package let doing: Doing
  package let path: String
  package let reason: Reason

  package init(_ doing: Doing, _ path: String, _ reason: Reason) {
    (self.doing, self.path, self.reason) = (doing, path, reason)
  }
}

extension FileTrouble {
  /// Somebody else has the lock.
  package var isHeld: Bool { if case .held = reason { true } else { false } }
}

/// What kept a time zone's rules from being known.
package enum ZoneTrouble: Error, Hashable, Sendable {
  /// No name that a zone can have.
  case badName(String)
  /// The time-zone database has no such zone.
  case unknown(String, lookedIn: [String])
  /// The machine has no time-zone database (Debian's package is `tzdata`).
  case noDatabase(String, lookedIn: [String])
  case malformed(path: String, ZoneFault)
  case file(FileTrouble)
}

/// What kept a flag store from answering or changing.
package enum StoreTrouble: Error, Hashable, Sendable {
  case file(FileTrouble)
  /// The address is none that this version knows.
  case badAddress(String, why: String)
  /// Not JSON, or not a flagd document.
  case malformed(path: String, Position, String)
  /// The same of a file that a crash left in the middle of a write, and that can be put together again.
  case torn(path: String, Position, String)
  /// Some of OpenFeature's providers would reject the whole file and go on serving the old one.
  case rejectedByReaders(path: String, Position, String, by: FlagReaders)
  /// The flag is not what was read before: somebody else changed it.
  case changedMeanwhile(path: String)
  /// The change is in force, and what somebody else put there in the last moment is gone.
  case overran(path: String)
  /// A share that the store cannot express, and the nearest that it can.
  case inexpressible(Percentage, nearest: Percentage)
  /// Written, but reading back shows something else.
  case notAsWritten(path: String)
  /// A server of the store gave no answer.
  case unanswered(HTTPTrouble)
  /// A server of the store answered, and did not do it.
  case refused(ServerRefusal)
  /// Something else than a share that the store cannot express; a sentence that says what, and what to do instead.
  case beyond(String)
  /// What somebody set up by hand in the store stands in the way; a sentence that says what, and what to do.
  case occupied(String)
}

/// What a store's server answered in place of what it was asked for, as data.
package struct ServerRefusal: Error, Hashable, Sendable {
  package enum Reason: Hashable, Sendable {
    /// The environment has no token; where one is made, as far as that is known. A platform that takes nobody without one
    /// was not even asked.
    case noToken(variable: String, made: String? = nil)
    /// The token is wrong, or has no right to do this.
    case credentials(variable: String)
    /// User and password, which these variables hold, are not known there.
    case wrongPassword(variables: String)
    /// The user that this variable names has no right to do this.
    case forbidden(user: String)
    /// Somebody has to approve it there; where, if the server says so.
    case needsApproval(where: String?)
    /// What the note or the address names is not there: a project, an environment, a segment.
    case missing(String)
    case tooOften
    /// A cluster most of whose members are away: it answers, and changes nothing.
    case noQuorum
    /// A member that only learns from the others, and answers nobody.
    case learner
    /// What was sent is longer than the server takes.
    case tooLarge
    /// The server's quota is used up: it takes nothing but deletions until there is room.
    case outOfSpace
    /// A fault of the server's own.
    case fault
    /// It sends to another place, which is not followed.
    case elsewhere(String)
    /// It sends to a page where people log in.
    case login(at: String)
    /// It lets read, and not write; which variables hold what was sent along, nil where nothing was.
    case unwritable(with: String?)
    /// Nothing there keeps a change from overwriting somebody else's; why.
    case unguarded(String)
    /// It refuses a change over the very state that is served: what is served is a copy.
    case copied
    /// What came is not what this platform answers; why.
    case unexpected(String)
    /// Anything else that it would not do.
    case rejected
  }

  /// Scheme, host and port.
  package let place: String
  package let status: Int
  package let reason: Reason
  /// The server's own words, shortened.
  package let said: String?
  /// How long it wants to be left alone, in whole seconds rounded up; nil where it does not say.
  package let rest: TimeSpan?

  package init(_ place: String, status: Int, _ reason: Reason, said: String? = nil, rest: TimeSpan? = nil) {
    (self.place, self.status, self.reason, self.said, self.rest) = (place, status, reason, said, rest)
  }
}

/// What is wrong with a journal.
package enum JournalTrouble: Error, Hashable, Sendable {
  case file(FileTrouble)
  /// An entry does not match its own hash, or does not follow the one before it.
  case edited(path: String, line: Int, sequence: Int?)
  /// A line is no entry.
  case unreadable(path: String, line: Int, String)
  /// Git could not bring two branches of it together, and left both in it; both are whole.
  case conflicted(path: String, line: Int, FlagKey)
  /// Written by a later version of rolloutctl.
  case newer(path: String, line: Int, format: Int)
  /// An entry about another flag.
  case otherFlag(path: String, line: Int, FlagKey)

  /// Somebody else wrote into it since it was read.
  package var isOvertaken: Bool {
    if case .file(let trouble) = self, case .changedSize = trouble.reason { true } else { false }
  }
}
