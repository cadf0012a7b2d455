/// What the words of a stage mean by this note's cohorts.
extension NoteReader {
  enum Resolution {
    case found(Stage.Audience)
    case undefined(Substring)
    case wrong(NoteRule, String, at: String.Index)
  }

  /// Words for the whole of the traffic, where no cohort is named so.
  private static let everyone: Set<String> = [
    "everyone", "everybody", "all", "all users", "all tenants", "all traffic", "all requests", "full", "full rollout",
    "requests", "traffic", "users", "tenants", "customers", "production", "production traffic", "live traffic",
  ]

  /// Words that say nothing beside a cohort's name: `paid users`, `staff traffic`.
  private static let companions: Set<String> = [
    "users", "traffic", "tenants", "customers", "requests", "accounts", "cohort", "only",
  ]

  mutating func resolve(_ audience: Substring) -> Resolution {
    let words = audience.split(whereSeparator: \.isWhitespace)
    if audience.lowercased() == "offline" || audience.lowercased() == "offline check", cohort(named: audience) == nil {
      return .found(.offline)
    }
    if let sign = audience.firstIndex(of: "%"),
      audience.first?.isNumber == true || "-+.".contains(audience.first ?? " ")
    {
      return resolveShare(audience, sign: sign)
    }
    if let last = words.last, words.count > 1, last.hasSuffix("%"), let share = Percentage(digits: last.dropLast()) {
      // `paid 5%` reads as well as `5% of paid`.
      if let fault = fault(of: share, written: last) { return fault }
      return resolveTarget(audience[..<last.startIndex].trimmed, share: share)
    }
    if audience.allSatisfy({ $0.isNumber || $0 == "." }) {
      return .wrong(.badShare, "a share needs its sign: write `\(audience)%`", at: audience.startIndex)
    }
    return resolveTarget(audience, share: .whole)
  }

  private mutating func resolveShare(_ audience: Substring, sign: String.Index) -> Resolution {
    let digits = audience[..<sign].trimmed
    guard let share = Percentage(digits: digits) else {
      return .wrong(
        .badShare, "`\(audience[...sign])` is no share; write a number with at most six decimals, such as `0.5%`",
        at: audience.startIndex)
    }
    if let fault = fault(of: share, written: audience[...sign]) { return fault }
    let rest = audience[audience.index(after: sign)...].trimmed
    guard !rest.isEmpty else { return .found(.everyone(share: share)) }
    let words = rest.split(whereSeparator: \.isWhitespace)
    guard words.count > 1, words[0].lowercased() == "of" else {
      if rest.first?.isNumber == true { return noSoak(rest) }
      return .wrong(
        .badSchedule,
        "after `\(audience[...sign])` a stage goes on with `of` and a cohort, or with a soak such as `24h`",
        at: rest.startIndex)
    }
    return resolveTarget(rest[words[1].startIndex...], share: share)
  }

  private func fault(of share: Percentage, written: Substring) -> Resolution? {
    if share == .zero {
      return .wrong(
        .badShare, "a stage of 0% lets nobody in; leave it out, or write `offline` for evidence without traffic",
        at: written.startIndex)
    }
    return share > .whole ? .wrong(.badShare, "`\(written)` is more than everyone", at: written.startIndex) : nil
  }

  private func noSoak(_ text: Substring) -> Resolution {
    .wrong(.badSoak, "\(text.quoted) is no length of time; write `24h`, `3d` or `1d 12h`", at: text.startIndex)
  }

  private mutating func resolveTarget(_ target: Substring, share: Percentage) -> Resolution {
    if let cohort = cohort(named: target.unwrapped) {
      return .found(.cohort(name: cohort.name, cohort.selector, share: share))
    }
    var words = target.split(whereSeparator: \.isWhitespace)
    if words.first?.lowercased() == "the", words.count > 1 { words.removeFirst() }
    let plain = words.map { $0.lowercased() }.joined(separator: " ")
    if Self.everyone.contains(plain) { return .found(.everyone(share: share)) }
    if words.count > 1, let last = words.last, Self.companions.contains(last.lowercased()),
      let cohort = cohort(named: words.dropLast().joined(separator: " "))
    {
      return .found(.cohort(name: cohort.name, cohort.selector, share: share))
    }
    if target.contains("=") || words.contains(where: { $0.lowercased() == "in" }) && target.contains("[") {
      return inline(target, share: share)
    }
    // A number among the last two words was meant as a soak: `friends 3 dayz`.
    if let at = words.lastIndex(where: { $0.first?.isNumber == true }), at > 0, at >= words.count - 2 {
      let name = target[..<words[at].startIndex].trimmed
      if cohort(named: name) == nil { reportUndefined(name) }
      return noSoak(target[words[at].startIndex...])
    }
    return .undefined(target)
  }

  /// A selector in place of a cohort's name.
  private mutating func inline(_ target: Substring, share: Percentage) -> Resolution {
    do {
      let read = try SelectorText(target)
      for value in read.values where PersonalData.kind(value: value.unwrapped) != nil {
        return .wrong(.personalData, NoteRule.personalData.why, at: value.startIndex)
      }
      for attribute in read.attributes where PersonalData.kind(attribute: attribute) != nil {
        return .wrong(.personalData, NoteRule.personalData.why, at: attribute.startIndex)
      }
      return .found(.cohort(name: target.collapsed, read.selector, share: share))
    } catch {
      return .wrong(.badSelector, error.reason, at: error.at)
    }
  }
}
