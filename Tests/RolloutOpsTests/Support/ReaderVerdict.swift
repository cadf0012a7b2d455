import Testing

@testable import RolloutOps

/// Who is in, by what a platform's SDK answered, held against the exposure that was meant.
struct ReaderVerdict {
  /// For each context the share of its cohort that is in: none for whoever must be out.
  let shares: [Percentage]
  let inside: [Bool]

  /// Problems in words: whoever is in or out against the note for sure, and shares that are off by more than five
  /// standard deviations.
  static func judge(
    _ split: Split, _ contexts: [JSON], _ served: [String], in canary: String, flag: FlagKey
  ) -> (verdict: ReaderVerdict, wrong: [String]) {
    var (shares, inside, wrong) = ([Percentage](), [Bool](), [String]())
    var counted: [Percentage: (all: Int, inside: Int)] = [:]
    for (context, variant) in zip(contexts, served) {
      let share: Percentage
      switch Membership(of: context, in: split, flag: flag, hash: .v3) {
      case .noUnit, .excluded, .noCohort: share = .zero
      case .cohort: share = .whole
      case .share(let grant, _), .outsideShare(let grant, _): share = grant.share
      }
      let isIn = variant == canary
      shares.append(share)
      inside.append(isIn)
      if share == .zero && isIn || share.isWhole && !isIn { wrong.append("\(context.written()) got \(variant)") }
      counted[share, default: (0, 0)].all += 1
      if isIn { counted[share, default: (0, 0)].inside += 1 }
    }
    for (share, count) in counted where share > .zero && !share.isWhole {
      let p = share.percent / 100
      let expected = Double(count.all) * p
      let deviation = (Double(count.all) * p * (1 - p)).squareRoot()
      if abs(Double(count.inside) - expected) > 5 * deviation + 1 {
        wrong.append("\(count.inside) of \(count.all) are in, \(expected) would be \(share)")
      }
    }
    return (ReaderVerdict(shares: shares, inside: inside), wrong)
  }

  /// Contexts that are in by a smaller share there and out by one at least as large here.
  func drops(from other: ReaderVerdict) -> Int {
    inside.indices.count {
      other.inside[$0] && !inside[$0] && shares[$0] >= other.shares[$0] && other.shares[$0] > .zero
    }
  }
}

/// Requests with all that notes select by. What a platform cannot tell apart (the text "True" and a truth value, a unit
/// that is no text) has tests of its own.
enum ReaderContexts {
  static let all: [JSON] = {
    var random = SplitMix64(seed: 20_261_121)
    let choices: [(String, [JSON])] = [
      ("plan", ["paid", "free", "Paid", "paid-not"]), ("team", ["staff", "sta", "a \"b\" \\ é"]),
      ("region", ["eu", "uk", "us"]), ("seats", ["5", 5, 6, "7"]), ("beta", [true, "true", false, "yes"]),
      ("tier", ["stable", "fast"]),
    ]
    var contexts: [JSON] = [
      [:], ["plan": "paid", "team": "staff"], ["team": "staff"], ["beta": true, "region": "us"],
    ]
    for unit in 0..<3000 {
      var members: [JSON.Member] = []
      // One in fifty has no unit.
      if unit % 50 != 7 {
        members.append(JSON.Member("tenant", .string(unit % 40 == 0 ? "Ünit \(unit) 🚀" : "t-\(unit)")))
      }
      for (name, values) in choices where Bool.random(using: &random) {
        members.append(JSON.Member(name, values.randomElement(using: &random) ?? nil))
      }
      contexts.append(.object(members))
    }
    return contexts
  }()

  static func exposures() throws -> [(String, Exposure)] {
    func selector(_ text: String) throws -> Selector { try SelectorText(Substring(text)).selector }
    func grant(_ text: String?, _ percent: Int = 100) throws -> Grant {
      Grant(cohort: try text.map(selector), share: Percentage(percent: percent))
    }
    return [
      ("one team", Exposure(grants: [try grant("team = staff")])),
      ("a list", Exposure(grants: [try grant("tenant in [t-1, t-2, t-99]")])),
      ("not", Exposure(grants: [try grant("not plan = paid")])),
      ("and not", Exposure(grants: [try grant("plan = paid and not region in [eu, uk]")])),
      ("number", Exposure(grants: [try grant("seats = 5")])),
      ("truth in a list", Exposure(grants: [try grant("beta in [true, yes]")])),
      ("awkward text", Exposure(grants: [try grant("team in [\"a \\\"b\\\" \\\\ é\", staff]")])),
      ("5% of paid", Exposure(grants: [try grant("plan = paid", 5)])),
      ("25% of paid", Exposure(grants: [try grant("plan = paid", 25)])),
      ("50% of all", Exposure(grants: [try grant("plan = paid", 25), try grant(nil, 50)])),
      (
        "several",
        Exposure(
          grants: [
            try grant("plan = paid", 25), try grant("region = eu", 60), try grant(nil, 2), try grant("team = staff"),
            try grant("beta = true"),
          ], exclusions: [try selector("tier = stable"), try selector("tenant in [t-3, t-4]")])
      ),
      ("everyone but", Exposure(grants: [try grant(nil)], exclusions: [try selector("tier = stable")])),
      ("everyone", Exposure(grants: [try grant(nil)])), ("99%", Exposure(grants: [try grant(nil, 99)])),
    ]
  }
}
