/// A share of one cohort; without a selector the cohort is everyone.
package struct Grant: Hashable, Sendable {
  package let cohort: Selector?
  package let share: Percentage

  package init(cohort: Selector?, share: Percentage) {
    self.cohort = cohort
    self.share = share
  }
}

/// What the flag does now: who gets the new version.
///
/// A unit is in when no exclusion meets it and some grant lets it in. All grants of a flag draw from one stable hash of
/// the unit, so a larger share always holds the smaller one, also across cohorts.
package struct Exposure: Hashable, Sendable {
  package private(set) var grants: [Grant]
  package var exclusions: [Selector]

  package static let off = Exposure()

  package init(grants: [Grant] = [], exclusions: [Selector] = []) {
    self.grants = Self.normal(grants)
    self.exclusions = exclusions
  }

  package var isOff: Bool { grants.isEmpty }

  /// This exposure with one more grant.
  package func adding(_ grant: Grant) -> Exposure {
    Exposure(grants: grants + [grant], exclusions: exclusions)
  }

  package func excluding(_ selectors: [Selector]) -> Exposure {
    Exposure(grants: grants, exclusions: exclusions + selectors.filter { !exclusions.contains($0) })
  }

  /// Whether nobody is let in here whom `other` keeps out. Selectors are compared as they stand, so a `false` may also
  /// mean "cannot tell": the careful answer for whoever asks before narrowing.
  package func isWithin(_ other: Exposure) -> Bool {
    guard !isOff else { return true }
    guard other.exclusions.allSatisfy(exclusions.contains) else { return false }
    return grants.allSatisfy { grant in
      other.grants.contains { ($0.cohort == nil || $0.cohort == grant.cohort) && $0.share >= grant.share }
    }
  }

  /// The largest share first; of grants that let in the same units or fewer only the larger stays. Since the first
  /// cohort that a unit meets decides, this order makes it the best share that any of them gives.
  private static func normal(_ grants: [Grant]) -> [Grant] {
    var kept: [Grant] = []
    let ordered = grants.enumerated().sorted {
      $0.element.share != $1.element.share
        ? $0.element.share > $1.element.share
        : ($0.element.cohort == nil) != ($1.element.cohort == nil)
          ? $0.element.cohort == nil : $0.offset < $1.offset
    }
    for (_, grant) in ordered where grant.share > .zero {
      if !kept.contains(where: { $0.cohort == nil || $0.cohort == grant.cohort }) { kept.append(grant) }
    }
    return kept
  }
}
