import Testing

@testable import RolloutOps

/// A note whose expected problems are marked in its own text: `⟦rule⟧` stands right before the place where that rule is
/// to speak. The marks are taken out before the note is read.
struct MarkedNote {
  struct Mark: Hashable, CustomStringConvertible {
    let rule: String
    let position: Position

    var description: String { "\(position.line):\(position.column) \(rule)" }
  }

  let text: String
  let marks: Set<Mark>

  init(_ marked: String) {
    var text = ""
    var marks: Set<Mark> = []
    var line = 1
    var column = 1
    var rest = Substring(marked)
    while let character = rest.first {
      if character == "⟦", let close = rest.firstIndex(of: "⟧") {
        let rule = String(rest[rest.index(after: rest.startIndex)..<close])
        marks.insert(Mark(rule: rule, position: Position(line: line, column: column)))
        rest = rest[rest.index(after: close)...]
        continue
      }
      text.append(character)
      rest = rest.dropFirst()
      if character.isNewline {
        line += 1
        column = 1
      } else {
        column += 1
      }
    }
    (self.text, self.marks) = (text, marks)
  }

  func read(path: String = "notes/note.md") -> Note { Note.read(Array(text.utf8), path: path) }

  static func marks(of note: Note) -> Set<Mark> {
    Set(note.diagnostics.map { Mark(rule: $0.rule, position: $0.position) })
  }
}

/// Expects exactly the marked problems and no other.
@discardableResult
func expectProblems(
  _ marked: String, path: String = "notes/note.md", sourceLocation: SourceLocation = #_sourceLocation
) -> Note {
  let expected = MarkedNote(marked)
  let note = expected.read(path: path)
  let found = MarkedNote.marks(of: note)
  let missing = expected.marks.subtracting(found).map(\.description).sorted()
  let extra = note.diagnostics.filter { !expected.marks.contains(.init(rule: $0.rule, position: $0.position)) }
    .map { "\($0.position.line):\($0.position.column) \($0.rule): \($0.message)" }
  #expect(missing == [], "in\n\(expected.text)", sourceLocation: sourceLocation)
  #expect(extra == [], "in\n\(expected.text)", sourceLocation: sourceLocation)
  return note
}
