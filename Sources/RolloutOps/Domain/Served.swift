/// A request as an application makes it, to be asked of an evaluation endpoint: what is it served now?
package struct Probe: Hashable, Sendable {
  /// Whom it stands for, in the note's words: `team = staff`.
  package let who: String
  /// What the request carries beside its unit: an object.
  package let attributes: JSON
  /// The unit's value, which evaluations also take as their targeting key.
  package let unit: String
  /// The variant that it should be served; nil where only the platform's own hash knows.
  package let expected: String?
  /// Where readers of one hash let it in and readers of another do not.
  package let dealing: Dealing?
  /// What it was served before everybody got the same.
  package let before: Before

  package enum Before: Hashable, Sendable {
    case unknown
    /// Never the new version.
    case old
    /// The new version, by this name: `always`, or where its server deals by a hash that lets this unit in.
    case new(String, always: Bool)
  }

  /// What a unit of a share is served by each hash: the answer tells by which of them its server deals.
  package struct Dealing: Hashable, Sendable {
    package let canary: String
    package let control: String
    /// Whose readers let the unit in.
    package let letsIn: Set<FlagHash>

    package func variant(by hash: FlagHash) -> String { letsIn.contains(hash) ? canary : control }
  }

  package init(
    who: String, attributes: JSON, unit: String, expected: String?, dealing: Dealing? = nil, before: Before = .unknown
  ) {
    (self.who, self.attributes, self.unit, self.expected, self.before) = (who, attributes, unit, expected, before)
    self.dealing = dealing
  }

  /// The same request, of which something else is expected.
  package func expecting(_ variant: String) -> Probe {
    Probe(who: who, attributes: attributes, unit: unit, expected: variant, before: before)
  }
}

/// What applications are served now, as an evaluation endpoint answers for some of their requests.
package struct Served: Hashable, Sendable {
  package struct Answer: Hashable, Sendable {
    package let probe: Probe
    package let outcome: Outcome

    package init(_ probe: Probe, _ outcome: Outcome) { (self.probe, self.outcome) = (probe, outcome) }
  }

  package enum Outcome: Hashable, Sendable {
    /// A variant by name, or only its value.
    case served(variant: String?, value: JSON?)
    /// The endpoint has none to hand out, so the application uses the default in its own code; why.
    case codeDefault(String)
    /// Nobody knows, because the endpoint could not be asked.
    case unknown(StoreTrouble)
  }

  package let address: String
  package let answers: [Answer]
  /// Whether somebody among them was served the new version before: of anybody else the same answers would tell nothing of
  /// a change.
  package let isWitnessed: Bool
  /// By which of the hashes the server may deal, as it answered for units of a share; nil where no such unit was served.
  package let hashes: Set<FlagHash>?
  /// The hashes that the note names; empty where it names none.
  package let noted: [FlagHash]
  private let variants: [Variants.Variant]

  package init(
    address: String, _ answers: [Answer], variants: [Variants.Variant], noted: [FlagHash] = [], isWitnessed: Bool = true
  ) {
    self.noted = noted
    (self.address, self.answers, self.variants, self.isWitnessed) = (address, answers, variants, isWitnessed)
    let dealt = answers.compactMap { answer -> (dealing: Probe.Dealing, variant: String)? in
      guard let dealing = answer.probe.dealing, let served = Self.variant(answer.outcome, among: variants) else {
        return nil
      }
      return (dealing, served)
    }
    hashes =
      dealt.isEmpty
      ? nil : Set(FlagHash.allCases.filter { hash in dealt.allSatisfy { $0.dealing.variant(by: hash) == $0.variant } })
  }

  /// The name of what was served. An endpoint in front of a platform may have a value and no name for it; a name whose
  /// value is another one is no such variant.
  package func variant(_ outcome: Outcome) -> String? { Self.variant(outcome, among: variants) }

  package static func variant(_ outcome: Outcome, among variants: [Variants.Variant]) -> String? {
    guard case .served(let name, let value) = outcome else { return nil }
    if let name, let known = variants.first(where: { $0.name == name }) {
      guard let value, !known.value.means(value) else { return name }
      return "\(name) with the value \(value.written(.compact))"
    }
    if let name, value == nil { return name }
    guard let value else { return nil }
    return variants.first { $0.value.means(value) }?.name ?? name ?? value.written(.compact)
  }

  /// The variant that the request should be served by this server, which may deal by any of the hashes.
  package func expected(_ answer: Answer) -> String? {
    guard let dealing = answer.probe.dealing, let hash = hashes?.min(by: { $0.rawValue < $1.rawValue }) else {
      return answer.probe.expected
    }
    return dealing.variant(by: hash)
  }

  /// Whether it stands for whom it names: a unit that only readers of another hash let in is one of everybody else.
  package func isOfItsKind(_ answer: Answer) -> Bool {
    guard let dealing = answer.probe.dealing, hashes?.isEmpty == false else { return true }
    return expected(answer) == dealing.canary
  }

  /// Whether it is what was expected; nil where nothing was, or nobody knows.
  package func isExpected(_ answer: Answer) -> Bool? {
    guard let expected = expected(answer) else { return nil }
    switch answer.outcome {
    case .served: return variant(answer.outcome) == expected
    case .codeDefault, .unknown: return nil
    }
  }

  /// Whether applications are served what they should be: no answer is otherwise, and every one that was expected came.
  /// Nil where nobody knows.
  package var agrees: Bool? {
    if hashes?.isEmpty == true || answers.contains(where: { isExpected($0) == false }) { return false }
    return isAsExpected && isWitnessed ? true : nil
  }

  /// The same, whether or not it tells anything of a change.
  package var isAsExpected: Bool {
    hashes?.isEmpty != true && answers.contains { expected($0) != nil }
      && answers.allSatisfy { expected($0) == nil || isExpected($0) == true }
  }
}
