/// What one line of Markdown is, seen for itself.
struct MarkdownLine {
  enum Kind: Equatable {
    case blank
    /// The run of backticks or tildes that opens or closes a code block.
    case fence(Substring)
    case heading(Int)
    /// `---`
    case rule
    case row
    case item
    case text
  }

  let kind: Kind
  /// Columns before the content or the list mark; a tab counts four.
  let indent: Int
  /// Without indentation, heading or list marks.
  let content: Substring

  init(_ line: Substring) {
    var indent = 0
    var start = line.startIndex
    for byte in line.utf8 {
      guard byte == 0x20 || byte == 0x09 else { break }
      indent += byte == 0x20 ? 1 : 4
      start = line.utf8.index(after: start)
    }
    let body = line[start...].trimmed
    self.indent = indent
    guard let first = body.utf8.first else {
      (kind, content) = (.blank, body)
      return
    }
    switch first {
    case UInt8(ascii: "`"), UInt8(ascii: "~"):
      let mark = body.prefix { $0 == body.first }
      let isFence = mark.count >= 3 && (first != UInt8(ascii: "`") || !body.dropFirst(mark.count).contains("`"))
      (kind, content) = (isFence ? .fence(mark) : .text, body)
    case UInt8(ascii: "#"):
      let mark = body.prefix { $0 == "#" }
      let rest = body.dropFirst(mark.count)
      if mark.count <= 6, rest.isEmpty || rest.first == " " || rest.first == "\t" {
        var title = rest.trimmed
        while title.last == "#" { title = title.dropLast() }
        (kind, content) = (.heading(mark.count), title.trimmed)
      } else {
        (kind, content) = (.text, body)
      }
    case UInt8(ascii: "|"):
      (kind, content) = (.row, body)
    default:
      if let inside = Self.listContent(body, first) {
        (kind, content) = (.item, inside)
      } else if body.utf8.count >= 3, body.utf8.allSatisfy({ $0 == first }), "-*_=".utf8.contains(first) {
        (kind, content) = (.rule, body)
      } else {
        (kind, content) = (.text, body)
      }
    }
  }

  /// What stands behind `-`, `*`, `+`, `1.` or `1)`, without the box of a task list.
  private static func listContent(_ body: Substring, _ first: UInt8) -> Substring? {
    var rest: Substring
    if first == UInt8(ascii: "-") || first == UInt8(ascii: "*") || first == UInt8(ascii: "+") {
      rest = body.dropFirst()
    } else if (0x30...0x39).contains(first) {
      let digits = body.utf8.prefix { (0x30...0x39).contains($0) }
      guard digits.count <= 9 else { return nil }
      rest = body[digits.endIndex...]
      guard rest.first == "." || rest.first == ")" else { return nil }
      rest = rest.dropFirst()
    } else {
      return nil
    }
    guard rest.isEmpty || rest.first == " " || rest.first == "\t" else { return nil }
    rest = rest.trimmed
    for box in ["[ ] ", "[x] ", "[X] "] where rest.hasPrefix(box) { rest = rest.dropFirst(4).trimmed }
    return rest
  }
}

/// A line of the form `Name: value`.
struct FieldLine {
  let name: Substring
  let value: Substring
  let field: NoteField?

  /// Nil when the line has no colon where a name could end.
  init?(_ content: Substring) {
    guard let colon = content.utf8.prefix(60).firstIndex(of: UInt8(ascii: ":")) else { return nil }
    var name = content[..<colon].trimmed
    let opening = name.prefix(upTo: name.utf8.firstIndex { !Self.isEmphasis($0) } ?? name.endIndex)
    name = name[opening.endIndex...]
    while let last = name.utf8.last, Self.isEmphasis(last) { name = name[..<name.utf8.index(before: name.endIndex)] }
    name = name.trimmed
    guard let first = name.first, first.isLetter else { return nil }
    var value = content[content.utf8.index(after: colon)...]
    // `**Name:** value` closes its emphasis behind the colon.
    if !opening.isEmpty, value.hasPrefix(opening) { value = value.dropFirst(opening.count) }
    self.name = name
    self.value = value.trimmed
    field = NoteField.named(name)
  }

  private static func isEmphasis(_ byte: UInt8) -> Bool { "*_`".utf8.contains(byte) }

  /// Whether a list item of that name starts a field rather than going on with the list before it: only with the
  /// capitals of the table, since a metric may well be called `samples`.
  var isSpelledOut: Bool { field.map { $0.name == name } ?? false }

  /// Words that open a sentence of prose, and that no team would expect a tool to know.
  private static let prose: Set<String> = [
    "note", "notes", "nb", "see", "see also", "example", "for example", "e.g", "i.e", "todo", "warning", "hint", "tip",
    "remark", "reminder", "background", "context", "ps", "http", "https", "ftp", "mailto", "file", "update", "caution",
  ]

  /// Whether this could be meant as a field: a short name of plain words, none of those that open a remark.
  var couldBeField: Bool {
    name.utf8.count <= 40 && name.split(separator: " ").count <= 4 && !Self.prose.contains(name.lowercased())
      && name.allSatisfy { $0.isLetterOrNumber || " /-_()".contains($0) }
  }

  var suggestion: String? { NoteField.meant(by: String(name)) }
}
