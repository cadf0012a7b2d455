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
    return gate.hasReview
      ? [Check("review", .warning, "a review of the gate is open; whoever approves it may undo a kill")] : []
  }
}
