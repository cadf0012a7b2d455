/// What one look of `status` saw: one rollout, or all of them.
package enum StatusPicture: Sendable {
  case rollout(StatusReport)
  case fleet(FleetReport)

  package var calendar: LocalCalendar {
    switch self {
    case .rollout(let report): report.calendar
    case .fleet(let fleet):
      LocalCalendar(zone: fleet.lines.lazy.compactMap(\.report).first?.calendar.zone ?? .utc, now: fleet.now)
    }
  }

  package func lines(ink: Ink, width: Int?) -> [String] {
    switch self {
    case .rollout(let report): StatusText(report, ink: ink, width: width ?? 100).lines
    case .fleet(let fleet):
      fleet.text(ink: ink, width: width).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
  }

  /// Whether nothing will ever change any more.
  package var isOver: Bool {
    guard case .rollout(let report) = self else { return false }
    return report.place == .finished || report.place == .abandoned
  }

  /// Sentences, one for each thing that is otherwise than at an earlier look. Time that passes is no change.
  package func changes(since before: StatusPicture) -> [String] {
    switch (before, self) {
    case (.rollout(let before), .rollout(let report)): report.changes(since: before)
    case (.fleet(let before), .fleet(let fleet)): fleet.changes(since: before)
    default: []
    }
  }

  /// With what is known from before of rollouts whose stores did not answer this time.
  package func keeping(_ before: StatusPicture) -> StatusPicture {
    guard case (.fleet(let before), .fleet(let fleet)) = (before, self) else { return self }
    return .fleet(fleet.keeping(before))
  }

  /// The stores that did not answer, each with why.
  package var away: [(store: String, why: String)] {
    guard case .fleet(let fleet) = self else { return [] }
    return fleet.away.map { ($0.store, $0.trouble.sentences.first ?? "") }
  }
}

// MARK: - Changes

extension StatusReport {
  func changes(since before: StatusReport) -> [String] {
    let moved = standsAt != before.standsAt || killed != before.killed
    let standing = [
      moved ? "\(before.placeNow) → \(placeNow)" : nil,
      Self.change(
        before.marked, marked, "its journal is not here any more: this is what the store's mark says",
        "its journal is here"
      ),
      marked != nil || before.marked != nil
        ? nil
        : Self.change(
          before.drift, drift, "drift: the store does not show what the journal says", "no drift any more"),
      Self.change(before.hold, hold, "held by \(hold?.actor ?? "")", "not held any more"),
      degradedTo == before.degradedTo ? nil : degradedTo.map { "degraded to \($0)" } ?? "not degraded any more",
      exclusions == before.exclusions
        ? nil : exclusions.isEmpty ? "nobody is taken out any more" : "without \(exclusions.joined(separator: ", "))",
      served?.agrees == before.served?.agrees
        ? nil
        : served?.agrees == false
          ? "applications are not served what the store shows"
          : served?.agrees == true
            ? "applications are served what the store shows" : "what applications are served is not known",
    ]
    // A new stage has new gates; that they are shut goes without saying.
    let gates = moved ? [] : self.gates.compactMap { gate in change(gate, since: before.gates) }
    let items = checklist.compactMap { line -> String? in
      guard let old = before.checklist.first(where: { $0.item == line.item }), old.state != line.state else {
        return nil
      }
      return "\(line.item.rawValue) is \(line.state.rawValue)"
    }
    let outlook = outlook == before.outlook || moved ? nil : "\(before.outlook.rawValue) → \(self.outlook.rawValue)"
    let news = remarks.filter { !before.remarks.contains($0) }
    let gone = before.remarks.filter { $0.hasPrefix("the note has ") && !remarks.contains($0) }
    let mended =
      gone.isEmpty || news.contains { $0.hasPrefix("the note has ") } ? [] : ["the note has no error any more"]
    return standing.compactMap(\.self) + mended + gates + items + [outlook].compactMap(\.self) + news
  }

  private var placeNow: String { killed ? "killed" : standsAt }

  private static func change(_ before: (some Any)?, _ now: (some Any)?, _ begins: String, _ ends: String) -> String? {
    switch (before == nil, now == nil) {
    case (true, false): begins
    case (false, true): ends
    default: nil
    }
  }

  private func change(_ gate: Gate, since before: [Gate]) -> String? {
    guard let old = before.first(where: { $0.name == gate.name && $0.kind == gate.kind }), old.verdict != gate.verdict
    else { return nil }
    // The checklist tells of its own items.
    if case .checklist = gate.kind { return nil }
    return switch gate.verdict {
    case .pass: "\(gate.name) passes"
    case .hold: "\(gate.name) holds: \(gate.reason)"
    case .breach: "\(gate.name) fired: \(gate.reason)"
    }
  }
}

extension FleetReport {
  func changes(since before: FleetReport) -> [String] {
    let severalStores = stores.count > 1
    func name(_ line: Line) -> String { severalStores ? "\(line.flag) in \(line.store)" : line.flag.text }
    let changed = lines.flatMap { line -> [String] in
      guard let old = before.line(like: line) else { return ["\(name(line)) is new here"] }
      if let report = line.report, let before = old.report {
        return report.changes(since: before).map { "\(name(line)): \($0)" }
      }
      if let trouble = line.trouble {
        return old.trouble == nil ? ["\(name(line)): \(trouble.sentences.first ?? "")"] : []
      }
      if old.trouble != nil { return ["\(name(line)) can be read again"] }
      switch (old.marked, line.marked) {
      case (nil, _?): return ["\(name(line)): its journal is not here any more"]
      case (_?, nil): return ["\(name(line)): its journal is here"]
      case (let before?, let now?) where before.place != now.place:
        return ["\(name(line)): \(before.place) → \(now.place)"]
      default: return []
      }
    }
    let lost = before.lines.filter { line(like: $0) == nil }.map { "\(name($0)) is not here any more" }
    let gone = away.map(\.store).filter { store in !before.away.contains { $0.store == store } }
    let back = before.away.map(\.store).filter { store in !away.contains { $0.store == store } }
    return changed + lost + gone.map { "\($0) does not answer" } + back.map { "\($0) answers again" }
  }

  func keeping(_ before: FleetReport) -> FleetReport {
    let stores = Set(away.map(\.store))
    let kept = before.lines.filter { stores.contains($0.store) && line(like: $0) == nil }
    guard !kept.isEmpty else { return self }
    let away = away.map { one in
      Away(
        store: one.store, trouble: one.trouble,
        flags: one.flags.filter { flag in !kept.contains { $0.store == one.store && $0.flag == flag } })
    }
    return FleetReport(lines + kept, away: away, stores: self.stores, now: now, remarks: remarks)
  }

  private func line(like other: Line) -> Line? { lines.first { $0.flag == other.flag && $0.store == other.store } }
}
