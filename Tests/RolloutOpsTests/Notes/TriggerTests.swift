import Testing

@testable import RolloutOps

@Suite struct TriggerTests {
  typealias Condition = Trigger.Condition

  /// What a note reads as a rollback trigger, with `cost`, `tool / parse errors` and the like among its metrics.
  private func read(_ line: String, field: String = "Rollback trigger") -> Note {
    let metrics =
      "Metrics to watch:\n- quality: mean(quality)\n- tool / parse errors: rate(parse_error)\n- Token cost: sum(usd)"
    return Note.read(Array("Flag: f\n\(metrics)\nEvidence: x\n\(field): \(line)\n".utf8), path: "n.md")
  }

  private static func condition(
    _ signal: String, _ test: Trigger.Test, _ against: Trigger.Reference = .none, function: String? = nil,
    window: TimeSpan? = nil, per: TimeSpan? = nil, any: String? = nil, value: String? = nil
  ) -> Condition {
    var condition = Condition(signal: signal, function: function, test: test, against: against)
    (condition.window, condition.per) = (window, per)
    condition.segment = any.map { Trigger.Segment(attribute: $0, value: value) }
    return condition
  }

  private static func above(_ value: Double, _ unit: Trigger.Quantity.Unit = .plain) -> Trigger.Test {
    .above(.init(value, unit))
  }

  private static func below(_ value: Double, _ unit: Trigger.Quantity.Unit = .plain) -> Trigger.Test {
    .below(.init(value, unit))
  }

  static let understood: [(String, Condition)] = [
    // As the seeds write them.
    ("parse failures above 2%", condition("tool / parse errors", above(0.02, .percent))),
    ("task success below baseline", condition("task success", .beyond(.down), .baseline(nil))),
    ("tool errors above 1%", condition("tool / parse errors", above(0.01, .percent))),
    ("token cost up more than 20%", condition("Token cost", .relative(.up, 0.2), .control)),
    ("quality drops by more than 5%", condition("quality", .relative(.down, 0.05), .control)),
    ("Quality metric drops by more than 5%", condition("quality", .relative(.down, 0.05), .control)),
    ("Cost increases by more than 20%", condition("Token cost", .relative(.up, 0.2), .control)),
    ("p95 latency exceeds 3 s", condition("latency", above(3, .seconds), function: "p95")),
    ("Latency p95 exceeds 3 seconds", condition("latency", above(3, .seconds), function: "p95")),
    ("cost exceeds 5x control over 1h", condition("Token cost", .multiple(5), .control, window: .hours(1))),
    ("tool errors above 1% in any tenant", condition("tool / parse errors", above(0.01, .percent), any: "tenant")),
    ("refusals change by more than 2 points", condition("refusals", .points(.either, 0.02), .control)),
    ("Cost spike beyond 5x normal/hour", condition("Token cost", .multiple(5), .normal, per: .hours(1))),
    ("cost exceeds 5x normal per hour", condition("Token cost", .multiple(5), .normal, per: .hours(1))),
    ("hourly spend exceeds 2x the baseline", condition("Token cost", .multiple(2), .baseline(nil), per: .hours(1))),
    ("error rate exceeds 2%", condition("errors", above(0.02, .percent))),
    (
      "p95 increases by more than 20% over baseline",
      condition("latency", .relative(.up, 0.2), .baseline(nil), function: "p95")
    ),
    ("policy violations above 0", condition("policy violations", above(0))),
    // Comparisons with a number.
    ("quality below 0.8", condition("quality", below(0.8))),
    ("quality < 0.8", condition("quality", below(0.8))),
    ("refusal rate > 4%", condition("refusals", above(0.04, .percent))),
    ("quality is less than 80%", condition("quality", below(0.8, .percent))),
    ("quality drops below 0.8", condition("quality", below(0.8))),
    ("latency over 900 ms", condition("latency", above(0.9, .seconds))),
    ("latency p99.9 above 2 min", condition("latency", above(120, .seconds), function: "p99.9")),
    ("cost more than $0.05", condition("Token cost", above(0.05, .currency))),
    ("cost above 50 usd per hour", condition("Token cost", above(50, .currency), per: .hours(1))),
    ("cost per day above $1,204.50", condition("Token cost", above(1204.5, .currency), per: .days(1))),
    ("tokens above 4k tokens", condition("tokens", above(4000))),
    ("thumbs down above 10%", condition("thumbs down", above(0.1, .percent))),
    ("thumbs-down rate above 10%", condition("thumbs down", above(0.1, .percent))),
    ("any policy violation", condition("policy violations", above(0))),
    (
      "if the parse failure rate goes above 2%.",
      condition("tool / parse errors", above(0.02, .percent), function: "rate")
    ),
    // Comparisons with something measured.
    ("quality below control", condition("quality", .beyond(.down), .control)),
    ("quality below baseline 0.86", condition("quality", .beyond(.down), .baseline(0.86))),
    ("quality falls below the baseline of 86%", condition("quality", .beyond(.down), .baseline(0.86))),
    ("quality below baseline by more than 3 points", condition("quality", .points(.down, 0.03), .baseline(nil))),
    ("cost exceeds forecast by more than 20%", condition("Token cost", .relative(.up, 0.2), .forecast(nil))),
    ("cost more than 20% above forecast 120", condition("Token cost", .relative(.up, 0.2), .forecast(120))),
    ("cost above 120% of control", condition("Token cost", .multiple(1.2), .control)),
    ("cost up 5x", condition("Token cost", .multiple(5), .control)),
    ("errors exceed normal rate", condition("errors", .beyond(.up), .normal)),
    ("quality drops by more than 0.05", condition("quality", .points(.down, 0.05), .control)),
    ("quality down 2 percentage points vs previous stage", condition("quality", .points(.down, 0.02), .previousStage)),
    ("cost up more than 20% compared with control", condition("Token cost", .relative(.up, 0.2), .control)),
    // What narrows them.
    ("errors above 1% by category", condition("errors", above(0.01, .percent), any: "category")),
    ("errors above 1% per tenant", condition("errors", above(0.01, .percent), any: "tenant")),
    ("errors above 1% in tenant acme", condition("errors", above(0.01, .percent), any: "tenant", value: "acme")),
    ("errors above 1% for region = eu", condition("errors", above(0.01, .percent), any: "region", value: "eu")),
    ("errors above 1%, in the last 2 hours", condition("errors", above(0.01, .percent), window: .hours(2))),
    ("errors above 1% over an hour", condition("errors", above(0.01, .percent), window: .hours(1))),
    (
      "errors above 1% for 1d 12h in any region (page me)",
      condition("errors", above(0.01, .percent), window: .hours(36), any: "region")
    ),
  ]

