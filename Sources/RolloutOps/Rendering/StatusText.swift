/// The status as a person reads it on a terminal or in a log.
package struct StatusText {
  let report: StatusReport
  let ink: Ink
  let width: Int

  package init(_ report: StatusReport, ink: Ink = .none, width: Int = 100) {
    (self.report, self.ink, self.width) = (report, ink, max(40, width))
  }

  package var lines: [String] {
    var lines = [headline]
    lines += report.remarks.map { "  " + ink.warning("note: ") + Terminal.plain($0) }
    lines += standing
    lines += stageLines
    lines += report.served?.lines(ink: ink) ?? []
    lines += gateLines
    lines += checklistLines
    return lines + conclusion
  }

  /// Without stages and checklist: what was judged, and the verdict.
  package var gates: String {
    ([headline] + report.remarks.map { "  " + ink.warning("note: ") + Terminal.plain($0) } + standing + gateLines
      + conclusion).joined(separator: "\n")
  }

  package var text: String { lines.joined(separator: "\n") }

  // MARK: Head

  private var headline: String {
    var parts = [ink.strong(Terminal.plain(report.flag.text))]
    if let versions = report.versions { parts.append(Terminal.plain(versions)) }
    if let tier = report.tier { parts.append("tier \(tier)") }
    if let owner = report.owner { parts.append("owner " + Terminal.plain(owner)) }
    parts.append(ink.dim(Terminal.plain(report.store)))
    return parts.joined(separator: "   ")
  }

  private var standing: [String] {
    var lines: [String] = []
    if report.killed { lines.append("  " + killed) }
    if let unjournaled = report.unjournaled {
      lines.append("  " + Mark.unknown.sign(ink) + ink.warning(" journal") + "  " + Terminal.plain(unjournaled))
      if let serving = report.serving, !report.killed { lines.append("      store    " + Terminal.plain(serving)) }
    } else if let drift = report.drift {
      lines.append("  " + ink.bad("\(Mark.drifted.rawValue) drift") + "  the store does not show what the journal says")
      lines.append("      journal  " + Terminal.plain(drift.expected.description))
      lines.append("      store    " + Terminal.plain(drift.shown.description))
    }
    if let hold = report.hold {
      let reason = hold.reason.map { ": " + Terminal.plain($0) } ?? ""
      lines.append(
        "  " + ink.warning("\(Mark.held.rawValue) held")
          + " by \(Terminal.plain(hold.actor)) since \(aged(hold.time))\(reason)")
    }
    // Whoever holds it is named above, with the same reason.
    if let back = report.wayBack, report.hold == nil {
      let reason = back.reason.map { ": “\(Terminal.plain($0))”" } ?? ""
      lines.append(
        "  rolled back from \(Terminal.plain(back.from.description)) by \(Terminal.plain(back.actor)), "
          + "\(aged(back.time))\(reason); nobody holds it")
    }
    if let variant = report.degradedTo {
      lines.append("  " + ink.warning("\(Mark.degraded.rawValue) degraded") + " to \(Terminal.plain(variant))")
    }
    if !report.exclusions.isEmpty, report.drift != nil || report.place != .finished {
      lines.append("  without " + exclusions)
    }
    // Under drift the journal's place is no word on who gets what.
    if report.drift == nil, let ending { lines.append("  " + ending) }
    return lines
  }

  private var exclusions: String { report.exclusions.map { Terminal.plain($0) }.joined(separator: ", ") }

  private var ending: String? {
    switch report.place {
    case .finished where report.killed: nil
    case .finished where report.exclusions.isEmpty:
      ink.good("\(Mark.met.rawValue) finished") + ": everybody has it; remove the flag from the code"
    case .finished: ink.good("\(Mark.met.rawValue) finished") + ": everybody has it without \(exclusions)"
    case .abandoned: "abandoned: nobody gets the canary"
    case .off where !report.killed: "off: nobody gets the canary"
    case .off, .stage, .killed: nil
    }
  }

  private var killed: String {
    guard case .killed = report.place, let kill = report.kill else {
      let off = report.isMarkedKilled ? "marked as killed" : "turned off"
      let serving = report.serving.map { ": " + Terminal.plain($0) } ?? ""
      return ink.bad("\(Mark.killed.rawValue) \(off)") + " in the store\(serving); this journal does not know by whom"
    }
    let from = kill.from.flatMap { $0.stageIndex == nil ? nil : " at \(Terminal.plain($0.description))" } ?? ""
    let reason = kill.reason.map { ", “\(Terminal.plain($0))”" } ?? ""
    let by = kill.isFound ? "found so by" : "by"
    let story = "\(from) \(by) \(Terminal.plain(kill.actor)), \(aged(kill.time))\(reason)"
    if report.drift != nil {
      return ink.bad("\(Mark.killed.rawValue) was killed") + story + ", but the store shows something else"
    }
    // What the store shows, not what the journal remembers.
    return ink.bad("\(Mark.killed.rawValue) killed") + story
      + (report.serving.map { ": " + Terminal.plain($0) } ?? ": no such flag")
  }

  // MARK: Stages

  private var stageLines: [String] {
    // Nobody is at any stage of what is off.
    let isOff = report.killed && report.drift == nil
    let named = isOff ? [] : report.stages.filter { $0.state != .ahead || $0.index == report.next?.index }
    let nameWidth = named.map { Terminal.width(Terminal.plain($0.name)) }.max() ?? 0
    let whoWidth = min(28, named.compactMap(\.who).map { Terminal.width(Terminal.plain($0)) }.max() ?? 0)
    var lines = named.filter { $0.state != .ahead }.map { line($0, nameWidth, whoWidth) }
    let ahead = report.stages.filter { isOff || $0.state == .ahead }
    if !ahead.isEmpty {
      let names = ahead.map { "\(Mark.advice.rawValue) " + Terminal.plain($0.name) }.joined(separator: "   ")
      lines += Terminal.wrapped(names, to: width - 2).map { "  " + ink.dim($0) }
    }
    return lines
  }

  private func line(_ stage: StatusReport.StageLine, _ nameWidth: Int, _ whoWidth: Int) -> String {
    let mark = (stage.state == .current ? Mark.here : .met).sign(ink)
    let name = Terminal.padded(Terminal.plain(stage.name), to: nameWidth)
    let who = Terminal.padded(Terminal.plain(stage.who ?? ""), to: whoWidth)
    var text = "  \(mark) \(name)   \(who)"
    if stage.state == .current, let since = stage.since {
      let stood = max(.zero, report.calendar.now.since(since))
      text += "   since "
      // What has lasted of the soak is the time's age.
      text +=
        stage.soak > .zero ? "\(time(since))   \(stood) of \(stage.soak)" : aged(since)
      // A line of its own would be too much for a bar that says nothing new.
      if stage.soak > .zero, Terminal.columns(of: text) + Self.cells + 2 <= width {
        text += "  " + bar(stood, of: stage.soak)
      }
    } else if let lasted = stage.lasted {
      text += "   \(lasted)"
    }
    if let gate = stage.override { text += "   " + ink.warning(Terminal.plain(gate)) }
    return text.trailingSpaceRemoved
  }

  private static let cells = 15

  private func bar(_ part: TimeSpan, of whole: TimeSpan) -> String {
    let cells = Self.cells
    let full = min(cells, part.seconds * cells / max(1, whole.seconds))
    return String(repeating: "█", count: full) + ink.dim(String(repeating: "░", count: cells - full))
  }

  // MARK: Gates

  private var gateLines: [String] {
    let triggers = report.gates.filter { if case .trigger = $0.kind { true } else { $0.kind == .byEye } }
    let others = report.gates.filter { gate in
      if case .checklist = gate.kind { return false }
      return !triggers.contains(gate)
    }
    var lines: [String] = []
    if !triggers.isEmpty {
      let hint = triggers.compactMap(\.hint).first.map { ink.dim(" (\(Terminal.plain($0)))") } ?? ""
      lines.append("Gates" + (measured ?? "") + hint)
      lines += report.evidence?.remarks.map { "  " + ink.dim(Terminal.plain($0)) } ?? []
      if triggers.contains(where: { $0.hint != nil }) { lines.append("  " + attest(StageAttestation.gates)) }
    }
    // What is to be said of all of them is said once.
    let shared =
      triggers.count > 1 && triggers.allSatisfy { $0.reason == triggers[0].reason } ? triggers[0].reason : nil
    lines += rows(triggers, saying: shared == nil) { gate in
      if case .trigger(let trigger) = gate.kind {
        trigger.isBand ? "default band: \(gate.name)" : "\(trigger.action.name) if \(gate.name)"
      } else {
        gate.name
      }
    }
    if let shared { lines.append("  " + Terminal.plain(shared)) }
    if !others.isEmpty { lines.append(report.next.map { "Before \(Terminal.plain($0.name)):" } ?? "Before finish:") }
    lines += rows(others, naming: \.name)
    return lines
  }

  /// `(canary 1,204 · control 22,871 · since Tue 10:02)`
  private var measured: String? {
    guard let evidence = report.evidence, evidence.canary.records > 0 || evidence.control != nil else { return nil }
    let control = evidence.control.map { " · control \(Figures.grouped($0.records))" } ?? ""
    let place = evidence.origin.map { Terminal.plain($0) } ?? "since \(time(evidence.from))"
    return ink.dim(" (canary \(Figures.grouped(evidence.canary.records))\(control) · \(place))")
  }

  private func rows(_ gates: [Gate], saying says: Bool = true, naming name: (Gate) -> String) -> [String] {
    let nameWidth = min(60, gates.map { Terminal.width(Terminal.plain(name($0))) }.max() ?? 0)
    return gates.map { gate in
      let mark = gate.mark.sign(ink)
      let opens = gate.opens.map { " (\(time($0)))" } ?? ""
      let label = Terminal.padded(Terminal.plain(name(gate)), to: nameWidth)
      return says
        ? "  \(mark) \(label)   \(Terminal.plain(gate.reason))\(opens)" : "  \(mark) \(label)".trailingSpaceRemoved
    }
  }

  private var checklistLines: [String] {
    guard !report.checklist.isEmpty, report.place != .finished, report.place != .abandoned else { return [] }
    let holding = report.gates.contains { if case .checklist = $0.kind { !$0.advisory } else { false } }
    let open = report.checklist.filter { $0.state == .open }.count
    let advice = holding ? "" : " (advice\(report.tier.map { " at tier \($0)" } ?? ""); it blocks nothing)"
    let title = "Checklist: \(report.checklist.count - open) of \(report.checklist.count)\(advice)"
    // Where something burns, nobody ticks items.
    if report.killed || report.drift != nil { return [title] }
    let nameWidth = report.checklist.map(\.item.rawValue.utf8.count).max() ?? 0
    return [title]
      + report.checklist.map { line in
        let mark = line.mark(holds: holding).sign(ink)
        return "  \(mark) \(Terminal.padded(line.item.rawValue, to: nameWidth))   \(Terminal.plain(line.reason))"
      } + attestable
  }

  private var attestable: [String] {
    let items = report.checklist.filter { $0.state == .open && $0.item.attestable }.map(\.item.rawValue)
    guard let first = items.first else { return [] }
    return ["  " + attest(items.count == 1 ? first : "ITEM")]
  }

  /// The command to type. Before the first move, and where a shell would take the key apart, only the note's path names
  /// the rollout.
  private func attest(_ item: String) -> String {
    let key = report.flag.text
    let isWord =
      !key.hasPrefix("-")
      && key.unicodeScalars.allSatisfy { scalar in
        scalar.isASCII
          && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            || "-_.".unicodeScalars.contains(scalar))
      }
    return ink.dim("rolloutctl attest \(report.isKnown && isWord ? key : "NOTE") \(item) --evidence \"…\"")
  }

  // MARK: Conclusion

  /// Up to three reasons are all told; of more the first, and how many there are.
  private var conclusion: [String] {
    let reasons = report.reasons.map { Terminal.plain($0) }
    let first = reasons.first ?? ""
    let isLong = reasons.count > 3
    let more = isLong ? " (and \(reasons.count - 1) more)" : ""
    let others = isLong ? [] : reasons.dropFirst().map { "  " + $0 }
    let earliest = report.earliest.map { "; earliest \(report.calendar.exact($0))" } ?? ""
    switch report.outlook {
    case .promote: return [ink.good("→ may be promoted: \(first)")]
    case .done: return [ink.good("→ \(first)")]
    case .hold where report.unjournaled != nil && report.drift != nil:
      return [
        ink.bad("→ hold: nothing is promoted from here without its journal; --journal FOLDER names where it is"),
        "  rolloutctl kill \(Terminal.plain(report.flag.text)) turns it off all the same"
          + (report.realPlace.map { " in \(Terminal.plain($0))" } ?? ""),
      ]
    // What drifted stands above already.
    case .hold where report.drift != nil: return [ink.bad("→ conflict: \(first)")]
    case .hold where report.status == .conflict: return [ink.bad("→ conflict: \(first)\(more)")] + others
    // By whom and why stands above.
    case .hold where report.hold != nil:
      return [ink.warning("→ held: rolloutctl resume \(Terminal.plain(report.flag.text)) --reason \"…\" lifts it")]
    case .hold: return [ink.warning("→ hold: \(first)\(more)\(earliest)")] + others
    case .kill where report.killed:
      return [
        ink.bad("→ it stays off until somebody restores it"),
        "  when fixed: rolloutctl restore \(Terminal.plain(report.flag.text)) --reason \"…\"",
      ]
    case .kill:
      return [
        ink.bad("→ a kill trigger fired: \(first)\(more)"), "  rolloutctl kill \(Terminal.plain(report.flag.text))",
      ]
    case .rollback:
      return [ink.bad("→ a rollback trigger fired: \(first)\(more)")] + others + [
        "  rolloutctl rollback \(Terminal.plain(report.flag.text))"
      ]
    case .degrade: return [ink.bad("→ a degrade trigger fired: \(first)\(more)")] + others
    }
  }

  private func time(_ instant: Instant) -> String { report.calendar.exact(instant) }
  private func aged(_ instant: Instant) -> String { report.calendar.aged(instant) }
}

extension String {
  var trailingSpaceRemoved: String {
    var text = Substring(self)
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
