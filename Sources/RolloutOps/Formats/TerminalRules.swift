/// What the environment asks of whoever prints to a terminal.
package struct TerminalRules: Sendable {
  private let value: @Sendable (String) -> String?

  /// `variable` finds one of the environment by its name; an empty one counts as none.
  package init(_ variable: @escaping @Sendable (String) -> String?) {
    value = { name in variable(name).flatMap { $0.isEmpty ? nil : $0 } }
  }

  /// Whether `--color auto` means colours on this stream.
  package func paints(isTerminal: Bool) -> Bool {
    if value("NO_COLOR") != nil { return false }
    if let forced = value("CLICOLOR_FORCE"), forced != "0" { return true }
    if value("CLICOLOR") == "0" || value("TERM") == "dumb" { return false }
    return isTerminal
  }

  /// Whether addresses become links there. Nobody can ask a terminal whether it shows them; those that do not, pass them
  /// over.
  package func links(isTerminal: Bool) -> Bool { isTerminal && isAble && !isPipeline }

  /// Whether a picture can be drawn over the last one.
  package func redraws(isTerminal: Bool) -> Bool { isTerminal && isAble }

  /// The program that shows a long text page by page; nil where nobody turns pages.
  package var pager: String? {
    guard isAble, !isPipeline else { return nil }
    let command = value("ROLLOUTCTL_PAGER") ?? value("PAGER") ?? "less"
    return command.allSatisfy(\.isWhitespace) || command == "cat" ? nil : command
  }

  /// The columns that somebody asks for where no terminal says how many it has.
  package var columns: Int? { value("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } }

  /// A terminal of which nothing is known can do nothing.
  private var isAble: Bool { value("TERM").map { $0 != "dumb" } ?? false }
  private var isPipeline: Bool { value("CI").map { $0 != "false" && $0 != "0" } ?? false }
}
