/// All rollouts of all stores that the settings name, a row each.
extension Status {
  package func fleet() throws(Trouble) -> FleetReport {
    let finder = Finder(context: context, choices: choices)
    let settings = try Settings(choices, note: nil, context: context)
    let looks = StoreLook.all(settings, finder, reading: true)
    var (rows, away, folders): ([FleetReport.Line], [FleetReport.Away], [String]) = ([], [], [])
    var shown: Set<String> = []
    let severalStores = settings.isSaid || settings.scope.count > 1
    // A journal that lies where those of several stores lie is one row, in the store that it was started on; where none of
    // them is that store, in the first that has the flag.
    for isOwn in [true, false] {
      for look in looks {
        guard let readings = look.readings else { continue }
        for journal in look.journals where !shown.contains(journal.path) {
          let row = row(journal.flag, readings, look.named, finder, settings)
          guard isOwn ? row.isHere || !severalStores : row.hasFlag || !settings.isSaid else { continue }
          shown.insert(journal.path)
          rows.append(row.line)
        }
      }
    }
    let told = Set(rows.map { "\($0.store) \($0.flag)" })
    for look in looks {
      guard let readings = look.readings else { continue }
      let lost = look.marked.filter { !told.contains("\(look.named.title) \($0.key)") }
      rows += lost.map { unjournaled($0, readings, look.named) }
      if !lost.isEmpty, !folders.contains(look.folder) { folders.append(look.folder) }
    }
    for look in looks {
      guard let trouble = look.trouble else { continue }
      // One store that is away keeps nobody from seeing the others.
      let own = look.journals.filter { shown.insert($0.path).inserted }
      away.append(FleetReport.Away(store: look.named.title, trouble: trouble, flags: own.map(\.flag)))
    }
    return FleetReport(
      rows, away: away, stores: settings.scope.map(\.title), now: context.clock.now(),
      remarks: settings.remarks + Self.missing(in: folders))
  }

  private static func missing(in folders: [String]) -> [String] {
    folders.map { "journals of some flags are not in \($0), as their rows say; --journal FOLDER names where they are" }
  }

  /// What the store alone tells of a flag whose journal is somewhere else.
  private func unjournaled(_ listed: ListedFlag, _ readings: StoreReadings, _ named: NamedStore) -> FleetReport.Line {
    let flag = (try? readings.read(listed.key))?.flag
    let marked = FleetReport.Marked(
      mark: flag?.mark ?? listed.mark ?? Flag.Mark(), serving: flag?.serving.description,
      isOff: flag.map { !$0.exposes(control: nil) } ?? false)
    return FleetReport.Line(flag: listed.key, store: named.title, report: nil, trouble: nil, marked: marked)
  }

  /// `isHere`: the rollout is one of this store. `hasFlag`: the store has a flag of that name.
  private func row(
    _ flag: FlagKey, _ readings: StoreReadings, _ named: NamedStore, _ finder: Finder, _ settings: Settings
  ) -> (line: FleetReport.Line, isHere: Bool, hasFlag: Bool) {
    do throws(Trouble) {
      let store = readings.store
      var rollout = try finder.rollout(flag, nil, settings, in: store, named, showing: readings.flags[flag])
      let hasFlag = rollout.flag.flag != nil
      let isHere =
        rollout.facts.startedOn == nil && (hasFlag || rollout.progress.store.map { $0 == store.address } ?? true)
      // What readers refuse is not what they serve, whatever stands there.
      if let trouble = rollout.flag.trouble, case .rejectedByReaders = trouble {
        let line = FleetReport.Line(flag: flag, store: named.title, report: nil, trouble: .store(trouble))
        return (line, isHere, hasFlag)
      }
      if let reference = rollout.progress.note {
        let path = Path.joined(rollout.journal.base, reference.path)
        if let found = try? finder.note(at: path, knownBy: rollout.progress) { rollout = rollout.with(found) }
      }
      rollout.settleInMind()
      let beat = rollout.journal.heartbeat.map { beat in
        FleetReport.Watcher(
          time: beat.time, isSilent: beat.isSilent(at: context.clock.now()), status: beat.status, reason: beat.reason)
      }
      let report = StatusReport(rollout.situation, outlook: outlook(in: rollout.situation))
      let line = FleetReport.Line(flag: flag, store: named.title, report: report, trouble: nil, watch: beat)
      return (line, isHere, hasFlag)
    } catch {
      let line = FleetReport.Line(flag: flag, store: named.title, report: nil, trouble: error)
      return (line, true, true)
    }
  }
}

/// A store's flags as one reading of it showed them, so that a thousand rollouts cost one pass over the file.
struct StoreReadings: Sendable {
  let store: any FlagStore
  let flags: [FlagKey: FlagReading]

  init(_ store: any FlagStore, _ keys: [FlagKey]) throws(StoreTrouble) {
    self.store = store
    flags = try store.read(keys)
  }

  func read(_ key: FlagKey) throws(StoreTrouble) -> FlagReading {
    if let flag = flags[key] { return flag }
    return try store.read(key)
  }
}

/// What there is of one store's rollouts: the journals that lie here, and the flags that the store marks as managed.
struct StoreLook: Sendable {
  let named: NamedStore
  private(set) var journals: [Journal] = []
  /// Where they were looked for.
  private(set) var folder = ""
  private(set) var marked: [ListedFlag] = []
  /// The flags as they stand, where they were read.
  private(set) var readings: StoreReadings?
  /// Why the store, or the folder, could not be looked at.
  private(set) var trouble: Trouble?

  /// Several stores at a time: one that is slow keeps the others from nothing.
  static func all(_ settings: Settings, _ finder: Finder, reading: Bool) -> [StoreLook] {
    let terms = settings.terms.until(finder.context.clock.now() + patience)
    return Crew(threads: 8).each(settings.scope) { StoreLook($0, finder, settings, terms, reading: reading) }
  }

  /// Whoever looks at all of them does not wait longer for one that hangs.
  private static let patience = TimeSpan(seconds: 10)

  /// Flags that are managed, and whose journals are somewhere else.
  var unjournaled: [ListedFlag] {
    let journaled = Set(journals.map(\.flag))
    return marked.filter { !journaled.contains($0.key) }
  }

  private init(_ named: NamedStore, _ finder: Finder, _ settings: Settings, _ terms: StoreTerms, reading: Bool) {
    self.named = named
    do throws(Trouble) {
      let store = try finder.store(named, terms)
      journals = try finder.journals(settings, store)
      folder = try finder.journalFolder(settings, store).path
      do throws(StoreTrouble) {
        marked = try managed(in: store)
        guard reading else { return }
        let keys = Set(journals.map(\.flag) + marked.map(\.key))
        readings = try StoreReadings(store, keys.sorted { $0.text < $1.text })
      } catch {
        throw .store(error)
      }
    } catch {
      trouble = error
    }
  }

  /// A flag file that is not there is no trouble where nobody names it.
  private func managed(in store: any FlagStore) throws(StoreTrouble) -> [ListedFlag] {
    do throws(StoreTrouble) {
      return try store.list().filter { $0.mark != nil }
    } catch {
      guard error.isMissing, named.origin == Settings.byDefault, journals.isEmpty else { throw error }
      return []
    }
  }
}
