/// A comparison for eyes: a table where there is room for one, else a few lines for each metric.
package struct ComparisonText {
  private let report: ComparisonReport
  private let ink: Ink
  private let width: Int

  /// Segments beyond these are shown only where something differs.
  private static let shownSegments = 20

  package init(_ report: ComparisonReport, ink: Ink, width: Int) {
    (self.report, self.ink, self.width) = (report, ink, width)
  }

  package var text: String {
    var body: [String] = []
    let blocks = report.blocks
    let shown = blocks.enumerated().filter { index, block in
      index < report.canaries.count + Self.shownSegments || block.rows.contains { $0.outcome != nil }
    }.map(\.element)
    let table = Table(blocks: shown, control: Terminal.plain(report.control), ink: ink)
    for block in shown where !block.rows.isEmpty {
      body.append("")
      if let title = block.title { body.append(ink.strong(Terminal.plain(title))) }
      body += table.width <= width ? table.lines(block) : block.rows.flatMap(stacked)
    }
    var page = report.page(hidden: blocks.count - shown.count)
    page.facts = period.map { [$0] } ?? []
    return page.text(body, ink, width)
  }

  private var period: String? {
    guard let first = report.first, let last = report.last else { return nil }
    return "\(report.calendar.exact(first)) to \(report.calendar.exact(last))"
  }

  /// Where a table has no room.
  private func stacked(_ row: ComparisonReport.Row) -> [String] {
    let cells = row.cells
    let name = Terminal.clipped(Terminal.plain(row.metric.name), to: max(2, width - 10))
    var lines = ["\(row.mark(ink)) \(name)\(cells.outcome.isEmpty ? "" : "  " + row.painted(cells.outcome, ink))"]
    let values =
      "\(Terminal.plain(report.control)) \(cells.control) (\(cells.controlCount)), "
      + "\(Terminal.plain(row.canary)) \(cells.canary) (\(cells.canaryCount))"
    let chance = cells.p == "–" ? "" : ", p" + (cells.p.hasPrefix("<") ? "" : "=") + cells.p
    let change = "\(cells.difference), \(cells.relative)\(chance)"
    lines += [values, change].flatMap { Terminal.hanging($0, behind: "    ", to: width) }
    return lines
  }

  // MARK: The table

  private struct Table {
    let control: String
    let ink: Ink
    private let widths: [Int]

    init(blocks: [ComparisonReport.Block], control: String, ink: Ink) {
      (self.control, self.ink) = (control, ink)
      var widths = Array(repeating: 0, count: 9)
      for block in blocks {
        let counts = Counts(block)
        for cells in [Self.head(block, control, counts)] + block.rows.map({ Self.cells($0, counts) }) {
          for (column, cell) in cells.enumerated() { widths[column] = max(widths[column], Terminal.width(cell)) }
        }
      }
      self.widths = widths
    }

    /// The number of records, where it is the same in each row: then it stands in the heading.
    private struct Counts {
      let control: String?
      let canary: String?

      init(_ block: ComparisonReport.Block) {
        let same = { (counts: [String]) in Set(counts).count == 1 ? counts.first : nil }
        control = same(block.rows.map { $0.cells.controlCount })
        canary = same(block.rows.map { $0.cells.canaryCount })
      }
    }

    private static let gap = "  "

    /// With the mark in front.
    var width: Int {
      let used = widths.filter { $0 > 0 }
      return 2 + used.reduce(0, +) + used.dropLast().count * Self.gap.count
    }

    private static func head(_ block: ComparisonReport.Block, _ control: String, _ counts: Counts) -> [String] {
      let named = { (name: String, count: String?) in count.map { "\(name) (n \($0))" } ?? name }
      return [
        "", named(control, counts.control), counts.control == nil ? "n" : "",
        named(Terminal.plain(block.canary), counts.canary), counts.canary == nil ? "n" : "", "difference", "relative",
        "p", "",
      ]
    }

    private static func cells(_ row: ComparisonReport.Row, _ counts: Counts) -> [String] {
      let cells = row.cells
      return [
        Terminal.plain(row.metric.name), cells.control, counts.control == nil ? cells.controlCount : "", cells.canary,
        counts.canary == nil ? cells.canaryCount : "", cells.difference, cells.relative, cells.p, cells.outcome,
      ]
    }

    func lines(_ block: ComparisonReport.Block) -> [String] {
      let counts = Counts(block)
      return [ink.dim("  " + line(Self.head(block, control, counts)))]
        + block.rows.map { row in
          let cells = Self.cells(row, counts)
          let outcome = cells.last ?? ""
          let words = outcome.isEmpty ? "" : Self.gap + row.painted(outcome, ink)
          return "\(row.mark(ink)) \(line(cells))\(words)"
        }
    }

    /// The name to the left, numbers to the right; the last cell is put behind by whoever paints it.
    private func line(_ cells: [String]) -> String {
      var parts: [String] = []
      for (column, cell) in cells.enumerated().dropLast() where widths[column] > 0 {
        let room = String(repeating: " ", count: widths[column] - Terminal.width(cell))
        parts.append(column == 0 ? cell + room : room + cell)
      }
      return parts.joined(separator: Self.gap)
    }
  }
}

