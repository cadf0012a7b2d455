/// Asks an evaluation endpoint what applications are served now.
struct ServedLook: Sendable {
  let context: Context
  let endpoint: EvaluationEndpoint
  let flag: FlagKey
  let variants: [Variants.Variant]
  let probes: [Probe]

  private static let width = 4
  /// How long an endpoint that says nothing is asked: what it knows is good to have, and no part of the kill.
  static let patience = TimeSpan(seconds: 5)
  private static let (firstPause, longestPause) = (50_000, 1_000_000)

  func look() -> Served {
    let (endpoint, flag) = (endpoint, flag)
    let answers = Crew(threads: Self.width).each(probes) { Served.Answer($0, endpoint.answer(flag, $0)) }
    return Served(address: endpoint.address, answers, variants: variants)
  }

  /// Looks until applications are served what they should be, at most until `end`; an endpoint that says nothing is
  /// given up at `patience`. A last look that was cut short does not hide what the one before it saw.
  func look(until end: Instant, patience: Instant) -> Served {
    var pause = Self.firstPause
    var otherwise: Served?
    while true {
      let served = look()
      if served.agrees == false { otherwise = served }
      let limit = otherwise == nil ? min(end, patience) : end
      if served.agrees == true || context.clock.now() >= limit {
        return served.agrees == nil ? otherwise ?? served : served
      }
      context.clock.pause(microseconds: pause)
      pause = min(2 * pause, Self.longestPause)
    }
  }
}

extension Rollout {
  /// How long a look is worth to somebody who waits for its answer.
  static let lookSeconds = 3

  /// What applications are served, where the settings name somebody to ask. `waits` for a change made a moment ago.
  func served(waits: Bool) -> Served? {
    guard let evaluation, let shown = flag.flag else { return nil }
    let probes = shown.probes(of: key, hashes: store.hashes(progress.plan), after: progress.widest)
    guard !probes.isEmpty else { return nil }
    let end = context.clock.now() + TimeSpan(seconds: Self.lookSeconds)
    let look = ServedLook(
      context: context, endpoint: evaluation.endpoint(until: end, context), flag: key, variants: shown.variants,
      probes: probes)
    return waits ? look.look(until: end, patience: end) : look.look()
  }
}

extension FlagStore {
  /// By which hashes readers of this store may deal; none where it deals by one of its own. Without a plan nobody knows
  /// which version its readers have.
  func hashes(_ plan: Plan?) -> [FlagHash] {
    guard dealsByFlagHash else { return [] }
    return plan.map { [$0.flagHash] } ?? FlagHash.allCases
  }
}

extension Flag {
  /// Requests that tell whether it is served as it stands. Rules that rolloutctl did not write tell nobody whom they mean.
  /// Where all get the same, those are asked who got something else `before`.
  func probes(of key: FlagKey, hashes: [FlagHash], after before: Flag? = nil) -> [Probe] {
    switch serving {
    case .split(let split): return split.probes(of: key, hashes: hashes)
    case .everyone(let variant):
      var probes: [Probe] = []
      if case .split(let split)? = before?.serving { probes = split.probes(of: key, hashes: hashes) }
      if probes.isEmpty {
        probes = [Probe(who: "everybody", attributes: .object([]), unit: "rolloutctl-probe-1", expected: nil)]
      }
      return probes.map { $0.expecting(variant) }
    case .foreign, .applicationDefault: return []
    }
  }
}
