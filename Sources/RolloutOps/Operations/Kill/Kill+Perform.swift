/// What a kill is asked for: single flags, or all that stores mark as managed.
extension Kill {
  /// Flag keys; a note's path stands for its flag.
  package func perform(_ targets: [String]) -> KillReport {
    var driver = KillDriver(self)
    let lines = driver.run([{ found in for target in targets { found.add(target) } }])
    return driver.report(lines)
  }

  /// `--all`: what `managed` found, and then what the stores have that could not be read before.
  package func perform(_ managed: Managed) -> KillReport {
    var kill = self
    if isPatient, let needed = managed.needed { kill.within = max(within, needed) }
    // What the first look took is part of the time that was given, and what a person thought about it is not.
    kill.within = max(kill.within - managed.took, TimeSpan(seconds: 1))
    var driver = KillDriver(kill)
    var updates: [KillDriver.Update] = [{ found in for key in managed.keys { found.add(key.text) } }]
    if let settings = managed.settings {
      updates.append { $0.heed(settings) }
      for named in managed.unread {
        updates.append { $0.addManaged(of: named, settings.terms, since: managed.looked) }
      }
    }
    var lines = driver.run(updates)
    if lines.isEmpty, !managed.unread.isEmpty {
      lines = managed.unread.map { store in
        KillReport.Line(
          flag: Self.everyFlag, store: store.shown, .notOff, seconds: Double(within.seconds), attempts: 1,
          reasons: ["NOT off in \(store.shown): its flags are not known", "it did not answer within \(within)"])
      }
    } else if lines.isEmpty {
      let places = managed.stores.joined(separator: ", ")
      let none = "nothing was turned off: no flag in \(places) is marked as managed by rolloutctl"
      lines = [KillReport.Line(flag: Self.everyFlag, store: places, .notOff, seconds: 0, attempts: 1, reasons: [none])]
    }
    return driver.report(lines)
  }

  /// What `--all` means, after one look at every store.
  package struct Managed: Sendable {
    package fileprivate(set) var keys: [FlagKey] = []
    /// The addresses that were looked in, or were to be.
    package fileprivate(set) var stores: [String] = []
    /// The stores' names for people, each with the flags that it marks.
    package fileprivate(set) var found: [(name: String, keys: [FlagKey])] = []
    /// What a platform that takes only so many changes in a time needs for all of them.
    package fileprivate(set) var needed: TimeSpan?
    fileprivate(set) var unread: [NamedStore] = []
    fileprivate(set) var settings: Settings?
    let looked: Instant
    /// How long that took.
    fileprivate(set) var took = TimeSpan.zero

    /// The addresses that could not be read; they are asked again when the others are off.
    package var unreadable: [String] { unread.map(\.shown) }
  }

  /// How long the stores are asked which flags they have before those that answered are killed.
  private static let listing = TimeSpan(seconds: 10)

  /// Every flag that the stores mark as managed. One that cannot be read, or does not answer, keeps nobody from killing in
  /// the others.
  package func managed() -> Managed {
    let finder = Finder(context: context, choices: choices)
    var managed = Managed(looked: context.clock.now())
    guard let settings = try? Settings(choices, note: nil, context: context, lenient: true) else { return managed }
    managed.settings = settings
    let limit = managed.looked + min(TimeSpan(seconds: (within.seconds + 1) / 2), Self.listing)
    let terms = settings.terms.until(limit)
    var named: [NamedStore] = []
    var shown = Distinct<String>()
    for store in settings.scope where shown.add(store.shown) { named.append(store) }
    managed.stores = shown.all
    let shift = context.hands.shift()
    defer { shift.end() }
    let mailbox = Mailbox<(Int, [ListedFlag]?, TimeSpan?)>(shift)
    for (index, store) in named.enumerated() {
      mailbox.ask {
        guard let opened = try? finder.store(store, terms), let listed = try? opened.listWithJournaled() else {
          return (index, nil, nil)
        }
        return (index, listed, opened.timeToKill(listed.count { $0.mark != nil }))
      }
    }
    var answers: [Int: [ListedFlag]?] = [:]
    while true {
      for (index, listed, needed) in mailbox.takeAll() {
        answers[index] = .some(listed)
        if let needed { managed.needed = max(managed.needed ?? needed, needed) }
      }
      guard answers.count < named.count, context.clock.now() < limit else { break }
      if case .signal(let number) = shift.wait(until: limit, context.clock) { Signals.raise(number, after: shift) }
    }
    var keys = Distinct<FlagKey>()
    for (index, store) in named.enumerated() {
      guard let listed = answers[index] ?? nil else {
        managed.unread.append(store)
        continue
      }
      let marked = listed.filter { $0.mark != nil }.map(\.key)
      managed.found.append((store.title, marked))
      keys.add(marked)
    }
    managed.keys = keys.all
    managed.took = context.clock.now().since(managed.looked)
    return managed
  }
}
