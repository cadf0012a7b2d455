@testable import RolloutOps

/// Exposures as notes may have them, and some that only a program would write.
enum RandomExposure {
  static let values = [
    "a", "paid", "eu", "5", "true", "False", "x y", "a \"b\" | c", "ä", "5.0", "without", "everybody",
  ]

  static func any(_ random: inout SplitMix64) -> Exposure {
    let grants = (0..<Int.random(in: 0...4, using: &random)).map { _ in
      Grant(
        cohort: Int.random(in: 0..<4, using: &random) == 0 ? nil : selector(&random, depth: 0),
        share: Bool.random(using: &random)
          ? .whole : Percentage(percent: Int.random(in: 1...99, using: &random)))
    }
    let exclusions = (0..<Int.random(in: 0...2, using: &random)).map { _ in selector(&random, depth: 1) }
    return Exposure(grants: grants, exclusions: exclusions)
  }

  static func selector(_ random: inout SplitMix64, depth: Int) -> Selector {
    let attribute = ["plan", "team", "region", "seats", "beta"].randomElement(using: &random) ?? "plan"
    let value = { (random: inout SplitMix64) in
      AttributeValue(values.randomElement(using: &random) ?? "a", quoted: Int.random(in: 0..<8, using: &random) == 0)
    }
    switch Int.random(in: 0..<(depth > 1 ? 2 : 5), using: &random) {
    case 0: return .equals(attribute: attribute, value(&random))
    case 1, 4:
      return .oneOf(
        attribute: attribute, (0..<Int.random(in: 1...3, using: &random)).map { _ in value(&random) })
    case 2: return .not(selector(&random, depth: depth + 1))
    default:
      return .all((0..<Int.random(in: 2...3, using: &random)).map { _ in selector(&random, depth: depth + 1) })
    }
  }
}

enum ValuedVariants {
  static let objects = [
    Variants.Variant("control", ["model": "m-4"]), Variants.Variant("canary", ["model": "m-5", "t": .spelled("0.70")]),
    Variants.Variant("off", ["enabled": false]),
  ]
}
