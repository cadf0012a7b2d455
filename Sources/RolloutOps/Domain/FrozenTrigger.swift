/// Triggers as the journal keeps them.
extension Trigger.Direction: PlanValue {}
extension Trigger.Quantity.Unit: PlanValue {}

extension Trigger: PlanValue {
  var frozen: JSON {
    var members = JSON.Members()
    members.add("action", .string(action.name))
    if case .degrade(let variant) = action { members.add("to", .string(variant)) }
    members.add("text", .string(text))
    members.add("signal", .string(condition.signal))
    members.add("function", .text(condition.function))
    members.add("test", condition.test.frozen)
    members.add("against", condition.against.frozen)
    members.add("window", condition.window?.frozen ?? .null)
    members.add("per", condition.per?.frozen ?? .null)
    members.add("segment", condition.segment.map { .string($0.attribute) } ?? .null)
    members.add("segment_value", .text(condition.segment?.value))
    return .object(members.all)
  }

  var words: String { "\(action.name) \(text)" }

  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    let action: Action
    switch try value.read("action") as String {
    case "hold": action = .hold
    case "rollback": action = .rollback
    case "kill": action = .kill
    case "degrade": action = .degrade(to: try value.read("to"))
    default: throw value.wrong("action", wanted: "hold, rollback, degrade or kill")
    }
    var condition = Condition(
      signal: try value.read("signal"), function: try value.optional("function"),
      test: try Test(frozen: value.member("test")), against: try Reference(frozen: value.member("against")))
    condition.window = try value.optional("window")
    condition.per = try value.optional("per")
    if let attribute: String = try value.optional("segment") {
      condition.segment = Segment(attribute: attribute, value: try value.optional("segment_value"))
    }
    self.init(action: action, condition: condition, text: try value.read("text"))
  }
}

extension Trigger.Test {
  fileprivate var frozen: JSON {
    switch self {
    case .above(let quantity):
      ["is": "above", "value": .number(quantity.value), "unit": .string(quantity.unit.rawValue)]
    case .below(let quantity):
      ["is": "below", "value": .number(quantity.value), "unit": .string(quantity.unit.rawValue)]
    case .relative(let direction, let value):
      ["is": "relative", "direction": .string(direction.rawValue), "value": .number(value)]
    case .points(let direction, let value):
      ["is": "points", "direction": .string(direction.rawValue), "value": .number(value)]
    case .multiple(let value): ["is": "multiple", "value": .number(value)]
    case .beyond(let direction): ["is": "beyond", "direction": .string(direction.rawValue)]
    }
  }

  fileprivate init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    switch try value.read("is") as String {
    case "above": self = .above(.init(try value.read("value"), try value.read("unit")))
    case "below": self = .below(.init(try value.read("value"), try value.read("unit")))
    case "relative": self = .relative(try value.read("direction"), try value.read("value"))
    case "points": self = .points(try value.read("direction"), try value.read("value"))
    case "multiple": self = .multiple(try value.read("value"))
    case "beyond": self = .beyond(try value.read("direction"))
    default: throw value.wrong("is", wanted: "a test that this version knows")
    }
  }
}

extension Trigger.Reference {
  fileprivate var frozen: JSON {
    switch self {
    case .none: "none"
    case .control: "control"
    case .normal: "normal"
    case .previousStage: "previous_stage"
    case .baseline(nil): "baseline"
    case .forecast(nil): "forecast"
    case .baseline(let value?): ["baseline": .number(value)]
    case .forecast(let value?): ["forecast": .number(value)]
    }
  }

  fileprivate init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    switch value.json {
    case "none": self = .none
    case "control": self = .control
    case "normal": self = .normal
    case "previous_stage": self = .previousStage
    case "baseline": self = .baseline(nil)
    case "forecast": self = .forecast(nil)
    default:
      if let figure: Double = try value.optional("baseline") {
        self = .baseline(figure)
      } else {
        self = .forecast(try value.read("forecast"))
      }
    }
  }
}
