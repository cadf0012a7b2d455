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
  /// How long a file that never was good is waited for, rights and room that are missing, and an approval that was passed
  /// over to be seen.
  static let patience = TimeSpan(seconds: 2)
  /// A store that wants to be left alone for longer than that is asked again all the same.
  static let longestRest = TimeSpan(seconds: 5)
  /// How often a file in use is tried, and at least how often a look that is refused after the write, for `patience`.
  static let (busyTries, refusedProofs) = (6, 3)
  /// How long what is under way may still be answered when somebody interrupts.
  static let grace = TimeSpan(seconds: 1)
  /// When a flag is looked at again where a command that lets people in was under way.
  static let recheck = TimeSpan(seconds: 5)

  package let start: Instant
  package private(set) var end: Instant
  /// `--dry-run`: nothing but looks.
  let isDry: Bool
  /// Whether somebody interrupted.
  var isEnding = false
  /// The last third of the time, or a person who wants the feature off altogether: then a store that has no room left
  /// loses the flag itself.
  let removal: Instant

  var stores: [Store] = []
  var targets: [Target] = []
  var requests: [Int: Request] = [:]
  var nextRequest = 1

  package init(start: Instant, within: TimeSpan, isDry: Bool = false, turnsOff: Bool = false) {
    (self.start, end, self.isDry) = (start, start + within, isDry)
    removal = turnsOff ? start : Instant(microseconds: end.microseconds - (end.microseconds - start.microseconds) / 3)
  }

  // MARK: Asking the course

  package var isOver: Bool { stores.allSatisfy { $0.openCount == 0 } }

  package mutating func add(store: Store) -> Int {
    stores.append(store)
    return stores.count - 1
  }

  package mutating func add(targetIn store: Int, at now: Instant) -> Int {
    targets.append(Target(store: store, due: now))
    stores[store].targets.append(targets.count - 1)
    stores[store].openCount += 1
    return targets.count - 1
  }

  package mutating func take(_ event: Event, at now: Instant) -> [Action] {
    var actions: [Action] = []
    switch event {
    case .looked(let number, let sights):
      guard let request = close(request: number) else { return [] }
      for target in request.targets { see(target, sights[target] ?? .absent, in: number, at: now, &actions) }
    case .wrote(let number, let answers):
      guard let request = close(request: number) else { return [] }
      for target in request.targets { written(target, answers[target] ?? nil, request, at: now, &actions) }
    case .brokeGlass(let number, let isThere, let trouble):
      guard let request = close(request: number) else { return [] }
      for target in request.targets { broken(target, isThere, trouble, at: now, &actions) }
    case .recalled(let sights):
      for (target, sight) in sights.sorted(by: { $0.key < $1.key }) where [.on, .off, .unproven].contains(sight) {
        guard targets[target].phase == .look, !isDry else { continue }
        // The server takes the write only where it still stands so.
        (targets[target].phase, targets[target].wasOff) = (.send, sight != .on)
      }
    case .doubted(let target, let moment):
      guard case .ended = targets[target].phase, moment < end else { break }
      (targets[target].phase, targets[target].due) = (.proof, moment)
      stores[targets[target].store].openCount += 1
      targets[target].rechecked = targets[target].lastWrite
    case .undone(let target):
      guard case .ended = targets[target].phase else { break }
      (targets[target].phase, targets[target].ending) = (.proof, nil)
      stores[targets[target].store].openCount += 1
      rest(target, at: now)
    case .time: break
    case .interrupted:
      isEnding = true
      end = min(end, now + Self.grace)
    }
    guard now < end else { return actions + finish() }
    for store in stores.indices where stores[store].openCount > 0 && stores[store].rest <= now {
      begin(store, at: now, &actions)
    }
    return actions
  }

  /// When `take(.time)` may have something to do, where nothing else happens before.
  package func wake(after now: Instant) -> Instant {
    var next: Instant?
    func consider(_ moment: Instant) { if moment > now { next = min(next ?? moment, moment) } }
    consider(end)
    consider(removal)
    for store in stores { consider(store.rest) }
    for target in targets where target.phase != .ended {
      consider(target.due)
      consider(target.due + Self.slow)
      consider(target.besides)
    }
    for request in requests.values {
      consider(request.begun + Self.slow)
      consider(request.begun + Self.hedge)
    }
    return next ?? end
  }

  // MARK: Understanding

  mutating func see(_ id: Int, _ sight: Sight, in look: Int, at now: Instant, _ actions: inout [Action]) {
    guard targets[id].phase != .ended else { return }
    // Beside a write that nobody answers it is looked again, but not at once.
    targets[id].besides = now + Self.slow
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
      if stores[targets[id].store].isRemote || sight == .unproven {
        targets[id].phase = .send
      } else {
        end(id, .alreadyOff, &actions)
      }
    case .on:
      if isDry { return end(id, .wouldBeOff, &actions) }
      (targets[id].isSeen, targets[id].isRefreshed) = (true, true)
      guard isCurrent, targets[id].phase != .sending else { return }
      // It may have been begun before the write took effect.
      if targets[id].phase == .proof, look <= targets[id].lastAnswered { return }
      (targets[id].hasDoubt, targets[id].wasOff) = (false, false)
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

  mutating func written(
    _ id: Int, _ trouble: StoreTrouble?, _ request: Request, at now: Instant, _ actions: inout [Action]
  ) {
    guard targets[id].phase != .ended else { return }
    let isFlip = request.kind == .flip
    if isFlip { targets[id].flip = trouble.map { .failed($0) } ?? .done(now) }
    guard let trouble else {
      targets[id].answers += 1
      return prove(id, at: now)
    }
    if case .rejectedByReaders = trouble { return end(id, .unread(trouble), &actions) }
    let isAlone = !isAsked(about: id) { $0.kind != .look }
    // A condition that does not hold any more after a write of ours was taken may be that write's own doing: what a look
    // showed in between may have been old.
    if trouble.isOvertaken, targets[id].hasTaken { targets[id].hasDoubt = true }
    if trouble.hidesTheOutcome { targets[id].hasDoubt = true }
    // A write that was refused changed nothing: a look that began before it is as good as a later one.
    if isAlone, !targets[id].hasDoubt { (targets[id].firstWrite, targets[id].lastWrite) = (nil, 0) }
    if isFlip {
      // The looks go on; where none of them is under way or can succeed, this was the last way.
      let isLooking = isAsked(about: id) { $0.kind == .look }
      guard !isLooking || !isAlone else { return }
      targets[id].told = targets[id].told ?? trouble
      if targets[id].phase == .look { rest(id, at: now) }
      if isAlone, !trouble.mayPass, targets[id].told?.mayPass != true {
        fail(id, targets[id].told ?? trouble, at: now, &actions)
      }
      return
    }
    guard targets[id].phase == .sending, isAlone else { return }
    // Where a copy was served it is so for a while: it goes on with a breath, like after any failure.
    if case .changedMeanwhile = trouble, targets[id].isRefreshed {
      targets[id].phase = .send
      return
    }
    targets[id].phase = .look
    fail(id, trouble, at: now, &actions)
  }

  mutating func broken(
    _ id: Int, _ isThere: Bool, _ trouble: StoreTrouble?, at now: Instant, _ actions: inout [Action]
  ) {
    guard targets[id].phase != .ended else { return }
    guard isThere, trouble == nil else {
      if isThere, trouble?.hidesTheOutcome == true { targets[id].hasDoubt = true }
      targets[id].glass = trouble.map { .failed($0) } ?? .none
      // Where a write of ours was taken before, that is what is still to be proven.
      targets[id].phase = targets[id].hasDoubt ? .proof : .look
      return goOn(id, after: targets[id].told ?? .notAsWritten(path: ""), at: now, &actions)
    }
    targets[id].glass = .done(now)
    prove(id, at: now)
  }

  /// Whether a write of ours may be in force, answered or not.
  func mayBeOff(_ id: Int) -> Bool {
    targets[id].hasDoubt || isAsked(about: id) { $0.kind != .look }
  }

  mutating func prove(_ id: Int, at now: Instant) {
    if targets[id].phase != .proof { (targets[id].phase, targets[id].due) = (.proof, now) }
    (targets[id].lastAnswered, targets[id].hasDoubt, targets[id].hasTaken) = (nextRequest - 1, true, true)
  }

  // MARK: Failing

  mutating func fail(_ id: Int, _ latest: StoreTrouble, at now: Instant, _ actions: inout [Action]) {
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
  mutating func goOn(_ id: Int, after trouble: StoreTrouble, at now: Instant, _ actions: inout [Action]) {
    let isRefusal = !trouble.mayPass || trouble.passesSoon
    if targets[id].isAsBefore, isRefusal { return end(id, .off, &actions) }
    let since = targets[id].firstRefusal ?? now
    if isRefusal { targets[id].firstRefusal = since }
    if targets[id].phase == .proof, isRefusal {
      targets[id].refusedProofs += 1
      let isComing = if case .done(let moment) = targets[id].glass { now < moment + Self.patience } else { false }
      if !isComing, targets[id].refusedProofs >= Self.refusedProofs, now >= since + Self.patience {
        return end(id, .perhaps(trouble), &actions)
      }
      return rest(id, at: now)
    }
    let isNoFile = trouble.isAboutTheFile && !targets[id].isSeen
    let first = isNoFile ? targets[id].firstFailure ?? now : since
    let limit = isNoFile || trouble.passesSoon ? min(end, first + Self.patience) : end
    guard trouble.mayPass || targets[id].phase == .proof, targets[id].busy < Self.busyTries, now < limit else {
      return end(id, mayBeOff(id) ? .perhaps(trouble) : .notOff(trouble), &actions)
    }
    rest(id, at: now)
  }

  /// A refusal that will not pass, or a second failure, is reason enough.
  func breaksGlass(_ target: Target, after trouble: StoreTrouble) -> Bool {
    guard !isDry, !trouble.mayPass || target.tries > 1, stores[target.store].isRemote else { return false }
    switch target.glass {
    case .untried: return true
    case .failed(let trouble): return trouble.mayPass
    case .underWay, .none, .done: return false
    }
  }

  mutating func rest(_ id: Int, at now: Instant, pausing: Bool = true) {
    guard pausing else { return targets[id].due = now }
    targets[id].due = Instant(microseconds: now.microseconds + Int64(targets[id].pause))
    targets[id].pause = min(2 * targets[id].pause, Self.longestPause)
  }

  mutating func end(_ id: Int, _ ending: Ending, _ actions: inout [Action]) {
    // What was called off before is told again only where it no longer is.
    let isKnown = targets[id].isAsBefore && [.off, .alreadyOff].contains(ending)
    if targets[id].phase != .ended { stores[targets[id].store].openCount -= 1 }
    (targets[id].phase, targets[id].rechecked) = (.ended, nil)
    guard !isKnown else { return }
    targets[id].ending = ending
    actions.append(.tell(id, ending))
  }

  /// The deadline, or somebody who wants it to end: what is open now stays open.
  mutating func finish() -> [Action] {
    var actions: [Action] = []
    for id in targets.indices where targets[id].phase != .ended {
      let ending = mayBeOff(id) ? Ending.perhaps(targets[id].told) : .notOff(targets[id].told)
      end(id, targets[id].isAsBefore ? .off : ending, &actions)
    }
    return actions
  }
}
