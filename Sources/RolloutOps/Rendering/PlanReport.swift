/// The stages of a note with who gets it when, at the earliest.
package struct PlanReport: Sendable {
  package struct Step: Hashable, Sendable {
    package let stage: Stage
    package let starts: Instant
    package let needs: [String]
  }

  package let plan: Plan
  package let note: String
  package let steps: [Step]
  /// When the last stage, and the steady state after it, have lasted.
  package let ends: Instant
  package let calendar: LocalCalendar
  /// Where services in several languages disagree on who is in.
  package let disagreements: [(stage: Int, sentence: String)]
  /// What applications read, where a platform has a form of its own for the note's variants.
  package let reading: String?

  /// Every stage entered the moment it may be: soak alone, without windows and people.
  package init(
    _ plan: Plan, of read: Note, note: String, from start: Instant, zone: ZoneRules, now: Instant,
    reading: String? = nil
  ) {
    var time = start
    var steps: [Step] = []
    for (index, stage) in plan.stages.enumerated() {
      steps.append(Step(stage: stage, starts: time, needs: Self.needs(plan, index)))
      time = time + stage.soak
    }
    if let steady = plan.steadyState, let last = steps.last {
      time = max(time, last.starts + steady)
    }
    (self.plan, self.note, self.steps, self.ends, self.reading) = (plan, note, steps, time, reading)
    calendar = LocalCalendar(zone: zone, now: now)
    disagreements = plan.disagreements(among: read.flagHashes)
  }

  private static func needs(_ plan: Plan, _ index: Int) -> [String] {
    var needs: [String] = []
    if index > 0 { needs.append(plan.stages[index - 1].isOffline ? "before/after evidence" : "gates") }
    if plan.checklistHolds, plan.stages.firstIndex(where: \.isPercentage) == index { needs.append("checklist") }
    if plan.effectiveTier <= 2, plan.firstWide == index { needs.append("review") }
    return needs
  }

  package func text(ink: Ink) -> String {
    let source =
      switch plan.schedule {
      case .note: "schedule of the note"
      case .cohortFields: "stages from the cohort fields"
      case .preset(let name): "preset \(name)"
      }
    var lines = [
      [ink.strong(Terminal.plain(plan.flag.text)), Terminal.plain(plan.change), "tier \(plan.effectiveTier)", source]
        .filter { !$0.isEmpty }.joined(separator: "   ")
    ]
    let names = steps.map { Terminal.width(Terminal.plain($0.stage.name)) }.max() ?? 0
    for (index, step) in steps.enumerated() {
      let who = who(step.stage)
      let soak = step.stage.soak > .zero ? "\(step.stage.soak)" : "no soak"
      let needs = step.needs.isEmpty ? "" : "   needs \(step.needs.joined(separator: ", "))"
      lines.append(
        "  \(calendar.exact(step.starts))   \(Terminal.padded(Terminal.plain(step.stage.name), to: names))"
          + "   \(Terminal.padded(soak, to: 7))   \(Terminal.plain(who))\(ink.dim(needs))")
      if let watch = step.stage.watch { lines.append("      " + ink.dim("watch: " + Terminal.plain(watch))) }
      for (stage, sentence) in disagreements where stage == index { lines.append("      " + ink.warning(sentence)) }
    }
    if !plan.exclusions.isEmpty {
      lines.append("  never: " + plan.exclusions.map { Terminal.plain("\($0)") }.joined(separator: "; "))
    }
    if let reading { lines.append("  " + Terminal.plain(reading)) }
    let steady = plan.steadyState.map { " (\($0) steady at the last stage)" } ?? ""
    lines.append("  finish: not before \(calendar.exact(ends))\(steady)")
    lines.append(ink.dim("  Each stage also waits for its gates; these are the earliest dates by soak alone."))
    return lines.joined(separator: "\n")
  }

  private func who(_ stage: Stage) -> String {
    switch stage.audience {
    case .offline: "nobody live: before/after evidence" + (plan.evaluationFiles.map { " from \($0)" } ?? "")
    case .cohort(_, let selector, let share): share.isWhole ? "\(selector)" : "\(share) of \(selector), by \(plan.unit)"
    case .everyone(let share): share.isWhole ? "everybody" : "\(share) of everybody, by \(plan.unit)"
    }
  }

  package var json: JSON {
    [
      "flag": .string(plan.flag.text), "note": .string(note), "change": .string(plan.change),
      "tier": .number(plan.effectiveTier), "unit": .string(plan.unit),
      "excluded": .strings(plan.exclusions.map(\.description)),
      "stages": .array(
        steps.enumerated().map { index, step in
          [
            "index": .number(index), "name": .string(step.stage.name), "percent": .spelled(step.stage.share.digits),
            "who": .string(who(step.stage)), "earliest": .string(calendar.iso(step.starts)),
            "soak_seconds": .number(step.stage.soak.seconds), "needs": .strings(step.needs),
            "watch": .text(step.stage.watch),
            "disagreements": .strings(disagreements.filter { $0.stage == index }.map(\.sentence)),
          ]
        }), "finish": .string(calendar.iso(ends)), "reading": .text(reading), "exit": 0,
    ]
  }

  package var markdown: String {
    let rows = steps.map { step in
      [
        calendar.exact(step.starts), Markdown.text(step.stage.name), Markdown.text(who(step.stage)),
        "\(step.stage.soak)", step.needs.joined(separator: ", "),
      ]
    }
    let head = "## \(Markdown.text(plan.flag.text)): \(Markdown.text(plan.change))"
    let table = Markdown.table(["Not before", "Stage", "Who", "Soak", "Needs"], rows)
    let read = reading.map { ["", Markdown.text($0) + "."] } ?? []
    return ([head, ""] + table + read + ["", "Finish not before \(calendar.exact(ends))."]).joined(separator: "\n")
  }
}
