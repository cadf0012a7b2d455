extension FlagStore {
  /// All flags, where those that have lost their mark count as managed if their journal lies in the store's usual place:
  /// a kill of all passes none over. A folder that does not answer at once keeps nobody waiting.
  func listWithJournaled(mending: Bool = false) throws(StoreTrouble) -> [ListedFlag] {
    guard losesMarks else { return mending ? try listMending() : try list() }
    let folder = JournalFolder(journalFolder)
    let journaled = Beside<[FlagKey]>()
    journaled.begin { ((try? folder.flags()) ?? []) + ((try? folder.elsewhere()) ?? []).map(\.flag) }
    let listed = try list()
    let known = Set(journaled.next(within: 250) ?? [])
    return listed.map { flag in
      guard flag.mark == nil, known.contains(flag.key) else { return flag }
      return ListedFlag(key: flag.key, mark: Flag.Mark(killsTo: "off"))
    }
  }
}
