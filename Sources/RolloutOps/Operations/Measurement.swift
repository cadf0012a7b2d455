/// Puts the triggers of a plan to the note's evidence, for the stage where a rollout stands. Looking only: what follows
/// from it is decided elsewhere.
struct Measurement {
  let context: Context
  let plan: Plan
  let progress: Progress
  /// The note's folder: its relative paths start from there.
  let folder: String
  let now: Instant
  /// Whether a metrics server on another machine may be asked in the clear.
  var allowsPlain = false

  /// Since when there is something to measure; nil where no evidence is named, or where a stage that nobody is let in
  /// at has no file of an evaluation.
  var since: Instant? {
    guard let index = progress.place.stageIndex, plan.stages.indices.contains(index) else { return nil }
    let isNamed = plan.stages[index].isOffline ? plan.evaluationFiles != nil : !plan.evidence.isEmpty
    return isNamed ? progress.since : nil
  }

  func evidence() -> StageEvidence? {
    guard let since, let index = progress.place.stageIndex else { return nil }
    if plan.stages[index].isOffline { return offlineEvidence(since) }
    var evidence = StageEvidence(from: since)
    guard let version = plan.version else {
      evidence.rows = plan.triggers.map { .init($0, .unmeasured("the note has no version label to look for")) }
      return evidence
    }
    let (paths, scores, server): ([String], [String], Prometheus?)
    do throws(SourceTrouble) {
      (paths, scores, server) = (try sources(), try scorePaths(), try self.server())
    } catch {
      (evidence.faults, evidence.isUnread) = ([error.sentence], true)
      evidence.rows = plan.triggers.map { .init($0, .silent("the evidence could not be read")) }
      return evidence
    }
    var question = StageQuestion(plan, at: index, version: version, progress: progress, since: since, now: now)
    let figures = figures()
    let watches = plan.triggers.map { asked($0, figures) }
    for case .watch(let watch) in watches { question.add(watch) }
    let bands = plan.bands.compactMap { try? MeasuredTrigger($0, in: plan) }
    for band in bands { question.add(band) }
    var answers: [StageQuestion.Answer] = []
    for part in question.parts where !paths.isEmpty {
      // What comes once is about this stay.
      if part.time.isEarlier, paths.contains("-") { continue }
      guard answers.isEmpty || !paths.contains("-") else {
        evidence.faults.append("standard input can be read once, and the triggers look over several windows")
        break
      }
      do throws(FileTrouble) {
        answers.append(try ask(part, paths, scoredBy: scores))
      } catch {
        evidence.faults.append(Sentences.file(error))
        evidence.isUnread = true
        break
      }
    }
    if let whole = answers.first {
      question.describe(whole, beside: answers.count(where: \.part.time.isEarlier), in: &evidence)
    }
    question.describeScores(answers, scores, in: &evidence)
    var queries = server.map { QueryMeasurement(plan, question, version: version.value, server: $0) }
    evidence.rows = watches.map { asked in
      switch asked {
      case .row(let row): return row
      case .watch(let watch):
        let trigger = watch.trigger
        if let asked = watch.measure.queries {
          return queries?.row(watch, asked)
            ?? .init(trigger, .silent("no metrics server is named under `Evidence:`"), measure: watch.measure)
        }
        if paths.isEmpty { return .init(trigger, .unmeasured("no log is named that carries \(watch.measure.field)")) }
        var row = question.row(watch, answers)
        row.figure = watch.figure
        return row
      }
    }
    evidence.rows += bands.compactMap { band in
      if let asked = band.measure.queries { return queries?.row(band, asked).asBand }
      return paths.isEmpty ? nil : question.bandRow(band, answers)
    }
    evidence.remarks += question.hidden(watches.compactMap(\.asking), evidence.rows, answers)
    if let queries { add(queries, to: &evidence, withLogs: !paths.isEmpty) }
    evidence.correct()
    return evidence
  }

  private func add(_ queries: QueryMeasurement, to evidence: inout StageEvidence, withLogs: Bool) {
    if let fault = queries.fault { evidence.faults.append(fault) }
    guard !withLogs else { return }
    evidence.canary.records = queries.counted.canary ?? 0
    evidence.control = queries.counted.control.map { StageEvidence.Arm(records: $0) }
    if queries.fault == nil, queries.counted.canary == nil {
      evidence.remarks.append("no query counts the requests: one such as ratio(`events`, `all`) would")
    }
  }

  /// The stage's cohort is looked for where the evidence carries its attributes; where nothing at all would be left, all
  /// records count, and that is said.
  private func ask(
    _ part: StageQuestion.Part, _ paths: [String], scoredBy scores: [String]
  ) throws(FileTrouble) -> StageQuestion.Answer {
    let logs = TraceLogs(context.inputs)
    let question = question(part, scoredBy: scores)
    let answer = try logs.ask(question, paths)
    guard question.filter != nil, answer.records > 0, answer.filteredOut >= answer.records, !paths.contains("-")
    else { return StageQuestion.Answer(part: part, evidence: answer, isWidened: false) }
    var wider = question
    wider.filter = nil
    return StageQuestion.Answer(part: part, evidence: try logs.ask(wider, paths), isWidened: true)
  }

  // MARK: Sources

  struct SourceTrouble: Error {
    let sentence: String
  }

  /// The logs that the note names, where they are.
  func sources() throws(SourceTrouble) -> [String] {
    var patterns: [String] = []
    for source in plan.evidence {
      if source == "-" {
        patterns.append(source)
      } else if source.lowercased().hasPrefix("prometheus+") {
        continue
      } else if source.contains("://") {
        throw SourceTrouble(
          sentence: "\(source) is no trace log, and nothing else is read as evidence yet: name a file")
      } else {
        let path = source.hasPrefix("file:") ? String(source.dropFirst(5)) : source
        patterns.append(Settings.locate(pattern: path, below: folder, context))
      }
    }
    guard !patterns.isEmpty else { return [] }
    do throws(FileTrouble) {
      return try LogPattern(context.files).paths(patterns)
    } catch {
      throw SourceTrouble(sentence: Sentences.file(error))
    }
  }
}

extension Settings {
  /// As `locate`, for a pattern: it starts in the folder where its first plain part is found.
  static func locate(pattern: String, below folder: String, _ context: Context) -> String {
    guard !Path.isAbsolute(pattern) else { return pattern }
    let parts = pattern.split(separator: "/").map(String.init)
    let plain = parts.prefix { part in !part.contains { "*?[".contains($0) } }
    guard let first = plain.first else { return Path.joined(folder, pattern) }
    let found = locate(first, below: folder, context)
    return Path.joined(Path.folder(of: found), pattern)
  }
}
