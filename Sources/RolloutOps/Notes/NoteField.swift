/// One field that a rollout note may have, as people know it: reading, the nearest name for a misspelled one, and the man
/// page go by it. `FieldTable` lists them, with what becomes of each.
package struct NoteField: Hashable, Sendable {
  package let id: ID
  package let name: String
  package let aliases: [String]
  /// What its value looks like.
  package let form: String
  package let meaning: String
  /// Whether a list may follow it.
  package let takesList: Bool
  /// Whether it may stand in a note more than once.
  package let repeats: Bool
  /// What this version does not do about it, where it reads the field and does not act on it.
  package let idle: String?

  init(
    _ id: ID, _ name: String, or aliases: [String] = [], _ form: String, _ meaning: String, list: Bool = false,
    repeats: Bool = false, idle: String? = nil
  ) {
    (self.id, self.name, self.aliases, self.form, self.meaning) = (id, name, aliases, form, meaning)
    (self.takesList, self.repeats, self.idle) = (list, repeats, idle)
  }

  package static subscript(_ id: ID) -> NoteField { byID[id] ?? all[0] }

  /// The field of that name, however it is capitalised and spaced.
  ///
  /// A kill looks at one note: going through the table costs it less than a dictionary of all the names would.
  static func named(_ name: Substring) -> NoteField? {
    var letters = name.utf8.makeIterator()
    // Most spellings differ from the first letter on.
    guard let initial = next(&letters) else { return nil }
    func isMeant(_ spelling: String) -> Bool {
      spelling.utf8.first.map { $0 | 0x20 } == initial && isSame(spelling, name)
    }
    return all.first { isMeant($0.name) || $0.aliases.contains(where: isMeant) }
  }

  static let spellings: [String] = all.flatMap { [$0.name] + $0.aliases }

  /// The name that `name` is nearly, or that says here what it says elsewhere.
  static func meant(by name: String) -> String? {
    if let near = Suggestion.nearest(to: name, among: spellings, prefixes: false) { return near }
    let word = Suggestion.nearest(to: name, among: elsewhere.lazy.map(\.word), prefixes: false)
    return word.flatMap { word in elsewhere.first { $0.word == word } }.map { Self[$0.id].name }
  }

  /// A heading opens a field that takes a list, and is more often prose: only a slip of the pen counts.
  static func list(near heading: Substring) -> String? {
    guard heading.utf8.count <= 40 else { return nil }
    return Suggestion.nearest(to: String(heading), among: listSpellings, prefixes: false)
  }

  private static let listSpellings = all.filter(\.takesList).flatMap { [$0.name] + $0.aliases }

  /// What other templates call the fields that guard a rollout. They are not read: what stands under them is mostly prose.
  private static let elsewhere: [(word: String, id: ID)] = [
    ("Kill switch", .killTrigger), ("Kill criteria", .killTrigger), ("Kill condition", .killTrigger),
    ("Abort criteria", .rollbackTrigger), ("Abort condition", .rollbackTrigger), ("Stop condition", .rollbackTrigger),
    ("Rollback condition", .rollbackTrigger), ("Rollback plan", .rollbackTrigger),
    ("Success criteria", .holdTrigger), ("Success criterion", .holdTrigger), ("Acceptance criteria", .holdTrigger),
    ("Exit criteria", .holdTrigger), ("Promotion criteria", .holdTrigger), ("Guardrails", .holdTrigger),
    ("Success metrics", .metrics), ("Rollout plan", .schedule), ("Rollout stages", .schedule), ("Risk tier", .tier),
    ("Risk level", .tier),
  ]

  private static let byID = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })

  /// Apart from capitals and blanks: `Dashboard/query` is `dashboard / query`, `On-call` is `on call`.
  private static func isSame(_ spelling: String, _ name: Substring) -> Bool {
    var (left, right) = (spelling.utf8.makeIterator(), name.utf8.makeIterator())
    while true {
      let (one, other) = (next(&left), next(&right))
      if one != other { return false }
      if one == nil { return true }
    }
  }

  private static func next(_ bytes: inout some IteratorProtocol<UInt8>) -> UInt8? {
    while let byte = bytes.next() {
      switch byte {
      case 0x20, 0x09, UInt8(ascii: "-"), UInt8(ascii: "_"): continue
      case 0x41...0x5A: return byte | 0x20
      default: return byte
      }
    }
    return nil
  }
}
