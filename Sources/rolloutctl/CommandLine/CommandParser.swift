import RolloutOps

/// Reads the words after a command's name into its options, by the command's row.
///
/// A valued flag may be given once, unless its row collects values: of two answers nobody knows which one counts, and
/// a guard such as `--to` that silently lost would guard nothing. Common flags before the command's name are defaults, as
/// an alias sets them, and the same flag after the name replaces them. A separate value never begins with a dash, unless
/// it is a negative number: `--reason --dry-run` is a forgotten reason, and must not act.
///
/// A command that goes on (`Manner`) passes over what it does not understand, as long as that cannot change what is meant.
/// A word behind an unknown flag is taken for its value then, and never for an argument.
struct CommandParser<Options: CommandOptions> {
  let others: @Sendable () -> [FlagDescription]
  private var options = Options()
  private var arguments: [String] = []
  /// A handful: a set would cost the start of every command more than it saves.
  private var seen: [String] = []
  /// Flags whose value stands already.
  private var given: [String] = []
  private var help: HelpLength?
  var remarks: [String] = []

  let words: [String]
  let defaults: [String]
  /// Where reading is, for the line that should have been typed.
  var place = 0
  var isAtDefaults = false
  /// The words that should have been typed, where that is known.
  var line: [String]?
  /// Unknown flags with the word that each was given, and the line without the flag.
  var taken: [(flag: String, word: String, line: [String])] = []

  /// `others` are the flags of the whole table, for the sentence about a flag that only another command has.
  private init(
    _ words: [String], _ defaults: [String], others: @escaping @Sendable () -> [FlagDescription]
  ) {
    (self.words, self.defaults, self.others) = (words, defaults, others)
  }

  var row: CommandRow<Options> { Options.row }

  static func parse(
    _ type: Options.Type, defaults: [String], words: [String],
    others: @escaping @Sendable () -> [FlagDescription]
  ) throws(UsageError) -> Reading<Options> {
    var parser = CommandParser(words, defaults, others: others)
    do throws(UsageError.Fault) {
      try parser.read(words)
      let given = parser.seen
      (parser.seen, parser.isAtDefaults) = ([], true)
      try parser.read(defaults, except: given)
      parser.seen += given
      if let help = parser.help { return .help(help) }
      try parser.finish()
      parser.options.tookForValues(parser.taken.map(\.word))
      return .options(parser.options, remarks: parser.remarks)
    } catch {
      throw UsageError(command: Options.name, fault: error, line: parser.line)
    }
  }

  /// The flags that are `given` already do not count again.
  private mutating func read(_ words: [String], except given: [String] = []) throws(UsageError.Fault) {
    self.given = given
    var rest = words[...]
    while help == nil {
      place = rest.startIndex
      guard let word = rest.popFirst() else { return }
      if word == "--" {
        arguments += rest
        return
      }
      if word.hasPrefix("--") {
        try readLong(word, &rest)
      } else if word.looksLikeFlag {
        try readShort(word, &rest)
      } else {
        arguments.append(word)
      }
    }
  }

  private mutating func readLong(_ word: String, _ rest: inout ArraySlice<String>) throws(UsageError.Fault) {
    let (spelling, value) = word.splitAtEquals
    if spelling == FlagDescription.help.spelling {
      guard value == nil else { throw UsageError.Fault.valueUnwanted(flag: spelling, value: value ?? "") }
      help = .whole
      return
    }
    guard let flag = flag(where: { $0.spelling == spelling }) else { return try passOver(word, spelling, &rest) }
    do throws(UsageError.Fault) {
      switch (flag.description.takesValue, value) {
      case (true, let value?): try update(flag, spelling, value)
      case (true, nil): try update(flag, spelling, next(of: flag.description, spelling, &rest))
      case (false, let value?): throw UsageError.Fault.valueUnwanted(flag: spelling, value: value)
      case (false, nil): try update(flag, spelling, nil)
      }
    } catch {
      try bear(error, about: flag.description)
    }
  }

  private func flag(where fits: (FlagDescription) -> Bool) -> FlagRow<Options>? {
    row.flags.first { fits($0.description) } ?? row.reflexes.first { fits($0.description) }
  }

