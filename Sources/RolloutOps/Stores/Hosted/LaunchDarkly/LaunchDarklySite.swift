/// `launchdarkly:PROJECT/ENVIRONMENT`
struct LaunchDarklySite: StoreSite {
  let base: WebAddress
  let project: String
  let environment: String

  static let kind = StoreKind(
    schemes: StoreKind.hosted("launchdarkly"), mark: "launchdarkly:", form: "launchdarkly:PROJECT/ENVIRONMENT",
    summary: """
      LaunchDarkly, by semantic patches; `launchdarkly+https://app.eu.launchdarkly.com/PROJECT/ENVIRONMENT` for another \
      address. `LAUNCHDARKLY_ACCESS_TOKEN`
      """,
    variables: [
      StoreKind.Variable(
        name: LaunchDarklyStore.tokenVariable, meaning: "a token of LaunchDarkly's REST API; an SDK key is none"),
      StoreKind.Variable(
        name: LaunchDarklyStore.triggersVariable,
        meaning: "`KEY=URL`, with blanks between: addresses of LaunchDarkly's triggers, which kill without a token"),
    ],
    site: { (text) throws(AddressText.Fault) in
      let usual = "https://app.launchdarkly.com"
      let (base, names) = try AddressText.platform(text, at: usual, parts: ["PROJECT", "ENVIRONMENT"])
      return LaunchDarklySite(base: base, project: names[0], environment: names[1])
    })

  func store(_ address: String, from folder: String, _ terms: StoreTerms, _ context: Context) -> any FlagStore {
    LaunchDarklyStore(base, project: project, environment: environment, address: address, terms, context)
  }
}
