/// Whether the store shows what the journal says.
package enum Agreement: Hashable, Sendable {
  case agrees
  /// Somebody turned the flag off behind the tool's back, or a kill could not be journaled: it counts as killed.
  case killedOutside
  case drift(Drift)
}

package struct Drift: Hashable, Sendable {
  /// What the journal says.
  package let expected: Side
  /// What the store shows.
  package let shown: Side

  /// Put into words when somebody reads it: a kill finds out that there is a drift, and goes on.
  package enum Side: Hashable, Sendable, CustomStringConvertible {
    case said(String)
    case serves(Serving)

    package var description: String {
      switch self {
      case .said(let words): words
      case .serves(let serving): serving.description
      }
    }
  }
}

extension Plan {
  /// The flag as it should stand at a place. Where the store's values of variants are not changed (`keepsValues`), a
  /// finished one serves the canary under its own name, and a kill still serves what was there before.
  package func flag(
    at place: Place, excluding more: [Selector] = [], degradedTo stand: String? = nil, keepsValues: Bool = false
  ) -> Flag {
    func flag(_ serving: Serving, killed: Bool = false) -> Flag {
      Flag(
        variants: variants.all, serving: serving,
        mark: Flag.Mark(killed: killed, stage: place.description, killsTo: variants.killed(to: killTo)))
    }
    switch place {
    case .off, .abandoned:
      return flag(.everyone(variants.control))
    case .killed(let variant):
      return flag(variant.map(Serving.everyone) ?? .applicationDefault, killed: true)
    case .stage(let index, _):
      let exposure = exposure(at: index, excluding: more)
      guard !exposure.isOff else { return flag(.everyone(variants.control)) }
      return flag(
        .split(
          Split(exposure: exposure, unit: unit, canary: stand ?? variants.canary, control: variants.control)))
    case .finished:
      guard more.isEmpty else {
        let everybody = Exposure(grants: [Grant(cohort: nil, share: .whole)], exclusions: more)
        return flag(
          .split(Split(exposure: everybody, unit: unit, canary: variants.canary, control: variants.control)))
      }
      guard !variants.isBoolean, !keepsValues, let canary = variants[variants.canary] else {
        return flag(.everyone(variants.canary))
      }
      // The canary becomes the new control, so that whatever comes next falls back to it.
      var finished = flag(.everyone(variants.control))
      finished.mark?.killsTo = variants["off"] == nil ? variants.control : "off"
      finished.variants = variants.all.map {
        $0.name == variants.control ? Variants.Variant($0.name, canary) : $0
      }
      return finished
    }
  }
}

extension Flag {
  /// Whether somebody may get something else than `control` or a variant that plainly is the old way.
  package func exposes(control: String?) -> Bool {
    switch serving {
    case .everyone(let variant): !(variant == control || isOldWay(variant))
    case .split(let split): !split.exposure.isOff
    case .applicationDefault: mark?.killed != true
    case .foreign: true
    }
  }

  /// A variant that plainly is the old way, by its name or its value. Whatever it is called, `true` is on.
  func isOldWay(_ variant: String) -> Bool { Self.isOldWay(variant, self[variant]) }

  static func isOldWay(_ variant: String, _ value: JSON?) -> Bool {
    value == .bool(false) || ["off", "control"].contains(variant) && value != .bool(true)
  }

  /// Off for everybody, and with no variants but on and off.
  var hasOnlyTheSwitch: Bool { serving == .everyone("off") && variants == Variants.boolean.all }

  /// Whether its mark says the same place, whoever is served.
  func isMarked(as other: Flag) -> Bool { mark?.killed == other.mark?.killed && mark?.stage == other.mark?.stage }

  /// Whether it stands as a kill left it. The mark alone does not tell: somebody may have let people in beside it.
  func standsKilled(for variants: Variants?) -> Bool {
    guard let mark, mark.killed else { return false }
    guard exposes(control: variants?.control) else { return true }
    guard case .everyone(let variant) = serving, variant != variants?.canary ?? "canary", self[variant] != .bool(true)
    else { return false }
    return mark.killsTo == variant || mark.stage == Place.killed(serving: variant).description
  }
}

extension Progress {
  /// The flag that the journal's state stands for; nil before the first rollout.
  package var expected: Flag? {
    guard phase == .open || phase == .finished else { return nil }
    return plan?.flag(at: place, excluding: exclusions, degradedTo: degradedTo, keepsValues: keepsValues)
  }

  /// The flag as it let in the most people.
  package var widest: Flag? {
    guard let plan, let stage = visits.map(\.stage).max(), plan.stages.indices.contains(stage) else { return nil }
    return plan.flag(at: .stage(stage, name: plan.stages[stage].name), excluding: exclusions)
  }

  package func agreement(with shown: Flag?, variants: Variants?, switchesOnLast: Bool = false) -> Agreement {
    guard let expected else {
      return agreementBeforeStart(with: shown, variants: variants, switchesOnLast: switchesOnLast)
    }
    guard let shown else {
      return place == .off ? .agrees : drift(expected, shown: .said("no such flag"))
    }
    let control = plan?.variants.control
    if shown.mark?.killed == true, !shown.exposes(control: control) { return isKilled ? .agrees : .killedOutside }
    if let adopted {
      if shown.fingerprint == adopted { return .agrees }
      return shown.exposes(control: control) ? drift(expected, shown: .serves(shown.serving)) : .killedOutside
    }
    guard !shown.serves(expected) else { return .agrees }
    if !shown.exposes(control: control) {
      if isKilled { return .agrees }
      if phase == .finished || expected.exposes(control: control) { return .killedOutside }
    }
    if expected.serving == shown.serving, adopted == nil { return changedValues(expected, shown) }
    return drift(expected, shown: .serves(shown.serving))
  }

  /// A flag that nobody has rolled out yet must be off, with the variants that the note gives it.
  private func agreementBeforeStart(with shown: Flag?, variants: Variants?, switchesOnLast: Bool) -> Agreement {
    guard let shown else { return .agrees }
    if shown.standsKilled(for: variants) {
      return isKilled || isUnmade && switchesOnLast ? .agrees : .killedOutside
    }
    if isKilled, !shown.exposes(control: variants?.control) { return .agrees }
    if shown.exposes(control: variants?.control) {
      return .drift(Drift(expected: .said("no rollout is known"), shown: .serves(shown.serving)))
    }
    // What the store does not show yet, the first change adds.
    if phase == .none, let variants, shown.variants.contains(where: { variants[$0.name]?.means($0.value) != true }) {
      let names = shown.variants.map { "\($0.name) = \($0.value.written(.spaced))" }.joined(separator: ", ")
      return .drift(Drift(expected: .said("the note's variants"), shown: .said("variants \(names)")))
    }
    return .agrees
  }

  /// The same people get the same variants, and somebody changed what those are.
  private func changedValues(_ expected: Flag, _ shown: Flag) -> Agreement {
    let changed = expected.variants.filter { shown[$0.name]?.means($0.value) != true }.map(\.name)
    let values = { (flag: Flag) in
      changed.map { "\($0) = \(flag[$0]?.written(.spaced) ?? "missing")" }.joined(separator: ", ")
    }
    guard !changed.isEmpty else { return drift(expected, shown: .serves(shown.serving)) }
    return .drift(Drift(expected: .said(values(expected)), shown: .said(values(shown))))
  }

  private func drift(_ expected: Flag, shown: Drift.Side) -> Agreement {
    .drift(
      Drift(expected: adopted == nil ? .serves(expected.serving) : .said("the flag as it was adopted"), shown: shown))
  }
}
