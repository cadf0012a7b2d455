/// Gathers what the closing block of a kill says. All of it is read after the word "off", and nothing of it can fail the
/// kill: what cannot be read is not said.
struct KillAftermath {
  let context: Context

  /// `journal` is the flag's own; `other` is the line for the other kind of off.
  func facts(
    about flag: FlagKey, in store: any FlagStore, _ named: NamedStore, serving: String?, journal: Journal,
    journaling: KillFacts.Journaling?, note: String? = nil, other: String? = nil, undoers: [String]? = nil
  ) -> KillFacts {
    let progress = (try? journal.read()).map { Progress($0.entries) }
    let zone = (try? context.zone(progress?.plan?.timeZone)) ?? .utc
    var facts = KillFacts(
      flag, serving: serving, progress: progress, journaling: journaling,
      said: named.said, note: note, other: other, undoers: undoers ?? store.undoers(flag),
      calendar: LocalCalendar(zone: zone, now: context.clock.now()))
    facts.isWorkingCopy = store.isWorkingCopy
    return facts
  }
}

extension NamedStore {
  /// As people know it: by the name that a configuration file gives it, else where it really is.
  func title(of store: any FlagStore) -> String { name ?? (store.isRemote ? shown : store.identity) }

  /// What `--store` said, where it is why this store is meant; a query may be a signature, which nobody prints.
  var said: String? { origin == "--store" ? name ?? plainAddress : nil }
}
