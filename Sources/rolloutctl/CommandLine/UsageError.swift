import RolloutOps

/// What is wrong with a command line, as data.
struct UsageError: Error, Equatable {
  /// The trouble alone; the parser throws it, and adds the command that it was reading.
  enum Fault: Error, Equatable {
    case noCommand
    case unknownCommand(String, nearest: String?)
    case unknownFlag(String, nearest: String?)
    /// A word that stands for one of several commands, each with what it does.
    case ambiguousCommand(String, among: [String])
    /// A flag that other commands have.
    case foreignFlag(String)
    /// No flag, and near one that would have changed what is meant.
    case misspelledFlag(String, meant: String)
    /// No flag, and the word behind it, taken for its value, is missed.
    case flagTookWord(String, word: String, missing: String)
    case valueMissing(flag: String, valueName: String)
    /// The next word begins with a dash: it may well be a flag that was meant as one.
    case valueLooksLikeFlag(flag: String, valueName: String, word: String)
    case valueUnwanted(flag: String, value: String)
    case badValue(of: String, value: String, reason: String)
    case givenTwice(flag: String)
    case argumentMissing(String)
    case argumentUnexpected(String)
    case flagMissing(String)
    case senseless(String)
  }

  /// Nil where the trouble comes before the command's name.
  let command: String?
  let fault: Fault
  /// The words after the program's name that were likely meant, where they are known.
  var line: [String]?

  init(command: String?, fault: Fault, line: [String]? = nil) {
    (self.command, self.fault, self.line) = (command, fault, line)
  }

  /// What to print on standard error; text from the command line cannot reach the terminal unchecked.
  func message(program: String) -> String {
    let place = command.map { "\(program) \($0)" } ?? program
    let help = command.map { "\(program) help \($0)" } ?? "\(program) help"
    return "\(place): \(Terminal.plain(sentence))\n\(advice(program) ?? "try '\(help)'")\n"
  }

  /// Everything there is to say, without the command's name.
  func sentences(program: String) -> [String] {
    ([sentence] + [advice(program)].compactMap(\.self)).map { Terminal.withoutPasswords($0) }
  }

  private func advice(_ program: String) -> String? {
    line.map { "type: " + ([program] + $0).map { Shell.word($0) }.joined(separator: " ") }
  }

  /// What is wrong, without the command's name and the hint.
  var sentence: String {
    switch fault {
    case .noCommand: "name a command"
    case .unknownCommand(let word, let nearest): "there is no command '\(word)'" + Self.hint(nearest)
    case .unknownFlag(let word, let nearest): "there is no flag \(word)" + Self.hint(nearest)
    case .ambiguousCommand(let word, let commands):
      "there is no command '\(word)'; one of these is meant: " + commands.joined(separator: ", ")
    case .misspelledFlag(let word, let meant):
      "there is no flag \(word), and it looks like \(meant), which changes what is meant; nothing was done"
    case .flagTookWord(let flag, let word, let missing):
      "there is no flag \(flag), and '\(word)' behind it was taken for its value; so \(missing)"
    case .foreignFlag(let word):
      command.map { "\($0) has no \(word); other commands do" } ?? "\(word) belongs to a command; name that first"
    case .valueMissing(let flag, let valueName): "\(flag) needs a value: \(flag) \(valueName)"
    case .valueLooksLikeFlag(let flag, let valueName, let word):
      "\(flag) needs a value (\(valueName)) and finds \(word); if that is the value, write \(flag)=\(word)"
    case .valueUnwanted(let flag, let value): "\(flag) is a switch and takes no value, not '\(value)'"
    case .badValue(let spelling, let value, let reason): "\(spelling) '\(value)': \(reason)"
    case .givenTwice(let flag): "\(flag) is given twice; which one is meant?"
    case .argumentMissing(let name): "\(name) is missing"
    case .argumentUnexpected(let word): "'\(word)' is one word too many"
    case .flagMissing(let flag): "\(flag) is required"
    case .senseless(let reason): reason
    }
  }

  private static func hint(_ nearest: String?) -> String { nearest.map { "; did you mean \($0)?" } ?? "" }
}
