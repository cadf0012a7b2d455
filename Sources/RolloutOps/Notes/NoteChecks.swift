/// The rules that look at the whole note, after everything in it was read.
extension NoteReader {
  mutating func checkPlan() {
    checkFiveThings()
    checkPeople()
    checkStages()
  }

  /// What must be defined before a rollout. None of it makes the note invalid: gates hold where it is missing.
  private mutating func checkFiveThings() {
    let says = isGiven(.schedule) || isGiven(.canaryCohort) || isGiven(.cohorts)
    if !says {
      missing(
        .noCohortRule, .canaryCohort, "no Schedule and no Cohorts: who gets the new version first?",
        write: "Canary cohort: 5% of paid` or a `Schedule:")
    }
    if plan.dashboard == nil, plan.evidence.isEmpty {
      missing(
        .noMonitoringQuery, .dashboard, "no Dashboard and no Evidence: where is seen how it fares?",
        write: "Dashboard / query: https://…` or `Evidence: traces/*.ndjson")
    }
    if !isGiven(.rollbackTrigger) {
      missing(
        .noRollbackTrigger, .rollbackTrigger, "no Rollback trigger: when do you go back?",
        write: "Rollback trigger: parse failures above 2%")
    }
    if let owner = plan.owner {
      if owner.contains(",") || owner.contains("&") || owner.contains(" and "), let place = entry(.owner)?.value {
        report(
          .noOwner, "\(owner.quoted) is more than one person; name the one who calls rollback", at: place.startIndex)
      }
    } else {
      missing(.noOwner, .owner, "no Owner: which one person watches, and calls rollback?", write: "Owner: maya")
    }
    if plan.version == nil {
      missing(
        .noVersionLabel, .version, "no Version: how is traffic of the new version told apart?",
        write: "Version: prompt_version = v7")
    }
  }

  private mutating func checkPeople() {
    if plan.tier == nil, !isGiven(.tier) {
      let tier = plan.effectiveTier
      let reason = tier == 2 ? "it is tier 2" : "a model change makes it tier \(tier)"
      missing(.noTier, .tier, "no Tier, so \(reason): how much does a failure cost?", write: "Tier: \(tier)")
    }
    if plan.timeZone == nil {
      missing(.noTimeZone, .timeZone, "no Time zone, so times are UTC;", write: "Time zone: Europe/Berlin")
    }
    if plan.fallback == nil {
      missing(
        .noFallback, .fallback, "no Fallback: what do users get when the flag is off?",
        write: "Fallback: off -> answer without AI")
    }
    if plan.runbook == nil {
      missing(
        .noRunbook, .runbook, "no Runbook: what does whoever is paged read?", write: "Runbook: runbooks/\(plan.flag).md"
      )
    }
    if !plan.triggers.contains(where: { $0.action == .kill }), !isGiven(.killTrigger) {
      missing(
        .noKillTrigger, .killTrigger, "no Kill trigger: what stops it at night, when nobody looks?",
        write: "Kill trigger: cost exceeds 5x control over 1h")
    }
    guard let version = plan.version, let control = plan.controlVersion, let place = entry(.version) else { return }
    if version == control {
      report(
        .versionUnchanged,
        "the new and the old version are both `\(version)`, so nobody can tell them apart; bump it",
        at: place.name.startIndex)
    } else if version.field != control.field {
      report(
        .versionField,
        "the new version is named by `\(version.field)`, the old one by `\(control.field)`; use one field for both",
        at: place.name.startIndex)
    }
  }

  private mutating func missing(_ rule: NoteRule, _ field: NoteField.ID, _ what: String, write example: String) {
    report(rule, "\(what) write `\(example)`", at: place(ofMissing: field), isMissing: true)
  }

  // MARK: Stages

  private mutating func checkStages() {
    var everyone = Percentage.zero
    var shares: [Selector: Percentage] = [:]
    var names: Set<String> = []
    var canary: Int?
    // With a stage that could not be read, what is left says nothing about the whole.
    let isWhole = !diagnostics.contains { Self.stageRules.contains($0.rule) && $0.severity == .error }
    var isPreset = false
    if case .preset = plan.schedule { isPreset = true }
    for (index, stage) in plan.stages.enumerated() {
      let isNew = names.insert(stage.name).inserted
      guard let grant = stage.grant else {
        if index > 0, let first = plan.firstExposing, first < index {
          report(.badSchedule, "an offline stage comes before live traffic, not after it", at: stagePlaces[index])
        }
        continue
      }
      let before = max(everyone, grant.cohort.flatMap { shares[$0] } ?? .zero)
      if grant.share <= before, isNew {
        report(
          .notRising,
          "the stage \(stage.name.quoted) lets in nobody new: \(before) of them are in already, and stages accumulate; "
            + "raise it or leave it out",
          at: stagePlaces[index])
      }
      if let cohort = grant.cohort {
        shares[cohort] = max(before, grant.share)
      } else {
        everyone = max(before, grant.share)
      }
      if canary == nil, stage.isPercentage {
        canary = index
        if isWhole, !isPreset, stage.share > Percentage(percent: 5) {
          report(
            .canaryTooBig,
            "the first share of live traffic is \(stage.share); start with 5% or less, where few can be hurt",
            at: stagePlaces[index])
        }
      }
    }
    guard isWhole else { return }
    if !plan.stages.isEmpty, everyone < .whole, let last = stagePlaces.last {
      report(
        .neverFull, "the schedule never reaches 100%, so two versions stay alive for good; end it with `-> 100%`",
        at: last)
    }
    checkPace()
  }

  private static let stageRules = Set(
    [NoteRule.badSchedule, .badShare, .badSoak, .undefinedCohort, .badSelector, .personalData, .tooManyStages].map(
      \.name))

  /// Per tier: the shortest soak of a stage that draws by percentage, and the shortest way from the first live stage to
  /// 100%. Taken from the experience that the notes come from: two weeks in all where much is at stake, a week as the
  /// usual, one working day at least anywhere; a canary of an hour to a day.
  static let leastSoak: [TimeSpan] = [.hours(24), .hours(24), .hours(4), .hours(1)]
  static let leastTotal: [TimeSpan] = [.days(14), .days(7), .days(3), .days(1)]

  private mutating func checkPace() {
    guard let first = plan.firstExposing, plan.stages.count > 0, stagePlaces.count == plan.stages.count else { return }
    let tier = min(max(plan.effectiveTier, 0), 3)
    var total = TimeSpan.zero
    for (index, stage) in plan.stages.enumerated() where !stage.isOffline && index < plan.stages.count - 1 {
      total = total + stage.soak
      if stage.soak == .zero {
        report(
          .tooFast,
          "the stage \(stage.name.quoted) has no soak, so it may be left at once; write how long, such as `24h`",
          at: stagePlaces[index])
      } else if stage.isPercentage, stage.soak < Self.leastSoak[tier] {
        report(
          .tooFast,
          "the stage \(stage.name.quoted) lasts \(stage.soak); tier \(tier) wants at least \(Self.leastSoak[tier])",
          at: stagePlaces[index])
      }
    }
    if plan.stages.last?.audience == .everyone(share: .whole), total < Self.leastTotal[tier] {
      report(
        .tooFast,
        "from the first live stage to 100% it is \(total); tier \(tier) wants at least \(Self.leastTotal[tier])",
        at: stagePlaces[first])
    }
  }
}
