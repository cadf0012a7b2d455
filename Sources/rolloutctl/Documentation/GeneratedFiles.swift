/// The files that are made from the table of commands and kept in the repository; a test compares them.
struct GeneratedFiles {
  let table: CommandTable

  /// Each text by its path in the repository.
  var all: [(path: String, text: String)] {
    ManPages(table: table).all.map { ("man/\($0.name)", $0.text) }
      + CompletionShell.allCases.map { ("completions/\($0.fileName)", completion(of: $0)) }
  }

  func completion(of shell: CompletionShell) -> String {
    switch shell {
    case .bash: BashCompletion(table: table).text
    case .zsh: ZshCompletion(table: table).text
    case .fish: FishCompletion(table: table).text
    }
  }
}

extension CompletionShell {
  /// As the shell wants the file to be called.
  var fileName: String {
    switch self {
    case .bash: "rolloutctl.bash"
    case .zsh: "_rolloutctl"
    case .fish: "rolloutctl.fish"
    }
  }
}
