/// What a trigger compares with what, and over which time, people and arm.
extension TriggerParser {
  private static let amounts =
    "a number such as `2%`, `3 s` or `0.8`, a multiple such as `5x control`, or `baseline`, `control`, `forecast`, "
    + "`normal`"
  private static let changes = "an amount such as `10%` (of control) or `2 points`"

  mutating func comparison(into condition: inout Trigger.Condition) throws(TriggerText.Fault) {
    if let next, TriggerWords.inclusive.contains(next.plain) || next.plain == "at" {
      throw TriggerText.Fault(
        rule: .badTrigger,
        reason: "a trigger fires beyond a number, not at it: write `above` or `below` in place of \(next.text.quoted)",
        at: place)
    }
    if let direction = takeDirection() {
      _ = take("by") || take("to")
      // `drops below 0.8` compares the value, `drops by more than 5%` the change.
      if let level = takeLevel(withOver: false) { return try self.level(level, into: &condition) }
      if !takeMoreThan() { _ = take(["over", "beyond", ">"]) }
      return try change(direction, into: &condition)
    }
    if let level = takeLevel(withOver: true) { return try self.level(level, into: &condition) }
    throw fault(expecting: "a comparison")
  }

  private mutating func takeDirection() -> Trigger.Direction? {
    if take(TriggerWords.up) { return .up }
    if take(TriggerWords.down) { return .down }
    return take(TriggerWords.either) ? .either : nil
  }

  private mutating func takeMoreThan() -> Bool {
    guard let word = word(), TriggerWords.more.contains(word), self.word(1) == "than" else { return false }
    at += 2
    return true
  }

  private mutating func takeLevel(withOver: Bool) -> Trigger.Direction? {
    if let word = word(), TriggerWords.above.contains(word), withOver || !["over", "beyond", ">"].contains(word) {
      at += 1
      return .up
    }
    if take(TriggerWords.below) { return .down }
    guard let word = word(), self.word(1) == "than" else { return nil }
    if withOver, takeMoreThan() { return .up }
    guard TriggerWords.less.contains(word) else { return nil }
    at += 2
    return .down
  }

  // MARK: Change

  /// `10%`, `2 points`, `5x`: by how much it moved.
  private mutating func change(_ direction: Trigger.Direction, into condition: inout Trigger.Condition)
    throws(TriggerText.Fault)
  {
    let place = place
    let value = try number(expecting: Self.changes)
    condition.against = .control
    if take(["%", "percent"]) {
      condition.test = take(["points", "point"]) ? .points(direction, value / 100) : .relative(direction, value / 100)
    } else if take(["points", "point", "pp", "pts", "pt"]) || takePercentagePoints() {
      condition.test = .points(direction, value / 100)
    } else if take(["x", "×", "times", "fold"]), direction == .up {
      condition.test = .multiple(value)
    } else if value < 1, TriggerWords.seconds[word() ?? ""] == nil {
      condition.test = .points(direction, value)
    } else {
      at -= 1
      throw TriggerText.Fault(
        rule: .badTrigger,
        reason: "a change needs its measure: `\(next?.text ?? "5")%` is relative to control, `points` are absolute",
        at: place)
    }
    if value == 0, case .relative = condition.test { condition.test = .beyond(direction) }
  }

  private mutating func takePercentagePoints() -> Bool {
    guard word() == "percentage", let second = word(1), second.hasPrefix("point") else { return false }
    at += 2
    return true
  }

  // MARK: Level

  /// The value itself against a number, a multiple or a reference.
  private mutating func level(_ direction: Trigger.Direction, into condition: inout Trigger.Condition)
    throws(TriggerText.Fault)
  {
    if let reference = takeReference() {
      condition.against = reference
      condition.test = .beyond(direction)
      if take("by") {
        if !takeMoreThan() { _ = take(["over", "beyond", ">"]) }
        try change(direction, into: &condition)
        condition.against = reference
      }
      return
    }
    let currency = take(TriggerWords.currencies)
    let place = place
    let value = try number(expecting: Self.amounts)
    if take(["%", "percent"]) {
      try percent(value, direction, into: &condition)
    } else if take(["x", "×", "times"]) {
      guard direction == .up else {
        throw TriggerText.Fault(
          rule: .badTrigger,
          reason: "`below` does not go with a multiple: write `down more than 50%` for half of control", at: place)
      }
      (condition.test, condition.against) = (.multiple(value), takeReference() ?? .control)
    } else if let size = TriggerWords.seconds[word() ?? ""] {
      at += 1
      condition.test = Self.test(direction, .init(value * size, .seconds))
    } else if currency || take(TriggerWords.currencies) {
      condition.test = Self.test(direction, .init(value, .currency))
    } else if let next, ["points", "point", "pp", "pts"].contains(next.plain) {
      throw TriggerText.Fault(
        rule: .badTrigger, reason: "points are a change: write `up by more than` or `drops by more than` before them",
        at: self.place)
    } else {
      _ = take(TriggerWords.counted)
      condition.test = Self.test(direction, .init(value, .plain))
    }
  }

  /// `2%`, but also `20% above forecast` and `120% of control`.
  private mutating func percent(
    _ value: Double, _ direction: Trigger.Direction, into condition: inout Trigger.Condition
  ) throws(TriggerText.Fault) {
    let before = at
    if let side = takeLevel(withOver: true), let reference = takeReference() {
      (condition.test, condition.against) = (.relative(side, value / 100), reference)
      return
    }
    at = before
    if take("of"), let reference = takeReference() {
      condition.test = direction == .up ? .multiple(value / 100) : .relative(.down, 1 - value / 100)
      condition.against = reference
      return
    }
    at = before
    condition.test = Self.test(direction, .init(value / 100, .percent))
  }

  private static func test(_ direction: Trigger.Direction, _ quantity: Trigger.Quantity) -> Trigger.Test {
    direction == .up ? .above(quantity) : .below(quantity)
  }

  private mutating func number(expecting what: String) throws(TriggerText.Fault) -> Double {
    if let next, next.text.count == 1, let letter = next.text.first, "XYZN".contains(letter) {
      throw TriggerText.Fault(rule: .placeholder, reason: "put a number in place of `\(letter)`", at: place)
    }
    guard var value = next?.number else { throw fault(expecting: what) }
    at += 1
    if take("k") { value *= 1000 }
    return value
  }

  // MARK: Reference

  /// `control`, `baseline 0.86`, `the previous stage`, `normal rate`.
  mutating func takeReference() -> Trigger.Reference? {
    let before = at
    while take(["the", "its", "a", "our"]) {}
    guard let word = word(), let reference = TriggerWords.references[word] else {
      at = before
      return nil
    }
    at += 1
    _ = take(TriggerWords.afterReference)
    switch reference {
    case .baseline: return .baseline(takeFigure())
    case .forecast: return .forecast(takeFigure())
    default: return reference
    }
  }

  /// The figure of a baseline, as a fraction where it is written in percent.
  private mutating func takeFigure() -> Double? {
    let before = at
    let bracket = take("(")
    _ = take(["of", "=", ":", "at"])
    _ = take(TriggerWords.currencies)
    guard let value = next?.number else {
      at = before
      return nil
    }
    at += 1
    var figure = value
    if take("%") {
      figure /= 100
    } else if let size = TriggerWords.seconds[word() ?? ""] {
      at += 1
      figure *= size
    }
    if bracket { _ = take(")") }
    return figure
  }
}
