import RolloutOps

// What the rows of all commands are made of: arguments, conversions, exit codes.

extension Completion {
  static func lookup(_ kind: Lookup) -> Completion { .lookup(kind.rawValue) }
  static let note = Completion.files(ending: ".md")
  static let target = Completion.note.or(.lookup(.flags))
}

extension ArgumentRow {
  static func target(
    _ arity: ArgumentDescription.Arity = .one, set: @escaping @Sendable (inout Options, String) -> Void
  ) -> ArgumentRow {
    ArgumentRow("TARGET", arity, "a note's path or a flag key", completion: .target, set: set)
  }
}

extension Conversion {
  static func duration(_ text: String) throws(ValueFault) -> TimeSpan {
    guard let span = TimeSpan(text) else { throw ValueFault("a duration is written 30s, 15m, 24h or 3d") }
    return span
  }

  /// How long something may take: a bare number means seconds.
  static func deadline(_ text: String) throws(ValueFault) -> TimeSpan {
    let isNumber = !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    let span = try duration(isNumber ? text + "s" : text)
    guard span > .zero else { throw ValueFault("it must be more than 0s") }
    return span
  }

  static func count(_ text: String) throws(ValueFault) -> Int {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(text), count > 0 else {
      throw ValueFault("it is a whole number of at least 1")
    }
    return count
  }

  static func versionLabel(_ text: String) throws(ValueFault) -> VersionLabel {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      throw ValueFault("a version label is written prompt_version = v7")
    }
    return VersionLabel(field: parts[0], value: parts[1])
  }

  private static func trimmed(_ text: Substring) -> String {
    var rest = text
    while rest.first == " " { rest.removeFirst() }
    while rest.last == " " { rest.removeLast() }
    return String(rest)
  }
}

extension ExitRow {
  /// The statuses that a command can give, with its own words; a wrong command line is always one of them.
  static func table(_ meanings: [(ExitStatus, String)]) -> [ExitRow] {
    let usual = meanings.contains { $0.0 == .usage } ? [] : [(ExitStatus.usage, ExitStatus.usage.meaning)]
    return (meanings + usual).sorted { $0.0.rawValue < $1.0.rawValue }
      .map { ExitRow(status: $0.0.rawValue, meaning: $0.1) }
  }
}

extension Example {
  init(_ line: String, _ comment: String, _ status: ExitStatus = .done, given: [String] = []) {
    self.init(line: line, comment: comment, status: status.rawValue, given: given)
  }
}
