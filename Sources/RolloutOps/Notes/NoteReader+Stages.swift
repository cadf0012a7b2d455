/// Stages: from the schedule, from the two cohort fields of the bare template, or from a preset.
extension NoteReader {
  static let mostStages = 1000

  mutating func readStages() {
    if let entry = entry(.schedule) {
      plan.schedule = .note
      readSchedule(entry)
      checkCohortFields()
    } else if isGiven(.canaryCohort) || isGiven(.expandedCohort) {
      readCohortFields()
    } else {
      imply(at: place(ofMissing: .schedule), because: "no Schedule", isMissing: true)
    }
    nameStages()
  }

  private mutating func readSchedule(_ entry: NoteEntry) {
    if !entry.rows.isEmpty { return readTable(entry.rows) }
    if let value = entry.value, entry.items.isEmpty, readPresetName(value.unwrapped) { return }
    let sources = (entry.value.map { [$0.unwrappedCode] } ?? []) + entry.items.map(\.text)
    var pieces: [Substring] = []
    for source in sources {
      pieces += StagePhrase.pieces(of: source, limit: Self.mostStages + 1)
      guard pieces.count <= Self.mostStages + 1 else {
        return report(
          .tooManyStages, "a schedule has at most \(Self.mostStages) stages; this is the first one too many",
          at: pieces[Self.mostStages].trimmed.startIndex)
      }
    }
    for (number, piece) in pieces.enumerated() {
      let gap = piece.startIndex
      let piece = piece.trimmed
      if piece.isEmpty {
        report(.badSchedule, "a stage is missing here, such as `5% of paid 24h`", at: gap)
      } else if !readFinish(piece, isLast: number == pieces.count - 1) {
        readStage(piece)
      }
    }
  }

  /// `Schedule: model-upgrade`. A single word that is no cohort was meant as a preset, so the nearest one is named.
  private mutating func readPresetName(_ value: Substring) -> Bool {
    // What has one of these is a schedule, whatever else it says.
    guard !value.utf8.contains(where: { "%=>".utf8.contains($0) }) else { return false }
    if cohort(named: value) == nil, let preset = Preset.named(value) {
      use(preset, at: value.startIndex)
      return true
    }
    guard cohort(named: value) == nil,
      value.contains("-") || Suggestion.nearest(to: String(value), among: Preset.allCases.map(\.rawValue)) != nil,
      !value.contains(where: \.isWhitespace)
    else { return false }
    reportUndefined(value, alsoAmong: Preset.allCases.map(\.rawValue))
    return true
  }

  /// `finish 14d`, at the end only.
  private mutating func readFinish(_ piece: Substring, isLast: Bool) -> Bool {
    guard let first = piece.afterSpace.utf8.first, first | 0x20 == UInt8(ascii: "f") else { return false }
    let words = piece.split(whereSeparator: \.isWhitespace)
    guard words.first?.lowercased() == "finish" else { return false }
    let rest = words.count > 1 ? piece[words[1].startIndex...] : ""
    let span = words.count > 2 && words[1] == "after" ? piece[words[2].startIndex...] : rest
    if !isLast {
      report(.badSchedule, "`finish` is the end of a schedule; nothing can follow it", at: piece.startIndex)
    } else if !span.isEmpty {
      plan.steadyState = readSoak(span)
    }
    return true
  }

  mutating func readSoak(_ text: Substring) -> TimeSpan? {
    if let span = TimeSpan(text) { return span }
    report(.badSoak, "\(text.quoted) is no length of time; write `24h`, `3d` or `1d 12h`", at: text.startIndex)
    return nil
  }

  /// One stage of a schedule: `internal 3d`, `5% of paid 24h`, `canary: 1% 24h`.
  private mutating func readStage(_ piece: Substring) {
    var name: String?
    var phrase = StagePhrase(piece)
    if let colon = piece.firstIndex(of: ":"), piece[..<colon].allSatisfy({ $0 != "=" && $0 != "%" }),
      piece[piece.index(after: colon)...].first?.isWhitespace == true
    {
      let label = piece[..<colon].unwrapped
      let behind = StagePhrase(piece[piece.index(after: colon)...].trimmed)
      if behind.audience.isEmpty {
        phrase = StagePhrase(label)
        return add(phrase.audience, named: nil, soak: behind.soak, samples: behind.samples, watch: nil)
      }
      (name, phrase) = (label.collapsed, behind)
    }
    guard !phrase.audience.isEmpty else {
      return report(
        .badSchedule,
        "this stage says how long, but not who; write a cohort or a share before it, such as `5% \(piece.collapsed)`",
        at: piece.startIndex)
    }
    add(phrase.audience, named: name, soak: phrase.soak, samples: phrase.samples, watch: nil)
  }

  mutating func add(_ audience: Substring, named name: String?, soak: TimeSpan?, samples: Int?, watch: String?) {
    switch resolve(audience) {
    case .found(let found):
      let name = name ?? audience.collapsed
      if name.utf8.count > 200 {
        return report(
          .badSchedule, "a stage's name has at most 200 bytes; define a cohort for it", at: audience.startIndex)
      }
      plan.stages.append(Stage(name: name, audience: found, soak: soak ?? .zero, samples: samples, watch: watch))
      stagePlaces.append(audience.startIndex)
    case .undefined(let cohort):
      reportUndefined(cohort)
    case .wrong(let rule, let message, let place):
      report(rule, message, at: place)
    }
  }

