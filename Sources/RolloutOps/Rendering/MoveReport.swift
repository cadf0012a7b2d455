/// What a verb did to a rollout, or why it did nothing.
package struct MoveReport: Sendable {
  package let verb: Verb
  package let decision: Decision
  /// Whether the steps were taken, or only decided (`--dry-run`).
  package let dryRun: Bool
  /// The rollout as it stands afterwards.
  package let after: StatusReport
  /// Sentences on standard error: what could not be journaled, what was settled.
  package let remarks: [String]

  package init(verb: Verb, decision: Decision, dryRun: Bool, after: StatusReport, remarks: [String]) {
    (self.verb, self.decision, self.dryRun, self.after, self.remarks) = (verb, decision, dryRun, after, remarks)
  }

  package var status: ExitStatus { decision.status }

  /// A move is told in a few lines; a refusal shows the checklist that explains it.
  package func text(ink: Ink, width: Int) -> String {
    if decision.status == .hold, verb == .promote || verb == .finish {
      // What came of it comes first, and why it did not go further.
      return "\(ink.strong(Terminal.plain(after.flag.text)))   \(ink.warning("not done"))\(stays)\n"
        + StatusText(after, ink: ink, width: width).text
    }
    let flag = ink.strong(Terminal.plain(after.flag.text))
    let reasons = decision.reasons.map { Terminal.plain($0) }
    guard decision.status == .done else {
      return (["\(flag)   \(ink.bad("not done"))\(stays)"] + (reasons + advice).map { "  \($0)" }).joined(
        separator: "\n")
    }
    let would = dryRun && decision.acts ? ink.dim("would ") : ""
    var lines = ["\(flag)   \(would)\(verb.rawValue): \(reasons.first ?? "")"]
    lines += reasons.dropFirst().map { "  \($0)" }
    if decision.acts, !dryRun { lines += consequence + (after.served?.lines(ink: ink) ?? []) }
    if after.isWorkingCopy, after.served?.agrees != true { lines.append("  \(Self.inWorkingCopy)") }
    return lines.joined(separator: "\n")
  }

  /// Where it stands all the same; only a stage that the store agrees with, since a journal's "off" is none.
  private var stays: String {
    guard case .stage = after.place, after.drift == nil, !after.killed else { return "" }
    return ": it stays at \(Terminal.plain(after.place.description))"
  }

  /// The line to type where a trigger fired: nobody goes on, and somebody should go back.
  private var advice: [String] {
    let key = Terminal.plain(after.flag.text)
    return switch after.outlook {
    case _ where after.killed: ["when fixed: rolloutctl restore \(key) --reason \"…\""]
    case .kill: ["rolloutctl kill \(key)"]
    case .rollback where verb == .promote || verb == .finish: ["rolloutctl rollback \(key) --reason \"…\""]
    case .promote, .hold, .rollback, .degrade, .done: []
    }
  }

  /// What git keeps is a copy; nobody knows who reads it.
  static let inWorkingCopy =
    "in this working copy: applications that read another copy follow when it is pushed and deployed"

  private var consequence: [String] {
    var lines: [String] = []
    // A stage's name says whom it adds; who is in is what the store has.
    let wrote = decision.steps.contains { if case .write = $0 { true } else { false } }
    if wrote, let serving = after.serving {
      lines.append("  now: \(Terminal.plain(serving))")
    } else if !after.exclusions.isEmpty {
      lines.append("  without \(after.exclusions.map { Terminal.plain($0) }.joined(separator: ", "))")
    }
    if verb == .promote, let index = after.place.stageIndex,
      let skipped = after.stages.first(where: { $0.index == index - 1 })?.override
    {
      lines.append("  " + Terminal.plain(skipped))
    }
    if verb == .hold || verb == .resume, case .stage = after.place, let serving = after.serving {
      let key = Terminal.plain(after.flag.text)
      lines.append(
        "  still on: \(Terminal.plain(serving))" + (verb == .hold ? "; rolloutctl kill \(key) turns it off" : ""))
    }
    // Nothing goes on by itself, except where the note lets a watch promote.
    if let next = after.next, let earliest = after.earliest {
      lines.append(
        "  next: promote to \(Terminal.plain(next.name)), from \(after.calendar.exact(earliest)) on if the gates pass")
    }
    return lines
  }

  package var json: JSON {
    after.json.setting("verb", to: .string(verb.rawValue)).setting("done", to: .bool(decision.acts && !dryRun))
      .setting("working_copy", to: .bool(after.isWorkingCopy)).setting("dry_run", to: .bool(dryRun)).setting(
        "reasons", to: .strings(decision.reasons)
      )
      .setting("exit", to: .number(Int(status.rawValue)))
      .setting("from", to: decision.from.json).setting("to", to: decision.to.json)
  }

  package var markdown: String {
    let lines = decision.reasons.map { "- \(Markdown.text($0))" }
    // What was done goes by its verb; the status alone would call every move that acts a promotion.
    let ending = decision.status == .done ? verb.rawValue : after.outlook.rawValue
    return
      (["**\(verb.rawValue)** \(Markdown.text(after.flag.text))", ""] + lines
      + ["", after.markdown(endingWith: ending)])
      .joined(separator: "\n")
  }
}
