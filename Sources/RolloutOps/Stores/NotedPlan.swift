/// A note as the kind of store sees it that its rollout would be in, and the words for what is amiss there: said from the
/// note alone, before anything is asked or written.
struct NotedPlan {
  let note: Note
  let plan: Plan

  /// What the platform refuses of any stage, each once.
  func refusals(_ encode: (Serving) throws(StoreTrouble) -> Void) -> [Diagnostic] {
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

  func numbers(on platform: String) -> [Diagnostic] {
    selectors.filter { $0.values.contains(where: \.isNumber) }
      .map { warned(PlatformReaders.number($0, on: platform), at: .cohorts) }
  }

  /// Single comparisons of cohorts that stages use and of exclusions, each once.
  var selectors: [Selector] {
    var found = Distinct<Selector>()
    let whole = plan.stages.compactMap(\.grant?.cohort) + plan.exclusions
    for selector in whole.flatMap(\.comparisons) { found.add(selector) }
    return found.all
  }

  func refused(_ sentence: String, at field: NoteField.ID) -> Diagnostic {
    Diagnostic(.error, "platform-refuses", sentence, at: position(field))
  }

  func warned(_ sentence: String, at field: NoteField.ID) -> Diagnostic {
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

  var values: [AttributeValue] {
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
