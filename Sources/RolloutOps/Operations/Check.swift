/// Every problem in the notes, for an editor and for CI.
package struct Check: Sendable {
  package let context: Context

  package init(context: Context) { self.context = context }

  package func check(_ paths: [String], strict: Bool) -> CheckReport {
    CheckReport(paths.map(check), strict: strict)
  }

  private func check(_ path: String) -> CheckReport.CheckedNote {
    do throws(Trouble) {
      let found = try Finder(context: context, choices: OperatorChoices()).typedNote(at: path)
      var diagnostics = found.note.diagnostics + found.note.problems(runbook: found.runbook)
      diagnostics += zoneProblems(found.note)
      diagnostics += platformProblems(found)
      return CheckReport.CheckedNote(path: path, diagnostics: diagnostics, summary: found.note.plan.map(summary))
    } catch {
      return CheckReport.CheckedNote(path: path, trouble: error)
    }
  }

  /// Only this machine's database knows which zones there are.
  private func zoneProblems(_ note: Note) -> [Diagnostic] {
    guard let name = note.plan?.timeZone, let position = note.position(of: .timeZone) else { return [] }
    do throws(ZoneTrouble) {
      _ = try context.zone(name)
      return []
    } catch {
      return [Diagnostic(.warning, "unknown-time-zone", Sentences.zone(error), at: position)]
    }
  }

  /// Of the store that the rollout would be in, as far as settings can be read; none is asked.
  private func platformProblems(_ found: Rollout.FoundNote) -> [Diagnostic] {
    PlatformProblems(found, context)?.all ?? []
  }

  private func summary(_ plan: Plan) -> String {
    let source =
      switch plan.schedule {
      case .note: "the schedule of the note"
      case .cohortFields: "the cohort fields"
      case .preset(let name): "the preset \(name)"
      }
    let count = plan.stages.count
    return "\(plan.flag): \(count) stage\(count == 1 ? "" : "s") from \(source), tier \(plan.effectiveTier)"
  }
}

/// The stages of a note with who gets it when.
package struct PlanPreview: Sendable {
  package let context: Context

  package init(context: Context) { self.context = context }

  package func plan(_ path: String, at start: String?) throws(Trouble) -> PlanReport {
    let finder = Finder(context: context, choices: OperatorChoices())
    let found = try finder.typedNote(at: path)
    try finder.refuseErrors(found, named: path)
    guard let plan = found.note.plan else { throw .note(path: path, found.note.diagnostics) }
    let zone: ZoneRules
    do throws(ZoneTrouble) { zone = try context.zone(plan.timeZone) } catch { throw .zone(error) }
    let now = context.clock.now()
    var begin = now
    if let start {
      guard let instant = LocalCalendar(zone: zone, now: now).time(start) else {
        throw .usage("--at \(start) is no time; write \(LocalCalendar.timeForms)")
      }
      begin = instant
    }
    let reading = PlatformProblems(found, context)?.reading
    return PlanReport(plan, of: found.note, note: path, from: begin, zone: zone, now: now, reading: reading)
  }
}
