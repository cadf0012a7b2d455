/// Where rollouts stand. Looking changes nothing, recovery included.
package struct Viewing: Sendable {
  package let context: Context
  package let choices: OperatorChoices

  package init(context: Context, choices: OperatorChoices) {
    self.context = context
    self.choices = choices
  }

  package func status(of target: String) throws(Trouble) -> StatusReport {
    var rollout = try Opening(context: context, choices: choices).open(target, needsNote: false)
    rollout.settleInMind()
    if let found = rollout.note, found.note.hasErrors {
      if rollout.progress.phase == .none { throw .note(path: target, found.note.diagnostics) }
      let errors = found.note.diagnostics.filter { $0.severity == .error }.count
      rollout.remarks.append("the note has \(errors) error\(errors == 1 ? "" : "s"); rolloutctl check shows them")
    }
    rollout.measure()
    if !rollout.flag.parents.isEmpty {
      let parents = rollout.flag.parents.joined(separator: ", ")
      rollout.remarks.append("\(rollout.key) depends on \(parents): whoever gets no \(parents) gets no \(rollout.key)")
    }
    if rollout.progress.phase != .none { rollout.remarks += rollout.store.remarks(on: rollout.key) }
    let zone = rollout.zone(&rollout.remarks)
    var report = StatusReport(rollout.situation, remarks: rollout.remarks, zone: zone)
    report.served = rollout.served(waits: false)
    return report
  }

  /// One line for every flag that the settings' stores have a journal for.
  package func fleet() throws(Trouble) -> FleetReport {
    let opening = Opening(context: context, choices: choices)
    let settings = try Settings(choices, note: nil, context: context)
    var lines: [FleetReport.Line] = []
    var troubles: [Trouble] = []
    var seen: Set<String> = []
    for named in settings.scope {
      let store = try opening.store(named, settings.terms)
      let flags = try opening.journals(settings, store).filter { seen.insert($0.path).inserted }.map(\.flag)
      guard !flags.isEmpty else {
        // Whoever has no journal of it, as a second operator has none, sees what the store marks as managed.
        do throws(StoreTrouble) {
          let managed = try Self.managed(in: store, named)
          guard !managed.isEmpty else { continue }
          let shown = try StoreSnapshot(store, managed)
          for flag in managed { lines.append(line(flag, opening, settings, shown, named)) }
        } catch {
          troubles.append(.store(error))
        }
        continue
      }
      do throws(StoreTrouble) {
        let shown = try StoreSnapshot(store, flags)
        for flag in flags { lines.append(line(flag, opening, settings, shown, named)) }
      } catch {
        // One store that is away keeps nobody from seeing the others.
        for flag in flags { lines.append(FleetReport.Line(flag: flag, report: nil, trouble: .store(error))) }
      }
    }
    return FleetReport(lines, remarks: settings.remarks, troubles: troubles)
  }

  /// A flag file that is not there is no trouble where nobody names it.
  private static func managed(in store: any FlagStore, _ named: NamedStore) throws(StoreTrouble) -> [FlagKey] {
    do throws(StoreTrouble) {
      return try store.list().filter { $0.mark != nil }.map(\.key)
    } catch {
      guard error.isMissing, named.origin == Settings.byDefault else { throw error }
      return []
    }
  }

  private func line(
    _ flag: FlagKey, _ opening: Opening, _ settings: Settings, _ store: StoreSnapshot, _ named: NamedStore
  )
    -> FleetReport.Line
  {
    do throws(Trouble) {
      var rollout = try opening.rollout(flag, nil, settings, in: store, named)
      if let reference = rollout.progress.note {
        let path = Path.joined(rollout.journal.base, reference.path)
        if let found = try? opening.note(at: path, knownBy: rollout.progress) { rollout = rollout.with(found) }
      }
      rollout.settleInMind()
      return FleetReport.Line(flag: flag, report: StatusReport(rollout.situation), trouble: nil)
    } catch {
      return FleetReport.Line(flag: flag, report: nil, trouble: error)
    }
  }
}

/// A store's flags as one reading of it showed them, so that a thousand rollouts cost one pass over the file.
struct StoreSnapshot: FlagStore {
  private let store: any FlagStore
  private let readings: [FlagKey: FlagReading]

  init(_ store: any FlagStore, _ keys: [FlagKey]) throws(StoreTrouble) {
    self.store = store
    readings = try store.read(keys)
  }

  var address: String { store.address }
  var identity: String { store.identity }
  var journalFolder: Folder { store.journalFolder }
  var propagation: TimeSpan { store.propagation }
  var isRemote: Bool { store.isRemote }
  var width: Int { store.width }
  var keepsJournals: Bool { store.keepsJournals }
  var dealsByFlagHash: Bool { store.dealsByFlagHash }
  var keepsVariantsInRules: Bool { store.keepsVariantsInRules }

  func read(_ key: FlagKey) throws(StoreTrouble) -> FlagReading {
    if let reading = readings[key] { return reading }
    return try store.read(key)
  }

  func read(_ keys: [FlagKey]) throws(StoreTrouble) -> [FlagKey: FlagReading] { try store.read(keys) }
  func list() throws(StoreTrouble) -> [ListedFlag] { try store.list() }

  func write(_ flag: Flag, replacing reading: FlagReading, _ occasion: Occasion) throws(StoreTrouble) -> FlagReading {
    try store.write(flag, replacing: reading, occasion)
  }

  func byHand(_ key: FlagKey, serving variant: String?) -> ByHand { store.byHand(key, serving: variant) }
  func examine() -> [Check] { store.examine() }
}
