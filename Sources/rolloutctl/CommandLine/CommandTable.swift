import RolloutOps

/// All commands of the program, in the order of its documentation.
///
/// Only names are looked at to find the command; the row of a command is built when the line names it.
struct CommandTable: Sendable {
  let program: String
  let commands: [any Command.Type]
  /// The flags that may stand before the command's name; asked for when one does.
  let commonFlags: @Sendable () -> [FlagDescription]
  var habits: [Habit] = []

  var common: [FlagDescription] { commonFlags() }

  /// What a command line asks for.
  enum Request: Sendable {
    case command(any Command, remarks: [String])
    /// `-h` or `--help`, with the command that it was asked of.
    case help(of: String?, HelpLength)
    case version
    /// The hidden question of a shell: what fits here?
    case candidates(kind: String, TypedLine)
  }

  /// The word that asks the hidden question.
  static let candidatesWord = "__complete"

  subscript(_ name: String) -> (any Command.Type)? { commands.first { $0.name == name } }

  var descriptions: [CommandDescription] { commands.map { $0.description } }

  /// Every flag that any command has, each once.
  var allFlags: [FlagDescription] {
    var found: [FlagDescription] = []
    for flag in common + descriptions.flatMap(\.flags) + [.help] {
      if !found.contains(where: { $0.long == flag.long }) { found.append(flag) }
    }
    return found
  }

  func parse(_ words: [String]) throws(UsageError) -> Request {
    if words.first == Self.candidatesWord {
      return .candidates(kind: words.dropFirst().first ?? "", TypedLine(Array(words.dropFirst(2)), in: self))
    }
    var head = try split(words)
    guard let typed = head.name else {
      if head.wantsVersion { return .version }
      // Who types the program's name alone wants to know what it can do.
      guard let help = head.help ?? (words.isEmpty ? .short : nil) else {
        throw UsageError(command: nil, fault: .noCommand)
      }
      return .help(of: nil, help)
    }
    let (command, remark) = try command(typed, &head)
    if let fault = head.fault, command.manner == .refuses { throw UsageError(command: nil, fault: fault) }
    if let help = head.help { return .help(of: command.name, help) }
    return try read(command, head, remark)
  }

  private func read<Options: Command>(
    _ command: Options.Type, _ head: Head, _ remark: String?
  ) throws(UsageError) -> Request {
    switch try command.read(head.rest, defaults: head.defaults, others: { allFlags }) {
    case .help(let length): .help(of: command.name, length)
    case .options(let options, let remarks):
      .command(options, remarks: [remark].compactMap(\.self) + remarks)
    }
  }

  /// The command of that name, or the one that the line means; a remark says which.
  private func command(_ name: String, _ head: inout Head) throws(UsageError) -> (any Command.Type, String?) {
    if let command = self[name] { return (command, nil) }
    if let behind = head.rest.first, let command = self[behind] {
      let line = [behind, name] + head.rest.dropFirst()
      guard command.manner == .goesOn else {
        throw UsageError(command: nil, fault: .unknownCommand(name, nearest: nil), line: head.defaults + line)
      }
      head.rest = Array(line.dropFirst())
      return (command, "the command comes first; running: " + Self.shown([program] + line))
    }
    switch habits.first(where: { $0.words.contains(name) })?.meaning {
    case .command(let meant)?:
      guard let command = self[meant] else { break }
      guard command.manner == .goesOn else {
        throw UsageError(
          command: nil, fault: .unknownCommand(name, nearest: meant), line: head.defaults + [meant] + head.rest)
      }
      return (command, "there is no command '\(name)'; running: " + Self.shown([program, meant] + head.rest))
    case .oneOf(let commands)?: throw UsageError(command: nil, fault: .ambiguousCommand(name, among: commands))
    case nil: break
    }
    let nearest = Suggestion.nearest(to: name, among: commands.map { $0.name })
    throw UsageError(
      command: nil, fault: .unknownCommand(name, nearest: nearest),
      line: nearest.map { head.defaults + [$0] + head.rest })
  }

  private static func shown(_ words: [String]) -> String { words.map { Shell.word($0) }.joined(separator: " ") }

  private struct Head {
    var defaults: [String] = []
    var name: String?
    var rest: [String] = []
    var help: HelpLength?
    var wantsVersion = false
    /// An unknown flag before the command's name, which only some commands pass over.
    var fault: UsageError.Fault?
  }

  /// What stands before the command's name, and the name.
  private func split(_ words: [String]) throws(UsageError) -> Head {
    var head = Head()
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" || !word.looksLikeFlag {
        head.name = word == "--" ? rest.popFirst() : word
        head.rest = Array(rest)
        return head
      }
      let (spelling, value) = word.splitAtEquals
      switch word {
      case "--help": head.help = .whole
      case "-h": head.help = .short
      case "--version", "-V": head.wantsVersion = true
      default:
        head.defaults.append(word)
        guard let flag = common.first(where: { $0.spellings.contains(spelling) }) ?? bundled(word) else {
          let nearest = Suggestion.nearest(
            to: String(spelling.drop { $0 == "-" }), among: common.map(\.long) + ["help", "version"])
          let fault =
            allFlags.contains { $0.spellings.contains(spelling) }
            ? UsageError.Fault.foreignFlag(spelling) : .unknownFlag(spelling, nearest: nearest.map { "--" + $0 })
          guard goesOn(rest.prefix(2)) else { throw UsageError(command: nil, fault: fault) }
          head.fault = head.fault ?? fault
          if let value = rest.first, !value.looksLikeFlag, !goesOn([value]) {
            rest.removeFirst()
            head.defaults.append(value)
          }
          continue
        }
        if flag.takesValue, value == nil {
          guard let next = rest.popFirst() else {
            throw UsageError(
              command: nil, fault: .valueMissing(flag: spelling, valueName: flag.valueName ?? ""))
          }
          head.defaults.append(next)
        }
      }
    }
    return head
  }

  /// Whether one of the words leads to a command that goes on.
  private func goesOn(_ words: some Sequence<String>) -> Bool {
    words.contains { word in
      var name = word
      if case .command(let meant)? = habits.first(where: { $0.words.contains(word) })?.meaning { name = meant }
      return self[name]?.manner == .goesOn
    }
  }

  /// The switches of `-qv`.
  private func bundled(_ word: String) -> FlagDescription? {
    let letters = word.dropFirst()
    let flags = letters.compactMap { letter in common.first { $0.short == letter && !$0.takesValue } }
    return flags.count == letters.count ? flags.first : nil
  }
}
