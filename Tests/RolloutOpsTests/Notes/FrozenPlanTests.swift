import Testing

@testable import RolloutOps

@Suite struct FrozenPlanTests {
  @Test(arguments: 0..<300)
  func everyPlanComesBackAsItWas(seed: Int) throws {
    var random = RandomPlans(seed: UInt64(seed))
    let plan = random.plan()
    let text = plan.frozen.written()
    #expect(try Plan(frozen: JSON.parse(text)) == plan, "seed \(seed)")
    #expect(try Plan(frozen: JSON.parse(text)).digest == plan.digest, "seed \(seed)")
  }

  @Test func theFullNoteComesBack() throws {
    let plan = try #require(Note.read(Array(NoteFixtures.full.utf8), path: "n.md").plan)
    #expect(try Plan(frozen: plan.frozen) == plan)
    #expect(plan.digest == SHA256.hex(plan.frozen.written()))
  }

  /// Journals have the members in this order, and digests hang on it: what joins comes last.
  @Test func theMembersKeepTheirOrder() throws {
    var plan = try #require(Note.read(Array(NoteFixtures.full.utf8), path: "n.md").plan)
    plan.checklist = .required
    plan.scores = ScoreFiles(["s.csv"])
    plan.fields = ["quality": "judge.score"]
    plan.evaluation = "eval/run-7.md"
    plan.samples = 200
    #expect(
      plan.frozen.members?.map(\.name) == [
        "flag", "change", "change_type", "tier", "version", "control_version", "unit", "owner", "on_call", "approvers",
        "time_zone", "cohorts", "exclusions", "stages", "schedule", "steady_state", "variants", "kill_to", "flag_hash",
        "metrics", "triggers", "samples", "checklist", "default_bands", "promotes_itself", "proven_evidence",
        "evidence",
        "scores", "fields", "dashboard", "fallback", "runbook", "evaluation",
      ])
  }

  /// Whatever a plan holds is kept by a row, once; the hash is kept for older versions alone.
  @Test func everyPropertyIsKept() {
    let names = FieldRow.all.flatMap(\.use.keeps).map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.count - 1 == Mirror(reflecting: Plan(flag: FlagKey("a"))).children.count, "\(names)")
  }

  /// A journal from a newer version: what this one does not know is passed over, at every level.
  @Test func unknownMembersArePassedOver() throws {
    func withMore(_ json: JSON) -> JSON {
      switch json {
      case .object(let members):
        // A selector is one member by nature; more would be another selector.
        if let only = members.first, members.count == 1, ["=", "in", "not", "and"].contains(only.name) { return json }
        return .object(members.map { .init($0.name, withMore($0.value)) } + [.init("from_tomorrow", ["x": 1])])
      case .array(let items): return .array(items.map(withMore))
      default: return json
      }
    }
    var random = RandomPlans(seed: 7)
    for _ in 0..<50 {
      var plan = random.plan()
      plan.variants = .boolean
      #expect(try Plan(frozen: withMore(plan.frozen)) == plan)
    }
  }

  @Test(arguments: [
    "flag", "unit", "stages", "variants", "kill_to", "triggers", "default_bands", "schedule",
  ])
  func aMissingMemberIsTrouble(name: String) throws {
    let plan = try #require(Note.read(Array(NoteFixtures.full.utf8), path: "n.md").plan)
    #expect(throws: FrozenPlanTrouble.missing("plan.\(name)")) { try Plan(frozen: plan.frozen.removing(name)) }
  }

  @Test(arguments: [
    (["flag": 5] as JSON, FrozenPlanTrouble.wrong("plan.flag", wanted: "a text")),
    ("text", .wrong("plan", wanted: "an object")),
  ])
  func aWrongMemberIsTrouble(json: JSON, trouble: FrozenPlanTrouble) {
    #expect(throws: trouble) { try Plan(frozen: json) }
  }

  @Test func troubleNamesThePath() throws {
    let plan = try #require(Note.read(Array(NoteFixtures.full.utf8), path: "n.md").plan)
    let stages = plan.frozen["stages"]?.items ?? []
    let broken = plan.frozen.setting("stages", to: .array([stages[0], stages[1].setting("soak", to: "long")]))
    #expect(throws: FrozenPlanTrouble.wrong("plan.stages[1].soak", wanted: "a whole number")) {
      try Plan(frozen: broken)
    }
  }

  /// A sentence may change without the plan changing, and any part of the plan changes the digest.
  @Test func theDigestFollowsThePlanOnly() throws {
    func digest(_ text: String) throws -> String { try #require(Note.read(Array(text.utf8), path: "n.md").plan).digest }
    let first = try digest(NoteFixtures.full)
    #expect(try digest(NoteFixtures.full + "\n\nOne more sentence.\n") == first)
    #expect(try digest(NoteFixtures.full.replacing("above 2%", with: "above 3%")) != first)
  }
}

