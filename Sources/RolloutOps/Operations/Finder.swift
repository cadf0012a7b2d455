/// From what an operator typed to an opened rollout.
struct Finder {
  let context: Context
  let choices: OperatorChoices
  /// Whether what a crash tore is mended: looking changes nothing.
  var mends = false
  /// Which branch of a journal counts where git left several; otherwise such a journal cannot be read.
  var choosesBranch: (@Sendable (JournalBranches, FlagReading) -> JournalReading)?

  /// A page of text has a few thousand bytes; a megabyte is a mistake.
  static let longestNote = 1 << 20

  /// Opens `target`, a note's path or a flag's key. Whoever only narrows can do without a good note.
  func open(_ target: String, needsNote: Bool) throws(Trouble) -> Rollout {
    guard isNote(target) else { return try open(key: FlagKey(target), needsNote: needsNote) }
    let found = try typedNote(at: target)
    if needsNote { try refuseErrors(found, named: target) }
    let key = try key(of: found, named: target)
    let settings = try Settings(choices, note: NotedSettings(found), context: context)
    return try rollout(key, found, settings)
  }

  /// A key: the journal remembers the note.
  private func open(key: FlagKey, needsNote: Bool) throws(Trouble) -> Rollout {
    let settings = try Settings(choices, note: nil, context: context)
    var rollout = try rollout(key, nil, settings)
    if rollout.flag.flag == nil, rollout.reading.entries.isEmpty { throw unknown(key, rollout) }
    guard let reference = rollout.progress.note else { return rollout }
    let path = Path.joined(rollout.journal.base, reference.path)
    do throws(Trouble) {
      let found = try note(at: path)
      if needsNote { try refuseErrors(found, named: path) }
      if let flag = found.note.plan?.flag, flag != key {
        throw Trouble.usage("the note at \(reference.path) is about \(flag) now, not \(key); name the right note")
      }
      rollout = rollout.with(found)
    } catch {
      if needsNote { throw error }
      rollout.remarks.append("the note at \(reference.path) could not be read; going by the plan in the journal")
    }
    return rollout
  }

  private func unknown(_ key: FlagKey, _ rollout: Rollout) -> Trouble {
    let known = ((try? rollout.store.list()) ?? []).map(\.key.text)
    // Before the first move only the note knows the key, and is mostly called like it.
    let notes = Dictionary(notes(in: ".").map { (String($0.prefix { $0 != "." }), $0) }) { first, _ in first }
    let near =
      Suggestion.nearest(to: key.text, among: known + notes.keys.sorted()).map { near in
        "; did you mean \(known.contains(near) ? near : notes[near] ?? near)?"
      } ?? ""
    return .usage("'\(key)' is no note, no flag in \(rollout.facts.shown), and no journal knows it\(near)")
  }

  /// A target's journal alone: for looking back, the store need not answer. Of several stores those that have the flag are
  /// asked for; a kill, which waits for nobody, goes by what the settings say (`asking`).
  func journal(of target: String, asking: Bool = true) throws(Trouble) -> (
    journal: Journal, settings: Settings, store: any FlagStore
  ) {
    var key = FlagKey(target)
    var noted: NotedSettings?
    if isNote(target) {
      let found = try typedNote(at: target)
      key = try self.key(of: found, named: target)
      noted = NotedSettings(found)
    }
    let settings = try Settings(choices, note: noted, context: context)
    let place = asking ? try placeOfJournal(of: key, settings) : try settings.store()
    let store = try store(place, settings.terms)
    return (try journal(of: key, settings, store).journal, settings, store)
  }

  func isNote(_ target: String) -> Bool {
    if target.contains("/") || target.hasSuffix(".md") || target.hasSuffix(".markdown") { return true }
    let path = Path.joined(context.surroundings.workingFolder, target)
    return ((try? context.files.facts(path)) ?? nil) != nil
  }

  func note(at target: String) throws(Trouble) -> Rollout.FoundNote {
    let (path, bytes) = try noteFile(target)
    let note = Note.read(bytes, path: target)
    return Rollout.FoundNote(note: note, path: path, runbook: runbook(note.runbook, at: path))
  }

  /// For whoever looks at a thousand of them: a note that is to the byte the one whose plan was frozen is not read
  /// again, since it says what the journal holds.
  func note(at target: String, knownBy progress: Progress) throws(Trouble) -> Rollout.FoundNote {
    let (path, bytes) = try noteFile(target)
    let digest = SHA256.hex(bytes)
    guard let plan = progress.plan, progress.planNote?.digest == digest else { return try note(at: target) }
    return Rollout.FoundNote(
      note: Note(unread: digest, path: target, saying: plan), path: path, runbook: runbook(plan.runbook, at: path))
  }

