/// The commands that need nothing but the table: their whole answer is a text.
struct Answers {
  let table: CommandTable

  func help(about subject: String?) throws(UsageError) -> String {
    try HelpPage(table: table).text(about: subject)
  }

  var version: String { "\(table.program) \(Release.text(commit: Release.commit))\n" }

  func completion(of shell: CompletionShell) -> String {
    GeneratedFiles(table: table).completion(of: shell)
  }

  /// The answer to a shell's question, one candidate on each line. One that no line can hold is left out, and so is
  /// everything where the kind is unknown: a shell that asks must not be disturbed.
  func candidates(kind: String, for line: TypedLine, from source: some CompletionSource) -> String {
    guard let lookup = Lookup(rawValue: kind) else { return "" }
    return source.candidates(lookup, for: line)
      .filter { !$0.isEmpty && $0.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control } }
      .map { $0 + "\n" }.joined()
  }
}

/// What the running program looks up for a shell: `rolloutctl __complete KIND WORDS...`.
enum Lookup: String, CaseIterable, Sendable {
  /// Keys of the flags in the store.
  case flags
  /// Names of the stages of the note.
  case stages
  /// Items of the stage checklist.
  case items
  /// Gates of the rollout as it stands.
  case gates
  /// Selectors that are excluded now.
  case exclusions
}

/// Where candidates come from that only the running program can find.
protocol CompletionSource {
  /// What fits at the end of the line; empty when anything is amiss. The order is kept.
  func candidates(_ lookup: Lookup, for line: TypedLine) -> [String]
}
