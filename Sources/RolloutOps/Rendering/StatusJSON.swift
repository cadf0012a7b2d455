/// The status for scripts. More members may join; none changes its meaning.
extension StatusReport {
  package var json: JSON {
    let current = stages.first { $0.state == .current }
    return [
      "flag": .string(flag.text), "stage": current.map(json(of:)) ?? .null, "next": next.map(json(of:)) ?? .null,
      "place": place.json, "decision": .string(outlook.rawValue), "exit": .number(Int(status.rawValue)),
      "reasons": .strings(reasons), "killed": .bool(killed),
      "drift": drift.map { ["expected": .string($0.expected), "shown": .string($0.shown)] } ?? .null,
      "serving": .text(serving), "held": hold.map(json(of:)) ?? .null, "degraded_to": .text(degradedTo),
      "excluded": .strings(exclusions),
      "earliest": .text(earliest.map(calendar.iso)), "stages": .array(stages.map(json(of:))),
      "checklist": .array(checklist.map(json(of:))), "gates": .array(gates.map(json(of:))),
      "evidence": evidence.map(json(of:)) ?? .null,
      "store": .string(store), "remarks": .strings(remarks),
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

  private func json(of hold: Progress.Hold) -> JSON {
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
    let action: JSON = if case .trigger(let trigger) = gate.kind { .string(trigger.action.name) } else { "hold" }
    var finding: Finding?
    if case .found(let found)? = gate.found?.outcome { finding = found }
    return [
      "name": .string(gate.name), "action": action, "verdict": .string(gate.verdict.rawValue),
      "canary": finding.map { json(of: $0.canary) } ?? .null,
      "control": finding?.control.map(json(of:)) ?? .null, "difference": .figure(finding?.difference),
      "relative": .figure(finding?.relative),
      "interval": finding?.interval.map { [.figure($0.lower), .figure($0.upper)] } ?? .null,
      "p_value": .figure(finding?.pValue), "threshold": .figure(finding?.threshold),
      "scale": .text(finding?.scale.rawValue), "would_see": .figure(finding?.smallestVisible),
      "measure": .text(gate.found?.measure?.description), "segment": .text(gate.found?.segment),
      "reason": .string(gate.reason), "hint": .text(gate.hint), "advisory": .bool(gate.advisory),
      "opens": .text(gate.opens.map(calendar.iso)),
    ]
  }

  private func json(of arm: Finding.Arm) -> JSON {
    ["n": .number(arm.count), "value": .figure(arm.value), "units": arm.units.map { .number($0) } ?? .null]
  }

  private func json(of evidence: StageEvidence) -> JSON {
    [
      "from": .string(calendar.iso(evidence.from)), "newest": .text(evidence.newest.map(calendar.iso)),
      "canary": json(of: evidence.canary), "control": evidence.control.map(json(of:)) ?? .null,
      "faults": .strings(evidence.faults), "remarks": .strings(evidence.remarks),
    ]
  }

  private func json(of arm: StageEvidence.Arm) -> JSON {
    ["records": .number(arm.records), "units": arm.units.map { .number($0) } ?? .null]
  }
}

extension JSON {
  /// JSON has no word for what is not finite.
  fileprivate static func figure(_ value: Double?) -> JSON {
    guard let value, value.isFinite else { return .null }
    return .number(value)
  }
}
