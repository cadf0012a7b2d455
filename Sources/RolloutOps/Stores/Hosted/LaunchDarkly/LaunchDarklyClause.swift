/// Selectors as clauses of a LaunchDarkly rule, all of which must hold.
///
/// A name without a dot is an attribute of the context of the kind `user`, which is what LaunchDarkly means by no kind at
/// all; `tenant.plan` is the `plan` of a context of the kind `tenant`, as it stands in the request's own JSON.
enum LaunchDarklyClause {
  /// A selector on this attribute names a segment that LaunchDarkly keeps.
  static let segment = "segment"

  struct Reference: Hashable {
    let kind: String
    /// As clauses and rollouts refer to it: a name, or `/outer/inner`.
    let attribute: String
  }

  static func place(_ name: String) throws(StoreTrouble) -> Reference {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let kind = parts.count > 1 ? parts.removeFirst() : "user"
    let fine = !kind.isEmpty && kind != "kind" && kind != "multi" && !parts.contains("") && parts != ["kind"]
    guard fine else {
      throw .beyond("\(name) names no attribute of a LaunchDarkly context; write plan, or tenant.plan for another kind")
    }
    if parts.count == 1, !parts[0].hasPrefix("/") { return Reference(kind: kind, attribute: parts[0]) }
    let steps = parts.map { $0.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0") }
      .map { $0.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1") }
    return Reference(kind: kind, attribute: "/" + steps.joined(separator: "/"))
  }

  private static func clause(_ place: Reference, _ how: String, _ values: [JSON], negate: Bool = false) -> JSON {
    [
      "contextKind": .string(place.kind), "attribute": .string(place.attribute), "op": .string(how),
      "values": .array(values), "negate": .bool(negate),
    ]
  }

  /// Holds for a text that is not empty. A rollout would put whoever lacks the unit, or has a truth value or fraction in
  /// its place, into its first bucket.
  static func hasUnit(_ unit: String) throws(StoreTrouble) -> JSON { clause(try place(unit), "matches", ["."]) }

  struct Term {
    let attribute: String
    let values: [AttributeValue]
    let negated: Bool

    /// Whether no clause can say it: a negated one never holds where the attribute is missing, where `not` does in a note.
    /// Only membership of a segment can be denied.
    var isDenial: Bool { negated && attribute != segment }

    /// The clause; of a denial the one for what it denies.
    func clause() throws(StoreTrouble) -> JSON {
      if attribute == segment {
        let place = Reference(kind: "user", attribute: "segmentMatch")
        return LaunchDarklyClause.clause(place, "segmentMatch", values.map { .string($0.text) }, negate: negated)
      }
      // Values have types there: the text "5" is not the number 5.
      return LaunchDarklyClause.clause(try place(attribute), "in", values.flatMap(\.meanings))
    }
  }

  /// The terms that together mean the selector.
  static func terms(_ selector: Selector, negated: Bool = false) throws(StoreTrouble) -> [Term] {
    switch selector {
    case .equals(let attribute, let value): return [Term(attribute: attribute, values: [value], negated: negated)]
    case .oneOf(let attribute, let values): return [Term(attribute: attribute, values: values, negated: negated)]
    case .not(let inner): return try terms(inner, negated: !negated)
    case .all(let parts):
      if negated, parts.count != 1 {
        throw .beyond(
          "a LaunchDarkly rule has no `or`, which \"not (\(selector))\" comes to; write two cohorts, or make a segment of it "
            + "there and write segment = KEY")
      }
      var found: [Term] = []
      for part in parts { found += try terms(part, negated: negated) }
      return found
    }
  }

  /// What of a clause decides, without the ids that the server gives.
  static func bare(_ clause: JSON) -> JSON {
    [
      "contextKind": clause["contextKind"] ?? "user", "attribute": clause["attribute"] ?? .null,
      "op": clause["op"] ?? .null, "values": clause["values"] ?? .null, "negate": clause["negate"] ?? false,
    ]
  }
}
