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
    var sources: [any EvidenceSource]
    do throws(SourceTrouble) {
      sources = try EvidenceKind.open(plan, in: place)
    } catch {
      (evidence.faults, evidence.isUnread) = ([error.sentence], true)
      evidence.rows = plan.triggers.map { .init($0, .silent("the evidence could not be read")) }
      return evidence
    }
    var question = StageQuestion(
      plan, at: index, version: version,
      after: progress.visits.map { ($0.stage, $0.entered, $0.left) },
      without: progress.exclusions, since: since, now: now)
    let figures = figures()
    let judged = plan.triggers.map { asked($0, figures) }
    let triggers = judged.compactMap(\.asking)
    let bands = plan.bands.compactMap { try? MeasuredTrigger($0, in: plan) }
    for trigger in triggers + bands { question.add(trigger) }
    for index in sources.indices { sources[index].ask(question, telling: &evidence) }
    for one in judged {
      switch one {
      case .row(let row): evidence.rows.append(row)
      case .watch(let trigger):
        guard let index = Self.source(of: trigger, sources) else { continue }
        evidence.rows.append(sources[index].row(trigger))
      }
    }
    for band in bands {
      guard let index = Self.source(of: band, sources), let row = sources[index].row(band: band) else { continue }
      evidence.rows.append(row)
    }
    let named = sources.count(where: \.isNamed)
    for source in sources where source.isNamed { source.close(triggers, isAlone: named == 1, telling: &evidence) }
    evidence.correct()
    return evidence
  }

  /// Whom a trigger is put to: the first source that the note names and that measures such things; where it names none,
  /// the one that says so.
  private static func source(of trigger: MeasuredTrigger, _ sources: [any EvidenceSource]) -> Int? {
    let able = sources.indices.filter { sources[$0].measures(trigger.measure) }
    return able.first { sources[$0].isNamed } ?? able.first
  }

  var place: EvidencePlace { EvidencePlace(below: folder, context, allowsPlain: allowsPlain) }
}
