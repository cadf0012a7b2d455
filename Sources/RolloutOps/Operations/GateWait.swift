/// Looks at a rollout until its gates are open, or waiting helps no more: for pipelines that go on by themselves.
package struct GateWait: Sendable {
  package let context: Context
  package let choices: OperatorChoices

  package init(context: Context, choices: OperatorChoices) { (self.context, self.choices) = (context, choices) }

  package static let usualPatience = TimeSpan.minutes(120)
  /// Evidence is rarely newer than this, and a stage lasts hours.
  private static let pause = TimeSpan(seconds: 30)

  /// The last look, and whether the time was over then. Every change is told in a line on standard error.
  package func look(at target: String, for patience: TimeSpan) throws(Trouble) -> (report: StatusReport, isLate: Bool) {
    let status = Status(context: context, choices: choices)
    let end = context.clock.now() + patience
    var told: String?
    while true {
      let report = try status.status(of: target)
      let turn = report.turn
      let line = turn.sentence(report)
      if line != told {
        context.output.remark("rolloutctl: \(report.calendar.exact(context.clock.now())) \(Terminal.plain(line))")
      }
      told = line
      guard turn == .machine else { return (report, false) }
      let left = end.since(context.clock.now())
      guard left > .zero else { return (report, true) }
      let opens = report.earliest.map { max(TimeSpan(seconds: 1), $0.since(context.clock.now())) } ?? Self.pause
      context.clock.pause(microseconds: min(left, opens, Self.pause).seconds * 1_000_000)
    }
  }
}

/// Whose turn it is before the next stage.
package enum Turn: Hashable, Sendable {
  /// The gates are open, or nothing is left to do.
  case nobody
  /// Time and evidence may open what is shut.
  case machine
  /// What is shut opens only when somebody does something: the names of the gates.
  case person([String])
  /// A trigger fired, or the flag is killed, drifted, or its note was edited.
  case breach
}

extension StatusReport {
  package var turn: Turn {
    if status == .done { return .nobody }
    if status != .hold { return .breach }
    if let hold { return .person(["held by \(hold.actor)"]) }
    let shut = gates.filter { $0.verdict != .pass && !$0.advisory }
    if shut.isEmpty { return .person(Array(reasons.prefix(1))) }
    let people = shut.filter(\.waitsForAPerson)
    return people.count == shut.count ? .person(people.map(\.name)) : .machine
  }
}

extension Gate {
  /// Whether neither time nor evidence opens it.
  fileprivate var waitsForAPerson: Bool {
    switch kind {
    case .note, .checklist, .review, .byEye, .exclusions: true
    case .trigger: needsPerson || found == nil && hint != nil
    case .clock, .soak, .evidence, .samples, .sampleRatio: false
    }
  }
}

extension Turn {
  fileprivate func sentence(_ report: StatusReport) -> String {
    let flag = report.flag.text
    switch self {
    case .nobody: return "\(flag): \(report.reasons.first ?? "open")"
    case .breach: return "\(flag): \(report.outlook.rawValue): \(report.reasons.first ?? "")"
    case .person(let gates): return "\(flag): somebody's turn: \(gates.joined(separator: ", "))"
    case .machine:
      let shut = report.gates.filter { $0.verdict != .pass && !$0.advisory }.map(\.name)
      let earliest = report.earliest.map { "; earliest \(report.calendar.exact($0))" } ?? ""
      return "\(flag): waiting for \(shut.joined(separator: ", "))\(earliest)"
    }
  }
}