// MARK: - Pieces of all formats

extension ComparisonReport {
  /// Rows that belong under one heading.
  struct Block {
    let title: String?
    let canary: String
    let rows: [Row]
  }

  var blocks: [Block] {
    let several = canaries.count > 1
    var blocks = canaries.map { canary in
      Block(
        title: several ? "\(canary) against \(control)" : nil, canary: canary, rows: rows.filter { $0.canary == canary }
      )
    }
    for segment in segments {
      for canary in canaries {
        let rows = segment.rows.filter { $0.canary == canary }
        guard !rows.isEmpty else { continue }
        let name = "\(segmentField ?? "") = \(segment.value)" + (several ? ", \(canary) against \(control)" : "")
        blocks.append(
          Block(title: "\(name)   (\(Figures.grouped(segment.records)) records)", canary: canary, rows: rows))
      }
    }
    return blocks
  }

  func page(hidden: Int) -> Page {
    Page(
      label, "\(control) → \(canaries.joined(separator: ", "))", remarks: notes(hidden: hidden),
      conclusions: conclusions,
      isSpaced: true)
  }

  /// What one must know to read the numbers.
  func notes(hidden: Int) -> [String] {
    guard !rows.isEmpty else { return remarks }
    var notes: [String] = []
    var tested: [String] = []
    if tests > 1 { tested.append("\(tests) tests") }
    if segmentTests > 1 { tested.append("\(segmentTests) tests in segments") }
    if !tested.isEmpty {
      notes.append("p is corrected for \(tested.joined(separator: " and for ")) (Holm); each interval is one of 95%")
    }
    if looks == .repeated { notes.append("p and intervals hold however often one looks") }
    if let unit {
      let counts = ratio.arms.map { "\($0.version) \(Figures.grouped($0.units ?? 0))" }.joined(separator: ", ")
      notes.append("\(unit)s: \(counts); intervals allow for records of one \(unit) being alike")
    }
    if let sentence = ratio.sentence(unit) { notes.append(sentence) }
    if smallSegments > 0 {
      let count = smallSegments == 1 ? "1 value" : "\(Figures.grouped(smallSegments)) values"
      notes.append("\(count) of \(segmentField ?? "") with too few records to compare")
    }
    if hidden > 0 { notes.append("\(Figures.grouped(hidden)) more segments, in which nothing differs") }
    if let segmentField, segmentField == unit { notes.append("each \(segmentField) is held against all of \(control)") }
    for row in rows {
      if let gap = row.comparison.gap { notes.append("\(row.metric.name): \(gap.sentence)") }
    }
    var seen: Set<String> = []
    return (notes + remarks).filter { seen.insert($0).inserted }
  }

