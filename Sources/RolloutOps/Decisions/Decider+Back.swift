/// The verbs that let fewer people in, and their undoing. They run from the plan frozen in the journal.
extension Decider {
  func rollback() -> Decision {
    guard let plan = progress.plan else { return withoutPlan() }
    if progress.isKilled {
      return Decision(
        .rollback, .done, ["it was killed, and on again; the kill is written anew"], from: place, to: place,
        steps: steps(.rolledBack(Deed.Passage()), to: place, plan: plan))
    }
    let here = position(plan)
    var index: Int?
    if let wanted = request.stage {
      switch plan.find(wanted) {
      case .found(let found): index = found
      case .off: index = nil
      case .unknown, .ambiguous: return unknownStage(wanted, plan)
      }
      if let index, index == here, situation.drift == nil, progress.degradedTo == nil {
        return answer(.done, ["already there: \(plan.stages[index].name)"])
      }
      if let index, index > here || index == here && progress.degradedTo != nil {
        return answer(.usage, ["rollback only goes back; \(plan.stages[index].name) is not behind \(place)"])
      }
    } else {
      index = here > 0 ? here - 1 : nil
    }
    let target = index.map { Place.stage($0, name: plan.stages[$0].name) } ?? .off
    if let drift = situation.drift, !narrows(plan.flag(at: target, excluding: progress.exclusions)) {
      return answer(
        .conflict,
        [
          "the store does not show what the journal says, and \(target) may let in more than it shows",
          "journal: \(drift.expected)", "store: \(drift.shown)",
          "rollback --to off and kill go through in any state",
        ])
    }
    return Decision(
      .rollback, .done, ["\(place) → \(target)"], from: place, to: target,
      steps: steps(
        .rolledBack(Deed.Passage(holds: request.isAutomatic)), to: target, plan: plan,
        degradedTo: progress.degradedTo))
  }

  /// Another variant in the canary's place. Who is in stays in.
  func degrade() -> Decision {
    guard let plan = progress.plan, let variant = request.variant, plan.variants.canStandIn(variant) else {
      return answer(.usage, ["\(request.variant ?? "nothing") is no variant of the plan to degrade to"])
    }
    return Decision(
      .degrade, .done, ["degraded to \(variant) at \(place)"], from: place,
      steps: steps(.degraded(to: variant), to: place, plan: plan, degradedTo: variant))
  }

  /// The index of the stage it stands at; a finished rollout stands one behind its last.
  private func position(_ plan: Plan) -> Int {
    switch place {
    case .stage(let index, _): index
    case .finished: plan.stages.count
    case .off, .killed, .abandoned: 0
    }
  }

  /// Whether that flag lets nobody in whom the store keeps out now.
  private func narrows(_ flag: Flag) -> Bool {
    switch (flag.serving, situation.shown?.serving) {
    case (.split(let target), .split(let shown)):
      target.unit == shown.unit && target.exposure.isWithin(shown.exposure)
    case (.everyone, _): !flag.exposes(control: progress.plan?.variants.control)
    default: false
    }
  }

  /// One thing at a time: the hold first, then the degrade.
  func resume() -> Decision {
    if let hold = progress.hold {
      let reason = hold.reason.map { " (\($0))" } ?? ""
      return record(.resumed(.hold), "the hold by \(hold.actor)\(reason) is lifted")
    }
    guard progress.degradedTo != nil, let plan = progress.plan else { return answer(.done, ["it is not held"]) }
    guard situation.state == .degraded else {
      return answer(.conflict, ["the canary cannot come back now: it is \(situation.state.rawValue)"])
    }
    return Decision(
      .resume, .done, ["the canary is back"], from: place,
      steps: steps(.resumed(.degrade), to: place, plan: plan))
  }

