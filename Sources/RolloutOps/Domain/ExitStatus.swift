/// What a pipeline reads. The one table of exit codes: help, man pages and README print it from here.
package enum ExitStatus: Int32, CaseIterable, Sendable {
  case done = 0
  case inconclusive = 1
  case usage = 2
  case hold = 3
  case rollback = 4
  case kill = 5
  case conflict = 6
  case badNote = 7

  package var meaning: String {
    switch self {
    case .done: "done, or: this stage may be promoted"
    case .inconclusive: "could not conclude: store or evidence unreachable, credentials refused, a fault of ours"
    case .usage: "the command line was wrong"
    case .hold: "hold: not now (soak, samples, window, approval, checklist, soft trigger, no data)"
    case .rollback: "a rollback (or degrade) trigger fired"
    case .kill: "a kill trigger fired, or the flag stands killed"
    case .conflict: "conflict: somebody else changed it, or drift"
    case .badNote: "the note has errors"
    }
  }

  /// Of several targets the worst counts.
  package static let worstFirst: [ExitStatus] = [
    .kill, .rollback, .conflict, .inconclusive, .badNote, .usage, .hold, .done,
  ]

  package static func worst(_ statuses: some Sequence<ExitStatus>) -> ExitStatus {
    let seen = Set(statuses)
    return worstFirst.first(where: seen.contains) ?? .done
  }
}
