/// What a note asks of its store that the store cannot do, or that some of its readers take otherwise.
struct PlatformProblems {
  private let noted: NotedPlan
  private let site: any StoreSite

  init?(_ note: Note, in address: String) {
    guard let plan = note.plan, let site = (try? StoreAddress(address))?.site else { return nil }
    (noted, self.site) = (NotedPlan(note: note, plan: plan), site)
  }

  /// Of the store that the rollout would be in, as far as settings can be read; none is asked.
  init?(_ found: Rollout.FoundNote, _ context: Context) {
    guard let settings = try? Settings(OperatorChoices(), note: NotedSettings(found), context: context),
      let store = try? settings.store()
    else { return nil }
    self.init(found.note, in: store.address)
  }

  /// What applications read of the note's variants there, where that is not what the note says.
  var reading: String? { site.reading(of: noted.plan.variants) }

  var all: [Diagnostic] { site.problems(of: noted) }
}
