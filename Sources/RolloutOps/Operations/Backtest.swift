/// A note's triggers over past traffic: when they would have fired, and how often they fire falsely.
package struct Backtest: Sendable {
  package struct Request: Sendable, Equatable {
    package var target = ""
    /// Paths, patterns, or `-`; instead of the note's.
    package var traces: [String] = []
    /// Nil: what makes at most `mostLooks` looks.
    package var every: TimeSpan?
    /// Nil: as many as the logs are worth.
    package var splits: Int?
    /// Of the control, the part that plays the canary.
    package var share: Percentage?
    package var seed = TraceSample.usualSeed
    /// Instead of the note's, by the same label.
    package var canary: String?
    package var control: String?
    package var filter: String?
    package var since: String?
    package var until: String?

    package init() {}
  }

  static let usualSteps: [TimeSpan] = [.minutes(10), .hours(1), .hours(6), .days(1), .days(7)]
  static let mostLooks = 300
  /// Beyond this many looks nobody can wait for the answer.
  static let manyLooks = 20_000
  /// Versions by times by segments.
  private static let mostCells = 1 << 18

  let context: Context
  private let choices: OperatorChoices

  package init(context: Context, choices: OperatorChoices) { (self.context, self.choices) = (context, choices) }

  package func report(_ request: Request) throws(Trouble) -> BacktestReport {
    var remarks: [String] = []
    let noted = try NotedEvidence(request.target, asItStands: true, context, choices, &remarks)
    let calendar = LocalCalendar(zone: noted.zone, now: context.clock.now())
    let (plan, version) = try versions(noted.plan, request)
    var report = BacktestReport(plan, version, calendar: calendar)
    report.remarks = remarks
    var course = BacktestCourse(plan, version, try scope(request, calendar), now: context.clock.now())
    report.rows = course.triggers.map {
      BacktestReport.Row($0.trigger, .unanswered($0.why ?? "it was not asked about"))
    }
    guard !course.asked.isEmpty else {
      report.reasons = [
        plan.triggers.isEmpty ? "the note has no trigger" : "no trigger of the note can be answered by logs"
      ]
      return report
    }
    let paths: [String]
    if request.traces.isEmpty {
      guard let found = try noted.logs() else {
        report.reasons = [noted.lackOfLogs]
        return report
      }
      paths = found
    } else {
      paths = try context.logs(request.traces)
    }
    try read(paths, &course)
    context.output.progress(nil)
    try play(course, request, into: &report)
    context.output.progress(nil)
    return report
  }

  func scope(_ request: Request, _ calendar: LocalCalendar) throws(Trouble) -> BacktestCourse.Scope {
    var scope = BacktestCourse.Scope(step: request.every ?? Self.usualSteps[0], splits: request.splits != 0)
    if let text = request.filter { scope.filter = try TypedSelector.included(text) }
    if let text = request.since { scope.since = try context.moment(text, of: "--since", calendar) }
    if let text = request.until { scope.until = try context.moment(text, of: "--until", calendar) }
    return scope
  }

  private func versions(_ plan: Plan, _ request: Request) throws(Trouble) -> (Plan, VersionLabel) {
    guard let label = plan.version?.field ?? plan.controlVersion?.field else {
      throw .usage("the note has no `Version:`, so nothing tells the versions apart: write one")
    }
    var plan = plan
    if let value = request.canary { plan.version = VersionLabel(field: label, value: value) }
    if let value = request.control { plan.controlVersion = VersionLabel(field: label, value: value) }
    guard let version = plan.version else { throw .usage("the note has no `Version:`; name it with --canary") }
    if plan.controlVersion == version { throw .usage("\(version.value) cannot be compared with itself") }
    return (plan, version)
  }

  // MARK: Reading

  private func read(_ paths: [String], _ course: inout BacktestCourse) throws(Trouble) {
    var limits = TraceTally.Limits()
    limits.cells = Self.mostCells
    let inputs = ReadProgress(context.inputs, context.output)
    do throws(FileTrouble) {
      course.evidence = try TraceLogs(inputs, crew: .ofMachine, limits: limits).ask(course.reading, paths)
    } catch {
      context.output.progress(nil)
      throw .file(error)
    }
  }

  // MARK: Playing

  private func play(_ course: BacktestCourse, _ request: Request, into report: inout BacktestReport) throws(Trouble) {
    let evidence = course.evidence
    let tape = course.tape
    (report.logs, report.records) = (evidence.logs.count, evidence.records)
    (report.canaryRecords, report.controlRecords) = (tape.records(of: 0), tape.records(of: 1))
    report.remarks += course.remarks(context.surroundings.workingFolder)
    guard let span = tape.span else {
      report.reasons = [course.emptiness]
      return
    }
    let every = try step(request.every, over: span, width: tape.width)
    (report.first, report.last, report.every) = (span.start, span.end, every)
    guard evidence.uncounted == 0 else {
      report.reasons = [
        "there are more times and segments than can be kept apart; look more rarely with --every, or at less with --since"
      ]
      return
    }
    let question = course.question(since: span.start)
    let asked = course.asked.filter { course.lack($0.watch) == nil }
    let replay = Replay(tape, question, asked.map(\.asked), measures: course.reading.measures, every: every)
    report.looks = replay.looks.count
    for index in course.triggers.indices {
      if let watch = course.triggers[index].watch, let why = course.lack(watch) {
        report.rows[index].outcome = .unanswered(why)
      }
    }
    guard !asked.isEmpty else { return }
    follow(replay, asked.map(\.index), span.start, into: &report)
    try split(replay, asked.map(\.index), request, into: &report)
  }

  private func step(
    _ every: TimeSpan?, over span: (start: Instant, end: Instant), width: TimeSpan
  ) throws(Trouble) -> TimeSpan {
    let length = span.end.since(span.start).seconds
    if let every {
      guard length / every.seconds <= Self.manyLooks else {
        let looks = Figures.grouped(length / every.seconds)
        throw .usage("--every \(every) would be \(looks) looks; \(Figures.grouped(Self.manyLooks)) at most")
      }
      return every
    }
    return Self.usualSteps.first { length / $0.seconds <= Self.mostLooks } ?? .days(7)
  }

  private func follow(_ replay: Replay, _ places: [Int], _ start: Instant, into report: inout BacktestReport) {
    var fired: [Int: (look: Int, time: Instant, finding: Finding?)] = [:]
    let total = replay.looks.count
    replay.play { number, look, rows in
      if number % 16 == 15 { context.output.progress("rolloutctl backtest: look \(number + 1) of \(total)") }
      for (index, row) in rows.enumerated() {
        if row.isBreach, fired[index] == nil {
          if case .found(let finding) = row.outcome { fired[index] = (number + 1, look, finding) }
        }
        if number == total - 1 { report.rows[places[index]].outcome = BacktestReport.Outcome(quiet: row) }
      }
      return true
    }
    for (index, first) in fired {
      var row = replay.row(index, at: first.time)
      if case .found(var finding) = row.outcome {
        finding.pValue = first.finding?.pValue
        row = .init(row.trigger, .found(finding), measure: row.measure, segment: row.segment)
      }
      report.rows[places[index]].outcome = .fired(
        .init(look: first.look, time: first.time, after: first.time.since(start), row: row))
    }
  }

  private func split(
    _ replay: Replay, _ places: [Int], _ request: Request, into report: inout BacktestReport
  ) throws(Trouble) {
    let (canary, control) = (replay.tape.units(of: 0), replay.tape.units(of: 1))
    let splits =
      request.splits ?? FalseAlarms.usual(records: report.controlRecords, triggers: replay.asked.count)
    guard splits > 0 else { return }
    guard control.count > 1 else {
      report.remarks.append("the control has too few \(report.unit)s to be split: nothing tells of false alarms")
      return
    }
    let seen = Double(canary.count) / Double(canary.count + control.count)
    let share = request.share.map { $0.percent / 100 } ?? (canary.isEmpty ? 0.5 : min(max(seen, 0.01), 0.5))
    let alarms = FalseAlarms(replay: replay, share: share, seed: TraceSample.number(of: request.seed))
    let counts: FalseAlarms.Counts
    let output = context.output
    do throws(FileTrouble) {
      counts = try alarms.count(splits: splits) { done in
        output.progress("rolloutctl backtest: split \(done) of \(splits)")
      }
    } catch {
      throw .file(error)
    }
    for (index, place) in places.enumerated() { report.rows[place].falseAlarms = counts.fired[index] }
    report.splits = BacktestReport.Splits(
      count: splits, units: control.count, share: share, seed: request.seed, any: counts.any)
  }
}
