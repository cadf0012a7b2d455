/// What the logs' answers about a stage mean for each trigger.
extension StageQuestion {
  /// A window of the present needs so many times its length of earlier traffic to be called more than normal.
  private static let leastNormal = 6
  /// A new kind of error counts when chance puts all its records into the canary less often than this.
  private static let noveltyAlpha = 0.01

  /// The canary's records and those that they are held against.
  private struct Sides {
    let canary: TraceEvidence.Cell?
    let other: TraceEvidence.Cell?
    let answer: Answer
    let otherAnswer: Answer
    /// The segment is a unit itself, so that its records are the draws.
    var isUnit = false
  }

  func row(_ watch: MeasuredTrigger, _ answers: [Answer]) -> StageEvidence.Row {
    guard let answer = answers.first(where: { $0.part.time == time(of: watch) }) else {
      return .init(watch.trigger, .silent("the evidence could not be read"), measure: watch.measure)
    }
    if case .novel(let field) = watch.measure { return novel(watch, field, answer) }
    var earlier = answer
    if watch.counterpart == .previousStage {
      guard let found = answers.first(where: { $0.part.time == .previousStage }) else {
        let why = "nobody had the canary at an earlier stage, so there is nothing before this one"
        return .init(watch.trigger, .unmeasured(why), measure: watch.measure)
      }
      earlier = found
    }
    guard let asked = watch.segment else {
      let sides = sides(watch, answer, earlier)
      let before = isStratified(watch) ? strata(watch.measure, answers) : []
      return .init(watch.trigger, outcome(watch, sides, before), measure: watch.measure)
    }
    let segments = answer.evidence.cells.filter { cell in
      guard cell.key.arm == Self.canary, cell.key.period == 2, let segment = cell.key.segment else { return false }
      return segment.field == asked.attribute && (asked.value == nil || asked.value == segment.value)
    }
    let large = segments.filter { $0.records >= Self.smallestSegment }
    guard !large.isEmpty else {
      let why =
        segments.isEmpty
        ? "no record of the canary carries \(asked.attribute)"
        : "no \(asked.attribute) has \(Self.smallestSegment) records of the canary yet"
      return .init(watch.trigger, .silent(why), measure: watch.measure)
    }
    return worst(watch, large.compactMap(\.key.segment), answer, earlier)
  }

  private func worst(
    _ watch: MeasuredTrigger, _ segments: [TraceEvidence.Cell.Segment], _ answer: Answer, _ earlier: Answer
  ) -> StageEvidence.Row {
    var (found, silence): ([(segment: String, finding: Finding)], String?) = ([], nil)
    for segment in segments {
      switch outcome(watch, sides(watch, answer, earlier, segment)) {
      case .found(let finding): found.append((segment.value, finding))
      case .silent(let why), .unmeasured(let why), .notAsked(let why): silence = why
      }
    }
    return .init(watch.trigger, worstOf: found, measure: watch.measure, else: silence)
  }

  private func sides(
    _ watch: MeasuredTrigger, _ answer: Answer, _ earlier: Answer, _ segment: TraceEvidence.Cell.Segment? = nil
  ) -> Sides {
    // A segment that is a unit itself has nobody like it in the control: then it is held against all of that.
    let isUnit = segment != nil && segment?.field == plan.unit
    let other: TraceEvidence.Cell?
    switch watch.counterpart {
    case .control: other = cell(Self.control, answer, isUnit ? nil : segment)
    case .number: other = nil
    case .previousStage: other = earlier.evidence.cell(arm: Self.canary, period: 2, segment: segment)
    case .normal: other = answer.evidence.cell(arm: Self.canary, period: 1, segment: segment)
    }
    return Sides(
      canary: cell(Self.canary, answer, segment), other: other, answer: answer, otherAnswer: earlier, isUnit: isUnit)
  }

  // MARK: One comparison

  /// Earlier stays in which both versions had records.
  private func strata(_ measure: Measure, _ answers: [Answer]) -> [Stratum] {
    answers.compactMap { answer in
      guard case .earlier = answer.part.time, let canary = answer.evidence.cell(arm: Self.canary, period: 2),
        let control = answer.evidence.cell(arm: Self.control, period: 2)
      else { return nil }
      return Stratum(canary: sample(measure, canary, answer), control: sample(measure, control, answer))
    }
  }

