import RolloutOps

/// Blocks as a terminal shows them, without colour.
struct PlainText {
  static let usualColumns = 80
  var columns = usualColumns
  private(set) var lines: [String] = []

  var text: String { lines.joined(separator: "\n") + "\n" }

  mutating func line(_ text: String) { lines.append(text) }

  /// An empty line, unless there is one already.
  mutating func gap() {
    if let last = lines.last, !last.isEmpty { lines.append("") }
  }

  mutating func title(_ text: String) {
    gap()
    line("\(text):")
  }

  /// A line that is broken between words where it is too long.
  mutating func folded(_ text: String, hang: Int) {
    let parts = Terminal.wrapped(text, to: columns)
    guard parts.count > 1, let first = parts.first else { return line(text) }
    line(first)
    let rest = text.dropFirst(first.count + 1)
    for part in Terminal.wrapped(rest, to: columns - hang) { line(String(repeating: " ", count: hang) + part) }
  }

  /// Lines to be typed, each with what it is for behind it, or above it where that is too long.
  mutating func add(_ examples: [Example]) {
    let widest = examples.map { Terminal.width($0.line) }.max() ?? 0
    for example in examples {
      let (even, short) = (Terminal.padded(example.line, to: widest), example.line)
      if let fits = [even, short].map({ "  \($0)  # \(example.comment)" }).first(where: {
        Terminal.width($0) <= columns
      }) {
        line(fits)
      } else {
        line("  # \(example.comment)")
        line("  \(example.line)")
      }
    }
  }

  mutating func add(_ blocks: [Block], indent: Int = 0) {
    for block in blocks {
      switch block {
      case .heading(let text):
        gap()
        line(text)
      case .paragraph(let text):
        gap()
        fill(text, indent: indent)
      case .list(let items):
        for item in items { fill(item, first: "- ", indent: indent) }
      case .code(let code):
        gap()
        for text in code.split(separator: "\n", omittingEmptySubsequences: false) {
          line(text.isEmpty ? "" : String(repeating: " ", count: indent + 4) + text)
        }
      case .entries(let entries):
        add(entries, indent: indent + 2)
      }
    }
  }

  /// Two columns; a term that is too long for the first has its line alone.
  mutating func add(_ entries: [Entry], indent: Int = 2, widest: Int = 24) {
    let terms = entries.map { Self.plain($0.term) }
    let width = terms.map { Terminal.width($0) }.filter { $0 <= widest }.max() ?? widest
    for (term, entry) in zip(terms, entries) {
      let lead = String(repeating: " ", count: indent)
      let hang = indent + width + 2
      if Terminal.width(term) > width {
        line(lead + term)
        fill(entry.text, indent: hang)
      } else {
        let texts = Terminal.wrapped(Self.plain(entry.text), to: columns - hang)
        line(lead + Terminal.padded(term, to: width) + "  " + (texts.first ?? ""))
        for text in texts.dropFirst() { line(String(repeating: " ", count: hang) + text) }
      }
    }
  }

  private mutating func fill(_ text: String, first: String = "", indent: Int) {
    let hang = indent + first.utf8.count
    for (offset, text) in Terminal.wrapped(Self.plain(text), to: columns - hang).enumerated() {
      line(String(repeating: " ", count: offset == 0 ? indent : hang) + (offset == 0 ? first : "") + text)
    }
  }

  /// Without the marks of literals, since a flag shows itself; only one of several words needs to be held together.
  private static func plain(_ text: String) -> String {
    Span.read(text).map { $0.isLiteral && $0.text.contains(" ") && !$0.text.contains("'") ? "'\($0.text)'" : $0.text }
      .joined()
  }
}
