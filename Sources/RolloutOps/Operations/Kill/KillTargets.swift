/// Which flags are meant, and where each of them is to be looked for: one attempt for every flag in every store that
/// somebody names.
struct KillTargets: Sendable {
  private let kill: Kill
  private let finder: Finder
  private let deadline: Instant
  private var targets: [Target] = []
  private var numbers: [FlagKey: Int] = [:]
  /// The settings of every flag that no note was named for: they are read once, however many flags there are.
  private var plain: Settings?
  /// How many flags there are whose journals were not asked for a note.
  private var unfollowed = 0
  private var looked: Set<Look> = []
  private var failures: [KillReport.Line] = []
  /// Where a store was looked for, by case.
  private var hints: [Int: [String]] = [:]
  /// One for each address, however many flags it has: they share a connection and a session.
  private var stores: [NamedStore: any FlagStore] = [:]
  /// One for every flag in every store.
  private(set) var cases: [KillCase] = []
  /// What could not be read of the settings, and what else there is to say of them, each once.
  var unread: [String] { gaps.all }
  private var gaps = Distinct<String>()
  private var told = Distinct<String>()
  /// The stores that the command line names, and those that it passes over by that, one for each place.
  private var (said, outside): ([NamedStore], [NamedStore]) = ([], [])
  private var placesOutside: Set<String> = []

  private struct Look: Hashable {
    let key: FlagKey
    let store: String
  }

  /// Whether this place was not meant before.
  private mutating func isNew(_ key: FlagKey, in store: String) -> Bool {
    looked.insert(Look(key: key, store: store)).inserted
  }

  /// One flag, by whatever name it was asked for.
  private struct Target: Sendable {
    let key: FlagKey
    /// Why what looks like a note's path is none; its text is tried as a key all the same.
    let noNote: String?
    let hasNote: Bool
    let settings: Settings
    /// Lines about stores that cannot even be opened.
    var failures: [KillReport.Line] = []
    var isFollowed = false
    /// What is said where no store has it.
    var nothing: [String]?
  }

  init(_ kill: Kill, deadline: Instant) {
    (self.kill, self.deadline) = (kill, deadline)
    finder = Finder(context: kill.context, choices: kill.choices)
  }

  // MARK: Adding

  mutating func add(_ text: String) {
    var key = FlagKey(text)
    var (found, noNote): (Rollout.FoundNote?, String?) = (nil, nil)
    if finder.isNote(text) {
      do throws(Trouble) {
        let note = try finder.note(at: text)
        if let flag = note.note.plan?.flag.text ?? note.note.written[.flag]?.first?.text, !flag.isEmpty {
          (key, found) = (FlagKey(flag), note)
        } else {
          noNote = "\(text) names no flag"
        }
      } catch {
        noNote = error.noNote(at: text)
      }
    }
    do throws(Trouble) {
      let settings = try settings(found)
      let index = numbers[key] ?? targets.count
      if index == targets.count {
        numbers[key] = index
        targets.append(Target(key: key, noNote: noNote, hasNote: found != nil, settings: settings))
        if found == nil { unfollowed += 1 }
      }
      let known = cases.count
      for named in settings.scope { add(named, settings, to: index) }
      if let found {
        for place in cases.indices.dropFirst(known) {
          cases[place].note = text
          guard let plan = found.note.plan else { continue }
          cases[place].store.expects(key, hasVariants: !plan.variants.isBoolean)
        }
      }
    } catch {
      let reasons = ["NOT off: no store is known"] + error.sentences
      failures.append(KillReport.Line(flag: key, store: "", .notOff, seconds: 0, attempts: 0, reasons: reasons))
    }
  }

  private mutating func settings(_ note: Rollout.FoundNote?) throws(Trouble) -> Settings {
    if note == nil, let plain { return plain }
    let noted = note.map(NotedSettings.init)
    let settings = try Settings(kill.choices, note: noted, context: kill.context, lenient: true)
    heed(settings)
    if note == nil { plain = settings }
    return settings
  }

  mutating func heed(_ settings: Settings) {
    gaps.add(settings.unread)
    told.add(settings.remarks)
    if settings.isSaid { said = settings.stores }
    for store in settings.outside where placesOutside.insert(store.place).inserted { outside.append(store) }
  }

  /// Which stores this is about, where the command line names some and leaves others alone.
  var scope: String? { Settings.narrowed(to: said, leaving: outside) }
  var remarks: [String] { [scope].compactMap(\.self) + told.all }

