import Testing

@testable import RolloutOps

/// Whom a platform's real SDK lets in, held against what the note says.
struct PlatformTraffic {
  /// Flat contexts: two thousand units, of which some lack attributes, and some that have no unit.
  static let contexts: [JSON] = {
    var random = SplitMix64(seed: 20_261_121)
    var contexts: [JSON] = [[:], ["plan": "paid"], ["tenant": "", "plan": "paid", "team": "staff"], ["team": "staff"]]
    let choices: [(String, [JSON])] = [
      ("plan", ["paid", "free", "Paid", "paid-not"]), ("team", ["staff", "sta", "a \"b\" \\ é"]),
      ("region", ["eu", "uk", "us"]), ("seats", ["5", 5, 6, "7", .spelled("2.5"), "2.5"]),
      ("beta", [true, "true", false, "yes", "True"]), ("tier", ["stable", "fast"]),
    ]
    for unit in 0..<2000 {
      var members = [JSON.Member("tenant", .string(unit % 50 == 0 ? "Ünit \(unit) 🚀" : "t-\(unit)"))]
      for (name, values) in choices where Int.random(in: 0..<4, using: &random) > 0 {
        members.append(JSON.Member(name, values.randomElement(using: &random) ?? nil))
      }
      contexts.append(.object(members))
    }
    return contexts
  }()

  /// Whoever gets the canary, of `contexts`; the shares are the platform's to draw, within five standard deviations.
  static func check(
    _ served: [JSON], of contexts: [JSON] = contexts, _ split: Split, canary: JSON, _ what: String
  ) -> Set<Int> {
    var inside = Set<Int>()
    var drawn: [Grant: (count: Int, of: Int)] = [:]
    var wrong: [String] = []
    for (index, (context, variant)) in zip(contexts, served).enumerated() {
      let isIn = variant == canary
      if isIn { inside.insert(index) }
      let expected: Bool?
      switch Membership(of: context, in: split, flag: FlagKey("f"), hash: .v3) {
      case .cohort: expected = true
      case .excluded, .noUnit, .noCohort: expected = false
      case .share(let grant, _), .outsideShare(let grant, _):
        expected = nil
        let (count, all) = drawn[grant] ?? (0, 0)
        drawn[grant] = (count + (isIn ? 1 : 0), all + 1)
      }
      if let expected, expected != isIn { wrong.append("\(context.written()) got \(variant.written())") }
    }
    #expect(wrong.isEmpty, "\(what): \(wrong.count) wrong\n\(wrong.prefix(5).joined(separator: "\n"))")
    for (grant, (count, all)) in drawn {
      let share = grant.share.percent / 100
      let (mean, deviation) = (Double(all) * share, (Double(all) * share * (1 - share)).squareRoot())
      #expect(abs(Double(count) - mean) <= 5 * deviation + 1, "\(what): \(count) of \(all) for \(grant.share)")
    }
    return inside
  }

  static func value(_ text: String) -> AttributeValue { AttributeValue(text) }
  static func equals(_ attribute: String, _ text: String) -> Selector { .equals(attribute: attribute, value(text)) }

  /// Stages of one rollout, each around the one before.
  static let stages: [(String, Exposure)] = {
    let paid = equals("plan", "paid")
    let some = { (selector: Selector?, micro: Int) in Grant(cohort: selector, share: Percentage(micro: micro)) }
    let staff = some(equals("team", "staff"), 100_000_000)
    let friends = some(.oneOf(attribute: "tenant", [value("t-1"), value("t-2"), value("t-99")]), 100_000_000)
    let out: [Selector] = [.oneOf(attribute: "tenant", [value("t-3"), value("t-99")]), equals("tenant", "t-7")]
    return [
      ("internal", [staff]), ("friends", [staff, friends]), ("5% of paid", [staff, friends, some(paid, 5_000_000)]),
      ("25% of paid", [staff, friends, some(paid, 25_000_000)]),
      ("50%", [staff, friends, some(paid, 60_000_000), some(nil, 50_000_000)]), ("100%", [some(nil, 100_000_000)]),
    ].map { ($0.0, Exposure(grants: $0.1, exclusions: out)) }
  }()

  /// Cohorts that must be met to the letter.
  static let cohorts: [(String, Exposure)] = [
    ("number", Exposure(grants: [Grant(cohort: equals("seats", "5"), share: .whole)])),
    ("truth", Exposure(grants: [Grant(cohort: equals("beta", "true"), share: .whole)])),
    ("untruth", Exposure(grants: [Grant(cohort: equals("beta", "false"), share: .whole)])),
    (
      "fraction",
      Exposure(grants: [Grant(cohort: .oneOf(attribute: "seats", [value("2.5"), value("7")]), share: .whole)])
    ),
    ("awkward", Exposure(grants: [Grant(cohort: equals("team", "a \"b\" \\ é"), share: .whole)])),
    ("both", Exposure(grants: [Grant(cohort: .all([equals("plan", "paid"), equals("region", "eu")]), share: .whole)])),
  ]
}
