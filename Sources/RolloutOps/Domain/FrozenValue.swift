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

  func wrong(_ name: String, wanted: String) -> FrozenPlanTrouble { .wrong("\(path).\(name)", wanted: wanted) }

  func member(_ name: String) throws(FrozenPlanTrouble) -> FrozenValue {
    guard let value = json[name] else { throw .missing("\(path).\(name)") }
    return try FrozenValue(value, path: "\(path).\(name)")
  }

  func optional(_ name: String) throws(FrozenPlanTrouble) -> FrozenValue? {
    guard let value = json[name], value != .null else { return nil }
    return try FrozenValue(value, path: "\(path).\(name)")
  }

  func items(_ name: String) throws(FrozenPlanTrouble) -> [FrozenValue] {
    guard let items = try member(name).json.items else { throw wrong(name, wanted: "a list") }
    var found: [FrozenValue] = []
    for (index, item) in items.enumerated() { found.append(try FrozenValue(item, path: "\(path).\(name)[\(index)]")) }
    return found
  }

  func text(_ name: String) throws(FrozenPlanTrouble) -> String {
    guard let text = try member(name).json.text else { throw wrong(name, wanted: "a text") }
    return text
  }

  func optionalText(_ name: String) throws(FrozenPlanTrouble) -> String? {
    try optional(name) == nil ? nil : text(name)
  }

  func texts(_ name: String) throws(FrozenPlanTrouble) -> [String] {
    var texts: [String] = []
    for item in try items(name) {
      guard let text = item.json.text else { throw .wrong(item.path, wanted: "a text") }
      texts.append(text)
    }
    return texts
  }

  func integer(_ name: String) throws(FrozenPlanTrouble) -> Int {
    guard let number = try member(name).json.integer else { throw wrong(name, wanted: "a whole number") }
    return number
  }

  func optionalInteger(_ name: String) throws(FrozenPlanTrouble) -> Int? {
    try optional(name) == nil ? nil : integer(name)
  }

  func number(_ name: String) throws(FrozenPlanTrouble) -> Double {
    guard let number = try member(name).json.double else { throw wrong(name, wanted: "a number") }
    return number
  }

  func optionalNumber(_ name: String) throws(FrozenPlanTrouble) -> Double? {
    try optional(name) == nil ? nil : number(name)
  }

  func truth(_ name: String) throws(FrozenPlanTrouble) -> Bool {
    guard let truth = try member(name).json.truth else { throw wrong(name, wanted: "true or false") }
    return truth
  }

  func choice<Choice: RawRepresentable<String>>(_ name: String) throws(FrozenPlanTrouble) -> Choice {
    let text = try text(name)
    guard let choice = Choice(rawValue: text) else { throw wrong(name, wanted: "a word that this version knows") }
    return choice
  }

  func optionalChoice<Choice: RawRepresentable<String>>(_ name: String) throws(FrozenPlanTrouble) -> Choice? {
    try optional(name) == nil ? nil : choice(name)
  }
}

// MARK: - Selectors

extension Selector {
  /// `{"=": ["plan", "paid"]}`; a value in an array of its own was quoted.
  package var frozen: JSON {
    switch self {
    case .equals(let attribute, let value): ["=": [.string(attribute), value.frozen]]
    case .oneOf(let attribute, let values): ["in": .array([.string(attribute)] + values.map(\.frozen))]
    case .not(let inner): ["not": inner.frozen]
    case .all(let parts): ["and": .array(parts.map(\.frozen))]
    }
  }

  package init(frozen json: JSON) throws(FrozenPlanTrouble) {
    try self.init(frozen: FrozenValue(json, path: "selector"))
  }

  init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    guard let member = value.json.members?.first, value.json.members?.count == 1 else {
      throw .wrong(value.path, wanted: "a selector")
    }
    switch member.name {
    case "=", "in":
      let items = try value.items(member.name)
      guard let attribute = items.first?.json.text else { throw .wrong(value.path, wanted: "an attribute's name") }
      var values: [AttributeValue] = []
      for item in items.dropFirst() { values.append(try AttributeValue(frozen: item)) }
      if member.name == "in" {
        self = .oneOf(attribute: attribute, values)
      } else if values.count == 1 {
        self = .equals(attribute: attribute, values[0])
      } else {
        throw .wrong(value.path, wanted: "one value")
      }
    case "not":
      self = .not(try Selector(frozen: value.member("not")))
    case "and":
      var parts: [Selector] = []
      for item in try value.items("and") { parts.append(try Selector(frozen: item)) }
      self = .all(parts)
    default:
      throw .wrong(value.path, wanted: "a selector that this version knows")
    }
  }
}

extension AttributeValue {
  fileprivate var frozen: JSON { quoted ? [.string(text)] : .string(text) }

  fileprivate init(frozen value: FrozenValue) throws(FrozenPlanTrouble) {
    if let text = value.json.text {
      self.init(text)
    } else if let text = value.json.items?.first?.text {
      self.init(text, quoted: true)
    } else {
      throw .wrong(value.path, wanted: "a value")
    }
  }
}
