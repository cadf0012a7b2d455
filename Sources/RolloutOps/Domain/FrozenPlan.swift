/// A plan as the journal keeps it: JSON that says everything and loses nothing. It is read when somebody asks, since that
/// takes longer than all the rest of a journal, and a kill asks for none.
package struct FrozenPlan: Hashable, Sendable {
  package let json: JSON

  package init(json: JSON) { self.json = json }
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

extension FlagKey: PlanValue {
  var frozen: JSON { .string(text) }

  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) { self.init(try String(frozen: value)) }
}

extension VersionLabel: PlanValue {
  var frozen: JSON { ["field": .string(field), "value": .string(value)] }

  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    self.init(field: try value.read("field"), value: try value.read("value"))
  }
}

extension ScoreFiles: PlanValue {
  var frozen: JSON { ["files": patterns.frozen, "fields": fields.frozen] }
  var words: String { (patterns + fields).words }

  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    self.init(try value.read("files"), fields: try value.read("fields"))
  }
}

extension ScheduleSource: PlanValue {
  var frozen: JSON {
    switch self {
    case .note: "note"
    case .cohortFields: "cohort_fields"
    case .preset(let name): ["preset": .string(name)]
    }
  }

  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    switch value.json {
    case "note": self = .note
    case "cohort_fields": self = .cohortFields
    default: self = .preset(try value.read("preset"))
    }
  }
}

extension Variants: PlanValue {
  var frozen: JSON { ["canary": .string(canary), "control": .string(control), "all": all.frozen] }
  var words: String { all.words }

  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    self.init(try value.read("all"), canary: try value.read("canary"), control: try value.read("control"))
  }
}

extension Variants.Variant: PlanValue {
  var frozen: JSON { ["name": .string(name), "value": value] }
  var words: String { "\(name) = \(value.written(.spaced))" }

  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    self.init(try value.read("name"), try value.member("value").json)
  }
}

extension Cohort: PlanValue {
  var frozen: JSON { ["name": .string(name), "selector": selector.frozen] }

  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    self.init(name: try value.read("name"), selector: try value.read("selector"))
  }
}

extension Metric: PlanValue {
  var frozen: JSON { ["name": .string(name), "definition": .text(definition)] }
  var words: String { [name, definition].compactMap { $0 }.joined(separator: ": ") }

  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    self.init(name: try value.read("name"), definition: try value.optional("definition"))
  }
}

extension Stage: PlanValue {
  var frozen: JSON {
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
    members.add("soak", soak.frozen)
    members.add("samples", samples.map { .number($0) } ?? .null)
    members.add("watch", .text(watch))
    return .object(members.all)
  }

  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    let audience: Audience
    switch try value.read("audience") as String {
    case "offline": audience = .offline
    case "everyone": audience = .everyone(share: Percentage(micro: try value.read("share")))
    case "cohort":
      audience = .cohort(
        name: try value.read("cohort"), try value.read("selector"),
        share: Percentage(micro: try value.read("share")))
    default: throw value.wrong("audience", wanted: "offline, everyone or cohort")
    }
    self.init(
      name: try value.read("name"), audience: audience, soak: try value.read("soak"),
      samples: try value.optional("samples"), watch: try value.optional("watch"))
  }
  /// `5% of paid 24h`, with who that is.
  var words: String {
    let who =
      switch audience {
      case .offline, .everyone: ""
      case .cohort(_, let selector, _): " (\(selector))"
      }
    let soak = soak > .zero ? " \(soak)" : ""
    let samples = samples.map { ", \($0) samples" } ?? ""
    return name + who + soak + samples
  }
}
