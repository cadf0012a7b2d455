/// Members that a later version added are passed over; one that this version needs and does not find is trouble.
package enum FrozenPlanTrouble: Error, Hashable, Sendable {
  /// The path of the member, such as `stages[2].soak`.
  case missing(String)
  case wrong(String, wanted: String)
}

/// A place in a frozen plan: its JSON, and the path that trouble names.
struct FrozenValue {
  let json: JSON
  let path: String

  init(_ json: JSON, path: String = "") throws(FrozenPlanTrouble) {
    guard path.isEmpty else {
      (self.json, self.path) = (json, path)
      return
    }
    guard json.members != nil else { throw .wrong("plan", wanted: "an object") }
    (self.json, self.path) = (json, "plan")
  }

  func wrong(wanted: String) -> FrozenPlanTrouble { .wrong(path, wanted: wanted) }
  func wrong(_ name: String, wanted: String) -> FrozenPlanTrouble { .wrong("\(path).\(name)", wanted: wanted) }

  func known<Value>(_ value: Value?, _ wanted: String) throws(FrozenPlanTrouble) -> Value {
    guard let value else { throw wrong(wanted: wanted) }
    return value
  }

  func member(_ name: String) throws(FrozenPlanTrouble) -> FrozenValue {
    guard let value = json[name] else { throw .missing("\(path).\(name)") }
    return try FrozenValue(value, path: "\(path).\(name)")
  }

  func read<Value: PlanValue>(_ name: String) throws(FrozenPlanTrouble) -> Value {
    try Value(frozen: member(name))
  }

  func optional<Value: PlanValue>(_ name: String) throws(FrozenPlanTrouble) -> Value? {
    guard let value = json[name], value != .null else { return nil }
    return try Value(frozen: FrozenValue(value, path: "\(path).\(name)"))
  }

  func items(_ name: String) throws(FrozenPlanTrouble) -> [FrozenValue] { try member(name).items() }

  func items() throws(FrozenPlanTrouble) -> [FrozenValue] {
    guard let items = json.items else { throw wrong(wanted: "a list") }
    var found: [FrozenValue] = []
    for (index, item) in items.enumerated() { found.append(try FrozenValue(item, path: "\(path)[\(index)]")) }
    return found
  }
}

/// A value that a plan holds: how the journal keeps it, and the words for it where two plans are compared.
protocol PlanValue: Hashable, Sendable {
  var frozen: JSON { get }
  init(frozen value: FrozenValue) throws(FrozenPlanTrouble)
  var words: String { get }
}

extension PlanValue {
  var words: String { "\(self)" }
}

extension String: PlanValue {
  var frozen: JSON { .string(self) }
  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) { self = try value.known(value.json.text, "a text") }
}

extension Int: PlanValue {
  var frozen: JSON { .number(self) }
  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    self = try value.known(value.json.integer, "a whole number")
  }
}

extension Double: PlanValue {
  var frozen: JSON { .number(self) }
  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) { self = try value.known(value.json.double, "a number") }
}

extension Bool: PlanValue {
  var frozen: JSON { .bool(self) }
  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    self = try value.known(value.json.truth, "true or false")
  }
  var words: String { self ? "on" : "off" }
}

extension TimeSpan: PlanValue {
  var frozen: JSON { seconds.frozen }
  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) { self.init(seconds: try Int(frozen: value)) }
}

extension Array: PlanValue where Element: PlanValue {
  var frozen: JSON { .array(map(\.frozen)) }
  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    self = []
    for item in try value.items() { append(try Element(frozen: item)) }
  }
  var words: String { isEmpty ? "none" : map(\.words).joined(separator: ", ") }
}

extension PlanValue where Self: RawRepresentable<String> {
  var frozen: JSON { .string(rawValue) }
  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    self = try value.known(Self(rawValue: String(frozen: value)), "a word that this version knows")
  }
  var words: String { rawValue }
}

extension ChangeType: PlanValue {}
extension ChecklistMode: PlanValue {}
extension KillTarget: PlanValue {}
extension FlagHash: PlanValue {}

// MARK: - Selectors

extension Selector: PlanValue {
  /// `{"=": ["plan", "paid"]}`; a value in an array of its own was quoted.
  var frozen: JSON {
    switch self {
    case .equals(let attribute, let value): ["=": [.string(attribute), value.frozen]]
    case .oneOf(let attribute, let values): ["in": .array([.string(attribute)] + values.map(\.frozen))]
    case .not(let inner): ["not": inner.frozen]
    case .all(let parts): ["and": .array(parts.map(\.frozen))]
    }
  }

  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    guard let member = value.json.members?.first, value.json.members?.count == 1 else {
      throw value.wrong(wanted: "a selector")
    }
    switch member.name {
    case "=", "in":
      let items = try value.items(member.name)
      guard let attribute = items.first?.json.text else { throw value.wrong(wanted: "an attribute's name") }
      var values: [AttributeValue] = []
      for item in items.dropFirst() { values.append(try AttributeValue(frozen: item)) }
      if member.name == "in" {
        self = .oneOf(attribute: attribute, values)
      } else if values.count == 1 {
        self = .equals(attribute: attribute, values[0])
      } else {
        throw value.wrong(wanted: "one value")
      }
    case "not":
      self = .not(try value.read("not"))
    case "and":
      self = .all(try value.read("and"))
    default:
      throw value.wrong(wanted: "a selector that this version knows")
    }
  }
}

extension AttributeValue: PlanValue {
  var frozen: JSON { quoted ? [.string(text)] : .string(text) }

  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    if let text = value.json.text {
      self.init(text)
    } else if let text = value.json.items?.first?.text {
      self.init(text, quoted: true)
    } else {
      throw value.wrong(wanted: "a value")
    }
  }
}
