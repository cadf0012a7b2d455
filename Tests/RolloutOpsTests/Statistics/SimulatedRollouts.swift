import Foundation

@testable import RolloutOps

/// Rollouts with a known truth, drawn from a seed: what a gate sees at its hundred looks.
struct SimulatedRollouts {
  /// Adds one look's records to what was seen before.
  typealias World = (_ look: Int, _ random: inout SplitMix64) -> [Stratum]
  typealias Test = (name: String, fires: @Sendable ([Stratum]) -> Bool)

  let name: String
  let runs: Int
  var looks = 100
  let seed: UInt64
  let world: (inout SplitMix64) -> World
  let tests: [Test]

  struct Outcome {
    let test: String
    let runs: Int
    /// Canary records at the first look that fired, of the runs in which one did.
    let samples: [Int]

    var share: Double { Double(samples.count) / Double(runs) }
    /// Over all runs; nil where fewer than half of them fired.
    var median: Int? {
      let place = (runs - 1) / 2
      return place < samples.count ? samples.sorted()[place] : nil
    }
  }

  /// One line of the table for each test.
  func run() -> [Outcome] {
    var samples = [[Int]](repeating: [], count: tests.count)
    for index in 0..<runs {
      var random = SplitMix64(seed: seed &+ UInt64(index) &* 0x1_0000_0001)
      let look = world(&random)
      var open = Set(tests.indices)
      for number in 0..<looks where !open.isEmpty {
        let strata = look(number, &random)
        for test in open where tests[test].fires(strata) {
          open.remove(test)
          samples[test].append(strata.reduce(0) { $0 + $1.canary.count })
        }
      }
    }
    let outcomes = zip(tests, samples).map { Outcome(test: $0.name, runs: runs, samples: $1) }
    for outcome in outcomes {
      let share = String(format: "%5.1f%%", outcome.share * 100)
      let after = outcome.median.map { ", half of them within \($0) canary records" } ?? ""
      print("\(name) | \(outcome.test) | \(share) of \(runs)\(after)")
    }
    return outcomes
  }

  /// More than so many of `runs` would be no accident if each had probability `share`: three standard deviations.
  static func most(_ share: Double, of runs: Int) -> Int {
    let mean = share * Double(runs)
    return Int((mean + 3 * (mean * (1 - share)).squareRoot()).rounded(.up))
  }

  // MARK: Worlds

  /// Events at fixed rates.
  static func rates(
    canary: Double, control: Double, share: Double, perLook: Int
  ) -> (inout SplitMix64) -> World {
    { _ in
      var (one, other) = ((0, 0), (0, 0))
      return { _, random in
        let mine = random.binomial(perLook, share)
        one = (one.0 + random.binomial(mine, canary), one.1 + mine)
        other = (other.0 + random.binomial(perLook - mine, control), other.1 + perLook - mine)
        return [Stratum(canary: Sample(events: one.0, of: one.1), control: Sample(events: other.0, of: other.1))]
      }
    }
  }

  /// Lognormal costs; the canary's are `factor` times as high.
  static func costs(_ sigma: Double, factor: Double, share: Double, perLook: Int) -> (inout SplitMix64) -> World {
    { _ in
      var (one, other) = (Moments(), Moments())
      return { _, random in
        for _ in 0..<perLook {
          let value = exp(sigma * random.normal())
          if random.unit() < share { one.add(value * factor) } else { other.add(value) }
        }
        return [Stratum(canary: Sample(one), control: Sample(other))]
      }
    }
  }

  /// Requests of users who each have their own pace, about eight per user in the end, and stay in their arm.
  static func users(
    _ kind: Sample.Kind, factor: Double, share: Double, perLook: Int
  ) -> (inout SplitMix64) -> World {
    { random in
      let users = (0..<perLook * 100 / 8).map { _ in (random.unit() < share, exp(0.5 * random.normal())) }
      var arms = [Sample(kind), Sample(kind)]
      return { _, random in
        for _ in 0..<perLook {
          let user = Int(random.next(upperBound: UInt64(users.count)))
          let (isCanary, pace) = users[user]
          if kind == .rate {
            arms[isCanary ? 0 : 1].add(event: random.unit() < 0.02 * pace, unit: UInt32(user))
          } else {
            let value = pace * exp(0.5 * random.normal()) * (isCanary ? factor : 1)
            arms[isCanary ? 0 : 1].add(value, unit: UInt32(user))
          }
        }
        return [Stratum(canary: arms[0], control: arms[1])]
      }
    }
  }