  /// Where a note says that its flag lives; the rest of it is not read.
  func settings(ofNoteAt target: String) throws(Trouble) -> NotedSettings {
    let (path, bytes) = try noteFile(target)
    let (store, journal, evaluation) = Note.settings(in: bytes)
    return NotedSettings(folder: Path.folder(of: path), store: store, journal: journal, evaluation: evaluation)
  }

  private func noteFile(_ target: String) throws(Trouble) -> (path: String, bytes: [UInt8]) {
    let path = Path.tidied(Path.joined(context.surroundings.workingFolder, target))
    do throws(FileTrouble) {
      return (path, try context.files.read(path, limit: Self.longestNote))
    } catch {
      throw .noteFile(path: target, error)
    }
  }

  private func runbook(_ runbook: String?, at path: String) -> RunbookReading {
    guard let runbook, !runbook.isEmpty, !runbook.contains("://") else { return .missing }
    let found = Settings.locate(runbook, below: Path.folder(of: path), context)
    guard let bytes = try? context.files.read(found, limit: 16 << 20) else { return .missing }
    return .text(String(decoding: bytes, as: UTF8.self))
  }

  func refuseErrors(_ found: Rollout.FoundNote, named target: String) throws(Trouble) {
    if found.note.hasErrors { throw .note(path: target, found.note.diagnostics) }
  }

  /// The flag of a note that may have errors elsewhere.
  func key(of found: Rollout.FoundNote, named target: String) throws(Trouble) -> FlagKey {
    if let plan = found.note.plan { return plan.flag }
    if let flag = found.note.written[.flag]?.first?.text, FlagKey(flag).fault == nil { return FlagKey(flag) }
    throw .note(path: target, found.note.diagnostics)
  }

  // MARK: Store and journal

  func rollout(_ key: FlagKey, _ found: Rollout.FoundNote?, _ settings: Settings) throws(Trouble) -> Rollout {
    let (named, silent) = try place(of: key, settings)
    var rollout = try rollout(key, found, settings, in: try store(named, settings.terms), named)
    if !silent.isEmpty {
      let names = silent.map(\.title).joined(separator: ", ")
      rollout.remarks.append(
        "\(names) did not answer: whether \(key) is there too is not known; this is \(named.title)")
    }
    return rollout
  }

  func rollout(
    _ key: FlagKey, _ found: Rollout.FoundNote?, _ settings: Settings, in store: any FlagStore,
    _ named: NamedStore, showing shown: FlagReading? = nil
  ) throws(Trouble) -> Rollout {
    let (journal, lost) = try journal(of: key, settings, store)
    tell(named, store) { journal }
    if let plan = found?.note.plan { store.expects(key, hasVariants: !plan.variants.isBoolean) }
    let (flag, mended) = if let shown { (shown, nil as String?) } else { try read(key, store) }
    let reading: JournalReading
    do throws(JournalTrouble) { reading = try read(journal, flag) } catch { throw .journal(error) }
    let progress = Progress(reading.entries)
    let facts = Situation.StoreFacts(
      address: store.address, shown: named.placed(seenFrom: context.surroundings.workingFolder),
      identity: identity(of: store, journal), propagation: store.propagation,
      rival: rival(of: key, store, flag, settings), startedOn: startedOn(progress, store, journal),
      switchesOnLast: store.switchesOnLast, keepsValues: store.keepsValues,
      keepsVariantsInRules: store.keepsVariantsInRules)
    var remarks = settings.remarks + [lost, mended].compactMap(\.self)
    if !reading.torn.isEmpty {
      remarks.append(
        "the journal's last line was cut in the middle (\(reading.torn.count) bytes); it is set aside with the next entry"
      )
    }
    var rollout = Rollout(
      context: context, key: key, note: nil, store: store, facts: facts, journal: journal, reading: reading,
      progress: progress, flag: flag, remarks: remarks, evaluation: settings.evaluation, terms: settings.terms)
    if let found { rollout = rollout.with(found) }
    return rollout
  }

  private func read(_ journal: Journal, _ flag: FlagReading) throws(JournalTrouble) -> JournalReading {
    guard let choosesBranch else { return try journal.read() }
    return choosesBranch(try journal.branches(), flag)
  }

  private func read(_ key: FlagKey, _ store: any FlagStore) throws(Trouble) -> (FlagReading, mended: String?) {
    do throws(StoreTrouble) {
      do throws(StoreTrouble) {
        return (try store.read(key), nil)
      } catch {
        guard mends, error.isTorn, let mended = try store.mend(.narrowing) else { throw error }
        return (try store.read(key), mended)
      }
    } catch {
      throw .store(error)
    }
  }

