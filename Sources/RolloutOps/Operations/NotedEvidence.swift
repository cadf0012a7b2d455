/// What a note says about its evidence, and how far its rollout has come: for whoever only reads logs. Neither the flag
/// store nor the journal need answer.
struct NotedEvidence {
  let context: Context
  let plan: Plan
  let zone: ZoneRules
  let progress: Progress
  /// Where people get the canary now.
  let stage: OpenStage?
  private let folder: String

  struct OpenStage {
    let name: String
    let since: Instant
  }

  /// An open rollout goes by the plan that was frozen when it started, unless the note as it stands is what is asked
  /// about.
  init(
    _ target: String, asItStands: Bool = false, _ context: Context, _ choices: OperatorChoices,
    _ remarks: inout [String]
  ) throws(Trouble) {
    let finder = Finder(context: context, choices: choices)
    var progress = Progress()
    var journal: Journal?
    do throws(Trouble) {
      let found = try finder.journal(of: target).journal
      journal = found
      do throws(JournalTrouble) { progress = Progress(try found.read().entries) } catch { throw .journal(error) }
    } catch {
      // A note that cannot be read stops everything; a journal that cannot only leaves the stage unknown.
      switch error {
      case .journal, .store, .settings: remarks += error.sentences
      default: throw error
      }
    }
    let base: String
    let noted: Plan?
    if finder.isNote(target) {
      let found = try finder.note(at: target)
      if progress.phase != .open || asItStands { try finder.refuseErrors(found, named: target) }
      (base, noted) = (found.path, found.note.plan)
    } else {
      guard let journal, let reference = progress.note else {
        throw .usage("no journal knows \(target): name its note, or logs with --traces")
      }
      base = Path.joined(journal.base, reference.path)
      noted = (try? finder.note(at: base))?.note.plan
    }
    let frozen = progress.plan
    guard let plan = progress.phase == .open && !asItStands ? frozen ?? noted : noted ?? frozen else {
      throw .usage("the note of \(target) says no plan: see rolloutctl check")
    }
    (self.context, self.plan, self.progress, folder) = (context, plan, progress, Path.folder(of: base))
    do throws(ZoneTrouble) {
      zone = try context.zone(plan.timeZone)
    } catch {
      remarks.append("\(Sentences.zone(error)); times are in UTC")
      zone = .utc
    }
    if progress.phase == .open, let index = progress.place.stageIndex, let since = progress.since,
      plan.stages.indices.contains(index), !plan.stages[index].isOffline
    {
      stage = OpenStage(name: plan.stages[index].name, since: since)
    } else {
      stage = nil
    }
  }

  /// The logs that the note names; nil where it names none.
  func logs() throws(Trouble) -> [String]? {
    do throws(SourceTrouble) {
      let paths = try EvidenceKind.logs(plan, in: EvidencePlace(below: folder, context))
      return paths.isEmpty ? nil : paths
    } catch {
      throw .evidence(error.sentence)
    }
  }

  var lackOfLogs: String {
    plan.evidence.isEmpty
      ? "the note names no `Evidence:`; name the logs with --traces FILE"
      : "the note's evidence is a metrics server, which keeps no records; name logs with --traces FILE"
  }
}
