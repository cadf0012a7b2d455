/// The status for scripts. More members may join; none changes its meaning.
extension StatusReport {
  package var json: JSON {
    let current = stages.first { $0.state == .current }
    return [
      "flag": .string(flag.text), "stage": current.map(json(of:)) ?? .null, "next": next.map(json(of:)) ?? .null,
      "place": marked == nil ? place.json : .null, "marked_place": .text(marked), "decision": .string(outlook.rawValue),
      "exit": .number(Int(status.rawValue)),
      "reasons": .strings(reasons), "killed": .bool(killed),
      "drift": drift.map { ["expected": .string($0.expected.description), "shown": .string($0.shown.description)] }
        ?? .null,
      "serving": .text(serving), "held": hold.map(json(of:)) ?? .null, "degraded_to": .text(degradedTo),
      "excluded": .strings(exclusions), "stalled_seconds": stalled.map { .number($0.seconds) } ?? .null,
      "earliest": .text(earliest.map(calendar.iso)), "stages": .array(stages.map(json(of:))),
      "checklist": .array(checklist.map(json(of:))), "gates": .array(gates.map(json(of:))),
      "evidence": evidence.map(json(of:)) ?? .null,
      "served": served?.json ?? .null, "store": .string(store), "unjournaled": .text(unjournaled),
      "remarks": .strings(remarks),
    ]
  }

  private func json(of stage: StageLine) -> JSON {
    let state =
      switch stage.state {
      case .passed: "passed"
      case .current: "current"
      case .ahead: "ahead"
      }
    return [
      "index": .number(stage.index), "name": .string(stage.name), "percent": .spelled(stage.percent.digits),
      "since": .text(stage.since.map(calendar.iso)), "state": .string(state), "who": .text(stage.who),
      "soak_seconds": .number(stage.soak.seconds),
      "lasted_seconds": stage.lasted.map { .number($0.seconds) } ?? .null, "override": .text(stage.override),
    ]
  }

  private func json(of hold: Hold) -> JSON {
    [
      "by": .string(hold.actor), "since": .string(calendar.iso(hold.time)), "reason": .text(hold.reason),
      "automatic": .bool(hold.automatic),
    ]
  }

  private func json(of line: ChecklistLine) -> JSON {
    [
      "item": .string(line.item.rawValue), "state": .string(line.state.rawValue), "by": .text(line.by),
      "reason": .string(line.reason),
    ]
  }

  /// A gate that no machine measures has no numbers: they are there, and null.
  private func json(of gate: Gate) -> JSON {
    .object(
      gate.figures + [
        JSON.Member("hint", .text(gate.hint)), JSON.Member("advisory", .bool(gate.advisory)),
        JSON.Member("opens", .text(gate.opens.map(calendar.iso))),
      ])
  }

  private func json(of evidence: StageEvidence) -> JSON { .object(evidence.summary { .string(calendar.iso($0)) }) }
}
