/// Whether a kill would work, as far as Statsig tells: it shows nobody what a key may do.
extension StatsigStore {
  package func examine() -> [Check] {
    let visit = Visit(client, Self.gates, query: "limit=1&page=1", refusing: refusal)
    guard !visit.isFailed else { return visit.checks }
    guard visit.answer?.isSuccess == true else {
      let why = visit.answer.map { Sentences.refusal(refusal($0)).joined(separator: "; ") } ?? ""
      return visit.checks + [Check("rights", .failed, why)]
    }
    return visit.checks + [
      Check(
        "rights", .unknown,
        "the key in \(Self.tokenVariable) may read gates; whether it may change them, Statsig does not tell"),
      Check("token", .unknown, "when the key in \(Self.tokenVariable) ends, Statsig does not tell"),
    ]
  }

  package func examine(_ key: FlagKey) -> [Check] {
    guard let gate = try? find(key) else { return [] }
    if gate.isLaunched {
      return [
        Check(
          "launched", environment == nil ? .fine : .failed,
          "the gate is launched: everybody passes, in every environment, whatever its rules say"
            + (environment == nil ? "; a kill disables it" : "; only disabling it for all environments helps"))
      ]
    }
    let planned = Self.scheduled(gate, key, now: client.context.clock.now()).map { Check("schedule", .warning, $0) }
    return planned
      + (gate.hasReview
        ? [Check("review", .warning, "a review of the gate is open; whoever approves it may undo a kill")] : [])
  }

  package func undoers(_ key: FlagKey) -> [String] {
    guard let gate = try? find(key) else { return [] }
    return Self.scheduled(gate, key, now: client.context.clock.now())
      + (gate.hasReview ? ["a review of \(key) is open; whoever approves it may turn it on again"] : [])
  }

  /// Steps that Statsig takes by itself: a rule's share at a time.
  static func scheduled(_ gate: StatsigGate, _ key: FlagKey, now: Instant) -> [String] {
    gate.rules.compactMap { rule in
      let steps = (rule["pendingAutomatedRollouts"]?.items ?? []).compactMap { step -> Instant? in
        step["time"]?.integer.map { Instant(microseconds: Int64($0) * 1000) }
      }
      guard let next = steps.filter({ $0 > now }).min() else { return nil }
      let name = rule["name"]?.text ?? ""
      return "Statsig will widen the rule \"\(name)\" of \(key) on \(ISO8601.string(next)); end that scheduled rollout"
    }
  }
}
