/// Whether a kill could be written down, and whether somebody still watches: the folder of the journals, each journal's
/// chain, and the signs of life beside them. None of it stops a kill.
struct DoctorJournal {
  let context: Context
  let finder: Finder
  let settings: Settings
  let store: any FlagStore
  /// The flags of the store, with what they remember of their journals.
  let listed: [ListedFlag]
  let deadline: Instant

  /// More than so many of one kind are counted.
  private static let mostTold = 5

  private struct Look: Sendable {
    var fault: String?
    /// What the flag remembers and the journal does not have.
    var cut: String?
    var watch: DoctorCheck?
    var isUnread = false
  }

  var checks: [DoctorCheck] {
    let folder = folder
    var journals: [Journal]
    var ends = JournalEnds()
    do throws(Trouble) {
      journals = try finder.journals(settings, store)
      journals += try ends.look(at: journals, among: listed) { key throws(Trouble) in
        try finder.journal(of: key, settings, store).journal
      }
    } catch {
      return [folder ?? DoctorCheck("journal", .warning, error.sentences.joined(separator: "; "))]
    }
    let looks = Crew(threads: min(8, journals.count)).each(journals) { [ends] in look($0, ends) }
    let (faults, cuts) = (looks.compactMap(\.fault), looks.compactMap(\.cut))
    var checks = [folder].compactMap(\.self)
    if faults.isEmpty, cuts.isEmpty, folder?.state == .fine, !journals.isEmpty {
      let held =
        journals.count == 1 ? "the journal in it holds together" : "its \(journals.count) journals hold together"
      checks = [DoctorCheck("journal", .fine, "\(folder?.sentence ?? ""); \(held)")]
    }
    checks += faults.prefix(Self.mostTold).map {
      DoctorCheck("journal", .warning, "\($0); a kill works, and cannot be written down there")
    }
    if faults.count > Self.mostTold {
      checks.append(DoctorCheck("journal", .warning, "and \(faults.count - Self.mostTold) more journals are like that"))
    }
    checks += cuts.prefix(Self.mostTold).map { DoctorCheck("journal", .warning, "\($0); a kill works") }
    if cuts.count > Self.mostTold {
      checks.append(DoctorCheck("journal", .warning, "and \(cuts.count - Self.mostTold) more journals are like that"))
    }
    let unread = looks.count(where: \.isUnread)
    if unread > 0 {
      let count = "\(unread) of \(journals.count) journals were not looked at in time"
      checks.append(DoctorCheck("journal", .unknown, "\(count); give it longer: rolloutctl doctor --within 2m"))
    }
    return checks + watches(looks.compactMap(\.watch))
  }

  /// A journal that cannot be written stops no kill, but nobody would find out who did it.
  private var folder: DoctorCheck? {
    if store.keepsJournals, settings.namedJournal == nil, settings.journal == nil { return nil }
    let folder: JournalFolder
    do throws(Trouble) {
      folder = try finder.journalFolder(settings, store)
    } catch {
      return DoctorCheck("journal", .warning, error.sentences.joined(separator: "; "))
    }
    do throws(FileTrouble) {
      try context.interruptions.postponed { () throws(FileTrouble) in
        try folder.rehearse(process: context.surroundings.process)
      }
      return DoctorCheck("journal", .fine, "it can be written in \(folder.path)")
    } catch {
      return DoctorCheck(
        "journal", .warning, "\(Sentences.file(error)); a kill works, and says that it is not in the journal")
    }
  }

  // MARK: One journal

  private func look(_ journal: Journal, _ ends: JournalEnds) -> Look {
    guard context.clock.now() < deadline else { return Look(isUnread: true) }
    let reading: JournalReading
    do throws(JournalTrouble) {
      reading = try journal.read()
      try rehearse(journal, reading)
    } catch {
      return Look(fault: Self.sentence(error))
    }
    let found = HistoryReport.Verification(
      flag: journal.flag, entries: reading.entries.count, fault: nil, end: ends.end(of: journal, reading))
    return Look(cut: found.holds ? nil : "\(journal.flag): \(found.sentence)", watch: watch(journal, reading))
  }

  /// Nothing is added to the file. One that somebody else made may be read by all, and written by nobody else.
  private func rehearse(_ journal: Journal, _ reading: JournalReading) throws(JournalTrouble) {
    guard !(journal.files is EtcdFiles), reading.size > 0 else { return }
    do throws(FileTrouble) {
      try journal.files.append(journal.path, [], at: reading.size + reading.torn.count)
    } catch {
      // Somebody has added an entry since.
      if case .changedSize = error.reason { return }
      throw .file(error)
    }
  }

  /// By the numbers of the lines: with them a person finds the place in an editor.
  private static func sentence(_ trouble: JournalTrouble) -> String {
    switch trouble {
    case .edited(let path, let line, _) where line > 1:
      "\(path): line \(line) does not follow line \(line - 1): it was edited, or a line was taken out; "
        + "bring back the true file"
    case .edited(let path, _, _): "\(path): line 1 is not as it was written; bring back the true file"
    default: Sentences.journal(trouble).first ?? ""
    }
  }

  // MARK: Who watches

  /// Only a rollout that goes on needs somebody who looks.
  private func watch(_ journal: Journal, _ reading: JournalReading) -> DoctorCheck? {
    guard let beat = journal.heartbeat, let next = beat.next else { return nil }
    var progress = Progress(withoutPlans: reading.entries)
    guard progress.phase == .open, !progress.isKilled else { return nil }
    let who = "the watch by \(beat.actor) on \(beat.host), process \(beat.process),"
    guard beat.isSilent(at: context.clock.now()) else {
      return DoctorCheck("watch", .fine, "\(journal.flag): \(who) looked last \(ago(beat.time)) ago")
    }
    progress = Progress(reading.entries)
    let zone = (try? context.zone(progress.plan?.timeZone)) ?? .utc
    let calendar = LocalCalendar(zone: zone, now: context.clock.now())
    return DoctorCheck(
      "watch", .warning,
      "\(journal.flag): \(who) is silent since \(calendar.exact(beat.time)): its next look was due "
        + "\(calendar.exact(next)); nobody rolls back or kills by the note now; start it again")
  }

  private func ago(_ time: Instant) -> TimeSpan { max(.zero, context.clock.now().since(time)) }

  private func watches(_ found: [DoctorCheck]) -> [DoctorCheck] {
    let silent = found.filter { $0.state != .fine }
    var checks = Array(silent.prefix(Self.mostTold))
    if silent.count > Self.mostTold {
      checks.append(DoctorCheck("watch", .warning, "and \(silent.count - Self.mostTold) more watches are silent"))
    }
    let alive = found.filter { $0.state == .fine }
    if alive.count == 1 { return checks + alive }
    return alive.isEmpty ? checks : checks + [DoctorCheck("watch", .fine, "\(alive.count) rollouts are watched")]
  }
}
