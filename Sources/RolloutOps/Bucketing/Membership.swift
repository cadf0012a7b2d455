/// Whether one request gets the new version, and by which rule: what a reader of the store will answer for it.
package enum Membership: Hashable, Sendable {
  /// Let in as a member of the whole cohort.
  case cohort(Grant)
  /// Let in by the share of the cohort.
  case share(Grant, Bucket)
  /// Kept out by that exclusion.
  case excluded(Selector)
  /// Kept out: the request carries no text under the unit's attribute.
  case noUnit
  /// Kept out: of its cohort only a smaller share is in.
  case outsideShare(Grant, Bucket)
  /// Kept out: no grant's cohort meets it.
  case noCohort

  package var isIn: Bool {
    switch self {
    case .cohort, .share: true
    case .excluded, .noUnit, .outsideShare, .noCohort: false
    }
  }

  /// The context is what an application passes when it evaluates the flag.
  package init(of context: JSON, in split: Split, flag: FlagKey, hash: FlagHash) {
    guard let unit = context.attribute(split.unit)?.text, !unit.isEmpty else {
      self = .noUnit
      return
    }
    if let exclusion = split.exposure.exclusions.first(where: { $0.matches(context) }) {
      self = .excluded(exclusion)
      return
    }
    // Grants stand with the largest share first, so the first cohort that the request meets decides.
    guard let grant = split.exposure.grants.first(where: { $0.cohort?.matches(context) ?? true }) else {
      self = .noCohort
      return
    }
    guard !grant.share.isWhole else {
      self = .cohort(grant)
      return
    }
    let bucket = Bucket(flag: flag, unit: unit, version: hash)
    self = bucket.isWithin(grant.share) ? .share(grant, bucket) : .outsideShare(grant, bucket)
  }
}

extension Selector {
  package func matches(_ context: JSON) -> Bool {
    switch self {
    case .equals(let attribute, let value): value.matches(context.attribute(attribute))
    case .oneOf(let attribute, let values):
      values.contains { $0.matches(context.attribute(attribute)) }
    case .not(let inner): !inner.matches(context)
    case .all(let parts): parts.allSatisfy { $0.matches(context) }
    }
  }
}

extension AttributeValue {
  fileprivate func matches(_ value: JSON?) -> Bool {
    guard let value else { return false }
    return meanings.contains { $0.means(value) }
  }
}

extension JSON {
  /// The attribute of that name. Readers take a dot in a name as a way into a nested object, so this does too.
  func attribute(_ name: String) -> JSON? {
    var value = self
    for part in name.split(separator: ".", omittingEmptySubsequences: false) {
      guard let inner = value[String(part)] else { return nil }
      value = inner
    }
    return value == .null ? nil : value
  }
}