  /// The flags of a store that could not say before which of them are managed. It is asked again as long as it may have
  /// been away for a moment only.
  mutating func addManaged(of named: NamedStore, _ terms: StoreTerms, since looked: Instant) {
    let (clock, limit) = (kill.context.clock, min(deadline, looked + KillCourse.patience))
    let start = clock.now()
    var pause = KillCourse.firstPause
    while true {
      do throws(Trouble) {
        let store = try finder.store(named, terms.until(deadline))
        do throws(StoreTrouble) {
          for listed in try store.listWithJournaled(mending: true) where listed.mark != nil { add(listed.key.text) }
          return
        } catch {
          throw .store(error)
        }
      } catch {
        guard case .store(let trouble) = error, trouble.mayPass, clock.now() < limit else {
          // What answers all the same is killed.
          let part = (try? finder.store(named, terms.until(deadline)))?.listPart() ?? []
          for listed in part where listed.mark != nil { add(listed.key.text) }
          let reasons = ["NOT off in \(named.shown): its flags are not known"] + error.sentences
          return failures.append(
            KillReport.Line(
              flag: Kill.everyFlag, store: named.shown, .notOff, seconds: clock.now().seconds(since: start),
              attempts: 1,
              reasons: reasons))
        }
        clock.pause(microseconds: pause)
        pause = min(2 * pause, KillCourse.longestPause)
      }
    }
  }

  private mutating func add(_ named: NamedStore, _ settings: Settings, to index: Int) {
    let key = targets[index].key
    do throws(Trouble) {
      let store = try self.store(named, settings)
      guard isNew(key, in: store.identity) else { return }
      let finder = finder
      let journal = LateJournal {
        do throws(Trouble) {
          return try finder.journal(of: key, settings, store)
        } catch {
          // What names the journal is no address of one: the kill goes on, and the usual place gets the entry.
          return (JournalFolder(store.journalFolder).journal(of: key), error.sentences.first)
        }
      }
      finder.tell(named, store) { journal.journal }
      cases.append(
        KillCase(
          kill, key, store, journal, evaluation: settings.evaluation, isNamed: !settings.listed.contains(named),
          named: named))
    } catch {
      guard isNew(key, in: named.address) else { return }
      let reasons = ["NOT off in \(named.shown)"] + error.sentences
      targets[index].failures.append(
        KillReport.Line(flag: key, store: named.plainAddress, .notOff, seconds: 0, attempts: 0, reasons: reasons))
    }
  }

  private mutating func store(_ named: NamedStore, _ settings: Settings) throws(Trouble) -> any FlagStore {
    if let known = stores[named] { return known }
    let store = try finder.store(named, settings.terms.until(deadline))
    if store.isRemote { stores[named] = store }
    return store
  }

  /// Whether a note that a journal remembers may name more stores.
  var hasUnfollowed: Bool { unfollowed > 0 }

  /// The cases of each flag.
  private var places: [FlagKey: [Int]] { Dictionary(grouping: cases.indices) { cases[$0].key } }

  /// Adds the stores of the notes that the journals remember, where `isPending` says which flags still are.
  ///
  /// Where a note's relative path leads depends on which files exist. So a file that is missing is not believed to be
  /// what the note means as long as the flag's other files may be away for a moment only.
  mutating func follow(_ isPending: [Bool]) {
    let all = places
    for index in targets.indices where !targets[index].hasNote && !targets[index].isFollowed {
      let places = all[targets[index].key] ?? []
      let (isSettled, known) = (!places.contains { isPending[$0] }, cases.count)
      let noted = places.compactMap { place in remembered(cases[place], isPending[place]).map { (place, $0) } }
      var isWhole = noted.count == places.count
      for (place, noted) in noted {
        heed(noted)
        cases[place].evaluation = noted.evaluation
        let own = Set(targets[index].settings.scope)
        for named in noted.scope where !own.contains(named) {
          if isSettled || isThere(named, noted) { add(named, noted, to: index) } else { isWhole = false }
        }
      }
      // What all of its journals told, and what is added already, needs no second look.
      targets[index].isFollowed = isSettled || isWhole && cases.count == known
      if targets[index].isFollowed { unfollowed -= 1 }
    }
  }

  /// A journal in the store itself cannot be read where the flag cannot. Whoever is still pending there, perhaps one of
  /// many whose turn has not come, waits for no request that asks for it.
  private func remembered(_ found: KillCase, _ isPending: Bool) -> Settings? {
    let (late, isOutOfReach) = (found.journal, isPending && found.store.keepsJournals)
    let journal = late.journal
    guard let reading = late.seen.last ?? (isOutOfReach ? nil : try? journal.read()),
      let reference = Progress(withoutPlans: reading.entries).note,
      let note = try? finder.settings(ofNoteAt: Path.joined(journal.base, reference.path)),
      note.store != nil || note.evaluation != nil
    else { return nil }
    return try? Settings(kill.choices, note: note, context: kill.context, lenient: true)
  }

