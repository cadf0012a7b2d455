/// What whoever killed a flag wants to know next: where it stood, what users get now, whether the journal knows, whom to
/// tell, how to bring it back, and what may undo it. All of it is read after the flag is off, and what nobody knows is not
/// said.
package struct KillFacts: Sendable {
  package enum Journaling: Hashable, Sendable {
    case written(as: String)
    /// Nothing was added: the journal has the kill already.
    case known(by: String)
    /// The kill stands, and the journal does not know of it; why.
    case missing([String])
  }

  /// Where the flag stood before.
  package struct Before: Hashable, Sendable {
    package let place: Place
    package let since: Instant?

    package init(_ place: Place, since: Instant?) { (self.place, self.since) = (place, since) }
  }

  package let flag: FlagKey
  /// The variant that everybody gets; nil where the application's own default is served.
  package let serving: String?
  package let before: Before?
  /// What users get now, in the note's words.
  package let meaning: String?
  package let journaling: Journaling?
  package let owner: String?
  package let onCall: String?
  package let runbook: String?
  /// The line to type.
  package let restore: String
  /// The line for the other kind of off, with what it does.
  package let other: String?
  /// Whether what was changed is one of several copies.
  package var isWorkingCopy = false
  /// What may turn it on again without anybody deciding that, in sentences.
  package private(set) var undoers: [String]
  /// For the times in it.
  package let calendar: LocalCalendar

  /// `progress` is the journal's, before or after the entry of this kill; nil where it cannot be read. `said` is what
  /// `--store` said: whoever restores has to say it too. `note` is the path by which the flag was asked for: from here
  /// its key alone may lead to another store.
  package init(
    _ flag: FlagKey, serving: String?, progress: Progress?, journaling: Journaling?, said: String? = nil,
    note: String? = nil, other: String? = nil, undoers: [String] = [], calendar: LocalCalendar
  ) {
    (self.flag, self.serving, self.journaling) = (flag, serving, journaling)
    (self.other, self.undoers, self.calendar) = (other, undoers, calendar)
    let plan = progress?.plan
    (owner, onCall, runbook) = (plan?.owner, plan?.onCall, plan?.runbook)
    before = progress.flatMap(Self.before)
    meaning = serving.flatMap { Self.meaning(of: $0, in: plan) }
    let option = said.map { " --store \(Shell.word($0))" } ?? ""
    // A key that begins with a hyphen would be taken for an option.
    let target = note ?? flag.text
    let key = target.hasPrefix("-") ? "-- \(Shell.word(target))" : Shell.word(target)
    restore = "rolloutctl restore --reason \"…\"\(option) \(key)"
  }

  private static func before(_ progress: Progress) -> Before? {
    // A flag that no rollout was ever opened for stood nowhere.
    guard let place = progress.kill.map(\.from) ?? progress.place, progress.head > 0 else { return nil }
    guard let index = place.stageIndex else { return progress.plan == nil ? nil : Before(place, since: nil) }
    return Before(place, since: progress.visits.last { $0.stage == index }?.entered)
  }

  /// `off -> clause template without AI`: what stands behind the arrow, if what stands before it is what is served. Without
  /// an arrow it is about the flag when it is off.
  static func meaning(of serving: String, in plan: Plan?) -> String? {
    guard let plan else { return nil }
    if let text = plan.fallback {
      let (head, tail) = split(text)
      let words = head.lowercased().split { !($0.isLetter || $0.isNumber || "-_.".contains($0)) }
      if words.contains(where: { $0 == serving.lowercased() }), !tail.isEmpty { return tail }
    }
    guard serving == plan.variants.control, let version = plan.controlVersion else { return nil }
    return "the version before, \(version)"
  }

  private static func split(_ text: String) -> (head: String, tail: String) {
    for arrow in ["->", "→", "=>"] {
      let parts = text.split(separator: arrow, maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { return (String(parts[0]), trimmed(parts[1])) }
    }
    return ("off", trimmed(text[...]))
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text.drop { $0 == " " }
    while let last = text.last, " .".contains(last) { text.removeLast() }
    return String(text)
  }

  package func warning(_ more: [String]) -> KillFacts {
    var facts = self
    facts.undoers += more.filter { !undoers.contains($0) }
    return facts
  }

  // MARK: Words

  private var was: String? {
    guard let before else { return nil }
    let since = before.since.map { " since \(calendar.exact($0))" } ?? ""
    return switch before.place {
    case .stage(_, let name): "at \(name)\(since)"
    case .off: "before its first stage: nobody had the new version"
    case .finished: "finished: everybody had the new version"
    case .abandoned: "abandoned: nobody had the new version"
    case .killed: "killed already"
    }
  }

  private var people: String? {
    let parts = [owner.map { "owner \($0)" }, onCall.map { "on call \($0)" }].compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private var rows: [(name: String, text: String)] {
    var rows: [(String, String?)] = [("before", was), ("users get", meaning)]
    switch journaling {
    case .written(let actor): rows.append(("journaled", "as \(actor)"))
    case .known(let actor): rows.append(("journaled", "already, by \(actor)"))
    case .missing(let why): rows.append(("journaled", "NO: " + why.joined(separator: "; ")))
    case nil: break
    }
    // Nobody was told, and nobody should bring it back before the cause is gone.
    rows += [("to tell", people), ("runbook", runbook), ("when fixed", restore), ("instead", other)]
    return rows.compactMap { row in row.1.map { (row.0, $0) } }
  }

  /// The lines below the headline of one flag.
  package func text(ink: Ink) -> [String] {
    let width = (rows.map(\.name.utf8.count) + [undoers.isEmpty ? 0 : 8]).max() ?? 0
    return rows.map { "  \(ink.dim(Terminal.padded($0.name, to: width)))  \(Terminal.plain($0.text))" }
      + undoers.map { "  \(ink.warning(Terminal.padded("may undo", to: width)))  \(Terminal.plain($0))" }
  }

  /// The same facts for machines, to stand among the members of the flag's own object.
  package var members: [JSON.Member] {
    let was: JSON =
      before.map {
        ["place": .string($0.place.description), "since": .text($0.since.map { ISO8601.string($0) })]
      } ?? .null
    let journaled: JSON =
      switch journaling {
      case .written(let actor): ["as": .string(actor), "missing": .null]
      case .known: ["as": .null, "missing": .null]
      case .missing(let why): ["as": .null, "missing": .strings(why)]
      case nil: .null
      }
    return [
      JSON.Member("was", was), JSON.Member("users_get", .text(meaning)), JSON.Member("journaled", journaled),
      JSON.Member("owner", .text(owner)), JSON.Member("on_call", .text(onCall)),
      JSON.Member("runbook", .text(runbook)), JSON.Member("restore", .string(restore)),
      JSON.Member("instead", .text(other)), JSON.Member("may_be_undone", .strings(undoers)),
      JSON.Member("working_copy", .bool(isWorkingCopy)),
    ]
  }
}

/// How many of the flags that were meant are off, store by store.
package struct KillSum: Hashable, Sendable {
  package struct Part: Hashable, Sendable {
    package let store: String
    package fileprivate(set) var off = 0
    package fileprivate(set) var all = 0
    /// How many of them nobody could ask about.
    package fileprivate(set) var unknown = 0
  }

  /// In the order in which the stores came first.
  package let parts: [Part]

  /// Every flag in every store that it was looked for in, with the store's name for people.
  package init(_ outcomes: some Sequence<(store: String, isOff: Bool, isUnknown: Bool)>) {
    var parts: [Part] = []
    for outcome in outcomes {
      let index =
        parts.firstIndex { $0.store == outcome.store }
        ?? {
          parts.append(Part(store: outcome.store))
          return parts.count - 1
        }()
      parts[index].all += 1
      if outcome.isOff { parts[index].off += 1 }
      if outcome.isUnknown { parts[index].unknown += 1 }
    }
    self.parts = parts
  }

  private var off: Int { parts.reduce(0) { $0 + $1.off } }
  private var all: Int { parts.reduce(0) { $0 + $1.all } }

  /// `40 of 40 off in 2 stores`; where some are not off, a line for each store, those first.
  package func text(ink: Ink) -> [String] {
    guard off < all else {
      let places = parts.count == 1 ? parts.first.map { Terminal.plain($0.store) } ?? "" : "\(parts.count) stores"
      return all == 0 ? [] : [ink.good("\(off) of \(all) off in \(places)")]
    }
    let sorted = parts.filter { $0.off < $0.all } + parts.filter { $0.off == $0.all }
    return sorted.map { part in
      // What was not asked may have more flags than those that were meant.
      if part.unknown == part.all {
        return ink.bad(
          "\(Terminal.plain(part.store)): NOT KNOWN; it did not answer, and what is on there may still be on")
      }
      let count = "\(part.off) of \(part.all) off in \(Terminal.plain(part.store))"
      return part.off == part.all ? ink.good(count) : "\(count); \(ink.bad("\(part.all - part.off) NOT off"))"
    }
  }

  package var json: JSON {
    .array(parts.map { ["store": .string($0.store), "off": .number($0.off), "of": .number($0.all)] })
  }
}
