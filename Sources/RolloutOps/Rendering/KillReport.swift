/// What a kill did to each flag in each store.
package struct KillReport: Sendable {
  package enum Outcome: Sendable {
    /// Confirmed by reading the store again, not by the write.
    case off
    /// Read as killed before anything was written.
    case alreadyOff
    /// `--dry-run`.
    case wouldBeOff
    case notOff
  }

  package struct Line: Sendable {
    package let flag: FlagKey
    package let store: String
    /// The same for people: the configured name, else the real place.
    package let title: String
    package private(set) var outcome: Outcome
    package let serving: String?
    /// How to get the other kind of off, where there is one.
    package let alternative: String?
    package let seconds: Double
    package let attempts: Int
    package private(set) var verifiedBy: String?
    package let propagation: TimeSpan?
    package private(set) var reasons: [String]
    /// Whether nobody could tell if the flag is in that store at all.
    package var isUnknown = false
    /// What applications were served afterwards, where there was somebody to ask, and when that was seen.
    package private(set) var served: (answer: Served, seconds: Double)?

    package init(
      flag: FlagKey, store: String, title: String? = nil, _ outcome: Outcome, serving: String? = nil,
      alternative: String? = nil,
      seconds: Double, attempts: Int, verifiedBy: String? = nil, propagation: TimeSpan? = nil, reasons: [String] = []
    ) {
      (self.flag, self.store, self.title) = (flag, store, title ?? store)
      (self.outcome, self.serving) = (outcome, serving)
      (self.alternative, self.seconds, self.attempts) = (alternative, seconds, attempts)
      (self.verifiedBy, self.propagation, self.reasons) = (verifiedBy, propagation, reasons)
    }

    package var off: Bool { outcome == .off || outcome == .alreadyOff }

    /// What is known of it besides, when it is off.
    package private(set) var facts: KillFacts?

    package func closing(_ facts: KillFacts?) -> Line {
      var line = self
      line.facts = facts ?? line.facts
      return line
    }

    package func adding(_ more: [String]) -> Line {
      var line = self
      line.reasons += more.filter { !reasons.contains($0) }
      return line
    }

    /// The same after a look at what applications are served. One that still gets the old answer is not off.
    package func seen(_ answer: Served, after seconds: Double) -> Line {
      var line = self
      line.served = (answer, seconds)
      switch answer.agrees {
      case true: line.verifiedBy = "evaluation"
      case false:
        line.outcome = .notOff
        let bound = propagation.map { "; applications of this store follow within \($0)" } ?? ""
        line.reasons =
          ["NOT off for applications: it is off in \(title) since \(KillReport.spelled(self.seconds))\(bound)"]
          + answer.exceptions().map { "\(answer.address): \($0)" }
          + ["see whether that server reads \(title); to look again: rolloutctl kill \(flag)"] + reasons
      default: line.reasons += answer.reasons.map { "not seen by an application: \($0)" }
      }
      return line
    }
  }

  package let lines: [Line]
  package let dryRun: Bool
  /// The signal that ended it before its time.
  package let signal: Int32?
  /// What could not be read of the settings and may name a store, which nobody looked at then.
  package let unread: [String]
  /// What else there is to say of the settings: which stores this was about, above all.
  package let remarks: [String]
  /// The one of them that was told before the first word about a flag.
  package let told: String?

  package init(
    _ lines: [Line], dryRun: Bool, signal: Int32? = nil, unread: [String] = [], remarks: [String] = [],
    told: String? = nil
  ) {
    (self.lines, self.dryRun, self.signal) = (lines, dryRun, signal)
    (self.unread, self.remarks, self.told) = (unread, remarks, told)
  }

  package var status: ExitStatus {
    lines.isEmpty || !unread.isEmpty || lines.contains { $0.outcome == .notOff } ? .inconclusive : .done
  }

  /// The lines that are a result, and those that say why there is none.
  package var killed: KillReport { KillReport(lines.filter { $0.outcome != .notOff }, dryRun: dryRun) }
  package var failed: KillReport { KillReport(lines.filter { $0.outcome == .notOff }, dryRun: dryRun) }

  /// What is known at once of flags that are off, and why the others are not.
  package func text(ink: Ink) -> String {
    lines.map { line in
      let one = KillReport([line], dryRun: dryRun)
      return [one.headlines(ink: ink), one.details(ink: ink)].filter { !$0.isEmpty }.joined(separator: "\n")
    }.joined(separator: "\n")
  }

  /// Of many flags: how many of them are off, store by store.
  package func sum(ink: Ink) -> [String] {
    guard lines.count > 1, !dryRun else { return [] }
    return KillSum(lines.map { (store: $0.title, isOff: $0.off, isUnknown: $0.isUnknown) }).text(ink: ink)
  }

  /// One line for each flag that is off.
  package func headlines(ink: Ink) -> String {
    lines.compactMap { line in
      guard let words = words(line, ink) else { return nil }
      let serving =
        line.serving.map { ": everybody \(line.off ? "gets" : "would get") \"\(Terminal.plain($0))\"" }
        ?? (line.off ? ": applications use the default in their own code" : "")
      let seconds = dryRun ? "" : "   \(Self.spelled(line.seconds))"
      let flag = ink.strong(Terminal.plain(line.flag.text))
      return "\(flag) \(words)\(serving)\(seconds)   \(ink.dim(Terminal.plain(line.title)))"
    }.joined(separator: "\n")
  }

  /// What is to be said of each flag beside that. Where there are several, each is named again.
  package func details(ink: Ink) -> String {
    lines.flatMap { line -> [String] in
      let flag = ink.strong(Terminal.plain(line.flag.text))
      let reasons = line.reasons.map { Terminal.plain($0) }
      guard words(line, ink) != nil else {
        return ["\(flag)   \(ink.bad(reasons.first ?? "NOT off"))"] + reasons.dropFirst().map { "  \($0)" }
      }
      var details: [String] = []
      if line.off, !dryRun, let propagation = line.propagation {
        let isCopy = line.facts?.isWorkingCopy == true && line.served?.answer.agrees != true
        details.append(
          isCopy
            ? "  read back \(MoveReport.inWorkingCopy)"
            : "  read back from the store; running applications follow within \(propagation)")
      }
      if line.off, let (served, seconds) = line.served, served.agrees == true {
        let count = served.answers.count == 1 ? "the request" : "all \(served.answers.count) requests"
        details.append(
          "  seen by applications after \(Self.spelled(seconds)): \(count) asked of \(Terminal.plain(served.address))")
      }
      if let facts = line.facts, lines.count == 1 {
        details += facts.text(ink: ink)
      } else if let alternative = line.alternative {
        details.append("  \(Terminal.plain(alternative))")
      }
      details += reasons.map { "  \($0)" }
      return lines.count > 1 && !details.isEmpty ? [flag] + details : details
    }.joined(separator: "\n")
  }

  /// Nil where it is not off.
  private func words(_ line: Line, _ ink: Ink) -> String? {
    switch line.outcome {
    // What the variant is called is another word, which may be the same one.
    case .off: ink.good("is OFF")
    case .alreadyOff: ink.good("is OFF already")
    case .wouldBeOff: "would be turned OFF"
    case .notOff: nil
    }
  }

  static func spelled(_ seconds: Double) -> String {
    seconds < 1
      ? "\(Int(seconds * 10_000 + 0.5) / 10).\(Int(seconds * 10_000 + 0.5) % 10) ms"
      : "\(Int(seconds * 10) / 10).\(Int(seconds * 10) % 10) s"
  }

  package var json: JSON {
    [
      "flags": .array(
        lines.map { line -> JSON in
          let object: JSON = [
            "flag": .string(line.flag.text), "off": .bool(line.off), "seconds": .number(line.seconds),
            "verified_by": .text(line.verifiedBy), "attempts": .number(line.attempts), "store": .string(line.store),
            "serving": .text(line.serving), "alternative": .text(line.alternative),
            "propagation_seconds": line.propagation.map { .number($0.seconds) } ?? .null,
            "served": line.served.map {
              $0.answer.json.setting("seconds", to: .number($0.seconds))
            } ?? .null,
            "reasons": .strings(line.reasons),
          ]
          return .object((object.members ?? []) + (line.facts?.members ?? []))
        }), "unread": .strings(unread), "remarks": .strings(remarks), "exit": .number(Int(status.rawValue)),
    ]
  }

  package var markdown: String {
    Markdown.table(
      ["Flag", "Off", "Everybody gets", "Store", "Remarks"],
      lines.map { line in
        [
          Markdown.text(line.flag.text), line.off ? "yes" : line.outcome == .notOff ? "**no**" : "would be",
          Markdown.text(line.serving ?? ""),
          Markdown.text(line.store), Markdown.text(line.reasons.joined(separator: "; ")),
        ]
      }
    ).joined(separator: "\n")
  }
}
