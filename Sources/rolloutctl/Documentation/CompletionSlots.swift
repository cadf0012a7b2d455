/// The shells that have a completion file.
enum CompletionShell: String, CaseIterable, Sendable {
  case bash, zsh, fish
}

/// Every place of the command line where a value stands, with what fits there: what the files of all shells say.
struct CompletionSlots {
  struct Slot: Equatable {
    let command: String
    /// The spellings of a valued flag; empty for a word without dashes.
    var flags: [String] = []
    /// Of such a word: how many stand before it; nil when it may be repeated from there to the end of the line.
    var index: Int?
    let completion: Completion
  }

  let table: CommandTable
  let commands: [CommandDescription]

  init(_ table: CommandTable) {
    self.table = table
    commands = table.descriptions
  }

  /// Spellings of all flags that take a value: what a shell has to skip when it counts words. One spelling takes a
  /// value everywhere or nowhere; a test holds that.
  var valuedSpellings: [String] {
    var found: [String] = []
    for flag in table.common + commands.flatMap(\.flags) where flag.takesValue {
      found += flag.spellings.filter { !found.contains($0) }
    }
    return found
  }

  /// The places of a command, in the order of its row.
  func slots(of command: CommandDescription) -> [Slot] {
    let flags = command.flags.filter(\.takesValue).map {
      Slot(command: command.name, flags: $0.spellings, completion: $0.completion)
    }
    let words = command.arguments.enumerated().map { offset, argument in
      Slot(command: command.name, index: argument.repeats ? nil : offset, completion: argument.completion)
    }
    return flags + words
  }
}
