import RolloutOps

/// `demo [DIR]`: a whole small rollout to look at.
struct DemoOptions: TakesCommonFlags, Equatable {
  static let name = "demo"

  var common = CommonOptions()
  var folder: String?

  static let row = CommandRow<DemoOptions>(
    .rehearse, "a whole small rollout in a new folder",
    arguments: [
      ArgumentRow("DIR", .optional, "the folder to make; rolloutctl-demo if not given", completion: .folder) {
        $0.folder = $1
      }
    ],
    flags: FlagRow.speaking,
    details: {
      [
        .paragraph(
          """
          Makes a folder with a note, a runbook and a flag file, and plays a rollout of the last days in it: every \
          command is printed before it runs, and what it prints is real. Two people act, maya and lee. Afterwards the \
          rollout stands at a percentage stage, and the folder is yours to try things in.
          """),
        .paragraph(
          """
          A folder that exists and is not empty is left alone, and exits 2. Nothing outside the new folder is read or \
          touched, and no terminal, network or other program is needed. With `--quiet` the remarks between the \
          commands are left out.
          """),
      ]
    },
    exits: {
      ExitRow.table([
        (.done, "the demo ran, and every command of it ended as it should"),
        (.inconclusive, "the folder could not be written, or a command ended otherwise, which the demo says"),
      ])
    },
    examples: {
      [Example("rolloutctl demo tour", "see every step once")]
    },
    seeAlso: ["init", "promote", "status"])
}

extension DemoOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let demo = Demo(
      context: invocation.context, ink: invocation.ink, color: common.color, narrates: !common.quiet,
      folder: folder ?? Demo.usualFolder)
    return try demo.play()
  }
}
