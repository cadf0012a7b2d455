/// What narrows a trigger: a window, a period, a segment, another reference, the variant to degrade to.
extension TriggerParser {
  /// Takes one; false at the end of the trigger.
  mutating func modifier(
    into condition: inout Trigger.Condition, target: inout Substring?
  ) throws(TriggerText.Fault) -> Bool {
    guard let next else { return false }
    switch next.plain {
    case ";", "or", "|":
      return false
    case ".":
      guard at + 1 == tokens.count else { throw expectation(condition) }
      return false
    case ",":
      // `exceeds 3 s, over 15m` goes on; `above 2%, cost up 20%` is two triggers.
      let before = at
      at += 1
      if let next = self.next, Self.openers.contains(next.plain),
        try modifier(into: &condition, target: &target)
      {
        return true
      }
      at = before
      return false
    case "(":
      skipRemark()
    case "->", "=>", "→":
      at += 1
      guard let variant = self.next, variant.kind == .word, target == nil else {
        throw fault(expecting: "the name of a variant")
      }
      target = variant.text
      at += 1
    case "/":
      at += 1
      guard let span = takePeriod() else { throw fault(expecting: "`hour`, `day` or `minute`") }
      condition.per = span
    case "and":
      throw TriggerText.Fault(
        rule: .badTrigger, reason: "a trigger is one condition; write each on a line of its own (any of them fires)",
        at: place)
    default:
      guard
        takeReference(into: &condition) || takeWindow(into: &condition) || takePer(into: &condition)
          || takeSegment(into: &condition)
      else { throw expectation(condition) }
    }
    return true
  }

  private static let openers: Set<String> = [
    "over", "within", "during", "in", "for", "per", "by", "each", "on", "where", "vs", "versus", "against", "compared",
    "->", "→",
  ]

  private func expectation(_ condition: Trigger.Condition) -> TriggerText.Fault {
    fault(
      expecting:
        "`over 1h`, `per hour`, `in any tenant`, `by category`, `against baseline`, `-> variant`, `;` or the end")
  }

  /// A remark in brackets is for people.
  private mutating func skipRemark() {
    var depth = 0
    while let next {
      if next.plain == "(" { depth += 1 }
      if next.plain == ")" { depth -= 1 }
      at += 1
      if depth == 0 { return }
    }
  }

  private mutating func takeReference(into condition: inout Trigger.Condition) -> Bool {
    let before = at
    while take(TriggerWords.beforeReference) {}
    if at > before || word() == "the" || TriggerWords.references[word() ?? ""] != nil, let reference = takeReference() {
      condition.against = reference
      return true
    }
    at = before
    return false
  }

  /// `over 1h`, `in the last 15 minutes`, `for an hour`.
  private mutating func takeWindow(into condition: inout Trigger.Condition) -> Bool {
    let before = at
    guard take(["over", "within", "during", "in", "for", "across"]) else { return false }
    while take(["the", "last", "past", "any", "a", "an", "each"]) {}
    var text = ""
    while next?.number != nil, let unit = word(1), at + 1 < tokens.count,
      let number = next?.text, TimeSpan("\(number) \(unit)") != nil
    {
      text += "\(number) \(unit) "
      at += 2
    }
    if let span = TimeSpan(text) ?? takePeriod() {
      condition.window = span
      return true
    }
    at = before
    return false
  }

  private mutating func takePeriod() -> TimeSpan? {
    guard let word = word(), let span = TriggerWords.spans[word] else { return nil }
    at += 1
    return span
  }

  /// `per hour` is a period; `per tenant` and `by category` are any of them.
  private mutating func takePer(into condition: inout Trigger.Condition) -> Bool {
    let before = at
    if take(["an", "a", "each", "every", "hourly", "daily"]) {
      if let span = TriggerWords.adjectives[tokens[before].plain] ?? takePeriod() {
        condition.per = span
        return true
      }
      at = before
      return false
    }
    guard take(["per", "by"]) else { return false }
    if let span = takePeriod() {
      condition.per = span
    } else if let next, next.kind == .word {
      condition.segment = .init(attribute: String(next.text), value: nil)
      at += 1
    } else {
      at = before
      return false
    }
    return true
  }

  /// `in any tenant`, `for region = eu`, `in tenant acme`.
  private mutating func takeSegment(into condition: inout Trigger.Condition) -> Bool {
    let before = at
    guard take(["in", "for", "on", "where", "when", "within", "at"]) else { return false }
    let any = take(["any", "every", "each", "one", "a", "some"])
    if any { _ = take(["single", "one"]) }
    guard let attribute = next, attribute.kind == .word else {
      at = before
      return false
    }
    at += 1
    if any {
      condition.segment = .init(attribute: String(attribute.text), value: nil)
      return true
    }
    _ = take(["=", "is", "named"])
    guard let value = next, value.kind == .word || value.number != nil else {
      at = before
      return false
    }
    at += 1
    condition.segment = .init(attribute: String(attribute.text), value: String(value.text))
    return true
  }
}
