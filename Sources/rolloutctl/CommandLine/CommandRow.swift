import RolloutOps

/// What the command line of one command can say: the options are the result of reading it.
protocol CommandOptions: Sendable {
  static var name: String { get }
  static var row: CommandRow<Self> { get }
  init()

  /// Words that stood behind flags that nobody knows, and were taken for their values.
  mutating func tookForValues(_ words: [String])

  /// Reads the words after the command's name. A requirement only so that each command has its own compiled copy of the
  /// parser: through an opened existential the first parse costs ten times as much.
  static func read(
    _ words: [String], defaults: [String], others: @escaping @Sendable () -> [FlagDescription]
  ) throws(UsageError) -> Reading<Self>
}

/// Options that can be carried out, as those of every command in the table.
protocol Command: CommandOptions {
  /// `words` are the whole line as it was typed.
  func run(_ context: Context, typed words: [String]) throws(UsageError) -> ExitStatus
}

/// How much help is asked for: a screen of what is typed every day, or all there is.
enum HelpLength: Sendable, Equatable {
  case short, whole
}

/// A command line, read.
enum Reading<Options: Sendable>: Sendable {
  /// With what was passed over.
  case options(Options, remarks: [String])
  case help(HelpLength)
}

extension CommandOptions {
  mutating func tookForValues(_ words: [String]) {}

  static func read(
    _ words: [String], defaults: [String], others: @escaping @Sendable () -> [FlagDescription]
  ) throws(UsageError) -> Reading<Self> {
    try CommandParser.parse(Self.self, defaults: defaults, words: words, others: others)
  }
}

/// A heading of the command list.
struct CommandGroup: Sendable, Hashable {
  let name: String
  let summary: String
}

/// A command line that works as shown: a test runs every one.
struct Example: Sendable, Equatable {
  let line: String
  let comment: String
  /// The status that it exits with.
  let status: Int32
  /// Command lines that lead to where it makes sense, run first.
  let given: [String]
}

struct ExitRow: Sendable, Equatable {
  let status: Int32
  let meaning: String
}

/// What a command does about words that it does not understand.
enum Manner: Sendable {
  /// Nothing: a line that is not understood is not carried out.
  case refuses
  /// It tells of them and goes on, since to stop would do more harm. Only where the line may have been meant otherwise it
  /// is refused, with the line to type.
  case goesOn
}

/// What one command is called, takes and means.
///
/// Whatever only documentation reads is behind a closure, so that a command that runs never pays for it.
struct CommandDescription: Sendable {
  let name: String
  let group: CommandGroup
  let summary: String
  let arguments: [ArgumentDescription]
  /// In the order of the documentation, without `--help`.
  let flags: [FlagDescription]
  let details: @Sendable () -> [Block]
  let exits: @Sendable () -> [ExitRow]
  let examples: @Sendable () -> [Example]
  /// Names of other commands, or of topics.
  let seeAlso: [String]

  var allFlags: [FlagDescription] { flags + [.help] }
}

/// The row of one command: its description, and how each part of the line changes the options.
struct CommandRow<Options: CommandOptions>: Sendable {
  let flags: [FlagRow<Options>]
  /// Flags that fingers type out of habit: taken, and in no documentation.
  let reflexes: [FlagRow<Options>]
  let manner: Manner
  let arguments: [ArgumentRow<Options>]
  /// What no single flag can tell: combinations that make no sense.
  let check: @Sendable (Options) throws(ValueFault) -> Void
  let description: CommandDescription

  init(
    _ group: CommandGroup, _ summary: String, arguments: [ArgumentRow<Options>] = [],
    flags: [FlagRow<Options>] = [], reflexes: [FlagRow<Options>] = [], manner: Manner = .refuses,
    check: @escaping @Sendable (Options) throws(ValueFault) -> Void = { (_) throws(ValueFault) in },
    details: @escaping @Sendable () -> [Block], exits: @escaping @Sendable () -> [ExitRow],
    examples: @escaping @Sendable () -> [Example], seeAlso: [String]
  ) {
    (self.flags, self.arguments, self.check) = (flags, arguments, check)
    (self.reflexes, self.manner) = (reflexes, manner)
    description = CommandDescription(
      name: Options.name, group: group, summary: summary, arguments: arguments.map(\.description),
      flags: flags.map(\.description), details: details, exits: exits, examples: examples, seeAlso: seeAlso)
  }
}

extension CommandOptions {
  static var description: CommandDescription { row.description }
  static var manner: Manner { row.manner }
}
