/// What a trouble with a store means to a kill.
extension StoreTrouble {
  /// Whether the same question may be answered a moment later.
  var mayPass: Bool {
    switch self {
    case .file(let trouble):
      switch trouble.reason {
      case .held, .changedSize, .busy, .missing, .diskFull, .notPermitted, .other: true
      default: false
      }
    case .changedMeanwhile, .overran, .notAsWritten, .malformed, .torn: true
    case .unanswered(let trouble): trouble.mayPass
    case .refused(let refusal):
      switch refusal.reason {
      case .tooOften, .fault, .noQuorum, .unexpected, .outOfSpace, .copied: true
      case .noToken, .credentials, .wrongPassword, .forbidden, .needsApproval, .missing, .elsewhere, .login: false
      // Two changes of one flag met: whoever comes second may come again.
      case .rejected: refusal.status == 409
      case .learner, .tooLarge, .unwritable, .unguarded: false
      }
    case .badAddress, .rejectedByReaders, .inexpressible, .beyond, .occupied: false
    }
  }

  /// Whether it passes soon or not at all: rights and room that somebody may be at, and whatever else a system call may
  /// say once.
  var passesSoon: Bool {
    guard case .file(let trouble) = self else { return false }
    return switch trouble.reason {
    case .diskFull, .notPermitted: true
    case .other(let code, _): !Self.passing.contains(code)
    default: false
    }
  }

  /// What a system call may say for a while: a file that another machine replaced, too many open files, no memory just
  /// now, a disk or a network that did not answer, a signal.
  /// ESTALE, ENFILE, EMFILE, ENOMEM, EAGAIN, ETIMEDOUT, EIO and EINTR, by Linux's numbers (errno(3)).
  private static let passing: [Int32] = [116, 23, 24, 12, 11, 110, 5, 4]

  var isMissing: Bool { if case .file(let trouble) = self { trouble.reason == .missing } else { false } }
  /// It had too little time to be answered at all.
  var isCutShort: Bool {
    if case .unanswered(let trouble) = self, case .timeout(let milliseconds) = trouble.reason {
      milliseconds < 100
    } else {
      false
    }
  }

  /// Whether a change before it may be in force, since the server says nothing that tells.
  var hidesTheOutcome: Bool {
    switch self {
    case .unanswered(let trouble): trouble.maybeSent
    // Whoever is asked too often, and whoever has no room, says so before doing anything; so does whoever has another
    // state than the one that a change depends on.
    case .refused(let refusal): mayPass && ![.outOfSpace, .tooOften, .copied, .rejected].contains(refusal.reason)
    default: false
    }
  }

  /// The store has another state by now than the one that the change was made over.
  var isOvertaken: Bool {
    switch self {
    case .changedMeanwhile: true
    case .refused(let refusal): refusal.reason == .copied
    default: false
    }
  }

  /// How long the server wants to be left alone.
  var rest: TimeSpan? { if case .refused(let refusal) = self { refusal.rest } else { nil } }

  /// An entry that may not be written, or is too long, is no reason to leave the flag on.
  var isForbidden: Bool {
    guard case .refused(let refusal) = self else { return false }
    return switch refusal.reason {
    case .credentials, .forbidden, .tooLarge: true
    default: false
    }
  }

  /// The store has no room left for anything new.
  var isOutOfSpace: Bool {
    if case .refused(let refusal) = self { refusal.reason == .outOfSpace } else { false }
  }

  var isForApproval: Bool { if case .refused(let refusal) = self { refusal.isForApproval } else { false } }
  var isRefusal: Bool { if case .refused = self { true } else { false } }
  var isBusy: Bool { if case .file(let trouble) = self { trouble.reason == .busy } else { false } }

  /// Missing or broken: of a file that never was good that is hardly a moment's state.
  var isAboutTheFile: Bool { if case .malformed = self { true } else { isMissing || isTorn } }

  var isTorn: Bool { if case .torn = self { true } else { false } }
}
