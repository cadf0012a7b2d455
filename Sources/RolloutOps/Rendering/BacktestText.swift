/// A backtest for eyes: a few lines for each trigger.
package struct BacktestText {
  private let report: BacktestReport
  private let ink: Ink
  private let width: Int

  package init(_ report: BacktestReport, ink: Ink, width: Int) {
    (self.report, self.ink, self.width) = (report, ink, width)
  }

  package var text: String {
    var body: [String] = []
    if report.reasons.isEmpty {
      body.append("Triggers")
      for row in report.rows {
        body.append("  \(mark(row)) \(Terminal.plain("\(row.trigger.action.name) if \(row.trigger.text)"))")
        for sentence in report.sentences(row) { body += Terminal.hanging(sentence, behind: "      ", to: width) }
      }
    }
    return report.page.text(body, ink, width)
  }

  private func mark(_ row: BacktestReport.Row) -> String {
    switch row.outcome {
    case .fired: Mark.fired.sign(ink)
    case .quiet: Mark.met.sign(ink)
    case .unanswered: Mark.unknown.sign(ink)
    }
  }
}

extension BacktestReport {
  var page: Page {
    let versions = [control, version.value].compactMap(\.self).joined(separator: " → ")
    return Page(
      flag.text, "\(version.field) \(versions)", facts: facts, remarks: remarks,
      conclusions: conclusions.map { Page.Conclusion(text: $0) })
  }

  var facts: [String] {
    guard let first, let last, let every else { return [] }
    let times = looks == 1 ? "once" : "\(Figures.grouped(looks)) times"
    var facts = [
      "\(calendar.exact(first)) to \(calendar.exact(last)), looked at every \(every), \(times)",
      "canary \(Figures.grouped(canaryRecords)) records · control \(Figures.grouped(controlRecords))",
    ]
    if let splits {
      facts.append(
        "control against itself: \(Figures.grouped(splits.units)) \(unit)s, split \(Figures.grouped(splits.count)) times, "
          + "\(Figures.percent(splits.share)) as the canary, seed \(splits.seed)")
    }
    return facts
  }

  func sentences(_ row: Row) -> [String] {
    var sentences: [String]
    switch row.outcome {
    case .fired(let fired):
      sentences = ["would have fired \(calendar.exact(fired.time)), after \(fired.after): \(figures(fired.row))"]
    case .quiet(let found): sentences = ["would not have fired: \(figures(found))"]
    case .unanswered(let why): sentences = ["cannot be answered: \(why)"]
    }
    if let alarms = falseAlarms(of: row) {
      sentences.append("false alarms: " + alarms)
      if firesTooOften(row) {
        sentences.append("its limit lies within what the control does by itself: it says little of the canary")
      }
    }
    return sentences
  }

  private func figures(_ row: StageEvidence.Row) -> String {
    guard case .found(let finding) = row.outcome else { return "" }
    return FindingSentence(finding, row).text
  }

  func falseAlarms(of row: Row) -> String? {
    guard let fired = row.falseAlarms, let splits, splits.count > 0 else { return nil }
    let share = Share(Double(fired), of: Double(splits.count))
    let most = share.wilson(0.05).upper
    let bound = fired < splits.count ? ", at most \(Figures.percent(most))" : ""
    return "\(fired) of \(splits.count) splits (\(Figures.percent(share.rate))\(bound))"
  }

  var conclusions: [String] {
    if !reasons.isEmpty { return reasons }
    var lines: [String] = []
    if let first = fired.first {
      let count = fired.count == 1 ? "one trigger" : "\(fired.count) triggers"
      lines.append(
        "\(count) of \(rows.count) would have fired, first \(first.row.trigger.text) (\(first.row.trigger.action.name)) "
          + "after \(first.fired.after)")
    } else if unanswered < rows.count {
      lines.append("no trigger would have fired")
    }
    if unanswered > 0 { lines.append("\(unanswered) of \(rows.count) cannot be answered") }
    if let splits {
      let share = Double(splits.any) / Double(max(1, splits.count))
      lines.append("in \(Figures.percent(share)) of the harmless splits something would have acted")
    }
    return lines
  }

  // MARK: Markdown

  package var markdown: String {
    let table = rows.map { row in
      let fired: String
      switch row.outcome {
      case .fired(let fired_): fired = "\(calendar.exact(fired_.time)), after \(fired_.after)"
      case .quiet: fired = "no"
      case .unanswered: fired = "\(Mark.unknown.rawValue) \(Mark.unknown.word)"
      }
      let found: String
      switch row.outcome {
      case .fired(let fired): found = figures(fired.row)
      case .quiet(let row): found = figures(row)
      case .unanswered(let why): found = why
      }
      return [row.trigger.action.name, row.trigger.text, fired, found, falseAlarms(of: row) ?? "–"]
        .map { Markdown.text($0) }
    }
    return page.markdown(
      Markdown.table(["Action", "Trigger", "Would have fired", "Figures", "False alarms"], table) + [""])
  }
}
