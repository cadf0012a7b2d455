import Foundation
import Testing

@testable import RolloutOps

/// One rollout as a note tells it, from its first cohort to its end, for readers to look at stage by stage; and what the
/// note's words mean for each request, said here once more without any code of the product.
struct RolloutLife {
  /// Where somebody looks: every stage lets in whom the one before does, but for the kill.
  enum Stage: String, CaseIterable {
    case cohorts, small, quarter, killed, restored, whole, finished
  }

  /// All of it with as many contexts as somebody asks for by hand; else few, and the stages that tell most.
  private static let asked = ProcessInfo.processInfo.environment["ROLLOUTCTL_CONTEXTS"].flatMap(Int.init)
  static let isTold = asked != nil
  static let stages: [Stage] = isTold ? Stage.allCases : [.cohorts, .quarter, .killed, .whole]
  static let contexts: [JSON] = Array(odd.prefix(asked ?? 100) + units.prefix(max(0, (asked ?? 100) - odd.count)))

  /// Unleash takes whole percents alone.
  var small = 0.5
  /// PostHog decides a negation where the same cohort asks for that attribute, and of a flag without variants it takes
  /// people out by their unit alone.
  var negatesWhatItAsksFor = false
  var excludesByAttribute = true
  var hasVariants = false

  // MARK: The note

  func note(_ store: String) -> String {
    let cohorts = [
      "internal: team = staff", "named: tenant in [t-1, t-3, t-7, \"Ünit 50 🚀\"]", "flagged: beta = true",
      "seated: seats in [5, 2.5]\(negatesWhatItAsksFor ? " and plan in [paid, free]" : "") and not plan = paid",
    ]
    let exclusions =
      ["tenant in [t-2, t-7, \"Ünit 100 🚀\"]"] + (excludesByAttribute ? ["tier = stable", "trial = true"] : [])
    let schedule =
      "Schedule: internal 0s -> named 0s -> flagged 0s -> seated 0s -> \(small)% 0s -> 25% 0s -> 100% 0s"
    var note = SampleNote.saying("Store", "Store: \(store)")
    note = SampleNote.saying("Cohorts", "Cohorts:\n" + cohorts.map { "- \($0)" }.joined(separator: "\n"), in: note)
    note = SampleNote.saying("Schedule", schedule, in: note)
    note += "\nExclude:\n" + exclusions.map { "- \($0)" }.joined(separator: "\n")
    guard hasVariants else { return note }
    return note + """

      Variants:

      ```json
      {"control": {"model": "m-4"}, "canary": {"model": "m-5", "temperature": 0.7}}
      ```
      """
  }

  // MARK: What its words mean

  enum Meaning { case inside, outside, byShare }

  /// A number in a note is met by the number, and by its text.
  private static func isSeated(_ value: JSON?) -> Bool {
    [5, "5", .spelled("5.0"), .spelled("2.5"), "2.5"].contains(value)
  }

  func meaning(of context: JSON, at stage: Stage) -> Meaning {
    // Finished, everyone gets it, whatever the request carries, and exclusions end.
    if stage == .finished { return .inside }
    // A request whose unit is missing, empty or no text is never in.
    guard stage != .killed, let unit = context["tenant"]?.text, !unit.isEmpty else { return .outside }
    if ["t-2", "t-7", "Ünit 100 🚀"].contains(unit) { return .outside }
    if excludesByAttribute, context["tier"] == "stable" || [true, "true"].contains(context["trial"]) {
      return .outside
    }
    let plan = context["plan"]
    let isOfAPlan = !negatesWhatItAsksFor || ["paid", "free"].contains(plan)
    if context["team"] == "staff" || ["t-1", "t-3", "Ünit 50 🚀"].contains(unit)
      || [true, "true"].contains(context["beta"])
      || Self.isSeated(context["seats"]) && isOfAPlan && plan != "paid"
    {
      return .inside
    }
    switch stage {
    case .cohorts, .killed: return .outside
    case .small, .quarter, .restored: return .byShare
    case .whole, .finished: return .inside
    }
  }

  /// How many in a hundred of those whom no cohort has.
  func percent(at stage: Stage) -> Double { stage == .small ? small : 25 }

  // MARK: Its contexts