  /// What is wrong with a flag that does not change what is meant stops no command that goes on.
  private mutating func bear(_ fault: UsageError.Fault, about flag: FlagDescription) throws(UsageError.Fault) {
    guard row.manner == .goesOn, !flag.isDecisive else { throw fault }
    remarks.append(UsageError(command: nil, fault: fault).sentence + "; passed over")
  }

  /// `-q`, `-qv`, `-n 5`, `-n5`, `-n=5`.
  private mutating func readShort(_ word: String, _ rest: inout ArraySlice<String>) throws(UsageError.Fault) {
    var letters = word.dropFirst()
    while let letter = letters.popFirst(), help == nil {
      let spelling = "-\(letter)"
      if letter == FlagDescription.help.short {
        help = .short
        return
      }
      guard let flag = flag(where: { $0.short == letter }) else { return try passOver(word, spelling, &rest) }
      do throws(UsageError.Fault) {
        guard flag.description.takesValue else {
          try update(flag, spelling, nil)
          continue
        }
        let attached = letters.first == "=" ? letters.dropFirst() : letters
        try update(
          flag, spelling, letters.isEmpty ? next(of: flag.description, spelling, &rest) : String(attached))
      } catch {
        try bear(error, about: flag.description)
      }
      return
    }
  }

  private func next(
    of flag: FlagDescription, _ spelling: String, _ rest: inout ArraySlice<String>
  ) throws(UsageError.Fault) -> String {
    let valueName = flag.valueName ?? ""
    guard let word = rest.first else { throw UsageError.Fault.valueMissing(flag: spelling, valueName: valueName) }
    guard !word.looksLikeFlag else {
      throw UsageError.Fault.valueLooksLikeFlag(flag: flag.spelling, valueName: valueName, word: word)
    }
    rest.removeFirst()
    return word
  }

  private mutating func update(_ flag: FlagRow<Options>, _ spelling: String, _ value: String?) throws(UsageError.Fault)
  {
    if given.contains(flag.description.long) { return }
    let isFirst = !seen.contains(flag.description.long)
    guard isFirst || !flag.description.takesValue || flag.description.repeats else {
      throw UsageError.Fault.givenTwice(flag: flag.description.spelling)
    }
    do throws(ValueFault) {
      try flag.update(&options, value ?? "")
      if isFirst { seen.append(flag.description.long) }
    } catch {
      throw UsageError.Fault.badValue(of: spelling, value: value ?? "", reason: error.reason)
    }
  }

  /// Gives the words without dashes to their rows, and looks at the whole.
  private mutating func finish() throws(UsageError.Fault) {
    var rest = arguments[...]
    for argument in row.arguments {
      let description = argument.description
      if rest.isEmpty && description.isRequired { throw UsageError.Fault.argumentMissing(description.name) }
      for word in description.repeats ? rest : rest.prefix(1) {
        do throws(ValueFault) {
          try argument.update(&options, word)
        } catch {
          let fault = UsageError.Fault.badValue(of: description.name, value: word, reason: error.reason)
          guard row.manner == .goesOn, rest.count > 1 else { throw fault }
          remarks.append(UsageError(command: nil, fault: fault).sentence + "; passed over")
        }
      }
      rest = description.repeats ? [] : rest.dropFirst()
    }
    if let word = rest.first { throw UsageError.Fault.argumentUnexpected(word) }
    for flag in row.flags.map(\.description) where flag.isRequired && !seen.contains(flag.long) {
      throw UsageError.Fault.flagMissing(flag.spelling + (flag.valueName.map { " " + $0 } ?? ""))
    }
    do throws(ValueFault) {
      try row.check(options)
    } catch {
      guard let (flag, word, line) = taken.first else { throw UsageError.Fault.senseless(error.reason) }
      self.line = line
      throw UsageError.Fault.flagTookWord(flag, word: word, missing: error.reason)
    }
  }
}

extension String {
  /// Begins with a dash and is neither a dash alone nor a negative number.
  var looksLikeFlag: Bool {
    let rest = dropFirst()
    guard first == "-", let second = rest.first else { return false }
    return !(second.isASCII && (second.isNumber || second == "."))
  }

  /// `--to=5%` is `--to` and `5%`.
  var splitAtEquals: (String, String?) {
    guard let equals = firstIndex(of: "=") else { return (self, nil) }
    return (String(self[..<equals]), String(self[index(after: equals)...]))
  }
}
