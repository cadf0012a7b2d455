import RolloutOps

/// A command line that somebody is still typing, read as far as it goes: never an error.
struct TypedLine: Sendable, Equatable {
  var command: String?
  /// The values of valued flags, by their long names; of a flag given twice the last.
  var values: [String: String] = [:]
  var arguments: [String] = []

  /// From the words between the program's name and the cursor.
  init(_ words: [String], in table: CommandTable) {
    let flags = table.allFlags
    var rest = words[...]
    var flagsEnded = false
    while let word = rest.popFirst() {
      if flagsEnded || !word.looksLikeFlag {
        if command == nil { command = word } else { arguments.append(word) }
      } else if word == "--" {
        flagsEnded = true
      } else {
        let (spelling, value) = word.splitAtEquals
        guard let flag = flags.first(where: { $0.takesValue && $0.spellings.contains(spelling) }) else { continue }
        guard let found = value ?? rest.popFirst() else { continue }
        values[flag.long] = found
      }
    }
  }
}

extension TypedLine {
  /// The line to type that says `value` for a flag, once, in place of all that was said for it.
  static func saying(_ long: String, _ value: String, in words: [String], of table: CommandTable) -> String {
    let spelling = "--" + long
    var line: [String] = []
    var rest = words[...]
    while let word = rest.popFirst(), word != "--" {
      guard word.splitAtEquals.0 == spelling else {
        line.append(word)
        continue
      }
      if word == spelling { _ = rest.popFirst() }
    }
    line += [spelling, value] + (rest.isEmpty ? [] : ["--"] + rest)
    return ([table.program] + line).map { Shell.word($0) }.joined(separator: " ")
  }
}
