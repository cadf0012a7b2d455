/// A field as the note writes it, with everything that belongs to it.
struct NoteEntry {
  let field: NoteField
  /// Where it is named.
  let name: Substring
  /// What stands behind the colon; nil when nothing does.
  var value: Substring?
  var items: [NoteItem] = []
  /// The inside of a code block.
  var block: Substring?
  /// Table rows, the header first.
  var rows: [Substring] = []
  /// Opened by a heading such as `## Stages`, whose prose is nobody's value.
  var isHeading = false

  var isEmpty: Bool { value == nil && items.isEmpty && block == nil && rows.isEmpty }
}

struct NoteItem {
  var text: Substring
  let indent: Int
}

/// The Markdown of a note, as far as rollouts go: fields, their lists, tables and code blocks, the title.
///
/// Prose, other headings and other code blocks are passed over. A line continues what stands before it when it is
/// indented; a list may be nested; a field may be a list item itself, in bold, or both.
struct NoteOutline {
  private(set) var entries: [NoteEntry] = []
  private(set) var title: Substring?
  /// Lines that are written like a field and name none.
  private var strangers: [Stranger] = []
  /// Lines that a person reads as a known field, and nobody else does.
  private var disguised: [Stranger] = []
  /// Code blocks without an end.
  private(set) var unclosed: Substring?
  /// The lines that hold a field's name or something of a field's.
  private var isFieldLine: [Bool]

  private let base: String
  /// The entry that takes what follows, and how deep it stands when it is a list item itself.
  private var open: Int?
  private var openIndent = -1
  private var afterBlank = false
  /// A heading that is nearly the name of a field with a list; what follows tells whether it was meant so.
  private var nearHeading: Stranger?

  init(_ text: NoteText) {
    base = text.base
    // One more than there are: the line behind the last is asked for too.
    isFieldLine = Array(repeating: false, count: text.lines.count + 1)
    var at = 0
    while at < text.lines.count {
      let line = MarkdownLine(text.lines[at])
      if case .fence(let mark) = line.kind {
        nearHeading = nil
        at = block(from: at, mark: mark, in: text)
      } else {
        settleHeading(before: line)
        let known = (entries.count, strangers.count)
        take(line, number: at)
        if known == (entries.count, strangers.count), let name = Self.disguise(text.lines[at]) {
          disguised.append(
            Stranger(name: name, line: at, besideField: false, near: NoteField.named(name)?.name, isDisguised: true))
        }
        at += 1
      }
      afterBlank = line.kind == .blank
    }
    entries.removeAll { $0.isHeading && $0.isEmpty }
  }

  private static let mostCompared = 50

  struct Stranger {
    let name: Substring
    let line: Int
    let besideField: Bool
    /// The known name that it nearly is.
    let near: String?
    /// It is that name, in clothes in which no field is read.
    var isDisguised = false
  }

  /// The strangers that are worth a word to the writer. A sentence with a colon is none: it is neither nearly a known
  /// name nor in the middle of fields.
  var unknownFields: [Stranger] {
    strangers.filter { $0.besideField || $0.near != nil || isFieldLine[$0.line + 1] }
      + disguised.filter { !isFieldLine[$0.line] }
  }

  /// `### Exclude: …`, `• Exclude: …`, `Exclude = …`: the name, where it is a field's and something stands behind it.
  private static func disguise(_ line: Substring) -> Substring? {
    let marks = " \t#•–—-*+_`\"'“”‘’\u{200B}\u{FEFF}\u{A0}"
    // What is quoted, indented as code, or a cell of a table is nobody's field, and says so by its look.
    let indent = line.prefix { $0 == " " || $0 == "\t" }.reduce(0) { $0 + ($1 == "\t" ? 4 : 1) }
    let body = line.drop { marks.contains($0) }
    guard indent < 4, let first = body.first, first.isLetter else { return nil }
    guard let end = body.prefix(60).firstIndex(where: { ":：=".contains($0) }) else { return nil }
    var name = body[..<end]
    while let last = name.last, marks.contains(last) { name = name.dropLast() }
    if let paren = name.firstIndex(of: "(") { name = name[..<paren].trimmed }
    let value = body[body.index(after: end)...]
    guard !name.isEmpty, value.contains(where: { !marks.contains($0) }), NoteField.named(name) != nil else {
      return nil
    }
    return name
  }