  private func outcome(
    _ watch: MeasuredTrigger, _ sides: Sides, _ before: [Stratum] = []
  ) -> StageEvidence.Outcome {
    let window = watch.window.map { now.since(start($0)) } ?? now.since(start(nil))
    if watch.counterpart == .normal {
      let before = start(watch.window).since(start(nil))
      let needed = TimeSpan(seconds: window.seconds * Self.leastNormal)
      guard before >= needed, window.seconds > 0 else {
        return .silent("\(before) of earlier traffic tell no normal level yet, \(needed) do")
      }
    }
    if case .below = watch.test, let span = watch.measure.span,
      window < min(span, watch.trigger.condition.window ?? span)
    {
      return .silent("\(window) of this stage tell too little of what comes in \(span)")
    }
    switch watch.measure {
    case .sum(_, let per):
      return .found(total(watch, sides, per: per, over: window) { Self.sum(sample(watch.measure, $0, $1)) })
    case .count(_, let per?):
      return .found(total(watch, sides, per: per, over: window) { Self.sum(sample(watch.measure, $0, $1)) })
    case .records(let per):
      return .found(
        total(watch, sides, per: per, over: window) { cell, _ in (total: Double(cell.records), count: cell.records) })
    case .rate, .share, .mean, .quantile, .count(_, nil), .weighted, .novel, .queries:
      let mine = sides.canary.map { sample(watch.measure, $0, sides.answer) } ?? Sample(.mean)
      let others = watch.figure?.sample ?? sides.other.map { sample(watch.measure, $0, sides.otherAnswer) }
      let stratum = Stratum(canary: sides.isUnit ? mine.withoutUnits : mine, control: others)
      return .found(watch.judgement(in: plan).judge(before + [stratum], details: givesDetails))
    }
  }

  private func sample(_ measure: Measure, _ cell: TraceEvidence.Cell, _ answer: Answer) -> Sample {
    answer.part.question.sample(of: measure, in: cell.samples) ?? Sample(.mean)
  }

  private static func sum(_ sample: Sample) -> (total: Double, count: Int) {
    let total = sample.kind == .rate ? Double(sample.events) : sample.moments.mean * Double(sample.moments.count)
    return (total, sample.count)
  }

  /// A total is what it is; per hour it is spread over the time that was looked at: over the trigger's window, else an hour
  /// at least. The first minute of a stage is not taken for sixty of them.
  private func total(
    _ watch: MeasuredTrigger, _ sides: Sides, per span: TimeSpan?, over window: TimeSpan,
    _ add: (TraceEvidence.Cell, Answer) -> (total: Double, count: Int)
  ) -> Finding {
    func spread(_ total: Double, over time: TimeSpan) -> Double {
      guard let span else { return total }
      let least = min(span, watch.trigger.condition.window ?? span)
      return total * Double(span.seconds) / Double(max(1, least.seconds, time.seconds))
    }
    let mine = sides.canary.map { add($0, sides.answer) } ?? (total: 0, count: 0)
    var level: Double?
    if watch.counterpart == .normal {
      let before = start(watch.window).since(start(nil))
      let others = sides.other.map { add($0, sides.otherAnswer) } ?? (total: 0, count: 0)
      // Without a span of its own the earlier time is put on the window's length.
      let scale = span ?? window
      level = others.total * Double(scale.seconds) / Double(max(1, before.seconds))
    }
    let judgement = watch.judgement(in: plan, level: level)
    let value = mine.count > 0 ? spread(mine.total, over: window) : .nan
    var finding = judgement.judge(bare: value, control: nil)
    finding.canary.count = mine.count
    return mine.count > 0 ? finding : finding.holding(.noCanary)
  }

  // MARK: What was never seen before

