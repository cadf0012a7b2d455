import RolloutOps

/// Reads the words after a command's name into its options, by the command's row.
///
/// A valued flag may be given once, unless its row collects values: of two answers nobody knows which one counts, and
/// a guard such as `--to` that silently lost would guard nothing. Common flags before the command's name are defaults, as an alias sets them, and
/// the same flag after the name replaces them. A separate value never begins with a dash, unless it is a negative
/// number: `--reason --dry-run` is a forgotten reason, and must not act.
struct CommandParser<Options: CommandOptions> {
  private let others: @Sendable () -> [FlagDescription]
  private var options = Options()
  private var arguments: [String] = []
  /// A handful: a set would cost the start of every command more than it saves.
  private var seen: [String] = []
  private var wantsHelp = false

  /// `others` are the flags of the whole table, for the sentence about a flag that only another command has.
  private init(others: @escaping @Sendable () -> [FlagDescription]) {
    self.others = others
  }

  private var row: CommandRow<Options> { Options.row }

  /// Nil when help is asked for.
  static func parse(
    _ type: Options.Type, defaults: [String], words: [String],
    others: @escaping @Sendable () -> [FlagDescription]
  ) throws(UsageError) -> Options? {
    var parser = CommandParser(others: others)
    do throws(UsageError.Fault) {
      try parser.read(defaults)
      let given = parser.seen
      parser.seen = []
      try parser.read(words)
      parser.seen += given
      if parser.wantsHelp { return nil }
      try parser.finish()
      return parser.options
    } catch {
      throw UsageError(command: Options.name, fault: error)
    }
  }

  private mutating func read(_ words: [String]) throws(UsageError.Fault) {
    var rest = words[...]
    while let word = rest.popFirst(), !wantsHelp {
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
      wantsHelp = true
      return
    }
    guard let flag = row.flags.first(where: { $0.description.spelling == spelling }) else {
      throw unknown(spelling)
    }
    switch (flag.description.takesValue, value) {
    case (true, let value?): try update(flag, spelling, value)
    case (true, nil): try update(flag, spelling, next(of: flag.description, spelling, &rest))
    case (false, let value?): throw UsageError.Fault.valueUnwanted(flag: spelling, value: value)
    case (false, nil): try update(flag, spelling, nil)
    }
  }

  /// `-q`, `-qv`, `-n 5`, `-n5`, `-n=5`.
  private mutating func readShort(_ word: String, _ rest: inout ArraySlice<String>) throws(UsageError.Fault) {
    var letters = word.dropFirst()
    while let letter = letters.popFirst(), !wantsHelp {
      let spelling = "-\(letter)"
      if letter == FlagDescription.help.short {
        wantsHelp = true
        return
      }
      guard let flag = row.flags.first(where: { $0.description.short == letter }) else {
        throw letters.isEmpty && word.count == 2 ? unknown(spelling) : unknown(spelling, in: word)
      }
      guard flag.description.takesValue else {
        try update(flag, spelling, nil)
        continue
      }
      let attached = letters.first == "=" ? letters.dropFirst() : letters
      try update(
        flag, spelling, letters.isEmpty ? next(of: flag.description, spelling, &rest) : String(attached))
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
    let isFirst = !seen.contains(flag.description.long)
    if isFirst { seen.append(flag.description.long) }
    guard isFirst || !flag.description.takesValue || flag.description.repeats else {
      throw UsageError.Fault.givenTwice(flag: flag.description.spelling)
    }
    do throws(ValueFault) {
      try flag.update(&options, value ?? "")
    } catch {
      throw UsageError.Fault.badValue(of: spelling, value: value ?? "", reason: error.reason)
    }
  }

  private func unknown(_ spelling: String, in word: String) -> UsageError.Fault {
    // `-dry-run` is read letter by letter; one dash too few is the likelier story.
    let long = "-" + word
    return row.flags.contains { $0.description.spelling == long }
      ? .unknownFlag(word, nearest: long) : unknown(spelling)
  }

  private func unknown(_ spelling: String) -> UsageError.Fault {
    if others().contains(where: { $0.spellings.contains(spelling) }) { return .foreignFlag(spelling) }
    let own = row.description.allFlags.map(\.long)
    let nearest = Suggestion.nearest(to: String(spelling.drop { $0 == "-" }), among: own)
    return .unknownFlag(spelling, nearest: nearest.map { "--" + $0 })
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
          throw UsageError.Fault.badValue(of: description.name, value: word, reason: error.reason)
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
      throw UsageError.Fault.senseless(error.reason)
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
