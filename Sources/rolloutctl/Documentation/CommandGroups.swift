/// The headings of the command list.
extension CommandGroup {
  static let plan = CommandGroup(name: "plan", summary: "write the note and look ahead")
  static let move = CommandGroup(name: "move", summary: "take a rollout through its stages")
  static let stop = CommandGroup(name: "stop", summary: "take people out, now")
  static let see = CommandGroup(name: "see", summary: "what is, and what was")
  static let people = CommandGroup(name: "people", summary: "what only a person can say")
  static let rehearse = CommandGroup(name: "rehearse", summary: "before it counts")
  static let pipeline = CommandGroup(name: "pipeline", summary: "for machines that stay awake")
  static let help = CommandGroup(name: "help", summary: "about rolloutctl itself")

  static let inOrder: [CommandGroup] = [.plan, .move, .stop, .see, .people, .rehearse, .pipeline, .help]
}
