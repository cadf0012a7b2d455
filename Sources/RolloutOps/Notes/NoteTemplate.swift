/// What `init` knows when it writes a note; everything may be missing.
package struct NoteAnswers: Hashable, Sendable {
  package var title: String?
  package var change: String?
  package var gain: String?
  package var risk: String?
  package var flag: String?
  package var store: String?
  package var changeType: ChangeType?
  package var tier: Int?
  package var version: String?
  package var controlVersion: String?
  package var unit: String?
  package var owner: String?
  package var onCall: String?
  package var approvers: [String] = []
  package var timeZone: String?
  package var fallback: String?
  package var runbook: String?
  /// `name: selector`
  package var cohorts: [String] = []
  package var exclude: String?
  /// Stages with arrows, or a preset's name.
  package var schedule: String?
  package var dashboard: String?
  package var evidence: String?

  package init() {}
}

/// The text of a new note: the compact template, the fields that make it executable, and a word on each that is still
/// open. `Note.read` finds no error in it, unless an answer itself is wrong (a tier 7, a flag key with blanks).
package enum NoteTemplate {
  package static func text(_ answers: NoteAnswers) -> String {
    var lines = ["# \(line(answers.title) ?? "AI Rollout Note")", ""]
    func field(_ id: NoteField.ID, _ value: String?, _ hint: String) {
      let name = NoteField[id].name
      if let value = line(value) {
        lines.append("\(name): \(value)")
      } else {
        lines.append("\(name): <!-- \(hint) -->")
      }
    }
    func section(_ text: String...) { lines += [""] + text }

    field(.change, answers.change, "what changes, such as: summary prompt v6 -> v7")
    field(.expectedGain, answers.gain, "why it is worth it, in numbers where you have them")
    field(.risk, answers.risk, "what is most likely to get worse")
    field(.flag, answers.flag, "the key of the flag; without it this file's name is the key")
    field(.store, answers.store, "file:flags.json, or leave it to the environment")
    field(.changeType, answers.changeType?.rawValue, "prompt, model, retrieval, policy, tool or code")
    field(.tier, answers.tier.map(String.init), "0 to 3; 0 where a failure costs most, 3 where least")
    field(.version, label(answers.version, answers), "how traffic shows the new version: prompt_version = v7")
    field(.controlVersion, label(answers.controlVersion, answers), "how traffic shows the old one: prompt_version = v6")
    field(.unit, answers.unit, "what stays in one version: tenant (the default), user, session")
    field(.owner, answers.owner, "one person: watches, calls rollback, confirms recovery")
    field(.onCall, answers.onCall, "who is paged")
    // Without an answer it is left out: this version does not act on it.
    if !answers.approvers.isEmpty { field(.approvers, answers.approvers.joined(separator: ", "), "") }
    field(.timeZone, answers.timeZone, "for the times that are printed: Europe/Berlin; UTC without it")
    field(.fallback, answers.fallback, "what users get when the flag is off")
    field(.runbook, answers.runbook, "the page for whoever is on call; it must name the flag")

    section("<!-- Who: a name and a selector over attributes of the request, never personal data, such as")
    lines += usual.dropFirst() + ["-->", "Cohorts:"]
    lines += cohorts(answers).map { "- \($0)" }
    field(.exclude, answers.exclude, "who is never in: stability_tier = stable")

    section(
      "<!-- When: stages with arrows, each with how long it lasts at least, or one of the presets:")
    lines += Preset.allCases.map { "\($0.rawValue): \($0.meaning)" }
    lines.append("-->")
    field(.schedule, answers.schedule ?? schedule(answers), "")

    section(
      "Metrics to watch:", "- quality: mean(quality)", "- latency: p95(latency_ms)", "- cost: mean(cost_usd)",
      "- tool / parse errors: rate(parse_error)")
    section(
      "Rollback trigger:", "- parse failures above 2%", "- quality drops by more than 5%", "- cost up more than 20%")
    section("Kill trigger:", "- cost exceeds 5x control over 1h", "")
    field(.dashboard, answers.dashboard, "the chart or query that people look at")
    field(.evidence, answers.evidence, "measured samples: traces/*.ndjson; without it a person attests the gates")
    return lines.joined(separator: "\n") + "\n"
  }

  private static let usual = ["- internal: team = staff", "- friends: tenant in [acme, globex]", "- paid: plan = paid"]

  /// Those that were answered, and a guess for each usual name that the schedule has besides: a name that nobody defined
  /// would be an error.
  private static func cohorts(_ answers: NoteAnswers) -> [String] {
    let given = answers.cohorts.compactMap(line)
    let names = Set(given.map { $0.prefix { $0 != ":" }.lowercased() })
    let schedule = line(answers.schedule) ?? schedule(answers)
    let words = Set(schedule.split { !$0.isLetter }.map { $0.lowercased() })
    let guessed = usual.map { String($0.dropFirst(2)) }.filter { cohort in
      let name = String(cohort.prefix { $0 != ":" })
      return words.contains(name) && !names.contains(name)
    }
    return given + guessed
  }

  /// A schedule that fits the tier: the fewest first.
  private static func schedule(_ answers: NoteAnswers) -> String {
    let tier = answers.tier ?? 2
    return switch answers.changeType == .model ? min(tier, 1) : tier {
    case 0: "internal 3d -> 1% 2d -> 5% 3d -> 25% 4d -> 50% 4d -> 100% -> finish 14d"
    case 1: "internal 2d -> 5% 1d -> 25% 2d -> 50% 3d -> 100% -> finish 14d"
    default: "internal 1d -> 5% 1d -> 25% 2d -> 50% 2d -> 100% -> finish 14d"
    }
  }

  /// An answer as one line that opens no comment; nil when nothing is left.
  private static func line(_ answer: String?) -> String? {
    guard let answer else { return nil }
    let text = Substring(
      answer.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : String($0) }.joined())
    let plain = text.collapsed.split(separator: "<!--").joined(separator: " ")
    return plain.isEmpty ? nil : plain
  }

  /// A bare `v7` where no change type says which field it is.
  private static func label(_ version: String?, _ answers: NoteAnswers) -> String? {
    guard let version = line(version), !version.contains("="), !version.contains(":") else { return line(version) }
    return "\((answers.changeType ?? .prompt).rawValue)_version = \(version)"
  }
}
