/// A look in lines: one for what was found, one more for what was done.
extension WatchReport {
  package func text(ink: Ink) -> [String] {
    guard let look else { return [] }
    let status = look.status
    let time = ink.dim(status.calendar.exact(self.time))
    let flag = ink.strong(Terminal.plain(status.flag.text))
    // Where it stood when it was looked at; what was done about it is the next line.
    var place = status.standsAt
    if case .done(let before, _)? = look.reaction?.outcome { place = before.description }
    var found = [time, flag, Terminal.plain(place), word(ink)]
    // That nobody can see anything any more matters more than how long it still takes.
    let blind = look.isUnread ? status.reasons.first { $0.hasPrefix("evidence: ") } : nil
    if let reason = blind ?? status.reasons.first { found.append(Terminal.plain(reason)) }
    var lines = [found.joined(separator: "  ")]
    if let reaction = look.reaction, let what = reaction.sentence {
      lines.append(
        [time, flag, ink.strong(Terminal.plain(what)), Terminal.plain(reaction.reason)].joined(separator: "  "))
    }
    return lines
  }

  private func word(_ ink: Ink) -> String {
    switch status {
    case .kill, .rollback, .inconclusive, .badNote, .conflict, .usage: ink.bad(verdict)
    case .hold: ink.warning(verdict)
    case .done: ink.good(verdict)
    }
  }

  private var verdict: String {
    switch status {
    case .conflict: "conflict"
    case .badNote: "note has errors"
    case .inconclusive, .usage: "failed"
    // Whoever reads "promote" believes that somebody did.
    case .done where look?.status.outlook == .promote: isDone ? "passes" : "may be promoted"
    case .kill, .rollback, .hold, .done: look?.status.outlook.rawValue ?? ""
    }
  }

  package var json: JSON {
    let head: JSON = ["time": .string(ISO8601.precise(time)), "target": .string(target)]
    guard let look else {
      return head.setting("error", to: .strings(reasons)).setting("exit", to: .number(Int(status.rawValue)))
    }
    var (from, to) = (look.status.place, look.status.place)
    if case .done(let before, let after)? = look.reaction?.outcome { (from, to) = (before, after) }
    var dryRun = false
    if case .foreseen? = look.reaction?.outcome { dryRun = true }
    return .object((head.members ?? []) + (look.status.json.members ?? []))
      .setting("verb", to: .text(look.reaction?.verb.rawValue)).setting("done", to: .bool(isDone))
      .setting("dry_run", to: .bool(dryRun)).setting("because", to: .text(look.reaction?.reason))
      .setting("from", to: from.json).setting("to", to: to.json).setting("reasons", to: .strings(reasons))
      .setting("remarks", to: .strings(look.status.remarks + remarks))
      .setting("exit", to: .number(Int(status.rawValue)))
  }

  package var markdown: [String] { text(ink: .none).map { "- " + Markdown.text($0) } }
}

extension WatchReport.Reaction {
  /// Nil where nothing was done: why, comes with the failures.
  fileprivate var sentence: String? {
    switch outcome {
    case .overtaken, .failed: return nil
    case .foreseen:
      switch verb {
      case .kill: return "would kill"
      case .degrade: return "would degrade to \(variant ?? "")"
      case .rollback: return "would roll back"
      default: return "would promote"
      }
    case .done(let from, let to):
      switch verb {
      case .kill: return "killed at \(from)"
      case .degrade: return "degraded to \(variant ?? "") at \(from)"
      case .rollback: return "rolled back \(from) → \(to), and held"
      default: return "promoted \(from) → \(to)"
      }
    }
  }
}
