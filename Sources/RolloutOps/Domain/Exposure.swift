/// A share of one cohort; without a selector the cohort is everyone.
package struct Grant: Hashable, Sendable {
  package let cohort: Selector?
  package let share: Percentage
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
    let known = Set(exclusions)
    return Exposure(grants: grants, exclusions: exclusions + selectors.filter { !known.contains($0) })
  }

  /// Whether nobody is let in here whom `other` keeps out. Selectors are compared as they stand, so a `false` may also
  /// mean "cannot tell": the careful answer for whoever asks before narrowing.
  package func isWithin(_ other: Exposure) -> Bool {
    guard !isOff else { return true }
    guard Set(exclusions).isSuperset(of: other.exclusions) else { return false }
    // Each cohort has one grant, and so has everybody.
    let shares = Dictionary(other.grants.map { ($0.cohort, $0.share) }) { max($0, $1) }
    return grants.allSatisfy { grant in
      [nil, grant.cohort].contains { cohort in shares[cohort].map { $0 >= grant.share } ?? false }
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
    var cohorts: Set<Selector> = []
    for (_, grant) in ordered where grant.share > .zero {
      if let cohort = grant.cohort, !cohorts.insert(cohort).inserted { continue }
      kept.append(grant)
      // What comes behind everybody lets in nobody.
      if grant.cohort == nil { break }
    }
    return kept
  }
}
