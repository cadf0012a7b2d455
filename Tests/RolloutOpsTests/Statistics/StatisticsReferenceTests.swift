import Foundation
import Testing

@testable import RolloutOps

/// Every formula of the gates against scipy and statsmodels, on thousands of random and degenerate cases.
///
/// Needs the virtual environment made from Tests/Live/requirements.txt: `$ROLLOUTCTL_VENV`, by default `.venv/flags`.
/// `ROLLOUTCTL_SEED` brings a printed seed back.
@Suite struct StatisticsReferenceTests {
  static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  static let python: String = {
    let given = ProcessInfo.processInfo.environment["ROLLOUTCTL_VENV"] ?? ".venv/flags"
    return URL(filePath: given, relativeTo: package).path + "/bin/python"
  }()
  static let isRequired = ProcessInfo.processInfo.environment["ROLLOUTCTL_LIVE"] == "required"
  static let isPresent: Bool = {
    guard FileManager.default.isExecutableFile(atPath: python) else { return false }
    return (try? run(["-c", "import scipy, statsmodels"])) != nil
  }()
  static let reason: Comment = "no virtual environment with scipy and statsmodels: see Tests/Live/requirements.txt"

  struct Failure: Error { let status: Int32 }

  static func run(_ arguments: [String]) throws -> Data {
    let output = FileManager.default.temporaryDirectory.appendingPathComponent("reference-\(UUID().uuidString)")
    try Data().write(to: output)
    defer { try? FileManager.default.removeItem(at: output) }
    let process = Process()
    process.executableURL = URL(filePath: python)
    process.arguments = arguments
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
    return try Data(contentsOf: output)
  }

  // MARK: Cases

  struct Case {
    let what: String
    let given: [Any]
    let expected: [Double?]
    let scales: [Double]

    init(_ line: Data) throws {
      let object = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
      what = try #require(object["what"] as? String)
      given = try #require(object["given"] as? [Any])
      expected = try #require(object["expected"] as? [Any]).map { ($0 as? NSNumber)?.doubleValue }
      let scales = (object["scale"] as? [Any]) ?? [object["scale"] ?? 0]
      self.scales = scales.map { ($0 as? NSNumber)?.doubleValue ?? 0 }
    }

    func number(_ index: Int) -> Double { (given[index] as? NSNumber)?.doubleValue ?? .nan }
    func numbers(_ index: Int) -> [Double] { Self.numbers(given[index]) }
    static func numbers(_ value: Any) -> [Double] { (value as? [NSNumber])?.map(\.doubleValue) ?? [] }

    var pair: TwoRates {
      TwoRates(canary: Share(number(0), of: number(1)), control: Share(number(2), of: number(3)))
    }
  }

  @Test func theReferenceIsThereWhereItIsRequired() {
    if Self.isRequired { #expect(Self.isPresent, Self.reason) }
  }

  @Test(.enabled(if: isPresent, reason))
  func everyFormulaAgreesToNineDigits() throws {
    let given = ProcessInfo.processInfo.environment["ROLLOUTCTL_SEED"].flatMap(UInt32.init)
    let seed = given ?? .random(in: 1...999_999)
    print("statistics reference: seed \(seed)")
    let script = Self.package.appendingPathComponent("Tests/Live/statistics_reference.py").path
    var counts: [String: Int] = [:]
    for line in try Self.run([script, String(seed)]).split(separator: UInt8(ascii: "\n")) {
      let item = try Case(line)
      counts[item.what, default: 0] += 1
      let answers = try #require(Self.answers(item), "no answer to \(item.what)")
      #expect(answers.count == item.expected.count)
      for (index, (answer, expected)) in zip(answers, item.expected).enumerated() {
        let scale = item.scales.count > 1 ? item.scales[index] : item.scales[0]
        #expect(
          Self.agree(answer, expected, scale),
          "seed \(seed): \(item.what) [\(index)] is \(answer), not \(expected as Any): \(String(decoding: line.prefix(400), as: UTF8.self))"
        )
      }
    }
    #expect(counts.values.reduce(0, +) > 5000)
    #expect(counts.count == 23, "\(counts.keys.sorted())")
  }

  /// Below 1e-290 a double has lost digits of its own. Far out in a tail a p-value is as many times more sensitive to a
  /// rounding of its statistic as its logarithm is large, in the reference as well as here.
  static func agree(_ answer: Double, _ expected: Double?, _ scale: Double) -> Bool {
    guard let expected else { return !answer.isFinite }
    let isFarOut = expected > 0 && expected < 1e-10
    let sensitivity = isFarOut ? -log(expected) : 1
    return abs(answer - expected) <= 1e-9 * sensitivity * max(abs(expected), scale, 1e-290)
  }

  // MARK: Our answers

  static func answers(_ item: Case) -> [Double]? { curve(item) ?? pair(item) ?? sample(item) ?? sequence(item) }

