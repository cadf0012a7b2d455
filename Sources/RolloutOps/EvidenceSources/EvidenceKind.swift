/// A kind of evidence that a note can name under `Evidence:`. To add one: a folder beside this file, and a row here.
package struct EvidenceKind: Sendable {
  /// Whether that line names one of this kind.
  let isMeant: @Sendable (String) -> Bool
  /// From the lines that name it; none where the note names none.
  let open: @Sendable ([String], Plan, EvidencePlace) throws(SourceTrouble) -> any EvidenceSource

  /// In the order in which they are asked. The first takes what looks like a path, so the others are recognised first.
  private static let all: [EvidenceKind] = [.logs, .prometheus]

  private static let logs = EvidenceKind(
    isMeant: { $0 == "-" || !$0.contains("://") },
    open: { (_, plan, place) throws(SourceTrouble) in try LogEvidence(plan, in: place) })
  private static let prometheus = EvidenceKind(
    isMeant: { Prometheus.isMeant($0) },
    open: { (lines, plan, place) throws(SourceTrouble) in try MetricsEvidence(lines, plan, in: place) })

  /// Every kind, with what the plan names of it.
  package static func open(_ plan: Plan, in place: EvidencePlace) throws(SourceTrouble) -> [any EvidenceSource] {
    let lines = try sorted(plan.evidence)
    var sources: [any EvidenceSource] = []
    for (index, kind) in all.enumerated() {
      sources.append(try kind.open(lines.filter { $0.kind == index }.map(\.line), plan, place))
    }
    return sources
  }

  /// The lines that name trace logs.
  static func logs(among lines: [String]) throws(SourceTrouble) -> [String] {
    try sorted(lines).filter { $0.kind == 0 }.map(\.line)
  }

  private static func sorted(_ lines: [String]) throws(SourceTrouble) -> [(kind: Int, line: String)] {
    var found: [(kind: Int, line: String)] = []
    for line in lines {
      guard let kind = all.lastIndex(where: { $0.isMeant(line) }) else {
        throw SourceTrouble("\(line) is no trace log, and nothing else is read as evidence yet: name a file")
      }
      found.append((kind, line))
    }
    return found
  }
}

/// Where evidence is looked for, and by which doors.
package struct EvidencePlace: Sendable {
  let context: Context
  /// Whether a server on another machine may be asked in the clear.
  let allowsPlain: Bool
  /// From a path or pattern of the note to an absolute one.
  let locate: @Sendable (String) -> String

  package init(_ context: Context, allowsPlain: Bool, locate: @escaping @Sendable (String) -> String) {
    (self.context, self.allowsPlain, self.locate) = (context, allowsPlain, locate)
  }
}