  private mutating func take(_ line: MarkdownLine, number: Int) {
    switch line.kind {
    case .blank, .fence:
      break
    case .heading(let level):
      close()
      if level == 1, title == nil, !line.content.isEmpty { title = line.content }
      if let field = NoteField.named(line.content.hasSuffix(":") ? line.content.dropLast() : line.content),
        field.takesList || field.id == .variants
      {
        entries.append(NoteEntry(field: field, name: line.content, isHeading: true))
        open = entries.count - 1
      } else if let near = NoteField.list(near: line.content) {
        nearHeading = Stranger(name: line.content, line: number, besideField: false, near: near)
      }
    case .rule:
      close()
    case .row:
      guard let open, entries[open].field.id == .schedule else { return prose(line, number: number) }
      entries[open].rows.append(line.content)
      isFieldLine[number] = true
    case .item:
      item(line, number: number)
    case .text:
      if line.indent < 4, let named = FieldLine(line.content) {
        if let field = named.field { return begin(field, named, indent: -1, number: number) }
        if line.indent == 0, named.couldBeField {
          let besideField = !afterBlank && number > 0 && isFieldLine[number - 1]
          // Of a page of such lines the first tell enough, and each takes its time to compare.
          let near = strangers.count < Self.mostCompared ? named.suggestion : nil
          strangers.append(Stranger(name: named.name, line: number, besideField: besideField, near: near))
          if besideField || near != nil { return close() }
        }
      }
      prose(line, number: number)
    }
  }

  private mutating func begin(_ field: NoteField, _ line: FieldLine, indent: Int, number: Int) {
    entries.append(NoteEntry(field: field, name: line.name, value: line.value.isEmpty ? nil : line.value))
    open = entries.count - 1
    openIndent = indent
    isFieldLine[number] = true
  }

  private mutating func close() {
    open = nil
    openIndent = -1
  }

  private mutating func item(_ line: MarkdownLine, number: Int) {
    let named = FieldLine(line.content)
    if let open, line.indent > openIndent, entries[open].field.takesList || entries[open].value == nil,
      named?.isSpelledOut != true || line.indent > entries[open].items.first?.indent ?? 0
    {
      entries[open].items.append(NoteItem(text: line.content, indent: line.indent))
      isFieldLine[number] = true
    } else if let named, let field = named.field {
      begin(field, named, indent: line.indent, number: number)
    } else {
      if let named, named.couldBeField, number > 0, isFieldLine[number - 1], let near = named.suggestion {
        strangers.append(Stranger(name: named.name, line: number, besideField: true, near: near))
      }
      close()
    }
  }

  /// A list or a table under a heading is what a field would have there; prose is not.
  private mutating func settleHeading(before line: MarkdownLine) {
    guard let heading = nearHeading, line.kind != .blank else { return }
    if line.kind == .item || line.kind == .row { strangers.append(heading) }
    nearHeading = nil
  }

  /// A line without a mark of its own: the rest of what stands before it, a value on a line of its own, or prose.
  private mutating func prose(_ line: MarkdownLine, number: Int) {
    guard let open else { return }
    if entries[open].isEmpty {
      // `Rollback trigger:` may be followed by a sentence before its list: an empty field waits.
      guard !afterBlank, !entries[open].isHeading, !line.content.hasSuffix(":") else { return }
      if entries[open].field.takesList {
        entries[open].items.append(NoteItem(text: line.content, indent: line.indent))
      } else {
        entries[open].value = line.content
      }
      isFieldLine[number] = true
    } else if !afterBlank, line.indent > 0 || continuesArrows(line, entries[open]) {
      extend(open, to: line.content.endIndex)
      isFieldLine[number] = true
    } else {
      close()
    }
  }

  private mutating func extend(_ entry: Int, to end: String.Index) {
    if let last = entries[entry].items.indices.last {
      let start = entries[entry].items[last].text.startIndex
      entries[entry].items[last].text = base[start..<end]
    } else if let value = entries[entry].value {
      entries[entry].value = base[value.startIndex..<end]
    }
  }

  /// A schedule too long for one line goes on where an arrow stands at the end or at the start of a line.
  private func continuesArrows(_ line: MarkdownLine, _ entry: NoteEntry) -> Bool {
    guard entry.field.id == .schedule, let last = entry.items.last?.text ?? entry.value else { return false }
    return ["->", "→", "=>"].contains { last.hasSuffix($0) || line.content.hasPrefix($0) }
  }

  /// Passes over a code block, or gives it to `Variants:`; answers the line behind it.
  private mutating func block(from first: Int, mark: Substring, in text: NoteText) -> Int {
    var at = first + 1
    while at < text.lines.count {
      if case .fence(let other) = MarkdownLine(text.lines[at]).kind, other.first == mark.first,
        other.count >= mark.count
      {
        if text.lines[at].trimmed.count == other.count { break }
      }
      at += 1
    }
    if at == text.lines.count, unclosed == nil { unclosed = mark }
    if let open, entries[open].field.id == .variants, entries[open].block == nil, first + 1 < text.lines.count {
      let start = text.lines[first + 1].startIndex
      let end = at < text.lines.count ? text.lines[at].startIndex : base.endIndex
      entries[open].block = base[start..<max(start, end)]
      isFieldLine[first] = true
    }
    return at + 1
  }
}
