/// A plan as the journal keeps it: JSON that says everything and loses nothing. It is read when somebody asks, since that
/// takes longer than all the rest of a journal, and a kill asks for none.
package struct FrozenPlan: Hashable, Sendable {
  package let json: JSON

  package init(_ plan: Plan) { json = plan.frozen }
  package init(json: JSON) { self.json = json }

  /// Nil where a later version wrote what this one cannot read.
  package var plan: Plan? { try? Plan(frozen: json) }
}

/// Members that a later version added are passed over; one that this version needs and does not find is trouble.
package enum FrozenPlanTrouble: Error, Hashable, Sendable {
  /// The path of the member, such as `stages[2].soak`.
  case missing(String)
  case wrong(String, wanted: String)
}

extension Plan {
  package var frozen: JSON {
    var members = JSON.Members()
    members.add("flag", .string(flag.text))
    members.add("change", .string(change))
    members.add("change_type", .text(changeType?.rawValue))
    members.add("tier", tier.map { .number($0) } ?? .null)
    members.add("version", version?.frozen ?? .null)
    members.add("control_version", controlVersion?.frozen ?? .null)
    members.add("unit", .string(unit))
    members.add("owner", .text(owner))
    members.add("on_call", .text(onCall))
    members.add("approvers", .strings(approvers))
    members.add("time_zone", .text(timeZone))
    members.add("cohorts", .array(cohorts.map { ["name": .string($0.name), "selector": $0.selector.frozen] }))
    members.add("exclusions", .array(exclusions.map(\.frozen)))
    members.add("stages", .array(stages.map(\.frozen)))
    members.add("schedule", schedule.frozen)
    members.add("steady_state", steadyState.map { .number($0.seconds) } ?? .null)
    members.add("variants", variants.frozen)
    members.add("kill_to", .string(killTo.rawValue))
    // Versions of this program that compared it with the note's cannot read a plan without it.
    members.add("flag_hash", .string(FlagHash.v3.rawValue))
    members.add("metrics", .array(metrics.map { ["name": .string($0.name), "definition": .text($0.definition)] }))
    members.add("triggers", .array(triggers.map(\.frozen)))
    members.add("samples", samples.map { .number($0) } ?? .null)
    members.add("checklist", .text(checklist?.rawValue))
    members.add("default_bands", .bool(defaultBands))
    members.add("promotes_itself", .bool(promotesItself))
    members.add("proven_evidence", .bool(provenEvidence))
    members.add("evidence", .strings(evidence))
    members.add("scores", scores.isEmpty ? .null : scores.frozen)
    let named = fields.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) }
    members.add("fields", named.isEmpty ? .null : .object(named))
    members.add("dashboard", .text(dashboard))
    members.add("fallback", .text(fallback))
    members.add("runbook", .text(runbook))
    members.add("evaluation", .text(evaluation))
    return .object(members.all)
  }

  /// What tells an edited plan from an edited sentence of its note.
  package var digest: String { SHA256.hex(frozen.written()) }

  package init(frozen json: JSON) throws(FrozenPlanTrouble) {
    let plan = try FrozenValue(json)
    self.init(flag: FlagKey(try plan.text("flag")))
    change = try plan.text("change")
    changeType = try plan.optionalChoice("change_type")
    tier = try plan.optionalInteger("tier")
    version = try plan.optional("version").map { value throws(FrozenPlanTrouble) in try VersionLabel(frozen: value) }
    controlVersion = try plan.optional("control_version").map { value throws(FrozenPlanTrouble) in
      try VersionLabel(frozen: value)
    }
    unit = try plan.text("unit")
    owner = try plan.optionalText("owner")
    onCall = try plan.optionalText("on_call")
    approvers = try plan.texts("approvers")
    timeZone = try plan.optionalText("time_zone")
    for item in try plan.items("cohorts") {
      cohorts.append(Cohort(name: try item.text("name"), selector: try Selector(frozen: item.member("selector"))))
    }
    for item in try plan.items("exclusions") { exclusions.append(try Selector(frozen: item)) }
    for item in try plan.items("stages") { stages.append(try Stage(frozen: item)) }
    schedule = try ScheduleSource(frozen: plan.member("schedule"))
    steadyState = try plan.optionalInteger("steady_state").map { TimeSpan(seconds: $0) }
    variants = try Variants(frozen: plan.member("variants"))
    killTo = try plan.choice("kill_to")
    for item in try plan.items("metrics") {
      metrics.append(Metric(name: try item.text("name"), definition: try item.optionalText("definition")))
    }
    for item in try plan.items("triggers") { triggers.append(try Trigger(frozen: item)) }
    samples = try plan.optionalInteger("samples")
    checklist = try plan.optionalChoice("checklist")
    defaultBands = try plan.truth("default_bands")
    promotesItself = try plan.truth("promotes_itself")
    provenEvidence = try plan.truth("proven_evidence")
    evidence = try plan.texts("evidence")
    if let files = try plan.optional("scores") { scores = try ScoreFiles(frozen: files) }
    for member in try plan.optional("fields")?.json.members ?? [] {
      guard let name = member.value.text else { throw .wrong("fields.\(member.name)", wanted: "a text") }
      fields[member.name] = name
    }
    dashboard = try plan.optionalText("dashboard")
    fallback = try plan.optionalText("fallback")
    runbook = try plan.optionalText("runbook")
    evaluation = try plan.optionalText("evaluation")
  }
}

