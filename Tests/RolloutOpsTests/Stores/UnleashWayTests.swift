import Testing

@testable import RolloutOps

/// What applications are served while a flag with variants is changed in Unleash, which takes several requests.
@Suite(.needsPython, .serialized, .waits) struct UnleashWayTests {
  private static let shared = Result { try LivePlatform(.unleash) }

  let platform: LivePlatform
  let world: World

  init() throws {
    platform = try Self.shared.get()
    try platform.put(["flags": [:]])
    world = platform.world(SampleNote.withVariants)
  }

  /// Between the requests of a change everybody is served what they were before or what they will be after it.
  @Test func nobodyIsServedAnythingElseOnTheWay() throws {
    let requests = (0..<60).map { index -> JSON in
      let plan: JSON = index % 3 == 0 ? "paid" : "free"
      return ["tenant": .string("t\(index)"), "plan": plan, "team": index % 10 == 0 ? "staff" : "sales"]
    }
    var last = requests.map { _ in "none" }
    var seen = 0
    func follow(_ verb: String, _ act: () throws -> Void) throws {
      try platform.tell(.post, "/changes?flag=ai-summary")
      try act()
      let changes = try #require(try platform.tell(.post, "/changes?flag=ai-summary")["changes"]?.items)
      let steps = changes.compactMap { $0["flag"] }.map { flag in requests.map { Self.variant(flag, $0) } }
      let after = steps.last ?? last
      for (step, change) in zip(steps, changes) {
        for (index, variant) in step.enumerated() where variant != last[index] && variant != after[index] {
          Issue.record("\(verb), \(change["request"]?.written() ?? ""): \(requests[index].written()) gets \(variant)")
        }
      }
      (last, seen) = (after, seen + steps.count)
    }
    for _ in 0..<4 { try follow("promote") { try world.advance() } }
    #expect(Set(last) == ["canary"])
    let free = Selector.equals(attribute: "plan", AttributeValue("free"))
    try follow("exclude") { _ = try world.move(.exclude, reason: "asked") { $0.selector = free } }
    #expect(Set(last) == ["canary", "control"])
    try follow("include") { _ = try world.move(.include, reason: "asked") { $0.selector = free } }
    try follow("finish") {
      try world.attest("gates")
      _ = try world.move(.finish)
    }
    try follow("rollback") { _ = try world.move(.rollback, reason: "slow") { $0.stage = "25% of paid" } }
    #expect(Set(last) == ["canary", "control"])
    try follow("kill") { _ = world.kill() }
    #expect(Set(last) == ["control"])
    try follow("restore") { _ = try world.move(.restore, reason: "mended") { $0.stage = "internal" } }
    #expect(Set(last) == ["canary", "control"])
    try follow("abandon") { _ = try world.move(.abandon, reason: "enough") }
    #expect(Set(last) == ["control"] && seen > 20)
  }

  /// As an SDK decides: the first strategy that lets it in.
  private static func variant(_ flag: JSON, _ request: JSON) -> String {
    let held = flag["environments"]?.items?.first { $0["name"] == "production" }
    guard held?["enabled"] == true else { return "none" }
    for strategy in held?["strategies"]?.items ?? [] where strategy["disabled"] != true {
      guard let rule = UnleashRule.reading(strategy, of: World.key, .none("")), let name = rule.variant?.name else {
        return "foreign"
      }
      guard case .grant(let grant, let without, let unit) = rule.who else { return name }
      let split = Split(
        exposure: Exposure(grants: [grant], exclusions: without), unit: unit, canary: name, control: "")
      switch Membership(of: request, in: split, flag: World.key, hash: .v3) {
      case .cohort, .share: return name
      case .noUnit, .excluded, .noCohort, .outsideShare: continue
      }
    }
    return "none"
  }
}