  /// With `--verbose`: which store and journal are meant, and who says so.
  func tell(_ named: NamedStore, _ store: any FlagStore, _ journal: () -> Journal) {
    guard choices.verbose else { return }
    context.output.remark(
      "store: \(Terminal.plain(named.shown)), named by \(named.origin), \(Terminal.plain(store.identity))")
    context.output.remark("journal: \(Terminal.plain(journal().path))")
    let files = Configuration.paths(context)
    context.output.remark("configuration: \(files.isEmpty ? "none" : Terminal.plain(files.joined(separator: ", ")))")
  }

  func store(_ named: NamedStore, _ terms: StoreTerms) throws(Trouble) -> any FlagStore {
    do throws(StoreTrouble) {
      return try StoreAddress(named.address).opening(from: named.base, terms, context)
    } catch {
      throw .store(error)
    }
  }

  /// Where the command line or the note says, else where a pointer beside the flag file leads, else the folder that the
  /// settings have for all flags. A pointer that leads nowhere is a remark.
  func journal(
    of key: FlagKey, _ settings: Settings, _ store: any FlagStore
  ) throws(Trouble) -> (journal: Journal, remark: String?) {
    let usual = try journalFolder(settings, store).journal(of: key)
    guard settings.namedJournal == nil, !store.keepsJournals else { return (usual, nil) }
    let pointer = pointer(to: key, store)
    switch pointer.answer() {
    case .none: return (usual, nil)
    case .journal(let path): return (Journal(path: path, flag: key, files: context.files), nil)
    case .address(let address):
      return (JournalFolder(try folder(at: Path.folder(of: address), settings.terms)).journal(of: key), nil)
    case .broken(let why):
      return (usual, "\(pointer.path) should say where the journal of \(key) is: \(why); going by \(usual.path)")
    }
  }

  private func pointer(to key: FlagKey, _ store: any FlagStore) -> JournalPointer {
    JournalFolder(store.journalFolder).pointer(of: key)
  }

  /// Of all flags of a store, one each.
  func journals(_ settings: Settings, _ store: any FlagStore) throws(Trouble) -> [Journal] {
    let folder = try journalFolder(settings, store)
    do throws(JournalTrouble) {
      let journals = try folder.flags().map(folder.journal)
      guard settings.namedJournal == nil, !store.keepsJournals else { return journals }
      // What is pointed to counts instead of what lies here.
      let elsewhere = try JournalFolder(store.journalFolder).elsewhere()
      let flags = Set(elsewhere.map(\.flag))
      return journals.filter { !flags.contains($0.flag) } + elsewhere
    } catch {
      throw .journal(error)
    }
  }

  func journalFolder(_ settings: Settings, _ store: any FlagStore) throws(Trouble) -> JournalFolder {
    guard let path = settings.namedJournal ?? settings.journal else { return JournalFolder(store.journalFolder) }
    return JournalFolder(try folder(at: path, settings.terms))
  }

  /// A path on this machine, or the address of a store that keeps journals.
  private func folder(at path: String, _ terms: StoreTerms) throws(Trouble) -> Folder {
    guard path.contains("://") else { return Folder(path: path, files: context.files) }
    do throws(StoreTrouble) {
      return try StoreAddress(path).folder(terms, context)
    } catch {
      throw .store(error)
    }
  }

  /// Another store that the settings name and that has the flag too, or has it while the chosen one does not.
  private func rival(of key: FlagKey, _ chosen: any FlagStore, _ flag: FlagReading, _ settings: Settings) -> String? {
    guard !settings.isSaid else { return nil }
    for named in settings.stores.dropFirst() {
      guard let other = try? store(named, settings.terms), other.identity != chosen.identity else { continue }
      guard let reading = try? other.read(key), !chosen.isMeant(by: other.lasting, keepingItsJournal: false) else {
        continue
      }
      if reading.flag != nil { return "\(named.shown), named by \(named.origin)" }
    }
    return nil
  }

  /// The store that an open rollout was started on, where it is another one than this.
  private func startedOn(_ progress: Progress, _ store: any FlagStore, _ journal: Journal) -> String? {
    guard progress.phase == .open, let started = progress.storeIdentity else { return nil }
    let keepsIt = store.journaling?.keeps(journal.files) == true
    let isSame = started == identity(of: store, journal) || store.isMeant(by: started, keepingItsJournal: keepsIt)
    return isSame ? nil : started
  }

  /// As seen from the folder around the journal: a checkout may move, its store and journal together.
  private func identity(of store: any FlagStore, _ journal: Journal) -> String {
    Path.shortened(store.lasting, from: journal.base)
  }
}

extension Rollout {
  func with(_ note: FoundNote) -> Rollout {
    Rollout(
      context: context, key: key, note: note, store: store, facts: facts, journal: journal, reading: reading,
      progress: progress, flag: flag, remarks: remarks,
      evaluation: note.note.evaluation.flatMap { EvaluationServer($0, terms) } ?? evaluation, terms: terms)
  }
}
