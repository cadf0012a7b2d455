/// What a note's triggers would have done in past traffic.
package struct BacktestReport: Sendable {
  package struct Fired: Sendable {
    /// From 1.
    package let look: Int
    package let time: Instant
    /// Since the first record.
    package let after: TimeSpan
    package let row: StageEvidence.Row
  }

  package enum Outcome: Sendable {
    case fired(Fired)
    /// With what was found at the last look.
    case quiet(StageEvidence.Row)
    case unanswered(String)
  }

  package struct Row: Sendable {
    package let trigger: Trigger
    package var outcome: Outcome
    /// Splits in which it fired; nil where none was tried.
    package var falseAlarms: Int?

    package init(_ trigger: Trigger, _ outcome: Outcome) { (self.trigger, self.outcome) = (trigger, outcome) }
  }

  package struct Splits: Hashable, Sendable {
    package let count: Int
    package let units: Int
    package let share: Double
    package let seed: String
    /// In which something fired that acts.
    package let any: Int
  }

  package let flag: FlagKey
  package let version: VersionLabel
  package let control: String?
  package let unit: String
  package var calendar: LocalCalendar
  package var rows: [Row] = []
  package var first: Instant?
  package var last: Instant?
  package var every: TimeSpan?
  package var looks = 0
  package var logs = 0
  package var records = 0
  package var canaryRecords = 0
  package var controlRecords = 0
  package var splits: Splits?
  package var remarks: [String] = []
  /// Why nothing could be played at all.
  package var reasons: [String] = []

  package init(_ plan: Plan, _ version: VersionLabel, calendar: LocalCalendar) {
    (flag, self.version, control, unit) = (plan.flag, version, plan.controlVersion?.value, plan.unit)
    self.calendar = calendar
  }

  /// What cannot be answered is no answer that it would not have fired.
  package var status: ExitStatus { reasons.isEmpty && unanswered == 0 ? .done : .hold }
  package var unanswered: Int { rows.count { if case .unanswered = $0.outcome { true } else { false } } }

  /// The first that would have fired, then the others in time.
  package var fired: [(row: Row, fired: Fired)] {
    rows.compactMap { row in if case .fired(let fired) = row.outcome { (row, fired) } else { nil } }
      .sorted { $0.fired.time < $1.fired.time }
  }

  /// More often than its test allows: the limit lies within what the control does by itself.
  package func firesTooOften(_ row: Row) -> Bool {
    guard let fired = row.falseAlarms, let splits, splits.count > 0 else { return false }
    // A note has several triggers, so each is accused only where it is nearly certain.
    return Share(Double(fired), of: Double(splits.count)).wilson(0.01).lower > 0.05
  }
}

extension BacktestReport.Outcome {
  /// Of a trigger that did not fire at the last look. What could not be judged there for want of something to compare
  /// is no answer.
  package init(quiet row: StageEvidence.Row) {
    switch row.outcome {
    case .silent(let why), .unmeasured(let why), .notAsked(let why): self = .unanswered(why)
    case .found(let finding):
      switch finding.reason {
      case .noCanary, .noControl, .nothingComparable, .noSpread, .controlIsZero, .singleUnit, .notANumber, .impossible:
        self = .unanswered(FindingSentence(finding, row).text)
      case .inside, .provenInside, .likeControl, .beyond, .firstEvent, .beyondByChance, .beyondUncorrected,
        .insideUnproven,
        .tooFewSamples:
        self = .quiet(row)
      }
    }
  }
}

// MARK: - JSON

extension BacktestReport {
  package var json: JSON {
    [
      "flag": .string(flag.text), "by": .string(version.field), "canary": .string(version.value),
      "control": .text(control), "from": .text(first.map(calendar.iso)), "to": .text(last.map(calendar.iso)),
      "every_seconds": every.map { .number($0.seconds) } ?? .null, "looks": .number(looks),
      "records": ["all": .number(records), "canary": .number(canaryRecords), "control": .number(controlRecords)],
      "triggers": .array(rows.map(json(of:))),
      "splits": splits.map { splits in
        [
          "count": .number(splits.count), "unit": .string(unit), "units": .number(splits.units),
          "share": .number(splits.share), "seed": .string(splits.seed), "fired": .number(splits.any),
        ]
      } ?? .null, "remarks": .strings(remarks), "reasons": .strings(reasons),
      "exit": .number(Int(status.rawValue)),
    ]
  }

  private func json(of row: Row) -> JSON {
    var members = [
      JSON.Member("trigger", .string(row.trigger.text)), JSON.Member("action", .string(row.trigger.action.name)),
    ]
    var found: StageEvidence.Row?
    switch row.outcome {
    case .fired(let fired):
      found = fired.row
      members += [
        JSON.Member("outcome", "fired"), JSON.Member("fired_at", .string(calendar.iso(fired.time))),
        JSON.Member("look", .number(fired.look)), JSON.Member("after_seconds", .number(fired.after.seconds)),
      ]
    case .quiet(let row):
      found = row
      members += [JSON.Member("outcome", "quiet")]
    case .unanswered(let why): members += [JSON.Member("outcome", "unanswered"), JSON.Member("reason", .string(why))]
    }
    if let found, case .found(let finding) = found.outcome {
      let gate = Gate(
        row.trigger.text, .trigger(row.trigger), finding.verdict, FindingSentence(finding, found).text, found: found)
      members.append(JSON.Member("evidence", .object(gate.figures.filter { !["name", "action"].contains($0.name) })))
    }
    members.append(JSON.Member("false_alarms", falseAlarms(row)))
    return .object(members)
  }

  private func falseAlarms(_ row: Row) -> JSON {
    guard let fired = row.falseAlarms, let splits else { return .null }
    let share = Share(Double(fired), of: Double(splits.count))
    let interval = share.wilson(0.05)
    return [
      "fired": .number(fired), "splits": .number(splits.count), "share": .number(share.rate),
      "interval": [.number(interval.lower), .number(interval.upper)],
    ]
  }
}
