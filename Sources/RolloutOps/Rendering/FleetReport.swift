/// Every rollout on a line of its own, the most urgent first.
package struct FleetReport: Sendable {
  package struct Line: Sendable {
    package let flag: FlagKey
    /// What its store is called.
    package let store: String
    package let report: StatusReport?
    package let trouble: Trouble?
    /// What the store tells, where no journal of the flag is here.
    package let marked: Marked?
    package let watch: Watcher?

    package init(
      flag: FlagKey, store: String, report: StatusReport?, trouble: Trouble?, marked: Marked? = nil,
      watch: Watcher? = nil
    ) {
      (self.flag, self.store, self.report, self.trouble) = (flag, store, report, trouble)
      (self.marked, self.watch) = (marked, watch)
    }
  }

  /// A flag by its mark alone.
  package struct Marked: Sendable {
    let mark: Flag.Mark
    let serving: String?
    /// Whether nobody gets the canary, whatever the mark says.
    let isOff: Bool

    var isKilled: Bool { mark.killed && isOff }
    var place: String { isKilled ? "killed" : mark.stage ?? "managed" }
  }

  /// The last look of a `watch`.
  package struct Watcher: Sendable {
    let time: Instant
    let isSilent: Bool
    let status: Int
    let reason: String?

    /// The verdict of a trigger that fired, where somebody still watches.
    var fired: ExitStatus? {
      guard !isSilent, let status = ExitStatus(rawValue: Int32(status)) else { return nil }
      return status == .kill || status == .rollback ? status : nil
    }
  }

  /// A store of which nobody could tell what it has, and the flags that only journals here know to be in it.
  package struct Away: Sendable {
    let store: String
    let trouble: Trouble
    let flags: [FlagKey]
  }

  package let lines: [Line]
  package let away: [Away]
  /// Those that were looked at.
  package let stores: [String]
  package let now: Instant
  package let remarks: [String]

  package init(_ lines: [Line], away: [Away] = [], stores: [String], now: Instant, remarks: [String]) {
    self.lines = lines.enumerated().sorted {
      (Self.urgency($0.element), $0.offset) < (Self.urgency($1.element), $1.offset)
    }
    .map(\.element)
    (self.away, self.stores, self.now, self.remarks) = (away, stores, now, remarks)
  }

  /// What burns comes first: the order in which somebody who was just woken should read.
  private static func urgency(_ line: Line) -> Int {
    if let fired = line.watch?.fired, line.report?.killed != true { return fired == .kill ? 0 : 2 }
    guard let report = line.report else { return line.trouble == nil ? 4 : 1 }
    if report.drift != nil { return 1 }
    if report.killed { return 3 }
    if report.hold != nil { return 5 }
    return switch report.outlook {
    case .kill: 0
    case .rollback, .degrade: 2
    case .hold: report.status == .conflict ? 4 : line.watch?.isSilent == true ? 5 : 6
    case .promote: 7
    case .done: 8
    }
  }

  /// The worst of all, for `--exit-code`.
  package var verdict: ExitStatus {
    ExitStatus.worst(
      lines.map { line in
        line.report?.status ?? line.trouble?.status ?? (line.marked?.isKilled == true ? .kill : .inconclusive)
      } + away.map(\.trouble.status))
  }

  /// What was answered: not all of it where a rollout could not be read.
  package var status: ExitStatus { ExitStatus.worst((lines.compactMap(\.trouble) + away.map(\.trouble)).map(\.status)) }

  /// The same of single rollouts alone.
  package var unread: [String] { lines.compactMap(\.trouble).flatMap(\.sentences) }

  /// Why some of the rollouts, or whole stores, could not be read.
  package var failures: [String] {
    unread
      + away.flatMap { one in one.trouble.sentences.map { stores.count > 1 ? "\(one.store): \($0)" : $0 } }
  }

  /// `width` is that of a terminal; nil where nobody's columns cut anything.
  package func text(ink: Ink, width: Int?) -> String {
    guard !lines.isEmpty || !away.isEmpty else {
      return
        "no rollouts yet in \(Terminal.plain(stores.joined(separator: ", "))); rolloutctl init writes a note, promote starts it"
    }
    let names = column(lines.map { Terminal.plain($0.flag.text) }, width.map { min(40, $0 / 3) })
    let places = column(lines.map { place($0) }, width.map { min(24, $0 / 4) })
    let homes = stores.count > 1 ? column(lines.map { Terminal.plain($0.store) }, width.map { min(24, $0 / 5) }) : 0
    let gone = away.map { one in
      let known =
        one.flags.isEmpty
        ? "; what is on there is not shown"
        : "; its rollouts by the journals here: " + one.flags.map(\.text).joined(separator: ", ")
      return
        "\(Mark.unknown.sign(ink)) \(Terminal.plain("\(one.store): \(one.trouble.sentences.joined(separator: "; "))\(known)"))"
    }
    return
      (gone
      + lines.map { line in
        let parts = [
          Self.mark(line, ink) + " " + fitted(Terminal.plain(line.flag.text), names),
          homes > 0 ? fitted(Terminal.plain(line.store), homes) : nil,
          line.trouble == nil ? fitted(place(line), places) : nil,
          words(line),
        ]
        let text = parts.compactMap(\.self).joined(separator: "   ")
        return width.map { Terminal.clipped(text, to: $0) } ?? text
      }).joined(separator: "\n")
  }

  private func column(_ texts: [String], _ most: Int?) -> Int {
    let widest = texts.map { Terminal.width($0) }.max() ?? 0
    return most.map { min($0, widest) } ?? widest
  }

  private func fitted(_ text: String, _ column: Int) -> String {
    Terminal.padded(Terminal.clipped(text, to: column), to: column)
  }

  private func place(_ line: Line) -> String {
    line.report.map(Self.place) ?? line.marked.map { Terminal.plain($0.place) } ?? ""
  }

  private func words(_ line: Line) -> String {
    if let report = line.report {
      let seen = watched(line)
      // Many rollouts are listed without asking the evidence of each; a watch may have.
      let measures = report.isUnmeasured && seen == nil ? "rolloutctl gate \(Shell.word(line.flag.text)) measures" : nil
      return [Self.outlook(report, time: report.calendar.aged), seen ?? measures].compactMap(\.self).joined(
        separator: "; ")
    }
    if let marked = line.marked {
      let serving = marked.serving.map { ": \(Terminal.plain($0))" } ?? ""
      return "by the store's mark\(serving); no journal of it is here"
    }
    return Terminal.plain(line.trouble?.sentences.first ?? "")
  }

  /// Who watches it, and what that last saw.
  private func watched(_ line: Line) -> String? {
    guard let watch = line.watch, let report = line.report, !report.killed, report.place.stageIndex != nil else {
      return nil
    }
    if watch.isSilent { return "watch silent since \(report.calendar.exact(watch.time))" }
    let saw = watch.fired.map { ": \($0)" + (watch.reason.map { ", \(Terminal.plain($0))" } ?? "") } ?? ""
    return "watch looked \(max(.zero, now.since(watch.time))) ago\(saw)"
  }

  private static func outlook(_ report: StatusReport, time: (Instant) -> String) -> String {
    // Who killed it says more than that it is killed.
    if isOff(report) {
      guard let kill = report.kill else { return "this journal does not know by whom" }
      let reason = kill.reason.map { ": “\(Terminal.plain($0))”" } ?? ""
      return "by \(Terminal.plain(kill.actor)), \(time(kill.time))\(reason)"
    }
    if report.marked != nil {
      let serving = report.serving.map { ": \(Terminal.plain($0))" } ?? ""
      return "by the store's mark\(serving); its journal is empty"
    }
    if let drift = report.drift {
      return "drift: the store shows \(Terminal.plain(drift.shown.description)); the journal says "
        + Terminal.plain(drift.expected.description)
    }
    let stalled = report.stalled.map { "stalled for \($0); " } ?? ""
    if let hold = report.hold {
      let reason = hold.reason.map { ": “\(Terminal.plain($0))”" } ?? ""
      return "\(stalled)held by \(Terminal.plain(hold.actor)), \(time(hold.time))\(reason)"
    }
    let outlook = report.outlook == .promote ? "may be promoted" : report.outlook.rawValue
    return "\(stalled)\(outlook): \(Terminal.plain(report.reasons.first ?? ""))"
  }

  /// Killed, and the store agrees.
  private static func isOff(_ report: StatusReport) -> Bool { report.killed && report.drift == nil }

  private static func place(_ report: StatusReport) -> String {
    isOff(report) ? "killed" : Terminal.plain(report.standsAt)
  }

  private static func mark(_ line: Line, _ ink: Ink) -> String {
    let mark = line.report.map { Self.mark($0, line.watch) } ?? line.marked.map { $0.isKilled ? .killed : .markOnly }
    return (mark ?? .unknown).sign(ink)
  }

  private static func mark(_ report: StatusReport, _ watch: Watcher?) -> Mark {
    if report.marked != nil { return report.killed ? .killed : .markOnly }
    if report.drift != nil { return .drifted }
    if report.killed { return .killed }
    if watch?.fired != nil { return .fired }
    if report.hold != nil { return .held }
    switch report.outlook {
    case .promote: return .ready
    case .done: return .met
    case .hold: return .notYet
    case .degrade, .rollback, .kill: return .fired
    }
  }

  package var json: JSON {
    [
      "rollouts": .array(lines.map { json(of: $0) }),
      "away": .array(
        away.map { one in
          [
            "store": .string(one.store), "error": .strings(one.trouble.sentences),
            "flags": .strings(one.flags.map(\.text)), "exit": .number(Int(one.trouble.status.rawValue)),
          ]
        }), "exit": .number(Int(verdict.rawValue)),
    ]
  }

  private func json(of line: Line) -> JSON {
    if let report = line.report {
      let watch: JSON =
        line.watch.map { watch in
          [
            "time": .string(report.calendar.iso(watch.time)), "silent": .bool(watch.isSilent),
            "exit": .number(watch.status), "reason": .text(watch.reason),
          ]
        } ?? .null
      return report.json.setting("store_name", to: .string(line.store)).setting("watch", to: watch)
    }
    if let marked = line.marked {
      return [
        "flag": .string(line.flag.text), "store_name": .string(line.store), "journal": false,
        "marked_place": .text(marked.mark.stage), "killed": .bool(marked.isKilled), "serving": .text(marked.serving),
        "exit": .number(Int((marked.isKilled ? ExitStatus.kill : .inconclusive).rawValue)),
      ]
    }
    return [
      "flag": .string(line.flag.text), "store_name": .string(line.store),
      "error": .strings(line.trouble?.sentences ?? []),
      "exit": .number(Int((line.trouble?.status ?? .inconclusive).rawValue)),
    ]
  }

  package var markdown: String {
    let severalStores = stores.count > 1
    let rows = lines.map { line -> [String] in
      let report = line.report
      let why =
        report.map {
          Self.isOff($0)
            ? Self.outlook($0, time: $0.calendar.exact)
            : [$0.reasons.first, watched(line)].compactMap(\.self).joined(separator: "; ")
        }
        ?? words(line)
      return [Markdown.text(line.flag.text)] + (severalStores ? [Markdown.text(line.store)] : [])
        + [
          report == nil && line.marked == nil ? "?" : Markdown.text(place(line)), report?.outlook.rawValue ?? "",
          Markdown.text(why),
        ]
    }
    let gone = away.map { one in
      ["?"] + (severalStores ? [Markdown.text(one.store)] : []) + [
        "", "", Markdown.text(one.trouble.sentences.joined(separator: "; ")),
      ]
    }
    return Markdown.table(["Flag"] + (severalStores ? ["Store"] : []) + ["Stage", "Outlook", "Why"], gone + rows)
      .joined(separator: "\n")
  }
}
