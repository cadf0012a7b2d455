/// What is asked next, of which store, and when.
extension KillCourse {
  // MARK: Beginning

  mutating func begin(_ store: Int, at now: Instant, _ actions: inout [Action]) {
    let facts = stores[store]
    // Whoever wants it to end wants nothing new begun, but to know what became of the rest.
    guard !isEnding else { return look(store, at: now, &actions) }
    var waiting = ready(.send, store, now)
    while !waiting.isEmpty, hasRoom(store, at: now) {
      let some = Array(waiting.prefix(facts.batch))
      waiting.removeFirst(some.count)
      send(some, store, at: now, &actions)
    }
    guard facts.isRemote else { return look(store, at: now, &actions) }
    // Only what narrows is sent twice, and no server that answers in time is.
    for request in underWay(store, [.send]) where request.begun + Self.hedge <= now {
      let twins = underWay(store, [.send]).filter { $0.targets == request.targets }
      let isNewest = twins.allSatisfy { $0.begun <= request.begun }
      if isNewest, twins.count < Self.hedges, request.targets.allSatisfy({ targets[$0].phase == .sending }) {
        send(request.targets, store, at: now, &actions)
      }
    }
    for target in ready(.look, store, now) where flips(target, at: now) {
      guard hasRoom(store, at: now) else { break }
      let number = add(.flip, store, [target], at: now)
      targets[target].flip = .underWay
      actions.append(.flip(number, store: store, target))
    }
    look(store, at: now, &actions)
  }

  /// A server that leaves a write unanswered does not keep the others from being sent. Of a file there is one.
  func hasRoom(_ store: Int, at now: Instant) -> Bool {
    let facts = stores[store]
    let busy = underWay(store, [.send, .flip]).filter { !facts.isRemote || $0.begun + Self.hedge > now }
    return busy.count < facts.width
  }

  mutating func send(_ some: [Int], _ store: Int, at now: Instant, _ actions: inout [Action]) {
    let number = add(.send, store, some, at: now)
    for target in some { (targets[target].phase, targets[target].isRefreshed) = (.sending, false) }
    actions.append(.send(number, store: store, some))
  }

  /// One look at a time for all that want one, until it is slow. A proof waits a moment for writes that are under way, so
  /// that one look proves many.
  mutating func look(_ store: Int, at now: Instant, _ actions: inout [Action]) {
    // Where looking failed and the switch is on its way, its answer is waited for, but not for long.
    let (known, flips) = (targets, underWay(store, [.flip]))
    let isSwitching = { (target: Int) in
      known[target].isUnreadable && flips.contains { $0.isAbout(target) && $0.begun + Self.slow > now }
    }
    let wanting = ready(.look, store, now).filter { !isSwitching($0) } + ready(.proof, store, now) + unsure(store, now)
    guard !wanting.isEmpty else { return }
    let looks = stores[store].requests.compactMap { number in requests[number].map { (number, $0) } }
      .filter { $0.1.kind == .look }
    let open = wanting.filter { target in
      !looks.contains { number, look in number > targets[target].lastWrite && look.isAbout(target) }
    }
    let isPrompt = looks.contains { $0.1.begun + Self.slow > now }
    let isWriting = underWay(store, [.send, .flip]).contains { $0.targets.contains { targets[$0].phase == .sending } }
    let areFresh = open.allSatisfy { targets[$0].phase == .proof && targets[$0].due + Self.slow > now }
    let isHedge = open.isEmpty && stores[store].isRemote && looks.count < Self.hedges
    guard
      isHedge
        ? looks.allSatisfy({ $0.1.begun + Self.hedge <= now })
        : !isPrompt && !(isWriting && areFresh && !isEnding),
      isHedge || !open.isEmpty
    else { return }
    let asked = isHedge ? wanting : open
    let number = add(.look, store, asked, at: now)
    for target in asked where targets[target].phase == .look && !isHedge { targets[target].tries += 1 }
    actions.append(.look(number, store: store, asked))
  }

  /// Whose write nobody has answered for long: it may be in force all the same, which a look can tell.
  func unsure(_ store: Int, _ now: Instant) -> [Int] {
    guard stores[store].isRemote else { return [] }
    return stores[store].targets.filter { id in
      targets[id].phase == .sending && targets[id].besides <= now
        && isAsked(about: id) { $0.kind != .look && $0.begun + Self.hedge <= now }
    }
  }

  /// Whether the switch is thrown without a look: the look failed, or takes too long. Where the switch takes the flag
  /// away, only where the store has no room for anything else.
  func flips(_ id: Int, at now: Instant) -> Bool {
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
      let isSlow = isAsked(about: id) { $0.kind == .look && $0.begun + Self.slow <= now }
      return target.isUnreadable || isSlow && !target.isSeen
    }
  }

  mutating func add(_ kind: Request.Kind, _ store: Int, _ some: [Int], at now: Instant) -> Int {
    let number = nextRequest
    nextRequest += 1
    requests[number] = Request(kind: kind, store: store, targets: some, begun: now)
    stores[store].requests.append(number)
    for target in some {
      targets[target].requests += 1
      guard kind != .look else { continue }
      targets[target].firstWrite = targets[target].firstWrite ?? number
      targets[target].lastWrite = number
    }
    return number
  }

  mutating func close(request number: Int) -> Request? {
    guard let request = requests.removeValue(forKey: number) else { return nil }
    stores[request.store].requests.removeAll { $0 == number }
    return request
  }

  func ready(_ phase: Target.Phase, _ store: Int, _ now: Instant) -> [Int] {
    stores[store].targets.filter { targets[$0].phase == phase && targets[$0].due <= now }
  }

  func underWay(_ store: Int, _ kinds: [Request.Kind]) -> [Request] {
    stores[store].requests.compactMap { requests[$0] }.filter { kinds.contains($0.kind) }
  }

  /// Whether such a request about that flag is under way.
  func isAsked(about target: Int, where isMeant: (Request) -> Bool) -> Bool {
    stores[targets[target].store].requests.contains { number in
      requests[number].map { isMeant($0) && $0.isAbout(target) } ?? false
    }
  }
}
