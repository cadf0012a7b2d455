/// What a word without dashes stands for, by its place.
struct ArgumentDescription: Sendable, Equatable {
  enum Arity: Sendable, Equatable {
    case one, optional
    /// At least one.
    case many
    case any
  }

  let name: String
  let arity: Arity
  var choices: [String] = []
  var completion: Completion
  let summary: String

  var isRequired: Bool { arity == .one || arity == .many }
  var repeats: Bool { arity == .many || arity == .any }

  /// As a synopsis shows it: `TARGET`, `[NOTE]`, `FLAG...`.
  var synopsis: String {
    switch arity {
    case .one: name
    case .optional: "[\(name)]"
    case .many: "\(name)..."
    case .any: "[\(name)...]"
    }
  }
}

/// One positional argument of one command.
struct ArgumentRow<Options>: Sendable {
  var description: ArgumentDescription
  let update: @Sendable (inout Options, String) throws(ValueFault) -> Void

  init(
    _ name: String, _ arity: ArgumentDescription.Arity = .one, _ summary: String,
    completion: Completion = .nothing, set: @escaping @Sendable (inout Options, String) -> Void
  ) {
    description = ArgumentDescription(name: name, arity: arity, completion: completion, summary: summary)
    update = { (options, text) throws(ValueFault) in set(&options, try Conversion.text(text)) }
  }

  /// One of the cases of an enum.
  static func choice<Value: RawRepresentable & CaseIterable & Sendable>(
    _ name: String, _ summary: String, set: @escaping @Sendable (inout Options, Value) -> Void
  ) -> ArgumentRow where Value.RawValue == String {
    let choices = Value.allCases.map(\.rawValue)
    return ArgumentRow(
      description: ArgumentDescription(
        name: name, arity: .one, choices: choices, completion: .words(choices), summary: summary),
      update: { (options, text) throws(ValueFault) in
        set(&options, try Conversion.choice(text, of: Value.self))
      })
  }

  private init(
    description: ArgumentDescription,
    update: @escaping @Sendable (inout Options, String) throws(ValueFault) -> Void
  ) {
    (self.description, self.update) = (description, update)
  }
}
