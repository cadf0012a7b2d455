/// `statsig:ENVIRONMENT`
struct StatsigSite: StoreSite {
  let base: WebAddress
  /// Nil: the gate as a whole is meant.
  let environment: String?

  static let kind = StoreKind(
    schemes: StoreKind.hosted("statsig"), mark: "statsig:", form: "statsig:ENVIRONMENT",
    summary: """
      gates of Statsig, and for flags with `Variants:` dynamic configurations, in one environment; `statsig:` means them as \
      a whole, and `statsig+https://host/ENVIRONMENT` another address. `STATSIG_CONSOLE_KEY`
      """,
    variables: [StoreKind.Variable(name: StatsigStore.tokenVariable, meaning: "a key of Statsig's Console API")],
    site: { (text) throws(AddressText.Fault) in try read(text) })

  private static func read(_ text: String) throws(AddressText.Fault) -> StatsigSite {
    if text.lowercased() == "statsig:" {
      return StatsigSite(base: try AddressText.web(StatsigStore.usual), environment: nil)
    }
    let head = text.prefix { $0 != ":" }
    if let plus = head.firstIndex(of: "+") {
      let base = try AddressText.web(text[text.index(after: plus)...])
      if base.path.allSatisfy({ $0 == "/" }), base.query == nil { return StatsigSite(base: base, environment: nil) }
    }
    let (base, names) = try AddressText.platform(text, at: StatsigStore.usual, parts: ["ENVIRONMENT"])
    return StatsigSite(base: base, environment: names[0])
  }

  func store(_ address: String, from folder: String, _ terms: StoreTerms, _ context: Context) -> any FlagStore {
    StatsigStore(base, environment: environment, address: address, terms, context)
  }

  func reading(of variants: Variants) -> String? { StatsigValues.reading(variants) }

  func problems(of note: NotedPlan) -> [Diagnostic] {
    let plan = note.plan
    var found: [Diagnostic] = []
    if let why = StatsigStore.fault(in: plan.flag) { found.append(note.refused(why, at: .flag)) }
    let values = plan.variants.isBoolean ? nil : StatsigValues(plan.variants.all)
    let rules = StatsigRules(conditions: StatsigConditions(unit: plan.unit), environment: nil, values: values)
    found += note.refusals { serving throws(StoreTrouble) in _ = try rules.encode(serving, over: []) }
    return found + note.numbers(on: "Statsig")
  }
}
