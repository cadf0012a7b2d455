/// A rule of a LaunchDarkly flag: the first that a request meets decides what it gets.
struct LaunchDarklyRule: Hashable {
  enum Served: Hashable {
    /// The place of one variation in the flag's list.
    case variation(Int)
    /// Thousandths of a percent for each variation that has any, by a hash of the attribute.
    case rollout([Int: Int], by: LaunchDarklyClause.Reference)
  }

  let description: String
  let clauses: [JSON]
  let served: Served

  static let total = 100_000

  // MARK: A split

  /// Who is kept out comes first, then the grants, the largest share first.
  static func rules(for split: Split, canary: Int, control: Int) throws(StoreTrouble) -> [LaunchDarklyRule] {
    let exposure = split.exposure
    var answers: [Answer] = []
    var needed = [try LaunchDarklyClause.hasUnit(split.unit)]
    for exclusion in exposure.exclusions {
      // Of `not plan = paid` each grant can ask for the opposite.
      if case .not(let inner) = exclusion, let opposite = try? LaunchDarklyClause.terms(inner),
        !opposite.contains(where: \.isDenial)
      {
        for term in opposite { needed.append(try term.clause()) }
        continue
      }
      answers.append(
        Answer(
          description: GrantTitle.text(["out: \(exclusion)"]), needed: [],
          terms: try LaunchDarklyClause.terms(exclusion), served: .variation(control)))
    }
    for grant in exposure.grants {
      var terms: [LaunchDarklyClause.Term] = []
      if let cohort = grant.cohort { terms = try LaunchDarklyClause.terms(cohort) }
      answers.append(
        Answer(
          description: GrantTitle.text(grant, without: exposure.exclusions), needed: needed, terms: terms,
          served: try served(grant.share, by: split.unit, canary: canary, control: control)))
    }
    return try rules(answers[...], control: .variation(control))
  }

  /// What those get whom an exclusion or a grant is about.
  private struct Answer {
    let description: String
    /// Asked for besides the terms.
    let needed: [JSON]
    let terms: [LaunchDarklyClause.Term]
    let served: Served
  }

  private static let aside = GrantTitle.text(["aside"])

  /// One rule for each answer. Before one that denies something stand those for whom it does not hold, with all that comes
  /// after it for them: no clause can say `not` and mean who lacks the attribute as well.
  private static func rules(
    _ answers: ArraySlice<Answer>, among before: [JSON] = [], control: Served
  ) throws(StoreTrouble) -> [LaunchDarklyRule] {
    var rules: [LaunchDarklyRule] = []
    for index in answers.indices {
      let answer = answers[index]
      var held: [JSON] = []
      for term in answer.terms where !term.isDenial { held.append(try term.clause()) }
      for term in answer.terms where term.isDenial {
        let among = before + held + [try term.clause()]
        rules += try self.rules(answers[(index + 1)...], among: among, control: control)
        rules.append(LaunchDarklyRule(description: aside, clauses: among, served: control))
        if rules.count > 100 {
          throw .beyond(
            "with every `not` in it this takes more than 100 rules in LaunchDarkly; make segments of the cohorts there and "
              + "write segment = KEY")
        }
      }
      rules.append(
        LaunchDarklyRule(
          description: before.isEmpty ? answer.description : aside, clauses: answer.needed + before + held,
          served: answer.served))
    }
    return rules
  }

  /// A weight of 0 or of all goes to whoever lacks the unit as well, so that a whole share is one variation.
  private static func served(
    _ share: Percentage, by unit: String, canary: Int, control: Int
  ) throws(StoreTrouble) -> Served {
    guard !share.isWhole else { return .variation(canary) }
    let each = Percentage.whole.micro / total
    guard share.micro % each == 0 else {
      let nearest = max(1, min(total - 1, (share.micro + each / 2) / each))
      throw .inexpressible(share, nearest: Percentage(micro: nearest * each))
    }
    let weight = share.micro / each
    return .rollout([canary: weight, control: total - weight], by: try LaunchDarklyClause.place(unit))
  }

