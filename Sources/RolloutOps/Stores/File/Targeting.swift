/// A split as a flagd targeting rule, and back.
///
/// The rule is one `if`: whoever lacks the unit gets control; then who is excluded; then the cohorts that are in as a
/// whole; then one `fractional` for each cohort that is in by a share, the largest share first. Each draws from the same
/// bucket of the unit, so that a growing share keeps whom it has. Readers need no targeting key.
enum Targeting {
  /// Refused where a share has no whole weight: readers would quietly give everyone the default instead.
  static func encode(_ split: Split, key: FlagKey) throws(StoreTrouble) -> JSON {
    for grant in split.exposure.grants where Bucket.weight(of: grant.share) == nil {
      throw .inexpressible(grant.share, nearest: Bucket.nearest(to: grant.share))
    }
    return rule(split, key: key, guarded: guardRow)
  }

  private static func rule(_ split: Split, key: FlagKey, guarded: (_ unit: JSON) -> JSON) -> JSON {
    let (canary, control) = (JSON.string(split.canary), JSON.string(split.control))
    var rows = [guarded(.variable(split.unit)), control]
    if !split.exposure.exclusions.isEmpty { rows += [anyOf(split.exposure.exclusions), control] }
    let grants = split.exposure.grants
    let whole = grants.filter(\.share.isWhole)
    guard whole.allSatisfy({ $0.cohort != nil }) else { return .logic("if", rows + [canary]) }
    if !whole.isEmpty { rows += [anyOf(whole.compactMap(\.cohort)), canary] }
    for grant in grants where !grant.share.isWhole {
      let weight = Bucket.weight(of: grant.share) ?? 0
      let fractional = JSON.logic(
        "fractional",
        [
          .logic("cat", [.string(Bucket.salt(key)), .variable(split.unit)]),
          [canary, .number(weight)], [control, .number(Bucket.total - weight)],
        ])
      guard let cohort = grant.cohort else { return .logic("if", rows + [fractional]) }
      rows += [SelectorLogic.encode(cohort), fractional]
    }
    return .logic("if", rows + [control])
  }

  /// True for a unit that is missing, null, empty or no text. Without it a reader would hash the word "null", and a list
  /// in the unit's place would bring an arm of its own. Every reader answers `starts_with` of what is no text with no.
  private static func guardRow(_ unit: JSON) -> JSON { guardRow(unit, isText: .logic("starts_with", [unit, ""])) }

  /// As it was written before: flagd and Go fail at the `cat` of what is no text, so that applications used the default in
  /// their own code.
  private static func earlierGuardRow(_ unit: JSON) -> JSON {
    guardRow(unit, isText: .logic("===", [.logic("cat", [unit]), unit]))
  }

  private static func guardRow(_ unit: JSON, isText: JSON) -> JSON {
    .object([JSON.Member("!", .logic("and", [.object([JSON.Member("!!", unit)]), isText]))])
  }

  private static func anyOf(_ selectors: [Selector]) -> JSON {
    let rules = selectors.map(SelectorLogic.encode)
    return rules.count == 1 ? rules[0] : .logic("or", rules)
  }

  /// The split, if rolloutctl wrote this rule for this flag: read by its shape, then written again and compared. What
  /// is marked as ours but was edited by hand is foreign.
  static func decode(_ targeting: JSON, key: FlagKey) -> Split? {
    guard let rows = targeting["if"]?.items, rows.count >= 3, rows.count % 2 == 1, let control = rows[1].text,
      let unit = rows[0]["!"]?["and"]?.items?.first?["!!"]?.attributeName
    else { return nil }
    var reading = Reading(control: control)
    for row in stride(from: 2, to: rows.count - 1, by: 2) {
      guard reading.take(condition: rows[row], rows[row + 1]) else { return nil }
    }
    guard reading.take(condition: nil, rows[rows.count - 1]), let canary = reading.canary else { return nil }
    let exposure = Exposure(grants: reading.grants, exclusions: reading.exclusions)
    let split = Split(exposure: exposure, unit: unit, canary: canary, control: control)
    let isOurs = [guardRow, earlierGuardRow].contains { rule(split, key: key, guarded: $0).means(targeting) }
    return isOurs ? split : nil
  }

  private struct Reading {
    let control: String
    var canary: String?
    var exclusions: [Selector] = []
    var grants: [Grant] = []

    /// One row: a condition (nil for the last) and what it leads to.
    mutating func take(condition: JSON?, _ outcome: JSON) -> Bool {
      if let arms = outcome["fractional"]?.items {
        guard arms.count == 3, let canary = arms[1].items?.first?.text, let weight = arms[1].items?.last?.integer,
          (1..<Bucket.total).contains(weight)
        else { return false }
        self.canary = canary
        let cohort = condition.map(SelectorLogic.decode)
        if let cohort, cohort == nil { return false }
        let share = Percentage(micro: Percentage.whole.micro / Bucket.total * weight)
        grants.append(Grant(cohort: cohort ?? nil, share: share))
        return true
      }
      guard let variant = outcome.text else { return false }
      guard let condition else {
        // The last row: everyone else gets control, or everyone is in.
        if variant != control { (canary, grants) = (variant, grants + [Grant(cohort: nil, share: .whole)]) }
        return true
      }
      guard let selectors = Self.selectors(condition) else { return false }
      if variant == control {
        exclusions += selectors
      } else {
        canary = variant
        grants += selectors.map { Grant(cohort: $0, share: .whole) }
      }
      return true
    }

    /// One selector, or several behind one `or`. A single value with two meanings is an `or` too, and comes first.
    private static func selectors(_ condition: JSON) -> [Selector]? {
      if let single = SelectorLogic.decode(condition) { return [single] }
      guard let parts = condition["or"]?.items else { return nil }
      let selectors = parts.compactMap(SelectorLogic.decode)
      return selectors.count == parts.count ? selectors : nil
    }
  }
}
