import Foundation
import Testing

@testable import RolloutOps

/// How often the gates err, and how long they take, in rollouts whose truth is known. A small run is part of every test;
/// `ROLLOUTCTL_SIMULATION=2000` makes so many rollouts of each kind instead and all combinations, best built with
/// `-c release -Xswiftc -enable-testing`. Prints a table; the seed is fixed, so the outcome is too.
@Suite(.serialized) struct GateSimulationTests {
  static let full = ProcessInfo.processInfo.environment["ROLLOUTCTL_SIMULATION"].flatMap(Int.init)
  static let seed: UInt64 = 20_240
  /// Rollouts of a kind: many where they are asked for.
  static func runs(_ small: Int) -> Int { full ?? small }

  static let any = Judgement(.beyond(.up))
  static let up20 = Judgement(.relative(.up, 0.2))

  static func simulate(
    _ name: String, _ runs: Int, _ tests: [SimulatedRollouts.Test],
    _ world: @escaping (inout SplitMix64) -> SimulatedRollouts.World
  ) -> [SimulatedRollouts.Outcome] {
    SimulatedRollouts(name: "\(name), seed \(seed)", runs: runs, seed: seed, world: world, tests: tests).run()
  }

  static func expectAtMost(_ share: Double, _ outcome: SimulatedRollouts.Outcome) {
    #expect(
      outcome.samples.count <= SimulatedRollouts.most(share, of: outcome.runs),
      "\(outcome.test): \(outcome.samples.count) of \(outcome.runs)")
  }

  static let shares = full == nil ? [0.05] : [0.01, 0.05, 0.5]

  // MARK: No difference, a hundred looks

  @Test(arguments: full == nil ? [0.01] : [0.002, 0.01, 0.1], shares)
  func equalRatesAreRarelyRolledBack(rate: Double, share: Double) {
    let outcomes = Self.simulate(
      "no difference, rate \(rate), canary \(share)", Self.runs(200),
      [SimulatedRollouts.gate("gate", Self.any, .breach), SimulatedRollouts.naive, SimulatedRollouts.fixed],
      SimulatedRollouts.rates(canary: rate, control: rate, share: share, perLook: 500))
    Self.expectAtMost(0.05, outcomes[0])
    #expect(outcomes[1].share > outcomes[0].share, "the naive test errs more, or nothing is shown here")
  }

  @Test(arguments: full == nil ? [1.5] : [1, 1.5, 2], shares)
  func equalHeavyTailedMeansAreRarelyRolledBack(sigma: Double, share: Double) {
    let outcomes = Self.simulate(
      "no difference, lognormal \(sigma), canary \(share)", Self.runs(60),
      [
        SimulatedRollouts.gate("gate, dearer", Self.any, .breach),
        SimulatedRollouts.gate("gate, cheaper", Judgement(.beyond(.down)), .breach), SimulatedRollouts.naive,
      ], SimulatedRollouts.costs(sigma, factor: 1, share: share, perLook: Self.full == nil ? 60 : 500))
    Self.expectAtMost(0.05, outcomes[0])
    Self.expectAtMost(0.05, outcomes[1])
  }

  @Test(arguments: full == nil ? [Sample.Kind.quantile] : [.quantile, .rate, .mean], shares)
  func equalCorrelatedRequestsAreRarelyRolledBack(kind: Sample.Kind, share: Double) {
    let level = kind == .quantile ? 0.95 : nil
    let outcomes = Self.simulate(
      "no difference, \(kind) of users with 8 requests, canary \(share)", Self.runs(15),
      [
        SimulatedRollouts.gate("gate", Judgement(.beyond(.up), level: level), .breach),
        kind == .quantile ? SimulatedRollouts.naive(quantile: 0.95) : SimulatedRollouts.naive,
      ], SimulatedRollouts.users(kind, factor: 1, share: share, perLook: Self.full == nil ? 20 : 200))
    Self.expectAtMost(0.05, outcomes[0])
  }

  // MARK: At the margin, with proof asked for

  @Test(arguments: full == nil ? [0.01] : [0.002, 0.01, 0.1], shares)
  func aRateAtTheMarginIsRarelyCalledSafe(rate: Double, share: Double) {
    let proven = Judgement(.relative(.up, 0.5), isProven: true)
    let wald: SimulatedRollouts.Test = (
      "unpooled interval, repeated",
      { strata in
        let whole = SimulatedRollouts.sum(strata)
        guard let control = whole.control, control.count > 0, whole.canary.count > 0 else { return false }
        let rates = TwoRates(
          canary: Share(Double(whole.canary.events), of: Double(whole.canary.count)),
          control: Share(Double(control.events), of: Double(control.count)))
        return rates.unpooled.interval(0.1).upper < 0.5 * rate
      }
    )
    let outcomes = Self.simulate(
      "50% worse with a margin of 50%, rate \(rate), canary \(share)", Self.runs(60),
      [SimulatedRollouts.gate("gate says safe", proven, .pass), wald],
      SimulatedRollouts.rates(canary: rate * 1.5, control: rate, share: share, perLook: 500))
    Self.expectAtMost(0.05, outcomes[0])
    #expect(outcomes[1].share > outcomes[0].share)
  }

  @Test(arguments: shares) func aCostAtTheMarginIsRarelyCalledSafe(share: Double) {
    let outcomes = Self.simulate(
      "20% dearer with a margin of 20%, canary \(share)", Self.runs(60),
      [SimulatedRollouts.gate("gate says safe", Judgement(.relative(.up, 0.2), isProven: true), .pass)],
      SimulatedRollouts.costs(1.5, factor: 1.2, share: share, perLook: Self.full == nil ? 60 : 500))
    Self.expectAtMost(0.05, outcomes[0])
  }

  @Test(.enabled(if: full != nil, "takes minutes: set ROLLOUTCTL_SIMULATION"), arguments: shares)
  func aQuantileAtTheMarginIsRarelyCalledSafe(share: Double) {
    let proven = Judgement(.relative(.up, 0.2), level: 0.95, isProven: true)
    let outcomes = Self.simulate(
      "p95 20% slower with a margin of 20%, canary \(share)", Self.runs(15),
      [SimulatedRollouts.gate("gate says safe", proven, .pass)],
      SimulatedRollouts.users(.quantile, factor: 1.2, share: share, perLook: 200))
    Self.expectAtMost(0.05, outcomes[0])
  }

  // MARK: Ramps and mixes

  @Test func aRampWithDriftFoolsTheSumOnly() {
    let summed: SimulatedRollouts.Test = (
      "the same gate on sums", { Self.any.judge([SimulatedRollouts.sum($0)], details: false).verdict == .breach }
    )
    let tests = [SimulatedRollouts.gate("gate", Self.any, .breach), summed]
    let same = Self.simulate(
      "ramp, no difference", Self.runs(25), tests, SimulatedRollouts.ramp(factor: 1, perLook: 2000))
    Self.expectAtMost(0.05, same[0])
    #expect(same[1].share > 0.8)
    let worse = Self.simulate(
      "ramp, 50% worse", Self.runs(25), tests, SimulatedRollouts.ramp(factor: 1.5, perLook: 2000))
    #expect(worse[0].share > 0.9)
  }

  // MARK: Not by blindness

  /// A hundred canary records a look, however small their share is; with half of the traffic the control is no larger
  /// than the canary, which costs twice the records.
  @Test(arguments: shares) func aDoubledErrorRateIsFoundInTime(share: Double) throws {
    let outcomes = Self.simulate(
      "errors from 1% to 2%, canary \(share)", Self.runs(40),
      [
        SimulatedRollouts.gate("gate, any difference", Self.any, .breach),
        SimulatedRollouts.gate("gate, more than 20%", Self.up20, .breach), SimulatedRollouts.naive,
        SimulatedRollouts.fixed,
      ], SimulatedRollouts.rates(canary: 0.02, control: 0.01, share: share, perLook: Int((100 / share).rounded())))
    let size = share < 0.5 ? 1 : 2
    #expect(try #require(outcomes[0].median) < 2500 * size)
    #expect(try #require(outcomes[1].median) < 4500 * size)
  }

  @Test(arguments: shares) func aCostRiseIsFoundInTime(share: Double) throws {
    let outcomes = Self.simulate(
      "cost up 20%, lognormal 1, canary \(share)", Self.runs(10),
      [
        SimulatedRollouts.gate("gate, any difference", Self.any, .breach), SimulatedRollouts.naive,
        SimulatedRollouts.fixed,
      ],
      SimulatedRollouts.costs(
        1, factor: 1.2, share: share, perLook: Int(((Self.full == nil ? 25 : 50) / share).rounded())))
    #expect(try #require(outcomes[0].median) < (share < 0.5 ? 2500 : 5000))
  }

  /// Forty tenants in the canary; one runs into a loop and costs eighteen times as much. The trigger is asked of each
  /// tenant, with the risk shared among them; the trial looks after every ten requests of each.
  @Test func aTenantInALoopIsFoundAtOnce() {
    let trigger = Judgement(.multiple(5), minimumSamples: 0)
    let (runs, tenants) = (Self.runs(10), 40)
    var (found, falseAlarms, records) = (0, 0, [Int]())
    for run in 0..<runs {
      var random = SplitMix64(seed: Self.seed &+ UInt64(run))
      let levels = (0..<tenants).map { _ in exp(0.4 * random.normal()) }
      var control = Sample(.mean)
      for _ in 0..<2000 { control.add(exp(0.4 * random.normal() + random.normal())) }
      var samples = Array(repeating: Sample(.mean), count: tenants)
      for look in 1...20 {
        for tenant in 0..<tenants {
          for _ in 0..<10 { samples[tenant].add(levels[tenant] * exp(random.normal()) * (tenant == 0 ? 18 : 1)) }
        }
        let findings = Judgement.corrected(
          samples.map { trigger.judge([Stratum(canary: $0, control: control)], details: false) })
        let broken = findings.indices.filter { findings[$0].verdict == .breach }
        if broken.contains(where: { $0 > 0 }) { falseAlarms += 1 }
        if broken.contains(0) {
          found += 1
          records.append(look * 10)
          break
        }
      }
    }
    let median = records.sorted()[max(records.count / 2, 0)]
    print(
      "one of 40 tenants 18 times as dear, limit 5x, seed \(Self.seed) | gate in any tenant | found in \(found) of "
        + "\(runs), false in \(falseAlarms), half of them within \(median) of its requests")
    #expect(found >= runs * 9 / 10 && median <= 120)
    #expect(falseAlarms <= SimulatedRollouts.most(0.05, of: runs))
  }
}