  /// The split that rules are, if rolloutctl wrote them: read by what they say, then written again and compared.
  static func split(_ rules: [LaunchDarklyRule], names: [String], control: Int) -> Split? {
    // The same a second time, as a network may bring it, meets nobody whom the first has not met.
    let rules = Self.once(rules)
    var grants: [Grant] = []
    var exclusions: [Selector]?
    var (unit, canary) = (String?.none, Int?.none)
    for rule in rules {
      guard let parts = GrantTitle.parts(of: rule.description) else { return nil }
      if parts == ["aside"] || parts.count == 1 && parts[0].hasPrefix("out: ") { continue }
      guard let (grant, without) = GrantTitle.grant(of: parts), (exclusions ?? without) == without,
        let first = rule.clauses.first, let by = self.unit(first), (unit ?? by) == by
      else { return nil }
      (exclusions, unit) = (without, by)
      grants.append(grant)
      switch rule.served {
      case .variation(let index): canary = canary ?? index
      case .rollout(let weights, _): canary = canary ?? weights.keys.first { $0 != control }
      }
    }
    // Somebody may have let a rule serve control by hand.
    guard let unit, let canary, canary != control, let exclusions, names.indices.contains(canary),
      names.indices.contains(control)
    else { return nil }
    let split = Split(
      exposure: Exposure(grants: grants, exclusions: exclusions), unit: unit, canary: names[canary],
      control: names[control])
    guard let again = (try? self.rules(for: split, canary: canary, control: control)).map(Self.once),
      again.count == rules.count, zip(again, rules).allSatisfy({ $0.means($1) })
    else { return nil }
    return split
  }

  private static func once(_ rules: [LaunchDarklyRule]) -> [LaunchDarklyRule] {
    rules.enumerated().filter { place, rule in !rules.prefix(place).contains { $0.means(rule) } }.map(\.element)
  }

  /// The unit that the first clause asks for, as a note names it. A nested one is refused a place here: nobody could tell
  /// its steps from dots.
  private static func unit(_ clause: JSON) -> String? {
    guard clause["op"] == "matches", let kind = clause["contextKind"]?.text, let attribute = clause["attribute"]?.text
    else { return nil }
    let name =
      attribute.hasPrefix("/") ? attribute.dropFirst().split(separator: "/").joined(separator: ".") : attribute
    return kind == "user" && !attribute.hasPrefix("/") ? name : "\(kind).\(name)"
  }

  func means(_ other: LaunchDarklyRule) -> Bool {
    description == other.description && served == other.served && hasSameClauses(as: other)
  }

  func hasSameClauses(as other: LaunchDarklyRule) -> Bool {
    clauses.count == other.clauses.count && zip(clauses, other.clauses).allSatisfy { $0.means($1) }
  }

  // MARK: The platform's words

  /// As the server shows it: variations by their place. Nil where it does what we never write: an experiment, a seed.
  init?(shown rule: JSON) {
    guard let served = Served(shown: rule) else { return nil }
    self.init(
      description: rule["description"]?.text ?? "",
      clauses: (rule["clauses"]?.items ?? []).map(LaunchDarklyClause.bare),
      served: served)
  }

  init(description: String, clauses: [JSON], served: Served) {
    (self.description, self.clauses, self.served) = (description, clauses, served)
  }

  /// As the server wants it: variations by their ids.
  func written(_ ids: [String]) -> JSON {
    var members = [JSON.Member("description", .string(description)), JSON.Member("clauses", .array(clauses))]
    switch served {
    case .variation(let index): members.append(JSON.Member("variationId", .string(ids[index])))
    case .rollout(let weights, let place):
      let shares = weights.sorted { $0.key < $1.key }.map { JSON.Member(ids[$0.key], .number($0.value)) }
      // Left out, the kind would become "user", whatever was there.
      members += [
        JSON.Member("rolloutWeights", .object(shares)), JSON.Member("rolloutContextKind", .string(place.kind)),
        JSON.Member("rolloutBucketBy", .string(place.attribute)),
      ]
    }
    return .object(members)
  }
}

extension LaunchDarklyRule.Served {
  /// What a rule or a fallthrough serves.
  init?(shown: JSON) {
    if let index = shown["variation"]?.integer {
      self = .variation(index)
      return
    }
    guard let rollout = shown["rollout"], rollout["seed"] == nil || rollout["seed"] == .null,
      rollout["kind"] == nil || rollout["kind"] == "rollout", rollout["experimentAllocation"] == nil,
      let parts = rollout["variations"]?.items
    else { return nil }
    var weights: [Int: Int] = [:]
    for part in parts {
      guard let index = part["variation"]?.integer, let weight = part["weight"]?.integer else { return nil }
      if weight > 0 { weights[index, default: 0] += weight }
    }
    self = .rollout(
      weights,
      by: LaunchDarklyClause.Reference(
        kind: rollout["contextKind"]?.text ?? "user", attribute: rollout["bucketBy"]?.text ?? "key"))
  }
}
