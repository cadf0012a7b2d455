/// Entries of one journal or of many, newest last.
package struct HistoryReport: Sendable {
  package let entries: [Told]
  package let calendar: LocalCalendar
  /// For several flags at once every line names its flag.
  package let severalFlags: Bool
  /// What `--verify` found, a sentence per journal; nil when it was not asked for.
  package let verified: [Verification]?
  /// Journals that could not be read, where others could.
  package let unread: [Verification]
  /// What could not be told, since no journal of it is here or its store did not answer.
  package let notTold: [String]
  package let remarks: [String]

  /// What is told as one: an outcome with the intent that it concludes, or an entry of its own.
  package struct Told: Hashable, Sendable {
    /// An outcome also says what its intent said.
    package let entry: Entry
    package let intent: Entry?
    /// It was written in another copy of the journal, and taken in by the entry before it.
    package let isTaken: Bool

    package init(_ entry: Entry, intent: Entry? = nil, isTaken: Bool = false) {
      (self.entry, self.intent, self.isTaken) = (entry, intent, isTaken)
    }

    /// An intent that no outcome names: the change may have reached the store, or not.
    package var isInterrupted: Bool { entry.content.outcome == .intended }
  }

  package struct Verification: Sendable {
    package let flag: FlagKey
    package let entries: Int
    package let fault: JournalTrouble?
    /// Nil where the chain is broken.
    package let end: JournalEnd?

    package init(flag: FlagKey, entries: Int, fault: JournalTrouble?, end: JournalEnd? = nil) {
      (self.flag, self.entries, self.fault, self.end) = (flag, entries, fault, end)
    }

    package var holds: Bool { fault == nil && end?.isFault != true }

    /// What was found, for people; the flag is named before it.
    var sentence: String {
      if let fault { return Sentences.journal(fault).joined(separator: "; ") }
      let chain = "\(entries) \(entries == 1 ? "entry" : "entries"), the chain holds"
      let elsewhere = "or that change is in another journal"
      return switch end {
      case nil: chain
      case .isThere?: "\(chain) to its end"
      case .notKnown(let why)?: "\(chain); whether its end is missing is not known: \(why)"
      case .isMissing(let head)?:
        "\(chain), but the flag was changed by entry \(head.sequence): the end of the journal is missing, \(elsewhere)"
      case .isAnother(let head)?:
        "\(chain), but entry \(head.sequence) is not the one that changed the flag: the journal was written anew, \(elsewhere)"
      case .isGone(let head)?:
        "there is no journal, and the flag was changed by entry \(head.sequence) of one: it is gone, \(elsewhere)"
      }
    }
  }

  package init(
    _ entries: [Told], calendar: LocalCalendar, severalFlags: Bool, verified: [Verification]? = nil,
    unread: [Verification] = [], notTold: [String] = [], remarks: [String] = []
  ) {
    (self.entries, self.calendar, self.severalFlags) = (entries, calendar, severalFlags)
    (self.verified, self.unread, self.notTold, self.remarks) = (verified, unread, notTold, remarks)
  }

  package var status: ExitStatus {
    verified?.contains { !$0.holds } == true || !unread.isEmpty || !notTold.isEmpty ? .inconclusive : .done
  }

  /// What was wrong with the journals that could not be read.
  package var failures: [String] { unread.compactMap(\.fault).flatMap(Sentences.journal) + notTold }

  /// All of one journal. An intent whose outcome follows is told with it: each outcome gets the members of its intent,
  /// unless it has its own.
  package static func told(_ journal: [Entry]) -> [Told] {
    var intents: [Int: Entry] = [:]
    var concluded: Set<Int> = []
    for entry in journal {
      if entry.content.outcome == .intended { intents[entry.sequence] = entry }
      if let intent = entry.concludes { concluded.insert(intent) }
    }
    return journal.compactMap { entry in
      if entry.content.outcome == .intended, concluded.contains(entry.sequence) { return nil }
      guard let intent = entry.concludes.flatMap({ intents[$0] }) else { return Told(entry) }
      return Told(entry.telling(intent), intent: intent)
    }
  }

  /// Then every line names its own.
  private var severalStores: Bool {
    guard severalFlags, let first = entries.first?.entry.content.store else { return false }
    return entries.contains { $0.entry.content.store != first }
  }

  package func text(ink: Ink) -> String {
    var lines = entries.map { ($0.isTaken ? ink.dim("    in another copy: ") : "") + line($0.entry, ink) }
    lines += (verified ?? []).map { verification in
      let flag = Terminal.plain(verification.flag.text)
      let sign = (verification.holds ? Mark.met : .fails).sign(ink)
      return "\(sign) \(flag): \(Terminal.plain(verification.sentence))"
    }
    if lines.isEmpty, unread.isEmpty, notTold.isEmpty {
      lines = [severalFlags ? "nothing moved" : "the journal is empty"]
    }
    return lines.joined(separator: "\n")
  }

  private func line(_ entry: Entry, _ ink: Ink) -> String {
    let content = entry.content
    var parts = [
      ink.dim(calendar.exact(entry.time)), ink.dim(Terminal.padded(calendar.age(entry.time) ?? "", to: Self.ageWidth)),
    ]
    if severalFlags { parts.append(ink.strong(Terminal.plain(content.flag.text))) }
    if severalStores { parts.append(ink.dim(Terminal.plain(content.store))) }
    parts.append(Terminal.plain(entry.signature))
    parts.append(action(content, ink))
    if let from = content.from, let to = content.to, from != to {
      parts.append(Terminal.plain("\(from) → \(to)"))
    } else if let place = content.from, content.outcome == .done {
      parts.append(Terminal.plain("at \(place)"))
    }
    parts += extra(content)
    if let reason = content.reason { parts.append("“\(Terminal.plain(reason))”") }
    let line = parts.joined(separator: "  ")
    return ([line] + Self.seen(content).map { "    " + ink.dim(Terminal.plain($0)) }).joined(separator: "\n")
  }

  /// `23 days ago`.
  private static let ageWidth = 11

  private func action(_ content: Entry.Content, _ ink: Ink) -> String {
    switch content.outcome {
    case .done: content.action == .kill ? ink.bad("kill") : content.action.rawValue
    case .intended: ink.warning("\(content.action.rawValue) interrupted?")
    case .undone: ink.warning("\(content.action.rawValue) not done")
    }
  }

  private func extra(_ content: Entry.Content) -> [String] {
    let detail = content.detail
    var own: String?
    switch detail.deed {
    case .attested(let words):
      own = words.item.map { item in
        item + (words.stage.flatMap { $0 == content.from?.description ? nil : " at \($0)" } ?? "")
          + (words.evidence.map { ": \($0)" } ?? "")
      }
    case .excluded(let selector, _), .included(let selector, _): own = selector.text
    case .promoted(let passage), .rolledBack(let passage), .restored(let passage), .finished(let passage),
      .abandoned(let passage):
      own = passage.skipped.map { "skips \($0.gate)" }
    // Of the others the action and the places say enough.
    default: break
    }
    // The frozen plan is pages long; that there is a new one is what matters here.
    let plan = detail.deed.plan?.plan.map { plan in
      "plan of \(plan.stages.count) stage\(plan.stages.count == 1 ? "" : "s")"
    }
    return [own, plan, detail.why.map { "(\($0))" }].compactMap(\.self).map { Terminal.plain($0) }
  }

  /// What the decision saw: how much evidence, and on a line each what every trigger said of it.
  private static func seen(_ content: Entry.Content) -> [String] {
    guard content.outcome != .undone, let seen = content.detail.seen else { return [] }
    let arms = ["canary", "control"].compactMap { name in
      seen[name]?["records"]?.integer.map { "\(name) \(Figures.grouped($0))" }
    }
    let gates = (seen["gates"]?.items ?? []).compactMap { gate -> String? in
      guard gate["measure"]?.text != nil, let name = gate["name"]?.text, let verdict = gate["verdict"]?.text
      else { return nil }
      return "  \(name) \(verdict)" + (gate["reason"]?.text.map { ": \($0)" } ?? "")
    }
    return ["saw " + (arms.isEmpty ? "no evidence" : arms.joined(separator: " · "))] + gates
  }

  package var json: JSON {
    // As they stand in the journal: in one, no time is before that of the entry above.
    var whole = entries.flatMap { told in
      [told.intent, told.entry].compactMap(\.self).map { (entry: $0, isTaken: told.isTaken) }
    }
    whole.sort { ($0.entry.time, $0.entry.sequence) < ($1.entry.time, $1.entry.sequence) }
    let told = whole.map { one in
      one.isTaken ? Self.json(of: one.entry).setting("in_another_copy", to: true) : Self.json(of: one.entry)
    }
    var members = [JSON.Member("entries", .array(told))]
    if !unread.isEmpty { members.append(JSON.Member("unread", .array(unread.map(Self.json(of:))))) }
    if !notTold.isEmpty { members.append(JSON.Member("not_told", .strings(notTold))) }
    if let verified {
      members.append(JSON.Member("verified", .array(verified.map(Self.json(of:)))))
    }
    members.append(JSON.Member("exit", .number(Int(status.rawValue))))
    return .object(members)
  }

  private static func word(_ end: JournalEnd) -> String {
    switch end {
    case .isThere: "there"
    case .notKnown: "not known"
    case .isMissing: "missing"
    case .isAnother: "another"
    case .isGone: "gone"
    }
  }

  private static func json(of verification: Verification) -> JSON {
    [
      "flag": .string(verification.flag.text), "entries": .number(verification.entries),
      "holds": .bool(verification.holds), "end": .text(verification.end.map(Self.word)),
      "fault": .text(verification.holds ? nil : verification.sentence),
    ]
  }

  private static func json(of entry: Entry) -> JSON {
    let content = entry.content
    return [
      "seq": .number(entry.sequence), "time": .string(ISO8601.precise(entry.time)), "actor": .string(entry.actor),
      "host": .string(entry.host), "action": .string(content.action.rawValue),
      "outcome": .string(content.outcome.rawValue), "flag": .string(content.flag.text),
      "store": .string(content.store), "note": .text(content.note?.path),
      "note_sha256": .text(content.note?.digest), "from": content.from?.json ?? .null,
      "to": content.to?.json ?? .null, "reason": .text(content.reason), "detail": .object(content.written),
      "evidence_sha256": .text(content.evidenceDigest),
      "sha256": .string(entry.hash),
    ]
  }

  package var markdown: String {
    let rows = entries.map { told in
      let entry = told.entry
      return [calendar.exact(entry.time), Markdown.text(entry.content.flag.text)]
        + (severalStores ? [Markdown.text(entry.content.store)] : []) + [
          Markdown.text(entry.signature),
          entry.content.action.rawValue, told.isInterrupted ? "interrupted?" : entry.content.outcome.rawValue,
          Markdown.text(entry.content.to.map { "\($0)" } ?? ""),
          ((told.isTaken ? ["in another copy"] : []) + extra(entry.content)).map { Markdown.text($0) }.joined(
            separator: " "),
          Markdown.text(entry.content.reason ?? ""),
        ]
    }
    let missing = notTold.map { "- \(Markdown.text($0))" }
    guard !rows.isEmpty || verified != nil else {
      return missing.isEmpty ? severalFlags ? "nothing moved" : "the journal is empty" : missing.joined(separator: "\n")
    }
    let head =
      ["Time", "Flag"] + (severalStores ? ["Store"] : []) + ["Who", "Action", "Outcome", "To", "Detail", "Reason"]
    let chains = (verified ?? []).map { verification in
      let fault = verification.fault.map { Sentences.journal($0).joined(separator: "; ") }
      let says = fault.map { "**broken**: " + Markdown.text($0) } ?? "\(verification.entries) entries, the chain holds"
      return "- \(Markdown.text(verification.flag.text)): \(says)"
    }
    return (Markdown.table(head, rows) + chains + missing).joined(separator: "\n")
  }
}