  /// Stages are called by their names, so no two may share one.
  private mutating func nameStages() {
    var seen: [String: Int] = [:]
    for (index, stage) in plan.stages.enumerated() {
      if let first = seen[stage.name], stagePlaces.indices.contains(index) {
        report(
          .duplicateName,
          "the stage \(stage.name.quoted) stands already in line \(text.position(of: stagePlaces[first]).line); "
            + "a stage is entered once, so join the two or give them different shares",
          at: stagePlaces[index])
      }
      seen[stage.name] = seen[stage.name] ?? index
    }
  }

  // MARK: Cohort fields

  private mutating func readCohortFields() {
    let canary = value(.canaryCohort).map { ($0, readCohortField($0)) }
    let expanded = value(.expandedCohort).map { ($0, readCohortField($0)) }
    let vague = [canary, expanded].compactMap { $0 }.filter { $0.1 == .vague }.map(\.0)
    for place in vague {
      report(
        .vagueCohort,
        "\(place.quoted) does not say who in a way that a flag can check; "
          + "write `5%`, or define it: `Cohorts:` with `- internal: team = staff`",
        at: place.startIndex)
    }
    if let first = vague.first { return imply(at: first.startIndex, because: "the cohort fields are prose") }
    plan.schedule = .cohortFields
    if case (let place, .stage(let audience, let soak))? = canary {
      append(audience, named: place, soak: soak ?? .hours(24))
    }
    if case (let place, .stage(let audience, let soak))? = expanded {
      append(audience, named: place, soak: soak ?? .hours(48))
    } else if expanded == nil {
      append(.everyone(share: Percentage(percent: 25)), named: nil, soak: .hours(48), place: canary?.0.startIndex)
    }
    if plan.stages.last?.audience != .everyone(share: .whole) {
      append(.everyone(share: .whole), named: nil, soak: .zero, place: (expanded ?? canary)?.0.startIndex)
    }
  }

  private mutating func append(
    _ audience: Stage.Audience, named name: Substring?, soak: TimeSpan, place: String.Index? = nil
  ) {
    let words = name.map { StagePhrase($0).audience.collapsed }
    plan.stages.append(
      Stage(name: words ?? "\(Stage(name: "", audience: audience).share)", audience: audience, soak: soak))
    stagePlaces.append(name?.startIndex ?? place ?? text.base.startIndex)
  }

  private enum CohortField: Equatable {
    case stage(Stage.Audience, TimeSpan?)
    case vague
    case reported
  }

  /// In these two fields prose is usual, so only what was plainly meant for a machine can be wrong.
  private mutating func readCohortField(_ value: Substring) -> CohortField {
    let phrase = StagePhrase(value)
    guard !phrase.audience.isEmpty else { return .vague }
    switch resolve(phrase.audience) {
    case .found(let audience):
      return .stage(audience, phrase.soak)
    case .undefined(let cohort):
      guard !plan.cohorts.isEmpty, phrase.audience.contains("%") else { return .vague }
      reportUndefined(cohort)
      return .reported
    case .wrong(let rule, let message, let place):
      guard rule == .badShare || rule == .personalData || rule == .badSelector else { return .vague }
      report(rule, message, at: place)
      return .reported
    }
  }

  /// A schedule wins over the two fields; where they name someone whom it does not, that is worth a word.
  private mutating func checkCohortFields() {
    for field in [NoteField.ID.canaryCohort, .expandedCohort] {
      guard let value = value(field), case .stage(let audience, _) = readCohortField(value) else { continue }
      if !plan.stages.contains(where: { $0.audience == audience }), !plan.stages.isEmpty {
        report(
          .cohortFields,
          "the schedule has no stage \(value.quoted); the schedule is what happens, so correct one of the two",
          at: value.startIndex)
      }
    }
  }

  // MARK: Presets

  private mutating func imply(at place: String.Index, because reason: String, isMissing: Bool = false) {
    let preset = Preset.implied(by: plan.changeType, tier: plan.effectiveTier)
    report(
      .impliedSchedule,
      "\(reason), so the preset `\(preset.rawValue)` is used (\(preset.meaning)); "
        + "write `Schedule: \(preset.rawValue)` or your own stages",
      at: place, isMissing: isMissing)
    use(preset, at: place)
  }

  private mutating func use(_ preset: Preset, at place: String.Index) {
    plan.schedule = .preset(preset.rawValue)
    for step in preset.steps {
      var audience: Stage.Audience = step.isOffline ? .offline : .everyone(share: step.share)
      var name = step.isOffline ? "offline" : "\(step.share)"
      if !step.cohorts.isEmpty {
        if let cohort = step.cohorts.lazy.compactMap({ [cohortsByName] in cohortsByName[$0] }).first {
          audience = .cohort(name: cohort.name, cohort.selector, share: step.share)
          name = step.share.isWhole ? cohort.name : "\(step.share) of \(cohort.name)"
        } else if let share = step.withoutCohort {
          (audience, name) = (.everyone(share: share), "\(share)")
          // A few insiders or a sliver of everyone do equally well as a canary; paying customers are not everyone.
          if !step.share.isWhole {
            reportPreset(preset, lacks: step, at: place, instead: "the stage is \(share) of everyone")
          }
        } else {
          reportPreset(preset, lacks: step, at: place, instead: "the stage is left out")
          continue
        }
      }
      plan.stages.append(Stage(name: name, audience: audience, soak: step.soak, watch: step.watch))
      stagePlaces.append(place)
    }
  }

  private mutating func reportPreset(_ preset: Preset, lacks step: Preset.Step, at place: String.Index, instead: String)
  {
    guard let cohort = step.cohorts.first else { return }
    report(
      .presetStage,
      "the preset `\(preset.rawValue)` wants a cohort `\(cohort)`, which the note does not define: \(instead)",
      at: place)
  }
}
