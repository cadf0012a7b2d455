/// Every rollout on a line of its own.
package struct FleetReport: Sendable {
  package struct Line: Sendable {
    package let flag: FlagKey
    package let report: StatusReport?
    package let trouble: Trouble?

    package init(flag: FlagKey, report: StatusReport?, trouble: Trouble?) {
      (self.flag, self.report, self.trouble) = (flag, report, trouble)
    }
  }

  package let lines: [Line]
  package let remarks: [String]
  /// Of stores of which nobody could tell what they have.
  package let troubles: [Trouble]

  package init(_ lines: [Line], remarks: [String], troubles: [Trouble] = []) {
    self.lines = lines
    self.remarks = remarks
    self.troubles = troubles
  }

  /// The worst of all, for `--exit-code`.
  package var verdict: ExitStatus {
    ExitStatus.worst(
      lines.map { $0.report?.status ?? $0.trouble?.status ?? .inconclusive } + troubles.map(\.status))
  }

  /// What was answered: not all of it where a rollout could not be read.
  package var status: ExitStatus { ExitStatus.worst((lines.compactMap(\.trouble) + troubles).map(\.status)) }

  /// Why some of the rollouts could not be read.
  package var failures: [String] { (lines.compactMap(\.trouble) + troubles).flatMap(\.sentences) }

  package func text(ink: Ink, width: Int) -> String {
    guard !lines.isEmpty || !troubles.isEmpty else {
      return "no rollouts yet; rolloutctl init writes a note, promote starts it"
    }
    let names = min(40, lines.map { Terminal.width(Terminal.plain($0.flag.text)) }.max() ?? 0)
    let places = min(24, lines.compactMap(\.report).map { Terminal.width(Self.place($0)) }.max() ?? 0)
    return lines.map { line in
      let name = Terminal.padded(Terminal.clipped(Terminal.plain(line.flag.text), to: names), to: names)
      guard let report = line.report else {
        return "\(ink.bad("?")) \(name)   \(Terminal.plain(line.trouble?.sentences.first ?? ""))"
      }
      let place = Terminal.padded(Terminal.clipped(Self.place(report), to: places), to: places)
      let line = "\(Self.mark(report)) \(name)   \(place)   \(Self.outlook(report))"
      return Terminal.clipped(line, to: width)
    }.joined(separator: "\n")
  }

  private static func outlook(_ report: StatusReport) -> String {
    // Who killed it says more than that it is killed.
    if isOff(report) {
      guard let kill = report.kill else { return "by whom this journal does not say" }
      let reason = kill.reason.map { ": “\(Terminal.plain($0))”" } ?? ""
      return "by \(Terminal.plain(kill.actor)), \(report.calendar.exact(kill.time))\(reason)"
    }
    let stalled = report.stalled.map { "stalled for \($0); " } ?? ""
    return "\(stalled)\(report.outlook.rawValue): \(Terminal.plain(report.reasons.first ?? ""))"
  }

  /// Killed, and the store agrees.
  private static func isOff(_ report: StatusReport) -> Bool { report.killed && report.drift == nil }

  private static func place(_ report: StatusReport) -> String {
    isOff(report) ? "killed" : Terminal.plain(report.place.description)
  }

  private static func mark(_ report: StatusReport) -> String {
    if report.drift != nil { return "≠" }
    if report.killed { return "■" }
    if report.hold != nil { return "‖" }
    switch report.outlook {
    case .promote: return "→"
    case .done: return "✓"
    case .hold, .degrade, .rollback, .kill: return "·"
    }
  }

  package var json: JSON {
    [
      "rollouts": .array(
        lines.map { line in
          line.report?.json ?? [
            "flag": .string(line.flag.text), "error": .strings(line.trouble?.sentences ?? []),
            "exit": .number(Int((line.trouble?.status ?? .inconclusive).rawValue)),
          ]
        }), "exit": .number(Int(verdict.rawValue)),
    ]
  }

  package var markdown: String {
    let rows = lines.map { line in
      guard let report = line.report else { return [Markdown.text(line.flag.text), "?", "", ""] }
      return [
        Markdown.text(line.flag.text), Markdown.text(Self.place(report)), report.outlook.rawValue,
        Self.isOff(report) ? Markdown.text(Self.outlook(report)) : Markdown.text(report.reasons.first ?? ""),
      ]
    }
    return Markdown.table(["Flag", "Stage", "Outlook", "Why"], rows).joined(separator: "\n")
  }
}
