/// A flag as a store shows it, in no platform's words.
package struct Flag: Hashable, Sendable {
  package var variants: [Variants.Variant]
  package var serving: Serving
  /// Nil where rolloutctl does not manage the flag.
  package var mark: Mark?

  package init(variants: [Variants.Variant], serving: Serving, mark: Mark?) {
    (self.variants, self.serving, self.mark) = (variants, serving, mark)
  }

  package subscript(_ variant: String) -> JSON? { variants.first { $0.name == variant }?.value }

  /// What rolloutctl leaves at the flag for readers of it: who manages it, where it stands.
  package struct Mark: Hashable, Sendable {
    package var killed: Bool
    package var stage: String?

    package init(killed: Bool = false, stage: String? = nil) {
      self.killed = killed
      self.stage = stage
    }
  }
}

/// Who gets which variant of a flag.
package enum Serving: Hashable, Sendable {
  /// One variant for everybody, whatever the request carries: off, killed, finished.
  case everyone(String)
  /// A split that rolloutctl wrote.
  case split(Split)
  /// Rules that rolloutctl did not write, as the store spells them.
  case foreign(String)
  /// The store hands out no variant at all (disabled, or no default): applications use the default in their own code.
  case applicationDefault
}

/// The new version for an exposure, the old one for everybody else.
package struct Split: Hashable, Sendable {
  package var exposure: Exposure
  /// The attribute that is hashed; a request without it is never in.
  package var unit: String
  package var canary: String
  package var control: String

  package init(exposure: Exposure, unit: String, canary: String, control: String) {
    (self.exposure, self.unit, self.canary, self.control) = (exposure, unit, canary, control)
  }
}