  /// What the flag itself says is enough: a kill is decided without the journal, which is read after the write.
  func kill() -> Decision {
    guard let shown = situation.shown else {
      return answer(.inconclusive, ["no flag \(situation.key) in \(situation.store.shown): nothing was turned off"])
    }
    guard let serving = killServing(shown) else { return noWayBack(shown) }
    var variant: String?
    if case .everyone(let name) = serving { variant = name }
    let target = Place.killed(serving: variant)
    let flag = Flag(
      variants: shown.variants, serving: serving,
      mark: Flag.Mark(
        killed: true, stage: target.description, killsTo: shown.mark?.killsTo ?? variant, head: shown.mark?.head))
    let facts = Deed.KillFacts(serving: variant.map { .variant($0) } ?? .applicationDefault)
    guard !(shown.serves(flag) && shown.mark?.killed == true) else {
      // The journal may not know yet: a kill that crashed had written the store first. And a reason may come afterwards.
      let words = Deed.KillFacts(serving: facts.serving, wasKilled: true)
      return Decision(
        .kill, .done, ["killed already"], from: place, to: target,
        steps: [.record(content(.killed(words), .done, to: target))])
    }
    let outcome = variant ?? serving.description
    guard shown.mark == nil || shown.isForeign, let spelled = situation.spelled else {
      return Decision(
        .kill, .done, [outcome], from: place, to: target,
        steps: [.write(flag), .record(content(.killed(facts), .done, to: target))])
    }
    // Somebody else's rules are kept before they are replaced, not after.
    var kept = Entry.Detail(.killed(facts))
    kept.replaced = spelled
    return Decision(
      .kill, .done, [outcome], from: place, to: target,
      steps: [.intend(content(kept, .intended, to: target)), .write(flag), .conclude])
  }

  /// What everybody gets: what the operator says, else what the flag is marked with, else the version that was there
  /// before. A flag that stands killed stays as it is where nobody says otherwise.
  private func killServing(_ shown: Flag) -> Serving? {
    guard let serving = meantServing(shown) else { return nil }
    if case .everyone(let variant) = serving, shown.turnsOn(variant) { return nil }
    return serving
  }

  private func meantServing(_ shown: Flag) -> Serving? {
    var control: String?
    if case .split(let split) = shown.serving, shown[split.control] != nil { control = split.control }
    let oldWay = (control ?? shown.offVariant).map(Serving.everyone)
    switch request.killTo {
    // Where no variant is off the flag hands out none: never the old version in its place, unasked.
    case "off"?: return shown.plainOff.map(Serving.everyone) ?? .applicationDefault
    case "control"?: return oldWay
    case let asked?: return waysBack(shown).contains(asked) ? .everyone(asked) : nil
    case nil: break
    }
    if shown.standsKilled(for: nil) { return shown.serving }
    if let marked = shown.mark?.killsTo, shown[marked] != nil { return .everyone(marked) }
    return oldWay
  }

  /// The variants that a kill may serve. Of a managed flag only the old ways; a kill is no gate-free promotion. Of a
  /// flag that rolloutctl does not know, any that does not plainly turn it on.
  private func waysBack(_ shown: Flag) -> [String] {
    guard let mark = shown.mark else { return shown.variants.filter { $0.value != .bool(true) }.map(\.name) }
    var names = [mark.killsTo]
    if case .split(let split) = shown.serving { names.append(split.control) }
    let values = Dictionary(shown.variants.map { ($0.name, $0.value) }) { first, _ in first }
    names += shown.variants.map(\.name).filter { Flag.isOldWay($0, values[$0]) }
    return names.compactMap { $0 }.filter { values[$0] != nil }
  }

  private func noWayBack(_ shown: Flag) -> Decision {
    let why =
      request.killTo.map { "\($0) is no way back" } ?? "which of its variants is the old way is not known"
    var names = Distinct<String>()
    names.add(waysBack(shown) + ["off"])
    return answer(
      .inconclusive,
      [
        shown.standsKilled(for: nil)
          ? "\(situation.key) is killed already, and stays as it is: \(why)" : "NOT off: \(situation.key): \(why)",
        "say one of: "
          + names.all.map { "rolloutctl kill \(situation.key) --to \($0)" }.joined(separator: ", or "),
      ])
  }

  func abandon(_ rule: Rule) -> Decision {
    guard let plan = progress.plan else { return withoutPlan() }
    if rule == .recorded {
      return Decision(
        .abandon, .done, ["the rollout is closed; the flag stays killed"], from: place, to: .abandoned,
        steps: [.record(content(.abandoned(Deed.Passage()), .done, to: .abandoned))])
    }
    if progress.isKilled {
      // It was killed, and somebody switched it on again: closing the rollout must not lift the kill.
      return Decision(
        .abandon, .done, ["the rollout is closed; the kill is written anew"], from: place, to: .abandoned,
        steps: [
          .intend(content(.abandoned(Deed.Passage()), .intended, to: .abandoned)), .write(plan.flag(at: place)),
          .conclude,
        ])
    }
    return Decision(
      .abandon, .done, ["nobody gets the canary; the rollout is closed"], from: place, to: .abandoned,
      steps: steps(.abandoned(Deed.Passage()), to: .abandoned, plan: plan))
  }

