/// A flag as a store shows it, in no platform's words.
package struct Flag: Hashable, Sendable {
  package var variants: [Variants.Variant]
  package var serving: Serving
  /// Nil where rolloutctl does not manage the flag.
  package var mark: Mark?

  package subscript(_ variant: String) -> JSON? { variants.first { $0.name == variant }?.value }

  /// What rolloutctl leaves at the flag for readers of it: who manages it, where it stands.
  package struct Mark: Hashable, Sendable {
    package var killed: Bool
    package var stage: String?
    /// The variant that a kill serves, so that it needs neither note nor journal to know.
    package var killsTo: String?
    /// How far the journal was at the last change, so that an end which is missing later is noticed.
    package var head: JournalHead?

    package init(killed: Bool = false, stage: String? = nil, killsTo: String? = nil, head: JournalHead? = nil) {
      (self.killed, self.stage, self.killsTo, self.head) = (killed, stage, killsTo, head)
    }

    /// What it says about the flag, and nothing about a journal.
    package var aboutTheFlag: Mark { Mark(killed: killed, stage: stage, killsTo: killsTo) }
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
}

extension Flag {
  /// Whether both hand out the same, whatever they are marked with.
  package func serves(_ other: Flag) -> Bool {
    serving == other.serving && values.means(other.values)
  }

  /// The variants as one object.
  private var values: JSON { .object(variants.map { JSON.Member($0.name, $0.value) }) }

  /// Everything that is handed out, in one value that can be kept and compared later.
  package var fingerprint: String {
    var out: [UInt8] = []
    values.write(into: &out)
    out.append(contentsOf: serving.description.utf8)
    return SHA256.hex(out)
  }
}

extension Serving: CustomStringConvertible {
  /// In words, for drift and history.
  package var description: String {
    switch self {
    case .everyone(let variant): "everybody gets \"\(variant)\""
    case .split(let split):
      split.exposure.isOff
        ? "everybody gets \"\(split.control)\"" : "\(split.canary) for \(split.exposure) by \(split.unit)"
    case .foreign(let rules): "rules that rolloutctl did not write: \(rules)"
    case .applicationDefault: "applications use the default in their own code"
    }
  }
}

extension Exposure: CustomStringConvertible {
  package var description: String {
    guard !isOff else { return "nobody" }
    let who = grants.map { grant in
      switch (grant.cohort, grant.share.isWhole) {
      case (nil, true): "everybody"
      case (nil, false): "\(grant.share) of everybody"
      case (let cohort?, true): "\(cohort)"
      case (let cohort?, false): "\(grant.share) of \(cohort)"
      }
    }
    let without = exclusions.isEmpty ? "" : ", without \(exclusions.map(\.description).joined(separator: ", "))"
    return who.joined(separator: "; ") + without
  }
}
