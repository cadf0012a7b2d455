/// `unleash+https://host/PROJECT/ENVIRONMENT`
struct UnleashSite: StoreSite {
  let base: WebAddress
  let project: String
  let environment: String

  static let kind = StoreKind(
    schemes: StoreKind.hosted("unleash"), mark: "unleash+https://", form: "unleash+https://host/PROJECT/ENVIRONMENT",
    summary: "the admin API of Unleash. `UNLEASH_API_TOKEN`",
    variables: [StoreKind.Variable(name: UnleashStore.tokenVariable, meaning: "a token of Unleash's admin API")],
    site: { (text) throws(AddressText.Fault) in
      let (base, names) = try AddressText.platform(text, at: nil, parts: ["PROJECT", "ENVIRONMENT"])
      return UnleashSite(base: base, project: names[0], environment: names[1])
    })

  func store(_ address: String, from folder: String, _ terms: StoreTerms, _ context: Context) -> any FlagStore {
    UnleashStore(base, project: project, environment: environment, address: address, terms, context)
  }

  func problems(of note: NotedPlan) -> [Diagnostic] {
    let plan = note.plan
    if !plan.variants.isBoolean {
      do throws(StoreTrouble) {
        try UnleashVariant.check(plan.variants.all)
      } catch {
        // Nothing else can be said of rules that hand them out.
        return [note.refused(Sentences.store(error).joined(separator: "; "), at: .variants)]
      }
    }
    // Which segments there are, only Unleash knows.
    let refused = note.refusals { serving throws(StoreTrouble) in
      let flag = Flag(variants: plan.variants.all, serving: serving, mark: nil)
      for rule in try UnleashFlag.rules(for: flag) { _ = try rule.strategy(of: plan.flag, .unasked("")) }
    }
    return refused + note.numbers(on: "Unleash")
  }
}
