import RolloutOps

/// The library's table of states and verbs in words, for `help states` and for the page of each verb.
enum StateWords {
  /// What each state means.
  static var states: [Entry] { RolloutState.allCases.map { Entry($0.rawValue, meaning($0)) } }

  /// For each state the verbs, by what they do in it.
  static var byCondition: [Entry] {
    RolloutState.allCases.map { state in
      let groups = grouped(Verb.allCases) { short(StateTable.rule($0, in: state)) }
      let words = groups.map { "\($0.words): \($0.keys.map(\.rawValue).joined(separator: ", "))" }
      return Entry(state.rawValue, words.joined(separator: "; "))
    }
  }

  /// The end of a verb's page.
  static func blocks(of verb: Verb) -> [Block] {
    [.paragraph("In each state (`rolloutctl help states`):"), .entries(entries(of: verb))]
  }

  /// What one verb does in each state. States in which it does the same stand together; where those are most of them,
  /// they come last.
  static func entries(of verb: Verb) -> [Entry] {
    var groups = grouped(RolloutState.allCases) { long(StateTable.rule(verb, in: $0)) }
    if groups.count == 1 { return [Entry("any state", groups[0].words)] }
    var rest: [Entry] = []
    if let index = groups.firstIndex(where: { $0.keys.count > RolloutState.allCases.count / 2 }) {
      rest = [Entry("any other state", groups.remove(at: index).words)]
    }
    return groups.map { Entry($0.keys.map(\.rawValue).joined(separator: ", "), $0.words) } + rest
  }

  private static func meaning(_ state: RolloutState) -> String {
    switch state {
    case .drifted: "the store's exposure is not the one that the journal says"
    case .killed: "everyone has the old version, also when somebody else turned the flag off"
    case .planChanged: "the note's plan is no longer the one that was started"
    case .held: "an operator stopped promotion, or an automatic rollback did"
    case .degraded: "a cheaper or safer variant is served in the canary's place"
    case .off: "not started, or rolled back to where nobody has the new version"
    case .exposing: "at a stage, and the store shows what the journal says"
    case .complete: "at the last stage"
    case .finished: "closed: everyone has the new version for good"
    case .abandoned: "closed: nobody has the new version"
    }
  }

  private static func grouped<Key>(_ keys: [Key], by words: (Key) -> String) -> [(words: String, keys: [Key])] {
    var groups: [(words: String, keys: [Key])] = []
    for key in keys {
      let words = words(key)
      if let index = groups.firstIndex(where: { $0.words == words }) {
        groups[index].keys.append(key)
      } else {
        groups.append((words, [key]))
      }
    }
    return groups
  }

  private static func long(_ rule: Rule) -> String {
    switch rule {
    case .already(let why): "nothing to do: \(why)"
    case .refused(let status, let why): "exits \(status.rawValue): \(why)"
    default: short(rule)
    }
  }

  private static func short(_ rule: Rule) -> String {
    switch rule {
    case .goes: "goes ahead"
    case .gated: "goes ahead if every gate passes"
    case .startsAnew: "starts a new rollout (after a finish, of another plan only)"
    case .narrows: "goes ahead as far as that lets in nobody whom the store keeps out"
    case .recorded: "goes into the journal, and the flag stays as it is"
    case .already: "nothing to do"
    case .refused(let status, _): "exits \(status.rawValue)"
    }
  }
}
