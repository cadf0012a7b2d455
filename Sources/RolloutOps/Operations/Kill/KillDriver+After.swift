/// What a kill does beside the course and after the word "off": more stores, what they remember, the journals, the
/// applications.
extension KillDriver {
  // MARK: What comes after

  mutating func startJobs() {
    while open.concluding.count < Self.journals, let target = open.waiting.popFirst() {
      open.concluding.insert(target)
      let seconds = cases[target].line?.seconds ?? 0
      let (found, tries, isAlone) = (cases[target], course.targets[target].tries, cases.count <= Self.fewFlags)
      mailbox.ask {
        var found = found
        let stands = found.isJournaled || found.conclude(seconds: seconds, tries: tries, isAlone: isAlone)
        return .concluded(target, found.record, stands: stands, found.facts(isAlone: isAlone))
      }
    }
    guard signal == nil else { return }
    findMore()
    guard open.isPrepared, course.isOver, open.waiting.isEmpty, !targets.hasUnfollowed else { return }
    askForUndoers()
    if !open.hasKept, open.concluding.isEmpty {
      open.hasKept = true
      let known = Dictionary(cases.map { ($0.identity, $0.store) }) { first, _ in first }
      for store in known.values where store.isRemote && !kill.choices.dryRun {
        open.keeping += 1
        mailbox.ask {
          store.keepLook()
          return .kept
        }
      }
    }
    for target in cases.indices where !looked.contains(target) && cases[target].line?.off == true {
      looked.insert(target)
      guard cases[target].evaluation != nil, !kill.choices.dryRun else { continue }
      open.looking.insert(target)
      // What was seen has to be told before the deadline.
      let end = Instant(microseconds: course.end.microseconds - Self.telling)
      let (found, clock) = (cases[target], context.clock)
      mailbox.ask {
        let patience = clock.now() + ServedLook.patience
        return .served(target, found.look(until: end)?.look(until: end, patience: patience))
      }
    }
  }

  /// A platform may have a schedule that turns a flag on again. Of a few flags it is asked, when all of them are off.
  private mutating func askForUndoers() {
    guard !open.hasAsked, !kill.choices.dryRun else { return }
    open.hasAsked = true
    guard cases.count <= Self.fewFlags else { return }
    for target in cases.indices where cases[target].store.isRemote && cases[target].line?.off == true {
      open.asking.insert(target)
      let (store, key) = (cases[target].store, cases[target].key)
      mailbox.ask { .undoers(target, store.undoers(key)) }
    }
    open.patience = now + Self.afterwards
  }

  /// The notes that the journals remember may name more stores. They are read when a flag is off, or cannot be read.
  mutating func findMore() {
    guard !open.isUpdating else { return }
    if let update = open.updates.first {
      // Flags that are known go before those that have to be looked for.
      guard !open.isPrepared || mailbox.isEmpty else { return }
      open.updates.removeFirst()
      return start(update)
    }
    if targets.hasUnfollowed {
      let pending = cases.indices.map { !isSettled($0) }
      let isTimely = cases.indices.allSatisfy { !pending[$0] || course.targets[$0].told != nil }
      guard isTimely, asked != pending || course.isOver else { return }
      asked = pending
      start { $0.follow(pending) }
    } else if course.isOver, !open.hasHints {
      open.hasHints = true
      let lines = cases.map(\.line)
      if targets.lacks(lines) { start { $0.findNearest(lines) } }
    }
  }

  mutating func start(_ update: @escaping Update) {
    open.isUpdating = true
    let known = targets
    mailbox.ask {
      var found = known
      update(&found)
      return .updated(found)
    }
  }

  /// A store may know the flags well enough to be written at once: one answer less to wait for.
  mutating func recall(_ some: [Int]) {
    guard !kill.choices.dryRun else { return }
    for (_, own) in Dictionary(grouping: some, by: { course.targets[$0].store }).sorted(by: { $0.key < $1.key }) {
      guard let store = own.first.map({ cases[$0].store }), store.isRemote else { continue }
      let keys = own.map { ($0, cases[$0].key) }
      shift.start { [mailbox] in
        let known = store.remembered(keys.map(\.1)) ?? [:]
        let readings = Dictionary(
          uniqueKeysWithValues: keys.compactMap { place in known[place.1].map { (place.0, $0) } })
        return { if !readings.isEmpty { mailbox.put(.recalled(readings)) } }
      }
    }
  }

  /// When it ends, whatever is still under way.
  var limit: Instant { interrupted.map { min(course.end, $0 + Self.afterwards) } ?? course.end }

  var wake: Instant {
    let next = course.isOver ? course.end : course.wake(after: now)
    let patience = open.asking.isEmpty ? nil : open.patience
    return min(next, progress.wake(after: now), patience ?? next)
  }

  func isSettled(_ target: Int) -> Bool { course.targets[target].ending != nil }

  func report(_ lines: [KillReport.Line]) -> KillReport {
    KillReport(
      lines, dryRun: kill.choices.dryRun, signal: signal, unread: targets.unread, remarks: targets.remarks,
      told: toldScope)
  }

  var lines: [KillReport.Line] {
    targets.lines(cases.map(\.line), preparing: !open.isPrepared, after: now.seconds(since: course.start))
  }
}

extension Instant {
  func seconds(since start: Instant) -> Double { Double(max(0, microseconds - start.microseconds)) / 1_000_000 }
}