  // MARK: One tenant

  func exclude(_ rule: Rule) -> Decision {
    guard let selector = request.selector else { return answer(.usage, ["exclude needs who: attribute=value"]) }
    if progress.exclusions.contains(selector), situation.drift == nil {
      return answer(.done, ["\(selector) is taken out already"])
    }
    let kept = KeptSelector(selector)
    guard rule != .recorded else {
      return record(
        .excluded(kept, shown: nil), "\(selector) is out from the next move on; nobody gets the canary now")
    }
    guard var flag = situation.shown else {
      return answer(.conflict, ["\(situation.key) is not in \(situation.store.shown)"])
    }
    switch flag.serving {
    case .split(var split):
      split.exposure = split.exposure.excluding([selector])
      flag.serving = .split(split)
    case .everyone where progress.place == .finished:
      guard let plan = progress.plan else { return answer(.conflict, ["no rollout is known"]) }
      flag = plan.flag(
        at: .finished, excluding: progress.exclusions + [selector], keepsValues: progress.keepsValues)
    case .everyone where flag.exposes(control: progress.plan?.variants.control):
      return answer(
        .conflict, ["nobody can be taken out while \(flag.serving)", "rollback --to off and kill go through"])
    case .everyone:
      return record(
        .excluded(kept, shown: nil), "\(selector) is out from the next move on; nobody gets the canary now")
    case .foreign, .applicationDefault:
      return answer(
        .conflict,
        ["nobody can be taken out of rules that rolloutctl did not write: \(flag.serving)", "kill goes through"])
    }
    return rewriting(to: flag, "\(selector) is out") { .excluded(kept, shown: $0) }
  }

  func include(_ rule: Rule) -> Decision {
    guard let selector = request.selector else { return answer(.usage, ["include needs who: attribute=value"]) }
    guard progress.exclusions.contains(selector) else {
      let noted = progress.plan?.exclusions.contains(selector) ?? false
      return noted
        ? answer(.conflict, ["\(selector) is excluded by the note; take it out there and replan"])
        : answer(.done, ["\(selector) is not taken out"])
    }
    let kept = KeptSelector(selector)
    guard rule != .recorded, let plan = progress.plan else {
      return record(.included(kept, shown: nil), "\(selector) is in again from the next move on")
    }
    if progress.adopted != nil {
      return answer(.conflict, ["the flag was adopted as it stands; promote or rollback brings the plan back first"])
    }
    let remaining = progress.exclusions.filter { $0 != selector }
    let flag = plan.flag(
      at: place, excluding: remaining, degradedTo: progress.degradedTo, keepsValues: progress.keepsValues)
    return rewriting(to: flag, "\(selector) is in again") { .included(kept, shown: $0) }
  }

  /// A change of the flag at the place where it stands.
  private func rewriting(to flag: Flag, _ reason: String, _ deed: (_ shown: String?) -> Deed) -> Decision {
    let deed = deed(progress.adopted != nil && situation.drift == nil ? flag.fingerprint : nil)
    return Decision(
      request.verb, .done, [reason], from: place,
      steps: [.intend(content(deed, .intended, to: place)), .write(flag), .conclude])
  }
}

extension Flag {
  var isForeign: Bool {
    switch serving {
    case .foreign, .applicationDefault: true
    case .everyone, .split: false
    }
  }

  /// The variant that plainly is the old way, where one is.
  package var offVariant: String? {
    if self["control"] != nil, isOldWay("control") { return "control" }
    return plainOff
  }

  /// The variant that turns the feature off altogether, where one does.
  package var plainOff: String? {
    if self["off"] != nil, isOldWay("off") { return "off" }
    return variants.first { $0.value == .bool(false) }?.name
  }
}

extension Variants {
  /// Whether it can be served in the canary's place, so that those in the stage are still told from the others.
  func canStandIn(_ variant: String) -> Bool { self[variant] != nil && variant != control }
}

extension Flag {
  /// Whether this variant is no way back, whatever name it has or mark says so: all variants have one value, so that
  /// everybody gets what the canary is; or it is the `on` of a plain switch.
  fileprivate func turnsOn(_ variant: String) -> Bool {
    guard let meant = variants.first(where: { $0.name == variant }), variants.count > 1 else { return false }
    if variants.allSatisfy({ $0.value == meant.value }) { return true }
    let isPlain = variants.count == 2 && self["on"] == .bool(true) && self["off"] == .bool(false)
    return isPlain && variant == "on"
  }
}