  static func curve(_ item: Case) -> [Double]? {
    switch item.what {
    case "normal quantile": [NormalCurve.quantile(above: item.number(0))]
    case "normal tail": [NormalCurve.above(item.number(0))]
    case "student tail": [StudentCurve(freedom: item.number(1)).above(item.number(0))]
    case "student quantile": [StudentCurve(freedom: item.number(1)).quantile(above: item.number(0))]
    case "chi-square tail": [ChiSquareCurve.above(item.number(0), freedom: item.number(1))]
    case "beta": [BetaFunction.regularized(item.number(0), item.number(1), item.number(2), item.number(3))]
    default: nil
    }
  }

  static func pair(_ item: Case) -> [Double]? {
    func ends(_ difference: Difference, _ alpha: Double) -> [Double] {
      let interval = difference.interval(alpha)
      return difference.isUsable ? [interval.lower, interval.upper] : [.nan, .nan]
    }
    switch item.what {
    case "pooled":
      let test = item.pair.pooled
      return test.isUsable ? [test.deviate, test.pValue] : [.nan, .nan]
    case "wald": return ends(item.pair.unpooled, item.number(4))
    case "agresti-caffo": return ends(item.pair.agrestiCaffo, item.number(4))
    case "newcomb":
      let interval = item.pair.newcombe(item.number(4))
      return [interval.lower, interval.upper]
    case "wilson":
      let interval = Share(item.number(0), of: item.number(1)).wilson(item.number(2))
      return [interval.lower, interval.upper]
    default: return nil
    }
  }

  static func sample(_ item: Case) -> [Double]? {
    switch item.what {
    case "moments":
      let moments = Moments(item.numbers(0))
      return [moments.mean, moments.variance ?? .nan]
    case "welch":
      let means = TwoMeans(canary: Moments(item.numbers(0)), control: Moments(item.numbers(1)))
      guard let welch = means.welch else { return Array(repeating: .nan, count: 5) }
      let interval = welch.interval(0.05)
      return [welch.deviate, welch.pValue, welch.freedom, interval.lower, interval.upper]
    case "lift":
      let means = TwoMeans(canary: Moments(item.numbers(0)), control: Moments(item.numbers(1)))
      return means.lift.map { [$0.estimate, $0.variance] } ?? [.nan, .nan]
    case "clusters": return [UnitSpread.variance(units(item, .mean).totals) ?? .nan]
    case "quantile spread":
      let estimate = QuantileEstimate(units(item, .quantile), level: item.number(2))
      return estimate.map { [$0.value, $0.plainVariance, $0.designEffect] } ?? [.nan, .nan, .nan]
    case "quantiles":
      var order = OrderStatistics(item.numbers(0))
      return item.numbers(1).map { order.quantile($0) }
    default: return nil
    }
  }

  static func units(_ item: Case, _ kind: Sample.Kind) -> Sample {
    var sample = Sample(kind)
    for (value, unit) in zip(item.numbers(0), item.numbers(1)) { sample.add(value, unit: UInt32(unit)) }
    return sample
  }

  static func sequence(_ item: Case) -> [Double]? {
    switch item.what {
    case "strata":
      let strata = item.given.map { row in
        let counts = Case.numbers(row).map { Int($0) }
        return Stratum(
          canary: Sample(events: counts[0], of: counts[1]), control: Sample(events: counts[2], of: counts[3]))
      }
      guard let test = SequentialComparison(strata, level: nil)?.tests(at: .init()).first else { return nil }
      return [test.estimate, test.deviate * test.deviate, test.pValue]
    case "holm": return Corrections.holm(item.given.indices.map { item.number($0) }).map { $0 ?? .nan }
    case "sample ratio":
      let ratio = Corrections.sampleRatio(item.numbers(0).map { Int($0) }, shares: item.numbers(1))
      return ratio.map { [$0.statistic, $0.pValue] } ?? [.nan, .nan]
    case "always valid":
      let (alpha, ratio) = (item.number(0), item.number(1))
      return [
        AlwaysValid.multiplier(alpha, ratio: ratio), AlwaysValid.upperMultiplier(alpha, ratio: ratio),
        AlwaysValid.squaredScale(alpha, tuning: item.number(2)),
      ]
    case "always valid p":
      let (deviate, ratio) = (item.number(0), item.number(1))
      return [
        AlwaysValid.pValue(deviate: deviate, ratio: ratio), AlwaysValid.upperPValue(deviate: deviate, ratio: ratio),
      ]
    case "events":
      let bets = (item.given[0] as? [Any] ?? []).map(Case.numbers)
        .map { EventEvidence.Bet(canary: $0[0], events: $0[1], fair: $0[2]) }
      return [EventEvidence.pValue(bets, item.number(1) > 0 ? .more : .fewer, designEffect: item.number(2))]
    default: return nil
    }
  }
}
