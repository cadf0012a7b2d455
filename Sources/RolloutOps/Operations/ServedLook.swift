/// Asks an evaluation endpoint what applications are served: before a change, to find those whom it is for, and after it.
struct ServedLook: Sendable {
  let context: Context
  let endpoint: any Evaluator
  let flag: FlagKey
  let variants: [Variants.Variant]
  let probes: [Probe]
  var noted: [FlagHash] = []
  let witnesses = Witnesses()

  private static let width = 4
  /// How long an endpoint that says nothing is asked: what it knows is good to have, and no part of the kill.
  static let patience = TimeSpan(seconds: 5)
  private static let (firstPause, longestPause) = (50_000, 1_000_000)

  func look() -> Served {
    Served(address: endpoint.address, ask(), variants: variants, noted: noted)
  }

  private func ask() -> [Served.Answer] {
    let (endpoint, flag) = (endpoint, flag)
    let answers = Crew(threads: Self.width).each(probes) { Served.Answer($0, endpoint.answer(flag, $0)) }
    witnesses.hear(answers, variants)
    return answers
  }

  /// Asks each request once, beside the change: nobody waits for it. Whoever is served the new version still, a later look
  /// may be believed of.
  func askBefore() {
    if endpoint.fault == nil { _ = ask() }
  }

  /// Looks until applications are served what they should be, at most until `end`; an endpoint that says nothing is
  /// given up at `patience`, and one that cannot be asked at once. A last look that was cut short does not hide what the
  /// one before it saw.
  func look(until end: Instant, patience: Instant, needsWitness: Bool = true) -> Served {
    witnesses.changeBegins()
    var pause = Self.firstPause
    var otherwise: Served?
    while true {
      let answers = ask()
      let served = Served(
        address: endpoint.address, answers, variants: variants, noted: noted,
        isWitnessed: !needsWitness || witnesses.vouch(for: probes))
      if served.agrees == false { otherwise = served }
      let limit = otherwise == nil ? min(end, patience) : end
      if served.isAsExpected || answers.allSatisfy(isHopeless) || context.clock.now() >= limit {
        return served.isAsExpected || served.agrees != nil ? served : otherwise ?? served
      }
      context.clock.pause(microseconds: min(pause, max(1, Int(limit.microseconds - context.clock.now().microseconds))))
      pause = min(2 * pause, Self.longestPause)
    }
  }

  private func isHopeless(_ answer: Served.Answer) -> Bool {
    if case .unknown(let trouble) = answer.outcome { !trouble.mayPass } else { false }
  }
}

/// Who was served the new version before everybody gets the old one: only their answers tell that a kill has reached
/// applications. Somebody who was out all the time is served the old version by a server that never heard of it.
final class Witnesses: Sendable {
  private struct Heard: Sendable {
    var found: Set<Probe> = []
    /// Served the old version while the change was not even sent, although every reader lets them in.
    var doubted: Set<Probe> = []
    var isSent = false
  }

  private let heard = Remembered<Heard>()

  init() { heard.last = Heard() }

  /// From now on the old version may be the change at work.
  func changeBegins() { heard.change { $0.isSent = true } }

  func hear(_ answers: [Served.Answer], _ variants: [Variants.Variant]) {
    heard.change { heard in
      for answer in answers {
        guard let served = Served.variant(answer.outcome, among: variants) else { continue }
        switch answer.probe.before {
        case .old: continue
        case .unknown: if served != answer.probe.expected { heard.found.insert(answer.probe) }
        case .new(let name, _):
          if served == name {
            heard.found.insert(answer.probe)
          } else if !heard.isSent {
            heard.doubted.insert(answer.probe)
          }
        }
      }
    }
  }

  /// Whether one of them is a witness: was served the new version by this very server, or must have been, whatever hash it
  /// deals by.
  func vouch(for probes: [Probe]) -> Bool {
    let heard = heard.last ?? Heard()
    return probes.contains { probe in
      if heard.found.contains(probe) { return true }
      if case .new(_, always: true) = probe.before { return !heard.doubted.contains(probe) }
      return false
    }
  }
}

extension Rollout {
  /// How long a look is worth to somebody who waits for its answer.
  static let lookSeconds = 3

  /// What applications are served, where the settings name somebody to ask. `waits` for a change made a moment ago. Where
  /// they name nobody, the store itself may evaluate for whoever only looks: a change was read back from it already.
  func served(waits: Bool) -> Served? {
    guard let shown = flag.flag else { return nil }
    guard let evaluation else { return waits ? nil : evaluated(shown) }
    let probes = shown.probes(of: key, byFlagHash: store.dealsByFlagHash, after: progress.widest)
    guard !probes.isEmpty else { return nil }
    let end = context.clock.now() + TimeSpan(seconds: Self.lookSeconds)
    let look = ServedLook(
      context: context, endpoint: evaluation.endpoint(until: end, context), flag: key, variants: shown.variants,
      probes: probes, noted: note?.note.flagHashes ?? [])
    return waits ? look.look(until: end, patience: end, needsWitness: false) : look.look()
  }
}

extension Rollout {
  private func evaluated(_ shown: Flag) -> Served? {
    guard let evaluator = store.evaluator else { return nil }
    let probes = shown.probes(of: key, byFlagHash: store.dealsByFlagHash, after: progress.widest)
    guard !probes.isEmpty else { return nil }
    let served = ServedLook(context: context, endpoint: evaluator, flag: key, variants: shown.variants, probes: probes)
      .look()
    // Nobody asked for it, so nobody misses it where it has nothing to say.
    let isSilent = served.answers.allSatisfy { if case .unknown = $0.outcome { true } else { false } }
    return isSilent ? nil : served
  }
}

extension Flag {
  /// Requests that tell whether it is served as it stands. Rules that rolloutctl did not write tell nobody whom they mean.
  /// Where all get the same, those are asked who got something else `before`.
  func probes(of key: FlagKey, byFlagHash: Bool, after before: Flag? = nil) -> [Probe] {
    switch serving {
    case .split(let split): return split.probes(of: key, byFlagHash: byFlagHash)
    case .everyone(let variant):
      var probes: [Probe] = []
      if case .split(let split)? = before?.serving {
        probes = split.probes(of: key, byFlagHash: byFlagHash)
      }
      if probes.isEmpty {
        var earlier = Probe.Before.unknown
        if case .everyone(let other)? = before?.serving, other != variant { earlier = .new(other, always: true) }
        probes = [
          Probe(
            who: "everybody", attributes: .object([]), unit: "rolloutctl-probe-1", expected: nil, before: earlier)
        ]
      }
      return probes.map { $0.expecting(variant) }
    case .foreign, .applicationDefault: return []
    }
  }
}
