/// Whether the evidence of a stage can be trusted as a whole. What cannot holds, whatever the triggers say.
extension StageQuestion {
  /// More than this share of records without a time or a label, and the rest speaks for nobody.
  private static let (mostTimeless, mostUnlabelled, mostCrossing) = (0.01, 0.05, 0.05)
  static let mostRepeated = 0.01
  /// A fallback may answer now and then.
  private static let mostStrange = 0.05
  private static let stalest = TimeSpan.hours(1)

  func describe(_ answer: Answer, beside earlier: Int, in stage: inout StageEvidence) {
    let evidence = answer.evidence
    let arms = (canary: arm(Self.canary, answer), control: arm(Self.control, answer))
    stage.canary = arms.canary
    stage.control = arms.control.records > 0 ? arms.control : nil
    stage.newest = evidence.last
    stage.faults += faults(evidence, arms.canary) + strangeModels(answer)
    stage.remarks += remarks(answer, earlier, stage)
  }

  private func arm(_ arm: Int, _ answer: Answer) -> StageEvidence.Arm {
    let cell = cell(arm, answer)
    // Without the attribute every record is a unit of its own, which is no count of units.
    let knowsUnits = answer.evidence.withoutUnit < answer.evidence.records
    return StageEvidence.Arm(records: cell?.records ?? 0, units: knowsUnits ? cell?.units : nil)
  }

  private func faults(_ evidence: TraceEvidence, _ canary: StageEvidence.Arm) -> [String] {
    var faults = evidence.tooManyBroken.map { [$0] } ?? []
    guard evidence.records > 0 else {
      return faults.isEmpty ? ["the evidence has no record at all"] : faults
    }
    if Self.share(evidence.withoutTime, of: evidence.records) > Self.mostTimeless {
      faults.append("\(evidence.withoutTime) of \(evidence.records) records carry no time, so nobody knows their stage")
    }
    if Self.share(evidence.withoutLabel, of: evidence.records) > Self.mostUnlabelled {
      faults.append("\(evidence.withoutLabel) of \(evidence.records) records carry no \(label)")
    }
    if evidence.repeated > Self.mostRepeated {
      faults.append(
        "about \(Figures.percent(evidence.repeated)) of the records stand in the logs more than once: count each once")
    }
    if canary.records == 0, let newest = evidence.last, newest < start(nil) {
      let stood = now.since(start(nil))
      faults.append(
        stood < Self.stalest
          ? "no record yet: the stage began \(stood <= .zero ? "just now" : "\(stood) ago")"
          : "no record of the \(stood) since this stage began: the newest is from \(ISO8601.string(newest))")
    } else if canary.records == 0 {
      faults.append("no record of this stage carries \(label) = \(canaryValue)\(evidence.othersInBrackets)")
    } else if let newest = evidence.last, now.since(newest) > Self.stalest {
      faults.append("the newest record is \(now.since(newest)) old")
    }
    let units = canary.units ?? 0
    let crossing = evidence.crossing(in: 2)
    if isSplit, Self.share(crossing.units, of: units) > Self.mostCrossing {
      faults.append(
        "\(crossing.units) \(unitName)s sent records of both versions, such as "
          + crossing.examples.prefix(3).joined(separator: ", "))
    }
    return faults
  }

  /// A provider that answers with another model than the one that was pinned has changed the version by itself.
  private func strangeModels(_ answer: Answer) -> [String] {
    guard let pinned = pinnedModel else { return [] }
    let served = answer.evidence.cells.filter {
      $0.key.arm == Self.canary && $0.key.period == 2 && $0.key.segment?.field == Self.servedModel
    }
    let strangers = served.filter { cell in
      guard let name = cell.key.segment?.value else { return false }
      // Providers answer with the dated name of what was asked for: `m-5` is served as `m-5-2026-10-01`.
      return name != pinned && !name.hasPrefix(pinned + "-")
    }.sorted { ($1.records, $0.key.segment?.value ?? "") < ($0.records, $1.key.segment?.value ?? "") }
    let (strange, all) = (strangers.reduce(0) { $0 + $1.records }, served.reduce(0) { $0 + $1.records })
    guard Self.share(strange, of: all) > Self.mostStrange, let first = strangers.first?.key.segment?.value else {
      return []
    }
    return [
      "\(Figures.percent(Self.share(strange, of: all))) of the canary was answered by \(first), not by the pinned \(pinned): "
        + "name in `Variants:` the model that is meant"
    ]
  }

  private func remarks(_ answer: Answer, _ earlier: Int, _ stage: StageEvidence) -> [String] {
    let evidence = answer.evidence
    var remarks: [String] = []
    if earlier > 0, stage.control != nil {
      let stays = earlier == 1 ? "the stay before it" : "\(earlier) stays before it"
      remarks.append("comparisons count \(stays) with the same cohort too, each for itself")
    }
    if answer.isWidened { remarks.append("the evidence does not tell who is in the cohort: all records count") }
    if !isSplit, stage.control != nil {
      remarks.append(
        "no control at this stage: the canary is compared with the old version's records from before it")
    }
    if isSplit, let control = stage.control, let canaries = stage.canary.units, let controls = control.units,
      canaries > 0, controls > 0
    {
      let units = Self.share(canaries, of: canaries + controls)
      let records = Self.share(stage.canary.records, of: stage.canary.records + control.records)
      if records > 2 * units || records * 2 < units {
        remarks.append("\(Figures.percent(units)) of the \(unitName)s send \(Figures.percent(records)) of the traffic")
      }
    }
    if evidence.repeated > 0, evidence.repeated <= Self.mostRepeated {
      remarks.append("about \(Figures.percent(evidence.repeated)) of the records stand in the logs more than once")
    }
    if let peak = TrafficPeak(evidence.hours, unseenFrom: start(nil), to: now) { remarks.append(peak.sentence) }
    let torn = evidence.logs.filter(\.isUnfinished).count
    if torn > 0 { remarks.append("\(torn) log\(torn == 1 ? " is" : "s are") still being written") }
    return remarks + [evidence.brokenLeftOut, evidence.thinned].compactMap(\.self)
  }

  private static func share(_ part: Int, of whole: Int) -> Double {
    whole == 0 ? 0 : Double(part) / Double(whole)
  }
}
