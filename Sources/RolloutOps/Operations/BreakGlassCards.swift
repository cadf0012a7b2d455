/// Break-glass cards of flags, or of every flag that is managed. A card is made also where its store cannot be asked: it is
/// wanted most where nothing works.
package struct BreakGlassCards: Sendable {
  package let context: Context
  package let choices: OperatorChoices
  package let within: TimeSpan

  package init(context: Context, choices: OperatorChoices, within: TimeSpan = TimeSpan(seconds: 10)) {
    (self.context, self.choices, self.within) = (context, choices, within)
  }

  package func perform(_ targets: [String]) throws(Trouble) -> CardReport {
    let finder = Finder(context: context, choices: choices)
    let deadline = context.clock.now() + within
    guard !targets.isEmpty else {
      let settings = try Settings(choices, note: nil, context: context, lenient: true)
      return joined(
        try stores(settings, finder, deadline), none: "no flag is marked as managed by rolloutctl; name one"
      ) { store throws(StoreTrouble) in try store.listWithJournaled().filter { $0.mark != nil }.map(\.key) }
    }
    var (cards, failures): ([CardReport.Card], [String]) = ([], [])
    for target in targets {
      let (key, settings) = try meant(target, finder)
      let report = joined(try stores(settings, finder, deadline), none: nil) { _ in [key] }
      cards += report.cards
      failures += report.failures
      if report.cards.isEmpty, report.failures.isEmpty {
        failures.append("there is no flag \(key) in \(settings.scope.map(\.shown).joined(separator: ", "))")
      }
    }
    return CardReport(cards, failures: failures)
  }

  /// A note's path stands for its flag in its store; what looks like one and is none is a key all the same.
  private func meant(_ target: String, _ finder: Finder) throws(Trouble) -> (FlagKey, Settings) {
    if finder.isNote(target), let found = try? finder.note(at: target),
      let key = try? finder.key(of: found, named: target)
    {
      return (key, try Settings(choices, note: NotedSettings(found), context: context, lenient: true))
    }
    return (FlagKey(target), try Settings(choices, note: nil, context: context, lenient: true))
  }

  private func stores(
    _ settings: Settings, _ finder: Finder, _ deadline: Instant
  ) throws(Trouble) -> [any FlagStore] {
    var stores: [any FlagStore] = []
    for named in settings.scope {
      let store = try finder.store(named, settings.terms.until(deadline))
      if !stores.contains(where: { $0.identity == store.identity }) { stores.append(store) }
    }
    return stores
  }

  private func joined(
    _ stores: [any FlagStore], none: String?,
    _ keys: @escaping @Sendable (any FlagStore) throws(StoreTrouble) -> [FlagKey]
  ) -> CardReport {
    let found = Crew(threads: stores.count).each(stores) { store -> CardReport in
      do throws(StoreTrouble) {
        let all = try keys(store)
        let made = Crew(threads: min(8, all.count)).each(all) { card($0, in: store) }
        return CardReport(made.compactMap(\.card), failures: made.compactMap(\.failure))
      } catch {
        return CardReport([], failures: Sentences.store(error))
      }
    }
    let (cards, failures) = (found.flatMap(\.cards), found.flatMap(\.failures))
    return CardReport(cards, failures: cards.isEmpty && failures.isEmpty ? [none].compactMap(\.self) : failures)
  }

  /// None where the store answers and has no such flag.
  private func card(_ key: FlagKey, in store: any FlagStore) -> (card: CardReport.Card?, failure: String?) {
    let made = { (serving: String?) in
      CardReport.Card(
        flag: key, store: store.address, serving: serving, propagation: store.propagation,
        byHand: store.byHand(key, serving: serving))
    }
    do throws(StoreTrouble) {
      let reading = try store.read(key)
      return (reading.flag == nil ? nil : made(variant(reading, in: store)), nil)
    } catch {
      let why = Sentences.store(error).joined(separator: "; ")
      return (made(nil), "\(key) could not be read, so its card goes by what is usual: \(why)")
    }
  }

  /// What a kill would give everybody.
  private func variant(_ reading: FlagReading, in store: any FlagStore) -> String? {
    let situation = Situation(
      key: reading.key, note: nil, progress: Progress(), shown: reading.flag, spelled: reading.spelled,
      store: Situation.StoreFacts(address: store.address, propagation: store.propagation), runbook: .missing,
      clock: context.clock.now(), actor: context.surroundings.actor)
    guard case .killed(let variant) = decide(Request(.kill), in: situation).to else { return nil }
    return variant
  }
}