  /// What stands behind the address of a server does not depend on files: it needs no asking, which would list all of its
  /// flags for each that is pending.
  private func isThere(_ named: NamedStore, _ settings: Settings) -> Bool {
    guard let store = try? finder.store(named, settings.terms.until(deadline)) else { return false }
    guard !store.isRemote else { return true }
    do throws(StoreTrouble) {
      _ = try store.list()
      return true
    } catch {
      return !error.isMissing
    }
  }

  // MARK: Telling

  /// What each flag's line is, of what its cases have; `preparing` where not even the flags are known.
  func lines(_ known: [KillReport.Line?], preparing: Bool, after seconds: Double) -> [KillReport.Line] {
    guard !preparing else {
      let reasons = ["NOT off: the settings could not be read in \(KillReport.spelled(seconds))"]
      return [
        KillReport.Line(flag: Kill.everyFlag, store: "", .notOff, seconds: seconds, attempts: 0, reasons: reasons)
      ]
    }
    let places = places
    return targets.flatMap { target in
      let own = places[target.key] ?? []
      let told =
        own.compactMap { known.indices.contains($0) ? known[$0]?.adding(hints[$0] ?? []) : nil } + target.failures
      guard told.isEmpty else { return told }
      let places = own.map { cases[$0].store.address }.joined(separator: ", ")
      let title = own.map { cases[$0].title }.joined(separator: ", ")
      let reasons = target.nothing ?? ["nothing was turned off: no flag \(target.key) in \(places)"]
      return [
        KillReport.Line(
          flag: target.key, store: places, title: title, .notOff, seconds: seconds, attempts: 0, reasons: reasons)
      ]
    } + failures
  }

  /// Whether some flag has no line of its own, or one about a file that nobody named.
  func lacks(_ known: [KillReport.Line?]) -> Bool {
    if cases.indices.contains(where: { isByDefault(known, $0) }) { return true }
    let told = Set(cases.indices.filter { known[$0] != nil }.map { cases[$0].key })
    return targets.contains { $0.failures.isEmpty && !told.contains($0.key) }
  }

  /// Looks for what may have been meant by flags that no store has.
  mutating func findNearest(_ known: [KillReport.Line?]) {
    for index in cases.indices where isByDefault(known, index) && !isThere(cases[index]) {
      hints[index] = DoctorSettings.whereLooked(kill.choices, kill.context)
    }
    let places = places
    // What a store has is asked for once, however many flags it lacks.
    var listed: [String: [ListedFlag]] = [:]
    for index in targets.indices where targets[index].nothing == nil && targets[index].failures.isEmpty {
      let own = places[targets[index].key] ?? []
      guard own.allSatisfy({ known[$0] == nil }) else { continue }
      for place in own where listed[cases[place].identity] == nil {
        listed[cases[place].identity] = (try? cases[place].store.list()) ?? []
      }
      targets[index].nothing = nothing(
        targets[index], in: own.map { cases[$0].store.address }.joined(separator: ", "),
        own.flatMap { listed[cases[$0].identity] ?? [] })
    }
  }

  private func isByDefault(_ known: [KillReport.Line?], _ index: Int) -> Bool {
    known[index]?.outcome == .notOff && cases[index].named.origin == Settings.byDefault
  }

  private func isThere(_ found: KillCase) -> Bool {
    guard case .failure(let trouble)? = found.store.look([found.key])[found.key] else { return true }
    return !trouble.isMissing
  }

  /// Every store answered, and none has the flag.
  private func nothing(_ target: Target, in places: String, _ listed: [ListedFlag]) -> [String] {
    var reasons: [String]
    if let noNote = target.noNote {
      let managed = listed.filter { $0.mark != nil }.map(\.key.text)
      reasons = ["nothing was turned off: \(noNote); name the flag's key"]
      if !managed.isEmpty { reasons.append("managed in \(places): \(managed.joined(separator: ", "))") }
    } else {
      let near = Suggestion.nearest(to: target.key.text, among: listed.map(\.key.text))
      let hint = near.map { "; did you mean \($0)?" } ?? ""
      reasons = ["nothing was turned off: no flag \(target.key) in \(places)\(hint)"]
    }
    return reasons
  }
}

extension Trouble {
  fileprivate func noNote(at path: String) -> String {
    guard case .noteFile(_, let trouble) = self else { return sentences.first ?? "\(path) is no note" }
    return trouble.reason == .missing ? "there is no note at \(path)" : Sentences.noteFile(path, trouble)
  }
}