  /// Values of the field that only the canary's records carry, more of them than chance would put there.
  private func novel(_ watch: MeasuredTrigger, _ field: String, _ answer: Answer) -> StageEvidence.Row {
    func values(_ arm: Int) -> [TraceEvidence.Cell] {
      let whole = cell(arm, answer)?.key
      return answer.evidence.cells.filter {
        $0.key.arm == arm && $0.key.period == whole?.period && $0.key.segment?.field == field
      }
    }
    let (mine, others) = (values(Self.canary), values(Self.control))
    guard let canary = cell(Self.canary, answer), canary.records > 0 else {
      return .init(
        watch.trigger,
        .silent("no record of the canary\(watch.trigger.condition.window.map { " in the last \($0)" } ?? "")"),
        measure: watch.measure)
    }
    guard let control = cell(Self.control, answer), control.records > 0 else {
      return .init(
        watch.trigger, .unmeasured("no record of the control, so nothing tells what is new"), measure: watch.measure)
    }
    guard !mine.isEmpty || !others.isEmpty else {
      return .init(watch.trigger, .silent("no record of either version carries \(field)"), measure: watch.measure)
    }
    let known = Set(others.compactMap(\.key.segment?.value))
    let share = Double(canary.records) / Double(canary.records + control.records)
    let new = mine.filter { cell in
      guard let value = cell.key.segment?.value, !known.contains(value) else { return false }
      var chance = 1.0
      for _ in 0..<min(cell.records, 10_000) where chance > Self.noveltyAlpha { chance *= share }
      return chance <= Self.noveltyAlpha
    }.sorted { ($1.records, $0.key.segment?.value ?? "") < ($0.records, $1.key.segment?.value ?? "") }
    var finding = watch.judgement(in: plan).judge(bare: Double(new.count), control: nil)
    finding.canary.count = canary.records
    return .init(
      watch.trigger, .found(finding), measure: watch.measure, segment: new.first?.key.segment?.value)
  }

  // MARK: Healthy bands

  /// Nil where the evidence does not carry the band's signal.
  func bandRow(_ band: MeasuredTrigger, _ answers: [Answer]) -> StageEvidence.Row? {
    let row = row(band, answers)
    guard band.isAbsolute, let answer = answers.first(where: { $0.part.time == time(of: band) }),
      let control = cell(Self.control, answer)
    else { return row.asBand }
    let others = sample(band.measure, control, answer)
    let mine = cell(Self.canary, answer).map { sample(band.measure, $0, answer) } ?? Sample(.mean)
    let isWorse = Judgement(.beyond(.up), minimumSamples: 0).judge([Stratum(canary: mine, control: others)])
    return row.beside(
      control: others.count > 0 ? others.moments.mean : nil, isSurelyBetter: isWorse.verdict == .breach
    ).asBand
  }

  // MARK: What hides in the whole

  /// Kinds of requests that fare worse than a trigger allows, where the trigger looks at the whole and sees nothing.
  func hidden(_ watches: [MeasuredTrigger], _ rows: [StageEvidence.Row], _ answers: [Answer]) -> [String] {
    guard let answer = answers.first(where: { $0.part.time == .stay }) else { return [] }
    var remarks: [String] = []
    for watch in watches where watch.segment == nil && watch.window == nil && watch.comparesArms {
      switch watch.measure {
      case .rate, .share, .mean, .weighted: break
      case .quantile, .sum, .count, .records, .novel, .queries: continue
      }
      let isSeen = rows.contains { row in
        if row.trigger == watch.trigger, case .found(let finding) = row.outcome {
          finding.verdict == .breach
        } else {
          false
        }
      }
      guard !isSeen else { continue }
      for field in Self.lookouts {
        let segments = answer.evidence.cells.compactMap { cell -> TraceEvidence.Cell.Segment? in
          guard cell.key.arm == Self.canary, cell.key.period == 2, cell.records >= Self.smallestSegment,
            let segment = cell.key.segment, segment.field == field
          else { return nil }
          return (self.cell(Self.control, answer, segment)?.records ?? 0) >= Self.smallestSegment ? segment : nil
        }
        guard segments.count > 1 else { continue }
        let row = worst(watch, segments, answer, answer)
        if let segment = row.segment, case .found(let finding) = row.outcome, finding.verdict == .breach {
          let sentence = FindingSentence(finding, row).text
          remarks.append("\(watch.trigger.text): \(field) \(segment) is worse than the whole shows: \(sentence)")
        }
      }
    }
    return remarks
  }
}
