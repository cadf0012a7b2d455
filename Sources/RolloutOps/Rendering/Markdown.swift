/// Pieces of Markdown that hold whatever text they are given.
enum Markdown {
  /// Text in which nothing is markup any more.
  static func text(_ text: some StringProtocol) -> String {
    var out = ""
    for character in Terminal.plain(text) {
      if "\\`*_{}[]<>#|~!".contains(character) { out += "\\" }
      out.append(character)
    }
    return out
  }

  static func table(_ head: [String], _ rows: [[String]]) -> [String] {
    guard !rows.isEmpty else { return [] }
    let line = { (cells: [String]) in "| " + cells.joined(separator: " | ") + " |" }
    return [line(head), "|" + String(repeating: " --- |", count: head.count)] + rows.map(line)
  }
}

extension StatusReport {
  /// For a pull request or an incident document.
  package var markdown: String { markdown(endingWith: outlook == .promote ? "may be promoted" : outlook.rawValue) }

  func markdown(endingWith word: String) -> String {
    var lines = ["## \(Markdown.text(flag.text))", ""]
    let facts = [versions, tier.map { "tier \($0)" }, owner.map { "owner \($0)" }, store].compactMap { $0 }
    lines += [facts.map { Markdown.text($0) }.joined(separator: " · "), ""]
    if killed { lines += [drift == nil ? "**Killed.**" : "**Was killed**, but the store shows something else.", ""] }
    if let drift {
      lines += [
        "**Drift.** Journal: \(Markdown.text(drift.expected.description)). Store: \(Markdown.text(drift.shown.description)).",
        "",
      ]
    }
    if let hold {
      lines += ["**Held** by \(Markdown.text(hold.actor))\(hold.reason.map { ": " + Markdown.text($0) } ?? "").", ""]
    }
    let stageRows = stages.map { stage in
      [
        stage.state == .current ? (killed ? "killed" : "here") : stage.state == .passed ? "passed" : "",
        Markdown.text(stage.name),
        Markdown.text(stage.who ?? ""), "\(stage.soak)", stage.lasted.map { "\($0)" } ?? "",
      ]
    }
    lines += Markdown.table(["", "Stage", "Who", "Soak", "Lasted"], stageRows) + [""]
    let gateRows = gates.map { gate in
      [Markdown.text("\(gate.mark.rawValue) \(gate.mark.word)"), Markdown.text(gate.name), Markdown.text(gate.reason)]
    }
    if !gateRows.isEmpty { lines += Markdown.table(["", "Gate", "Why"], gateRows) + [""] }
    let items = checklist.map { line in
      "- [\(line.state == .open ? " " : "x")] \(line.item.rawValue): \(Markdown.text(line.reason))"
    }
    if !items.isEmpty { lines += items + [""] }
    lines += reasons.prefix(1).map { "**\(word)**: \(Markdown.text($0))" }
    return lines.joined(separator: "\n")
  }
}
