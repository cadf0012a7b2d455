import RolloutOps

/// What is wrong with a command line, as data.
struct UsageError: Error, Equatable {
  /// The trouble alone; the parser throws it, and adds the command that it was reading.
  enum Fault: Error, Equatable {
    case noCommand
    case unknownCommand(String, nearest: String?)
    case unknownFlag(String, nearest: String?)
    /// A flag that other commands have.
    case foreignFlag(String)
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

  /// What to print on standard error; text from the command line cannot reach the terminal unchecked.
  func message(program: String) -> String {
    let place = command.map { "\(program) \($0)" } ?? program
    let hint = command.map { "\(program) help \($0)" } ?? "\(program) help"
    return "\(place): \(Terminal.plain(sentence))\ntry '\(hint)'\n"
  }

  /// What is wrong, without the command's name and the hint.
  var sentence: String {
    switch fault {
    case .noCommand: "name a command"
    case .unknownCommand(let word, let nearest): "there is no command '\(word)'" + Self.hint(nearest)
    case .unknownFlag(let word, let nearest): "there is no flag \(word)" + Self.hint(nearest)
    case .foreignFlag(let word): "\(word) means nothing here; other commands have it"
    case .valueMissing(let flag, let valueName): "\(flag) needs a value: \(flag) \(valueName)"
    case .valueLooksLikeFlag(let flag, let valueName, let word):
      "\(flag) needs a value (\(valueName)) and finds \(word); if that is the value, write \(flag)=\(word)"
    case .valueUnwanted(let flag, let value): "\(flag) is a switch and takes no value, not '\(value)'"
    case .badValue(let spelling, let value, let reason): "\(spelling): '\(value)' cannot be taken: \(reason)"
    case .givenTwice(let flag): "\(flag) is given twice; which one is meant?"
    case .argumentMissing(let name): "\(name) is missing"
    case .argumentUnexpected(let word): "'\(word)' is one word too many"
    case .flagMissing(let flag): "\(flag) is required"
    case .senseless(let reason): reason
    }
  }

  private static func hint(_ nearest: String?) -> String { nearest.map { "; did you mean \($0)?" } ?? "" }
}