/// Plans with everything that a plan can hold, also what no note would say.
struct RandomPlans {
  private var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  mutating func plan() -> Plan {
    var plan = Plan(flag: FlagKey(text()))
    plan.change = text()
    plan.changeType = ChangeType.allCases.randomElement(using: &random)
    plan.tier = maybe { $0.int(0...3) }
    plan.version = maybe { VersionLabel(field: $0.text(), value: $0.text()) }
    plan.controlVersion = maybe { VersionLabel(field: $0.text(), value: $0.text()) }
    plan.unit = text()
    plan.owner = maybe { $0.text() }
    plan.onCall = maybe { $0.text() }
    plan.approvers = list { $0.text() }
    plan.timeZone = maybe { $0.text() }
    plan.cohorts = list { Cohort(name: $0.text(), selector: $0.selector()) }
    plan.exclusions = list { $0.selector() }
    plan.stages = list { $0.stage() }
    plan.schedule = pick([.note, .cohortFields, .preset(text())])
    plan.steadyState = maybe { $0.span() }
    plan.variants = pick([
      .boolean,
      Variants(
        [.init("a", .spelled("1.50")), .init("b", .null), .init("c", ["x": [1, true]])], canary: "a", control: "b"),
    ])
    plan.killTo = pick([.control, .off])
    plan.metrics = list { random in Metric(name: random.text(), definition: random.maybe { $0.text() }) }
    plan.triggers = list { $0.trigger() }
    plan.samples = maybe { $0.int(1...10_000) }
    plan.checklist = maybe { $0.pick([.required, .advisory]) }
    plan.defaultBands = pick([true, false])
    plan.promotesItself = pick([true, false])
    plan.provenEvidence = pick([true, false])
    plan.evidence = list { $0.text() }
    if pick([true, false]) { plan.scores = ScoreFiles(list { $0.text() } + ["s"], fields: list { $0.text() }) }
    plan.dashboard = maybe { $0.text() }
    plan.fallback = maybe { $0.text() }
    plan.runbook = maybe { $0.text() }
    plan.evaluation = maybe { $0.text() }
    return plan
  }

  mutating func selector(depth: Int = 0) -> Selector {
    switch int(depth > 3 ? 0...1 : 0...3) {
    case 0: return .equals(attribute: text(), value())
    case 1: return .oneOf(attribute: text(), list { $0.value() })
    case 2: return .not(selector(depth: depth + 1))
    default: return .all(list { $0.selector(depth: depth + 1) })
    }
  }

  private mutating func value() -> AttributeValue {
    AttributeValue(pick([text(), "5", "true", "1e3"]), quoted: pick([true, false]))
  }

  private mutating func stage() -> Stage {
    let share = Percentage(micro: int(1...100_000_000))
    let audience: Stage.Audience = pick([
      .offline, .everyone(share: share), .cohort(name: text(), selector(), share: share),
    ])
    return Stage(
      name: text(), audience: audience, soak: span(), samples: maybe { $0.int(1...9999) }, watch: maybe { $0.text() })
  }

  private mutating func trigger() -> Trigger {
    let direction = pick([Trigger.Direction.up, .down, .either])
    let number = Double(int(-1_000_000...1_000_000)) / Double(pick([1, 3, 7, 1000, 9973]))
    let quantity = Trigger.Quantity(number, pick([.plain, .percent, .seconds, .currency]))
    let test = pick([
      Trigger.Test.above(quantity), .below(quantity), .relative(direction, number), .points(direction, number),
      .multiple(number), .beyond(direction),
    ])
    let against = pick([
      Trigger.Reference.none, .control, .normal, .previousStage, .baseline(nil), .baseline(number), .forecast(nil),
      .forecast(number),
    ])
    var condition = Trigger.Condition(signal: text(), function: maybe { $0.text() }, test: test, against: against)
    condition.window = maybe { $0.span() }
    condition.per = maybe { $0.span() }
    condition.segment = maybe { random in .init(attribute: random.text(), value: random.maybe { $0.text() }) }
    return Trigger(action: pick([.hold, .rollback, .kill, .degrade(to: text())]), condition: condition, text: text())
  }

  // MARK: Pieces

  private mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
  private mutating func span() -> TimeSpan { TimeSpan(seconds: int(0...10_000_000)) }
  private mutating func pick<Element>(_ choices: [Element]) -> Element { choices[int(0...(choices.count - 1))] }

  private mutating func text() -> String {
    pick(["", "a", "flag-1", "Über → \"x\"", "null", "line\nbreak\u{1b}", "日本", "=", "not"]) + String(int(0...99))
  }

  private mutating func maybe<Value>(_ make: (inout Self) -> Value) -> Value? { int(0...2) == 0 ? nil : make(&self) }

  private mutating func list<Value>(_ make: (inout Self) -> Value) -> [Value] {
    var values: [Value] = []
    for _ in 0..<int(0...3) { values.append(make(&self)) }
    return values
  }
}
