import RolloutOps

/// Blocks as a terminal shows them: 80 columns, no colour.
struct PlainText {
  static let columns = 80
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
        let texts = Terminal.wrapped(Self.plain(entry.text), to: Self.columns - hang)
        line(lead + Terminal.padded(term, to: width) + "  " + (texts.first ?? ""))
        for text in texts.dropFirst() { line(String(repeating: " ", count: hang) + text) }
      }
    }
  }

  private mutating func fill(_ text: String, first: String = "", indent: Int) {
    let hang = indent + first.utf8.count
    for (offset, text) in Terminal.wrapped(Self.plain(text), to: Self.columns - hang).enumerated() {
      line(String(repeating: " ", count: offset == 0 ? indent : hang) + (offset == 0 ? first : "") + text)
    }
  }

  /// Without the marks of literals, since a flag shows itself; only one of several words needs to be held together.
  private static func plain(_ text: String) -> String {
    Span.read(text).map { $0.isLiteral && $0.text.contains(" ") && !$0.text.contains("'") ? "'\($0.text)'" : $0.text }
      .joined()
  }
}
