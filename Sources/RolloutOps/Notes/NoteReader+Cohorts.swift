/// Who: named cohorts and exclusions.
extension NoteReader {
  /// Names that mean something in a schedule already.
  private static let reserved: Set<String> = ["everyone", "offline", "finish", "off", "100%"]

  mutating func readCohorts() {
    for entry in entries(.cohorts) {
      for piece in entry.value.map({ Self.parts($0) }) ?? [] { readCohort(piece, inside: []) }
      var at = 0
      while at < entry.items.count {
        let item = entry.items[at]
        var inside: [NoteItem] = []
        while at + 1 + inside.count < entry.items.count, entry.items[at + 1 + inside.count].indent > item.indent {
          inside.append(entry.items[at + 1 + inside.count])
        }
        readCohort(item.text, inside: inside)
        at += 1 + inside.count
      }
    }
  }

  /// `name: selector`, or `name:` with the selector as the one item below it.
  private mutating func readCohort(_ text: Substring, inside: [NoteItem]) {
    guard let colon = text.firstIndex(of: ":") else {
      return report(
        .badSelector, "a cohort is a name, a colon and a selector, such as `paid: plan = paid`", at: text.startIndex)
    }
    let name = text[..<colon].unwrapped
    var rule = text[text.index(after: colon)...].trimmed
    if text.hasPrefix("**"), rule.hasPrefix("**") { rule = rule.dropFirst(2).trimmed }
    if rule.isEmpty, let first = inside.first { rule = first.text }
    if inside.count > 1 {
      report(.badSelector, "a cohort has one selector; join them with `and`", at: inside[1].text.startIndex)
    }
    let plain = name.collapsed
    if plain.isEmpty {
      return report(.badSelector, "this cohort has no name; write `name: selector`", at: text.startIndex)
    }
    if Self.reserved.contains(plain.lowercased()) || plain.contains(where: { "%→".contains($0) })
      || plain.contains("->")
    {
      return report(
        .badValue, "a cohort cannot be named \(plain.quoted): a schedule would read it as something else",
        at: name.startIndex)
    }
    if cohort(named: plain) != nil {
      return report(
        .duplicateName, "a cohort named \(plain.quoted) is defined already; names count without capitals",
        at: name.startIndex)
    }
    guard !rule.isEmpty else {
      return report(
        .badSelector, "the cohort \(plain.quoted) has no selector; write `\(plain): attribute = value`",
        at: text.endIndex)
    }
    guard let selector = readSelector(rule.unwrappedCode) else {
      // Known by name all the same, so that the schedule does not complain a second time.
      unreadable.insert(plain.lowercased())
      return
    }
    if selector.admitsStrangers {
      report(
        .negationOnly,
        "`\(plain)` says only who is out, so every request without `\(selector.attributes.joined(separator: "`, `"))` is in; "
          + "add what its members have",
        at: rule.startIndex)
    }
    let cohort = Cohort(name: plain, selector: selector)
    plan.cohorts.append(cohort)
    cohortsByName[plain.lowercased()] = cohort
  }

  mutating func readExclusions() {
    for value in values(.exclude) {
      let whole = value.unwrapped
      for piece in cohort(named: whole) != nil ? [whole] : Self.parts(whole) {
        let name = piece.unwrapped
        if let cohort = cohort(named: name) {
          plan.exclusions.append(cohort.selector)
        } else if name.allSatisfy({ AttributeName.allows($0) || $0 == " " }), !name.split(separator: " ").contains("in")
        {
          reportUndefined(name)
        } else if let selector = readSelector(name) {
          plan.exclusions.append(selector)
        }
      }
    }
  }

  /// Reads a selector and holds it against the rule on personal data; nil when it is reported as wrong.
  mutating func readSelector(_ text: Substring) -> Selector? {
    do {
      let read = try SelectorText(text)
      var fine = true
      for attribute in read.attributes where checkPersonalData(attribute: attribute) { fine = false }
      for value in read.values {
        guard let kind = PersonalData.kind(value: value.unwrapped) else { continue }
        report(
          .personalData,
          "this value looks like \(kind): \(NoteRule.personalData.why); target a segment or an opaque id",
          at: value.startIndex)
        fine = false
      }
      return fine ? read.selector : nil
    } catch {
      report(.badSelector, error.reason, at: error.at)
      return nil
    }
  }

  @discardableResult
  mutating func checkPersonalData(attribute: Substring) -> Bool {
    guard let kind = PersonalData.kind(attribute: attribute) else { return false }
    report(
      .personalData,
      "`\(attribute)` holds \(kind): \(NoteRule.personalData.why); use a segment or an opaque id",
      at: attribute.startIndex)
    return true
  }

  func cohort(named name: some StringProtocol) -> Cohort? {
    cohortsByName[Substring(name).collapsed.lowercased()]
  }

  mutating func reportUndefined(_ name: Substring, alsoAmong others: [String] = []) {
    guard !unreadable.contains(name.collapsed.lowercased()) else { return }
    let names = isDrowned ? [] : plan.cohorts.prefix(500).map(\.name) + others
    let near = Suggestion.nearest(to: name.collapsed, among: names)
    let hint = near.map { "did you mean `\($0)`?" } ?? "add `- \(name.collapsed): attribute = value` under `Cohorts:`"
    report(.undefinedCohort, "no cohort is named \(name.quoted); \(hint)", at: name.startIndex)
  }

  /// The parts between commas and semicolons outside brackets and quotation marks.
  static func parts(_ text: Substring, at separators: Set<Character> = [",", ";"]) -> [Substring] {
    var parts: [Substring] = []
    var start = text.startIndex
    var depth = 0
    var quote: Character?
    for index in text.indices {
      let character = text[index]
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "\"" || character == "`" {
        quote = character
      } else if "([{".contains(character) {
        depth += 1
      } else if ")]}".contains(character) {
        depth -= 1
      } else if depth <= 0, separators.contains(character) {
        parts.append(text[start..<index].trimmed)
        start = text.index(after: index)
      }
    }
    parts.append(text[start...].trimmed)
    return parts.filter { !$0.isEmpty }
  }
}

extension Substring {
  /// Without backticks around the whole.
  var unwrappedCode: Substring {
    let piece = trimmed
    guard piece.count > 2, piece.first == "`", piece.last == "`" else { return piece }
    return piece.dropFirst().dropLast()
  }
}
