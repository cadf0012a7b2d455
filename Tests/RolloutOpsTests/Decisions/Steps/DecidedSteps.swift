@testable import RolloutOps

/// Where a rollout may stand, what may have happened to it there, and what may be asked then.
enum DecidedSteps {
  typealias Change = (name: String, act: @Sendable (inout ValueRollout) -> Void)

  static let places: [Change] = [
    ("off", { _ in }),
    (
      "rolled back",
      { rollout in
        rollout.ask(.promote)
        rollout.ask(.rollback) { $0.stage = "off" }
      }
    ),
    (
      "exposing",
      { rollout in
        rollout.ask(.promote)
        rollout.climb(1)
      }
    ),
    (
      "complete",
      { rollout in
        rollout.ask(.promote)
        rollout.climb(3)
      }
    ),
    (
      "finished",
      { rollout in
        rollout.ask(.promote)
        rollout.climb(3)
        rollout.attest("gates")
        rollout.ask(.finish)
      }
    ),
    (
      "abandoned",
      { rollout in
        rollout.ask(.promote)
        rollout.climb(1)
        rollout.ask(.abandon)
      }
    ),
  ]

  private static let held: Change = ("held", { $0.ask(.hold) })
  private static let planChanged: Change = (
    "plan changed",
    { rollout in rollout.note = rollout.note.replacing("25% of paid 0s", "20% of paid 0s") }
  )
  private static let degraded: Change = ("degraded", { $0.ask(.degrade) { $0.variant = "fast" } })
  private static let killed: Change = ("killed", { $0.ask(.kill) })
  private static let wider: Change = ("drifted wider", { $0.meddle(percent: 90) })
  private static let everybody: Change = (
    "everybody has it by hand",
    { rollout in
      rollout.shown?.serving = .everyone("canary")
      rollout.shown?.mark = nil
    }
  )

  /// One after the other.
  private static func both(_ first: Change, _ second: Change) -> Change {
    (
      "\(first.name), \(second.name)",
      { rollout in
        first.act(&rollout)
        second.act(&rollout)
      }
    )
  }

  static let happenings: [Change] = [
    ("as it is", { _ in }), ("gates seen", { $0.attest("gates") }), held,
    (
      "held by a machine",
      { rollout in rollout.ask(.rollback) { $0.isAutomatic = true } }
    ),
    degraded, killed, planChanged, wider, ("drifted narrower", { $0.meddle(percent: 1) }), everybody,
    (
      "not marked any more", { $0.shown?.mark = nil }
    ),
    ("foreign rules", { $0.shown?.serving = .foreign("{\"if\": []}") }),
    (
      "killed outside",
      { rollout in
        rollout.shown?.serving = .everyone("control")
        rollout.shown?.mark = nil
      }
    ),
    ("switched off outside", { $0.shown?.serving = .applicationDefault }), ("the flag is gone", { $0.shown = nil }),
    (
      "acme taken out", { $0.ask(.exclude) { $0.selector = ValueRollout.acme } }
    ),
    both(held, planChanged), both(held, wider), both(degraded, held), both(degraded, planChanged),
    both(degraded, wider),
    both(degraded, killed), both(held, killed), both(killed, planChanged), both(killed, everybody),
    both(planChanged, wider),
    (
      "clock behind", { $0.clock = $0.clock + TimeSpan(seconds: -7200) }
    ),
    ("a rival store", { $0.rival = "file:other.json" }), ("started elsewhere", { $0.startedOn = "file:other.json" }),
    ("the note is no plan", { $0.note = "# nothing" }), ("an open intent", interrupted),
  ]

  /// The process was stopped between the intent and the write.
  @Sendable private static func interrupted(_ rollout: inout ValueRollout) {
    var request = Request(.rollback)
    request.reason = "because"
    rollout.take(Array(decide(request, in: rollout.situation).steps.prefix(1)))
  }

  static let requests: [Request] = {
    func ask(_ verb: Verb, _ adjust: (inout Request) -> Void = { _ in }) -> Request {
      var request = Request(verb)
      request.reason = "because"
      adjust(&request)
      return request
    }
    return [
      ask(.promote), ask(.promote) { $0.adoptsForeign = true }, ask(.promote) { $0.stage = "25%" },
      ask(.promote) { $0.override = "parse failures above 2%" }, ask(.rollback), ask(.rollback) { $0.stage = "off" },
      ask(.rollback) { $0.isAutomatic = true }, ask(.hold), ask(.resume), ask(.resume) { $0.reason = nil }, ask(.kill),
      ask(.kill) { $0.killTo = "off" }, ask(.restore), ask(.restore) { $0.stage = "internal" },
      ask(.exclude) { $0.selector = ValueRollout.acme }, ask(.include) { $0.selector = ValueRollout.acme },
      ask(.adopt) { $0.stage = "25%" }, ask(.replan), ask(.finish), ask(.abandon),
      ask(.degrade) { $0.variant = "fast" },
    ]
  }()

  private static func told(_ request: Request) -> String {
    var words = [request.verb.rawValue]
    if let stage = request.stage { words.append("--stage \(stage)") }
    if let variant = request.killTo { words.append("--to \(variant)") }
    if let gate = request.override { words.append("--override '\(gate)'") }
    if request.adoptsForeign { words.append("--adopt") }
    if request.isAutomatic { words.append("(a machine asks)") }
    if request.reason == nil { words.append("(without a reason)") }
    return words.joined(separator: " ")
  }

  /// All that is decided at one place. What a happening does not change is not told again.
  static func text(at place: String) -> String {
    guard let start = places.first(where: { $0.name == place }) else { return "" }
    var lines: [String] = []
    var plain: [String: [String]] = [:]
    for happening in happenings {
      var rollout = ValueRollout()
      start.act(&rollout)
      happening.act(&rollout)
      let situation = rollout.situation
      let states = situation.states.map(\.rawValue).joined(separator: ", ")
      lines += ["", "\(place), \(happening.name): \(states)"]
      for request in requests {
        let decision = decide(request, in: situation)
        let title = told(request)
        let answer =
          [
            "  \(title): exit \(decision.status.rawValue), \(decision.from) → \(decision.to): \(decision.reasons.joined(separator: "; "))"
          ]
          + decision.steps.map { "    \(ValueRollout.told($0))" }
        if happening.name == happenings[0].name { plain[title] = answer }
        if happening.name == happenings[0].name || plain[title] != answer { lines += answer }
      }
    }
    return lines.dropFirst().joined(separator: "\n") + "\n"
  }
}
