import RolloutOps

/// `completions SHELL`: the file that a shell reads.
struct CompletionsOptions: Command, Equatable {
  static let name = "completions"

  var shell = CompletionShell.bash

  static let row = CommandRow<CompletionsOptions>(
    .help, "print the completion file of a shell",
    arguments: [.choice("SHELL", "the shell to print for") { $0.shell = $1 }],
    details: {
      [
        .paragraph(
          "Prints what the shell needs to complete commands, flags, stages, flag keys and files. To set it up:"),
        .entries([
          Entry("bash", "add `source <(rolloutctl completions bash)` to `~/.bashrc`"),
          Entry("zsh", "save it as `_rolloutctl` in a folder of `$fpath`"),
          Entry("fish", "save it as `~/.config/fish/completions/rolloutctl.fish`"),
        ]),
      ]
    },
    exits: { ExitRow.table([(.done, "printed")]) },
    examples: { [Example("rolloutctl completions bash", "look at it first")] },
    seeAlso: ["help"])

  func run(_ context: Context, typed words: [String]) -> ExitStatus {
    context.output.result(Answers.rolloutctl.completion(of: shell))
    return .done
  }
}
