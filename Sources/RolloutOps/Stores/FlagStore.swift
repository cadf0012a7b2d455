/// Where a flag lives. A store answers four questions and nothing more.
package protocol FlagStore: Sendable {
  /// As the operator writes it and the journal keeps it: `file:flags.json`.
  var address: String { get }

  /// The flag as it stands, nil inside when the store has none of that name.
  func read(_ key: FlagKey) throws(StoreTrouble) -> FlagReading

  /// Every flag's key with whether rolloutctl manages it, in the store's order.
  func keys() throws(StoreTrouble) -> [(key: FlagKey, managed: Bool)]

  /// Puts the flag in place of what `reading` saw, or refuses when that is no longer there, then reads it back.
  func write(_ flag: FlagState, replacing reading: FlagReading) throws(StoreTrouble) -> FlagReading

  /// How long running applications may go on serving the old answer.
  var propagation: TimeSpan { get }
}

/// One look at a flag.
package struct FlagReading: Sendable {
  package let key: FlagKey
  package let flag: FlagState?
  /// Whatever the store needs to notice that this look is stale.
  package let version: String

  package init(key: FlagKey, flag: FlagState?, version: String) {
    (self.key, self.flag, self.version) = (key, flag, version)
  }
}

/// A flag as flagd writes it: the one model that every store translates to.
package struct FlagState: Hashable, Sendable {
  package var enabled: Bool
  package var variants: [Variants.Variant]
  package var defaultVariant: String?
  /// Nil and `{}` are both "no targeting".
  package var targeting: JSON?
  /// Flat scalars.
  package var metadata: [JSON.Member]

  package init(
    enabled: Bool = true, variants: [Variants.Variant], defaultVariant: String?, targeting: JSON? = nil,
    metadata: [JSON.Member] = []
  ) {
    (self.enabled, self.variants, self.defaultVariant) = (enabled, variants, defaultVariant)
    (self.targeting, self.metadata) = (targeting, metadata)
  }

  package func metadata(_ name: String) -> JSON? { metadata.first { $0.name == name }?.value }
}
