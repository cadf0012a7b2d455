import Synchronization
import Testing

@testable import RolloutOps

/// A trace log of both versions, a record per tenant: enough canaries for every gate, and the shares that the stage
/// draws.
struct Traffic {
  var canaries = 300
  /// The canary's part of all.
  var share = 0.25
  /// One in so many canary records fails to parse; 0 for none.
  var failsEvery = 0
  var latency = 900
  var violations = 0

  static let sound = Traffic()
  static let failing = Traffic(failsEvery: 8)
  static let slow = Traffic(latency: 9000)
  static let violating = Traffic(violations: 1)

  func text(at time: Instant) -> String {
    let controls = Int(Double(canaries) / share) - canaries
    let when = ISO8601.precise(time)
    func line(_ version: String, _ index: Int, fails: Bool, latency: Int, violates: Bool) -> String {
      """
      {"ts": "\(when)", "prompt_version": "\(version)", "tenant": "\(version)-\(index)", "plan": "paid", \
      "parse_error": \(fails), "latency_ms": \(latency + index % 7), "policy_violation": \(violates), \
      "cost_usd": 0.01\(index % 7)}\n
      """
    }
    let canary = (0..<canaries).map {
      line("v7", $0, fails: failsEvery > 0 && $0 % failsEvery == 0, latency: latency, violates: $0 < violations)
    }
    let control = (0..<controls).map { line("v6", $0, fails: false, latency: 900, violates: false) }
    return (canary + control).joined()
  }
}

extension World {
  static let log = "/w/traces/today.ndjson"

  /// Four kinds of triggers, evidence that a machine can read, and a cheaper variant to degrade to.
  static let watchedNote = SampleNote.saying(
    "Schedule", "Schedule: 5% of paid 0s -> 25% of paid 0s -> 50% 0s -> 100% 0s", in: variantNote
  ).replacing(
    "Rollback trigger:",
    """
    Evidence: traces/*.ndjson
    Metrics to watch:
    - latency: p95(latency_ms)
    - cost: mean(cost_usd)
    - parse failures: rate(parse_error)
    - policy violations: count(policy_violation)
    Hold trigger:
    - cost up more than 10%
    Degrade trigger:
    - p95 latency exceeds 5 s -> fast
    Kill trigger:
    - policy violations above 0
    Rollback trigger:
    """)
  static let automaticNote = watchedNote.replacing("Tier: 3", "Tier: 3\nAutomation: promote")

  /// At `25% of paid`, with sound traffic behind it and none yet at it.
  static func watched(_ note: String = watchedNote) throws -> World {
    try watchedByNote.withLock { played in
      if let world = played[note] { return world.copy() }
      let world = World(note: note)
      try world.move(.promote)
      world.send(Traffic(share: 0.05))
      let report = try world.move(.promote) { $0.stage = "25% of paid" }
      try #require(report.status == .done, "\(report.decision.reasons)")
      played[note] = world
      return world.copy()
    }
  }

  /// By their note: one is played, and every test gets a copy of its own.
  private static let watchedByNote = Mutex<[String: World]>([:])

  /// A minute goes by, in which these requests come.
  func send(_ traffic: Traffic) {
    clock.advance(TimeSpan(seconds: 60))
    files.put(Self.log, traffic.text(at: Instant(microseconds: clock.now().microseconds - 10_000_000)))
  }

  func look(at target: String = note, by actor: String = "ci", dryRun: Bool = false) -> WatchReport {
    var choices = OperatorChoices()
    choices.dryRun = dryRun
    return Watch(context: context(actor), choices: choices).look(at: target)
  }
}
