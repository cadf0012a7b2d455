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
    open: { (lines, plan, place) throws(SourceTrouble) in try LogEvidence(lines, plan, in: place) })
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

  /// The trace logs that the plan names, absolute; none where it names none.
  package static func logs(_ plan: Plan, in place: EvidencePlace) throws(SourceTrouble) -> [String] {
    try LogEvidence.paths(sorted(plan.evidence).filter { $0.kind == 0 }.map(\.line), in: place)
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
