/// Values that fit where the cursor stands. Whatever goes wrong, there is just nothing to offer.
package struct Complete: Sendable {
  package let context: Context
  package let choices: OperatorChoices

  package init(context: Context, choices: OperatorChoices) {
    self.context = context
    self.choices = choices
  }

  package func flagKeys() -> [String] {
    let finder = Finder(context: context, choices: choices)
    guard let settings = try? Settings(choices, note: nil, context: context) else { return [] }
    var keys: [String] = []
    for named in settings.scope {
      guard let store = try? finder.store(named, settings.terms), let listed = try? store.list() else { continue }
      keys += listed.map(\.key.text).filter { !keys.contains($0) }
    }
    return keys
  }

  package func stages(of target: String) -> [String] {
    let finder = Finder(context: context, choices: choices)
    guard let rollout = try? finder.open(target, needsNote: false) else { return [] }
    return rollout.situation.planToPromote?.stages.map(\.name) ?? []
  }

  package func gates(of target: String) -> [String] {
    guard let report = try? Status(context: context, choices: choices).status(of: target) else { return [] }
    return report.gates.filter { $0.verdict != .pass && $0.canBeOverridden }.map(\.name)
  }

  /// Who is taken out of a rollout, for `include`.
  package func exclusions(of target: String) -> [String] {
    let finder = Finder(context: context, choices: choices)
    guard let rollout = try? finder.open(target, needsNote: false) else { return [] }
    return rollout.progress.exclusions.map(\.description)
  }
}