  /// A ramp from 1% to 50% while errors rise from 0.5% to 4%, in two segments of which the riskier one gets more of the
  /// canary. The canary's errors are `factor` times the control's.
  static func ramp(factor: Double, perLook: Int) -> (inout SplitMix64) -> World {
    { _ in
      var strata: [Stratum] = []
      return { look, random in
        let stage = look / 20
        while strata.count < 2 * (stage + 1) {
          strata.append(Stratum(canary: Sample(.rate), control: Sample(.rate)))
        }
        for segment in 0..<2 {
          let share = [0.01, 0.05, 0.1, 0.25, 0.5][stage] * (segment == 0 ? 0.6 : 1.4)
          let rate = 0.005 * (1 + Double(stage) * 1.75) * (segment == 0 ? 0.5 : 1.5)
          let mine = random.binomial(perLook / 2, share)
          let theirs = perLook / 2 - mine
          let place = 2 * stage + segment
          strata[place].canary.merge(Sample(events: random.binomial(mine, rate * factor), of: mine))
          strata[place].control?.merge(Sample(events: random.binomial(theirs, rate), of: theirs))
        }
        return strata
      }
    }
  }

  // MARK: What others do

  /// All strata added up, as a dashboard does.
  static func sum(_ strata: [Stratum]) -> Stratum {
    var (canary, control) = (Sample(strata[0].canary.kind), Sample(strata[0].canary.kind))
    for stratum in strata {
      canary.merge(stratum.canary)
      if let other = stratum.control { control.merge(other) }
    }
    return Stratum(canary: canary, control: control)
  }

  /// The textbook test, repeated at every look as if it were the only one.
  static let naive: Test = (
    "naive repeated test",
    { strata in
      let whole = sum(strata)
      guard let control = whole.control else { return false }
      let test: Difference?
      if whole.canary.kind == .rate {
        test =
          TwoRates(
            canary: Share(Double(whole.canary.events), of: Double(whole.canary.count)),
            control: Share(Double(control.events), of: Double(control.count))
          ).pooled
      } else {
        test = TwoMeans(canary: whole.canary.moments, control: control.moments).welch
      }
      return test.map { $0.isUsable && $0.upperPValue <= 0.05 } ?? false
    }
  )

  /// The outer interval without clusters, repeated likewise.
  static func naive(quantile level: Double) -> Test {
    (
      "naive repeated test, requests as independent",
      { strata in
        guard let control = strata[0].control, let one = QuantileEstimate(strata[0].canary, level: level),
          let other = QuantileEstimate(control, level: level)
        else { return false }
        return Difference(one.value - other.value, variance: one.plainVariance + other.plainVariance).upperPValue
          <= 0.05
      }
    )
  }

  /// "Alert when it is 20% up", from 200 records on.
  static let fixed: Test = (
    "fixed threshold of +20%",
    { strata in
      let whole = sum(strata)
      guard let control = whole.control, whole.canary.count >= 200 else { return false }
      return whole.canary.moments.mean > 1.2 * control.moments.mean
    }
  )

  static func gate(_ name: String, _ judgement: Judgement, _ verdict: Verdict) -> Test {
    (name, { judgement.judge($0, details: false).verdict == verdict })
  }
}

extension SplitMix64 {
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// G. E. P. Box and M. E. Muller, 1958.
  mutating func normal() -> Double { (-2 * log(1 - unit())).squareRoot() * cos(2 * .pi * unit()) }

  mutating func next(upperBound: UInt64) -> UInt64 { next().multipliedFullWidth(by: upperBound).high }

  /// By the gaps between events, so rare ones cost next to nothing.
  mutating func binomial(_ count: Int, _ rate: Double) -> Int {
    guard rate > 0 else { return 0 }
    guard rate <= 0.5 else { return count - binomial(count, 1 - rate) }
    let step = log1p(-rate)
    var (place, events) = (0, 0)
    while true {
      place += 1 + Int(min((log(1 - unit()) / step).rounded(.down), 1e15))
      if place > count { return events }
      events += 1
    }
  }
}
