/// What flags remember of their journals, for whoever checks that no end of one is missing.
struct JournalEnds {
  /// By a journal's path: a journal may be that of a flag in several stores.
  private var heads: [String: [JournalHead]] = [:]
  /// Why a store did not say what its flags remember.
  private var silent: [String: String] = [:]

  /// Whether a flag remembers a journal there.
  func knows(_ journal: Journal) -> Bool { heads[journal.path] != nil }

  /// The flag of one journal.
  mutating func look(at journal: Journal, in store: any FlagStore) {
    do throws(StoreTrouble) {
      keep(try store.read(journal.flag).flag?.mark?.head, of: journal)
    } catch {
      silent[journal.path] = Self.why(error)
    }
  }

  /// All flags of a store. The answer is the journals that a flag remembers and that are not among those that were found.
  mutating func look(
    at journals: [Journal], in store: any FlagStore, lost: (FlagKey) throws(Trouble) -> Journal
  ) throws(Trouble) -> [Journal] {
    let flags: [ListedFlag]
    do throws(StoreTrouble) {
      flags = try store.list()
    } catch {
      for journal in journals { silent[journal.path] = Self.why(error) }
      return []
    }
    return try look(at: journals, among: flags, lost: lost)
  }

  /// The same where the store has said already which flags it has.
  mutating func look(
    at journals: [Journal], among flags: [ListedFlag], lost: (FlagKey) throws(Trouble) -> Journal
  ) throws(Trouble) -> [Journal] {
    let found = Dictionary(journals.map { ($0.flag, $0) }) { first, _ in first }
    var missing: [Journal] = []
    for flag in flags {
      guard let head = flag.mark?.head else { continue }
      let journal: Journal
      if let known = found[flag.key] {
        journal = known
      } else {
        journal = try lost(flag.key)
        missing.append(journal)
      }
      keep(head, of: journal)
    }
    return missing
  }

  private mutating func keep(_ head: JournalHead?, of journal: Journal) {
    if let head { heads[journal.path, default: []].append(head) }
  }

  private static func why(_ trouble: StoreTrouble) -> String {
    "the flag could not be read: " + Sentences.store(trouble).joined(separator: "; ")
  }

  func end(of journal: Journal, _ reading: JournalReading) -> JournalEnd {
    let heads = heads[journal.path] ?? []
    if let why = silent[journal.path], heads.isEmpty { return .notKnown(why) }
    if reading.entries.isEmpty, let head = heads.first { return .isGone(head) }
    return reading.end(heads)
  }
}
