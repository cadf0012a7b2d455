/// What one flag is called and means, without what it does: all that help, man pages and completions read.
struct FlagDescription: Sendable, Equatable {
  /// Without the dashes.
  let long: String
  let short: Character?
  /// What the value is called in help; nil for a switch, which takes none.
  let valueName: String?
  /// The only values that it takes, where they can be listed.
  var choices: [String] = []
  var completion = Completion.nothing
  let summary: String
  /// What the summary has no room for, in the markup of `Block.paragraph`.
  let details: String?
  /// Shared by many commands: those come last in help, and may stand before the command's name.
  var isCommon = false
  var isRequired = false
  /// May be given several times, and every value counts.
  var repeats = false
  /// Without it the line asks for something else: whoever misspells it must not be understood as if it were not there.
  var isDecisive = false

  var takesValue: Bool { valueName != nil }
  var spelling: String { "--" + long }
  /// Every way to write it, the short one first.
  var spellings: [String] { (short.map { ["-\($0)"] } ?? []) + [spelling] }

  /// Every command has it; the parser knows it by itself.
  static let help: FlagDescription = {
    var help = FlagDescription(
      long: "help", short: "h", valueName: nil, summary: "print help and do nothing else; -h prints one screen",
      details: nil)
    help.isCommon = true
    return help
  }()
}

/// One flag of one command: its description, and how it changes the options. A flag is a switch or takes one value.
struct FlagRow<Options>: Sendable {
  var description: FlagDescription
  /// A switch is given an empty text.
  let update: @Sendable (inout Options, String) throws(ValueFault) -> Void

  static func toggle(
    _ long: String, short: Character? = nil, _ summary: String, details: String? = nil,
    set: @escaping @Sendable (inout Options) -> Void
  ) -> FlagRow {
    FlagRow(
      description: FlagDescription(long: long, short: short, valueName: nil, summary: summary, details: details),
      update: { (options, _) throws(ValueFault) in set(&options) })
  }

  static func value<Value>(
    _ long: String, short: Character? = nil, _ valueName: String, _ summary: String, details: String? = nil,
    completion: Completion = .nothing, read: @escaping @Sendable (String) throws(ValueFault) -> Value,
    set: @escaping @Sendable (inout Options, Value) -> Void
  ) -> FlagRow {
    FlagRow(
      description: FlagDescription(
        long: long, short: short, valueName: valueName, completion: completion, summary: summary, details: details),
      update: { (options, text) throws(ValueFault) in set(&options, try read(text)) })
  }

  /// Free text, as long as it is some.
  static func text(
    _ long: String, _ valueName: String, _ summary: String, details: String? = nil,
    completion: Completion = .nothing, set: @escaping @Sendable (inout Options, String) -> Void
  ) -> FlagRow {
    value(long, valueName, summary, details: details, completion: completion, read: Conversion.text, set: set)
  }

  /// One of the cases of an enum: listed there once, for reading, help and completion.
  static func choice<Value: RawRepresentable & CaseIterable & Sendable>(
    _ long: String, _ valueName: String, _ summary: String, details: String? = nil,
    set: @escaping @Sendable (inout Options, Value) -> Void
  ) -> FlagRow where Value.RawValue == String {
    let choices = Value.allCases.map(\.rawValue)
    var row = value(
      long, valueName, summary, details: details, completion: .words(choices),
      read: { (text) throws(ValueFault) in try Conversion.choice(text, of: Value.self) }, set: set)
    row.description.choices = choices
    return row
  }

  /// One of a few words.
  static func oneOf(
    _ long: String, _ valueName: String, _ summary: String, details: String? = nil, _ choices: [String],
    set: @escaping @Sendable (inout Options, String) -> Void
  ) -> FlagRow {
    var row = value(
      long, valueName, summary, details: details, completion: .words(choices),
      read: { (text) throws(ValueFault) in try Conversion.oneOf(text, choices) }, set: set)
    row.description.choices = choices
    return row
  }

  func required() -> FlagRow {
    var row = self
    row.description.isRequired = true
    return row
  }

  func repeated() -> FlagRow {
    var row = self
    row.description.repeats = true
    return row
  }

  func decisive() -> FlagRow {
    var row = self
    row.description.isDecisive = true
    return row
  }

  func common() -> FlagRow {
    var row = self
    row.description.isCommon = true
    return row
  }
}
