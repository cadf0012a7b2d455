/// Blocks as the man macros of roff.
struct Roff {
  private(set) var lines: [String] = []

  var text: String { lines.joined(separator: "\n") + "\n" }

  init(page: String, section: Int) {
    lines.append(".\\\" Generated from the table of commands; edit that instead.")
    lines.append(
      ".TH \(Self.escaped(page.uppercased(), literal: true)) \(section) \(Release.date) \"rolloutctl \(Release.number)\" \"rolloutctl manual\""
    )
  }

  mutating func section(_ title: String) { lines.append(".SH \(title)") }
  mutating func subsection(_ title: String) { lines.append(".SS \(Self.escaped(title))") }

  /// A request or a line of text that is roff already.
  mutating func raw(_ line: String) { lines.append(line) }

  mutating func add(_ blocks: [Block]) {
    for (offset, block) in blocks.enumerated() {
      switch block {
      case .heading(let text): subsection(text)
      case .paragraph(let text):
        // A heading begins a paragraph of its own; a second request would be an empty one.
        if offset > 0 || !startsSection { lines.append(".PP") }
        fill(text)
      case .list(let items):
        for item in items {
          lines.append(".IP \\(bu 2")
          fill(item)
        }
      case .code(let code): self.code(code)
      case .entries(let entries): add(entries)
      }
    }
  }

  mutating func add(_ entries: [Entry]) {
    for entry in entries {
      lines.append(".TP")
      lines.append(entry.term.contains("`") ? Self.line(entry.term) : "\\fB\(Self.escaped(entry.term))\\fR")
      fill(entry.text)
    }
  }

  mutating func code(_ code: String) {
    if !startsSection { lines.append(".PP") }
    lines += [".nf", ".RS 4"]
    lines += code.split(separator: "\n", omittingEmptySubsequences: false).map {
      $0.isEmpty ? "\\&" : Self.guarded(Self.escaped(String($0), literal: true))
    }
    lines += [".RE", ".fi"]
  }

  private var startsSection: Bool {
    lines.last.map { $0.hasPrefix(".SH") || $0.hasPrefix(".SS") } ?? false
  }

  mutating func fill(_ text: String) {
    var line = ""
    for word in Self.line(text).split(separator: " ") {
      if !line.isEmpty && line.utf8.count + 1 + word.utf8.count > 78 {
        lines.append(Self.guarded(line))
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    if !line.isEmpty { lines.append(Self.guarded(line)) }
  }

  /// Literals in bold.
  static func line(_ text: String) -> String {
    Span.read(text).map { $0.isLiteral ? "\\fB\(escaped($0.text, literal: true))\\fR" : escaped($0.text) }.joined()
  }

  /// A text line that begins with a dot or an apostrophe would be a request.
  private static func guarded(_ line: String) -> String {
    line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" + line : line
  }

  /// What is literal must come out of a copied page as it went in: dashes and quotes as ASCII has them.
  static func escaped(_ text: String, literal: Bool = false) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": out += "\\e"
      case "-" where literal: out += "\\-"
      case "'" where literal: out += "\\(aq"
      case "`": out += "\\(ga"
      case "~": out += "\\(ti"
      case "^": out += "\\(ha"
      case "\"": out += "\\(dq"
      case _ where scalar.isASCII: out.unicodeScalars.append(scalar)
      default:
        let code = String(scalar.value, radix: 16, uppercase: true)
        out += "\\[u" + String(repeating: "0", count: max(0, 4 - code.utf8.count)) + code + "]"
      }
    }
    return out
  }
}