  /// What follows, in a few sentences.
  var conclusions: [Page.Conclusion] {
    guard reasons.isEmpty else { return reasons.map { Page.Conclusion(text: "nothing to compare: \($0)") } }
    var found: [Page.Conclusion] = []
    for (outcome, tone) in [(Row.Outcome.worse, Page.Conclusion.Tone.bad), (.better, .good), (.differs, .plain)] {
      for canary in canaries {
        let names = rows.filter { $0.canary == canary && $0.outcome == outcome }.map(\.metric.name)
        guard !names.isEmpty else { continue }
        let what = outcome == .differs ? "differs" : "is \(outcome.rawValue)"
        found.append(Page.Conclusion(text: "\(canary) \(what) in \(names.joined(separator: ", "))", tone: tone))
      }
    }
    for (segment, rows) in worseSegments {
      let what = rows.map { row in
        let cells = row.cells
        return
          "\(canaries.count > 1 ? row.canary + " " : "")\(row.metric.name) \(cells.canary) against \(cells.control)"
      }
      let words = "worse in \(segmentField ?? "") = \(segment.value): \(what.joined(separator: ", "))"
      found.append(Page.Conclusion(text: words, tone: .bad))
    }
    if found.isEmpty { found = [Page.Conclusion(text: "no difference that chance does not explain")] }
    return found
  }
}

extension ComparisonReport.SampleRatio {
  func sentence(_ unit: String?) -> String? {
    guard let shares, let pValue else { return nil }
    let whole = Double(arms.reduce(0) { $0 + ($1.units ?? $1.records) })
    let what = zip(arms, shares).dropFirst().map { arm, share in
      "\(arm.version) has \(Figures.percent(Double(arm.units ?? arm.records) / whole)) of the "
        + "\(countsUnits ? unit ?? "unit" : "record")s where \(Figures.percent(share)) was meant"
    }.joined(separator: ", ")
    let chance = "p \(ComparisonReport.spelled(pValue))"
    return "\(what) (\(chance))"
      + (isOff ? ": something else decides who gets which version, so trust no number here" : "")
  }
}

extension ComparisonReport {
  static func spelled(_ pValue: Double) -> String { pValue < 0.0001 ? "<0.0001" : Figures.plain(pValue) }
}

extension ComparisonReport.Row {
  /// What stands in its places, without colour.
  var cells:
    (
      control: String, controlCount: String, canary: String, canaryCount: String, difference: String, relative: String,
      p: String, outcome: String
    )
  {
    let none = "–"
    let value = { (value: Double?) in value.map { Figures.value($0, of: metric.measure) } ?? none }
    let signed = { (share: Double) in Figures.place(share, .relative, of: metric.measure) }
    var relative = comparison.relative.map(signed) ?? none
    if let interval = comparison.relativeInterval {
      // As a checklist shows it: one sign for the three.
      relative += " [\(signed(interval.lower).withoutPercent), \(signed(interval.upper).withoutPercent)]"
    }
    return (
      value(comparison.control.value), Figures.grouped(comparison.control.count), value(comparison.canary.value),
      Figures.grouped(comparison.canary.count),
      comparison.difference.map { Figures.place($0, .points, of: metric.measure) } ?? none, relative,
      (adjusted ?? comparison.pValue).map(ComparisonReport.spelled) ?? none, outcome?.rawValue ?? ""
    )
  }

  func mark(_ ink: Ink) -> String {
    switch outcome {
    case .worse: Mark.worse.sign(ink)
    case .better: Mark.better.sign(ink)
    case .differs: Mark.differs.sign(ink)
    case nil: Mark.advice.sign(ink)
    }
  }

  func painted(_ text: String, _ ink: Ink) -> String {
    switch outcome {
    case .worse: ink.bad(text)
    case .better: ink.good(text)
    case .differs, nil: ink.warning(text)
    }
  }
}

extension String {
  fileprivate var withoutPercent: String { hasSuffix("%") ? String(dropLast()) : self }
}

// MARK: - Markdown

extension ComparisonReport {
  package var markdown: String {
    var body: [String] = []
    for block in blocks where !block.rows.isEmpty {
      if let title = block.title { body += ["### \(Markdown.text(title))", ""] }
      let head = ["Metric", control, "n", block.canary, "n", "Difference", "Relative", "p", ""].map {
        Markdown.text($0)
      }
      let rows = block.rows.map { row in
        let cells = row.cells
        return [
          row.metric.name, cells.control, cells.controlCount, cells.canary, cells.canaryCount, cells.difference,
          cells.relative, cells.p, cells.outcome,
        ].map { Markdown.text($0) }
      }
      body += Markdown.table(head, rows) + [""]
    }
    return page(hidden: 0).markdown(body)
  }
}
