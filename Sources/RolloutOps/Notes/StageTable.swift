/// Stages from a Markdown table.
extension NoteReader {
  private enum Column {
    case stage, cohort, exposure, soak, samples, watch

    init?(_ header: Substring) {
      switch header.unwrapped.collapsed.lowercased() {
      case "stage", "name", "step", "stages": self = .stage
      case "cohort", "who", "audience", "users": self = .cohort
      case "exposure", "share", "percent", "percentage", "traffic", "%", "rollout": self = .exposure
      case "soak", "duration", "time", "for", "bake", "soak time", "minimum time", "hold": self = .soak
      case "samples", "min samples", "minimum samples", "n": self = .samples
      case "watch", "watch for", "what to watch", "look at", "signals": self = .watch
      default: return nil
      }
    }
  }

  mutating func readTable(_ rows: [Substring]) {
    let headers = Self.cells(rows[0])
    let columns = headers.map(Column.init)
    guard columns.contains(.stage) || columns.contains(.cohort) || columns.contains(.exposure) else {
      return report(
        .badSchedule,
        "the first row of a stage table names its columns: Stage, Cohort, Exposure, Soak, Samples, Watch for",
        at: rows[0].startIndex)
    }
    for (header, column) in zip(headers, columns) where column == nil && !header.isEmpty {
      report(
        .unknownField, "the column \(header.quoted) is none of a stage table and is ignored", at: header.startIndex)
    }
    let body = rows.dropFirst().filter { row in !row.allSatisfy { "|-: ".contains($0) } }
    guard body.count <= Self.mostStages + 1 else {
      return report(
        .tooManyStages, "a schedule has at most \(Self.mostStages) stages; this is the first one too many",
        at: body[body.index(body.startIndex, offsetBy: Self.mostStages)].startIndex)
    }
    for (number, row) in body.enumerated() {
      let cells = Self.cells(row)
      func cell(_ wanted: Column) -> Substring? {
        guard let at = columns.firstIndex(of: wanted), at < cells.count else { return nil }
        let cell = cells[at].unwrapped
        return ["", "-", "—", "–"].contains(cell) ? nil : cell
      }
      readRow(row, isLast: number == body.count - 1, cell: cell)
    }
  }

  private mutating func readRow(_ row: Substring, isLast: Bool, cell: (Column) -> Substring?) {
    let soak = cell(.soak)
    let stage = cell(.stage).map(Self.withoutNumber)
    if let stage, stage.lowercased() == "finish", cell(.cohort) == nil, cell(.exposure) == nil {
      if !isLast {
        report(.badSchedule, "`finish` is the end of a schedule; nothing can follow it", at: stage.startIndex)
      }
      if let soak { plan.steadyState = readSoak(soak) }
      return
    }
    var samples: Int?
    if let written = cell(.samples) {
      samples = Int(written.filter { $0 != "," }).flatMap { $0 > 0 ? $0 : nil }
      if samples == nil {
        report(.badValue, "a minimum of samples is a number; \(written.quoted) is not", at: written.startIndex)
      }
    }
    let span = soak.flatMap { readSoak($0) }
    let watch = cell(.watch)?.collapsed
    guard let first = cell(.cohort) ?? cell(.exposure) ?? stage else {
      return report(.badSchedule, "this row says nothing about who is let in", at: row.startIndex)
    }
    var audience = StagePhrase(first).audience
    if audience.isEmpty { audience = first }
    if let share = cell(.exposure), cell(.cohort) != nil, !audience.contains("%") {
      return addShare(share, of: audience, named: stage, soak: span, samples: samples, watch: watch)
    }
    let ownSoak = span ?? StagePhrase(first).soak
    add(audience, named: first == stage ? nil : stage?.collapsed, soak: ownSoak, samples: samples, watch: watch)
  }

  /// A row with the share in one column and the cohort in another.
  private mutating func addShare(
    _ share: Substring, of cohort: Substring, named name: Substring?, soak: TimeSpan?, samples: Int?, watch: String?
  ) {
    let before = plan.stages.count
    add(cohort, named: name?.collapsed, soak: soak, samples: samples, watch: watch)
    let whole = share.lowercased() == "all" || share.lowercased() == "everyone"
    switch whole ? .found(.everyone(share: .whole)) : resolve(share) {
    case .found(.everyone(let found)):
      guard plan.stages.count > before else { return }
      switch plan.stages[before].audience {
      case .cohort(let cohort, let selector, _):
        plan.stages[before].audience = .cohort(name: cohort, selector, share: found)
        if name == nil, !found.isWhole { plan.stages[before].name = "\(found) of \(cohort)" }
      case .everyone:
        plan.stages[before].audience = .everyone(share: found)
        if name == nil { plan.stages[before].name = "\(found)" }
      case .offline:
        break
      }
    case .wrong(let rule, let message, let place):
      report(rule, message, at: place)
    case .found, .undefined:
      report(.badShare, "an exposure is a share such as `5%`; \(share.quoted) is not", at: share.startIndex)
    }
  }

  /// `0 — Internal`, `1. Internal` are called Internal.
  private static func withoutNumber(_ name: Substring) -> Substring {
    let rest = name.drop { $0.isNumber }
    guard rest.startIndex > name.startIndex else { return name }
    let mark = rest.drop { $0 == " " }
    guard let sign = mark.first, "—–-.:)".contains(sign), mark.dropFirst().first == " " else { return name }
    let inner = mark.dropFirst().trimmed
    return inner.isEmpty ? name : inner
  }

  /// The cells of a row; a bar in backticks or behind a backslash is text.
  private static func cells(_ row: Substring) -> [Substring] {
    var cells: [Substring] = []
    var start = row.startIndex
    var inCode = false
    var escaped = false
    for at in row.indices {
      if row[at] == "`" { inCode.toggle() }
      if row[at] == "|", !inCode, !escaped {
        cells.append(row[start..<at].trimmed)
        start = row.index(after: at)
      }
      escaped = row[at] == "\\" && !escaped
    }
    if start < row.endIndex { cells.append(row[start...].trimmed) }
    return Array(cells.dropFirst())
  }
}
