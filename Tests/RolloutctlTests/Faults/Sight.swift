@testable import RolloutOps

/// Who gets the canary by what a server holds, read from it without any code of the product: only as far as the one note
/// of these runs goes, and never by a mark or a title.
struct Sight: Hashable, CustomStringConvertible {
  /// `staff`, `5 of paid` and the like, `everybody`.
  var grants: Set<String> = []
  /// Tenants that no grant is for.
  var without: Set<String> = []

  static let nobody = Sight()
  static let stages: [Set<String>] = [["staff"], ["staff", "5 of paid"], ["staff", "25 of paid"], ["everybody"]]
  static let names = ["internal", "5% of paid", "25% of paid", "100%"]
  static let tenants = ["gone-1", "gone-2"]

  /// Rules of which one lets in all that another one does are that one.
  private var simplified: Sight {
    var sight = self
    if grants.contains("everybody") { sight.grants = ["everybody"] }
    if grants.contains("25 of paid") { sight.grants.remove("5 of paid") }
    return sight
  }

  /// The stage's index, -1 for nobody; nil for what is no stage of the note.
  var stage: Int? { grants.isEmpty ? -1 : Self.stages.firstIndex(of: grants) }

  var description: String { "\(grants.sorted()) without \(without.sorted())" }

  /// One rule of a server: whom it is about, judged by the attributes that it asks for.
  private struct Rule {
    let text: String
    let share: Double

    init(_ json: JSON?, share: Double) { (text, self.share) = (json?.written(.compact) ?? "", share) }

    var tenants: Set<String> { Set(Sight.tenants.filter { text.contains($0) }) }

    var grant: String? {
      guard share > 0 else { return nil }
      let who = text.contains("\"team\"") ? "staff" : text.contains("\"plan\"") ? "paid" : "everybody"
      return share == 100 ? who : "\(Int(share)) of \(who)"
    }
  }

  /// Rules that are tried in their order: one that keeps tenants out does so for those behind it.
  private static func ordered(_ rules: [Rule]) -> Sight {
    var sight = Sight()
    for rule in rules {
      if let grant = rule.grant { sight.grants.insert(grant) } else { sight.without.formUnion(rule.tenants) }
    }
    if sight.grants.isEmpty { sight.without = [] }
    return sight
  }

  /// Rules that are alternatives: out is who is kept out by each of them.
  private static func alternatives(_ rules: [Rule]) -> Sight {
    let granting = rules.filter { $0.grant != nil }
    var without = granting.first?.tenants ?? []
    for rule in granting { without.formIntersection(rule.tenants) }
    return Sight(grants: Set(granting.compactMap(\.grant)), without: without).simplified
  }

  // MARK: Each server

  static func flagd(_ flag: JSON?) -> Sight {
    guard flag?["state"] == "ENABLED", let steps = flag?["targeting"]?["if"]?.items else {
      return flag?["defaultVariant"] == "on" ? Sight(grants: ["everybody"]) : .nobody
    }
    func share(_ outcome: JSON) -> Double {
      if outcome == "on" { return 100 }
      let split = outcome["fractional"]?.items ?? []
      return Double(split.first { $0.items?.first == "on" }?.items?.last?.integer ?? 0) / 1000
    }
    var rules: [Rule] = []
    for index in stride(from: 0, to: steps.count - 1, by: 2) {
      rules.append(Rule(steps[index], share: share(steps[index + 1])))
    }
    if steps.count % 2 == 1, let rest = steps.last { rules.append(Rule(nil, share: share(rest))) }
    return ordered(rules)
  }

  static func launchDarkly(_ flag: JSON?) -> Sight {
    guard let place = flag?["environments"]?["production"], place["on"] == true else { return .nobody }
    func share(_ served: JSON?) -> Double {
      if let variation = served?["variation"]?.integer { return variation == 0 ? 100 : 0 }
      let split = served?["rollout"]?["variations"]?.items ?? []
      return Double(split.first { $0["variation"] == 0 }?["weight"]?.integer ?? 0) / 1000
    }
    let rules = (place["rules"]?.items ?? []).map { Rule($0["clauses"], share: share($0)) }
    return ordered(rules + [Rule(nil, share: share(place["fallthrough"]))])
  }

  static func unleash(_ flag: JSON?) -> Sight {
    let place = flag?["environments"]?.items?.first { $0["name"] == "production" }
    guard place?["enabled"] == true, let strategies = place?["strategies"]?.items else { return .nobody }
    // Where an environment that is on has no strategies, everybody is in.
    if strategies.isEmpty { return Sight(grants: ["everybody"]) }
    return alternatives(
      strategies.filter { $0["disabled"] != true }.map { strategy in
        let share = strategy["parameters"]?["rollout"]?.text.flatMap(Double.init) ?? 100
        return Rule(strategy["constraints"], share: share)
      })
  }

  static func posthog(_ flag: JSON?) -> Sight {
    guard flag?["active"] == true, flag?["deleted"] != true else { return .nobody }
    return alternatives(
      (flag?["filters"]?["groups"]?.items ?? []).map { group in
        Rule(group["properties"], share: Double(group["rollout_percentage"]?.integer ?? 100))
      })
  }

  static func statsig(_ gate: JSON?) -> Sight {
    guard gate?["isEnabled"] == true else { return .nobody }
    return ordered(
      (gate?["rules"]?.items ?? []).map { rule in
        Rule(rule["conditions"], share: Double(rule["passPercentage"]?.integer ?? 0))
      })
  }
}
