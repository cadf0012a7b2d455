/// The whole policy of a kill: what is asked of a store, when it is asked again, when a flag is called off and when it is
/// given up. Events go in, actions come out. No clock, thread, file or socket is known here.
///
/// Every store works by itself. A flag is looked at, written, and looked at again: it is off when a look says so that
/// began after the write. What may pass is tried again until the one deadline.
package struct KillCourse: Sendable {
  /// How many microseconds a flag waits after a failure: this long after the first, twice as long after each other one.
  static let (firstPause, longestPause) = (2_000, 100_000)
  /// After that long a look or a write that no server has answered gets another one beside it; so many at most.
  static let (hedge, hedges) = (TimeSpan(seconds: 3), 3)
  /// After that long the switch is thrown without the look, and no look waits for another one or for a write any more.
  static let slow = TimeSpan(seconds: 1)
  /// How long a file that never was good is waited for, and an approval that was passed over to be seen.
  static let patience = TimeSpan(seconds: 2)
  /// A store that wants to be left alone for longer than that is asked again all the same.
  static let longestRest = TimeSpan(seconds: 5)
  /// How often a file in use is tried, and a look that is refused after the write.
  static let (busyTries, refusedProofs) = (6, 3)
  /// How long what is under way may still be answered when somebody interrupts.
  static let grace = TimeSpan(seconds: 1)
  /// When a flag is looked at again where a command that lets people in was under way.
  static let recheck = TimeSpan(seconds: 5)

  package let start: Instant
  package private(set) var end: Instant
  /// `--dry-run`: nothing but looks.
  let isDry: Bool
  /// The last third of the time, or a person who wants the feature off altogether: then a store that has no room left
  /// loses the flag itself.
  let removal: Instant

  private(set) var stores: [Store] = []
  private(set) var targets: [Target] = []
  private(set) var requests: [Int: Request] = [:]
  private var nextRequest = 1

  package init(start: Instant, within: TimeSpan, isDry: Bool = false, turnsOff: Bool = false) {
    (self.start, end, self.isDry) = (start, start + within, isDry)
    removal = turnsOff ? start : Instant(microseconds: end.microseconds - (end.microseconds - start.microseconds) / 3)
  }

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
    /// Whether a write of ours may be in force, and no look has said otherwise since.
    var mayBeOff = false
    /// It was called off before, by this write, and is looked at once more.
    var rechecked: Int?
    var flip = Way.untried
    var glass = Way.untried
    package fileprivate(set) var tries = 0
    package fileprivate(set) var requests = 0
    package fileprivate(set) var answers = 0
    var busy = 0
    var refusedProofs = 0
    package fileprivate(set) var firstFailure: Instant?
    /// The last trouble that says something.
    package fileprivate(set) var told: StoreTrouble?
    package fileprivate(set) var ending: Ending?

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

  // MARK: Asking the course

  package var isOver: Bool { targets.allSatisfy { $0.phase == .ended } }

  package mutating func add(store: Store) -> Int {
    stores.append(store)
    return stores.count - 1
  }

  package mutating func add(targetIn store: Int, at now: Instant) -> Int {
    targets.append(Target(store: store, due: now))
    return targets.count - 1
  }

  package mutating func take(_ event: Event, at now: Instant) -> [Action] {
    var actions: [Action] = []
    switch event {
    case .looked(let number, let sights):
      guard let request = requests.removeValue(forKey: number) else { return [] }
      for target in request.targets { see(target, sights[target] ?? .absent, in: number, at: now, &actions) }
    case .wrote(let number, let answers):
      guard let request = requests.removeValue(forKey: number) else { return [] }
      for target in request.targets { written(target, answers[target] ?? nil, request, at: now, &actions) }
    case .brokeGlass(let number, let isThere, let trouble):
      guard let request = requests.removeValue(forKey: number) else { return [] }
      for target in request.targets { broken(target, isThere, trouble, at: now, &actions) }
    case .recalled(let sights):
      for (target, sight) in sights.sorted(by: { $0.key < $1.key }) where [.on, .off, .unproven].contains(sight) {
        if targets[target].phase == .look, !isDry { targets[target].phase = .send }
      }
    case .doubted(let target, let moment):
      guard case .ended = targets[target].phase, moment < end else { break }
      (targets[target].phase, targets[target].due) = (.proof, moment)
      targets[target].rechecked = targets[target].lastWrite
    case .time: break
    case .interrupted: end = min(end, now + Self.grace)
    }
    guard now < end else { return actions + finish() }
    for store in stores.indices where stores[store].rest <= now { begin(store, at: now, &actions) }
    return actions
  }

  /// When `take(.time)` may have something to do, where nothing else happens before.
  package func wake(after now: Instant) -> Instant {
    var moments = [end, removal] + stores.map(\.rest)
    for target in targets where target.phase != .ended { moments += [target.due, target.due + Self.slow] }
    for request in requests.values { moments += [request.begun + Self.slow, request.begun + Self.hedge] }
    return moments.filter { $0 > now }.min() ?? end
  }

  // MARK: Beginning

  private mutating func begin(_ store: Int, at now: Instant, _ actions: inout [Action]) {
    let facts = stores[store]
    var waiting = ready(.send, store, now)
    while !waiting.isEmpty, underWay(store, [.send, .flip]).count < facts.width {
      let some = Array(waiting.prefix(facts.batch))
      waiting.removeFirst(some.count)
      send(some, store, at: now, &actions)
    }
    guard facts.isRemote else { return look(store, at: now, &actions) }
    // Only what narrows is sent twice, and no server that answers in time is.
    for request in underWay(store, [.send]) where request.begun + Self.hedge <= now {
      let twins = requests.values.filter { $0.kind == .send && $0.targets == request.targets }
      let isNewest = twins.allSatisfy { $0.begun <= request.begun }
      if isNewest, twins.count < Self.hedges, request.targets.allSatisfy({ targets[$0].phase == .sending }) {
        send(request.targets, store, at: now, &actions)
      }
    }
    look(store, at: now, &actions)
    for target in ready(.look, store, now) where flips(target, at: now) {
      guard underWay(store, [.send, .flip]).count < facts.width else { break }
      let number = add(.flip, store, [target], at: now)
      targets[target].flip = .underWay
      actions.append(.flip(number, store: store, target))
    }
  }

  private mutating func send(_ some: [Int], _ store: Int, at now: Instant, _ actions: inout [Action]) {
    let number = add(.send, store, some, at: now)
    for target in some { (targets[target].phase, targets[target].isRefreshed) = (.sending, false) }
    actions.append(.send(number, store: store, some))
  }

  /// One look at a time for all that want one, until it is slow. A proof waits a moment for writes that are under way, so
  /// that one look proves many.
  private mutating func look(_ store: Int, at now: Instant, _ actions: inout [Action]) {
    let wanting = ready(.look, store, now) + ready(.proof, store, now)
    guard !wanting.isEmpty else { return }
    let looks = requests.filter { $0.value.store == store && $0.value.kind == .look }
    let open = wanting.filter { target in
      !looks.contains { $0.value.targets.contains(target) && $0.key > targets[target].lastWrite }
    }
    let isPrompt = looks.values.contains { $0.begun + Self.slow > now }
    let isWriting = !underWay(store, [.send, .flip]).isEmpty
    let areFresh = open.allSatisfy { targets[$0].phase == .proof && targets[$0].due + Self.slow > now }
    let isHedge = open.isEmpty && stores[store].isRemote && looks.count < Self.hedges
    guard
      isHedge ? looks.values.allSatisfy({ $0.begun + Self.hedge <= now }) : !isPrompt && !(isWriting && areFresh),
      isHedge || !open.isEmpty
    else { return }
    let asked = isHedge ? wanting : open
    let number = add(.look, store, asked, at: now)
    for target in asked where targets[target].phase == .look && !isHedge { targets[target].tries += 1 }
    actions.append(.look(number, store: store, asked))
  }

  /// Whether the switch is thrown without a look: the look failed, or takes too long. Where the switch takes the flag
  /// away, only where the store has no room for anything else.
  private func flips(_ id: Int, at now: Instant) -> Bool {
    let target = targets[id]
    switch target.flip {
    case .untried: break
    case .failed(let trouble): guard trouble.mayPass else { return false }
    case .underWay, .none, .done: return false
    }
    guard !isDry else { return false }
    switch stores[target.store].killSwitch {
    case .none: return false
    case .removal: return target.told?.isOutOfSpace == true && now >= removal
    case .platform:
      let isSlow = requests.values.contains {
        $0.kind == .look && $0.targets.contains(id) && $0.begun + Self.slow <= now
      }
      return target.isUnreadable || isSlow && !target.isSeen
    }
  }

  private mutating func add(_ kind: Request.Kind, _ store: Int, _ some: [Int], at now: Instant) -> Int {
    let number = nextRequest
    nextRequest += 1
    requests[number] = Request(kind: kind, store: store, targets: some, begun: now)
    for target in some {
      targets[target].requests += 1
      guard kind != .look else { continue }
      targets[target].firstWrite = targets[target].firstWrite ?? number
      targets[target].lastWrite = number
      if kind != .glass { targets[target].mayBeOff = true }
    }
    return number
  }

  private func ready(_ phase: Target.Phase, _ store: Int, _ now: Instant) -> [Int] {
    targets.indices.filter { targets[$0].store == store && targets[$0].phase == phase && targets[$0].due <= now }
  }

  private func underWay(_ store: Int, _ kinds: [Request.Kind]) -> [Request] {
    requests.sorted { $0.key < $1.key }.map(\.value).filter { $0.store == store && kinds.contains($0.kind) }
  }

  // MARK: Understanding

  private mutating func see(_ id: Int, _ sight: Sight, in look: Int, at now: Instant, _ actions: inout [Action]) {
    guard targets[id].phase != .ended else { return }
    if case .failed = sight {
      targets[id].isUnreadable = true
    } else {
      targets[id].isUnreadable = false
      targets[id].answers += 1
    }
    // What was begun before our last write knows nothing of it.
    let isCurrent = look > targets[id].lastWrite
    switch sight {
    case .absent:
      let isRemoved = stores[targets[id].store].killSwitch == .removal && targets[id].flip != .untried
      end(id, isRemoved ? .off : .absent, &actions)
    case .undecided: end(id, .undecided, &actions)
    case .unread(let trouble): end(id, .unread(trouble), &actions)
    case .off, .unproven:
      if isDry || targets[id].isAsBefore { return end(id, .alreadyOff, &actions) }
      if targets[id].firstWrite.map({ look > $0 }) ?? false {
        return end(id, targets[id].wasOff ? .alreadyOff : .off, &actions)
      }
      guard targets[id].phase == .look else { return }
      (targets[id].isSeen, targets[id].wasOff) = (true, true)
      // What a cache may have said is not believed before the server itself has taken a write.
      if stores[targets[id].store].isRemote || sight == .unproven { targets[id].phase = .send } else { end(id, .alreadyOff, &actions) }
    case .on:
      if isDry { return end(id, .wouldBeOff, &actions) }
      (targets[id].isSeen, targets[id].isRefreshed) = (true, true)
      guard isCurrent, targets[id].phase != .sending else { return }
      targets[id].mayBeOff = false
      if targets[id].phase == .proof {
        // It was written, and somebody undid it or it did not take: written anew, but not without a breath.
        targets[id].told = targets[id].told ?? .notAsWritten(path: "")
        rest(id, at: now)
      }
      targets[id].phase = .send
    case .hopeless(let trouble):
      if targets[id].phase == .look, !targets[id].isSeen { return end(id, .notOff(trouble), &actions) }
      fail(id, trouble, at: now, &actions)
    case .failed(let trouble):
      guard targets[id].phase == .look || targets[id].phase == .proof else { return }
      fail(id, trouble, at: now, &actions)
    }
  }

  private mutating func written(
    _ id: Int, _ trouble: StoreTrouble?, _ request: Request, at now: Instant, _ actions: inout [Action]
  ) {
    guard targets[id].phase != .ended else { return }
    let isFlip = request.kind == .flip
    if isFlip { targets[id].flip = trouble.map { .failed($0) } ?? .done(now) }
    guard let trouble else {
      targets[id].answers += 1
      (targets[id].phase, targets[id].due) = (.proof, now)
      return
    }
    if case .rejectedByReaders = trouble { return end(id, .unread(trouble), &actions) }
    let isAlone = !requests.values.contains { $0.kind != .look && $0.targets.contains(id) }
    if isAlone, targets[id].phase != .proof { targets[id].mayBeOff = trouble.hidesTheOutcome }
    if isFlip {
      // The looks go on; where none of them can succeed, this was the last way.
      targets[id].told = targets[id].told ?? trouble
      if targets[id].phase == .look { rest(id, at: now) }
      if isAlone, !trouble.mayPass, targets[id].told?.mayPass != true { fail(id, trouble, at: now, &actions) }
      return
    }
    guard targets[id].phase == .sending, isAlone else { return }
    if case .changedMeanwhile = trouble, targets[id].isRefreshed {
      targets[id].phase = .send
      return
    }
    targets[id].phase = .look
    fail(id, trouble, at: now, &actions)
  }

  private mutating func broken(
    _ id: Int, _ isThere: Bool, _ trouble: StoreTrouble?, at now: Instant, _ actions: inout [Action]
  ) {
    guard targets[id].phase != .ended else { return }
    guard isThere, trouble == nil else {
      targets[id].glass = trouble.map { .failed($0) } ?? .none
      targets[id].phase = .look
      return goOn(id, after: targets[id].told ?? .notAsWritten(path: ""), at: now, &actions)
    }
    (targets[id].glass, targets[id].mayBeOff) = (.done(now), true)
    (targets[id].phase, targets[id].due) = (.proof, now)
  }

  // MARK: Failing

  private mutating func fail(_ id: Int, _ latest: StoreTrouble, at now: Instant, _ actions: inout [Action]) {
    // A try that the deadline cut short says nothing about the server; the one before it does.
    let trouble = latest.isCutShort ? targets[id].told ?? latest : latest
    targets[id].told = trouble
    targets[id].firstFailure = targets[id].firstFailure ?? now
    if trouble.isBusy { targets[id].busy += 1 }
    if let rest = latest.rest {
      stores[targets[id].store].rest = min(now + min(rest, Self.longestRest), end)
    }
    if targets[id].phase == .look, flips(id, at: now) || targets[id].flip == .underWay {
      return rest(id, at: now, pausing: targets[id].flip != .untried)
    }
    if breaksGlass(targets[id], after: trouble) {
      (targets[id].glass, targets[id].phase) = (.underWay, .sending)
      return actions.append(.breakGlass(add(.glass, targets[id].store, [id], at: now), id))
    }
    goOn(id, after: trouble, at: now, &actions)
  }

  /// Again after a while, or never.
  private mutating func goOn(_ id: Int, after trouble: StoreTrouble, at now: Instant, _ actions: inout [Action]) {
    if targets[id].isAsBefore, !trouble.mayPass { return end(id, .off, &actions) }
    if targets[id].phase == .proof, !trouble.mayPass {
      targets[id].refusedProofs += 1
      let isComing = if case .done(let moment) = targets[id].glass { now < moment + Self.patience } else { false }
      if !isComing, targets[id].refusedProofs >= Self.refusedProofs { return end(id, .perhaps(trouble), &actions) }
      return rest(id, at: now)
    }
    let since = targets[id].firstFailure ?? now
    let limit = trouble.isAboutTheFile && !targets[id].isSeen ? min(end, since + Self.patience) : end
    guard trouble.mayPass || targets[id].phase == .proof, targets[id].busy < Self.busyTries, now < limit else {
      return end(id, targets[id].mayBeOff ? .perhaps(trouble) : .notOff(trouble), &actions)
    }
    rest(id, at: now)
  }

  /// A refusal that will not pass, or a second failure, is reason enough.
  private func breaksGlass(_ target: Target, after trouble: StoreTrouble) -> Bool {
    guard !isDry, !trouble.mayPass || target.tries > 1, stores[target.store].isRemote else { return false }
    switch target.glass {
    case .untried: return true
    case .failed(let trouble): return trouble.mayPass
    case .underWay, .none, .done: return false
    }
  }

  private mutating func rest(_ id: Int, at now: Instant, pausing: Bool = true) {
    guard pausing else { return targets[id].due = now }
    targets[id].due = Instant(microseconds: now.microseconds + Int64(targets[id].pause))
    targets[id].pause = min(2 * targets[id].pause, Self.longestPause)
  }

  private mutating func end(_ id: Int, _ ending: Ending, _ actions: inout [Action]) {
    // What was called off before is told again only where it no longer is.
    let isKnown = targets[id].isAsBefore && [.off, .alreadyOff].contains(ending)
    (targets[id].phase, targets[id].rechecked) = (.ended, nil)
    guard !isKnown else { return }
    targets[id].ending = ending
    actions.append(.tell(id, ending))
  }

  /// The deadline, or somebody who wants it to end: what is open now stays open.
  private mutating func finish() -> [Action] {
    var actions: [Action] = []
    for id in targets.indices where targets[id].phase != .ended {
      let ending = targets[id].mayBeOff ? Ending.perhaps(targets[id].told) : .notOff(targets[id].told)
      end(id, targets[id].isAsBefore ? .off : ending, &actions)
    }
    return actions
  }
}
