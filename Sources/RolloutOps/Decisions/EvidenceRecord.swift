/// What a decision saw, for the journal: enough to answer "why" when the logs are long gone.
package struct EvidenceRecord: Sendable {
  private let evidence: StageEvidence
  private let gates: [Gate]

  /// Nil where nothing was measured: what a person saw stands in their own entry.
  package init?(_ evidence: StageEvidence?, _ gates: [Gate]) {
    guard let evidence else { return nil }
    (self.evidence, self.gates) = (evidence, gates)
  }

  package var json: JSON {
    let summary = evidence.summary { .string(ISO8601.precise($0)) }
    return .object(summary + [JSON.Member("gates", .array(gates.map { .object($0.figures) }))])
  }
}

extension StageEvidence {
  /// From when to when, how much of each version, and what is wrong with it.
  package func summary(time: (Instant) -> JSON) -> [JSON.Member] {
    [
      JSON.Member("from", time(from)), JSON.Member("newest", newest.map(time) ?? .null),
      JSON.Member("canary", canary.json), JSON.Member("control", control?.json ?? .null),
      JSON.Member("faults", .strings(faults)), JSON.Member("remarks", .strings(remarks)),
    ] + (scored.isEmpty ? [] : [JSON.Member("scores", .array(scored.map(\.json)))])
      + (origin.map { [JSON.Member("evaluation", .string($0)), JSON.Member("sets", .array(sets.map(\.json)))] } ?? [])
  }
}

extension StageEvidence.CaseSet {
  fileprivate var json: JSON {
    ["name": .string(name), "canary": .number(canary), "control": .number(control)]
  }
}

extension StageEvidence.Arm {
  fileprivate var json: JSON { ["records": .number(records), "units": units.map { .number($0) } ?? .null] }
}

extension Gate {
  /// Its name, its verdict, and the numbers behind it; a gate that no machine measures has nulls in their place.
  package var figures: [JSON.Member] {
    let action: JSON = if case .trigger(let trigger) = kind { .string(trigger.action.name) } else { "hold" }
    let isBand = if case .trigger(let trigger) = kind { trigger.isBand } else { false }
    var finding: Finding?
    if case .found(let judged)? = found?.outcome { finding = judged }
    return [
      JSON.Member("name", .string(name)), JSON.Member("action", action),
      JSON.Member("verdict", .string(verdict.rawValue)), JSON.Member("canary", finding?.canary.json ?? .null),
      JSON.Member("control", finding?.control?.json ?? .null),
      JSON.Member("difference", .figure(finding?.difference)), JSON.Member("relative", .figure(finding?.relative)),
      JSON.Member("interval", finding?.interval.map { [.figure($0.lower), .figure($0.upper)] } ?? .null),
      JSON.Member("p_value", .figure(finding?.pValue)), JSON.Member("threshold", .figure(finding?.threshold)),
      JSON.Member("scale", .text(finding?.scale.rawValue)),
      JSON.Member("would_see", .figure(finding?.smallestVisible)),
      JSON.Member("measure", .text(found?.measure?.description)),
      JSON.Member("segment", .text(found?.set ?? found?.segment)), JSON.Member("default_band", .bool(isBand)),
      JSON.Member("reason", .string(reason)),
    ] + (found?.figure.map { [JSON.Member("reference", $0.json(finding?.control?.value))] } ?? [])
  }
}

extension Finding.Arm {
  fileprivate var json: JSON {
    ["n": .number(count), "value": .figure(value), "units": units.map { .number($0) } ?? .null]
  }
}

extension JSON {
  /// JSON has no word for what is not finite.
  package static func figure(_ value: Double?) -> JSON {
    guard let value, value.isFinite else { return .null }
    return .number(value)
  }
}