  @Test(arguments: understood)
  func understands(line: String, condition: Condition) throws {
    let note = read(line)
    let plan = try #require(note.plan, "\(note.diagnostics.filter { $0.severity == .error })")
    #expect(plan.triggers.count == 1)
    #expect(plan.triggers.first?.condition == condition)
    #expect(plan.triggers.first?.action == .rollback)
  }

  /// Behind `Rollback trigger: ` in an otherwise quiet note; the mark stands where the line stops making sense.
  @Test(
    arguments: [
      "⟦placeholder⟧X"
    ].map { "parse failures above \($0)%" } + [
      "token cost up more than ⟦placeholder⟧Y%",
      "parse failures above⟦bad-trigger⟧",
      "parse failures above ⟦bad-trigger⟧much",
      "quality ⟦bad-trigger⟧exceds 5%",
      "quality⟦bad-trigger⟧",
      "quality ⟦bad-trigger⟧looks bad",
      "⟦bad-trigger⟧above 2%",
      "cost up ⟦bad-trigger⟧5",
      "cost up more than ⟦bad-trigger⟧500 ms",
      "errors above 2% ⟦bad-trigger⟧hourly-ish",
      "errors above 2% ⟦bad-trigger⟧and cost up more than 20%",
      "errors ⟦bad-trigger⟧>= 2%",
      "errors ⟦bad-trigger⟧at least 2%",
      "errors above 2 ⟦bad-trigger⟧points",
      "cost below ⟦bad-trigger⟧2x control",
      "errors above 2% -> ⟦bad-trigger⟧fast",
      "errors above 2% ->⟦bad-trigger⟧",
      "errors above 1%; quality drops ⟦bad-trigger⟧sharply; cost up more than 20%",
      "⟦unmeasured-trigger⟧qualty drops by more than 5%",
      "p95 ⟦unmeasured-trigger⟧happiness below 3",
      "⟦unmeasured-trigger⟧support tickets above 5",
    ])
  func pointsAtWhatItDoesNotUnderstand(line: String) {
    expectProblems(NoteFixtures.quiet("Rollback trigger", "Rollback trigger: \(line)"))
  }

  @Test(arguments: [
    (
      "errors exceds 5%",
      "understood `errors`; what could follow is a comparison (did you mean `exceeds`?), not `exceds`"
    ),
    (
      "errors above 2% sometimes",
      "understood `errors above 2%`; what could follow is `over 1h`, `per hour`, `in any tenant`, `by category`, `against baseline`, `-> variant`, `;` or the end, not `sometimes`"
    ),
    ("parse failures above X%", "put a number in place of `X`"),
    (
      "qualty drops by more than 5%",
      "nothing measures `qualty`, so this trigger would hold forever and never fire; did you mean `quality`?"
    ),
  ])
  func saysWhatCouldFollow(line: String, message: String) {
    #expect(read(line).diagnostics.filter { $0.severity == .error }.map(\.message) == [message])
  }

  @Test func oneLineHoldsSeveral() throws {
    let plan = try #require(
      read("parse failures above 2%; cost up more than 20%, p95 latency exceeds 3 s or refusals above 1,000").plan)
    #expect(
      plan.triggers.map(\.text) == [
        "parse failures above 2%", "cost up more than 20%", "p95 latency exceeds 3 s", "refusals above 1,000",
      ])
    #expect(plan.triggers.last?.condition.test == Self.above(1000))
  }

  @Test func aDegradeTriggerNeedsItsVariant() {
    let variants = "Variants: {\"control\": 1, \"canary\": 2, \"fast\": 3}"
    let note = NoteFixtures.quiet + "\n\(variants)\nDegrade trigger:\n"
    expectProblems(note + "- p95 latency exceeds 5 s -> fast")
    expectProblems(note + "- p95 latency exceeds 5 s -> ⟦bad-trigger⟧fsat")
    expectProblems(note + "- p95 latency exceeds 5 s⟦bad-trigger⟧")
  }

  /// Without evidence a person looks, and may see what no machine measures.
  @Test func anUnmeasuredTriggerIsAnErrorOnlyForMachines() {
    let byEye = NoteFixtures.quiet("Evidence", nil).replacing("parse failures", with: "angry letters")
    let note = Note.read(Array(byEye.utf8), path: "n.md")
    #expect(note.diagnostics.map(\.rule) == ["unmeasured-trigger"])
    #expect(note.plan != nil)
  }

  @Test func nothingYetIsNoTrigger() throws {
    for word in ["none", "TBD", "…"] {
      let note = Note.read(Array(NoteFixtures.quiet("Kill trigger", "Kill trigger: \(word)").utf8), path: "n.md")
      #expect(try #require(note.plan).triggers.count == 1)
    }
  }
}
