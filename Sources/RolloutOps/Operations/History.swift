/// The journal, read aloud: of one flag, or of all.
package struct History: Sendable {
  package let context: Context
  package let choices: OperatorChoices

  package init(context: Context, choices: OperatorChoices) {
    self.context = context
    self.choices = choices
  }

  package struct Filter: Sendable, Equatable {
    package var since: String?
    package var until: String?
    package var action: String?
    package var actor: String?
    package var limit: Int?
    package var verify = false

    package init() {}
  }

  package func history(of target: String?, _ filter: Filter) throws(Trouble) -> HistoryReport {
    let finder = Finder(context: context, choices: choices)
    let settings: Settings
    var journals: [Journal]
    var ends = JournalEnds()
    if let target {
      let rollout = try finder.journal(of: target)
      (journals, settings) = ([rollout.journal], rollout.settings)
      if filter.verify { ends.look(at: rollout.journal, in: rollout.store) }
      if !finder.isNote(target), !ends.knows(rollout.journal) { try refuseUnknown(rollout.journal) }
    } else {
      settings = try Settings(choices, note: nil, context: context)
      journals = try self.journals(settings, finder, verifying: filter.verify, &ends)
    }
    return try recall(journals, filter, ends, severalFlags: target == nil, remarks: settings.remarks)
  }

  /// What moved, over all flags and stores: attestations are no moves.
  package func changes(since: String, until: String?) throws(Trouble) -> HistoryReport {
    let finder = Finder(context: context, choices: choices)
    let settings = try Settings(choices, note: nil, context: context)
    var filter = Filter()
    (filter.since, filter.until) = (since, until)
    let looks = StoreLook.all(settings, finder, reading: false)
    var known: Set<String> = []
    let journals = looks.flatMap(\.journals).filter { known.insert($0.path).inserted }
    let report = try recall(journals, filter, JournalEnds(), severalFlags: true, remarks: settings.remarks)
    let moves = report.entries.filter { $0.entry.content.action != .attest }
      .map { HistoryReport.Told($0.entry, isTaken: $0.isTaken) }
    return HistoryReport(
      moves, calendar: report.calendar, severalFlags: true, unread: report.unread, notTold: looks.flatMap(\.notTold),
      remarks: report.remarks)
  }

  /// A key that has no journal is more likely a slip of the finger than a rollout without a past.
  private func refuseUnknown(_ journal: Journal) throws(Trouble) {
    do throws(JournalTrouble) { if try journal.exists() { return } } catch { throw .journal(error) }
    let folder = journal.folder
    let known = ((try? folder.flags()) ?? []).map(\.text)
    let advice: String
    if let near = Suggestion.nearest(to: journal.flag.text, among: known) {
      advice = "did you mean \(near)?"
    } else if known.isEmpty {
      advice = "there are no journals in \(folder.path)"
    } else {
      let more = known.count > 5 ? " and \(known.count - 5) more" : ""
      advice = "there are journals of \(known.prefix(5).joined(separator: ", "))\(more)"
    }
    throw .usage("there is no journal of \(journal.flag); \(advice)")
  }

  /// Those of all stores, each once; where they are verified, also those that only a flag remembers.
  private func journals(
    _ settings: Settings, _ finder: Finder, verifying: Bool, _ ends: inout JournalEnds
  ) throws(Trouble) -> [Journal] {
    var journals: [Journal] = []
    var known: Set<String> = []
    for named in settings.scope {
      let store = try finder.store(named, settings.terms)
      let found = try finder.journals(settings, store)
      var lost: [Journal] = []
      if verifying {
        lost = try ends.look(at: found, in: store) { key throws(Trouble) in
          try finder.journal(of: key, settings, store).journal
        }
      }
      journals += (found + lost).filter { known.insert($0.path).inserted }
    }
    return journals
  }

  private func recall(
    _ journals: [Journal], _ filter: Filter, _ ends: JournalEnds, severalFlags: Bool, remarks: [String]
  ) throws(Trouble) -> HistoryReport {
    let now = context.clock.now()
    var entries: [HistoryReport.Told] = []
    var unread: [HistoryReport.Verification] = []
    var verified: [HistoryReport.Verification] = []
    var remarks = remarks
    var zoneName: String?
    for journal in journals {
      do throws(JournalTrouble) {
        let reading = try journal.read()
        if !reading.torn.isEmpty {
          remarks.append("\(journal.path): the last line was cut in the middle (\(reading.torn.count) bytes)")
        }
        let told = try told(reading.entries, journal)
        verified.append(
          .init(flag: journal.flag, entries: reading.entries.count, fault: nil, end: ends.end(of: journal, reading)))
        zoneName = zoneName ?? Progress(reading.entries).plan?.timeZone
        entries += told
      } catch {
        // Of many journals the good ones are told all the same.
        guard filter.verify || severalFlags else { throw .journal(error) }
        let fault = HistoryReport.Verification(flag: journal.flag, entries: 0, fault: error)
        if filter.verify { verified.append(fault) } else { unread.append(fault) }
      }
    }
    let calendar = LocalCalendar(zone: (try? context.zone(zoneName)) ?? .utc, now: now)
    var chosen = try select(entries, filter, calendar)
    if severalFlags { chosen.sort { ($0.entry.time, $0.entry.sequence) < ($1.entry.time, $1.entry.sequence) } }
    if let limit = filter.limit { chosen = Array(chosen.suffix(limit)) }
    return HistoryReport(
      filter.verify ? [] : chosen, calendar: calendar, severalFlags: severalFlags,
      verified: filter.verify ? verified : nil, unread: unread, remarks: remarks)
  }

  /// With what was taken in from other branches, which must hold as the chain does.
  private func told(_ entries: [Entry], _ journal: Journal) throws(JournalTrouble) -> [HistoryReport.Told] {
    var taken: [Int: [Entry]] = [:]
    for entry in entries where entry.content.merges {
      guard let own = Journal.taken(by: entry, behind: entries) else {
        throw .edited(path: journal.path, line: entry.sequence, sequence: entry.sequence)
      }
      taken[entry.sequence] = own
    }
    return HistoryReport.told(entries).flatMap { told in
      [told]
        + HistoryReport.told(taken[told.entry.sequence] ?? []).map {
          HistoryReport.Told($0.entry, intent: $0.intent, isTaken: true)
        }
    }
  }

  private func select(_ entries: [HistoryReport.Told], _ filter: Filter, _ calendar: LocalCalendar) throws(Trouble)
    -> [HistoryReport.Told]
  {
    func moment(_ text: String?, _ flag: String) throws(Trouble) -> Instant? {
      guard let text else { return nil }
      guard let instant = calendar.since(text) else {
        throw .usage("\(flag) \(text) is no time; write 2h, or \(LocalCalendar.timeForms)")
      }
      return instant
    }
    let since = try moment(filter.since, "--since")
    let until = try moment(filter.until, "--until")
    if let action = filter.action, Entry.Action(rawValue: action) == nil {
      let all = Entry.Action.allCases.map(\.rawValue).joined(separator: ", ")
      throw .usage("--action \(action) is no action; one of \(all)")
    }
    return entries.filter { told in
      let entry = told.entry
      if let since, entry.time < since { return false }
      if let until, entry.time > until { return false }
      if let action = filter.action, entry.content.action.rawValue != action { return false }
      if let actor = filter.actor, entry.actor != actor { return false }
      return true
    }
  }
}

extension StoreLook {
  /// What nobody can say of this store's flags from here.
  fileprivate var notTold: [String] {
    if let trouble {
      return ["\(named.title) could not be asked: what moved there is told only from the journals that are here"]
        + trouble.sentences
    }
    return unjournaled.map { flag in
      let place = flag.mark?.killed == true ? "killed" : flag.mark?.stage.map { "at \($0)" } ?? "managed"
      return "\(flag.key) in \(named.title) is \(place) by the store's mark, and no journal of it is in \(folder): "
        + "what moved is not known here"
    }
  }
}
