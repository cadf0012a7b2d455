extension CommandTable {
  /// Every command of this version, in the order of the documentation.
  static let rolloutctl = CommandTable(
    program: "rolloutctl", commands: types, commonFlags: { AnyCommandOptions.row.flags.map(\.description) },
    habits: habits)

  /// What people type at three in the morning, and after years with other tools.
  private static let habits = [
    Habit(words: ["off", "disable", "stop"], meaning: .command(KillOptions.name)),
    Habit(words: ["undo", "back", "revert"], meaning: .command(RollbackOptions.name)),
    Habit(words: ["ls", "list", "get", "show"], meaning: .command(StatusOptions.name)),
    Habit(words: ["log", "logs"], meaning: .command(HistoryOptions.name)),
    Habit(words: ["lint", "validate", "verify"], meaning: .command(CheckOptions.name)),
    Habit(words: ["start", "deploy", "advance", "next"], meaning: .command(PromoteOptions.name)),
    Habit(words: ["new", "create"], meaning: .command(InitOptions.name)),
    Habit(
      words: ["diff"],
      meaning: .oneOf([
        "changes (what moved lately)", "status (what differs between journal and store)", "plan (the stages to come)",
      ])),
    Habit(
      words: ["pause", "freeze", "suspend"],
      meaning: .oneOf(["hold (nobody more gets it, and who has it keeps it)", "kill (nobody gets it)"])),
    Habit(
      words: ["abort", "cancel"],
      meaning: .oneOf([
        "kill (nobody gets it, now)", "rollback (one stage back)", "abandon (the rollout ends, nobody gets it)",
      ])),
  ]

  /// Names alone, for rows that mention all commands: the table itself would ask for those rows again.
  static let names = types.map { $0.name }

  private static let types: [any Command.Type] = [
    InitOptions.self, CheckOptions.self, PlanOptions.self, BacktestOptions.self,
    PromoteOptions.self, RollbackOptions.self, HoldOptions.self, ResumeOptions.self, AdoptOptions.self,
    ReplanOptions.self, FinishOptions.self, AbandonOptions.self,
    KillOptions.self, RestoreOptions.self, ExcludeOptions.self, IncludeOptions.self,
    StatusOptions.self, ChangesOptions.self, GateOptions.self, CompareOptions.self, HistoryOptions.self,
    AttestOptions.self,
    DoctorOptions.self, DemoOptions.self,
    WatchOptions.self, SampleOptions.self,
    CompletionsOptions.self, HelpOptions.self, VersionOptions.self,
  ]
}

extension Answers {
  static let rolloutctl = Answers(table: .rolloutctl)
}
