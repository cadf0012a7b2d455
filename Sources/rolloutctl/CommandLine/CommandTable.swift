import RolloutOps

/// All commands of the program, in the order of its documentation.
///
/// Only names are looked at to find the command; the row of a command is built when the line names it.
struct CommandTable: Sendable {
  let program: String
  let commands: [any CommandOptions.Type]
  /// The flags that may stand before the command's name; asked for when one does.
  let commonFlags: @Sendable () -> [FlagDescription]

  var common: [FlagDescription] { commonFlags() }

  /// What a command line asks for.
  enum Request: Sendable {
    case command(any CommandOptions)
    /// `--help`, with the command that it was asked of.
    case help(of: String?)
    case version
    /// The hidden question of a shell: what fits here?
    case candidates(kind: String, TypedLine)
  }

  /// The word that asks the hidden question.
  static let candidatesWord = "__complete"

  subscript(_ name: String) -> (any CommandOptions.Type)? { commands.first { $0.name == name } }

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
    let head = try split(words)
    guard let name = head.name else {
      if head.wantsVersion { return .version }
      guard head.wantsHelp else { throw UsageError(command: nil, fault: .noCommand) }
      return .help(of: nil)
    }
    guard let command = self[name] else {
      let nearest = Suggestion.nearest(to: name, among: commands.map { $0.name })
      throw UsageError(command: nil, fault: .unknownCommand(name, nearest: nearest))
    }
    if head.wantsHelp { return .help(of: name) }
    let options: (any CommandOptions)? = try command.read(head.rest, defaults: head.defaults, others: { allFlags })
    return options.map { .command($0) } ?? .help(of: name)
  }

  private struct Head {
    var defaults: [String] = []
    var name: String?
    var rest: [String] = []
    var wantsHelp = false
    var wantsVersion = false
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
      case "--help", "-h": head.wantsHelp = true
      case "--version": head.wantsVersion = true
      default:
        head.defaults.append(word)
        guard let flag = common.first(where: { $0.spellings.contains(spelling) }) ?? bundled(word) else {
          let nearest = Suggestion.nearest(
            to: String(spelling.drop { $0 == "-" }), among: common.map(\.long) + ["help", "version"])
          throw UsageError(
            command: nil,
            fault: allFlags.contains { $0.spellings.contains(spelling) }
              ? .foreignFlag(spelling) : .unknownFlag(spelling, nearest: nearest.map { "--" + $0 }))
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

  /// The switches of `-qv`.
  private func bundled(_ word: String) -> FlagDescription? {
    let letters = word.dropFirst()
    let flags = letters.compactMap { letter in common.first { $0.short == letter && !$0.takesValue } }
    return flags.count == letters.count ? flags.first : nil
  }
}
