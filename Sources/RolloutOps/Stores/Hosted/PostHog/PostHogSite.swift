/// `posthog+https://us.posthog.com/PROJECT`
struct PostHogSite: StoreSite {
  let base: WebAddress
  let project: String

  static let kind = StoreKind(
    schemes: StoreKind.hosted("posthog"), mark: "posthog:", form: "posthog+https://us.posthog.com/PROJECT",
    summary: "feature flags of PostHog, which knows no environments. `POSTHOG_API_KEY`, with `feature_flag:write`",
    variables: [
      StoreKind.Variable(
        name: PostHogStore.tokenVariable, meaning: "a personal key of PostHog that may read and write flags")
    ],
    site: { (text) throws(AddressText.Fault) in
      let (base, names) = try AddressText.platform(text, at: nil, parts: ["PROJECT"])
      return PostHogSite(base: base, project: names[0])
    })

  func store(_ address: String, from folder: String, _ terms: StoreTerms, _ context: Context) -> any FlagStore {
    PostHogStore(base, project: project, address: address, terms, context)
  }

  func problems(of note: NotedPlan) -> [Diagnostic] {
    let plan = note.plan
    let isOfPersons = plan.unit == PostHogProperties.personUnit
    // Which kinds of groups and cohorts there are, only PostHog knows.
    let names = note.selectors.flatMap(\.values).map(\.text)
    let properties = PostHogProperties(
      unit: plan.unit, groupType: isOfPersons ? nil : 0,
      cohorts: Dictionary(names.map { ($0, 1) }, uniquingKeysWith: { first, _ in first }))
    let conditions = PostHogConditions(properties: properties, hasVariants: !plan.variants.isBoolean)
    var found = note.refusals { serving throws(StoreTrouble) in
      if case .split(let split) = serving { _ = try conditions.encode(split) }
    }
    if let share = plan.stages.compactMap(\.grant?.share).first(where: { !PlatformReaders.isWholePercent($0) }) {
      found.append(note.warned(PlatformReaders.fraction(share), at: .schedule))
    }
    if !isOfPersons {
      found.append(
        note.warned(PlatformReaders.group(plan.unit, hasVariants: !plan.variants.isBoolean), at: .unit))
    }
    let patterns = note.selectors.filter { $0.values.contains { !$0.text.utf8.allSatisfy { $0 < 0x80 } } }
    found += patterns.map { note.warned(PlatformReaders.pattern($0), at: .cohorts) }
    return found + note.numbers(on: "PostHog")
  }
}
