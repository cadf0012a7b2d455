/// What a kill knows of stores and flags, what happens to it, and what it asks for.
extension KillCourse {
  // MARK: What is known

  /// What a store is to a kill.
  package struct Store: Hashable, Sendable {
    let isRemote: Bool
    /// How many writes may be under way at the same time, and how many flags go into one.
    let width: Int
    let batch: Int
    let killSwitch: KillSwitch
    /// Nobody asks it before.
    var rest: Instant
    /// Its flags, and what it is asked at this moment, each in the order of their numbers: an event of one store looks at
    /// no other one's.
    var targets: [Int] = []
    var requests: [Int] = []
    /// How many of its flags have not ended.
    var openCount = 0

    package init(isRemote: Bool, width: Int = 1, batch: Int = 1, killSwitch: KillSwitch = .none, rest: Instant) {
      (self.isRemote, self.width, self.batch, self.killSwitch) = (isRemote, max(1, width), max(1, batch), killSwitch)
      self.rest = rest
    }
  }

  /// One flag in one store.
  package struct Target: Hashable, Sendable {
    enum Phase: Hashable, Sendable { case look, send, sending, proof, ended }

    /// A write that needs no look before.
    enum Way: Hashable, Sendable { case untried, underWay, none, done(Instant), failed(StoreTrouble) }

    let store: Int
    var phase = Phase.look
    /// The next look or write begins no sooner.
    var due: Instant
    /// A look beside a write that nobody answers begins no sooner.
    var besides = Instant(microseconds: 0)
    var pause = KillCourse.firstPause
    /// Whether a look found it at all, whether the first one found it off, and whether a look is newer than what the
    /// write under way was made of.
    var isSeen = false
    var wasOff = false
    var isRefreshed = false
    /// Whether the last look failed.
    var isUnreadable = false
    /// The first and the last write of ours. A look with a smaller number says nothing about it.
    var firstWrite: Int?
    var lastWrite = 0
    /// The last request that was begun before the last write was answered. Only a later look tells that it did not take.
    var lastAnswered = 0
    /// Whether a write of ours that was answered may be in force, and no look has said otherwise since.
    var hasDoubt = false
    /// Whether a write of ours was answered well.
    var hasTaken = false
    /// It was called off before, by this write, and is looked at once more.
    var rechecked: Int?
    var flip = Way.untried
    var glass = Way.untried
    package internal(set) var tries = 0
    package internal(set) var requests = 0
    package internal(set) var answers = 0
    var busy = 0
    var refusedProofs = 0
    var firstRefusal: Instant?
    package internal(set) var firstFailure: Instant?
    /// The last trouble that says something.
    package internal(set) var told: StoreTrouble?
    package internal(set) var ending: Ending?

    /// Whether it was called off, and nothing was written since.
    var isAsBefore: Bool { rechecked == lastWrite }

    /// Whether the switch alone was thrown, over rules that nobody had read.
    package var isBlind: Bool { if case .done = flip { lastWrite == firstWrite } else { false } }
  }

  struct Request: Hashable, Sendable {
    enum Kind: Hashable, Sendable { case look, send, flip, glass }

    let kind: Kind
    let store: Int
    let targets: [Int]
    let begun: Instant
    private let members: Set<Int>

    init(kind: Kind, store: Int, targets: [Int], begun: Instant) {
      (self.kind, self.store, self.targets, self.begun) = (kind, store, targets, begun)
      // One is compared sooner than it is looked up.
      members = targets.count == 1 ? [] : Set(targets)
    }

    /// Whether it is about that flag: asked for each of them, of which one request may have thousands.
    func isAbout(_ target: Int) -> Bool { targets.count == 1 ? targets[0] == target : members.contains(target) }
  }

  // MARK: What happens, and what is to be done

  package enum Event: Hashable, Sendable {
    /// What a look found, by flag.
    case looked(Int, [Int: Sight])
    /// What was answered to a write: nil where it was done.
    case wrote(Int, [Int: StoreTrouble?])
    /// The way without a token: whether there is one, and what it answered.
    case brokeGlass(Int, isThere: Bool, StoreTrouble?)
    /// What a flag stood like when somebody looked last, before this kill.
    case recalled([Int: Sight])
    /// Somebody lets people in, or did while the flag was killed: it is looked at again then.
    case doubted(Int, from: Instant)
    /// It was called off, and when the journal was ours nobody could say that it still is: proven, and told, anew.
    case undone(Int)
    case time
    /// A person or a machine wants the kill to end now.
    case interrupted
  }

  /// What a look found of one flag.
  package enum Sight: Hashable, Sendable {
    case on, off
    /// Off, and only a write tells whether it stays so.
    case unproven
    case absent
    /// Nobody can tell which of its variants is the old way.
    case undecided
    /// It stands as off, and readers take the file for broken.
    case unread(StoreTrouble)
    case failed(StoreTrouble)
    /// Failed, and no other try would do better.
    case hopeless(StoreTrouble)
  }

  package enum Ending: Hashable, Sendable {
    case off, alreadyOff, wouldBeOff
    case absent, undecided
    case unread(StoreTrouble)
    /// A write of ours may be in force, and nobody could look.
    case perhaps(StoreTrouble?)
    case notOff(StoreTrouble?)
  }

  package enum Action: Hashable, Sendable {
    case look(Int, store: Int, [Int])
    case send(Int, store: Int, [Int])
    case flip(Int, store: Int, Int)
    case breakGlass(Int, Int)
    case tell(Int, Ending)
  }
}
