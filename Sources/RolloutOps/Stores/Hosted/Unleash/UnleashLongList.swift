/// A long list of values, which a strategy's title names by its count and a digest: the values stand in a constraint beside
/// it already, and a request has at most 100 kB there.
struct UnleashLongList {
  /// What a title takes of a list as it is.
  private static let most = 200

  /// As the title says it: `250-values-0a1b2c3d4e5f`.
  private let name: String

  private init(_ texts: [String]) {
    // Names may hold any character but the one between them.
    let digest = SHA256.hex(texts.joined(separator: "\u{0}")).prefix(12)
    name = "\(texts.count)-values-\(digest)"
  }

  /// The selector with the names of its long lists in their place.
  static func shortened(_ selector: Selector) -> Selector {
    mapped(selector) { attribute, values in
      let texts = UnleashTerm.texts(of: values)
      guard values.count > 1, texts.reduce(0, { $0 + $1.utf8.count + 2 }) > most else { return values }
      return [AttributeValue(UnleashLongList(texts).name)]
    }
  }

  /// The selector with the values of constraints in the place of their names.
  static func lengthened(_ selector: Selector, by constraints: [JSON]) -> Selector {
    mapped(selector) { attribute, values in
      guard values.count == 1, values[0].text.contains("-values-") else { return values }
      for constraint in constraints where constraint["contextName"]?.text == attribute {
        let texts = (constraint["values"]?.items ?? []).compactMap(\.text)
        guard UnleashLongList(texts).name == values[0].text else { continue }
        return UnleashTerm.values(of: texts)
      }
      return values
    }
  }

  private static func mapped(
    _ selector: Selector, _ change: (String, [AttributeValue]) -> [AttributeValue]
  ) -> Selector {
    switch selector {
    case .equals: selector
    case .oneOf(let attribute, let values): .oneOf(attribute: attribute, change(attribute, values))
    case .not(let inner): .not(mapped(inner, change))
    case .all(let parts): .all(parts.map { mapped($0, change) })
    }
  }
}

extension UnleashRule {
  /// The same rule with every selector changed.
  func mapping(_ change: (Selector) -> Selector) -> UnleashRule {
    guard case .grant(let grant, let exclusions, let unit) = who else { return self }
    let changed = Grant(cohort: grant.cohort.map(change), share: grant.share)
    return UnleashRule(.grant(changed, without: exclusions.map(change), unit: unit), variants)
  }

  /// What a strategy's title says, with what its constraints add.
  init?(titleOf strategy: JSON) {
    guard let title = strategy["title"]?.text, let unit = strategy["parameters"]?["stickiness"]?.text,
      let variants = UnleashVariant.reading(strategy),
      let rule = UnleashRule(title: title, unit: unit, variants: variants)
    else { return nil }
    let constraints = strategy["constraints"]?.items ?? []
    self = rule.mapping { UnleashLongList.lengthened($0, by: constraints) }
  }
}
