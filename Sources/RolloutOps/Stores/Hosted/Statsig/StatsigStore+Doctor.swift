/// Whether a kill would work, as far as Statsig tells: it shows nobody what a key may do.
extension StatsigStore {
  func examine() -> [DoctorCheck] {
    let visit = DoctorCall(client, StatsigKind.gate.path, query: "limit=1&page=1", refusing: refusal)
    guard !visit.isFailed else { return visit.checks }
    guard visit.answer?.isSuccess == true else {
      let why = visit.answer.map { Sentences.refusal(refusal($0)).joined(separator: "; ") } ?? ""
      return visit.checks + [DoctorCheck("rights", .failed, why)]
    }
    return visit.checks + [
      DoctorCheck(
        "rights", .unknown,
        "the key in \(Self.tokenVariable) may read gates; whether it may change them, Statsig does not tell"),
      DoctorCheck("token", .unknown, "when the key in \(Self.tokenVariable) ends, Statsig does not tell"),
    ]
  }

  func examine(_ key: FlagKey) -> [DoctorCheck] {
    guard let gate = try? find(key) else { return [] }
    if gate.isLaunched {
      return [
        DoctorCheck(
          "launched", environment == nil ? .fine : .failed,
          "the gate is launched: everybody passes, in every environment, whatever its rules say"
            + (environment == nil ? "; a kill disables it" : "; only disabling it for all environments helps"))
      ]
    }
    let early = Self.early(gate).map { DoctorCheck("rules", .warning, $0) }
    let planned =
      early + Self.scheduled(gate, key, now: client.context.clock.now()).map { DoctorCheck("schedule", .warning, $0) }
    return planned
      + (gate.hasReview
        ? [
          DoctorCheck(
            "review", .warning, "a review of the \(gate.kind.noun) is open; whoever approves it may undo a kill")
        ]
        : [])
  }

  func undoers(_ key: FlagKey) -> [String] {
    guard let gate = try? find(key) else { return [] }
    return Self.scheduled(gate, key, now: client.context.clock.now())
      + (gate.hasReview ? ["a review of \(key) is open; whoever approves it may turn it on again"] : [])
  }

  /// What of the rules an earlier version wrote in a way that some of Statsig's SDKs read otherwise than it was meant.
  static func early(_ gate: StatsigFlag) -> [String] {
    guard let split = gate.splitOfEarlyManner else { return [] }
    let mended = "the next change of the flag writes it anew: a move, or an exclude and an include of somebody"
    let lost = (split.exposure.exclusions + split.exposure.grants.compactMap(\.cohort)).filter(\.namesTruth)
    let truths = lost.map {
      "\($0) stands there as an earlier version of rolloutctl wrote it, and Statsig's core SDKs (Rust, and Node, Python and "
        + "others upon it) know no such value: an exclusion keeps nobody out there, a cohort is empty; \(mended)"
    }
    return truths + [
      "the rules stand there as an earlier version of rolloutctl wrote them, and statsig-node lets requests without "
        + "\(split.unit) in; \(mended)"
    ]
  }

  /// Steps that Statsig takes by itself: a rule's share at a time.
  static func scheduled(_ gate: StatsigFlag, _ key: FlagKey, now: Instant) -> [String] {
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

extension Selector {
  /// Whether it compares with a truth value.
  fileprivate var namesTruth: Bool {
    switch self {
    case .equals(_, let value): value.isTruth
    case .oneOf(_, let values): values.contains(where: \.isTruth)
    case .not(let inner): inner.namesTruth
    case .all(let parts): parts.contains(where: \.namesTruth)
    }
  }
}