extension JSON {
  /// Members being put together; what is null is left out, so that an old plan keeps its digest when a field joins.
  struct Members {
    private(set) var all: [Member] = []

    mutating func add(_ name: String, _ value: JSON) {
      if value != .null { put(name, value) }
    }

    mutating func put(_ name: String, _ value: JSON) { all.append(Member(name, value)) }
  }
}

// MARK: - Parts

extension VersionLabel {
  fileprivate var frozen: JSON { ["field": .string(field), "value": .string(value)] }

  fileprivate init(frozen json: FrozenValue) throws(FrozenPlanTrouble) {
    self.init(field: try json.text("field"), value: try json.text("value"))
  }
}

extension ScoreFiles {
  fileprivate var frozen: JSON { ["files": .strings(patterns), "fields": .strings(fields)] }

  fileprivate init(frozen json: FrozenValue) throws(FrozenPlanTrouble) {
    self.init(try json.texts("files"), fields: try json.texts("fields"))
  }
}

extension ScheduleSource {
  fileprivate var frozen: JSON {
    switch self {
    case .note: "note"
    case .cohortFields: "cohort_fields"
    case .preset(let name): ["preset": .string(name)]
    }
  }

  fileprivate init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    switch value.json {
    case "note": self = .note
    case "cohort_fields": self = .cohortFields
    default: self = .preset(try value.text("preset"))
    }
  }
}

extension Variants {
  fileprivate var frozen: JSON {
    [
      "canary": .string(canary), "control": .string(control),
      "all": .array(all.map { ["name": .string($0.name), "value": $0.value] }),
    ]
  }

  fileprivate init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    var all: [Variant] = []
    for item in try value.items("all") { all.append(Variant(try item.text("name"), try item.member("value").json)) }
    self.init(all, canary: try value.text("canary"), control: try value.text("control"))
  }
}

extension Stage {
  fileprivate var frozen: JSON {
    var members = JSON.Members()
    members.add("name", .string(name))
    switch audience {
    case .offline:
      members.add("audience", "offline")
    case .everyone(let share):
      members.add("audience", "everyone")
      members.add("share", .number(share.micro))
    case .cohort(let cohort, let selector, let share):
      members.add("audience", "cohort")
      members.add("cohort", .string(cohort))
      members.add("selector", selector.frozen)
      members.add("share", .number(share.micro))
    }
    members.add("soak", .number(soak.seconds))
    members.add("samples", samples.map { .number($0) } ?? .null)
    members.add("watch", .text(watch))
    return .object(members.all)
  }

  fileprivate init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    let audience: Audience
    switch try value.text("audience") {
    case "offline": audience = .offline
    case "everyone": audience = .everyone(share: Percentage(micro: try value.integer("share")))
    case "cohort":
      audience = .cohort(
        name: try value.text("cohort"), try Selector(frozen: value.member("selector")),
        share: Percentage(micro: try value.integer("share")))
    default: throw value.wrong("audience", wanted: "offline, everyone or cohort")
    }
    self.init(
      name: try value.text("name"), audience: audience, soak: TimeSpan(seconds: try value.integer("soak")),
      samples: try value.optionalInteger("samples"), watch: try value.optionalText("watch"))
  }
}
