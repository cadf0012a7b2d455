import RolloutOps

/// What fits at the end of a command line, looked up where the line itself says: the note that it names, the store that
/// it names.
struct RolloutCandidates: CompletionSource {
  let context: Context

  func candidates(_ lookup: Lookup, for line: TypedLine) -> [String] {
    var choices = OperatorChoices()
    choices.stores = [line.values["store"]].compactMap(\.self)
    choices.journal = line.values["journal"]
    let complete = Complete(context: context, choices: choices)
    let target = line.arguments.first ?? ""
    switch lookup {
    case .flags: return complete.flagKeys()
    case .items: return StageAttestation.all
    case .stages: return complete.stages(of: target)
    case .gates: return complete.gates(of: target)
    case .exclusions: return complete.exclusions(of: target)
    }
  }
}
