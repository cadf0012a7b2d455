/// A sample of the records that a rollout left in its logs, for people to look at.
package struct TraceSample: Sendable {
  package enum Arms: String, CaseIterable, Sendable {
    case canary, control, both
  }

  package struct Request: Sendable, Equatable {
    /// A note's path or a flag's key; nil where logs alone are meant.
    package var target: String?
    /// Paths, patterns, or `-`; instead of the note's.
    package var traces: [String] = []
    package var fields: [String] = []
    package var size: Int?
    /// From every stratum.
    package var each: Int?
    package var seed = usualSeed
    package var arms: Arms?
    /// Instead of the note's.
    package var versions: [VersionLabel] = []
    package var filter: String?
    package var since: String?
    package var until: String?

    package init() {}
  }

  package static let usualSize = 200
  package static let usualSeed = "1"

  private let context: Context
  private let choices: OperatorChoices

  package init(context: Context, choices: OperatorChoices) { (self.context, self.choices) = (context, choices) }

  package func report(_ request: Request) throws(Trouble) -> SampleReport {
    var remarks: [String] = []
    let noted = try request.target.map { (target) throws(Trouble) in
      try NotedEvidence(target, context, choices, &remarks)
    }
    let calendar = LocalCalendar(zone: noted?.zone ?? .utc, now: context.clock.now())
    var question = try question(request, noted, calendar)
    let size = request.each ?? request.size ?? Self.usualSize
    var report = SampleReport(
      fields: request.fields, seed: request.seed, size: size, isOfEach: request.each != nil, calendar: calendar)
    question.seed = Self.number(of: request.seed)
    question.allocation = request.each.map { .ofEach($0) } ?? .inAll(size)
    if let stage = noted?.stage, request.since == nil {
      remarks.append("since \(stage.name) began, \(calendar.exact(stage.since))")
    }
    report.versions = question.versions.map(\.description)

    let paths: [String]
    if request.traces.isEmpty, let noted {
      guard let found = try noted.logs() else {
        report.remarks = remarks
        report.reasons = [noted.lackOfLogs]
        return report
      }
      paths = found
    } else {
      paths = try context.logs(request.traces)
    }
    let answer: DrawAnswer
    do throws(FileTrouble) { answer = try Draw(context.inputs).draw(question, paths) } catch { throw .file(error) }
    fill(&report, answer, request)
    report.remarks = remarks + self.remarks(answer, question)
    return report
  }

  // MARK: The question

  private func question(
    _ request: Request, _ noted: NotedEvidence?, _ calendar: LocalCalendar
  ) throws(Trouble) -> DrawQuestion {
    var question = DrawQuestion()
    if let text = request.filter { question.filter = try TypedSelector.included(text) }
    question.strata = request.fields
    question.since = try request.since.map { (text) throws(Trouble) in
      try context.moment(text, of: "--since", calendar)
    }
    question.until = try request.until.map { (text) throws(Trouble) in
      try context.moment(text, of: "--until", calendar)
    }
    question.versions = request.versions
    guard let noted else {
      if request.arms != nil { throw .usage("--arm needs a note, which says the versions; --version names one") }
      return question
    }
    question.names = FieldNames(overrides: noted.plan.fields)
    question.since = question.since ?? noted.stage?.since
    if request.versions.isEmpty {
      let arms = request.arms ?? .canary
      question.versions = [
        arms == .control ? nil : noted.plan.version, arms == .canary ? nil : noted.plan.controlVersion,
      ].compactMap(\.self)
      if question.versions.isEmpty || arms == .both && question.versions.count < 2 {
        let missing = noted.plan.version == nil && arms != .control ? "Version:" : "Control version:"
        throw .usage("the note has no `\(missing)`; name one with --version FIELD=VALUE")
      }
    }
    return question
  }

  /// Any text is a seed.
  static func number(of seed: String) -> UInt64 {
    SHA256.hex(seed).prefix(16).utf8.reduce(0) { number, digit in
      number << 4 | UInt64(digit < 0x3A ? digit - 0x30 : digit - 0x57)
    }
  }

  // MARK: The answer

  private func fill(_ report: inout SampleReport, _ answer: DrawAnswer, _ request: Request) {
    let folder = context.surroundings.workingFolder
    let names = answer.logs.map { $0.path == "-" ? "-" : Path.shortened($0.path, from: folder) }
    (report.records, report.logs) = (answer.records, answer.logs.count)
    (report.first, report.last) = (answer.first, answer.last)
    report.strata = answer.strata.map { stratum in
      SampleReport.Stratum(
        stratum.values, seen: stratum.seen,
        drawn: stratum.drawn.map {
          SampleReport.Record(
            log: names[$0.log], line: $0.line, text: String(decoding: $0.text, as: UTF8.self), json: $0.json)
        }, isRest: stratum.isRest)
    }
    report.mixed = headerFault(answer, &report)
    guard answer.drawn == 0 else { return }
    if answer.records == 0 {
      let broken = answer.logs.contains { !$0.faults.isEmpty }
      report.reasons = [broken ? "no line could be read as a record" : "the logs are empty"]
    } else {
      report.reasons = ["no record of \(Figures.grouped(answer.records)) is wanted: \(losses(answer))"]
    }
  }

  /// Rows of cells need the row above them, and lines of JSON none.
  private func headerFault(_ answer: DrawAnswer, _ report: inout SampleReport) -> String? {
    let layouts = answer.strata.flatMap { $0.drawn.map(\.layout?.header) }
    guard let first = layouts.first else { return nil }
    report.header = first.map { String(decoding: $0, as: UTF8.self) }
    guard layouts.contains(where: { $0 != first }) else { return nil }
    return "the records are of several forms, which one header cannot say: --format json takes them all"
  }

  private func losses(_ answer: DrawAnswer) -> String {
    var parts: [String] = []
    let add = { (count: Int, what: String) in if count > 0 { parts.append("\(Figures.grouped(count)) \(what)") } }
    add(answer.filteredOut, "are not selected")
    add(answer.withOtherLabels, "are of another version or none")
    add(answer.outsideTime, "are of another time")
    add(answer.withoutTime, "carry no time")
    return parts.joined(separator: ", ")
  }

  private func remarks(_ answer: DrawAnswer, _ question: DrawQuestion) -> [String] {
    var remarks = answer.logs.flatMap { $0.remarks(from: context.surroundings.workingFolder) }
    guard answer.drawn > 0 else { return remarks }
    let losses = losses(answer)
    if !losses.isEmpty { remarks.append("left out of \(Figures.grouped(answer.records)) records: \(losses)") }
    for (index, field) in question.strata.enumerated() {
      if answer.strata.allSatisfy({ $0.values[index] == nil }) { remarks.append("no record carries \(field)") }
    }
    return remarks
  }
}

extension Context {
  /// The files that paths and patterns of a command line name.
  func logs(_ patterns: [String]) throws(Trouble) -> [String] {
    do throws(FileTrouble) {
      return try LogPattern(files).paths(
        patterns.map { $0 == "-" ? $0 : Path.tidied(Path.joined(surroundings.workingFolder, $0)) })
    } catch {
      throw .file(error)
    }
  }

  func moment(_ text: String, of flag: String, _ calendar: LocalCalendar) throws(Trouble) -> Instant {
    guard let moment = calendar.since(text) else {
      throw .usage("\(flag) \(text) is no time; write 2h, or \(LocalCalendar.timeForms)")
    }
    return moment
  }
}
