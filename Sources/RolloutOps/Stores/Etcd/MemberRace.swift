/// Whom of a cluster's members to ask next, decided by what came of those before.
///
/// A member that hangs or is cut off from the others looks like one that is slow. Nobody waits for it: the next one is
/// asked beside it, and the first good answer counts.
package struct MemberRace {
  /// What a second copy of the same request could do.
  package enum Repeats: Hashable, Sendable {
    /// Nothing: it only reads, or twice is as good as once.
    case harmless
    /// Nothing, since its conditions do not hold any more once the first copy was carried out. Which of the two it was,
    /// a look tells.
    case underConditions
    /// It could be done twice.
    case never
  }

  let members: Int
  let repeats: Repeats
  private(set) var begun = 0
  private(set) var failures: [StoreTrouble] = []

  init(members: Int, repeats: Repeats) { (self.members, self.repeats) = (members, repeats) }

  /// A read that is asked twice costs little; a change waits longer, since it goes to a member that answered just before.
  private static let (readPause, changePause) = (250, 500)
  /// All were asked and are silent. Their leader may have died with the request in its hands, and electing another takes
  /// a second or two: all are asked again, three times, and more and more seldom.
  private static let (roundPause, rounds) = (1000, 4)

  /// After how many milliseconds of silence the next member is asked; nil where nobody is.
  var pause: Int? {
    guard repeats != .never, begun < Self.rounds * members else { return nil }
    guard begun % members != 0 else { return Self.roundPause << (begun / members - 1) }
    return repeats == .harmless ? Self.readPause : Self.changePause
  }

  var hasAskedAll: Bool { begun >= members }

  mutating func begin() { begun += 1 }

  enum Step: Hashable {
    case askNext
    case wait
    case end(StoreTrouble)
  }

  mutating func fail(_ trouble: StoreTrouble) -> Step {
    failures.append(trouble)
    // The cluster has decided. No other member says anything else, and some might say nothing for long.
    if trouble.isClusters { return .end(trouble) }
    if repeats == .never, trouble.mayHaveArrived { return .end(trouble) }
    if begun < members { return .askNext }
    return failures.count < begun ? .wait : .end(told)
  }

  /// Whether a copy may have been carried out whose answer did not come: then a condition that does not hold may be
  /// our own doing.
  var isDoubtful: Bool {
    repeats == .underConditions && (failures.count < begun - 1 || failures.contains(where: \.mayHaveArrived))
  }

  /// Of many failures the one that says most: where a change may have been made, that one.
  private var told: StoreTrouble { failures.max { $0.weight < $1.weight } ?? failures[0] }
}

extension StoreTrouble {
  /// Whether the request may have reached a member that could act on it.
  fileprivate var mayHaveArrived: Bool {
    switch self {
    case .unanswered(let trouble): trouble.maybeSent
    case .refused(let refusal):
      switch refusal.reason {
      case .fault, .noQuorum, .unexpected: true
      default: false
      }
    default: false
    }
  }

  /// Whether all members say the same, since they know it from each other.
  fileprivate var isClusters: Bool {
    guard case .refused(let refusal) = self else { return false }
    return switch refusal.reason {
    case .forbidden, .wrongPassword, .noToken, .tooLarge, .outOfSpace, .rejected: true
    default: false
    }
  }

  /// One that answers for itself, or hangs, says more about the cluster than one that is away.
  fileprivate var weight: Int {
    switch self {
    case .unanswered(let trouble): if case .unreachable = trouble.reason { 0 } else { 3 }
    case .refused(let refusal):
      switch refusal.reason {
      case .fault, .noQuorum: 4
      case .learner: 1
      default: 2
      }
    default: 2
    }
  }
}
