/// What a note asks of a hosted platform that the platform cannot do, or that some of its SDKs read otherwise: said from the
/// note alone, before anything is asked or written.
struct PlatformProblems {
  let note: Note
  let plan: Plan
  let place: StoreAddress.Location

  init?(_ note: Note, in address: String) {
    guard let plan = note.plan, let place = (try? StoreAddress(address))?.place else { return nil }
    (self.note, self.plan, self.place) = (note, plan, place)
  }

  /// Of the store that the rollout would be in, as far as settings can be read; none is asked.
  init?(_ found: Rollout.FoundNote, _ context: Context) {
    guard let settings = try? Settings(OperatorChoices(), note: NotedSettings(found), context: context),
      let store = try? settings.store()
    else { return nil }
    self.init(found.note, in: store.address)
  }

  /// What applications read of the note's variants there, where that is not what the note says.
  var reading: String? {
    guard case .statsig = place else { return nil }
    return StatsigValues.reading(plan.variants)
  }

  var all: [Diagnostic] {
    switch place {
    case .statsig: statsig
    case .posthog: posthog
    case .unleash: unleash
    case .file, .document, .etcd, .launchDarkly: []
    }
  }

  // MARK: Platforms

  private var statsig: [Diagnostic] {
    var found: [Diagnostic] = []
    if let why = StatsigStore.fault(in: plan.flag) { found.append(refused(why, at: .flag)) }
    let values = plan.variants.isBoolean ? nil : StatsigValues(plan.variants.all)
    let rules = StatsigRules(conditions: StatsigConditions(unit: plan.unit), environment: nil, values: values)
    found += refusals { serving throws(StoreTrouble) in _ = try rules.encode(serving, over: []) }
    return found + numbers(on: "Statsig")
  }

  private var posthog: [Diagnostic] {
    let isOfPersons = plan.unit == PostHogProperties.personUnit
    // Which kinds of groups and cohorts there are, only PostHog knows.
    let names = selectors.flatMap(\.values).map(\.text)
    let properties = PostHogProperties(
      unit: plan.unit, groupType: isOfPersons ? nil : 0,
      cohorts: Dictionary(names.map { ($0, 1) }, uniquingKeysWith: { first, _ in first }))
    let conditions = PostHogConditions(properties: properties, hasVariants: !plan.variants.isBoolean)
    var found = refusals { serving throws(StoreTrouble) in
      if case .split(let split) = serving { _ = try conditions.encode(split) }
    }
    if let share = plan.stages.compactMap(\.grant?.share).first(where: { !PlatformReaders.isWholePercent($0) }) {
      found.append(warned(PlatformReaders.fraction(share), at: .schedule))
    }
    if !isOfPersons {
      found.append(
        warned(PlatformReaders.group(plan.unit, hasVariants: !plan.variants.isBoolean), at: .unit))
    }
    let patterns = selectors.filter { $0.values.contains { !$0.text.utf8.allSatisfy { $0 < 0x80 } } }
    found += patterns.map { warned(PlatformReaders.pattern($0), at: .cohorts) }
    return found + numbers(on: "PostHog")
  }

  private var unleash: [Diagnostic] {
    if !plan.variants.isBoolean {
      do throws(StoreTrouble) {
        try UnleashVariant.check(plan.variants.all)
      } catch {
        // Nothing else can be said of rules that hand them out.
        return [self.refused(Sentences.store(error).joined(separator: "; "), at: .variants)]
      }
    }
    // Which segments there are, only Unleash knows.
    let refused = refusals { serving throws(StoreTrouble) in
      let flag = Flag(variants: plan.variants.all, serving: serving, mark: nil)
      for rule in try UnleashFlag.rules(for: flag) { _ = try rule.strategy(of: plan.flag, .unasked("")) }
    }
    return refused + numbers(on: "Unleash")
  }

  // MARK: What they say

  /// What the platform refuses of any stage, each once.
  private func refusals(_ encode: (Serving) throws(StoreTrouble) -> Void) -> [Diagnostic] {
    var said: Set<String> = []
    var found: [Diagnostic] = []
    for index in plan.stages.indices {
      let flag = plan.flag(at: .stage(index, name: plan.stages[index].name))
      do throws(StoreTrouble) {
        try encode(flag.settled.serving)
      } catch {
        let sentence = Sentences.store(error).joined(separator: "; ")
        if said.insert(sentence).inserted { found.append(refused(sentence, at: .schedule)) }
      }
    }
    return found
  }

  private func numbers(on platform: String) -> [Diagnostic] {
    selectors.filter { $0.values.contains(where: \.isNumber) }
      .map { warned(PlatformReaders.number($0, on: platform), at: .cohorts) }
  }

  /// Single comparisons of cohorts that stages use and of exclusions, each once.
  private var selectors: [Selector] {
    var found = Distinct<Selector>()
    let whole = plan.stages.compactMap(\.grant?.cohort) + plan.exclusions
    for selector in whole.flatMap(\.comparisons) { found.add(selector) }
    return found.all
  }

  private func refused(_ sentence: String, at field: NoteField.ID) -> Diagnostic {
    Diagnostic(.error, "platform-refuses", sentence, at: position(field))
  }

  private func warned(_ sentence: String, at field: NoteField.ID) -> Diagnostic {
    Diagnostic(.warning, "platform-readers", sentence, at: position(field))
  }

  private func position(_ field: NoteField.ID) -> Position {
    note.position(of: field) ?? note.position(of: .schedule) ?? note.position(of: .store)
      ?? Position(line: 1, column: 1)
  }
}

extension Selector {
  /// What it is made of, without negations.
  fileprivate var comparisons: [Selector] {
    switch self {
    case .equals, .oneOf: [self]
    case .not(let inner): inner.comparisons
    case .all(let parts): parts.flatMap(\.comparisons)
    }
  }

  fileprivate var values: [AttributeValue] {
    switch self {
    case .equals(_, let value): [value]
    case .oneOf(_, let values): values
    case .not(let inner): inner.values
    case .all(let parts): parts.flatMap(\.values)
    }
  }
}

extension AttributeValue {
  fileprivate var isNumber: Bool { meanings.count > 1 && !isTruth }
}