  /// What applications send that is not as it should be: first, so that few contexts have them all.
  static let odd: [JSON] = {
    let units: [JSON?] = [nil, .null, "", 7, .spelled("1.5"), true, false, ["t-1"], [:]]
    let others: [JSON] = [["team": "staff"], ["plan": "paid"]]
    let bad = units.flatMap { unit in others.map { other in unit.map { other.setting("tenant", to: $0) } ?? other } }
    return bad + [
      [:], ["targetingKey": "t-1", "team": "staff"], ["tenant": "undefined", "beta": true],
      ["tenant": "null", "plan": "paid"], ["tenant": "true"], ["tenant": "7"], ["tenant": " ", "team": "staff"],
      ["tenant": "T-1"], ["tenant": "t-1"], ["tenant": "t-2", "team": "staff"], ["tenant": "t-3", "tier": "stable"],
      ["tenant": "t-7"], ["tenant": "Ünit 50 🚀"], ["tenant": "Ünit 100 🚀", "beta": true], ["tenant": "ünit 50 🚀"],
      ["tenant": "o-1", "seats": .spelled("5.0"), "plan": "free"], ["tenant": "o-2", "seats": "5.0", "plan": "free"],
      ["tenant": "o-3", "trial": true, "beta": true], ["tenant": "o-4", "trial": "true", "team": "staff"],
      ["tenant": "o-5", "trial": false, "beta": "true"], ["tenant": "o-6", "seats": 5, "plan": .null],
      ["tenant": "o-7", "beta": 1], ["tenant": "o-8", "beta": "1"], ["tenant": "o-9", "team": ["staff"]],
    ]
  }()

  private static let units: [JSON] = {
    var random = SplitMix64(seed: 20_261_130)
    let choices: [(String, [JSON])] = [
      ("plan", ["paid", "free", "Paid", "paid-not"]), ("team", ["staff", "sta", "a \"b\" \\ é", "ops", "ops"]),
      ("region", ["eu", "uk", "us"]), ("seats", ["5", 5, 6, "7", .spelled("2.5"), "2.5", 8, 9]),
      ("beta", [true, "true", false, "yes", "false", false]), ("tier", ["stable", "fast", "fast"]),
      ("trial", [false, "no", false, true]),
    ]
    return (10..<10_000).map { unit in
      var members = [JSON.Member("tenant", .string(unit % 25 == 0 ? "Ünit \(unit) 🚀" : "t-\(unit)"))]
      for (name, values) in choices where Int.random(in: 0..<3, using: &random) == 0 {
        members.append(JSON.Member(name, values.randomElement(using: &random) ?? nil))
      }
      return .object(members)
    }
  }()

  // MARK: From one end to the other

  /// Goes through the note's stages by the verbs that an operator types, and lets `look` see those that are looked at.
  func play(in world: World, _ look: (Stage) throws -> Void) throws {
    func reach(_ stage: Stage) throws {
      #expect(try world.status().drift == nil, "\(stage)")
      if Self.stages.contains(stage) { try look(stage) }
    }
    func promote(_ times: Int = 1) throws {
      for _ in 0..<times {
        if try world.status().place.stageIndex != nil { try world.attest("gates") }
        world.clock.advance(TimeSpan(seconds: 60))
        let report = try world.move(.promote)
        try #require(report.status == .done, "\(report.decision.reasons)")
      }
    }
    try promote(4)
    try reach(.cohorts)
    try promote()
    try reach(.small)
    try promote()
    try reach(.quarter)
    let kill = world.kill()
    try #require(kill.status == .done && kill.lines.allSatisfy(\.off), "\(kill.lines)")
    try reach(.killed)
    // Straight back to where it was, which wants that stage's gates.
    try world.attest("gates")
    let restore = try world.move(.restore, reason: "mended") { $0.stage = "25%" }
    try #require(restore.status == .done, "\(restore.decision.reasons)")
    try reach(.restored)
    try promote()
    try reach(.whole)
    try world.attest("gates")
    world.clock.advance(TimeSpan(seconds: 60))
    let finish = try world.move(.finish)
    try #require(finish.status == .done, "\(finish.decision.reasons)")
    try reach(.finished)
  }
}
