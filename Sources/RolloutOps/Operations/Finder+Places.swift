/// Which of several stores a flag's rollout is about, where nobody says.
extension Finder {
  /// The only one that has the flag; where none has it, the only one with a journal of it. What the note names, or the
  /// settings choose and the flag is in, goes before; whether another has it too is asked where that matters. `silent` are
  /// those that did not answer.
  func place(of key: FlagKey, _ settings: Settings) throws(Trouble) -> (named: NamedStore, silent: [NamedStore]) {
    let candidates = settings.scope
    let chosen = settings.isSaid ? nil : settings.stores.first
    guard candidates.count > 1, chosen?.origin != Settings.byNote else { return (try settings.store(), []) }
    let keepers = keepers(of: key, settings)
    var terms = settings.terms
    // Where a journal here says which one is meant, one that hangs may not keep a rollback waiting.
    if keepers.count == 1, !settings.isSaid { terms = terms.until(context.clock.now() + Self.patienceWithOthers) }
    let limited = terms
    let answers = Crew(threads: 8).each(candidates) { named in
      Result { () throws(Trouble) in try has(key, named, limited) }
    }
    var owners: [NamedStore] = []
    var (silent, first): ([NamedStore], Trouble?) = ([], nil)
    for (named, answer) in zip(candidates, answers) {
      switch answer {
      case .success(let isOwner): if isOwner { owners.append(named) }
      case .failure(let trouble):
        // Of stores that the command line names, one that cannot be asked may be the one that is meant.
        if settings.isSaid { throw trouble }
        silent.append(named)
        first = first ?? trouble
      }
    }
    if let chosen, owners.contains(chosen) { return (chosen, []) }
    // A rollout that is known here, in a store that does not answer, is as likely meant as a flag in one that does.
    let hidden = keepers.filter { silent.contains($0) }
    if owners.count == 1, hidden.isEmpty { return (owners[0], silent) }
    guard owners.isEmpty else { throw .severalStores(key, (owners + hidden).map(\.title)) }
    if keepers.count == 1 { return (keepers[0], silent.filter { $0 != keepers[0] }) }
    if let chosen { return (chosen, []) }
    if settings.isSaid { throw .severalStores(key, candidates.map(\.title)) }
    if let first { throw first }
    return (try settings.store(), [])
  }

  /// How long other stores are asked where one has a journal of the flag.
  private static let patienceWithOthers = TimeSpan(seconds: 3)

  /// For looking back: the stores need not answer where a journal tells.
  func placeOfJournal(of key: FlagKey, _ settings: Settings) throws(Trouble) -> NamedStore {
    guard settings.scope.count > 1 else { return try settings.store() }
    let keepers = keepers(of: key, settings)
    return keepers.count == 1 ? keepers[0] : try place(of: key, settings).named
  }

  private func has(_ key: FlagKey, _ named: NamedStore, _ terms: StoreTerms) throws(Trouble) -> Bool {
    let store = try store(named, terms)
    do throws(StoreTrouble) {
      return try store.read(key).flag != nil
    } catch {
      throw .store(error)
    }
  }

  /// Those with a journal of it. One that lies where all of them keep theirs tells by what it says.
  private func keepers(of key: FlagKey, _ settings: Settings) -> [NamedStore] {
    var paths: Set<String> = []
    return settings.scope.filter { named in
      guard let store = try? store(named, settings.terms), let journal = try? journal(of: key, settings, store).journal,
        (try? journal.exists()) == true
      else { return false }
      if let reading = try? journal.read(), let address = Progress(withoutPlans: reading.entries).store {
        return address == store.address
      }
      return paths.insert(journal.path).inserted
    }
  }
}

/// What was meant by a slip of the pen.
extension Finder {
  /// A note that somebody names: where none is there, one beside it that is nearly called so is offered before a new one.
  func typedNote(at target: String) throws(Trouble) -> Rollout.FoundNote {
    do throws(Trouble) {
      return try note(at: target)
    } catch {
      guard case .noteFile(_, let trouble) = error, trouble.reason == .missing else { throw error }
      let folder = Path.folder(of: target)
      let near = Suggestion.nearest(to: Path.name(of: target), among: notes(in: folder), prefixes: false)
      guard let near else { throw error }
      throw .usage("there is no note at \(target); did you mean \(folder == "." ? near : Path.joined(folder, near))?")
    }
  }

  /// The names of the notes there; none where nobody can look.
  func notes(in folder: String) -> [String] {
    let path = Path.tidied(Path.joined(context.surroundings.workingFolder, folder))
    return ((try? context.files.names(in: path)) ?? []).filter { $0.hasSuffix(".md") || $0.hasSuffix(".markdown") }
  }
}
